"""Hand-made records: one line of a story each, at seconds after a fixed noon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.oracle.catalog import Catalog, Snapshot
from tests.oracle.expected import Expected, expect
from tests.oracle.tables import RULES

NOON = datetime(2026, 10, 5, 12)
Record = dict[str, Any]


def at(seconds: float) -> str:
    """A moment of the story as the native contract spells it."""
    return (NOON + timedelta(seconds=seconds)).isoformat(timespec="microseconds") + "Z"


def said(event_type: str, seconds: float, position: float | None = None, **fields: Any) -> Record:
    """One record of device d in video v; `fields` add or, with None, remove."""
    record = {
        "event_id": f"{event_type}@{seconds} of {fields.get('device_id', 'd')}",
        "event_type": event_type,
        "occurred_at": at(seconds),
        "workspace_id": "w",
        "device_id": "d",
        "video_id": "v",
        "position_seconds": position,
        **fields,
    }
    return {name: value for name, value in record.items() if value is not None}


def nodes(durations: dict[str, float | None], as_of: datetime | None = None, video: str = "v") -> Snapshot:
    """A catalog snapshot of one video's nodes and their lengths in seconds."""
    rows = [
        {"workspace_id": "w", "video_id": video, "node_id": node, "duration_seconds": seconds}
        for node, seconds in durations.items()
    ]
    return Snapshot("nodes", as_of, rows)


def edges(*pairs: tuple[str, str], video: str = "v") -> Snapshot:
    """A catalog snapshot of one video's graph."""
    rows = [
        {"workspace_id": "w", "video_id": video, "from_node_id": origin, "to_node_id": target, "element_id": "b"}
        for origin, target in pairs
    ]
    return Snapshot("edges", None, rows)


def authored(entity: str, *rows: Record, as_of: datetime | None = None) -> Snapshot:
    """A catalog snapshot of workspace w; a row without a video is of video v, one that says None is of none."""
    return Snapshot(entity, as_of, [{"workspace_id": "w", "video_id": "v", **row} for row in rows])


def told(*records: Record, catalog: tuple[Snapshot, ...] = ()) -> Expected:
    """What should come of a story."""
    return expect(records, Catalog(catalog))


def rows(expected: Expected, table: str) -> list[dict[str, Any]]:
    """The story's rows of a table, in the order of their keys."""
    found = RULES[table]
    return [row for world in expected.worlds for _, row in sorted(found(world).items(), key=lambda item: str(item[0]))]


def only_row(expected: Expected, table: str) -> dict[str, Any]:
    """The story's one row of a table."""
    (row,) = rows(expected, table)
    return row


def only_view(expected: Expected) -> dict[str, Any]:
    """The columns of the story's one view."""
    rows = list(expected.view_rows().values())
    assert len(rows) == 1, f"{len(rows)} views"
    return rows[0]


def spans(expected: Expected, evidence: str = "derived") -> list[tuple[str, float, float]]:
    """The story's segments as (node, from, to), in the order of the views."""
    return [
        (part.node_id, part.from_seconds, part.to_seconds)
        for each in expected.views
        for part in (each.watched.derived if evidence == "derived" else each.watched.declared)
    ]
