"""``python -m benchmarks.comparison <home> <home>``: what two engines published of the same records, row by row.

Equal but for the last bits of floating-point numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from benchmarks.marts import compared_columns, table_difference
from ingestion.home import Home
from serving.generations import published_snapshot

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


def table_differences(name: str, mine: Table, theirs: Table) -> list[str]:
    """The first differences of a table, the left value before the right; empty where the rows are the same."""
    rows = [row_differences(mine.columns, *pair) for pair in zip_longest(mine.rows, theirs.rows)]
    different = [text for text in rows if text]
    if not different:
        return []
    count = f"{name}: {len(different)} rows differ, of {len(mine.rows)} / {len(theirs.rows)} that are not equal to the last bit"
    return [count, *(f"    {text}" for text in different[:SHOWN])]


@dataclass(frozen=True)
class Compared:
    """Two snapshots side by side. rows: of the left one, all tables together; differences: none where they show the same.

    Of each table that differs a line says so, and lines that are indented give examples.
    """

    tables: int
    rows: int
    empty: Sequence[str]
    differences: Sequence[str]

    @property
    def different_tables(self) -> int:
        """Tables that are not the same."""
        return sum(not line.startswith(" ") for line in self.differences)


def compare_snapshots(left: Path, right: Path) -> Compared:
    """Compare every published table of two snapshots: names, columns, types, and each row as often as it is there.

    Equal rows are matched by DuckDB; only those with a number that is not the same to nine digits are looked at one by one.
    """
    found: list[str] = []
    empty: list[str] = []
    rows = 0
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        for name, path in (("left_side", left), ("right_side", right)):
            connection.execute(f"attach '{path}' as {name} (read_only)").fetchall()
        mine, theirs = (compared_columns(connection, side) for side in ("left_side", "right_side"))
        for name in sorted(mine.keys() | theirs.keys()):
            if list(mine.get(name, {}).items()) != list(theirs.get(name, {}).items()):
                found.append(f"{name}: other columns or types: {mine.get(name)} / {theirs.get(name)}")
                continue
            ((count,),) = connection.execute(f"select count(*) from left_side.{name}").fetchall()
            rows += count
            empty += [name] if count == 0 else []
            if table_difference(connection, name, mine[name]):
                found += table_differences(name, *unmatched(connection, name, list(mine[name])))
    return Compared(len(mine), rows, empty, found)


def unmatched(connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str]) -> tuple[Table, Table]:
    """The rows of each side that the other has not to the last bit."""
    listed = ", ".join(f'"{column}"' for column in columns)
    sides = []
    for here, there in (("left_side", "right_side"), ("right_side", "left_side")):
        cursor = connection.execute(f"(select {listed} from {here}.{name}) except all (select {listed} from {there}.{name})")
        sides.append(table(cursor.description, cursor.fetchall()))
    return sides[0], sides[1]


def main(
    left: Annotated[Path, typer.Argument(help="An AUDIENCE_HOME that has published.", exists=True, file_okay=False)],
    right: Annotated[Path, typer.Argument(help="Another one, of the same records.", exists=True, file_okay=False)],
) -> None:
    """Exits with 1 where a table differs."""
    compared = compare_snapshots(*(published_snapshot(Home(each.absolute())) for each in (left, right)))
    for line in compared.differences:
        typer.echo(line)
    typer.echo(
        f"{compared.tables} tables, {compared.rows:,} rows, {len(compared.empty)} empty, {compared.different_tables} that differ"
    )
    if compared.differences:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
