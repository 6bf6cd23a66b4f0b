"""What is asked of a table, checked against its columns and turned into one statement.

Nothing that a client sends becomes SQL: column names are looked up in the catalog and quoted from there, values are bound.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from serving.api.catalog import WORKSPACE_COLUMN, Column, PublishedTable
from serving.api.cursors import short_digest
from serving.api.problems import invalid_parameter, unknown_column
from serving.api.values import BOUND_EXACTLY, canonical

MAX_CONDITIONS = 20
MAX_VALUES = 1_000
MAX_ORDER = 10
WHERE_EXAMPLE = "Write it as column:operator:value, for instance `where=plays:gte:10`."


class Operator(StrEnum):
    """How a column is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    IS = "is"


SYMBOLS = {
    Operator.EQ: "=", Operator.NE: "<>", Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<=",
}  # fmt: skip
NULLNESS = {"null": "is null", "not_null": "is not null"}


@dataclass(frozen=True)
class Condition:
    """One ``where``: a column, an operator, and its values as texts that the column's type can hold."""

    column: Column
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True)
class Ordering:
    """One ``order``."""

    column: Column
    is_descending: bool = False

    @property
    def sql(self) -> str:
        """As it stands in ``order by``; null comes last either way."""
        return f"{self.column.sql} {'desc' if self.is_descending else 'asc'} nulls last"


@dataclass(frozen=True)
class Question:
    """What is asked of one table. workspaces: None where the token is limited to none; it comes before every condition."""

    table: PublishedTable
    columns: tuple[Column, ...]
    workspaces: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    order: tuple[Ordering, ...] = ()

    @property
    def digest(self) -> bytes:
        """Stands for all that a cursor is bound to: which rows in which order; not for columns, which may change on the way."""
        conditions = [(each.column.name, each.operator, each.values) for each in self.conditions]
        order = [(each.column.name, each.is_descending) for each in self.order]
        workspaces = None if self.workspaces is None else sorted(self.workspaces)
        return short_digest([self.table.schema, self.table.name, workspaces, conditions, order])


@dataclass(frozen=True)
class Mark:
    """The row that the page before ended with. values: what it holds in the columns of the order, as text; None is null."""

    rowid: int
    values: tuple[str | None, ...] = ()


@dataclass
class Statement:
    """SQL and the values bound in it."""

    sql: str = ""
    values: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object, data_type: str) -> str:
        """The place of a value in the SQL, read as a type of the catalog."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"cast(${name} as {data_type})"


def chosen_columns(table: PublishedTable, names: Sequence[str]) -> tuple[Column, ...]:
    """The columns asked for, each once; all where none is named.

    Raises:
        ProblemError: 422, there is no such column.
    """
    wanted = [name for text in names for name in text.split(",")]
    return tuple(known(table, "columns", name) for name in dict.fromkeys(wanted)) or table.columns


def parsed_order(table: PublishedTable, texts: Sequence[str]) -> tuple[Ordering, ...]:
    """``column``, ``column:asc`` or ``column:desc``, several separated by commas or given one by one.

    Raises:
        ProblemError: 422, naming what is wrong.
    """
    parts = [part for text in texts for part in text.split(",")]
    if len(parts) > MAX_ORDER:
        raise invalid_parameter("order", f"It names {len(parts)} columns.", f"Order by at most {MAX_ORDER}.")
    found: dict[str, Ordering] = {}
    for part in parts:
        name, _, direction = part.partition(":")
        if direction not in ("", "asc", "desc"):
            raise invalid_parameter("order", f"{direction!r} is no direction.", "Write `column:asc` or `column:desc`.")
        found.setdefault(name, Ordering(known(table, "order", name), direction == "desc"))
    return tuple(found.values())


def parsed_conditions(table: PublishedTable, texts: Sequence[str]) -> tuple[Condition, ...]:
    """``column:operator:value`` each; all must hold.

    Raises:
        ProblemError: 422, naming what is wrong.
    """
    if len(texts) > MAX_CONDITIONS:
        raise invalid_parameter("where", f"It is given {len(texts)} times.", f"Give it at most {MAX_CONDITIONS} times.")
    return tuple(parsed_condition(table, text) for text in texts)


def parsed_condition(table: PublishedTable, text: str) -> Condition:
    """One ``column:operator:value``."""
    name, _, rest = text.partition(":")
    written, has_value, value = rest.partition(":")
    column = known(table, "where", name)
    if written not in list(Operator) or not has_value:
        raise invalid_parameter("where", f"{text[:200]!r} is no condition.", f"{WHERE_EXAMPLE} Operators: {', '.join(Operator)}.")
    operator = Operator(written)
    if operator is Operator.IS:
        if value not in NULLNESS:
            raise invalid_parameter(
                "where", f"A column is not {value[:200]!r}.", "Write `column:is:null` or `column:is:not_null`."
            )
        return Condition(column, operator, (value,))
    values = listed(value) if operator is Operator.IN else [value]
    return Condition(column, operator, tuple(canonical(column, each) for each in values))


def listed(text: str) -> list[str]:
    """The values of ``in``: separated by commas, quoted as in CSV where one holds a comma."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        remedy = 'Quote a value with a comma or a quote as in CSV: `in:"a, b",c`.'
        raise invalid_parameter("where", f"The list {text[:200]!r} cannot be read ({error}).", remedy) from error
    values = rows[0] if rows else [""]
    if len(values) > MAX_VALUES:
        raise invalid_parameter("where", f"A list has {len(values)} values.", f"List at most {MAX_VALUES}.")
    return values


