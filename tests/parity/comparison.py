"""Every mart of two engines side by side, row by row: equal but for the last bits of floating-point numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import duckdb
from pyhive import hive

from serving.publish import SCHEMAS

TOLERANCE = 1e-9
SHOWN = 5

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A table as one engine has it: its column names in alphabetical order and its rows in an order both engines share."""

    columns: Sequence[str]
    rows: Sequence[Row]


def is_internal(column: str) -> bool:
    """Whether a column holds hashes that no two engines compute alike and no user sees."""
    return column.endswith("_key")


def plain(value: Any) -> Any:
    """A value without its driver's own types: decimals without trailing zeros."""
    return value.normalize() if isinstance(value, Decimal) else value


def order(row: Row) -> tuple[Any, ...]:
    """What rows are sorted by: what must be equal first, then the numbers, rounded so that their last bits decide nothing."""
    exact = tuple("" if value is None else f"={value}" for value in row if not isinstance(value, float))
    return exact, tuple((value is None, round(value, 6) if isinstance(value, float) else 0.0) for value in row)


def table(description: Sequence[Any], rows: Sequence[Row]) -> Table:
    """A result as a table to compare."""
    names = [column[0].split(".")[-1] for column in description]
    kept = [place for place in sorted(range(len(names)), key=names.__getitem__) if not is_internal(names[place])]
    picked = [tuple(plain(row[place]) for place in kept) for row in rows]
    return Table([names[place] for place in kept], sorted(picked, key=order))


def dated(description: Sequence[Any], rows: Sequence[Row]) -> list[Row]:
    """Rows with dates as dates: the driver gives them as text."""
    dates = {place for place, column in enumerate(description) if column[1] == "DATE_TYPE"}
    return [
        tuple(date.fromisoformat(value) if place in dates and value else value for place, value in enumerate(row)) for row in rows
    ]


def duckdb_marts(path: str) -> dict[str, Table]:
    """Every mart of a DuckDB warehouse, by schema and name."""
    listing = "select table_schema, table_name from information_schema.tables where table_schema in ('{}')"
    marts: dict[str, Table] = {}
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("set timezone = 'UTC'").fetchall()
        for schema, name in connection.execute(listing.format("', '".join(SCHEMAS))).fetchall():
            cursor = connection.execute(f"select * from {schema}.{name}")
            marts[f"{schema}.{name}"] = table(cursor.description, cursor.fetchall())
    return marts


def spark_marts(port: int) -> dict[str, Table]:
    """Every mart that a Thrift server serves, by schema and name."""
    marts: dict[str, Table] = {}
    connection = hive.connect("127.0.0.1", port=port, configuration={"set:spark.sql.session.timeZone": "UTC"})
    try:
        cursor = connection.cursor()
        cursor.execute("show schemas")
        held = {row[0] for row in cursor.fetchall()}
        for schema in [name for name in SCHEMAS if name in held]:
            cursor.execute(f"show tables in {schema}")
            for name in [row[1] for row in cursor.fetchall() if row[0] == schema]:
                cursor.execute(f"select * from {schema}.{name}")
                marts[f"{schema}.{name}"] = table(cursor.description, dated(cursor.description, cursor.fetchall()))
    finally:
        connection.close()
    return marts


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal: floats within TOLERANCE, everything else exactly."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(left) is type(right) and bool(left == right)


def row_differences(columns: Sequence[str], left: Row | None, right: Row | None) -> str | None:
    """What differs between two rows, None where nothing does."""
    if left is None or right is None:
        return f"only one engine has {dict(zip(columns, left or right or (), strict=True))}"
    differing = [
        f"{name}: {mine!r} / {theirs!r}"
        for name, mine, theirs in zip(columns, left, right, strict=True)
        if not same(mine, theirs)
    ]
    return "; ".join(differing) or None


def differences(left: dict[str, Table], right: dict[str, Table]) -> list[str]:
    """The first differences of each table, DuckDB's value before Spark's; empty where the marts are the same."""
    found = [f"{name}: only one engine has the table" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        mine, theirs = left[name], right[name]
        if mine.columns != theirs.columns:
            found.append(f"{name}: columns {set(mine.columns) ^ set(theirs.columns)}")
            continue
        rows = [row_differences(mine.columns, *pair) for pair in zip_longest(mine.rows, theirs.rows)]
        different = [text for text in rows if text]
        if different:
            found.append(f"{name}: {len(different)} of {len(rows)} rows, {len(mine.rows)} / {len(theirs.rows)}")
            found += [f"    {text}" for text in different[:SHOWN]]
    return found
