"""What is measured: one size from files to marts, a day added to it, the same day added to a longer history, and a size beyond."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measure import Measurement, StepError, measured
from benchmarks.models import read_run_results
from ingestion.home import Home
from ingestion.simulator import simulate

FIRST_DAY = date(2026, 1, 1)
BYTES_PER_EVENT = 1_600
"""Disk that one simulated event needs at the fullest moment: 480 landed, the rest lake, warehouse, spill and two snapshots."""
BYTES_PER_EVENT_BEYOND = 1_200
"""The same where no yardstick writes beside the product and nothing is built twice."""
OLD_SECONDS = 3_600
ROUNDS = 2
# A backfill of dates that nothing landed for: everything is selected, nothing is stale.
START_UP = ("backfill", "1990-01-01", "1990-01-01")

OnStep = Callable[[str, str], None]


@dataclass(frozen=True)
class Size:
    """An audience: so many events over so many days."""

    events: int
    days: int

    @property
    def name(self) -> str:
        """Folder and label."""
        return f"{self.events}x{self.days}"


@dataclass
class Measured:
    """All measurements of one size. best: of several rounds the one with the least wall time."""

    size: Size
    landed_lines: int = 0
    landed_bytes: int = 0
    rounds: dict[str, list[Measurement]] = field(default_factory=dict)
    lossless: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, measurement: Measurement) -> None:
        """Note one round of a step."""
        self.rounds.setdefault(measurement.name, []).append(measurement)

    def best(self, name: str) -> Measurement:
        """The fastest round of a step."""
        return min(self.rounds[name], key=lambda each: each.work_seconds)

    def has(self, name: str) -> bool:
        """Whether the step was measured."""
        return name in self.rounds

    @classmethod
    def recorded(cls, values: Mapping[str, Any]) -> Measured:
        """What an earlier run wrote down of a size."""
        rounds = {name: [Measurement.recorded(each) for each in several] for name, several in values["rounds"].items()}
        return cls(Size(**values["size"]), values["landed_lines"], values["landed_bytes"], rounds, list(values["lossless"]))

    @property
    def is_lossless(self) -> bool:
        """Whether a load was checked and nothing was lost."""
        return bool(self.lossless) and all(check["holds"] for check in self.lossless)


@dataclass
class Bench:
    """Runs steps for one size in a folder of its own, which it removes."""

    folder: Path
    size: Size
    on_step: OnStep
    found: Measured = field(init=False)

    def __post_init__(self) -> None:
        self.found = Measured(self.size)

    @property
    def landing(self) -> Path:
        """Where the simulator writes."""
        return self.folder / "landing"

    @property
    def home(self) -> Path:
        """The installation under measurement."""
        return self.folder / "home"

    def land(self, only_day: int | None = None) -> None:
        """Simulate the audience, or one day more; its files get an age, so that nobody waits whether they still grow."""
        self.on_step(self.size.name, "simulate")
        began = time.time()
        report = simulate(
            self.landing, events=self.size.events, days=self.size.days, start=FIRST_DAY, only_day=only_day,
            truths=None if only_day is None else self.folder / "truths-of-a-day",
        )  # fmt: skip
        old = time.time() - OLD_SECONDS
        # Those landed before keep theirs: a file whose time changed is read again to see whether its bytes did.
        for path in self.landing.rglob("*.ndjson"):
            if path.stat().st_mtime > began - 1:
                os.utime(path, (old, old))
        if only_day is None:
            self.found.landed_lines, self.found.landed_bytes = report.lines, report.bytes

    def step(self, name: str, *arguments: str, result: bool = False) -> Measurement:
        """Measure one command; with ``result`` it writes a report of its own where ``--result`` says."""
        self.on_step(self.size.name, name)
        report = self.folder / "result.json"
        report.unlink(missing_ok=True)
        variables = {"AUDIENCE_HOME": str(self.home), "LANDING": str(self.landing), "AUDIENCE_SITE": "off"}
        began = time.time()
        more = ("--result", str(report)) if result else ()
        measurement = measured(name, (*arguments, *more), variables, self.folder / "logs" / f"{name}.log")
        told = json.loads(report.read_text()) if report.exists() else read_run_results(self.home, began)
        measurement = replace(measurement, result=told)
        self.found.add(measurement)
        return measurement

    def refresh(self, name: str, *arguments: str) -> None:
        """Measure the product's own command."""
        self.step(name, "-m", "orchestration", *(arguments or ("refresh",)))

    def remove_home(self) -> None:
        """Start from nothing again."""
        shutil.rmtree(self.home, ignore_errors=True)

    def yardstick(self, name: str) -> None:
        """Measure one of the statements."""
        target = self.folder / name
        self.step(name, "-m", "benchmarks.statements", name, "--landing", str(self.landing), "--target", str(target), result=True)

    def loads(self) -> None:
        """Floor, load and tolerant readers, taking turns so that a noisy moment of the machine meets them all; then the proof."""
        for _ in range(ROUNDS):
            self.yardstick("floor")
            self.remove_home()
            self.step("ingest", "-m", "ingestion", "load")
            self.yardstick("tolerant-reader")
            self.yardstick("tolerant-text")
        self.prove()

    def prove(self) -> None:
        """Compare the lake with a reading of the landed files that shares no code with the loader."""
        places = ("--landing", str(self.landing), "--home", str(self.home), "--truths", str(self.folder / "truths"))
        proof = self.step("lossless", "-m", "benchmarks.lossless", *places, result=True)
        self.found.lossless = list(proof.result["checks"])

    def models(self) -> None:
        """The models from nothing, then the tests on their data."""
        self.step("models", "-m", "benchmarks.models", result=True)
        self.step("data tests", "-m", "benchmarks.models", "--tests", result=True)

    def history(self) -> None:
        """Everything from nothing with the product's own command, nothing stale, one new day, nothing new."""
        self.remove_home()
        self.refresh("full refresh")
        self.refresh("start-up", *START_UP)
        self.land(only_day=self.size.days + 1)
        self.refresh("new day")
        self.refresh("nothing new")
        self.require_published()

    def require_published(self) -> None:
        """Raise where the last refresh did not publish: then nothing that was measured counts."""
        if not (Home(self.home).published / "marts.duckdb").exists():
            raise StepError(f"Nothing was published in {self.home}.")


