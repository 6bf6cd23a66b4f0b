"""Small deliveries for a warehouse under test, and what its marts say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from serving.publish import SCHEMAS
from tests.property.comparison import AS_DELIVERED
from tests.property.schedule import land
from tests.property.warehouse import Warehouse

Row = Mapping[str, Any]


def said(name: str, moment: str, event_type: str = "play", **fields: Any) -> dict[str, Any]:
    """An event of a device's playback of a video; `moment` is ISO 8601 without a zone, UTC."""
    return {
        "event_id": name,
        "event_type": event_type,
        "occurred_at": f"{moment}Z",
        "device_id": "device",
        "video_id": "video",
        "position_seconds": 0,
    } | fields


FIRST, SECOND = "2026-10-01", "2026-10-02"
PLAYED_FIRST = (said("a", f"{FIRST}T12:00:00"), said("b", f"{FIRST}T12:00:10", "pause", position_seconds=10))
PLAYED_SECOND = (
    said("c", f"{SECOND}T12:00:00", device_id="other", user_id="ann"),
    said("d", f"{SECOND}T12:00:10", "element_click", device_id="other", element_id="e", position_seconds=10),
    said("e", f"{SECOND}T12:00:20", "pause", device_id="other", position_seconds=20),
)


def deliver(warehouse: Warehouse, name: str, *records: Row, folder: str = "native") -> None:
    """Land one file of records and load it, without running the models."""
    land(warehouse.landing, {f"{folder}/{name}.ndjson": "".join(json.dumps(record) + "\n" for record in records)})
    warehouse.must(warehouse.load())


def run(warehouse: Warehouse, *arguments: str) -> None:
    """One run of all models that nothing disturbs."""
    warehouse.must(warehouse.dbt("run", *arguments))


def asked(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """What the built tables answer."""
    with warehouse.reader() as connection:
        return connection.execute(query).fetchall()


def marts(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all marts, each table in an order of its own."""
    names = "select table_schema || '.' || table_name from information_schema.tables where table_schema in "
    with warehouse.reader() as connection:
        tables = [name for (name,) in connection.execute(f"{names} {SCHEMAS} order by 1").fetchall()]
        return {table: connection.execute(f"select * from {table} order by all").fetchall() for table in tables}


def rows_on(warehouse: Warehouse, day: str) -> dict[str, int]:
    """How many rows of a UTC date are left in each table that has dates, tables without any left out."""
    dated = "select table_schema || '.' || table_name, column_name from information_schema.columns where data_type = 'DATE'"
    # these show what lies in the lake, loads out of force among it
    ours = f"""{dated} and table_schema in {(*SCHEMAS, "events", "intermediate")}
        and column_name not like '%start_date' and table_name not in {AS_DELIVERED}"""
    with warehouse.reader() as connection:
        counts = {
            f"{table}.{column}": connection.execute(f"select count(*) from {table} where {column} = ?", [day]).fetchall()[0][0]
            for table, column in connection.execute(ours).fetchall()
        }
    return {name: count for name, count in counts.items() if count}


def differences(warehouse: Warehouse) -> Sequence[str]:
    """The marts that differ from those of one full refresh of the same lake."""
    before = marts(warehouse)
    run(warehouse, "--full-refresh")
    after = marts(warehouse)
    return [table for table in after.keys() | before.keys() if before.get(table) != after.get(table)]
