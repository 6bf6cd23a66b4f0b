"""Rules 18 to 20: whether a view reached the end of the path it took."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.audience import is_interaction
from tests.oracle.catalog import Catalog
from tests.oracle.graph import Graph
from tests.oracle.records import Event
from tests.oracle.segments import Watched, length_of
from tests.oracle.sequences import View
from tests.oracle.settings import DEFAULTS, Settings, to_milliseconds


@dataclass(frozen=True)
class Completion:
    """The five answers of rule 20; None is unknown."""

    is_completed: bool | None
    by_position: bool | None
    by_coverage: bool | None
    by_event: bool
    by_emitter_threshold: bool | None


def at_least(left: float, right: float) -> bool:
    """Rule 21: a comparison of seconds, made on milliseconds."""
    return to_milliseconds(left) >= to_milliseconds(right)


def leaves_by_choice(event: Event, view: View, watched: Watched, graph: Graph) -> bool:
    """Rule 18: whether an event of the view is a choice that left its node."""
    if event.event_type == "branch_choice":
        return True
    if event.event_type == "chapter_select" or not is_interaction(event):
        return False
    target = graph.target(view, event)
    return target != event.get("node_id") and target in watched.durations


def required_seconds(view: View, watched: Watched, node_id: str, graph: Graph) -> float | None:
    """Rule 18: how much of a visited node its path asks for."""
    duration = watched.durations[node_id]
    choices = [
        float(event.get("position_seconds"))
        for event in view.events
        if event.get("node_id") == node_id
        and event.get("position_seconds") is not None
        and leaves_by_choice(event, view, watched, graph)
    ]
    if not choices:
        return duration
    return max(choices) if duration is None else min(max(choices), duration)


def covered_seconds(watched: Watched, node_id: str, required: float) -> float:
    """Rule 18: the coverage of [0, required]."""
    return length_of((start, min(stop, required)) for start, stop in watched.spans(node_id) if start < required)


def endings(view: View, watched: Watched, catalog: Catalog) -> set[str]:
    """Rule 19: the visited nodes that are endings."""
    edges = catalog.edges(view.workspace_id, view.video_id, view.started_at)
    if edges:
        departures = {origin for origin, _ in edges}
        return {node for node in watched.durations if node not in departures}
    if not watched.evidence:
        return set()
    last = watched.evidence[-1].node_id
    finished = any(
        event.event_type == "ended" or event.get("is_completion") is True for event in view.events if event.get("node_id") == last
    )
    return {last} if finished or last == view.video_id else set()


def furthest_position(watched: Watched, node_id: str) -> float | None:
    """Rule 19: the furthest second any evidence or segment of the view names in the node."""
    named = [
        position
        for item in watched.evidence
        if item.node_id == node_id
        for position in (item.at_seconds, item.closing_seconds)
        if position is not None
    ]
    named += [part.to_seconds for part in [*watched.derived, *watched.coverage] if part.node_id == node_id]
    return max((float(position) for position in named), default=None)


def has_ended(view: View, node_id: str) -> bool:
    """Whether the view reports `ended` in the node."""
    return any(event.get("node_id") == node_id for event in view.of_type("ended"))


def is_reached(view: View, watched: Watched, node_id: str, settings: Settings) -> bool:
    """Rule 19: ended there, or within 5 % of its end."""
    if has_ended(view, node_id):
        return True
    furthest, duration = furthest_position(watched, node_id), watched.durations[node_id]
    if furthest is None or duration is None:
        return False
    return at_least(furthest, settings.ending_reach * duration)


def completion(view: View, watched: Watched, graph: Graph, settings: Settings = DEFAULTS) -> Completion:
    """Rule 20 for one view."""
    thresholds = [
        float(event.get("completion_threshold")) for event in view.events if event.get("completion_threshold") is not None
    ]
    total = watched.total_duration
    by_threshold = None
    if thresholds and total is not None:
        needed = (min(thresholds) - settings.threshold_tolerance) * total
        by_threshold = at_least(watched.unique_watched_seconds, needed)

    stated = any(event.get("is_completion") is True for event in view.events)
    if not watched.durations:
        return Completion(False, False, False, stated, by_threshold)

    ends = endings(view, watched, graph.catalog)
    by_event = stated or any(has_ended(view, node) for node in ends)

    required = {node: required_seconds(view, watched, node, graph) for node in watched.durations}
    by_coverage: bool | None = None
    known = {node: seconds for node, seconds in required.items() if seconds is not None}
    if len(known) == len(required):
        covered = sum(covered_seconds(watched, node, seconds) for node, seconds in known.items())
        by_coverage = at_least(covered, settings.completion_coverage * sum(known.values()))
    is_completed = by_coverage
    if by_coverage is not None:
        is_completed = by_coverage and any(is_reached(view, watched, node, settings) for node in ends)

    by_position: bool | None = None
    if total is not None:
        reached = sum(
            min(furthest_position(watched, node) or 0.0, duration or 0.0) for node, duration in watched.durations.items()
        )
        by_position = at_least(reached, settings.completion_coverage * total)
    return Completion(is_completed, by_position, by_coverage, by_event, by_threshold)
