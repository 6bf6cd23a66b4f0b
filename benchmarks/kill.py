"""``python -m benchmarks.kill``: ``kill -9`` at random moments of a run, then one clean run, then a comparison.

The logs arrive in instalments. Each attempt is the product's own command in a process group of its own, which is killed
whole at a random moment. After the last kill one undisturbed run must bring the marts to what a single run over the
same logs gives.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.marts import differences, is_whole
from benchmarks.measure import LOG_TAIL, REPOSITORY, StepError
from benchmarks.report import wide_console
from benchmarks.scenarios import FIRST_DAY, OLD_SECONDS
from ingestion.home import Home
from ingestion.simulator import simulate
from serving.generations import current_snapshot

NODE = re.compile(r"\d+ of \d+ START (?:sql |test |seed |)?(.*?) \.* *\[RUN\]")
STAGES = ("Loading logs", "Building and testing", "Publishing")
FULL_REFRESH_SHARE = 0.1
"""How many attempts compute everything again: there the warehouse's tables are replaced, not added to."""
LEAST_SECONDS = 0.3
# A run that nothing disturbs and that takes longer than this hangs.
PATIENCE_SECONDS = 3_600


@dataclass(frozen=True)
class Strike:
    """One attempt: the command, how long it lived, and where it died (None: it ended before its time came)."""

    number: int
    command: str
    delivered: int
    seconds: float
    where: str | None


OnStrike = Callable[[Strike], None]


@dataclass
class Installation:
    """A home and a landing zone below one folder."""

    folder: Path

    @property
    def home(self) -> Home:
        """Where its runs write."""
        return Home(self.folder / "home")

    @property
    def landing(self) -> Path:
        """What its runs read."""
        return self.folder / "landing"

    @property
    def output(self) -> Path:
        """What its last run said."""
        return self.folder / "run.log"

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

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start the product's command as the leader of a process group of its own."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.landing.mkdir(exist_ok=True)
        variables = {
            "AUDIENCE_HOME": str(self.home.root),
            "LANDING": str(self.landing),
            "PYTHONUNBUFFERED": "1",
            "AUDIENCE_SITE": "off",
        }
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "orchestration", *arguments],
                cwd=REPOSITORY,
                env={**os.environ, **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, arguments: Sequence[str] = ("refresh",)) -> float:
        """Run a command to its end; its seconds.

        Raises:
            StepError: it failed.
        """
        began = time.monotonic()
        self.ended(self.start(arguments).wait(PATIENCE_SECONDS))
        return time.monotonic() - began

    def ended(self, code: int) -> None:
        """Raise StepError for a run that failed by itself."""
        if code != 0:
            said = self.output.read_bytes()[-LOG_TAIL:].decode(errors="replace")
            raise StepError(f"A run that nobody disturbed ended with code {code}:\n{said}")

    def last_step(self, log_offset: int) -> str:
        """What a run was doing when it ended, by its output and by dbt's log since ``log_offset``."""
        said = self.output.read_text(errors="replace")
        begun = [stage for stage in STAGES if stage in said]
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
        """The published file.

        Raises:
            StepError: nothing was published.
        """
        path = current_snapshot(self.home) if self.home.published.exists() else None
        if path is None:
            raise StepError(f"Nothing was published in {self.home.root}")
        return path


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a run and everything it started, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass
class Campaign:
    """Kills runs of one installation while its logs arrive, and remembers where.

    instalments: files below ``source`` in the order of their arrival. usual_seconds: how long a run lives undisturbed.
    """

    victim: Installation
    source: Path
    instalments: list[list[Path]]
    usual_seconds: float
    chance: random.Random
    on_strike: OnStrike
    strikes: list[Strike] = field(default_factory=list)
    delivered: int = 0

    @property
    def kills(self) -> int:
        """Runs killed so far."""
        return sum(strike.where is not None for strike in self.strikes)

    def next_instalment(self) -> bool:
        """Deliver the next files; False where all are there."""
        if self.delivered == len(self.instalments):
            return False
        self.victim.deliver(self.instalments[self.delivered], self.source)
        self.delivered += 1
        return True

    def command(self, *, has_work: bool) -> list[str]:
        """What to run: mostly a refresh; where that has nothing to do, something that has."""
        if self.chance.random() < FULL_REFRESH_SHARE:
            return ["refresh", "--full"]
        if has_work:
            return ["refresh"]
        first = FIRST_DAY + timedelta(days=self.chance.randrange(5))
        return ["backfill", str(first), str(first + timedelta(days=self.chance.randrange(10)))]

    def strike(self, command: list[str]) -> Strike:
        """One attempt, killed at a random moment of its usual length unless it ends before."""
        wait = self.chance.uniform(LEAST_SECONDS, max(self.usual_seconds, 2 * LEAST_SECONDS))
        offset = self.victim.log_size()
        began = time.monotonic()
        process = self.victim.start(command)
        where: str | None = None
        try:
            code = process.wait(wait)
        except subprocess.TimeoutExpired:
            kill_group(process)
            where = self.victim.last_step(offset)
        except BaseException:
            # An interrupted campaign must not leave a run behind, which hears nothing of the terminal's Ctrl-C.
            kill_group(process)
            raise
        else:
            self.victim.ended(code)
            # A run that had only to publish says nothing of how long a build takes.
            if (seconds := time.monotonic() - began) > self.usual_seconds / 2:
                self.usual_seconds = seconds
        strike = Strike(len(self.strikes) + 1, " ".join(command), self.delivered, time.monotonic() - began, where)
        self.strikes.append(strike)
        self.on_strike(strike)
        return strike

    def attack(self, times: int) -> None:
        """Kill so many runs, while the instalments arrive evenly among them.

        Raises:
            StepError: a run failed by itself, or a kill left readers a broken snapshot.
        """
        has_work = self.next_instalment()
        while self.kills < times:
            if self.delivered <= self.kills * len(self.instalments) // times:
                has_work = self.next_instalment() or has_work
            strike = self.strike(self.command(has_work=has_work))
            has_work = strike.where is not None
            published = current_snapshot(self.victim.home) if self.victim.home.published.exists() else None
            if published and not is_whole(published):
                raise StepError(f"The snapshot {published} is broken after attempt {strike.number}: {strike.where}")


