"""A snapshot copied into PostgreSQL aside, and then shown to readers in one transaction (docs/decisions/0010).

Readers query views: ``core.dim_video``, ``kpis.kpi_video_daily``. Behind them lies one schema per generation,
``audience_data_<generation>_<token>``, with the tables. A publish fills the next one, commits it, points all views at it at
once, and drops the one before.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingestion.home import Home
from serving.generations import published_snapshot
from serving.postgres.server import (
    ADVISORY_LOCK,
    PostgresError,
    Server,
    personal_from_environment,
    relation,
    target_from_environment,
)
from serving.postgres.swap import published_views, swap
from serving.postgres.tables import META, Column, Keys, Table, declared_keys, tables_to_publish
from serving.sql import literal, quoted

SCHEMA_PREFIX = "audience_data_"
BATCH_ROWS = 50_000
STATE = "postgres_publication"
# Told from schemas of somebody else by their comment, and only then ever dropped.
SCHEMA_COMMENT = "Tables of one published generation, private to the publisher: query the views instead."
POLL_SECONDS = 1.0

OnProgress = Callable[[int, int, str], None]
OnWait = Callable[[str], None]


@dataclass(frozen=True)
class Published:
    """What a publish did. ``is_new`` is False where the server showed exactly this already; seconds are by step."""

    generation: int
    is_new: bool
    tables: Sequence[Table]
    rows: int = 0
    left_out: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    remarks: Sequence[str] = ()


def publish(
    snapshot: Path,
    uri: str,
    keys: Keys | None = None,
    *,
    include_personal: bool = False,
    force: bool = False,
    on_progress: OnProgress | None = None,
    on_wait: OnWait | None = None,
) -> Published:
    """Bring a PostgreSQL database up to a snapshot; readers see the old generation or the new one, whole.

    Args:
        snapshot: a published DuckDB file, by its resolved path.
        uri: libpq URI or connection string; the role owns what it publishes.
        keys: declared keys by (schema, table), each of which becomes a unique index.
        include_personal: also the tables in which a column is declared personal.
        force: copy even what the server shows already.
        on_progress: told (tables done, tables in all, name of the next).
        on_wait: told in a sentence whom a publish waits for.

    Raises:
        PostgresError: it cannot be published; the message says what to do, and readers keep the generation they had.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": os.environ.get("AUDIENCE_MEMORY_LIMIT", "4GB"),
        # One thread reads several times faster than PostgreSQL writes: more would take its cores, where it runs beside.
        "threads": 1,
    }
    with duckdb.connect(str(snapshot), read_only=True, config=settings) as source, Server(uri) as server:
        source.execute("set TimeZone = 'UTC'").fetchall()
        tables = tables_to_publish(source, keys or {}, include_personal=include_personal)
        ((listed,),) = source.execute("select count(*) from _meta.published_table").fetchall()
        ((generation,),) = source.execute("select generation from _meta.publication").fetchall()
        left_out = listed - sum(table.schema != META for table in tables)
        content = content_id(source, tables, include_personal=include_personal)
        require_utf8(server)
        take_lock(server, on_wait)
        shown = current_schema(server)
        sweep(server, keep=shown)
        if shown and not force and shows(server, shown, content, tables):
            return Published(generation, False, tables, left_out=left_out)
        return build_and_swap(server, source, tables, generation, content, shown, left_out, on_progress, on_wait)


def publish_as_configured(
    home: Home, *, include_personal: bool = False, force: bool = False, on_wait: OnWait | None = None
) -> Published | None:
    """Bring the server of ``AUDIENCE_POSTGRES`` up to the current snapshot; None where nobody named one.

    ``include_personal`` asks for tables about single people even where ``AUDIENCE_POSTGRES_PERSONAL`` does not.

    Raises:
        NothingPublishedError: there is no snapshot.
        PostgresError: as ``publish``.
    """
    uri = target_from_environment()
    if uri is None:
        return None
    keys = declared_keys(home.root / "dbt" / "target" / "manifest.json")
    personal = include_personal or personal_from_environment()
    return publish(published_snapshot(home), uri, keys, include_personal=personal, force=force, on_wait=on_wait)


