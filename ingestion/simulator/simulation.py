"""The simulation itself: day by day, file by file, in the order of reception, in bounded memory.

A block is the visits that begin in one file's share of a day. What a block delivers later than that waits in memory
(a few per cent of a day: late tails, resumed playbacks, slow buyers) until the file it belongs to is written.
"""

from __future__ import annotations

import gzip
import io
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.simulator.audience import DAY, Visits, starts, visits, visits_on
from ingestion.simulator.authoring import write_catalog
from ingestion.simulator.catalog import Template, template
from ingestion.simulator.delivery import delivered
from ingestion.simulator.interactions import Clicker
from ingestion.simulator.playback import Player
from ingestion.simulator.records import Events, Recorder, join, take
from ingestion.simulator.rendering import Renderer
from ingestion.simulator.settings import AUDIENCE_WEIGHTS, PLANTS, Settings
from ingestion.simulator.truths import Ledger
from ingestion.simulator.world import World, build

MEMORY_DAYS = 9
"""A visit's last record arrives at most this many days after the day it began (resumed 6, late 2, sent again 1)."""

Progress = Callable[[int, int], None]
"""Called with the lines written since the last call and the lines expected in all."""


@dataclass(frozen=True)
class SimulationReport:
    """What a simulation wrote."""

    landing: Path
    truths: Path
    lines: int
    bytes: int
    visits: int
    files: int
    days: tuple[date, ...]
    lines_by_kind: dict[str, int]


@dataclass
class _Waiting:
    """Events not yet written, with the visits they refer to."""

    visits: Visits
    events: Events


@dataclass
class _Pending:
    """What waits, by the day of its reception (days since the epoch)."""

    by_day: dict[int, list[_Waiting]] = field(default_factory=lambda: defaultdict(list))

    def put(self, waiting: _Waiting) -> None:
        days = waiting.events["received"] // DAY
        for day in np.unique(days):
            self.by_day[int(day)].append(_compact(waiting, days == day))

    def until(self, day: int, moment: int) -> _Waiting | None:
        """Takes out all that was received on `day` before `moment`, in the order of reception."""
        now: list[_Waiting] = []
        later: list[_Waiting] = []
        for waiting in self.by_day.pop(day, []):
            due = waiting.events["received"] < moment
            if due.any():
                now.append(_Waiting(waiting.visits, take(waiting.events, due)))
            if not due.all():
                later.append(_compact(waiting, ~due))
        if later:
            self.by_day[day] = later
        return _merged(now) if now else None


def _compact(waiting: _Waiting, rows: np.ndarray) -> _Waiting:
    """Only the given events, and only the visits they refer to."""
    events = take(waiting.events, rows)
    used = np.zeros(len(waiting.visits.key), dtype=bool)
    used[events["visit"]] = True
    number = np.cumsum(used, dtype=np.int32) - 1
    events["visit"] = number[events["visit"]].astype(np.int32)
    return _Waiting(waiting.visits.take(used), events)


def _merged(parts: list[_Waiting]) -> _Waiting:
    sizes = np.cumsum([0, *(len(part.visits.key) for part in parts)])
    shifted = [{**part.events, "visit": part.events["visit"] + np.int32(size)}
               for part, size in zip(parts, sizes, strict=False)]  # fmt: skip
    events = join(shifted)
    columns = {name: np.concatenate([getattr(part.visits, name) for part in parts])
               for name in Visits.__dataclass_fields__}  # fmt: skip
    return _Waiting(Visits(**columns), take(events, np.argsort(events["received"], kind="stable")))


@dataclass
class Simulator:
    """Generates blocks and writes days. One per run."""

    settings: Settings
    template: Template
    world: World
    ledger: Ledger
    pending: _Pending = field(default_factory=_Pending)

    def block(self, day: int, slots: np.ndarray) -> _Waiting:
        """Everything the visits of some slots ever deliver."""
        return self._played(self._visits(day, slots), is_new=True)

    def _visits(self, day: int, slots: np.ndarray) -> Visits:
        return visits(self.settings, self.world, np.full(len(slots), day, dtype=np.int64), slots)

    def _played(self, found: Visits, *, is_new: bool) -> _Waiting:
        recorder = Recorder()
        stretches = Player(self.settings, self.world, found, recorder).play()
        Clicker(self.settings, self.world, found, stretches, recorder).click()
        events = recorder.events()
        if is_new:
            self.ledger.watched(found, stretches, events)
        return _Waiting(found, delivered(self.settings, found, events))

    def recall(self, day: int) -> None:
        """Generates again what earlier days still have to deliver on `day` and after it."""
        for earlier in range(max(day - MEMORY_DAYS, self.settings.first_day), day):
            for _, slots in self._shares(earlier):
                found = self._visits(earlier, slots)
                # of yesterday anything may still be under way, of days before only what crosses days
                if earlier < day - 1:
                    found = found.take(found.crosses_days)
                if not len(found.key):
                    continue
                waiting = self._played(found, is_new=False)
                self.pending.put(_compact(waiting, waiting.events["received"] >= day * DAY))
        self.ledger.forget()

    def day(self, day: int) -> Iterator[_Waiting]:
        """What is received on a day, one file at a time."""
        for end, slots in self._shares(day):
            self.pending.put(self.block(day, slots))
            if (waiting := self.pending.until(day, end)) is not None:
                yield waiting

    def _shares(self, day: int) -> Iterator[tuple[int, np.ndarray]]:
        """The slots of a day cut into one share per file, each with the moment before which its file's lines arrive."""
        count, files = visits_on(self.settings, day), self.settings.files_per_day
        for number in range(files):
            low, high = number * count // files, (number + 1) * count // files
            ends = (day + 1) * DAY
            if number < files - 1:
                ends = int(starts(self.settings, day, np.array([high], dtype=np.int64))[0])
            if high > low:
                yield ends, np.arange(low, high, dtype=np.int64)


