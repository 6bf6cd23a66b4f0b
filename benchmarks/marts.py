"""Two published snapshots of the same landed records, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from serving.publish import SCHEMAS

RUN_COLUMNS = ("loaded_at",)
"""What tells of a run and not of the records."""
RUN_TABLES = ("exports.crm_delta",)
"""What tells of publishing: another number of publishes says another thing of the same records."""
# Keys for joins inside one engine are hashes of its own and no part of what a mart promises.
KEY_SUFFIX = "_key"
DIGITS = 9
"""Doubles are compared to so many digits: sums may be added up in another order."""
EXAMPLES = 3


@dataclass(frozen=True)
class Difference:
    """Rows of one table that only one of two snapshots has; examples name which."""

    table: str
    only_left: int
    only_right: int
    examples: Sequence[str]

    def __str__(self) -> str:
        """One table's difference for a person."""
        rows = "".join(f"\n    {example}" for example in self.examples)
        return f"{self.table}: {self.only_left} rows too many, {self.only_right} missing{rows}"


def compared_columns(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, dict[str, str]]:
    """Columns and types by table of an attached snapshot, without those that are no promise."""
    rows = connection.execute(
        """
        select table_schema || '.' || table_name, column_name, data_type
        from information_schema.columns
        where table_catalog = $catalog and list_contains($schemas, table_schema)
            and not ends_with(column_name, $suffix) and not list_contains($left_out, column_name)
        order by table_schema, table_name, ordinal_position
        """,
        {"catalog": catalog, "schemas": list(SCHEMAS), "suffix": KEY_SUFFIX, "left_out": list(RUN_COLUMNS)},
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        if table in RUN_TABLES:
            continue
        tables.setdefault(table, {})[column] = data_type
    return tables


def selected(catalog: str, table: str, columns: Mapping[str, str]) -> str:
    """Select of the compared columns of a table."""
    listed = (f'round("{name}", {DIGITS}) as "{name}"' if kind == "DOUBLE" else f'"{name}"' for name, kind in columns.items())
    return f"select {', '.join(listed)} from {catalog}.{table}"


def table_difference(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> Difference | None:
    """How a table of the snapshots attached as ``left_side`` and ``right_side`` differs, or None."""
    left, right = (selected(side, table, columns) for side in ("left_side", "right_side"))
    counts, examples = [], []
    for label, rows, others in (("too many", left, right), ("missing", right, left)):
        surplus = f"({rows}) except all ({others})"
        ((count,),) = connection.execute(f"select count(*) from ({surplus})").fetchall()
        counts.append(int(count))
        for values in connection.execute(f"select * from ({surplus}) order by all limit {EXAMPLES}").fetchall():
            examples.append(f"{label}: {dict(zip(columns, values, strict=True))}")
    return Difference(table, counts[0], counts[1], examples) if any(counts) else None


def differences(left: Path, right: Path) -> list[Difference]:
    """Every table of the two snapshot files that is not the same in both; ``right`` is taken for the truth.

    Raises:
        ValueError: a snapshot has no marts, or the two have other tables or columns.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        for name, path in (("left_side", left), ("right_side", right)):
            connection.execute(f"attach '{path}' as {name} (read_only)").fetchall()
        mine, theirs = (compared_columns(connection, side) for side in ("left_side", "right_side"))
        if not theirs or mine != theirs:
            odd = sorted(table for table in mine.keys() | theirs.keys() if mine.get(table) != theirs.get(table))
            raise ValueError(f"The snapshots {left} and {right} cannot be compared: {', '.join(odd) or 'no marts'}")
        found = (table_difference(connection, table, columns) for table, columns in theirs.items())
        return [each for each in found if each]


def is_whole(snapshot: Path) -> bool:
    """Whether every table of a snapshot has the rows that its own books name."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        listed = connection.execute("select schema_name, table_name, row_count from _meta.published_table").fetchall()
        counts = [
            connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()[0][0] for schema, table, _ in listed
        ]
    return bool(listed) and counts == [rows for _, _, rows in listed]