def known(table: PublishedTable, parameter: str, name: str) -> Column:
    """A column of the table by its exact name."""
    column = table.by_name.get(name)
    if column is None:
        raise unknown_column(parameter, name[:200], list(table.by_name))
    return column


def page_statement(question: Question, cells: str, limit: int, after: Mark | None) -> Statement:
    """The statement that reads a page: ``cells`` (SQL) and ``rowid``, at most ``limit`` rows.

    Without an order rows come as they lie, which DuckDB keeps through where and limit: it stops reading at the last of them.
    With one, the rows are found by the columns of the order alone and only then read whole (2026-11-22, 10 million rows of 11
    columns, ordered by one that is strewn over the file: 41 ms instead of 212).
    """
    statement = Statement()
    found = f"{question.table.sql} where {' and '.join(restrictions(question, statement, after)) or 'true'}"
    if not question.order:
        statement.sql = f"select {cells}, rowid from {found} limit {limit:d}"
        return statement
    order = ", ".join([*(each.sql for each in question.order), "rowid"])
    narrow = f"select rowid from {found} order by {order} limit {limit:d}"
    statement.sql = f"select {cells}, rowid from {question.table.sql} where rowid in ({narrow}) order by {order}"
    return statement


def mark_statement(question: Question, rowid: int) -> Statement:
    """The statement that reads the values by which a cursor's row is ordered; no row where the cursor's row is not in reach."""
    statement = Statement()
    texts = ", ".join(f"cast({each.column.sql} as varchar)" for each in question.order)
    restriction = [*workspace_restriction(question, statement), f"rowid = {statement.bind(rowid, 'BIGINT')}"]
    statement.sql = f"select {texts} from {question.table.sql} where {' and '.join(restriction)}"
    return statement


def restrictions(question: Question, statement: Statement, after: Mark | None) -> list[str]:
    """What must hold of a row: its workspace first, then what was asked, then that it comes after the page before."""
    found = workspace_restriction(question, statement)
    found += [condition_sql(each, statement) for each in question.conditions]
    if after is not None:
        found.append(after_mark(question, after, statement))
    return found


def workspace_restriction(question: Question, statement: Statement) -> list[str]:
    """The row is of a workspace that the token opens."""
    if question.workspaces is None:
        return []
    bound = [statement.bind(workspace, "VARCHAR") for workspace in question.workspaces]
    return [f'"{WORKSPACE_COLUMN}" in ({", ".join(bound)})']


def condition_sql(condition: Condition, statement: Statement) -> str:
    """One condition, its values bound."""
    column = condition.column
    if condition.operator is Operator.IS:
        return f"{column.sql} {NULLNESS[condition.values[0]]}"
    bound = [statement.bind(value, column.data_type) for value in condition.values]
    if condition.operator is Operator.IN:
        return f"{column.sql} in ({', '.join(bound)})"
    return f"{column.sql} {SYMBOLS[condition.operator]} {bound[0]}"


def after_mark(question: Question, mark: Mark, statement: Statement) -> str:
    """The row comes after the mark in the order, null last, and rows that are equal in it as they lie."""
    rowid = statement.bind(mark.rowid, "BIGINT")
    beyond = f"rowid > {rowid}"
    for ordering, value in reversed(list(zip(question.order, mark.values, strict=True))):
        column = ordering.column
        if value is None:
            beyond = f"({column.sql} is null and {beyond})"
            continue
        bound = marked_value(question.table, column, value, rowid, statement)
        comes_later = f"{column.sql} {'<' if ordering.is_descending else '>'} {bound} or {column.sql} is null"
        beyond = f"({comes_later} or ({column.sql} = {bound} and {beyond}))"
    return beyond


def marked_value(table: PublishedTable, column: Column, text: str, rowid: str, statement: Statement) -> str:
    """The mark's value in a column: bound, so that row groups beyond it are skipped; nested ones, which text may not carry
    exactly, are read from the row itself."""
    if column.family in BOUND_EXACTLY:
        return statement.bind(text, column.data_type)
    return f"(select {column.sql} from {table.sql} where rowid = {rowid})"