def build_and_swap(
    server: Server,
    source: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    generation: int,
    content: str,
    shown: str | None,
    left_out: int,
    on_progress: OnProgress | None,
    on_wait: OnWait | None,
) -> Published:
    """Copy, index, analyse, swap, drop what was shown before."""
    seconds: dict[str, float] = {}
    remarks: list[str] = []
    fresh = f"{SCHEMA_PREFIX}{generation}_{secrets.token_hex(4)}"
    state = state_table()
    require_free_names(server, [*tables, state], shown)
    rows = 0
    try:
        # One transaction: of a publisher that is killed here the server keeps nothing.
        server.execute_all(
            [f"create schema {quoted(fresh)}", f"comment on schema {quoted(fresh)} is {literal(SCHEMA_COMMENT)}"],
            "creating a schema",
        )
        for done, table in enumerate(tables):
            if on_progress:
                on_progress(done, len(tables), table.stored_name)
            rows += copy_table(server, source, table, fresh, seconds, remarks)
        state_statements = [
            state.creation(fresh),
            f"insert into {relation(fresh, state.stored_name)} values ({literal(fresh)}, {literal(content)}, now())",
        ]
        server.execute_all(state_statements)
        server.commit()
        began = time.monotonic()
        server.execute_all([f"analyze {relation(fresh, table.stored_name)}" for table in tables], "analysing")
        server.commit()
        seconds["analyse"] = time.monotonic() - began
        seconds |= swap(server, [*tables, state], fresh, shown, on_wait)
    except BaseException:
        server.rollback()
        with suppress(PostgresError):
            drop_generation(server, fresh)
        raise
    if shown:
        began = time.monotonic()
        remarks += drop_generation(server, shown)
        seconds["drop"] = time.monotonic() - began
    return Published(generation, True, tables, rows, left_out, seconds, remarks)


def copy_table(
    server: Server,
    source: duckdb.DuckDBPyConnection,
    table: Table,
    schema: str,
    seconds: dict[str, float],
    remarks: list[str],
) -> int:
    """Create, fill and index one table of a generation; its rows.

    Raises:
        PostgresError: PostgreSQL took another number of rows than the snapshot has.
    """
    began = time.monotonic()
    server.execute(table.creation(schema), f"creating {table.stored_name}")
    copied = server.copy(schema, table.stored_name, source.sql(table.query).to_arrow_reader(BATCH_ROWS))
    seconds["copy"] = seconds.get("copy", 0.0) + time.monotonic() - began
    ((expected,),) = source.execute(
        f"select count(*) from {relation(table.schema, table.name)} where {table.condition}"
    ).fetchall()
    if copied != expected:
        raise PostgresError(f"{table.stored_name} has {expected:,} rows, of which {copied:,} arrived: publish again.")
    began = time.monotonic()
    remarks += index_table(server, table, schema)
    seconds["index"] = seconds.get("index", 0.0) + time.monotonic() - began
    return copied


def index_table(server: Server, table: Table, schema: str) -> list[str]:
    """Index the keys of a table; remarks on those that cannot be. That costs speed, not truth."""
    remarks = []
    for statement in table.indexes(schema):
        # A text too long for a page of the index, or a manifest of another version of the models. The driver goes on after no
        # error, so that it is caught on the server.
        server.execute_all(
            [
                "perform set_config('audience.remark', '', true)",
                f"begin {statement}; exception when program_limit_exceeded or unique_violation then "
                "perform set_config('audience.remark', sqlerrm, true); end",
            ],
            f"indexing {table.stored_name}",
        )
        ((remark,),) = server.rows("select current_setting('audience.remark')")
        if remark:
            remarks.append(f"{table.stored_name} goes without an index: {remark} ({statement})")
    return remarks


def state_table() -> Table:
    """``_meta.postgres_publication``: which schema is shown, and what a publish compares itself with."""
    columns = [
        Column("data_schema", "VARCHAR", "The schema in which the tables behind the views lie."),
        Column("content_id", "VARCHAR", "Hash of the snapshot, of what was chosen from it and of the publisher's code."),
        Column("copied_at", "TIMESTAMP WITH TIME ZONE", "When the copy began, by the server's clock."),
    ]
    return Table(META, STATE, columns, "One row: how this generation came into PostgreSQL.")


