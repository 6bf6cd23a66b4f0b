"""Columns of events as they grow: many small pieces while simulating, one set of arrays afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingestion.simulator.randomness import Integers

ABSENT = -1

COLUMNS: dict[str, type[np.signedinteger]] = {
    "visit": np.int32,  # row of the visits the events belong to
    "at": np.int64,  # true time, milliseconds since the epoch
    "kind": np.int8,  # number in world.KINDS
    "node": np.int16,
    "position": np.int32,  # media milliseconds
    "seek_from": np.int32,
    "rate": np.int16,  # percent
    "element": np.int16,
    "to_node": np.int16,
    "option": np.int16,  # the option answered
    "x": np.int16,  # ten-thousandths of the frame
    "y": np.int16,
    "cents": np.int32,
    "covered": np.int32,  # played_ranges = [[0, covered]]
    "order": np.int32,  # sequence number inside the playback
    "known": np.int8,  # 1 when the record carries the user
    "sent": np.int64,  # by a true clock
    "received": np.int64,
    "defect": np.int8,  # see delivery.Defect
    "copy": np.int8,  # see delivery.Copy
}
"""Every column, with its type; ABSENT where an event has no such value."""

Events = Mapping[str, np.ndarray]
"""One array per column of COLUMNS, all of one length."""


@dataclass
class Recorder:
    """Collects pieces of events; a piece names the columns it has."""

    pieces: list[tuple[Integers, dict[str, Integers | int]]] = field(default_factory=list)

    def add(self, visit: Integers, at: Integers, kind: Integers | int, **columns: Integers | int) -> None:
        """One event per row of `visit`, at true time `at`; other columns by name, arrays or one value for all."""
        if len(visit):
            self.pieces.append((visit, {"visit": visit, "at": at, "kind": kind, **columns}))

    def events(self) -> dict[str, np.ndarray]:
        """All pieces in the order they were added."""
        sizes = [len(visit) for visit, _ in self.pieces]
        edges = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        columns = {}
        for name, kind in COLUMNS.items():
            column = np.full(int(edges[-1]), ABSENT, dtype=kind)
            for (_, piece), start, end in zip(self.pieces, edges[:-1], edges[1:], strict=True):
                if name in piece:
                    column[start:end] = piece[name]
            columns[name] = column
        return columns


def take(events: Events, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The given rows (mask or numbers) of every column."""
    return {name: column[rows] for name, column in events.items()}


def join(parts: Sequence[Events]) -> dict[str, np.ndarray]:
    """The rows of all parts, one after the other."""
    if not parts:
        return {name: np.empty(0, dtype=kind) for name, kind in COLUMNS.items()}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
