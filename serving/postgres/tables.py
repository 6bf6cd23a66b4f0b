"""Which tables of a snapshot go to PostgreSQL, and what they are there: types, keys, statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from serving.postgres.server import PostgresError, relation
from serving.publish import SCHEMAS
from serving.sql import literal, quoted

# Types that the driver's binary COPY writes exactly as PostgreSQL stores them. A timestamp of a snapshot is a moment in UTC.
EXACT = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "UBIGINT": "numeric(20, 0)",
    "HUGEINT": "numeric(39, 0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamptz",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "INTERVAL": "interval",
    "BLOB": "bytea",
}
NESTED = ("STRUCT", "MAP", "UNION")
META = "_meta"
# What of `_meta` names tables: only those that are published too.
META_FILTERS = {
    "publication": "true",
    "published_table": "(schema_name, table_name) in (select unnest($tables))",
    "published_column": "(schema_name, table_name) in (select unnest($tables))",
}

Keys = Mapping[tuple[str, str], Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Column:
    """A column: its type in the snapshot, and what it means."""

    name: str
    snapshot_type: str
    description: str | None = None
    is_key: bool = False

    @property
    def postgres_type(self) -> str:
        """Its type in PostgreSQL; what has no counterpart is text, lists and structures JSON text."""
        if self.snapshot_type.startswith("DECIMAL("):
            return f"numeric{self.snapshot_type.removeprefix('DECIMAL')}"
        return EXACT.get(self.snapshot_type, "text")

    @property
    def definition(self) -> str:
        """Its place in ``create table``. Keys sort by bytes: several times faster to index, and safe from a change of locale."""
        collation = ' collate "C"' if self.is_key and self.postgres_type == "text" else ""
        return f"{quoted(self.name)} {self.postgres_type}{collation}"

    @property
    def selection(self) -> str:
        """Its expression over the snapshot. PostgreSQL's text holds no NUL character: U+FFFD stands in its place."""
        name = quoted(self.name)
        if self.postgres_type != "text":
            return name
        if self.snapshot_type.endswith("]") or self.snapshot_type.startswith(NESTED):
            value = f"to_json({name})::varchar"
        else:
            value = name if self.snapshot_type == "VARCHAR" else f"{name}::varchar"
        return f"replace({value}, chr(0), chr(65533)) as {name}"


@dataclass(frozen=True)
class Table:
    """A table to publish: ``rows`` are those of the snapshot that are meant by ``condition``."""

    schema: str
    name: str
    columns: Sequence[Column]
    description: str | None = None
    keys: Sequence[Sequence[str]] = field(default=())
    condition: str = "true"

    @property
    def stored_name(self) -> str:
        """The name of its table in the schema of a generation."""
        return f"{self.schema}.{self.name}"

    @property
    def view(self) -> str:
        """Quoted name of the view that readers see."""
        return relation(self.schema, self.name)

    @property
    def query(self) -> str:
        """Its rows in the snapshot."""
        selections = ", ".join(column.selection for column in self.columns)
        return f"select {selections} from {relation(self.schema, self.name)} where {self.condition}"

    def creation(self, schema: str) -> str:
        """``create table`` in the schema of a generation."""
        return f"create table {relation(schema, self.stored_name)} ({', '.join(column.definition for column in self.columns)})"

    def indexes(self, schema: str) -> list[str]:
        """A unique index per declared key."""
        return [
            f"create unique index on {relation(schema, self.stored_name)} ({', '.join(quoted(column) for column in key)})"
            for key in self.keys
        ]

    def view_creation(self, schema: str) -> str:
        """The view readers see, over the table of a generation."""
        columns = ", ".join(quoted(column.name) for column in self.columns)
        return f"create or replace view {self.view} as select {columns} from {relation(schema, self.stored_name)}"

    def comments(self) -> dict[str, str]:
        """What is said of the view and its columns, as text by target of ``comment on``."""
        said = {f"view {self.view}": self.description or ""}
        said |= {f"column {self.view}.{quoted(column.name)}": column.description or "" for column in self.columns}
        return {target: text for target, text in said.items() if text}


def tables_to_publish(connection: duckdb.DuckDBPyConnection, keys: Keys, *, include_personal: bool) -> list[Table]:
    """The tables of a snapshot, and its ``_meta``; those with a personal column only where they are asked for.

    Raises:
        PostgresError: the snapshot does not say which of its columns are personal.
    """
    described = {
        name for (name,) in connection.execute("select table_name from duckdb_tables() where schema_name = '_meta'").fetchall()
    }
    if not META_FILTERS.keys() <= described:
        raise PostgresError("This snapshot does not say which of its columns are personal: publish it again with `make run`.")
    rows = connection.execute(
        """
        select
            columns.schema_name, columns.table_name, tables.comment,
            list((columns.column_name, columns.data_type, columns.comment) order by columns.column_index)
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables using (schema_name, table_name)
        where
            columns.schema_name in (select unnest($schemas))
            and (
                $include_personal
                -- What nothing is known of is taken for personal.
                or (columns.schema_name, columns.table_name) in (
                    select (schema_name, table_name) from _meta.published_column
                    group by schema_name, table_name
                    having count(personal) = 0
                )
            )
        group by columns.schema_name, columns.table_name, tables.comment
        order by list_position($schemas, columns.schema_name), columns.table_name
        """,
        {"schemas": list(SCHEMAS), "include_personal": include_personal},
    ).fetchall()
    found = [table(schema, name, comment, columns, keys.get((schema, name), ())) for schema, name, comment, columns in rows]
    names = ", ".join(f"({literal(each.schema)}, {literal(each.name)})" for each in found)
    return [
        *found,
        *(meta_table(connection, name, condition.replace("$tables", f"[{names}]")) for name, condition in META_FILTERS.items()),
    ]


def table(
    schema: str, name: str, comment: str | None, columns: Sequence[tuple[str, str, str | None]], keys: Sequence[Sequence[str]]
) -> Table:
    """A table with those of its declared keys whose columns it has: the manifest may be of a later version of the models."""
    present = {column for column, _, _ in columns}
    known = [key for key in keys if present.issuperset(key)]
    of_keys = {column for key in known for column in key}
    return Table(schema, name, [Column(column, kind, said, column in of_keys) for column, kind, said in columns], comment, known)


def meta_table(connection: duckdb.DuckDBPyConnection, name: str, condition: str) -> Table:
    """A table of ``_meta``."""
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
        [META, name],
    ).fetchall()
    return Table(META, name, [Column(column, kind) for column, kind in columns], condition=condition)


def declared_keys(manifest: Path) -> dict[tuple[str, str], list[list[str]]]:
    """Keys by (schema, table) that dbt tests the tables for, the first declared first; none where there is no manifest."""
    if not manifest.exists():
        return {}
    nodes = json.loads(manifest.read_text())["nodes"]
    keys: dict[tuple[str, str], list[list[str]]] = {}
    for node in nodes.values():
        test = node.get("test_metadata") or {}
        columns = {
            "unique": lambda said: [said["column_name"]],
            "unique_combination_of_columns": lambda said: list(said["columns"]),
        }.get(test.get("name", ""))
        model = nodes.get(node.get("attached_node") or "")
        if columns and model:
            keys.setdefault((model["schema"], model["alias"]), []).append(columns(test["kwargs"]))
    return keys
