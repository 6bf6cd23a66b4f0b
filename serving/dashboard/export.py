"""Aggregates of a snapshot as compact JSON files, column by column; SQL says what is in them, Python writes them down.

A file is ``<page>/<partition>/<keys>.json`` and holds every dataset of its page and partition as ``{"rows": n, "columns": {...}}``.
Dates are days since 1970-01-01, as whole numbers. No column that is personal data leaves the snapshot.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from serving.dashboard.queries import FOLDER, PREPARATION, Query, QueryError, read_queries
from serving.sql import literal, quoted

MINIMUM_VIEWERS = "AUDIENCE_DASHBOARD_MINIMUM_VIEWERS"
HISTORY_DAYS = "AUDIENCE_DASHBOARD_DAYS"
# A year, and the days to compare it with; what distinct viewers need grows with the square of the days.
DEFAULT_HISTORY_DAYS = 400


class SettingError(ValueError):
    """An environment variable says what cannot be; the message names it."""


@dataclass(frozen=True)
class Setting:
    """How much is shown: no group of fewer distinct viewers (0: all), and how many days up to the last one."""

    minimum_viewers: int = 0
    history_days: int = DEFAULT_HISTORY_DAYS

    @classmethod
    def from_environment(cls) -> Setting:
        """``AUDIENCE_DASHBOARD_MINIMUM_VIEWERS`` and ``AUDIENCE_DASHBOARD_DAYS``.

        Raises:
            SettingError: one of them is no whole number in range.
        """
        return cls(whole_number(MINIMUM_VIEWERS, 0, least=0), whole_number(HISTORY_DAYS, DEFAULT_HISTORY_DAYS, least=1))


@dataclass(frozen=True)
class Exported:
    """What was written."""

    files: int
    size_bytes: int


def whole_number(variable: str, default: int, least: int) -> int:
    """An environment variable as a number, or its default where it is unset or empty."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise SettingError(f"{variable} is {text!r}: give a whole number from {least}, or leave it out for {default}.")
    return int(text)


def export(snapshot: Path, target: Path, setting: Setting, queries: Path = FOLDER) -> Exported:
    """Write the files of every page.

    Args:
        snapshot: a published DuckDB file.
        target: a folder that is made, and must hold nothing.
        setting: what is withheld, and how many days are shown.
        queries: the folder of queries.

    Raises:
        QueryError: a query reads what the snapshot has not, or would publish personal data.
    """
    pages = read_queries(queries)
    written = Exported(0, 0)
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        # Set, not given to connect: another reader in this process may have the file open.
        connection.execute(f"set memory_limit = {literal(os.environ.get('AUDIENCE_MEMORY_LIMIT', '4GB'))}").fetchall()
        connection.execute(f"set temp_directory = {literal(str(target.with_name(f'.{target.name}.spill.new')))}").fetchall()
        prepare(connection, setting)
        try:
            for (page, partition), group in groupby(sorted(pages, key=place), key=place):
                datasets = {query.dataset: partitioned(connection, query) for query in group}
                written = write_files(connection, target / page, partition, datasets, written)
        except duckdb.Error as error:
            raise QueryError(f"The dashboard's files could not be made: {error}") from error
    return written


def place(query: Query) -> tuple[str, str]:
    """What a file belongs to: its page and its partition."""
    return query.page, query.partition


def prepare(connection: duckdb.DuckDBPyConnection, setting: Setting) -> None:
    """Settings and partitions as temporary tables."""
    connection.execute("set TimeZone = 'UTC'").fetchall()
    connection.execute("create temp table setting (minimum_viewers integer, history_days integer)").fetchall()
    connection.execute("insert into setting values (?, ?)", list(asdict(setting).values())).fetchall()
    try:
        connection.execute("select personal from _meta.published_column limit 0").fetchall()
        connection.execute(PREPARATION.read_text()).fetchall()
    except duckdb.Error as error:
        raise QueryError(
            f"{PREPARATION}: {error}. The dashboard needs a snapshot of the same version: run `make run` once more."
        ) from error


