"""What a source declares: its records' fields, and how a line becomes a JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "integer", "flag", "decimal", "time", "strings", "ranges", "object"]

SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "flag": "BOOLEAN",
    "decimal": "DECIMAL(20,6)",
    "time": "TIMESTAMP",
    "strings": "VARCHAR",
    "ranges": "VARCHAR",
    "object": "VARCHAR",
}


@dataclass(frozen=True)
class Field:
    """One bronze column and the key of the record that fills it.

    kind: how values are read; `strings` is a JSON list of text, `ranges` a JSON list of [from, to], `object` a JSON object.
    key: the top-level key in the record; the column's own name where empty.
    """

    name: str
    kind: Kind
    key: str = ""

    @property
    def record_key(self) -> str:
        """The record's key for this column."""
        return self.key or self.name

    @property
    def sql_type(self) -> str:
        """The column's type in bronze, as DuckDB writes it."""
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class People:
    """Where a source's records name people: DuckDB expressions over the bronze columns, with the macros of `identity.sql`.

    users, devices, playbacks: lists of ids. words: a list of texts that may be an id of a person. addressed: a text that may hold
    e-mail addresses. workspace: the workspace whose people are meant.
    columns: the bronze columns in which all this stands: no preview shows them.
    pseudonymised: columns, and the expressions that take their place where ids are pseudonymised.
    """

    users: str
    columns: tuple[str, ...]
    devices: str = "[]::varchar[]"
    playbacks: str = "[]::varchar[]"
    words: str = "[]::varchar[]"
    addressed: str = "''"
    workspace: str = "'default'"
    pseudonymised: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """An emitter: how its files are recognised and its lines shaped. One module each, found by `ingestion.sources`.

    name: the folder under the landing zone, and under bronze.
    shape_version: raised whenever the same bytes would shape into other rows; old loads are then superseded.
    fields: the columns read from each record, in bronze order.
    occurred, received: the columns whose date files the record (the first where known, else the second).
    raw_column: where set, the record's own JSON text is kept whole in this column.
    extra_column: where set, unknown keys and unfit values are kept in this column as a JSON object.
    id_column: where set, a record without it gets 'sha256:' and the hash of its trimmed line.
    is_dated: whether a record needs a time to be filed by; false for the catalog.
    line_sql: DuckDB expression over `line` that gives the record's JSON text (for lines that are not JSON themselves).
    careful_line_sql: the same at leisure, for lines of which line_sql gave nothing sound; line_sql where empty.
    ignored_sql: DuckDB predicate over `line`: true for lines that carry no record and count as blank, such as comments.
    line_form: how to write a record as a line: what somebody is told whose line is none.
    page_key: where set, the key of an object whose array holds the records: such a page is read as that many lines (`ingestion.pages`).
    page_members: keys of a page that each of its records is given, unless it has them itself.
    line_steps: expressions that those two may use by name, computed once a line, each from `line` and the steps before it.
    has_recipes: whether each folder below this source's has a recipe of its own (`ingestion.mapping`).
    recipe: the recipe by which this source shapes; its shape_version is then a hash of it, and says nothing of earlier or later.
    event_name: DuckDB expression over a record's JSON text `properties`: what it calls what happened, where our word may be another.
    people: where its records name people: whom an erasure finds, and what a pseudonym replaces.
    """

    name: str
    shape_version: int
    fields: tuple[Field, ...]
    people: People
    occurred: str = "occurred_at"
    received: str = "received_at"
    raw_column: str | None = None
    extra_column: str | None = None
    id_column: str | None = None
    is_dated: bool = True
    line_sql: str = "line"
    careful_line_sql: str = ""
    ignored_sql: str = "false"
    line_form: str = "Send one complete JSON object a line."
    page_key: str | None = None
    page_members: tuple[str, ...] = ()
    line_steps: tuple[tuple[str, str], ...] = ()
    has_recipes: bool = False
    recipe: str | None = None
    event_name: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Bronze columns beside load_id and line_number, in order, with their DuckDB types."""
        columns = {field.name: field.sql_type for field in self.fields}
        for name in (self.raw_column, self.extra_column):
            if name:
                columns[name] = "VARCHAR"
        return columns
