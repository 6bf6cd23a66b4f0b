"""One landed file -> bronze Parquet, quarantine and manifest, atomically."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion import durable, manifest, records
from ingestion.home import Home
from ingestion.lines import Broken, Lines, Oversized
from ingestion.manifest import DateRows, Manifest
from ingestion.shape import MAX_LINE_BYTES
from ingestion.sources import Source
from ingestion.workbench import Outcome, Workbench


@dataclass(frozen=True)
class Landed:
    """A landed file's bytes on this machine. name: below the landing zone; content: their SHA-256 in hex; size: in bytes."""

    path: Path
    name: str
    format: str
    content: str
    size: int


@contextmanager
def staging_folder(home: Home) -> Iterator[Path]:
    """A folder for half-made files on bronze's own file system, gone afterwards."""
    folder = home.staging / uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_file(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    source: Source,
    landed: Landed,
    check: Callable[[], None],
    on_lines: Callable[[int, int], None],
) -> Manifest:
    """Load one file and commit it.

    check: called between the last byte read and the commit; raises where the file has changed meanwhile.
    on_lines: called with the lines and decompressed bytes of each chunk.
    """
    load = manifest.load_id(source.name, source.shape_version, landed.content)
    with staging_folder(home) as folder:
        bench = Workbench(con, source, load, landed.name, folder)
        shape_records(bench, records.read(con, source, landed.path, landed.name, landed.format, folder), on_lines)
        rejects = bench.finish()
        check()
        files = move_rows(home, source.name, folder, bench.files)
        if rejects:
            durable.publish(rejects, home.quarantine / source.name / f"{load}.parquet")
        made = new_manifest(source, landed, load, bench.outcome, files)
        manifest.write(home, made, replaces=earlier_shape(home, source, landed.content))
    return made


def shape_records(bench: Workbench, stream: Iterator[Lines | Oversized | Broken], on_lines: Callable[[int, int], None]) -> None:
    """Give every part of a file to the workbench."""
    for part in stream:
        match part:
            case Lines():
                bench.add(part)
                on_lines(part.table.num_rows, part.bytes)
            case Oversized(number, length, head):
                remedy = f"The limit is {MAX_LINE_BYTES} bytes, and the first {len(head)} are kept. Split the record and land it again."
                bench.reject(number, "line_too_long", f"The line has {length} bytes. {remedy}", head)
            case Broken(number, tail, failure, reason):
                bench.reject(number, reason, failure, tail)


def move_rows(home: Home, source: str, folder: Path, made: list[Path]) -> tuple[str, ...]:
    """Give finished Parquet files their places in bronze; their paths relative to it."""
    names = [f"{source}/{path.relative_to(folder).as_posix()}" for path in made]
    for path, name in zip(made, names, strict=True):
        durable.publish(path, home.bronze / name)
    return tuple(names)


def earlier_shape(home: Home, source: Source, content: str) -> Manifest | None:
    """The live load of the same bytes under an earlier version of the source's shape."""
    for version in range(source.shape_version - 1, 0, -1):
        found = manifest.find(home, source.name, manifest.load_id(source.name, version, content))
        if found and found.status == manifest.LOADED:
            return found
    return None


def rows_by_date(outcome: Outcome) -> tuple[DateRows, ...]:
    """The rows of a load by event date, in order."""
    return tuple(DateRows(date, rows) for date, rows in sorted(outcome.by_date.items()))


def new_manifest(source: Source, landed: Landed, load: str, outcome: Outcome, files: tuple[str, ...]) -> Manifest:
    """The manifest of a load that has just been made."""
    return Manifest(
        load_id=load,
        source=source.name,
        shape_version=source.shape_version,
        content_id=f"{load}:0",
        path=landed.name,
        bytes=landed.size,
        lines=outcome.lines,
        accepted=outcome.accepted,
        rejected=outcome.rejected,
        blank=outcome.blank,
        erased=outcome.erased,
        loaded_at=manifest.now(),
        rows_by_date=rows_by_date(outcome),
        files=files,
    )