def partitioned(connection: duckdb.DuckDBPyConnection, query: Query) -> Mapping[tuple[str, ...], str]:
    """A dataset's JSON by the keys of its files, and under the empty key what a file without rows has."""
    table = quoted(f"dataset_{query.page}_{query.dataset}")
    try:
        connection.execute(f"create temp table {table} as {query.sql}").fetchall()
    except duckdb.Error as error:
        raise QueryError(f"{query.path}: {error}") from error
    columns = described(connection, f"dataset_{query.page}_{query.dataset}")
    keys = list(described(connection, f"partition_{query.partition}"))
    refuse_personal(connection, query, columns)
    if missing := [key for key in keys if key not in columns]:
        raise QueryError(
            f"{query.path}: no column {', '.join(missing)}, which says into which file of '{query.partition}' a row goes."
        )
    shown = {name: kind for name, kind in columns.items() if name not in keys}
    lists = ", ".join(
        f"'{name}', coalesce(to_json(list({as_json(name, kind)} order by rowid)), '[]'::json)" for name, kind in shown.items()
    )
    body = f"json_object('rows', count(*), 'columns', json_object({lists}))::varchar"
    grain = ", ".join(quoted(key) for key in keys)
    rows = connection.execute(f"select {grain}, {body} from {table} group by {grain}").fetchall()
    empty = connection.execute(f"select {body} from (from {table} select *, rowid where false)").fetchall()
    connection.execute(f"drop table {table}").fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows} | {(): empty[0][0]}


def described(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Columns and their types of a temporary table.

    Raises:
        QueryError: there is no such table.
    """
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index", [table]
    ).fetchall()
    if not rows:
        raise QueryError(f"There is no temporary table {table}: {PREPARATION} makes those that files are cut by.")
    return dict(rows)


def as_json(column: str, kind: str) -> str:
    """A column as it is written: dates as days since 1970-01-01, decimals as plain numbers, what JSON has no number for as null."""
    name = quoted(column)
    if kind == "DATE":
        return f"({name} - date '1970-01-01')"
    if kind.startswith("DECIMAL") or kind == "HUGEINT":
        return f"{name}::double"
    if kind in ("DOUBLE", "FLOAT"):
        return f"case when isfinite({name}) then {name} end"
    return name


def refuse_personal(connection: duckdb.DuckDBPyConnection, query: Query, columns: Mapping[str, str]) -> None:
    """Stop where a query would publish a column that is personal in a table it reads, or a person's key in any.

    Raises:
        QueryError: names the query, the column and where it was declared.
    """
    read = {
        name.replace('"', "") for sql in (query.sql, *preparing()) for name in connection.get_table_names(sql, qualified=True)
    }
    rows = connection.execute(
        """
        select column_name, min(schema_name || '.' || table_name)
        from _meta.published_column
        where personal is not null and column_name in (select unnest($columns))
            and (schema_name || '.' || table_name in (select unnest($read)) or column_name like '%viewer_id' or column_name like '%user_id'
                or column_name like '%device_id' or column_name like 'email%')
        group by column_name
        order by column_name
        """,
        {"columns": list(columns), "read": sorted(read)},
    ).fetchall()
    if rows:
        named = ", ".join(f"{column} (personal in {table})" for column, table in rows)
        raise QueryError(f"{query.path} would publish {named}: the site shows aggregates only. Count or group instead.")


def preparing() -> Sequence[str]:
    """The statements of the preparation that read tables."""
    return [statement.query for statement in duckdb.extract_statements(PREPARATION.read_text()) if "table" in statement.query]


def write_files(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    partition: str,
    datasets: Mapping[str, Mapping[tuple[str, ...], str]],
    written: Exported,
) -> Exported:
    """Write one file per row of a partition with all its datasets; how much there is now."""
    keys = list(described(connection, f"partition_{partition}"))
    names = ", ".join(quoted(key) for key in keys)
    places = ", ".join(f"file_key({quoted(key)})" for key in keys)
    files, size = written.files, written.size_bytes
    for row in connection.execute(f"select {names}, {places} from {quoted(f'partition_{partition}')}").fetchall():
        key, parts = tuple(row[: len(keys)]), row[len(keys) :]
        path = folder / partition / Path(*parts[:-1]) / f"{parts[-1]}.json"
        text = "{" + ",".join(f"{json.dumps(name)}:{found.get(key, found[()])}" for name, found in datasets.items()) + "}\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        files, size = files + 1, size + path.stat().st_size
    return Exported(files, size)
