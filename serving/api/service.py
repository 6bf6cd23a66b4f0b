"""What the API does, without HTTP: tokens in, tables and pages out. Everything here runs in a reader's thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from ingestion.home import Home
from serving.api.catalog import Catalog, PublishedTable
from serving.api.cursors import Cursor, CursorSigner
from serving.api.formats import CHUNKS, ROWS_A_CHUNK, Format, Page, cells
from serving.api.gates import Limits, Stop
from serving.api.problems import generation_gone, not_ready, unknown_table
from serving.api.questions import Question, chosen_columns, parsed_conditions, parsed_order
from serving.api.reading import read_mark, read_rows
from serving.api.schemas import ColumnInfo, Publication, RowsQuery, TableDetail, TableInfo, TableList
from serving.api.scope import Scope
from serving.api.snapshots import GenerationGoneError, Snapshot, SnapshotError, Snapshots


@dataclass(frozen=True)
class PageAnswer:
    """A page as bytes, the generation it is of, and where the next one begins."""

    chunks: Iterator[bytes] | Sequence[bytes]
    generation: int
    next_cursor: str | None


class Service:
    """The published snapshot, as far as a scope reaches."""

    def __init__(self, home: Home, limits: Limits) -> None:
        self.snapshots = Snapshots(home, limits.memory)
        self._signer = CursorSigner.of_installation(home.api)

    def publication(self) -> Publication:
        """What is published now."""
        with self._opened(None) as snapshot:
            catalog = snapshot.catalog
            return Publication(generation=catalog.generation, published_at=catalog.published_at, build_id=catalog.build_id)

    def tables(self, stop: Stop, scope: Scope) -> TableList:
        """Every table that the scope sees."""
        with self._opened(None) as snapshot, connected(snapshot, stop) as connection:
            catalog = snapshot.catalog
            found = [described(snapshot, connection, table, scope) for table in scope.tables(catalog)]
            return TableList(generation=catalog.generation, published_at=catalog.published_at, tables=found)

    def table(self, stop: Stop, scope: Scope, schema: str, name: str) -> TableDetail:
        """One table."""
        with self._opened(None) as snapshot, connected(snapshot, stop) as connection:
            catalog = snapshot.catalog
            found = described(snapshot, connection, visible(catalog, scope, schema, name), scope)
            stamp = {"generation": catalog.generation, "published_at": catalog.published_at}
            return TableDetail.model_validate(stamp | dict(found))

    def rows(self, stop: Stop, scope: Scope, schema: str, name: str, asked: RowsQuery, format_: Format) -> PageAnswer:
        """A page of a table's rows."""
        cursor = None if asked.cursor is None else self._signer.read(asked.cursor)
        with self._opened(cursor) as snapshot, connected(snapshot, stop) as connection:
            table = visible(snapshot.catalog, scope, schema, name)
            question = Question(
                table,
                chosen_columns(table, asked.columns),
                scope.workspaces_of(table),
                parsed_conditions(table, asked.where),
                parsed_order(table, asked.order),
            )
            after = None if cursor is None else read_mark(connection, question, cursor)
            rows, last = read_rows(connection, question, cells(format_, question.columns), asked.limit, after)
            generation = snapshot.catalog.generation
            following = None if last is None else Cursor(generation, snapshot.identity, question.digest, last)
            next_cursor = None if following is None else self._signer.write(following)
            head = {
                "schema": schema,
                "table": name,
                "generation": generation,
                "published_at": written(snapshot.catalog.published_at),
                "next_cursor": next_cursor,
            }
        chunks = CHUNKS[format_](Page(rows, head))
        # A small page is written here, in the reader's thread; a large one while it is sent.
        return PageAnswer(list(chunks) if rows.num_rows <= ROWS_A_CHUNK else chunks, generation, next_cursor)

    @contextmanager
    def _opened(self, cursor: Cursor | None) -> Iterator[Snapshot]:
        """The current generation, or that of a cursor.

        Raises:
            ProblemError: 410, the cursor's generation is gone; 503, there is nothing to read.
        """
        opening = self.snapshots.current() if cursor is None else self.snapshots.generation(cursor.generation, cursor.identity)
        try:
            with opening as snapshot:
                yield snapshot
        except GenerationGoneError as error:
            raise generation_gone(cursor.generation if cursor else 0) from error
        except SnapshotError as error:
            raise not_ready(str(error)) from error


@contextmanager
def connected(snapshot: Snapshot, stop: Stop) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of this request's own, which ``stop`` can interrupt."""
    connection = snapshot.connection()
    stop.watch(connection)
    try:
        yield connection
    finally:
        stop.unwatch()
        connection.close()


def visible(catalog: Catalog, scope: Scope, schema: str, name: str) -> PublishedTable:
    """A table that the scope sees.

    Raises:
        ProblemError: 404, there is none.
    """
    table = scope.table(catalog, schema, name)
    if table is None:
        raise unknown_table(schema[:100], name[:100])
    return table


def described(snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, table: PublishedTable, scope: Scope) -> TableInfo:
    """A table as the API tells of it; its rows are counted in the scope's workspaces alone."""
    is_limited = scope.workspaces_of(table) is not None
    counts = snapshot.workspace_counts(connection, table) if is_limited else {}
    return TableInfo(
        schema=table.schema,
        name=table.name,
        description=table.description,
        row_count=scope.rows_of(table, counts),
        columns=[
            ColumnInfo(name=column.name, type=column.data_type, description=column.description, personal=column.personal)
            for column in table.columns
        ],
    )


def written(moment: datetime) -> str:
    """ISO 8601 in UTC."""
    return moment.isoformat().replace("+00:00", "Z")
