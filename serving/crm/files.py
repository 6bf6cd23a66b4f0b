"""The export tables of a snapshot as files: CSV for people and imports, Parquet and NDJSON for systems, at any fsspec URI.

A file is made aside and then put in its place. ``exports.json`` is written last and names every file with its rows and its SHA-256:
whoever reads it first never takes half a set.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from ingestion.home import Home
from ingestion.stores import file_system
from serving.cells import formula_safe
from serving.generations import published_snapshot
from serving.seals import digest
from serving.sql import quoted

SCHEMA = "exports"
BOOKS = "exports.json"


class Format(StrEnum):
    """How a file is written; the value is its ending."""

    CSV = "csv"
    PARQUET = "parquet"
    NDJSON = "ndjson"


# What every run leaves in $AUDIENCE_HOME/exports: one for people and imports, one for systems.
OWN_FORMATS = (Format.CSV, Format.PARQUET)
OPTIONS = {Format.CSV: "format csv, header", Format.PARQUET: "format parquet, compression zstd", Format.NDJSON: "format json"}


class ExportError(RuntimeError):
    """The files cannot be written; the message says what to do."""


@dataclass(frozen=True)
class ExportedFile:
    """One table in one format."""

    table: str
    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ExportedFiles:
    """What was written where, from which snapshot."""

    target: str
    snapshot: str
    files: Sequence[ExportedFile]


def write_files(snapshot: Path, target: str, formats: Sequence[Format] = (Format.CSV,)) -> ExportedFiles:
    """Write every export table of a snapshot to a folder, and the books of what was written.

    Args:
        snapshot: a published DuckDB file.
        target: a folder, or any fsspec URI of one; files of an earlier set are replaced.
        formats: each table is written once in each.

    Raises:
        ExportError: the snapshot has no export tables.
        UnreachableError: nothing here writes to such a URI.
    """
    filesystem, folder = file_system(target)
    filesystem.makedirs(folder, exist_ok=True)
    files: list[ExportedFile] = []
    with tempfile.TemporaryDirectory() as aside, duckdb.connect(str(snapshot.resolve()), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        for table in export_tables(connection):
            for chosen in formats:
                made = Path(aside) / f"{table}.{chosen}"
                rows = write_file(connection, table, chosen, made)
                put(filesystem, made, f"{folder}/{made.name}")
                files.append(ExportedFile(table, made.name, rows, made.stat().st_size, digest(made)))
        if not files:
            raise ExportError(f"{snapshot} holds no export tables: run `make run` once more to publish them.")
        written = ExportedFiles(target, snapshot.resolve().name, files)
        books = Path(aside) / BOOKS
        told = {
            "snapshot": written.snapshot,
            "published_at": published_at(snapshot.resolve()),
            "files": [asdict(file) for file in files],
        }
        books.write_text(json.dumps(told, indent=2) + "\n")
        put(filesystem, books, f"{folder}/{BOOKS}")
    return written


def refresh_files(home: Home) -> ExportedFiles | None:
    """The files of an installation's own folder, written anew where they are not of its current snapshot; None where they are.

    Raises:
        NothingPublishedError: there is no snapshot to export.
        ExportError: what is published has no export tables.
    """
    snapshot = published_snapshot(home)
    if is_exported(home.exports, snapshot):
        return None
    return write_own_files(home, snapshot)


def write_own_files(home: Home, snapshot: Path, also: Sequence[Format] = ()) -> ExportedFiles:
    """Write the files of an installation's own folder: in every format that a run leaves, and in those that are asked for.

    Files in another format are removed. They would show who has withdrawn since, and no books would name them.

    Raises:
        ExportError: the snapshot has no export tables.
    """
    formats = tuple(dict.fromkeys((*OWN_FORMATS, *also)))
    for left in set(Format) - set(formats):
        for path in home.exports.glob(f"crm_*.{left}"):
            path.unlink()
    return write_files(snapshot, str(home.exports), formats)


def is_exported(folder: Path, snapshot: Path) -> bool:
    """Whether a folder holds a snapshot's files: its books name one in each own format, and each is there with its bytes.

    The build is asked too: after somebody emptied the folder of snapshots, generations begin again at 1.
    """
    try:
        books = json.loads((folder / BOOKS).read_text())
        files = books["files"]
        is_of_it = books["snapshot"] == snapshot.name and books["published_at"] == published_at(snapshot)
        return is_of_it and not unnamed(files) and all(digest(folder / file["name"]) == file["sha256"] for file in files)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def unnamed(files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Files that every run leaves of the tables in some books, and that these books do not name."""
    named = {file["name"] for file in files}
    wanted = {f"{file['table']}.{chosen}" for file in files for chosen in OWN_FORMATS}
    return sorted(wanted - named)


def published_at(snapshot: Path) -> str:
    """When a snapshot was published, as its own books say; empty where it has none."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        try:
            rows = connection.execute("select published_at from _meta.publication").fetchall()
        except duckdb.CatalogException:
            return ""
    return str(rows[0][0]) if rows else ""


def export_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of a snapshot's export tables."""
    listed = connection.execute("select table_name from duckdb_tables() where schema_name = ? order by 1", [SCHEMA])
    return [name for (name,) in listed.fetchall()]


def write_file(connection: duckdb.DuckDBPyConnection, table: str, chosen: Format, path: Path) -> int:
    """Write one table, its rows in the order of their ids, which its first columns are; how many there are."""
    columns = ", ".join(csv_cells(connection, table)) if chosen is Format.CSV else "*"
    query = f"select {columns} from {SCHEMA}.{quoted(table)} order by 1, 2"
    place = path.as_posix().replace("'", "''")
    ((rows,),) = connection.execute(f"copy ({query}) to '{place}' ({OPTIONS[chosen]})").fetchall()
    return int(rows)


def csv_cells(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table as CSV cells: a text that would be a formula gets a quote before it."""
    described = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
        [SCHEMA, table],
    ).fetchall()
    return [text_cell(quoted(name)) if data_type == "VARCHAR" else quoted(name) for name, data_type in described]


def text_cell(column: str) -> str:
    """A quoted text column with a quote before what would be a formula."""
    return f"{formula_safe(column)} as {column}"


def put(filesystem: AbstractFileSystem, made: Path, target: str) -> None:
    """Put a file in its place at once: object stores show an object only when it is whole, a folder needs a rename."""
    if isinstance(filesystem, LocalFileSystem):
        aside = f"{target}.new"
        filesystem.put_file(str(made), aside)
        Path(aside).replace(target)
    else:
        filesystem.put_file(str(made), target)
