"""How the records of many streams reach the landing zone: shuffled, split, repeated, over several runs, with crashes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.oracle.catalog import Snapshot
from tests.oracle.records import landed_line
from tests.property.catalogs import united_snapshots
from tests.property.playbacks import Record
from tests.property.streams import Stream, first_day

FEWEST_RUNS = 3
REPEATED_LINES = 0.015
REPEATED_FILES = 0.2
LATE_CATALOG = 0.6


@dataclass(frozen=True)
class Crash:
    """An attempt at a run that does not get to its end: how it ends, and how far it gets (0..1)."""

    moment: float
    kind: str

    KINDS = ("killed at a statement", "killed at a moment", "only the first models", "killed while loading")


@dataclass(frozen=True)
class Run:
    """What lands before each attempt at one run, as file name to text, and how each but the last attempt ends.

    `backfill` are dates (from, to) that the run is asked to rebuild, though nothing about them is new.
    """

    landings: Sequence[Mapping[str, str]]
    crashes: Sequence[Crash]
    backfill: tuple[date, date] | None = None


@dataclass(frozen=True)
class Schedule:
    """The runs that deliver some streams, and the same records delivered at once, each once."""

    streams: Sequence[Stream]
    runs: Sequence[Run]
    at_once: Mapping[str, str]

    def deliveries(self) -> list[str]:
        """Every native line as delivered, once for each file content it was in."""
        landings = [files for run in self.runs for files in run.landings]
        contents = {text for files in landings for name, text in files.items() if name.startswith("native/")}
        return [line for text in sorted(contents) for line in text.splitlines()]


def lines_of(streams: Iterable[Stream]) -> list[str]:
    """The native lines of the streams, in their order."""
    return [landed_line(record) for stream in streams for record in stream.records]


def snapshot_file(snapshot: Snapshot) -> tuple[str, str]:
    """Where a catalog snapshot lands and what its file holds."""
    text = "".join(json.dumps(row) + "\n" for row in snapshot.rows)
    if snapshot.as_of is None:
        return f"catalog/{snapshot.entity}.ndjson", text
    moment = snapshot.as_of.strftime("%Y-%m-%dT%H-%M-%SZ")
    return f"catalog/{snapshot.entity}/as_of={moment}/{snapshot.entity}.ndjson", text


def catalog_files(streams: Iterable[Stream]) -> dict[str, str]:
    """The landed catalog of all streams together."""
    return dict(snapshot_file(each) for each in united_snapshots(stream.snapshots for stream in streams))


def split(random: Random, lines: Sequence[str], folder: str, count: int) -> dict[str, str]:
    """Lines shuffled into at most `count` files of random size."""
    files: dict[str, list[str]] = {}
    for line in random.sample(lines, len(lines)):
        files.setdefault(f"{folder}/{random.randrange(count)}.ndjson", []).append(line)
    return {name: "".join(f"{line}\n" for line in members) for name, members in files.items()}


def runs_of_records(random: Random, records: Sequence[Record], runs: Sequence[int]) -> list[int]:
    """The run in which each of a stream's records (in the order they were said) first arrives.

    What a run must compute anew is found from the little that is new in it. Where everything arrives everywhere, that
    finds everything; so most streams arrive nearly whole, but for one record or two that bridge, resume or displace.
    """
    manner, count = random.random(), len(records)
    if manner < 0.10:
        return [random.choice(runs) for _ in range(count)]
    first, *later = runs
    if manner < 0.45:
        # Only copies come later: where one wins, its original leaves the session and the view it was in.
        ids = [record.get("event_id") for record in records]
        copied = [name is not None and name in ids[:number] for number, name in enumerate(ids)]
        return [random.choice(later) if is_copy else first for is_copy in copied]
    if manner < 0.65:
        borders = sorted(random.randrange(count + 1) for _ in later)
        return [runs[sum(number >= border for border in borders)] for number in range(count)]
    numbers = [first] * count
    for run in later:
        held_back = random.randrange(count)
        for number in range(held_back, min(count, held_back + random.choice([1, 1, 1, 2, 4]))):
            numbers[number] = run
    return numbers


def random_crashes(random: Random) -> list[Crash]:
    """None, one or two crashes before a run succeeds."""
    return [Crash(random.random(), random.choice(Crash.KINDS)) for _ in range(random.choice([0, 1, 1, 2]))]


def random_schedule(seed: int, streams: Sequence[Stream], runs: int = 4) -> Schedule:
    """Deliver the streams over `runs` runs, one of which has nothing new (never the first).

    Every record arrives at least once, whatever its order; some again in another file, some files twice.
    """
    if runs < FEWEST_RUNS:
        raise ValueError(f"{runs} runs: a schedule takes at least {FEWEST_RUNS}, two that bring something and one that does not")
    random = Random(f"schedule {seed}")
    idle = random.randrange(1, runs)
    busy = [number for number in range(runs) if number != idle]
    delivered: dict[int, list[str]] = {number: [] for number in busy}
    for stream in streams:
        for record, number in zip(stream.records, runs_of_records(random, stream.records, busy), strict=True):
            line = landed_line(record)
            delivered[number].append(line)
            while random.random() < REPEATED_LINES:
                delivered[random.choice(busy)].append(line)

    files: dict[int, dict[str, str]] = {number: {} for number in range(runs)}
    for number in busy:
        files[number] = split(random, delivered[number], f"native/{number}", random.choice([1, 2, 4]))
        for name, text in list(files[number].items()):
            if random.random() < REPEATED_FILES:
                files[random.choice(busy)][f"{name[:-7]}-again.ndjson"] = text
    for name, text in catalog_files(streams).items():
        late = random.random() < LATE_CATALOG
        files[random.choice(busy) if late else busy[0]][name] = text

    at_once = {"native/all.ndjson": "".join(f"{line}\n" for line in sorted(set(lines_of(streams))))}
    ordered = [random_run(random, files[number]) for number in range(runs)]
    ordered[idle] = Run([{}], [], random.choice([None, random_dates(random, len(streams))]))
    return Schedule(streams, ordered, at_once | catalog_files(streams))


def random_run(random: Random, files: Mapping[str, str]) -> Run:
    """A run whose files land before its first attempt, or some of them only after a crash."""
    crashes = random_crashes(random)
    landings: list[dict[str, str]] = [{} for _ in range(len(crashes) + 1)]
    for name, text in files.items():
        landings[random.choice([0, random.randrange(len(landings))])][name] = text
    return Run(landings, crashes)


def random_dates(random: Random, slots: int) -> tuple[date, date]:
    """A stretch of dates that some of the streams are in."""
    first, last = sorted(first_day(random.randrange(slots)).date() for _ in range(2))
    return first, last + timedelta(days=random.randrange(30))


def land(landing: Path, files: Mapping[str, str]) -> None:
    """Write files under a landing folder, old enough not to look as if they were still growing."""
    for name, text in files.items():
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        settle(path)


def settle(path: Path) -> None:
    """Give a file an age, so that discovery need not watch it for growth."""
    old = path.stat().st_mtime - 3600
    os.utime(path, (old, old))