def simulate(
    landing: Path,
    *,
    events: int,
    days: int = 30,
    start: date = date(2026, 10, 1),
    seed: int = 7,
    workspaces: int = 1,
    plant: Collection[str] | None = None,
    audience_weights: tuple[int, int, int, int] = AUDIENCE_WEIGHTS,
    truths: Path | None = None,
    only_day: int | None = None,
    compress: bool = False,
    on_progress: Progress | None = None,
) -> SimulationReport:
    """Simulates an audience and lands its logs and catalog.

    Args:
        landing: folder to write `native/<date>/<nnn>.ndjson` and `catalog/` into; days that are there are replaced.
        events: lines over all `days`, about (within a few per cent).
        days: how many days; the lines per day are events / days.
        start: first day (UTC).
        seed: the same seed and parameters give the same bytes on every machine.
        workspaces: audiences side by side, one workspace each, sharing the events between them.
        plant: names of `settings.PLANTS` to plant; all when None.
        audience_weights: how often a device belongs to each of `catalog.AUDIENCES`, against the others.
        truths: folder for the sealed truths; `truths` beside the landing folder when None.
        only_day: write this one day only (1 is the first; days + 1 adds a day to a landing that has `days`),
            byte for byte what a longer simulation with as many events per day has on it. The catalog is left alone.
        compress: gzip the logs.
        on_progress: told about lines as they are written.

    Raises:
        ValueError: for sizes below 1 or an unknown plant.
    """
    planted_names = frozenset(PLANTS) if plant is None else frozenset(plant)
    settings = Settings(events, days, start, seed, workspaces, planted_names, audience_weights)
    if only_day is not None and only_day < 1:
        raise ValueError("only_day counts from 1.")
    planted = template(hard_question="hard_question" in settings.plant, unvisited_node="unvisited_node" in settings.plant)
    world = build(planted)
    ledger = Ledger(settings, world, truths or landing.parent / "truths")
    simulator = Simulator(settings, planted, world, ledger)
    renderer = Renderer(settings, world, planted)
    first = settings.first_day
    wanted = range(first, first + days) if only_day is None else range(first + only_day - 1, first + only_day)
    if only_day is None:
        write_catalog(landing / "catalog", settings, planted)
    else:
        simulator.recall(wanted.start)
    written = files = 0
    for day in wanted:
        folder = landing / "native" / _date(day).isoformat()
        _clear(folder)
        for number, waiting in enumerate(simulator.day(day)):
            name = f"{number:03d}.ndjson" + (".gz" if compress else "")
            written += _write(folder / name, renderer.lines(waiting.visits, waiting.events), compress)
            files += 1
            ledger.received(day, waiting.visits, waiting.events)
            if on_progress:
                on_progress(len(waiting.events["at"]), events if only_day is None else events // days)
        ledger.close_day(day)
    undelivered = [part for parts in simulator.pending.by_day.values() for part in parts]
    sealed = ledger.seal([part.visits.key for part in undelivered], is_whole=only_day is None)
    return SimulationReport(landing, sealed, ledger.lines, written, ledger.visits, files,
                            tuple(_date(day) for day in wanted), ledger.lines_by_kind())  # fmt: skip


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.ndjson*"):
        old.unlink()


def _write(path: Path, lines: list[pa.StringArray], compress: bool) -> int:
    """The strings of the arrays, one after the other, as a file that appears complete; returns their bytes before compression."""
    raw: io.BufferedIOBase
    total = 0
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        raw = gzip.GzipFile(filename="", mode="wb", compresslevel=3, fileobj=file, mtime=0) if compress else file
        for chunk in lines:
            _, offsets, data = chunk.buffers()
            bounds = np.frombuffer(offsets, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            raw.write(memoryview(data)[int(bounds[0]) : int(bounds[-1])])
            total += int(bounds[-1] - bounds[0])
        if compress:
            raw.close()
    partial.replace(path)
    return total
