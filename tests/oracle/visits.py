"""Rules 50 to 53 and 58: a view's visits to nodes, why it came, how it left, and where it was lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tests.oracle.audience import is_interaction
from tests.oracle.completion import endings
from tests.oracle.facts import ViewFacts
from tests.oracle.graph import Graph
from tests.oracle.records import Event
from tests.oracle.segments import Evidence, Segment
from tests.oracle.sequences import STARTS_PLAYING
from tests.oracle.settings import DEFAULTS, Settings, to_milliseconds


@dataclass(frozen=True)
class Visit:
    """One stay of a view in one node, in the order of the view; times in UTC, the rest in seconds."""

    number: int
    node_id: str
    evidence: Sequence[Evidence]
    segments: Sequence[Segment]
    entered_at: datetime
    left_at: datetime
    entered_by: str
    entered_by_element_id: str | None
    left_by: str
    is_loop: bool
    is_dead_end: bool
    dwell_seconds: float
    lost_second: int | None

    @property
    def is_first(self) -> bool:
        return self.number == 1

    @property
    def is_last(self) -> bool:
        return self.left_by != "moved"

    @property
    def has_ended(self) -> bool:
        return any(item.event.event_type == "ended" for item in self.evidence)

    @property
    def is_played(self) -> bool:
        return bool(self.segments) or any(item.event.event_type in STARTS_PLAYING for item in self.evidence)

    @property
    def watched_seconds(self) -> float:
        return sum(part.length for part in self.segments)

    @property
    def furthest_seconds(self) -> float:
        """Rule 51: the largest position its events or its segments name."""
        named = [position for item in self.evidence for position in positions(item.event)]
        return max([0.0, *named, *(part.to_seconds for part in self.segments)])


@dataclass(frozen=True)
class ViewPath:
    """The way a view took: its visits in order, and where it ended."""

    facts: ViewFacts
    visits: Sequence[Visit]
    ending_node_id: str | None
    is_seen_leaving: bool

    @property
    def is_finished(self) -> bool:
        """Rule 55: completed where that is known, else completed by its emitter's word."""
        done = self.facts.completion
        return done.by_event if done.is_completed is None else done.is_completed

    @property
    def nodes(self) -> list[str]:
        return [visit.node_id for visit in self.visits]


def positions(event: Event) -> list[float]:
    """The positions an event states in its node; both of a seek."""
    columns = ("position_from_seconds", "position_to_seconds") if event.event_type == "seek" else ("position_seconds",)
    return [float(event.get(column)) for column in columns if event.get(column) is not None]


def shows_something(event: Event, settings: Settings) -> bool:
    """Rule 50: whether the event proves that something was seen of the node: its end, or more than its door."""
    if event.event_type == "node_enter":
        return False
    beyond = any(to_milliseconds(position) > settings.segment_tolerance_seconds for position in positions(event))
    return event.event_type == "ended" or beyond


def cut_into_stays(evidence: Sequence[Evidence], settings: Settings) -> list[list[Evidence]]:
    """Rule 50: the evidence of each visit, in order."""
    stays: list[list[Evidence]] = []
    has_seen = False
    for item in evidence:
        enters = item.event.event_type == "node_enter"
        if not stays or item.node_id != stays[-1][-1].node_id or (enters and has_seen):
            stays.append([item])
            has_seen = False
            continue
        stays[-1].append(item)
        has_seen = False if enters else has_seen or shows_something(item.event, settings)
    return stays


def dwell_seconds(stay: Sequence[Evidence], evidence: Sequence[Evidence], settings: Settings) -> float:
    """Rule 51: wall time from each event of the visit to the view's next one, silences left out."""
    waits = [
        after.event.occurred_at - before.event.occurred_at
        for before, after in pairwise(evidence)
        if any(before is item for item in stay)
    ]
    return to_milliseconds(sum(wait.total_seconds() for wait in waits if wait <= settings.session_gap))


def stay_of(segment: Segment, stays: Sequence[Sequence[Evidence]]) -> int:
    """Rule 51: the number (from 0) of the visit that a derived segment belongs to."""
    began_at = segment.began_at
    assert began_at is not None, "a derived segment has a beginning"
    return max(
        number
        for number, stay in enumerate(stays)
        if stay[0].node_id == segment.node_id and stay[0].event.occurred_at <= began_at
    )


def leads_to(event: Event, node_id: str, facts: ViewFacts, graph: Graph) -> bool:
    """Rule 52: whether an event of the view, if it is a lead, leads to the node."""
    if event.event_type != "branch_choice" and not is_interaction(event):
        return False
    target = graph.target(facts.view, event)
    if target is None:
        return event.event_type == "chapter_select"
    return target == node_id


