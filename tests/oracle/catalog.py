"""The authored catalog as versions: what was in force at a moment (rules 14, 16, 19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.oracle.settings import DEFAULTS


@dataclass(frozen=True)
class Snapshot:
    """One landed catalog file: everything its entity holds from `as_of` on (None: from the beginning)."""

    entity: str
    as_of: datetime | None
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Lifetime:
    """One version of one thing: in force in [valid_from, valid_to); None is unbounded."""

    valid_from: datetime | None
    valid_to: datetime | None
    row: Mapping[str, Any]

    def covers(self, when: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= when
        return begun and (self.valid_to is None or when < self.valid_to)


def lifetimes(snapshots: Iterable[Snapshot], identity: Sequence[str]) -> dict[tuple[Any, ...], list[Lifetime]]:
    """The versions of every id of one entity.

    The first snapshot is valid from the beginning, each until the next; a thing is closed by a snapshot
    it is absent from, and everything by one that holds nothing.
    """
    said = list(snapshots)
    moments = sorted({each.as_of or datetime.min for each in said})
    ordered = sorted((each for each in said if each.rows), key=lambda each: each.as_of or datetime.min)
    names = {tuple(row.get(name) for name in identity) for snapshot in ordered for row in snapshot.rows}
    found: dict[tuple[Any, ...], list[Lifetime]] = {}
    for name in names:
        versions: list[Lifetime] = []
        for index, snapshot in enumerate(ordered):
            row = next((row for row in snapshot.rows if tuple(row.get(key) for key in identity) == name), None)
            if row is None:
                continue
            following = next((each for each in moments if each > (snapshot.as_of or datetime.min)), None)
            start = snapshot.as_of if index else None
            versions.append(Lifetime(start, following, row))
        found[name] = versions
    return found


@dataclass(frozen=True)
class Catalog:
    """The nodes and edges that were landed; with neither, everything about them is unknown."""

    snapshots: Sequence[Snapshot] = ()
    _nodes: dict[tuple[Any, ...], list[Lifetime]] = field(init=False)
    _edges: dict[tuple[Any, ...], list[Lifetime]] = field(init=False)

    def __post_init__(self) -> None:
        def of(entity: str) -> list[Snapshot]:
            return [snapshot for snapshot in self.snapshots if snapshot.entity == entity]

        nodes = lifetimes(of("nodes"), ("workspace_id", "video_id", "node_id"))
        edges = lifetimes(of("edges"), ("workspace_id", "video_id", "from_node_id", "to_node_id", "element_id"))
        object.__setattr__(self, "_nodes", nodes)
        object.__setattr__(self, "_edges", edges)

    @property
    def workspaces(self) -> set[str]:
        """The workspaces that anything is authored of."""
        return {row.get("workspace_id") or "default" for snapshot in self.snapshots for row in snapshot.rows}

    def duration(self, workspace_id: str, video_id: str, node_id: str, when: datetime) -> float | None:
        """The node's authored length in seconds in the version in force then; None where unknown or implausible."""
        for version in self._nodes.get((workspace_id, video_id, node_id), []):
            seconds = version.row.get("duration_seconds")
            if version.covers(when) and seconds is not None and 0 < seconds <= DEFAULTS.longest_node_seconds:
                return float(seconds)
        return None

    def edges(self, workspace_id: str, video_id: str, when: datetime) -> set[tuple[str, str]]:
        """The (from, to) pairs of the video's graph in force then; empty where none is landed."""
        return {
            (name[2], name[3])
            for name, versions in self._edges.items()
            if name[:2] == (workspace_id, video_id) and any(version.covers(when) for version in versions)
        }
