"""What a snapshot says of itself: the build it shows (``_meta``), its tables and columns, and the comments that SQL clients show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from ingestion.home import Home
from serving.generations import current_snapshot
from serving.seals import is_sound
from serving.sql import literal, quoted


@dataclass(frozen=True)
class Table:
    """A relation of the warehouse and how many rows of it were published."""

    schema: str
    name: str
    rows: int = 0

    @property
    def sql(self) -> str:
        """Quoted ``"schema"."name"``."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Provenance:
    """Which build of the warehouse a snapshot shows."""

    build_id: str
    fingerprint: str
    code_hash: str
    dbt_version: str


@dataclass(frozen=True)
class Description:
    """What a table and its columns mean, for the comments a SQL client shows, and which columns are personal data.

    ``personal`` says by column what of a person it is: a ``key``, an ``identity`` or a ``text`` of theirs (docs/privacy.md).
    """

    text: str
    columns: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)


def describe_table(connection: duckdb.DuckDBPyConnection, relation: Table, description: Description | None) -> None:
    """Attach the comments that SQL clients show beside names."""
    if description is None:
        return
    if description.text:
        connection.execute(f"comment on table snapshot.{relation.sql} is {literal(description.text)}").fetchall()
    present = connection.execute(
        """
        select column_name from information_schema.columns
        where table_catalog = 'snapshot' and table_schema = ? and table_name = ?
        """,
        [relation.schema, relation.name],
    ).fetchall()
    for (column,) in present:
        text = description.columns.get(column)
        if text:
            target = f"snapshot.{relation.sql}.{quoted(column)}"
            connection.execute(f"comment on column {target} is {literal(text)}").fetchall()


def write_meta(
    connection: duckdb.DuckDBPyConnection,
    generation: int,
    published_at: datetime,
    provenance: Provenance,
    tables: Sequence[Table],
) -> None:
    """Write ``_meta.publication`` (one row) and ``_meta.published_table`` (one row per table)."""
    connection.execute("create schema if not exists snapshot._meta").fetchall()
    connection.execute(
        """
        create or replace table snapshot._meta.publication as
        select
            $generation::bigint as generation,
            $published_at::timestamp as published_at,
            $build_id as build_id,
            $fingerprint as fingerprint,
            $code_hash as code_hash,
            $dbt_version as dbt_version,
            $warehouse_version as warehouse_version
        """,
        {
            "generation": generation,
            "published_at": published_at.replace(tzinfo=None),
            "build_id": provenance.build_id,
            "fingerprint": provenance.fingerprint,
            "code_hash": provenance.code_hash,
            "dbt_version": provenance.dbt_version,
            "warehouse_version": warehouse_version(connection),
        },
    ).fetchall()
    connection.execute(
        """
        create or replace table snapshot._meta.published_table as
        select unnest($schemas) as schema_name, unnest($names) as table_name, unnest($rows)::bigint as row_count
        """,
        {
            "schemas": [table.schema for table in tables],
            "names": [table.name for table in tables],
            "rows": [table.rows for table in tables],
        },
    ).fetchall()


def write_columns(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], descriptions: Mapping[tuple[str, str], Description]
) -> None:
    """Write ``_meta.published_column``, one row per column: what it means, and what of a person it holds (null: nothing).

    A table that nothing is known of is taken for personal as a whole (``undeclared``).
    """
    connection.execute(
        """
        create or replace table snapshot._meta.published_column (
            schema_name varchar, table_name varchar, column_name varchar, column_index integer,
            data_type varchar, description varchar, personal varchar
        )
        """
    ).fetchall()
    for table in tables:
        description = descriptions.get((table.schema, table.name))
        personal = description.personal if description else {}
        connection.execute(
            """
            insert into snapshot._meta.published_column
            select
                schema_name, table_name, column_name, column_index, data_type, comment,
                case when $is_declared then map($columns::varchar[], $kinds::varchar[])[column_name] else 'undeclared' end
            from duckdb_columns()
            where database_name = 'snapshot' and schema_name = $schema and table_name = $table
            order by column_index
            """,
            {
                "schema": table.schema,
                "table": table.name,
                "is_declared": description is not None,
                "columns": list(personal),
                "kinds": list(personal.values()),
            },
        ).fetchall()


def warehouse_version(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Version of the warehouse's last finished run; None where it keeps no such record."""
    # Asked for first: a statement that fails would abort the transaction that the snapshot is written in.
    kept = connection.execute(
        """
        select count(*) from duckdb_tables()
        where database_name = 'warehouse' and schema_name = 'state' and table_name = 'built_loads'
        """
    ).fetchall()
    if not kept[0][0]:
        return None
    return str(connection.execute("select max(version) from warehouse.state.built_loads").fetchall()[0][0])


def read_provenance(home: Home) -> Provenance | None:
    """Which build the current snapshot shows; None where there is no snapshot, a damaged one, or one from before this record."""
    path = current_snapshot(home)
    if path is None or not is_sound(home, path):
        return None
    try:
        with duckdb.connect(path, read_only=True) as connection:
            row = connection.execute("select build_id, fingerprint, code_hash, dbt_version from _meta.publication").fetchall()
    except duckdb.Error:
        return None
    return Provenance(*row[0]) if row else None