def kind_of_lead(event: Event) -> str:
    """Rule 52: what a lead makes of the visit it explains."""
    if event.event_type == "chapter_select":
        return "jump"
    if event.event_type == "branch_choice" and event.get("element_id") is None:
        return "default"
    return "chosen"


def lead_of(facts: ViewFacts, graph: Graph, before: Event, entry: Event, after: Event | None) -> Event | None:
    """Rule 52: the lead that explains a visit.

    `before`, `entry` and `after` are the first events of the visit before, of the visit, and of the next one.
    """
    events = list(facts.view.events)
    place = {event.key: number for number, event in enumerate(events)}
    node_id = entry.get("node_id")
    start, own = place[before.key], place[entry.key]
    stop = len(events) if after is None else place[after.key]
    earlier = [event for event in events[start : own + 1] if leads_to(event, node_id, facts, graph)]
    if earlier:
        return earlier[-1]
    later = [
        event for event in events[own + 1 : stop] if event.get("node_id") != node_id and leads_to(event, node_id, facts, graph)
    ]
    return later[0] if later else None


def way_in(facts: ViewFacts, graph: Graph, lead: Event | None, origin: str, entry: Event) -> str:
    """Rule 52: how a visit after the first was entered."""
    if lead is not None:
        return kind_of_lead(lead)
    if entry.event_type == "seek":
        return "jump"
    view = facts.view
    edge = graph.edge(view.workspace_id, view.video_id, origin, entry.get("node_id"))
    if edge is None:
        return "jump" if graph.is_drawn(view.workspace_id, view.video_id) else "unknown"
    if edge.is_default is None:
        return "unknown"
    return "default" if edge.is_default else "chosen"


def way_out(stay: Sequence[Evidence]) -> str:
    """Rule 53: how a last visit was left."""
    played_out = False
    for item in stay:
        if item.event.event_type == "ended":
            played_out = True
        elif item.event.event_type in STARTS_PLAYING:
            played_out = False
    return "ended" if played_out else "exit"


def last_watched_second(facts: ViewFacts, node_id: str, own: Sequence[Segment]) -> int | None:
    """Rule 58: the second of the node at which a visit's watching stopped; `own` are its segments in order."""
    if facts.watched.coverage_source == "declared":
        end = max((part.to_seconds for part in facts.watched.declared if part.node_id == node_id), default=None)
    else:
        end = own[-1].to_seconds if own else None
    return None if end is None else math.ceil(end) - 1


def visits_of(facts: ViewFacts, graph: Graph, settings: Settings = DEFAULTS) -> list[Visit]:
    """Rules 50 to 53: the visits of one view."""
    view, evidence = facts.view, facts.watched.evidence
    stays = cut_into_stays(evidence, settings)
    visits: list[Visit] = []
    for index, stay in enumerate(stays):
        first, node = stay[0].event, stay[0].node_id
        following = stays[index + 1][0].event if index + 1 < len(stays) else None
        own = [part for part in facts.watched.derived if part.node_id == node and stay_of(part, stays) == index]
        entered_by, element = "start", None
        if index:
            lead = lead_of(facts, graph, stays[index - 1][0].event, first, following)
            entered_by = way_in(facts, graph, lead, stays[index - 1][0].node_id, first)
            element = lead.get("element_id") if lead else None
        left_by = "moved" if following else way_out(stay)
        visits.append(
            Visit(
                number=index + 1,
                node_id=node,
                evidence=stay,
                segments=own,
                entered_at=first.occurred_at,
                left_at=following.occurred_at if following else stay[-1].event.occurred_at,
                entered_by=entered_by,
                entered_by_element_id=element,
                left_by=left_by,
                is_loop=any(earlier[0].node_id == node for earlier in stays[:index]),
                is_dead_end=left_by == "ended" and graph.leads_on(view.workspace_id, view.video_id, node, view.started_at),
                dwell_seconds=dwell_seconds(stay, evidence, settings),
                lost_second=last_watched_second(facts, node, own),
            )
        )
    return visits


def path_of(facts: ViewFacts, graph: Graph, settings: Settings = DEFAULTS) -> ViewPath | None:
    """The way a view took; None for a view without evidence."""
    visits = visits_of(facts, graph, settings)
    if not visits:
        return None
    last = visits[-1].node_id
    ending = last if last in endings(facts.view, facts.watched, graph.catalog) else None
    return ViewPath(facts, visits, ending, not facts.watched.evidence[-1].is_playing_after)
