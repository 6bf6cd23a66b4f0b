"""Rules 62 and 63: how far a viewer's hits get through the steps of a funnel, one hit after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MICROSECONDS_PER_HOUR = 3_600_000_000


@dataclass(frozen=True)
class Course:
    """How the steps of a funnel are to be followed; `window` in microseconds."""

    steps: int
    window: int
    is_ordered: bool = True
    is_strict: bool = False
    is_increasing: bool = False
    is_closed: bool = True


@dataclass(frozen=True)
class Step:
    """One hit: the step it takes (from 1), and when, in microseconds."""

    position: int
    at: int


@dataclass(frozen=True)
class Chain:
    """A viewer's best chain: where it was entered, how far it got, and the hit (from 0) of each step taken."""

    entered_step: int
    furthest_step: int
    hits: dict[int, int] = field(default_factory=dict)

    @property
    def first_hit(self) -> int:
        return min(self.hits.values())

    @property
    def last_hit(self) -> int:
        return max(self.hits.values())


def window_in_microseconds(hours: float) -> int:
    """Rule 62: hours in microseconds, rounded half up."""
    return int(hours * MICROSECONDS_PER_HOUR + 0.5)


def best_chain(hits: Sequence[Step], course: Course) -> Chain | None:
    """The best chain of hits in the order of rule 61; None for who never entered."""
    if not course.is_ordered:
        return fullest_stretch(hits, course)
    best: Chain | None = None
    for entry in [1] if course.is_closed else range(1, course.steps + 1):
        chain = closed_chain(hits, course, entry)
        if chain is not None and (best is None or chain.furthest_step > best.furthest_step):
            best = chain
    return best


def closed_chain(hits: Sequence[Step], course: Course, entry: int) -> Chain | None:
    """Rule 62, with the variants of rule 63, for the steps from `entry` on; hits of steps before it do not occur."""
    latest: dict[int, list[int]] = {}
    made_first: dict[int, list[int]] = {}
    for number, hit in enumerate(hits):
        if hit.position < entry:
            continue
        before: list[int] = []
        if hit.position > entry:
            if hit.position - 1 not in latest:
                if course.is_strict and entry in latest:
                    break
                continue
            before = latest[hit.position - 1]
            is_late = hit.at > hits[before[0]].at + course.window
            if is_late or (course.is_increasing and hit.at <= hits[before[-1]].at):
                continue
        latest[hit.position] = [*before, number]
        made_first.setdefault(hit.position, latest[hit.position])
        if hit.position == course.steps:
            break
    if not made_first:
        return None
    furthest = max(made_first)
    return Chain(entry, furthest, dict(enumerate(made_first[furthest], start=entry)))


def fullest_stretch(hits: Sequence[Step], course: Course) -> Chain | None:
    """Rule 63, without order: the first of the stretches of one window that hold the most different steps."""
    best: dict[int, int] = {}
    for first, opening in enumerate(hits):
        taken: dict[int, int] = {}
        for number, hit in enumerate(hits):
            if number >= first and hit.at <= opening.at + course.window:
                taken.setdefault(hit.position, number)
        if len(taken) > len(best):
            best = taken
    return Chain(1, len(best), best) if best else None
