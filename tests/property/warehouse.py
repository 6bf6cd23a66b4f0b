"""One installation under test: land files, load them, run the models, die at any moment, look at the tables.

Every load and every run happens in a forked child, so that it can be killed like any other process while the parsed
manifest is reused, and so that no handle on the database outlives it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from dbt.cli.main import dbtRunner

from ingestion.home import Home
from ingestion.load import load_landing
from orchestration.lib.environment import Environment
from orchestration.lib.parsing import parsed_manifest
from tests.property.schedule import Crash, Run, land

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
USUAL_STATEMENTS = 150
USUAL_SECONDS = 6.0
USUAL_REPORTS = 6
KILLED = -signal.SIGKILL


def in_child(work: Callable[[], None], log: Path) -> int:
    """Run `work` in a forked child, its output in `log`; its exit code: 0, 1 where it raised, KILLED where killed."""

    def target() -> None:
        with log.open("a") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            code = 0
            try:
                work()
            except BaseException:
                traceback.print_exc()
                code = 1
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    child = multiprocessing.get_context("fork").Process(target=target)
    child.start()
    child.join()
    return child.exitcode or 0


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Warehouse:
    """An `AUDIENCE_HOME` with its landing zone, driven the way a scheduler drives it."""

    root: Path
    manifest: Any = field(init=False, repr=False)
    models: Sequence[str] = field(init=False)
    statements: int = USUAL_STATEMENTS
    seconds: float = USUAL_SECONDS
    attempts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        with self.environment():
            self.manifest = parsed_manifest(Environment(self.home, str(self.landing), is_demo=False, target="ci"))
        self.models = models_in_order(self.manifest)

    @property
    def home(self) -> Home:
        return Home(self.root)

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def log(self) -> Path:
        return self.root / "runs.log"

    @contextmanager
    def environment(self) -> Iterator[None]:
        """The environment variables that the profile and the models read."""
        before = dict(os.environ)
        os.environ["AUDIENCE_HOME"] = str(self.root)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def arguments(self, command: str, *extra: str) -> list[str]:
        """A dbt command line that writes nothing outside this installation."""
        places = {
            "--project-dir": PROJECT,
            "--profiles-dir": ROOT,
            "--target-path": self.root / "target",
            "--log-path": self.root / "logs",
        }
        named = [text for name, path in places.items() for text in (name, str(path))]
        return ["--quiet", command, *named, "--target", "ci", *extra]

    def load(self, *, die_after: int | None = None) -> int:
        """Load what has landed; die after that many progress reports, if asked. Returns the exit code."""

        def work() -> None:
            reports = 0

            def count(_: object) -> None:
                nonlocal reports
                reports += 1
                if die_after is not None and reports > die_after:
                    die()

            report = load_landing(str(self.landing), self.home, on_progress=count)
            if report.failed:
                raise RuntimeError(f"files failed to load: {report.failed}")

        return in_child(work, self.log)

    def dbt(self, command: str, *extra: str, die_at: int | None = None, die_after: float | None = None) -> int:
        """One dbt command with the parsed manifest; its exit code.

        die_at: the SQL statement to die at, if asked. die_after: the seconds after which to die, if asked.
        """
        counter = self.root / "statements"

        def work() -> None:
            seen = 0
            if die_after is not None:
                threading.Timer(die_after, die).start()

            def count(event: Any) -> None:
                nonlocal seen
                if event.info.name != "SQLQuery":
                    return
                seen += 1
                if die_at is not None and seen >= die_at:
                    die()

            with self.environment():
                result = dbtRunner(manifest=self.manifest, callbacks=[count]).invoke(self.arguments(command, *extra))
            counter.write_text(str(seen))
            if not result.success:
                failures = [each.message for each in getattr(result.result, "results", []) if each.failures or each.message]
                raise RuntimeError(f"dbt {command} failed: {result.exception or failures}")

        begun = time.monotonic()
        code = in_child(work, self.log)
        if code == 0 and command == "run" and not extra:
            self.statements, self.seconds = int(counter.read_text()), time.monotonic() - begun
        return code

    def must(self, code: int) -> None:
        """Raise with the end of the log where a step that nothing disturbed failed."""
        if code != 0:
            raise RuntimeError(f"exit code {code}:\n{self.log.read_text()[-4000:]}")

    def suffer(self, crash: Crash) -> int:
        """One attempt at a run that does not get to its end; the exit code of what ended it."""
        if crash.kind == "killed while loading":
            return self.load(die_after=int(crash.moment * USUAL_REPORTS))
        self.must(self.load())
        if crash.kind == "only the first models":
            count = 1 + int(crash.moment * (len(self.models) - 1))
            return self.dbt("run", "--select", " ".join(self.models[:count]))
        if crash.kind == "killed at a moment":
            return self.dbt("run", die_after=crash.moment * self.seconds)
        return self.dbt("run", die_at=1 + int(crash.moment * self.statements))

    def run(self, run: Run) -> None:
        """Attempt a run until it succeeds: land what lands before each attempt, load, build."""
        for files, crash in zip(run.landings, run.crashes, strict=False):
            land(self.landing, files)
            code = self.suffer(crash)
            if code not in (0, KILLED):
                self.must(code)
            self.attempts.append(crash.kind if code == KILLED or "models" in crash.kind else f"not {crash.kind}")
        land(self.landing, run.landings[-1])
        self.must(self.load())
        self.must(self.dbt("run", *backfill_arguments(run.backfill)))

    def refresh(self, files: Mapping[str, str]) -> None:
        """Land everything at once and build it from nothing."""
        land(self.landing, files)
        self.must(self.load())
        self.must(self.dbt("run", "--full-refresh"))

    def seed(self) -> None:
        """Load the reference lists."""
        self.must(self.dbt("seed"))

    @contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection to the built tables."""
        connection = duckdb.connect(str(self.home.warehouse), read_only=True)
        try:
            yield connection
        finally:
            connection.close()


def backfill_arguments(dates: tuple[date, date] | None) -> list[str]:
    """The command line that asks a run to rebuild some dates."""
    if dates is None:
        return []
    return ["--vars", json.dumps({"backfill_from": str(dates[0]), "backfill_to": str(dates[1])})]


def models_in_order(manifest: Any) -> list[str]:
    """Model names so that each comes after what it reads."""
    order: list[str] = []
    done: set[str] = set()

    def visit(unique_id: str) -> None:
        if unique_id in done or not unique_id.startswith("model."):
            return
        done.add(unique_id)
        for parent in sorted(manifest.nodes[unique_id].depends_on.nodes):
            visit(parent)
        order.append(manifest.nodes[unique_id].name)

    for unique_id in sorted(manifest.nodes):
        visit(unique_id)
    return order