@contextmanager
def bench(folder: Path, size: Size, on_step: OnStep, bytes_per_event: int = BYTES_PER_EVENT) -> Iterator[Bench]:
    """A bench in a folder that is empty before and gone afterwards.

    Raises:
        StepError: the disk has not enough room for the size.
    """
    place = folder / size.name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    needed, free = size.events * bytes_per_event, shutil.disk_usage(place).free
    try:
        if free < needed:
            raise StepError(
                f"{size.events:,} events need about {needed / 1e9:.0f} GB below {folder}; {free / 1e9:.0f} GB are free."
            )
        yield Bench(place, size, on_step)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def measure_size(folder: Path, size: Size, on_step: OnStep) -> Measured:
    """Everything about one size."""
    with bench(folder, size, on_step) as work:
        work.land()
        work.loads()
        work.models()
        work.history()
        return work.found


def measure_history(folder: Path, size: Size, on_step: OnStep) -> Measured:
    """Only what a day costs on top of a history."""
    with bench(folder, size, on_step) as work:
        work.land()
        work.history()
        return work.found


def measure_beyond(folder: Path, size: Size, on_step: OnStep) -> Measured:
    """Only what the product does from nothing, once: for a size whose yardsticks the disk has no room for."""
    with bench(folder, size, on_step, BYTES_PER_EVENT_BEYOND) as work:
        work.land()
        work.step("ingest", "-m", "ingestion", "load")
        work.prove()
        work.remove_home()
        work.refresh("full refresh")
        work.refresh("nothing new")
        work.require_published()
        return work.found
