"""Rules 56 to 58: what happened in each node, how far it lies from the start, and where viewers were lost in it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tests.oracle.completion import at_least
from tests.oracle.facts import ViewFacts
from tests.oracle.graph import Graph, NodeKey, level_in
from tests.oracle.paths import Rows
from tests.oracle.segments import length_of
from tests.oracle.settings import DEFAULTS
from tests.oracle.summaries import Row, attention_rows, ratio
from tests.oracle.visits import ViewPath, Visit

HOTSPOT_CLICKS = ("element_click", "cta_click", "product_click", "branch_choice")
Stay = tuple[ViewPath, Visit]


def knows_its_end(path: ViewPath, visit: Visit) -> bool:
    """Rule 56: whether it can be told if the visit completed its node."""
    return visit.has_ended or path.facts.watched.durations[visit.node_id] is not None


def is_completed_visit(path: ViewPath, visit: Visit) -> bool:
    """Rule 56: whether the visit came to the node's end, or near it."""
    duration = path.facts.watched.durations[visit.node_id]
    if visit.has_ended or duration is None:
        return visit.has_ended
    return at_least(visit.furthest_seconds, DEFAULTS.completion_coverage * duration)


def watched_share(paths: Iterable[ViewPath], node_id: str) -> float | None:
    """Rule 56: how much of the node its views covered, each counted once; None where none knows its length."""
    covered = whole = 0.0
    for path in paths:
        duration = path.facts.watched.durations[node_id]
        if duration is not None:
            covered += min(duration, length_of(path.facts.watched.spans(node_id)))
            whole += duration
    return ratio(covered, whole)


def node_row(node_id: str, stays: Sequence[Stay], clicks: int) -> Row:
    """Rule 56: the measures of one node in one period."""
    views = {path.facts.view.identity: path for path, _ in stays}
    visits = [visit for _, visit in stays]
    drop_offs = sum(visit.left_by == "exit" and not path.is_finished for path, visit in stays)
    completed = sum(is_completed_visit(path, visit) for path, visit in stays)
    return {
        "visits": len(visits),
        "plays": sum(visit.is_played for visit in visits),
        "unique_views": len(views),
        "unique_viewers": len({path.facts.viewer_id for path in views.values()}),
        "loop_visits": sum(visit.is_loop for visit in visits),
        "entries": sum(visit.is_first for visit in visits),
        "exits": sum(visit.is_last for visit in visits),
        "drop_offs": drop_offs,
        "drop_off_rate": ratio(drop_offs, len(visits)),
        "dead_ends": sum(visit.is_dead_end for visit in visits),
        "completed_visits": completed,
        "completion_rate": ratio(completed, sum(knows_its_end(path, visit) for path, visit in stays)),
        "watch_seconds": sum(visit.watched_seconds for visit in visits),
        "average_dwell_seconds": ratio(sum(visit.dwell_seconds for visit in visits), len(visits)),
        "average_watched_share": watched_share(views.values(), node_id),
        "hotspot_clicks": clicks,
    }


def clicks_of(views: Iterable[ViewFacts]) -> list[tuple[ViewFacts, str]]:
    """Rule 56: the hotspot clicks of the views, with the node of each."""
    return [
        (facts, event.get("node_id"))
        for facts in views
        for event in facts.view.of_type(*HOTSPOT_CLICKS)
        if event.get("element_id") is not None
    ]


def node_rows(views: Sequence[ViewFacts], paths: Iterable[ViewPath], *, by_day: bool) -> Rows:
    """Rule 56 by (workspace, video, node), and the day where asked, of the nodes with a visit or a click."""

    def key(facts: ViewFacts, node_id: str) -> tuple[Any, ...]:
        view = facts.view
        named = (view.workspace_id, view.video_id, node_id)
        return (*named, view.started_at.date()) if by_day else named

    stays: dict[tuple[Any, ...], list[Stay]] = defaultdict(list)
    for path in paths:
        for visit in path.visits:
            stays[key(path.facts, visit.node_id)].append((path, visit))
    clicks: dict[tuple[Any, ...], int] = defaultdict(int)
    for facts, node_id in clicks_of(views):
        clicks[key(facts, node_id)] += 1
    return {each: node_row(each[2], stays.get(each, []), clicks.get(each, 0)) for each in stays.keys() | clicks.keys()}


def authored(graphs: Iterable[Graph]) -> dict[NodeKey, str | None]:
    """The title of every node that a catalog knows."""
    return {key: row.get("title") for graph in graphs for key, row in graph.nodes.items()}


def node_performance_rows(views: Sequence[ViewFacts], paths: Iterable[ViewPath], graphs: Sequence[Graph]) -> Rows:
    """Rule 56 over all time; the nodes of the catalog have a row even where nobody came."""
    rows, titles = node_rows(views, paths, by_day=False), authored(graphs)
    found: Rows = {}
    for key in rows.keys() | titles.keys():
        row = rows.get(key) or node_row(key[2], [], 0)
        found[key] = {
            **row,
            "title": titles.get(key),
            "level": level_in(graphs, *key),
            "is_in_catalog": key in titles,
            "is_unvisited": row["visits"] == 0,
        }
    return found


def node_level_rows(views: Iterable[ViewFacts], graphs: Sequence[Graph]) -> Rows:
    """Rule 57 by (workspace, video, node), for every node that the catalog or any view event names."""
    titles = authored(graphs)
    seen = {
        (facts.view.workspace_id, facts.view.video_id, event.get("node_id")) for facts in views for event in facts.view.events
    }
    return {key: {"level": level_in(graphs, *key), "is_in_catalog": key in titles} for key in seen | titles.keys()}


def losses(paths: Iterable[ViewPath]) -> dict[tuple[Any, ...], dict[str, int]]:
    """Rule 58 by (workspace, video, node, second): views lost there, those of them seen leaving, visits left by choice."""
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: {"lost": 0, "lost_seen": 0, "left_by_choice": 0})
    for path in paths:
        view = path.facts.view
        for visit in path.visits:
            if visit.lost_second is None:
                continue
            counts = found[view.workspace_id, view.video_id, visit.node_id, visit.lost_second]
            if visit.left_by == "moved":
                counts["left_by_choice"] += 1
            elif visit.left_by == "exit" and not path.is_finished:
                counts["lost"] += 1
                counts["lost_seen"] += path.is_seen_leaving
    return found


def survival_rows(views: Iterable[ViewFacts], paths: Iterable[ViewPath]) -> Rows:
    """Rule 58 by (workspace, video, node, second)."""
    found = losses(paths)
    rows: Rows = {}
    survival: dict[tuple[Any, ...], float] = defaultdict(lambda: 1.0)
    for key, watched in sorted(attention_rows(views).items()):
        counts = found[key]
        at_risk = watched["views"]
        hazard = counts["lost"] / at_risk
        survival[key[:3]] *= 1 - hazard
        rounded = math.floor(survival[key[:3]] * 1e9 + 0.5) / 1e9
        rows[key] = {"at_risk": at_risk, **counts, "hazard": hazard, "survival": rounded}
    return rows
