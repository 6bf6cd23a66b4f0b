"""What authors drew: edges, where elements lead, and how far nodes lie from the start (rules 52 and 57)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.oracle.authored import Authored
from tests.oracle.catalog import Catalog, Snapshot
from tests.oracle.records import Event
from tests.oracle.sequences import View

VideoKey = tuple[str, str]
NodeKey = tuple[str, str, str]
EdgeKey = tuple[str, str, str, str]

DEEPEST_LEVEL = 90


def named(row: Mapping[str, Any], column: str) -> str | None:
    """An authored identifier, trimmed; None where blank or absent."""
    return (row.get(column) or "").strip() or None


def workspace_of(row: Mapping[str, Any]) -> str:
    """The workspace a record belongs to."""
    return named(row, "workspace_id") or "default"


def snapshots_in_order(catalog: Catalog, entity: str) -> list[Snapshot]:
    """The entity's snapshots, the newest last; of one moment those that hold nothing come first."""
    own = (each for each in catalog.snapshots if each.entity == entity)
    return sorted(own, key=lambda each: (each.as_of or datetime.min, bool(each.rows)))


@dataclass(frozen=True)
class Edge:
    """A way from one node to another, as the newest snapshot that names it says; is_default may be unknown (None)."""

    is_default: bool | None
    is_in_force: bool


class Graph:
    """The graphs of a catalog's videos (rule 52): every edge that any snapshot named."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.edges = authored_edges(catalog)
        self.starts = start_nodes(catalog)
        self.nodes = authored_nodes(catalog)
        self._authored: dict[str, Authored] = {}

    def edge(self, workspace_id: str, video_id: str, origin: str, target: str) -> Edge | None:
        """The edge from one node of the video to another, None where no snapshot named it."""
        return self.edges.get((workspace_id, video_id, origin, target))

    def is_drawn(self, workspace_id: str, video_id: str) -> bool:
        """Whether the catalog has, or had, any edge of the video that leads to a node."""
        return any(key[:2] == (workspace_id, video_id) for key in self.edges)

    def leads_on(self, workspace_id: str, video_id: str, node_id: str, when: datetime) -> bool:
        """Whether the node has an outgoing edge in the version in force then."""
        return any(origin == node_id for origin, _ in self.catalog.edges(workspace_id, video_id, when))

    def destination(self, workspace_id: str, video_id: str, node_id: str, element_id: str, when: datetime) -> str | None:
        """Where the element of the node leads in the version in force then; None where nobody says."""
        authored = self._authored.setdefault(workspace_id, Authored(workspace_id, self.catalog.snapshots))
        named_so = (
            each
            for each in authored.element_versions
            if (each.video_id, each.node_id, each.element_id) == (video_id, node_id, element_id)
        )
        return next((each.get("to_node_id") for each in named_so if each.holds_at(when)), None)

    def target(self, view: View, event: Event) -> str | None:
        """Rule 52: the node an event of the view leads to, by its own word, else by its element's; None where nobody says."""
        target, element = event.get("to_node_id"), event.get("element_id")
        if target is None and element is not None:
            target = self.destination(view.workspace_id, view.video_id, event.get("node_id"), element, view.started_at)
        return None if target is None else str(target)

    def level(self, workspace_id: str, video_id: str, node_id: str) -> int | None:
        """Rule 57: the fewest edges in force from the start node; None where no way of at most 90 leads here."""
        start = self.starts.get((workspace_id, video_id))
        if start is None:
            return 0 if node_id == video_id else None
        reached, level = {start}, 0
        while node_id not in reached:
            further = reached | {
                target
                for (workspace, video, origin, target), edge in self.edges.items()
                if (workspace, video) == (workspace_id, video_id) and origin in reached and edge.is_in_force
            }
            level += 1
            if further == reached or level > DEEPEST_LEVEL:
                return None
            reached = further
        return level


def start_nodes(catalog: Catalog) -> dict[VideoKey, str | None]:
    """The start node of each video, by the newest snapshot that names the video; None where that names none."""
    return {
        (workspace_of(row), row["video_id"]): named(row, "start_node_id")
        for snapshot in snapshots_in_order(catalog, "videos")
        for row in snapshot.rows
    }


def authored_nodes(catalog: Catalog) -> dict[NodeKey, Mapping[str, Any]]:
    """Every node that any snapshot named, as the newest that does describes it."""
    return {
        (workspace_of(row), row["video_id"], row["node_id"]): row
        for snapshot in snapshots_in_order(catalog, "nodes")
        for row in snapshot.rows
    }


def level_in(graphs: Iterable[Graph], workspace_id: str, video_id: str, node_id: str) -> int | None:
    """Rule 57 in the one graph that knows the video's start; without any, only the video's own node has a level."""
    for graph in graphs:
        if (workspace_id, video_id) in graph.starts:
            return graph.level(workspace_id, video_id, node_id)
    return 0 if node_id == video_id else None


def authored_edges(catalog: Catalog) -> dict[EdgeKey, Edge]:
    """Rule 52: what the newest snapshot that names an edge says of it, and whether that is its workspace's newest."""
    newest: dict[str, Snapshot] = {}
    records: dict[EdgeKey, tuple[Snapshot, list[bool | None]]] = {}
    for snapshot in snapshots_in_order(catalog, "edges"):
        if not snapshot.rows:
            newest = dict.fromkeys(newest, snapshot)
        for row in snapshot.rows:
            workspace, target = workspace_of(row), named(row, "to_node_id")
            newest[workspace] = snapshot
            if target is None:
                continue
            key = (workspace, row["video_id"], row["from_node_id"], target)
            if key not in records or records[key][0] is not snapshot:
                records[key] = (snapshot, [])
            records[key][1].append(row.get("is_default"))
    return {
        key: Edge(True if True in flags else False if False in flags else None, snapshot is newest[key[0]])
        for key, (snapshot, flags) in records.items()
    }
