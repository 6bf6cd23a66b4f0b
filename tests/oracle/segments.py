"""Rules 12 to 17: what was really watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from tests.oracle.catalog import Catalog
from tests.oracle.records import Event
from tests.oracle.sequences import STARTS_PLAYING, View
from tests.oracle.settings import DEFAULTS, Settings, to_milliseconds

STEERING = [
    "play",
    "resume",
    "heartbeat",
    "pause",
    "seek",
    "rate_change",
    "buffer_start",
    "buffer_end",
    "node_enter",
    "ended",
    "exit",
    "error",
]
BEGINS = (*STARTS_PLAYING, "buffer_end")
STOPS = ("pause", "buffer_start", "ended", "exit", "error")
CLOSES = ("pause", "seek", "buffer_start", "node_enter", "ended", "exit", "error")


@dataclass(frozen=True)
class Evidence:
    """One event that tells where the playhead was (rules 12 and 13); positions in seconds or unknown."""

    event: Event
    node_id: str
    at_seconds: float | None
    closing_seconds: float | None
    is_playing_after: bool
    rate_after: float


@dataclass(frozen=True)
class Segment:
    """An interval of media time, in seconds of its node; `evidence` is derived or declared.

    `began_at` is when it was opened (UTC); a declared one has no time.
    """

    node_id: str
    from_seconds: float
    to_seconds: float
    play_wall_seconds: float | None
    evidence: str
    began_at: datetime | None = None

    @property
    def length(self) -> float:
        return self.to_seconds - self.from_seconds


def evidence_of(view: View) -> list[Evidence]:
    """Rules 12 and 13: the view's evidence with the state and the rate after each."""
    found: list[Evidence] = []
    playing, rate = False, 1.0
    for event in view.events:
        kind, position = event.event_type, event.get("position_seconds")
        if kind not in STEERING and position is None:
            continue
        stated = event.get("playback_rate")
        rate = rate if stated is None else float(stated)
        if kind == "seek":
            at, closing = event.get("position_to_seconds"), event.get("position_from_seconds")
        elif kind == "node_enter":
            at, closing = (0.0 if position is None else position), None
        else:
            at = closing = position
        playing = kind in BEGINS or (playing and kind not in STOPS)
        found.append(Evidence(event, event.get("node_id"), at, closing, playing, rate))
    return found


def node_duration(view: View, node_id: str, catalog: Catalog) -> float | None:
    """Rule 14, last sentence: the catalog's length, else the longest the view reported, else unknown."""
    authored = catalog.duration(view.workspace_id, view.video_id, node_id, view.started_at)
    if authored is not None:
        return authored
    reported = [event.get("duration_seconds") for event in view.events if event.get("node_id") == node_id]
    return max((float(seconds) for seconds in reported if seconds is not None), default=None)


def watched_interval(
    begin: Evidence, end: Evidence, duration: float | None, settings: Settings = DEFAULTS
) -> tuple[float, float] | None:
    """Rule 14: the media time watched between two neighbouring evidence events, None where nothing was playing.

    An interval may be of no length, and counts for nothing then.
    """
    if not begin.is_playing_after or begin.at_seconds is None:
        return None
    wall = (end.event.occurred_at - begin.event.occurred_at).total_seconds()
    start, by_wall = float(begin.at_seconds), wall * begin.rate_after
    heartbeat = settings.heartbeat_interval_seconds * begin.rate_after
    same_node = begin.node_id == end.node_id

    if same_node and end.closing_seconds is not None:
        gap = to_milliseconds(end.closing_seconds) - to_milliseconds(start)
        reported = min(end.closing_seconds - start, by_wall + settings.segment_tolerance_seconds)
        advance = reported if gap >= 0 else min(by_wall, heartbeat)
    elif (end.event.event_type in CLOSES or not same_node) and duration is not None:
        advance = by_wall
    else:
        advance = min(by_wall, heartbeat)

    stop = start + advance
    if duration is not None:
        start, stop = min(start, duration), min(stop, duration)
    return to_milliseconds(start), to_milliseconds(stop)


def goes_on(segment: Segment | None, node_id: str, start: float, settings: Settings) -> bool:
    """Rule 15: whether an interval that begins there begins where the segment ended."""
    if segment is None or segment.node_id != node_id:
        return False
    return to_milliseconds(abs(start - segment.to_seconds)) <= settings.join_tolerance_seconds


