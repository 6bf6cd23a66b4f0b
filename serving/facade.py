"""Tables that another engine keeps as Parquet, under the names and types that a DuckDB build gives them: what a publish reads from Spark.

The facade is a small DuckDB file. Tables of its schema ``state`` are copies; every other table is a view over the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.lake import glob_literal
from serving.publish import PublishError
from serving.sql import literal, quoted

STATE = "state"
# What a publish asks of the run's own books: which dates are stale, and which run this is.
STATE_TABLES = ("built_loads", "stale_report_dates")

Name = tuple[str, str]
Columns = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Kept:
    """A table as Parquet files below a folder.

    partitions: of a partitioned table the folders that its catalog knows, such as ``started_date=2026-10-01``; else none.
    """

    name: Name
    folder: Path
    partitions: Sequence[str] | None = None

    def patterns(self) -> list[str]:
        """Globs of the files that hold the table's rows, of folders that have any; not of what a killed run left elsewhere."""
        folders = [self.folder] if self.partitions is None else [self.folder / partition for partition in self.partitions]
        return [f"{glob_literal(str(folder))}/*.parquet" for folder in folders if any(folder.glob("*.parquet"))]


def write_facade(path: Path, tables: Sequence[Kept], columns: Mapping[Name, Columns]) -> None:
    """Write a facade over tables, or add tables to one.

    Args:
        path: the DuckDB file.
        tables: what it shall show.
        columns: (name, type) by table, in order, as their contracts say; a table without a contract is shown as its files have it.

    Raises:
        PublishError: files lack a column of the contract, or a table without a contract has no file.
    """
    with duckdb.connect(path) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        for table in tables:
            schema, name = table.name
            connection.execute(f"create schema if not exists {quoted(schema)}").fetchall()
            kind = "table" if schema == STATE else "view"
            try:
                connection.execute(
                    f"create {kind} {quoted(schema)}.{quoted(name)} as {query(table, columns.get(table.name))}"
                ).fetchall()
            except duckdb.Error as error:
                raise PublishError(f"{schema}.{name} in {table.folder} cannot be read: {error}") from error


def query(table: Kept, columns: Columns | None) -> str:
    """SELECT of a table's rows with the contract's columns and types.

    Casts change no value: engines name one type differently (Spark's timestamps are instants), and a partition's value is text in a path.
    """
    patterns = table.patterns()
    if columns is None:
        if not patterns:
            raise PublishError(f"{'.'.join(table.name)} has no file in {table.folder}: is it where this machine can read it?")
        return f"select * from {scan(table, patterns)}"
    if not patterns:
        nothing = ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns)
        return f"select {nothing} where false"
    cast = ", ".join(f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in columns)
    return f"select {cast} from {scan(table, patterns)}"


def scan(table: Kept, patterns: Sequence[str]) -> str:
    """The reader of a table's files. A partition's column is typed here, or a filter on it would open every file."""
    listed = ", ".join(literal(pattern) for pattern in patterns)
    if table.partitions is None:
        return f"read_parquet([{listed}], hive_partitioning = false)"
    column = table.partitions[0].partition("=")[0]
    return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{{literal(column)}: DATE}})"
