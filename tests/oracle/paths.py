"""Rules 50 to 55: visits, transitions, and the paths they make."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tests.oracle.graph import Graph
from tests.oracle.summaries import Row, ratio
from tests.oracle.visits import ViewPath, Visit

Rows = dict[tuple[Any, ...], Row]

NODES_SHOWN = 20
WAYS_IN = ("chosen", "default", "jump", "unknown")


def node_visit_rows(paths: Iterable[ViewPath]) -> Rows:
    """Rules 50 to 53 by (view identity, visit number)."""
    return {(*path.facts.view.identity, visit.number): visit_row(path, visit) for path in paths for visit in path.visits}


def visit_row(path: ViewPath, visit: Visit) -> Row:
    """One visit's columns."""
    nodes = [None, *path.nodes, None]
    return {
        "node_id": visit.node_id,
        "viewer_id": path.facts.viewer_id,
        "previous_node_id": nodes[visit.number - 1],
        "next_node_id": nodes[visit.number + 1],
        "is_loop": visit.is_loop,
        "is_last": visit.is_last,
        "started_date": path.facts.view.started_at.date(),
        "entered_at": visit.entered_at,
        "left_at": visit.left_at,
        "entered_by": visit.entered_by,
        "entered_by_element_id": visit.entered_by_element_id,
        "left_by": visit.left_by,
        "is_dead_end": visit.is_dead_end,
        "is_played": visit.is_played,
        "has_ended": visit.has_ended,
        "dwell_seconds": visit.dwell_seconds,
        "watched_seconds": visit.watched_seconds,
        "furthest_seconds": visit.furthest_seconds,
    }


def transition_rows(paths: Iterable[ViewPath], graphs: Iterable[Graph]) -> Rows:
    """Rule 54 by (workspace, video, from, to): entries have no from, exits no to."""
    steps: dict[tuple[Any, ...], list[tuple[ViewPath, str, Visit]]] = defaultdict(list)
    for path in paths:
        video = (path.facts.view.workspace_id, path.facts.view.video_id)
        origin = None
        for visit in path.visits:
            steps[*video, origin, visit.node_id].append((path, "entry" if origin is None else visit.entered_by, visit))
            origin = visit.node_id
        steps[*video, origin, None].append((path, "exit", path.visits[-1]))

    edges = {key: edge for graph in graphs for key, edge in graph.edges.items()}
    offered = {key for key, edge in edges.items() if edge.is_in_force}
    departures: dict[tuple[Any, ...], int] = defaultdict(int)
    for key, taken in steps.items():
        departures[key[:3]] += len(taken)

    rows: Rows = {}
    for key in steps.keys() | offered:
        taken = steps.get(key, [])
        edge = edges.get(key)
        exits = [visit for _, kind, visit in taken if kind == "exit"]
        rows[key] = {
            "transition_count": len(taken),
            "view_count": len({path.facts.view.identity for path, _, _ in taken}),
            "viewer_count": len({path.facts.viewer_id for path, _, _ in taken}),
            "share_of_departures": ratio(len(taken), departures[key[:3]]),
            **{f"{kind}_count": sum(each == kind for _, each, _ in taken) for kind in WAYS_IN},
            "ended_count": sum(visit.left_by == "ended" for visit in exits),
            "dead_end_count": sum(visit.is_dead_end for visit in exits),
            "is_in_catalog": key in offered,
            "is_default": edge.is_default if edge else None,
        }
    return rows


def choice_rows(paths: Iterable[ViewPath], days: Iterable[tuple[Any, ...]]) -> Rows:
    """Rule 88 by (workspace, video, day), for all `days`: the moves between nodes, and how many of them were chosen."""
    ways: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for path in paths:
        view = path.facts.view
        ways[view.workspace_id, view.video_id, view.started_at.date()] += [visit.entered_by for visit in path.visits[1:]]
    return {day: choice_row(ways.get(day, [])) for day in days}


def choice_row(ways: Sequence[str]) -> Row:
    """Rule 88: what comes of the ways in which nodes were entered."""
    chosen, default = ways.count("chosen"), ways.count("default")
    return {"moves": len(ways), "chosen_moves": chosen, "choice_rate": ratio(chosen, chosen + default)}


def text_of(nodes: Sequence[str]) -> str:
    """Rule 55: the path as a screen shows it."""
    shown = " > ".join(nodes[:NODES_SHOWN])
    return f"{shown} > …" if len(nodes) > NODES_SHOWN else shown


def key_of(nodes: Sequence[str]) -> str:
    """Rule 55: the hash of the whole path's text."""
    return hashlib.md5(" > ".join(nodes).encode()).hexdigest()


def dwell_of(path: ViewPath) -> float:
    """Rule 55: seconds spent on the whole way."""
    return sum(visit.dwell_seconds for visit in path.visits)


def viewer_path_rows(paths: Iterable[ViewPath]) -> Rows:
    """Rule 55 by view identity."""
    rows: Rows = {}
    for path in paths:
        facts, nodes, last = path.facts, path.nodes, path.visits[-1]
        rows[facts.view.identity] = {
            "viewer_id": facts.viewer_id,
            "started_date": facts.view.started_at.date(),
            "path_key": key_of(nodes),
            "path": text_of(nodes),
            "visit_count": len(nodes),
            "node_count": len(set(nodes)),
            "loop_count": len(nodes) - len(set(nodes)),
            "first_node_id": nodes[0],
            "last_node_id": nodes[-1],
            "ending_node_id": path.ending_node_id,
            "left_by": last.left_by,
            "has_dead_end": last.is_dead_end,
            "is_played": facts.is_played,
            "is_completed": facts.completion.is_completed,
            "watch_seconds": facts.watched.watch_seconds,
            "dwell_seconds": dwell_of(path),
        }
    return rows


def path_summary_rows(paths: Iterable[ViewPath]) -> Rows:
    """Rule 55 by (workspace, video, path key)."""
    by_video: dict[tuple[str, str], dict[str, list[ViewPath]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        view = path.facts.view
        by_video[view.workspace_id, view.video_id][key_of(path.nodes)].append(path)
    rows: Rows = {}
    for video, by_key in by_video.items():
        views = sum(len(members) for members in by_key.values())
        ranked = sorted(by_key, key=lambda key: (-len(by_key[key]), key))
        for rank, key in enumerate(ranked, start=1):
            members = by_key[key]
            nodes = members[0].nodes
            completed = sum(path.facts.completion.is_completed is True for path in members)
            watched = sum(path.facts.watched.watch_seconds for path in members)
            rows[*video, key] = {
                "path": text_of(nodes),
                "visit_count": len(nodes),
                "node_count": len(set(nodes)),
                "loop_count": len(nodes) - len(set(nodes)),
                "last_node_id": nodes[-1],
                "path_rank": rank,
                "view_count": len(members),
                "viewer_count": len({path.facts.viewer_id for path in members}),
                "share_of_views": len(members) / views,
                "completed_view_count": completed,
                "completion_rate": completed / len(members),
                "watch_seconds": watched,
                "average_watch_seconds": watched / len(members),
                "average_dwell_seconds": sum(map(dwell_of, members)) / len(members),
            }
    return rows