def derived_segments(view: View, catalog: Catalog, settings: Settings = DEFAULTS) -> list[Segment]:
    """Rules 14 and 15: the view's watched intervals, joined where one begins where the other ended.

    An interval of no length counts for nothing; it cuts only where it lies elsewhere, as after a seek.
    """
    segments: list[Segment] = []
    last: Segment | None = None
    for begin, end in pairwise(evidence_of(view)):
        node = begin.node_id
        interval = watched_interval(begin, end, node_duration(view, node, catalog), settings)
        if interval is None or not goes_on(last, node, interval[0], settings):
            last = None
        if interval is None or interval[1] <= interval[0]:
            continue
        start, stop = interval
        began_at = begin.event.occurred_at
        wall = (end.event.occurred_at - began_at).total_seconds()
        if last is not None:
            segments.pop()
            start, wall = last.from_seconds, wall + (last.play_wall_seconds or 0.0)
            began_at = last.began_at or began_at
        last = Segment(node, start, stop, wall, "derived", began_at)
        segments.append(last)
    return segments


def united(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of intervals; those that touch are one."""
    union: list[tuple[float, float]] = []
    for start, stop in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], stop))
        else:
            union.append((start, stop))
    return union


def length_of(spans: Iterable[tuple[float, float]]) -> float:
    """The length of the union of intervals, in seconds."""
    return sum(stop - start for start, stop in united(spans))


def is_range(declared: Sequence[float | None], settings: Settings = DEFAULTS) -> bool:
    """Rule 16: whether a declared range counts: both bounds known, not negative, not empty, not beyond a day."""
    if len(declared) != 2 or declared[0] is None or declared[1] is None:
        return False
    return 0 <= declared[0] < declared[1] <= settings.longest_node_seconds


def declared_segments(view: View, catalog: Catalog, settings: Settings = DEFAULTS) -> list[Segment]:
    """Rule 16: per node the union of everything the view's events declared."""
    segments: list[Segment] = []
    for node in sorted({event.get("node_id") for event in view.events}):
        duration = catalog.duration(view.workspace_id, view.video_id, node, view.started_at)
        limit = float("inf") if duration is None else duration
        spans = [
            (to_milliseconds(min(each[0], limit)), to_milliseconds(min(each[1], limit)))
            for event in view.events
            if event.get("node_id") == node
            for each in event.get("played_ranges") or []
            if is_range(each, settings)
        ]
        for start, stop in united(span for span in spans if span[1] > span[0]):
            segments.append(Segment(node, start, stop, None, "declared"))
    return segments


@dataclass(frozen=True)
class Watched:
    """Rule 17: everything a view watched, its evidence, and the durations of the nodes it visited.

    `segments` are all, derived and declared; `coverage` those of the view's coverage source.
    """

    coverage_source: str
    evidence: Sequence[Evidence]
    derived: Sequence[Segment]
    declared: Sequence[Segment]
    durations: dict[str, float | None]
    watch_seconds: float
    unique_watched_seconds: float
    declared_excess_seconds: float
    percent_watched: float | None
    reported_watch_seconds: float | None = None

    @property
    def coverage(self) -> Sequence[Segment]:
        return self.declared if self.coverage_source == "declared" else self.derived

    @property
    def total_duration(self) -> float | None:
        """Summed durations of the visited nodes; None where one is unknown or the sum is 0."""
        known = [seconds for seconds in self.durations.values() if seconds is not None]
        return sum(known) if known and len(known) == len(self.durations) else None

    def spans(self, node_id: str) -> list[tuple[float, float]]:
        """The node's intervals of the coverage source."""
        return [(part.from_seconds, part.to_seconds) for part in self.coverage if part.node_id == node_id]


def watched(view: View, catalog: Catalog, settings: Settings = DEFAULTS) -> Watched:
    """Rule 17 for one view."""
    evidence = evidence_of(view)
    derived, declared = derived_segments(view, catalog, settings), declared_segments(view, catalog, settings)
    source = "declared" if declared else "derived"
    coverage = declared if source == "declared" else derived
    durations = {node: node_duration(view, node, catalog) for node in sorted({item.node_id for item in evidence})}

    union = unique = 0.0
    for node in {part.node_id for part in coverage}:
        covered = length_of((part.from_seconds, part.to_seconds) for part in coverage if part.node_id == node)
        union += covered
        limit = node_duration(view, node, catalog)
        unique += covered if limit is None else min(covered, limit)

    watch = sum(part.length for part in derived)
    excess = 0.0
    if source == "declared":
        watch = max(watch, unique)
        rates = [event.get("playback_rate") for event in view.events if event.get("playback_rate")]
        wall = (view.ended_at - view.started_at).total_seconds()
        excess = max(0.0, union - wall * max([1.0, *rates]))

    reported = [event.get("reported_watch_seconds") for event in view.events]
    most = max((seconds for seconds in reported if seconds is not None), default=None)
    result = Watched(source, evidence, derived, declared, durations, watch, unique, excess, None, most)
    total = result.total_duration
    return result if total is None else replace(result, percent_watched=min(1.0, unique / total))
