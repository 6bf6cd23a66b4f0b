"""Random catalog versions of one stream, and the union of many streams' catalogs into landed snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.catalog import Snapshot

NODES = ("n1", "n2", "n3")


def random_snapshots(random: Random, workspace: str, prefix: str, start: datetime) -> list[Snapshot]:
    """No catalog for most streams; else one to three versions of the nodes and, for some, of the edges.

    Versions change a node's length, forget it, or take the node away.
    """
    if random.random() < 0.55:
        return []
    moments: list[datetime | None] = [random.choice([None, start - timedelta(days=3)])]
    for days in sorted(random.sample([0.0, 0.5, 1.0, 2.5, 4.0, 9.0], random.choice([0, 1, 2]))):
        moments.append(start + timedelta(days=days, seconds=random.choice([10, 30])))
    has_edges = random.random() < 0.6
    snapshots: list[Snapshot] = []
    for moment in moments:
        snapshots.append(Snapshot("nodes", moment, random_nodes(random, workspace, prefix)))
        if has_edges:
            snapshots.append(Snapshot("edges", moment, random_edges(random, workspace, prefix)))
    return snapshots


def random_nodes(random: Random, workspace: str, prefix: str) -> list[dict[str, Any]]:
    """Some nodes of the two videos, some of them the video itself."""
    rows: list[dict[str, Any]] = []
    for video in (f"{prefix}v1", f"{prefix}v2"):
        for node in (*NODES, video):
            if not rows or random.random() < 0.7:
                length = random.choice([20, 30.0, 40, 60, 100, None, 0])
                rows.append(
                    {"workspace_id": workspace, "video_id": video, "node_id": node, "title": node}
                    | ({} if length is None else {"duration_seconds": length})
                )
    return rows


def random_edges(random: Random, workspace: str, prefix: str) -> list[dict[str, Any]]:
    """Some edges between the nodes of the two videos, loops among them."""
    rows: list[dict[str, Any]] = []
    for video in (f"{prefix}v1", f"{prefix}v2"):
        for origin in NODES:
            for target in NODES:
                if not rows or random.random() < 0.2:
                    rows.append(
                        {"workspace_id": workspace, "video_id": video, "from_node_id": origin,
                         "to_node_id": target, "element_id": "a", "is_default": origin == target}
                    )  # fmt: skip
    return rows


def in_force(snapshots: Sequence[Snapshot], entity: str, moment: datetime | None) -> Snapshot | None:
    """The newest snapshot of the entity at a moment (None: the beginning); None before the first."""
    earlier = [
        each
        for each in snapshots
        if each.entity == entity and (each.as_of is None or (moment is not None and each.as_of <= moment))
    ]
    return max(earlier, key=lambda each: each.as_of or datetime.min, default=None)


def united_snapshots(catalogs: Iterable[Sequence[Snapshot]]) -> list[Snapshot]:
    """Full snapshots of every stream's catalog together, one for each moment at which any of them changed.

    A landed snapshot is of the whole entity: what is absent from it is closed. So each carries, for every
    stream, what was in force in that stream then.
    """
    everything = list(catalogs)
    united: list[Snapshot] = []
    for entity in sorted({each.entity for catalog in everything for each in catalog}):
        moments = {each.as_of for catalog in everything for each in catalog if each.entity == entity}
        for moment in sorted(moments, key=lambda each: each or datetime.min):
            current = [in_force(catalog, entity, moment) for catalog in everything]
            rows = [row for each in current if each is not None for row in each.rows]
            united.append(Snapshot(entity, moment, rows))
    return united
