"""An installation that may be struck: a home and a landing zone below one folder, and runs of the product's own commands in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import LOG_TAIL, REPOSITORY, StepError
from ingestion.home import Home

NODE = re.compile(r"\d+ of \d+ START (?:sql |test |seed |)?(.*?) \.* *\[RUN\]")
STAGES = ("Loading logs", "Building and testing", "Publishing")
PATIENCE_SECONDS = 900
"""A run that takes longer than this hangs."""
LOAD = ("ingestion", "load")
REFRESH = ("orchestration", "refresh")
POSTGRES = ("serving.postgres", "publish")
TRACEBACK = "Traceback (most recent call last)"
PROBLEM = re.compile(
    r"^(FAILED|Not |Nothing (was|is)|Published, but|PostgreSQL|Waiting|The |Stopped|Set aside|Remark|Usage|Error|.*[Ee]rror:)"
)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a group and everything it started, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass
class Run:
    """A command at work or ended: its process, which leads a group of its own, and where its words go."""

    process: subprocess.Popen[bytes]
    output: Path
    began: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        """Whether it is still at work."""
        return self.process.poll() is None

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Its exit code, once it has ended; it is killed, and the wait fails with StepError, where it hangs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise StepError(f"The run hangs; it was killed after {seconds:.0f} s:\n{self.said()[-LOG_TAIL:]}") from None
        except BaseException:
            # An interrupted campaign must not leave a run behind, which hears nothing of the terminal's Ctrl-C.
            self.kill()
            raise

    def kill(self) -> None:
        """Kill it and everything it started, as a power cut would."""
        kill_group(self.process)

    def said(self) -> str:
        """Its words so far."""
        return self.output.read_text(errors="replace")

    def sentences(self) -> list[str]:
        """What it said went wrong, a line each: what is told of progress and results is left out."""
        return [line.strip() for line in self.said().splitlines() if PROBLEM.match(line.strip())]


@dataclass
class Installation:
    """A home and a landing zone below one folder. landing_uri: where the logs lie instead; variables: for its runs."""

    folder: Path
    landing_uri: str | None = None
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """Where its runs write."""
        return Home(self.folder / "home")

    @property
    def landing(self) -> Path:
        """What its runs read."""
        return self.folder / "landing"

    @property
    def dbt_log(self) -> Path:
        """dbt's log, of all runs."""
        return self.home.root / "dbt" / "logs" / "dbt.log"

    def deliver(self, files: Sequence[Path], root: Path) -> None:
        """Copy files below ``root`` into the landing zone, with their age."""
        for file in files:
            target = self.landing / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)

    def start(self, command: Sequence[str], variables: Mapping[str, str] | None = None) -> Run:
        """Start one of the product's commands: a module and its arguments."""
        self.folder.mkdir(parents=True, exist_ok=True)
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        output = logs / f"{len(list(logs.iterdir())):03}.{command[0]}.log"
        given = {
            "AUDIENCE_HOME": str(self.home.root),
            "LANDING": self.landing_uri or str(self.landing),
            "PYTHONUNBUFFERED": "1",
            "AUDIENCE_SITE": "off",
            # Sentences are compared and printed: no terminal's width breaks them.
            "COLUMNS": "1000",
            **self.variables,
            **(variables or {}),
        }
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=REPOSITORY,
                env={**os.environ, **given},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Run(process, output)

    def run(self, command: Sequence[str] = REFRESH, variables: Mapping[str, str] | None = None) -> float:
        """Run a command to its end; its seconds.

        Raises:
            StepError: it failed.
        """
        run = self.start(command, variables)
        code = run.wait()
        if code != 0:
            raise StepError(f"A run that nobody disturbed ended with code {code}:\n{run.said()[-LOG_TAIL:]}")
        return time.monotonic() - run.began

    def last_step(self, run: Run, log_offset: int) -> str:
        """What a refresh was doing when it ended, by its output and by dbt's log since ``log_offset``."""
        begun = [stage for stage in STAGES if stage in run.said()]
        if not begun:
            return "starting, or looking at the landing zone"
        if begun[-1] != STAGES[1]:
            return begun[-1]
        nodes = NODE.findall(self.dbt_log.read_text(errors="replace")[log_offset:]) if self.dbt_log.exists() else []
        return f"{begun[-1]}: {nodes[-1].strip(' .')}" if nodes else f"{begun[-1]}: before the first model"

    def log_size(self) -> int:
        """Characters in dbt's log."""
        return len(self.dbt_log.read_text(errors="replace")) if self.dbt_log.exists() else 0

    def snapshot(self) -> Path:
        """The published file, found without the product: where the link leads.

        Raises:
            StepError: nothing was published.
        """
        path = (self.home.published / "marts.duckdb").resolve()
        if not path.is_file():
            raise StepError(f"Nothing was published in {self.home.root}")
        return path

    def copy_from(self, other: Installation) -> None:
        """Take over another's home and landing zone, with the files' ages; what was here is gone."""
        for mine, theirs in ((self.home.root, other.home.root), (self.landing, other.landing)):
            shutil.rmtree(mine, ignore_errors=True)
            if theirs.exists():
                # A home may be a mounted disk: its contents go, it stays.
                shutil.copytree(theirs, mine, symlinks=True, dirs_exist_ok=True)
