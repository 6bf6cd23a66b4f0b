"""Differences between tables: the warehouse beside the oracle, and one warehouse beside another."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from serving.publish import SCHEMAS
from tests.oracle.expected import Expected, Table
from tests.property.built import SECONDS, TABLES, expected_table, read, rejected
from tests.property.built_marts import MARTS

AS_DELIVERED = ("translated_events", "emitted_events", "events_staged")
"""Records before it is decided which of them count, copies and loads out of force among them."""
DELIVERY_COLUMNS = ("load_id", "line_number")
DELIVERY_TABLES = ("unusable_events", "int_delivery_days", "rejected_event", "tracker_health", "load")
COMPARED_SCHEMAS = ("events", "intermediate", *SCHEMAS)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be, and the workspace it is in (None where none can be named)."""

    table: str
    workspace: str | None
    text: str


def comparable(value: Any) -> Any:
    """A value as the comparison sees it: JSON texts as values, lists and tuples alike, numbers as floats."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return comparable(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, dict):
        return {name: comparable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(each) for each in value]
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return float(value)
    return value


def same(left: Any, right: Any, tolerance: float = SECONDS) -> bool:
    """Whether two values are equal; numbers within a tolerance, amounts of money to the last digit."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left == right
    left, right = comparable(left), comparable(right)
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=tolerance)
    if isinstance(left, datetime) and isinstance(right, date) and not isinstance(right, datetime):
        return left.date() == right
    return bool(left == right)


def table_differences(name: str, expected: Table, built: Table, tolerance: float = SECONDS) -> list[Difference]:
    """Missing rows, surplus rows, and differing columns of one table against the oracle."""
    found = [Difference(name, key[0], f"missing {key}: {expected[key]}") for key in expected.keys() - built.keys()]
    found += [Difference(name, key[0], f"surplus {key}: {built[key]}") for key in built.keys() - expected.keys()]
    for key in expected.keys() & built.keys():
        for column, value in expected[key].items():
            if column not in built[key]:
                found.append(Difference(name, None, f"no column {column}"))
            elif not same(value, built[key][column], tolerance):
                text = f"{key} {column}: expected {value!r}, built {built[key][column]!r}"
                found.append(Difference(name, key[0], text))
    return list(dict.fromkeys(found))


def rounded_keys(name: str, rows: Table) -> Table:
    """Segment rows with the start in their key rounded to hundredths: a millisecond is no other segment."""
    if name != "segment_rows":
        return rows
    return {(*key[:-2], round(key[-2], 2), key[-1]): row for key, row in rows.items()}


def against_oracle(connection: duckdb.DuckDBPyConnection, expected: Expected) -> list[Difference]:
    """Every table under test against the oracle."""
    found: list[Difference] = []
    for table in (*TABLES, *MARTS):
        built, problems = read(connection, table)
        found += [Difference(table.name, None, text) for text in problems]
        wanted = expected_table(expected, table)
        names = (rounded_keys(table.name, rows) for rows in (wanted, built))
        found += table_differences(table.name, *names, table.tolerance)
    return found


def rejected_differences(connection: duckdb.DuckDBPyConnection, delivered: Expected) -> list[Difference]:
    """The rejected records against the oracle, once a delivery."""
    found: list[Difference] = []
    wanted_rejects, built_rejects = delivered.rejected_event(), rejected(connection)
    for key in wanted_rejects.keys() | built_rejects.keys():
        if wanted_rejects[key] != built_rejects[key]:
            text = f"{key}: expected {wanted_rejects[key]} times, built {built_rejects[key]}"
            found.append(Difference("rejected_event", key[0], text))
    return found


def compared_tables(connection: duckdb.DuckDBPyConnection, *, of_deliveries: bool) -> dict[str, list[tuple[str, str]]]:
    """Tables and views with their (column, type) pairs.

    Either those that describe deliveries, or all others without their columns that do.
    """
    rows = connection.execute(
        "select table_schema || '.' || table_name, table_name, column_name, data_type from information_schema.columns "
        "where list_contains(?, table_schema) order by all",
        [list(COMPARED_SCHEMAS)],
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for qualified, table, column, data_type in rows:
        if table in AS_DELIVERED or (table in DELIVERY_TABLES) != of_deliveries:
            continue
        if of_deliveries or column not in DELIVERY_COLUMNS:
            found.setdefault(qualified, []).append((column, data_type))
    return found


def selected(table: str, pairs: Iterable[tuple[str, str]], catalog: str) -> str:
    """A select of a table's columns, doubles to nine digits: sums may be added up in another order."""
    listed = ", ".join(f'round("{name}", 9) as "{name}"' if kind == "DOUBLE" else f'"{name}"' for name, kind in pairs)
    return f"select {listed} from {catalog}.{table}"


def tables_in(warehouse: Path, *, of_deliveries: bool) -> dict[str, list[tuple[str, str]]]:
    """The tables of a warehouse file that `between` compares."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)").fetchall()
        connection.execute("use warehouse").fetchall()
        return compared_tables(connection, of_deliveries=of_deliveries)


def between(left: Path, right: Path, *, of_deliveries: bool = False) -> list[Difference]:
    """What differs between two warehouses, table by table; `left` was built step by step, `right` at once.

    With `of_deliveries` only what describes deliveries is compared, which takes two builds of one bronze.
    """
    found: list[Difference] = []
    mine, theirs = (tables_in(each, of_deliveries=of_deliveries) for each in (left, right))
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{right}' as warehouse (read_only)").fetchall()
        connection.execute("use warehouse").fetchall()
        if mine != theirs:
            return [Difference(name, None, "its columns differ") for name in sorted(mine.keys() | theirs.keys())
                    if mine.get(name) != theirs.get(name)]  # fmt: skip
        for table, pairs in theirs.items():
            query = selected(table, pairs, "warehouse")
            connection.execute(f'create or replace table memory.main."{table.replace(".", "_")}" as {query}').fetchall()
        connection.execute("use memory").fetchall()
        connection.execute("detach warehouse").fetchall()
        connection.execute(f"attach '{left}' as warehouse (read_only)").fetchall()
        connection.execute("use warehouse").fetchall()
        for table, pairs in theirs.items():
            found += rows_between(connection, table, pairs)
    return found


def rows_between(connection: duckdb.DuckDBPyConnection, table: str, pairs: Sequence[tuple[str, str]]) -> list[Difference]:
    """The rows of one table that only one of two warehouses has."""
    at_once = f'select * from memory.main."{table.replace(".", "_")}"'
    step_by_step = selected(table, pairs, "warehouse")
    names = [name for name, _ in pairs]
    found: list[Difference] = []
    for label, minuend, subtrahend in (
        ("left behind", step_by_step, at_once),
        ("lost", at_once, step_by_step),
    ):
        for row in connection.execute(f"({minuend}) except all ({subtrahend})").fetchall():
            values = dict(zip(names, row, strict=True))
            found.append(Difference(table, values.get("workspace_id"), f"{label}: {values}"))
    return found
