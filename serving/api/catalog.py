"""What a snapshot says about itself: its tables, their columns, and what of a person they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby

import duckdb

from serving.sql import quoted

# The name that a generation's file is attached under.
DATABASE = "snapshot"
WORKSPACE_COLUMN = "workspace_id"
PERSONAL_KINDS = ("key", "identity", "text", "undeclared")


@dataclass(frozen=True)
class Column:
    """A column as published; ``personal`` says what of a person it holds (null: nothing)."""

    name: str
    data_type: str
    description: str | None
    personal: str | None

    @property
    def sql(self) -> str:
        """Its quoted name."""
        return quoted(self.name)

    @property
    def family(self) -> str:
        """Its type without width and scale: ``DECIMAL(20,6)`` is ``DECIMAL``."""
        return self.data_type.partition("(")[0]


@dataclass(frozen=True)
class PublishedTable:
    """A table of a snapshot with everything that a question about it is checked against."""

    schema: str
    name: str
    description: str | None
    row_count: int
    columns: tuple[Column, ...]

    @property
    def sql(self) -> str:
        """Its quoted name, the database included."""
        return f"{DATABASE}.{quoted(self.schema)}.{quoted(self.name)}"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def has_personal_data(self) -> bool:
        """Whether any column holds something of a person."""
        return any(column.personal is not None for column in self.columns)

    @cached_property
    def has_workspace(self) -> bool:
        """Whether each row says which workspace it is of, so that rows can be held apart."""
        column = self.by_name.get(WORKSPACE_COLUMN)
        return column is not None and column.family == "VARCHAR"


@dataclass(frozen=True)
class Catalog:
    """Everything a snapshot says about itself, read once when it is opened."""

    generation: int
    published_at: datetime
    build_id: str
    tables: Mapping[tuple[str, str], PublishedTable]


def read_catalog(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """Read the catalog of an attached snapshot.

    Raises:
        duckdb.CatalogException: it is older than ``_meta.published_column``; without that nothing says what is personal.
    """
    ((generation, published_at, build_id),) = connection.execute(
        f"select generation, published_at, build_id from {DATABASE}._meta.publication"
    ).fetchall()
    tables = connection.execute(
        f"""
        select tables.schema_name, tables.table_name, tables.comment, published.row_count
        from duckdb_tables() as tables
        inner join {DATABASE}._meta.published_table as published
            on tables.schema_name = published.schema_name and tables.table_name = published.table_name
        where tables.database_name = $database
        order by tables.schema_name, tables.table_name
        """,
        {"database": DATABASE},
    ).fetchall()
    columns = read_columns(connection)
    found = {
        (schema, name): PublishedTable(schema, name, text, rows, columns[schema, name]) for schema, name, text, rows in tables
    }
    return Catalog(int(generation), published_at.replace(tzinfo=UTC), build_id, found)


def read_columns(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[Column, ...]]:
    """Columns by (schema, table), in their order: those of the file itself; one that ``_meta`` does not speak of is personal."""
    rows = connection.execute(
        f"""
        select
            columns.schema_name, columns.table_name, columns.column_name, columns.data_type, columns.comment,
            case when declared.column_name is null then 'undeclared' else declared.personal end
        from duckdb_columns() as columns
        left join {DATABASE}._meta.published_column as declared
            on columns.schema_name = declared.schema_name and columns.table_name = declared.table_name
            and columns.column_name = declared.column_name
        where columns.database_name = $database
        order by columns.schema_name, columns.table_name, columns.column_index
        """,
        {"database": DATABASE},
    ).fetchall()
    return {key: tuple(Column(*row[2:]) for row in of_table) for key, of_table in groupby(rows, key=lambda row: (row[0], row[1]))}
