"""What a snapshot says about itself: its tables, their columns, and what of a person they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import duckdb

from serving.publish import quoted

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
        """Quoted ``"schema"."name"``."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

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
    """Read the catalog of an opened snapshot.

    Raises:
        duckdb.CatalogException: it is older than ``_meta.published_column``; without that nothing says what is personal.
    """
    ((generation, published_at, build_id),) = connection.execute(
        "select generation, published_at, build_id from _meta.publication"
    ).fetchall()
    # Columns are those of the file itself: one that _meta does not speak of is taken for personal.
    rows = connection.execute(
        """
        select
            tables.schema_name, tables.table_name, tables.comment, published.row_count,
            list(
                (
                    columns.column_name, columns.data_type, columns.comment,
                    case when declared.column_name is null then 'undeclared' else declared.personal end
                )
                order by columns.column_index
            )
        from duckdb_tables() as tables
        inner join _meta.published_table as published
            on tables.schema_name = published.schema_name and tables.table_name = published.table_name
        inner join duckdb_columns() as columns on tables.table_oid = columns.table_oid
        left join _meta.published_column as declared
            on columns.schema_name = declared.schema_name and columns.table_name = declared.table_name
            and columns.column_name = declared.column_name
        where tables.database_name = current_database() and columns.database_name = current_database()
        group by all
        order by tables.schema_name, tables.table_name
        """
    ).fetchall()
    tables = {
        (schema, name): PublishedTable(schema, name, description, row_count, tuple(Column(*column) for column in columns))
        for schema, name, description, row_count, columns in rows
    }
    return Catalog(int(generation), published_at.replace(tzinfo=UTC), build_id, tables)