def split(files: Sequence[Path], count: int, chance: random.Random) -> list[list[Path]]:
    """Files in random order, cut into at most ``count`` instalments of random size, none empty."""
    shuffled = chance.sample(list(files), len(files))
    cuts = sorted(chance.sample(range(1, len(shuffled)), min(count, len(shuffled)) - 1))
    return [shuffled[low:high] for low, high in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def simulated(folder: Path, events: int, days: int) -> list[Path]:
    """Simulate logs that look settled; their files."""
    simulate(folder, events=events, days=days, start=FIRST_DAY)
    files = sorted(path for path in folder.rglob("*.ndjson"))
    old = time.time() - OLD_SECONDS
    for path in files:
        os.utime(path, (old, old))
    return files


@dataclass(frozen=True)
class Verdict:
    """How a campaign ended: its attempts, the seconds of the clean run, and the tables that differ."""

    strikes: Sequence[Strike]
    undisturbed_seconds: float
    clean_seconds: float
    differences: Sequence[str]


def campaign(folder: Path, times: int, events: int, days: int, seed: int, on_strike: OnStrike = lambda strike: None) -> Verdict:
    """Kill ``times`` runs below ``folder``, run once cleanly, compare with an undisturbed installation.

    Args:
        folder: where both installations are made.
        times: how many runs to kill.
        events: simulated events in all.
        days: over so many days, at least one file each.
        seed: of the instalments and of the moments.
        on_strike: told after every attempt.

    Raises:
        StepError: a run failed by itself, or a kill left readers a broken snapshot.
    """
    chance = random.Random(seed)
    source = folder / "source"
    files = simulated(source, events, days)
    peaceful, victim = Installation(folder / "undisturbed"), Installation(folder / "killed")
    peaceful.deliver(files, source)
    undisturbed_seconds = peaceful.run()
    work = Campaign(victim, source, split(files, max(times // 3, 2), chance), undisturbed_seconds, chance, on_strike)
    work.attack(times)
    while work.next_instalment():
        pass
    clean_seconds = victim.run()
    found = differences(victim.snapshot(), peaceful.snapshot())
    return Verdict(work.strikes, undisturbed_seconds, clean_seconds, [str(each) for each in found])


def show(console: Console, verdict: Verdict) -> None:
    """Print where each kill struck, and whether it left a trace."""
    table = Table(title="Attempts", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("", "command", "instalments", "seconds", "killed while"):
        table.add_column(name, justify="left" if name in ("command", "killed while") else "right")
    for each in verdict.strikes:
        where = each.where or "[dim]ended before[/]"
        table.add_row(str(each.number), each.command, str(each.delivered), f"{each.seconds:.1f}", where)
    console.print(table)
    kills = sum(each.where is not None for each in verdict.strikes)
    console.print(
        f"{kills} kills; then one clean run in {verdict.clean_seconds:.1f} s (undisturbed: {verdict.undisturbed_seconds:.1f} s)."
    )
    if verdict.differences:
        console.print("[red]The marts differ from an undisturbed build:[/]")
        for text in verdict.differences:
            console.print(text, markup=False)
    else:
        console.print("[green]Every mart equals the undisturbed build, row by row.[/]")


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    times: Annotated[int, typer.Option(min=1, help="Runs to kill.")] = 30,
    events: Annotated[int, typer.Option(min=1, help="Simulated events.")] = 60_000,
    days: Annotated[int, typer.Option(min=1, help="Days they are spread over.")] = 8,
    seed: Annotated[int | None, typer.Option(help="Of moments and instalments; a new one each time where not given.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where a scratch folder is made, kept where the marts differ. Default: the system's.")
    ] = None,
) -> None:
    """Kill a refresh -9 at random moments, run it once cleanly, and compare every mart with an undisturbed build.

    Exits with 1 where they differ, a run failed by itself, or a reader would have seen a broken snapshot.
    """
    console = wide_console()
    chosen = random.SystemRandom().randrange(1, 2**31) if seed is None else seed
    console.print(f"Seed {chosen}")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="kill-", dir=folder))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("an undisturbed build")

            def on_strike(strike: Strike) -> None:
                progress.update(task, description=f"attempt {strike.number}: {strike.where or 'ended before'}")
                if not console.is_terminal:
                    console.print(f"attempt {strike.number}: {strike.command}: {strike.where or 'ended before'}", markup=False)

            verdict = campaign(place, times, events, days, chosen, on_strike)
    except StepError as error:
        console.print(f"[red]Failed[/] (kept: {place})")
        console.print(str(error), markup=False)
        raise typer.Exit(1) from error
    show(console, verdict)
    if verdict.differences:
        console.print(f"Kept: {place}")
        raise typer.Exit(1)
    shutil.rmtree(place)


if __name__ == "__main__":
    app()
