"""From seconds to ratios with goals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.measure import Measurement
from benchmarks.scenarios import Measured

PEERS = ("tolerant-reader", "tolerant-text")
INGEST_GOAL = 2.2
PEER_GOAL = 1.3
MODELS_GOAL = 6.0
NEW_DAY_GOAL = 0.10
HISTORY_GOAL = 1.2
GROWTH_GOAL = 1.0
NOTHING_NEW_SECONDS = 10.0
OWN_STEPS = ("ingest", "models", "data tests", "full refresh", "start-up", "new day", "nothing new")
"""What the product does, beside yardsticks and proofs."""
GROWING_STEPS = ("ingest", "models", "data tests", "full refresh")


@dataclass(frozen=True)
class Ratio:
    """One number with its goal (at most).

    value: NaN where a difference is lost in the noise. cpu: the same ratio in CPU seconds, which a busy machine disturbs less.
    """

    name: str
    value: float
    goal: float | None
    cpu: float | None = None
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none, or no value."""
        return None if self.goal is None or math.isnan(self.value) else self.value <= self.goal


def quotient(name: str, above: Measurement, below: Measurement, goal: float | None) -> Ratio:
    """One step as a multiple of another."""
    return Ratio(name, above.work_seconds / below.work_seconds, goal, above.cpu_seconds / below.cpu_seconds)


def beyond(name: str, above: Measurement, below: Measurement, less: tuple[Measurement, Measurement], goal: float | None) -> Ratio:
    """One step as a multiple of another, each after its own start-up was taken off."""
    first, second = less
    return Ratio(
        name,
        share(above.seconds - first.seconds, below.seconds - second.seconds),
        goal,
        share(above.cpu_seconds - first.cpu_seconds, below.cpu_seconds - second.cpu_seconds),
    )


def share(mine: float, theirs: float) -> float:
    """One difference of measurements as a multiple of another; NaN where one of them is not even positive."""
    return mine / theirs if mine >= 0 and theirs > 0 else math.nan


def size_ratios(found: Measured) -> Iterator[Ratio]:
    """All ratios of one size."""
    if found.has("floor"):
        floor, ingest = found.best("floor"), found.best("ingest")
        peers = sorted((found.best(name) for name in PEERS), key=lambda peer: peer.work_seconds)
        yield quotient("ingest / floor", ingest, floor, INGEST_GOAL)
        yield quotient(f"ingest / faster tolerant peer ({peers[0].name})", ingest, peers[0], PEER_GOAL)
        yield quotient(f"ingest / slower tolerant peer ({peers[1].name})", ingest, peers[1], None)
        yield quotient("models / floor", found.best("models"), floor, MODELS_GOAL)
        yield quotient("data tests / floor", found.best("data tests"), floor, None)
    full, start_up, day, idle = (found.best(name) for name in ("full refresh", "start-up", "new day", "nothing new"))
    yield beyond(f"new day of {found.size.days} / full refresh, beyond start-up", day, full, (start_up, start_up), NEW_DAY_GOAL)
    yield quotient(f"new day of {found.size.days} / full refresh, in all", day, full, None)
    yield Ratio("start-up", start_up.seconds, None, start_up.cpu_seconds, " s")
    yield Ratio("nothing new", idle.seconds, NOTHING_NEW_SECONDS, idle.cpu_seconds, " s")
    yield peak_memory(found)


def peak_memory(found: Measured) -> Ratio:
    """The most memory that a step of the product's own took."""
    peak = max((each for name in OWN_STEPS for each in found.rounds.get(name, [])), key=lambda each: each.peak_bytes)
    return Ratio(f"peak memory ({peak.name}), DuckDB limited to 4 GB", peak.peak_bytes / 2**30, None, None, " GB")


def history_ratios(short: Measured, long: Measured) -> Iterator[Ratio]:
    """What the same day costs on top of a longer history."""
    days = f"{long.size.days} days / {short.size.days} days"
    mine, theirs = (found.best("new day") for found in (long, short))
    yield quotient(f"the same day on {days} of history, in all", mine, theirs, HISTORY_GOAL)
    less = (long.best("start-up"), short.best("start-up"))
    yield beyond(f"the same day on {days} of history, beyond start-up", mine, theirs, less, HISTORY_GOAL)


def growth_ratios(small: Measured, large: Measured) -> Iterator[Ratio]:
    """By how much steps grew, divided by how much the events did: 1 is linear."""
    times = large.size.events / small.size.events
    for name in (step for step in GROWING_STEPS if large.has(step)):
        mine, theirs = large.best(name), small.best(name)
        seconds, cpu = mine.work_seconds / theirs.work_seconds, mine.cpu_seconds / theirs.cpu_seconds
        yield Ratio(
            f"{name}: growth over {times:g} times the events, divided by {times:g}", seconds / times, GROWTH_GOAL, cpu / times
        )


def beyond_ratios(large: Measured, beyond: Measured) -> Iterator[Ratio]:
    """How the product's own steps grew to a size beyond, and what that took."""
    yield from growth_ratios(large, beyond)
    idle = beyond.best("nothing new")
    yield Ratio("nothing new", idle.seconds, NOTHING_NEW_SECONDS, idle.cpu_seconds, " s")
    yield peak_memory(beyond)
