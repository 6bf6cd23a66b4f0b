"""One trial: many streams delivered step by step, the same records built at once, and the oracle beside both."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.expected import Expected, expect
from tests.property.comparison import Difference, against_oracle, between, rejected_differences
from tests.property.schedule import FEWEST_RUNS, Schedule, random_schedule
from tests.property.streams import Stream, random_stream
from tests.property.warehouse import Warehouse

SHOWN_DIFFERENCES = 12
SHOWN_STREAMS = 6


@dataclass(frozen=True)
class Verdict:
    """What a trial found: differences between the two ways to build, and between the oracle and a build at once."""

    streams: Sequence[Stream]
    by_order: Sequence[Difference]
    by_rule: Sequence[Difference]
    seconds: dict[str, float]
    attempts: Sequence[str] = ()

    @property
    def is_good(self) -> bool:
        return not self.by_order and not self.by_rule

    def culprits(self) -> list[Stream]:
        """The streams in whose workspaces anything differs, in the order of their slots."""
        workspaces = {each.workspace for each in [*self.by_order, *self.by_rule]}
        return [stream for stream in self.streams if stream.workspace in workspaces]

    def report(self) -> str:
        """A text for a person: how much differs, in which tables and streams, and how to go on."""
        lines = [f"streams: {len(self.streams)}, seconds: {self.seconds}, crashes: {self.attempts}"]
        for title, found in (
            ("step by step differs from at once", self.by_order),
            ("at once differs from the oracle", self.by_rule),
        ):
            if found:
                tables = dict(Counter(each.table for each in found).most_common())
                lines += ["", f"{title}: {len(found)} differences in {tables}"]
                lines += [f"  {each.table}: {each.text}" for each in spread(found)]
        culprits = self.culprits()
        if culprits:
            seeds = ", ".join(str(stream.seed) for stream in culprits)
            lines += ["", f"streams at fault (seeds): {seeds}"]
            lines += [f"  python -m tests.property.shrink {stream.seed}" for stream in culprits[:SHOWN_STREAMS]]
        return "\n".join(lines)


def spread(found: Sequence[Difference]) -> list[Difference]:
    """A few differences, of as many tables as possible."""
    by_table: dict[str, list[Difference]] = defaultdict(list)
    for each in found:
        by_table[each.table].append(each)
    share = max(1, SHOWN_DIFFERENCES // len(by_table))
    return [each for members in by_table.values() for each in members[:share]]


def random_streams(seeds: Iterable[int]) -> list[Stream]:
    """One stream a seed, each in a slot of its own; the first leaves its workspace out of its records."""
    return [random_stream(seed, slot, names_workspace=slot > 0) for slot, seed in enumerate(seeds)]


def expected_of(streams: Iterable[Stream]) -> Expected:
    """What the oracle makes of the streams, one by one, together."""
    each = [expect(stream.records, stream.catalog) for stream in streams]
    return Expected(
        events=[event for one in each for event in one.events],
        rejected=[record for one in each for record in one.rejected],
        sessions=[session for one in each for session in one.sessions],
        views=[view for one in each for view in one.views],
        graphs=[graph for one in each for graph in one.graphs],
        paths=[path for one in each for path in one.paths],
        goals=[goal for one in each for goal in one.goals],
        funnel_viewers=[viewer for one in each for viewer in one.funnel_viewers],
        catalogs={name: catalog for one in each for name, catalog in one.catalogs.items()},
    )


def build_at_once(schedule: Schedule, warehouse: Warehouse) -> list[Difference]:
    """Refresh a warehouse from all records at once; its differences from the oracle."""
    warehouse.seed()
    warehouse.refresh(schedule.at_once)
    lines = schedule.at_once["native/all.ndjson"].splitlines()
    with warehouse.reader() as connection:
        found = against_oracle(connection, expected_of(schedule.streams))
        found += rejected_differences(connection, delivered(lines))
    return found


def delivered(lines: Iterable[str]) -> Expected:
    """What the oracle makes of lines as delivered, for what is counted once a delivery."""
    return expect(json.loads(line) for line in lines)


def build_step_by_step(schedule: Schedule, warehouse: Warehouse) -> dict[str, float]:
    """Build a warehouse run by run with the crashes of the schedule; the seconds each run took."""
    warehouse.seed()
    seconds: dict[str, float] = {}
    for number, run in enumerate(schedule.runs):
        begun = time.monotonic()
        warehouse.run(run)
        seconds[f"run {number}, {len(run.crashes)} crashes"] = round(time.monotonic() - begun, 1)
    return seconds


def try_streams(seed: int, streams: Sequence[Stream], scratch: Path, runs: int = 4) -> Verdict:
    """Deliver the streams by a random schedule and judge the outcome; `scratch` is emptied first.

    With `runs` 0 the records are only built at once and compared with the oracle.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    schedule = random_schedule(seed, streams, runs or FEWEST_RUNS)
    at_once, stepped = Warehouse(scratch / "at-once"), Warehouse(scratch / "step-by-step")
    begun = time.monotonic()
    by_rule = build_at_once(schedule, at_once)
    seconds = {"at once": round(time.monotonic() - begun, 1)}
    by_order: list[Difference] = []
    attempts: Sequence[str] = ()
    if runs:
        seconds |= build_step_by_step(schedule, stepped)
        begun = time.monotonic()
        by_order = between(stepped.home.warehouse, at_once.home.warehouse)
        by_order += of_deliveries(schedule, stepped)
        seconds["comparing"] = round(time.monotonic() - begun, 1)
        attempts = stepped.attempts
    return Verdict(streams, by_order, by_rule, seconds, attempts)


def of_deliveries(schedule: Schedule, stepped: Warehouse) -> list[Difference]:
    """What a warehouse built step by step says of deliveries, beside the oracle and a refresh of the same bronze."""
    with stepped.reader() as connection:
        found = rejected_differences(connection, delivered(schedule.deliveries()))
    aside = stepped.root / "before" / stepped.home.warehouse.name
    aside.parent.mkdir()
    # The file and, since a child ends without closing it, the log of what was written after the last checkpoint.
    for path in stepped.root.glob(f"{stepped.home.warehouse.name}*"):
        shutil.copyfile(path, aside.with_name(path.name))
    stepped.must(stepped.dbt("run", "--full-refresh"))
    return found + between(aside, stepped.home.warehouse, of_deliveries=True)
