"""What strikes begin with, made once: landed files, a lake and builds that nobody disturbed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa

from benchmarks.faults.installation import LOAD, REFRESH, Installation
from benchmarks.faults.proofs import Lake, lake_of
from benchmarks.scenarios import FIRST_DAY, OLD_SECONDS
from ingestion.simulator import simulate

EVENTS, DAYS, FIRST_DAYS = 8_000, 6, 3
"""Small, for a strike is to cost seconds; with a file in each kind of archive, and lines that are none."""
ODD_LINES = b'not json\n\n   \n{"occurred_at":"2026-01-02T10:00:00Z","event_type":"video_play"\n\xff\xfe broken utf-8\n'
BASES = {"loading": "empty", "a whole run": "begun", "publishing": "built", "publishing to PostgreSQL": "built"}
BOOKS = "prepared.json"
START_SECONDS = 0.6
"""Python's own start and imports, before a command does anything."""


@dataclass
class Prepared:
    """bases: by stage the state it begins in. work_seconds: how long an undisturbed run of the stage works.

    lake, truth: what the lake and the snapshot of an undisturbed run over all files hold. first_files: those of the first days.
    """

    folder: Path
    work_seconds: dict[str, float]
    lake: Lake
    first_files: list[str] = field(default_factory=list)
    truth: Path | None = None

    @property
    def bases(self) -> dict[str, Installation]:
        """By stage."""
        return {stage: Installation(self.folder / name) for stage, name in BASES.items()}

    def save(self) -> None:
        """Keep what is known of the folders beside them, for another campaign."""
        (self.folder / BOOKS).write_text(json.dumps(asdict(self), default=str, indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Prepared:
        """What an earlier campaign prepared and kept."""
        told = json.loads((folder / BOOKS).read_text())
        areas = {area: (rows, checksum) for area, (rows, checksum) in told["lake"]["areas"].items()}
        truth = Path(told["truth"]) if told["truth"] else None
        return cls(folder, told["work_seconds"], Lake(areas), told["first_files"], truth)


def land(folder: Path) -> list[Path]:
    """Simulate logs of some days into ``folder``; the files, which look settled. One day is gzip, one zstd, one has broken lines."""
    simulate(folder, events=EVENTS, days=DAYS, start=FIRST_DAY)
    days = sorted((folder / "native").glob("*/*.ndjson"))
    days[0].write_bytes(days[0].read_bytes() + ODD_LINES)
    for day, ending in ((days[1], ".gz"), (days[-2], ".zst"), (days[-1], ".gz")):
        content = day.read_bytes()
        packed = gzip.compress(content, mtime=0) if ending == ".gz" else bytes(pa.compress(content, "zstd", asbytes=True))
        day.with_name(day.name + ending).write_bytes(packed)
        day.unlink()
    return settled(folder)


def simulated(folder: Path, events: int, days: int) -> list[Path]:
    """Simulate logs that look settled; their files."""
    simulate(folder, events=events, days=days, start=FIRST_DAY)
    return settled(folder)


def settled(folder: Path) -> list[Path]:
    """All files below a folder, made to look an hour old: none is watched for growth."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    old = time.time() - OLD_SECONDS
    for path in files:
        os.utime(path, (old, old))
    return files


def prepare(folder: Path, *, builds: bool, say: Callable[[str], None] = lambda text: None) -> Prepared:
    """Make what strikes begin with below ``folder``.

    builds: also the warehouses, which takes two whole builds and an added one; without them only loading can be struck.

    Raises:
        StepError: a run that nobody disturbed failed.
    """
    everything = Installation(folder / "everything")
    say("landing and loading")
    files = land(everything.landing)
    cut = str(everything.landing / "native" / (FIRST_DAY.replace(day=FIRST_DAYS)).isoformat())
    first = [path for path in files if path.parent.parent.name != "native" or str(path.parent) <= cut]
    empty = Installation(folder / "empty")
    empty.folder.mkdir()
    shutil.copytree(everything.landing, empty.landing)
    work = {"loading": everything.run(LOAD) - START_SECONDS}
    first_files = [path.relative_to(everything.landing).as_posix() for path in first]
    prepared = Prepared(folder, work, lake_of(everything.home.root), first_files)
    if builds:
        build(prepared, everything, first, say)
    prepared.save()
    return prepared


def build(prepared: Prepared, everything: Installation, first: list[Path], say: Callable[[str], None]) -> None:
    """Build the first days, then all of them on top, and all of them at once elsewhere: the truth."""
    folder = prepared.folder
    say("building everything at once: the truth")
    everything.run(REFRESH)
    prepared.truth = everything.snapshot()
    begun, built = Installation(folder / "begun"), Installation(folder / "built")
    for path in first:
        target = begun.landing / path.relative_to(everything.landing)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    say("building the first days")
    begun.run(REFRESH)
    shutil.rmtree(begun.landing)
    shutil.copytree(everything.landing, begun.landing)
    built.copy_from(begun)
    say("building the other days on top")
    prepared.work_seconds["a whole run"] = built.run(REFRESH) - START_SECONDS
    say("publishing alone")
    again = Installation(folder / "again")
    again.copy_from(built)
    (again.home.published / "marts.duckdb").unlink()
    prepared.work_seconds["publishing"] = again.run(REFRESH) - START_SECONDS
    prepared.work_seconds["publishing to PostgreSQL"] = 2.0
    shutil.rmtree(again.folder)