def content_id(source: duckdb.DuckDBPyConnection, tables: Iterable[Table], *, include_personal: bool) -> str:
    """What the server is to show: this snapshot, these tables and keys, by this code."""
    publication = source.execute("select * from _meta.publication").fetchall()
    chosen = [(table.stored_name, [column.definition for column in table.columns], list(table.keys)) for table in tables]
    code = [path.read_text() for path in sorted(Path(__file__).parent.glob("*.py"))]
    text = json.dumps([publication, chosen, include_personal, code], default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def take_lock(server: Server, on_wait: OnWait | None) -> None:
    """Wait until no other publisher works on this database; the server drops the lock with the connection."""
    told = False
    while not server.rows(f"select pg_try_advisory_lock({ADVISORY_LOCK})")[0][0]:
        server.rollback()
        if on_wait and not told:
            on_wait("Waiting for another publisher of this database.")
        told = True
        time.sleep(POLL_SECONDS)
    server.commit()


def require_utf8(server: Server) -> None:
    """Refuse a database that cannot hold every text of a snapshot.

    Raises:
        PostgresError: its encoding is another than UTF8.
    """
    ((encoding, database),) = server.rows("select current_setting('server_encoding'), current_database()")
    if encoding != "UTF8":
        raise PostgresError(
            f"The database {database} is encoded in {encoding}, which cannot hold every text: publish to one created with "
            "`create database ... encoding 'UTF8' template template0`."
        )


def current_schema(server: Server) -> str | None:
    """The schema of the generation that readers see; None before the first publish."""
    ((exists,),) = server.rows(f"select to_regclass({literal(relation(META, STATE))}) is not null")
    if not exists:
        return None
    rows = server.rows(f"select data_schema from {relation(META, STATE)}")
    return str(rows[0][0]) if rows else None


def shows(server: Server, schema: str, content: str, tables: Sequence[Table]) -> bool:
    """Whether readers see exactly this content: nobody dropped a view since."""
    ((same,),) = server.rows(f"select content_id = $1 from {relation(META, STATE)}", [content])
    return bool(same) and {(table.schema, table.name) for table in tables} <= published_views(server, schema).keys()


def sweep(server: Server, keep: str | None) -> None:
    """Drop what killed publishers left: schemas of generations that no reader was ever shown, or no more."""
    left = server.rows(
        """
        select nspname from pg_namespace
        where starts_with(nspname, $1) and obj_description(oid, 'pg_namespace') = $2
        """,
        [SCHEMA_PREFIX, SCHEMA_COMMENT],
    )
    server.commit()
    for (schema,) in left:
        if schema != keep:
            drop_generation(server, schema)


def drop_generation(server: Server, schema: str) -> list[str]:
    """Drop the tables of a generation and its schema; never what somebody made to depend on them. Remarks on what stays."""
    tables = server.rows("select relname from pg_class where relnamespace = $1::regnamespace and relkind = 'r'", [quoted(schema)])
    names = ", ".join(relation(schema, name) for (name,) in tables)
    statements = [f"drop table {names}"] if names else []
    try:
        server.execute_all([*statements, f"drop schema {quoted(schema)}"], f"dropping {schema}")
        server.commit()
    except PostgresError as error:
        server.rollback()
        return [
            f"{schema} stays until nothing depends on it (views belong on {META} and the published views, not on it): {error}"
        ]
    return []


def require_free_names(server: Server, tables: Sequence[Table], shown: str | None) -> None:
    """Refuse to touch a relation that this publisher did not make.

    Raises:
        PostgresError: names what is in the way.
    """
    ours = published_views(server, shown).keys() if shown else set()
    wanted = {(table.schema, table.name) for table in tables} - ours
    taken = server.rows(
        """
        select nspname, relname from pg_class
        inner join pg_namespace on pg_namespace.oid = pg_class.relnamespace
        where (nspname, relname) in (select * from unnest($1::text[], $2::text[]))
        """,
        [pg_array(schema for schema, _ in sorted(wanted)), pg_array(name for _, name in sorted(wanted))],
    )
    if taken:
        raise PostgresError(
            f"{', '.join('.'.join(row) for row in taken)}: there already, and not made by this publisher. Rename it, or publish to "
            "a database of its own."
        )


def pg_array(values: Iterable[str]) -> str:
    """Texts as the literal of a PostgreSQL array."""
    return "{" + ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values) + "}"
