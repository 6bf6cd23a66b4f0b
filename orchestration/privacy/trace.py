"""Where a text stands in all that an installation wrote: every file decoded, every table read, every byte looked at."""

from __future__ import annotations

import mmap
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import local_files
from ingestion.decode import Decoded, codec_of
from ingestion.lake import glob_literal
from serving.postgres.publish import SCHEMA_PREFIX
from serving.postgres.server import Server, relation
from serving.sql import quoted

PARQUET, SQLITE, DUCKDB_MAGIC, DUCKDB_OFFSET = b"PAR1", b"SQLite format 3\0", b"DUCK", 8
BLOCK_BYTES = 2**22


@dataclass(frozen=True)
class Trace:
    """A place where a text stands. place: a table, or how the file was read; count: rows, or 1 where bytes were looked at."""

    path: Path
    place: str
    count: int


@dataclass(frozen=True)
class Unsearched:
    """A file that could not be looked into, and why."""

    path: Path
    reason: str


def trace(
    roots: Sequence[Path], texts: Sequence[str], *, leaving_out: Path | None = None, landing: Path | None = None
) -> tuple[list[Trace], list[Unsearched]]:
    """Every place below the roots where one of the texts stands, in any case; and what could not be searched.

    landing: a landing zone, where what links lead to is searched as far as a load would read it.
    Parquet files, DuckDB and SQLite databases are read as rows and as bytes, archives unpacked, everything else read as bytes.
    """
    found: list[Trace] = []
    unsearched: list[Unsearched] = []
    words = [text for text in dict.fromkeys(texts) if text]
    for path in files_below(roots, landing) if words else ():
        if leaving_out and path.is_relative_to(leaving_out):
            continue
        try:
            found += traces_in(path, words)
        except (OSError, duckdb.Error, sqlite3.Error, pa.ArrowInvalid) as error:
            unsearched.append(Unsearched(path, str(error).splitlines()[0]))
    return found, unsearched


def files_below(roots: Sequence[Path], landing: Path | None = None) -> Iterator[Path]:
    """All regular files below the roots, hidden ones too, and those that a load of the landing zone finds through links; each once."""
    seen: set[Path] = set()
    for path in chain(regular_files(roots), linked_files(landing) if landing else ()):
        lies = path.resolve()
        if lies not in seen:
            seen.add(lies)
            yield path


def regular_files(roots: Sequence[Path]) -> Iterator[Path]:
    """The regular files below the roots, hidden ones too; no link is followed."""
    for root in roots:
        for folder, _, names in os.walk(root):
            for path in (Path(folder) / name for name in sorted(names)):
                if not path.is_symlink() and path.is_file():
                    yield path


def linked_files(landing: Path) -> Iterator[Path]:
    """The files that a landing zone shows, those included that lie elsewhere and that a link of the operator's leads to."""
    names, _ = local_files.files_below(landing)
    for name in names:
        path = landing / name
        if path.is_file():
            yield path


def traces_in(path: Path, words: Sequence[str]) -> Iterator[Trace]:
    """The places in one file."""
    with path.open("rb") as file:
        head = file.read(32)
    if head.startswith(PARQUET):
        yield from rows_of_parquet(path, words)
    elif head[DUCKDB_OFFSET : DUCKDB_OFFSET + 4] == DUCKDB_MAGIC:
        yield from rows_of_duckdb(path, words)
    elif head.startswith(SQLITE):
        yield from rows_of_sqlite(path, words)
    elif head and (codec := codec_of(path, path.name)):
        if stands_in_stream(Decoded(path, codec).blocks(BLOCK_BYTES), words):
            yield Trace(path, f"unpacked ({codec})", 1)
        return
    if head and stands_in_bytes(path, words):
        yield Trace(path, "bytes", 1)


def rows_of_parquet(path: Path, words: Sequence[str]) -> Iterator[Trace]:
    """Rows of a Parquet file, whatever their columns are."""
    with duckdb.connect() as connection:
        count = rows_with(connection, f"read_parquet('{glob_literal(str(path)).replace(chr(39), chr(39) * 2)}')", words)
    if count:
        yield Trace(path, "rows", count)


def rows_of_duckdb(path: Path, words: Sequence[str]) -> Iterator[Trace]:
    """Rows of every table of a DuckDB database."""
    with duckdb.connect(path, read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        for schema, table in tables:
            if count := rows_with(connection, f"{quoted(schema)}.{quoted(table)}", words):
                yield Trace(path, f"{schema}.{table}", count)


def rows_with(connection: duckdb.DuckDBPyConnection, relation: str, words: Sequence[str]) -> int:
    """How many rows of a relation hold one of the words in any column, structures and bytes included."""
    said = "lower(to_json(said)::varchar)"
    hits = " or ".join(f"contains({said}, lower(?))" for _ in words)
    escaped = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return int(connection.execute(f"select count(*) from {relation} as said where {hits}", escaped).fetchall()[0][0])


def rows_of_sqlite(path: Path, words: Sequence[str]) -> Iterator[Trace]:
    """Rows of every table of a SQLite database."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table' order by 1").fetchall():
            count = connection.execute(
                f"select count(*) from {quoted(table)} where {sqlite_hits(connection, table, words)}"
            ).fetchone()[0]
            if count:
                yield Trace(path, table, count)


def traces_in_postgres(uri: str, words: Sequence[str]) -> list[Trace]:
    """Rows of the tables that a PostgreSQL server holds for readers, of every generation that is left there."""
    with Server(uri) as server:
        held = server.rows(
            "select table_schema, table_name from information_schema.tables "
            "where table_type = 'BASE TABLE' and starts_with(table_schema, $1) order by 1, 2",
            [SCHEMA_PREFIX],
        )
        wanted = " or ".join(f"position(lower(${place}) in lower(said::text)) > 0" for place in range(1, len(words) + 1))
        found = []
        for schema, table in held if words else []:
            ((count,),) = server.rows(f"select count(*) from {relation(schema, table)} as said where {wanted}", list(words))
            if count:
                found.append(Trace(Path("PostgreSQL"), f"{schema}.{table}", count))
        return found


def sqlite_hits(connection: sqlite3.Connection, table: str, words: Sequence[str]) -> str:
    """Condition that any column of a SQLite table holds one of the words."""
    columns = [row[1] for row in connection.execute(f"pragma table_info({quoted(table)})").fetchall()]
    literals = ["'" + word.lower().replace("'", "''") + "'" for word in words]
    return (
        " or ".join(f"instr(lower(cast({quoted(column)} as text)), {literal})" for column in columns for literal in literals)
        or "false"
    )


def stands_in_bytes(path: Path, words: Sequence[str]) -> bool:
    """Whether a file's bytes hold one of the words as UTF-8."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return pattern(words).search(content) is not None


def stands_in_stream(blocks: Iterator[bytes], words: Sequence[str]) -> bool:
    """Whether unpacked bytes hold one of the words, across the edges of blocks too."""
    wanted, reach = pattern(words), max(len(word.encode()) for word in words)
    tail = b""
    for block in blocks:
        if wanted.search(tail + block):
            return True
        tail = (tail + block)[-reach:]
    return False


def pattern(words: Sequence[str]) -> re.Pattern[bytes]:
    """The words as UTF-8, in any case of ASCII letters."""
    return re.compile(b"|".join(re.escape(word.encode()) for word in words), re.IGNORECASE)
