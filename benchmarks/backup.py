"""``python -m benchmarks.backup``: the backup drill. Back up while runs go on, restore elsewhere, rebuild, compare every mart;
damage a backup in many places and see each refused; erase somebody after a backup and see the restored home without them.

Runs, backups and restores are the product's own commands, each in a process of its own.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.faults.installation import REFRESH, Installation
from benchmarks.faults.prepared import simulated
from benchmarks.marts import differences
from benchmarks.measure import REPOSITORY, Machine, StepError
from benchmarks.report import wide_console
from ingestion.home import Home
from orchestration.backup.restore import check, restore
from orchestration.backup.store import BackupError, Point, Store
from serving.generations import current_snapshot

DAMAGES = 20
PAUSE_SECONDS = 3
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Step:
    """What was done, how long it took, what was seen, and whether that is as it must be."""

    name: str
    seconds: float
    seen: str
    is_good: bool


@dataclass
class Drill:
    """One drill below a folder; steps in their order."""

    folder: Path
    events: int
    days: int
    steps: list[Step] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """Where its backups lie."""
        return Store.at(str(self.folder / "backups"))

    @property
    def is_passed(self) -> bool:
        """Whether every step was as it must be."""
        return all(step.is_good for step in self.steps)

    def installation(self, name: str, landing: Path | None = None) -> Installation:
        """A home of its own; with a copy of a landing zone where one is given."""
        made = Installation(self.folder / name)
        if landing is not None:
            shutil.copytree(landing, made.landing, dirs_exist_ok=True)
        return made

    def command(self, installation: Installation, *arguments: str, must_fail: bool = False) -> str:
        """Run a command on a home; what it said.

        Raises:
            StepError: it ended otherwise than it must.
        """
        run = installation.start(("orchestration", *arguments))
        code, said = run.wait(), run.said()
        if (code != 0) != must_fail:
            raise StepError(f"{' '.join(arguments)} ended with {code}:\n{said}")
        return said

    def newest(self) -> Point:
        """The newest backup."""
        return self.store.read_point(self.store.points()[-1])

    def note(self, name: str, began: float, seen: str, *, is_good: bool = True) -> None:
        """Keep a step, timed since ``began`` (monotonic seconds)."""
        self.steps.append(Step(name, time.monotonic() - began, seen, is_good))


def drill(folder: Path, events: int, days: int, seed: int) -> Drill:
    """The whole drill below ``folder``.

    Args:
        folder: for everything; emptied by the caller.
        events: simulated, in all.
        days: they are spread over; the last lands while backups are made.
        seed: of what is damaged.

    Raises:
        StepError: a command ended otherwise than it must.
    """
    work = Drill(folder, events, days)
    source = folder / "source"
    files = simulated(source, events, days)
    newest_day = max(path.parent.name for path in files if "native" in path.parts)
    live = work.installation("live")
    live.deliver([path for path in files if path.parent.name != newest_day], source)
    with outside_of_the_home(folder):
        run(work, live, "first run")
        backed_up(work, live, "first backup")
        early = work.store.points()[-1]
        meanwhile(work, live, [path for path in files if path.parent.name == newest_day], source)
        backed_up(work, live, "backup after the new day")
        restored(work, live, "restored from the newest backup", "newest")
        restored(work, live, "restored from the first backup, then a run over the same landing zone", "first", at=early)
        with_warehouse(work, live)
        damaged(work, random.Random(seed))
        erased(work, live)
    return work


@contextmanager
def outside_of_the_home(folder: Path) -> Iterator[None]:
    """Key and tombstones where docs/privacy.md wants them: not in what is backed up."""
    named = {"AUDIENCE_PRIVACY_KEY": secrets.token_hex(32), "AUDIENCE_TOMBSTONES": str(folder / "tombstones.json")}
    before = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run(work: Drill, installation: Installation, name: str) -> None:
    """A run of the product."""
    began = time.monotonic()
    installation.run()
    work.note(name, began, "published")


def backed_up(work: Drill, installation: Installation, name: str, *options: str) -> None:
    """A backup with nothing else at work; what it copied."""
    began = time.monotonic()
    said = work.command(installation, "backup", work.store.folder, *options)
    work.note(name, began, said.splitlines()[0].partition(": ")[2])


def meanwhile(work: Drill, live: Installation, late: Sequence[Path], source: Path) -> None:
    """One backup after the other while a day is loaded, built and published; each is read back."""
    live.deliver(late, source)
    began = time.monotonic()
    refresh = live.start(REFRESH)
    made = 0
    while refresh.is_alive:
        # Not by Installation: its output belongs to the run.
        subprocess.run(
            [sys.executable, "-m", "orchestration", "backup", work.store.folder],
            cwd=REPOSITORY, env={**os.environ, "AUDIENCE_HOME": str(live.home.root)}, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        made += 1
        time.sleep(PAUSE_SECONDS)
    if refresh.wait() != 0:
        raise StepError(f"The run beside the backups failed:\n{refresh.said()}")
    whole = len([check(work.store.folder, work.folder / "scratch", at=name) for name in work.store.points()])
    work.note(
        "backups while a day was loaded, built and published", began, f"{made} made, {whole} in all, all whole", is_good=made > 0
    )


def restored(work: Drill, live: Installation, title: str, name: str, at: str | None = None) -> None:
    """A restore into an empty home and one run; its marts beside those of the live home."""
    began = time.monotonic()
    other = work.installation(name, live.landing)
    work.command(other, "restore", work.store.folder, *(["--at", at] if at else []))
    took = time.monotonic() - began
    other.run()
    found = [*differences(other.snapshot(), live.snapshot())]
    # A load is of the moment it was made: what a restored home had to load again has other times, and nothing else.
    delta = changes(other) == changes(live) if at is None else True
    seen = f"restored in {took:.1f} s; {equality(found)}" + (", what changed for CRM systems too" if at is None and delta else "")
    work.note(title, began, seen, is_good=not found and delta)


def equality(found: Sequence[object]) -> str:
    """In words."""
    return f"{len(found)} tables differ: {found[0]}" if found else "every mart equal, row by row"


def changes(installation: Installation) -> list[tuple[object, ...]]:
    """What CRM systems are told of changes, generations and times included."""
    with duckdb.connect(str(current_snapshot(installation.home)), read_only=True) as connection:
        return connection.execute("select * from exports.crm_delta order by all").fetchall()


def with_warehouse(work: Drill, live: Installation) -> None:
    """With the warehouse in the backup there is nothing to build after a restore."""
    backed_up(work, live, "backup with the warehouse", "--with-warehouse")
    began = time.monotonic()
    other = work.installation("whole", live.landing)
    work.command(other, "restore", work.store.folder)
    found = differences(other.snapshot(), live.snapshot())
    said = work.command(other, "refresh")
    is_good = not found and "Nothing new" in said
    work.note(
        "restored with the warehouse",
        began,
        f"{equality(found)}; the next run found nothing new: {'Nothing new' in said}",
        is_good=is_good,
    )


def damaged(work: Drill, chance: random.Random) -> None:
    """A byte changed, an end cut off, a file gone: each makes the restore refuse by name, and leaves nothing behind."""
    began = time.monotonic()
    point = work.newest()
    refused = 0
    for number, file in enumerate(chance.sample(point.files, DAMAGES)):
        path = Path(work.store.object_path(file.sha256))
        sound = path.read_bytes()
        kind = number % 3
        if kind == 2 or not sound:
            path.unlink()
        elif kind == 1:
            path.write_bytes(sound[: len(sound) // 2])
        else:
            place = chance.randrange(len(sound))
            path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        home = Home(work.folder / f"damaged-{number}")
        names = {each.path for each in point.files if each.sha256 == file.sha256}
        try:
            restore(home, work.store.folder)
        except BackupError as error:
            refused += any(name in str(error) for name in names) and not any(path.is_file() for path in home.root.rglob("*"))
        path.write_bytes(sound)
    work.note(
        "damaged backups",
        began,
        f"{refused} of {DAMAGES} refused by the file's name, nothing written",
        is_good=refused == DAMAGES,
    )


def erased(work: Drill, live: Installation) -> None:
    """Somebody is erased after the backup; the restored home erases them with its first run."""
    before = work.store.points()[-1]
    shutil.copytree(live.landing, work.folder / "landing before")
    with duckdb.connect(str(current_snapshot(live.home)), read_only=True) as connection:
        ((user,),) = connection.execute(
            "select user_id from core.dim_viewer where user_id is not null order by view_count desc, user_id limit 1"
        ).fetchall()
    work.command(live, "privacy", "erase", "--user-id", user)
    began = time.monotonic()
    other = work.installation("erased", live.landing)
    work.command(other, "restore", work.store.folder, "--at", before)
    other.run()
    traces = work.command(other, "privacy", "trace", "--user-id", user)
    found = differences(other.snapshot(), live.snapshot())
    is_gone = "No trace" in traces
    work.note(
        "erased after the backup, then restored",
        began,
        f"no trace left: {is_gone}; {equality(found)}",
        is_good=is_gone and not found,
    )


def report(work: Drill, seed: int) -> str:
    """The drill as Markdown."""
    machine = Machine.here()
    point = work.newest()
    lines = [
        "# Backup drill",
        "",
        f'Done on {datetime.now(UTC).date()} with `make backup-drill ARGS="--events {work.events} --days {work.days} --seed {seed}"`: '
        f"{machine.system}, {machine.cores} cores, Python {machine.python}, DuckDB {machine.duckdb}, dbt {machine.dbt}. "
        "Each step is the product's own command; what it is about: `docs/production.md`.",
        "",
        f"The newest backup has {point.loads:,} loads, {len(point.files):,} files, {point.bytes / 1e6:,.1f} MB.",
        "",
        "| step | seconds | seen | as it must be |",
        "| --- | ---: | --- | --- |",
        *(
            f"| {step.name} | {step.seconds:.1f} | {step.seen.replace('|', '/')} | {'yes' if step.is_good else 'NO'} |"
            for step in work.steps
        ),
        "",
    ]
    return "\n".join(lines)


@app.command()
def main(
    events: Annotated[int, typer.Option(min=1_000, help="Simulated events.")] = 100_000,
    days: Annotated[int, typer.Option(min=2, help="Days they are spread over.")] = 14,
    seed: Annotated[int, typer.Option(help="Of what is damaged.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Where a scratch folder is made; kept where something failed.")] = None,
    report_to: Annotated[Path, typer.Option("--report", help="The report.")] = REPOSITORY / "benchmarks" / "BACKUP.md",
) -> None:
    """Back up, restore, rebuild, compare; exits with 1 where anything is not as it must be."""
    console = wide_console()
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="backup-", dir=folder))
    try:
        work = drill(place, events, days, seed)
    except StepError as error:
        console.print(f"[red]Failed[/] (kept: {place})")
        console.print(str(error), markup=False)
        raise typer.Exit(1) from error
    console.print(json.dumps([vars(step) for step in work.steps], indent=1), markup=False)
    report_to.write_text(report(work, seed))
    if not work.is_passed:
        console.print(f"Kept: {place}")
        raise typer.Exit(1)
    shutil.rmtree(place)


if __name__ == "__main__":
    app()
