"""A page, read.

It is read whole before its first byte is sent: an error still has its status code, and a slow client holds no connection, no
generation and none of the readers. What that takes is bounded by rows and bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from serving.api.cursors import Cursor
from serving.api.problems import invalid_cursor
from serving.api.questions import Mark, Question, mark_statement, page_statement
from serving.api.values import check_range

DEFAULT_ROWS = 1_000
MAX_ROWS = 50_000
# A page of very long texts ends before its limit; the next goes on from there.
MAX_BYTES = 32 << 20
ROWS_A_BATCH = 2_048


def read_mark(connection: duckdb.DuckDBPyConnection, question: Question, cursor: Cursor) -> Mark:
    """The row that the page before ended with, and what it holds in the order's columns.

    Raises:
        ProblemError: 422, the cursor is of another question, or its row is not in reach of this one.
    """
    if cursor.question != question.digest:
        raise invalid_cursor("It belongs to another table, `where`, `order` or token's workspaces.")
    if not question.order:
        return Mark(cursor.rowid)
    statement = mark_statement(question, cursor.rowid)
    rows = connection.execute(statement.sql, statement.values).fetchall()
    if not rows:
        raise invalid_cursor("Its row is not in reach.")
    return Mark(cursor.rowid, tuple(rows[0]))


def read_rows(
    connection: duckdb.DuckDBPyConnection, question: Question, cells: str, limit: int, after: Mark | None
) -> tuple[pa.Table, int | None]:
    """The rows of a page, and the rowid of its last one where others follow.

    Args:
        connection: onto an opened snapshot.
        question: what is asked.
        cells: SQL of what is selected for each row.
        limit: rows at most.
        after: where the page before ended.
    """
    for condition in question.conditions:
        if condition.operator != "is":
            check_range(connection, condition.column, condition.values)
    # One more than asked for says whether a page follows.
    statement = page_statement(question, cells, limit + 1, after)
    reader = connection.sql(statement.sql, params=statement.values).to_arrow_reader(ROWS_A_BATCH)
    batches, has_more = within(reader, MAX_BYTES)
    table = pa.Table.from_batches(batches, reader.schema)
    has_more = has_more or table.num_rows > limit
    table = table.slice(0, limit)
    last = table.column("rowid")[-1].as_py() if has_more else None
    return table.drop_columns("rowid"), last


def within(reader: pa.RecordBatchReader, most_bytes: int) -> tuple[Sequence[pa.RecordBatch], bool]:
    """The first batches that fit in so many bytes, one at least, and whether others follow."""
    batches: list[pa.RecordBatch] = []
    held = 0
    for batch in reader:
        held += batch.nbytes
        if batches and held > most_bytes:
            return batches, True
        batches.append(batch)
    return batches, False
