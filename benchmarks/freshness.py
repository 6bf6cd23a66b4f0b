"""``python -m benchmarks.freshness``: logs that land every few seconds on a large warehouse, and how long until readers see them.

One thread lands files at a steady rate; runs of the product follow one another without a pause. A file's age is the time from its landing
to the publication of the run that loaded it. A rate is held where files do not grow older from one run to the next.
"""

from __future__ import annotations

import math
import os
import shutil
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.measure import Machine, measured
from benchmarks.report import Grid, grid_lines, number, print_grid, wide_console
from benchmarks.scenarios import FIRST_DAY
from ingestion.home import Home
from ingestion.simulator import simulate
from serving.generations import published_snapshot

DAYS = 30
EVERY_SECONDS = 5.0
# Ages swing with the moment at which a file meets a run; what lies above is a queue that grows.
GROWTH = 1.5

console = wide_console()


@dataclass(eq=False)
class Lander(threading.Thread):
    """Lands so many lines every few seconds, for so many minutes. landed: by file, its seconds since the epoch and its lines."""

    lines: Iterator[bytes]
    landing: Path
    label: str
    rate: float
    minutes: float
    landed: dict[str, tuple[float, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        """Land a file, wait for the next one's time, and do not drift from it."""
        began = time.monotonic()
        for number_of_files in range(math.ceil(self.minutes * 60 / EVERY_SECONDS)):
            time.sleep(max(0.0, began + number_of_files * EVERY_SECONDS - time.monotonic()))
            name = f"native/live/{self.label}-{number_of_files:05d}.ndjson"
            chunk = list(islice(self.lines, round(self.rate * EVERY_SECONDS)))
            aside = self.landing.with_name("landing.new")
            aside.write_bytes(b"".join(chunk))
            target = self.landing / name
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.rename(target)
            self.landed[name] = (time.time(), len(chunk))


@dataclass(frozen=True)
class Freshness:
    """What a rate came to. rate: lines a second. ages: seconds from landing to publication, in order of landing. runs: their seconds."""

    rate: float
    minutes: float
    lines: int
    ages: Sequence[float]
    runs: Sequence[float]

    @property
    def is_held(self) -> bool:
        """Whether the last third of the files was not much older than the first."""
        third = max(len(self.ages) // 3, 1)
        return statistics.median(self.ages[-third:]) <= GROWTH * statistics.median(self.ages[:third])

    def quantile(self, share: float) -> float:
        """The age that a share of the files does not exceed, in seconds."""
        return sorted(self.ages)[min(math.ceil(share * len(self.ages)), len(self.ages)) - 1]


def refreshed(home: Home, landing: Path, log: Path) -> float:
    """One run of the product; its seconds."""
    variables = {"AUDIENCE_HOME": str(home.root), "LANDING": str(landing), "AUDIENCE_SITE": "off"}
    return measured("refresh", ("-m", "orchestration", "refresh"), variables, log).seconds


def prepared(folder: Path, events: int) -> tuple[Home, Path]:
    """A home with a published history, made once and found again."""
    home, landing = Home(folder / "home"), folder / "landing"
    if not (home.published / "marts.duckdb").exists():
        shutil.rmtree(folder, ignore_errors=True)
        console.print(f"Simulating and building {events:,} events ...")
        simulate(landing, events=events, days=DAYS, start=FIRST_DAY, truths=folder / "truths")
        refreshed(home, landing, folder / "history.log")
    return home, landing


def later_lines(folder: Path, events: int) -> Iterator[bytes]:
    """The lines of the days that follow, simulated a day at a time as they are asked for; of another audience each time.

    Bytes that were loaded before are known under any name, and would never be loaded again.
    """
    seed = int(time.time())

    def day(number_of_days: int) -> Iterator[bytes]:
        place = folder / "later"
        shutil.rmtree(place, ignore_errors=True)
        truths = folder / "truths-of-a-day"
        simulate(place, events=events, days=DAYS, start=FIRST_DAY, only_day=number_of_days, truths=truths, seed=seed)
        files = sorted((place / "native").rglob("*.ndjson"))
        return chain.from_iterable(map(read_lines, files))

    return chain.from_iterable(map(day, range(DAYS + 1, DAYS + 1000)))


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file."""
    with path.open("rb") as file:
        yield from file


def loaded_names(home: Home) -> set[str]:
    """The landed files that are in the lake."""
    manifests = str(home.bronze / "_manifests" / "native" / "*.json")
    with duckdb.connect() as connection:
        rows = connection.execute("select path from read_json(?, columns = {path: 'varchar'})", [manifests]).fetchall()
    return {path for (path,) in rows}


def published_at(home: Home) -> float:
    """When the newest snapshot was published, in seconds since the epoch."""
    with duckdb.connect(str(published_snapshot(home)), read_only=True) as connection:
        ((moment,),) = connection.execute("select epoch(published_at) from _meta.publication").fetchall()
    return float(moment)


def followed(home: Home, landing: Path, lander: Lander, log: Path) -> Freshness:
    """Let logs land, with runs that follow one another, and one more for what landed last."""
    ages: dict[str, float] = {}
    runs = []
    lander.start()
    is_landing = True
    while is_landing:
        is_landing = lander.is_alive()
        runs.append(refreshed(home, landing, log))
        seen, shown = loaded_names(home), published_at(home)
        ages |= {name: shown - at for name, (at, _) in lander.landed.items() if name in seen and name not in ages}
    assert ages.keys() == lander.landed.keys(), "the last run left files behind"
    in_order = [ages[name] for name in lander.landed]
    return Freshness(lander.rate, lander.minutes, sum(lines for _, lines in lander.landed.values()), in_order, runs)


def grid(found: Sequence[Freshness]) -> Grid:
    """What each rate came to."""
    header = (
        "lines a second", "minutes", "lines landed", "files", "runs", "seconds a run", "median age s", "p95 s", "oldest s", "held",
    )  # fmt: skip
    rows = [
        [
            number(each.rate), number(each.minutes), f"{each.lines:,}", f"{len(each.ages):,}", str(len(each.runs)),
            number(statistics.median(each.runs)), number(each.quantile(0.5)), number(each.quantile(0.95)), number(max(each.ages)),
            "yes" if each.is_held else "NO",
        ]
        for each in found
    ]  # fmt: skip
    return Grid(f"From landed to published, a file every {EVERY_SECONDS:g} s", header, rows)


def main(
    rates: Annotated[list[float] | None, typer.Option("--rate", help="Lines a second (repeatable).")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long each rate lasts.")] = 15,
    events: Annotated[int, typer.Option(min=10, help="Events of the history.")] = 10_000_000,
    folder: Annotated[Path | None, typer.Option(help="Scratch folder; its history is kept for the next time.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
) -> None:
    """Measure the age of what readers see, at each rate."""
    place = (folder or Home.from_environment().root / "bench-freshness").absolute() / str(events)
    home, landing = prepared(place, events)
    lines = later_lines(place, events)
    found = []
    load = os.getloadavg()[0]
    for rate in rates or [200.0, 1000.0, 4000.0]:
        console.print(f"{rate:g} lines a second for {minutes:g} minutes ...")
        lander = Lander(lines, landing, f"{time.time():.0f}", rate, minutes)
        found.append(followed(home, landing, lander, place / "refresh.log"))
    result = grid(found)
    print_grid(console, result)
    if report is not None:
        machine = Machine.here()
        head = (
            f"Measured with `python -m benchmarks.freshness` on a warehouse of {events:,} events in {DAYS} days: {machine.system}, "
            f"{machine.processor}, {machine.cores} cores, DuckDB {machine.duckdb}, dbt {machine.dbt}; load average before it began: "
            f"{load:.1f}. Runs follow one another; what the columns mean: `docs/benchmarks.md`."
        )
        report.write_text("\n".join(["# Freshness", "", head, *grid_lines(result)]) + "\n")


if __name__ == "__main__":
    typer.run(main)
