"""Landed files -> bronze Parquet, quarantine and manifests, atomically."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion import durable, journal, manifest, records
from ingestion.home import Home
from ingestion.manifest import DateRows, Manifest
from ingestion.mapping.shelf import other_versions
from ingestion.sources import Source
from ingestion.workbench import Shaped, Work, Workbench


@dataclass(frozen=True)
class Landed:
    """A landed file's bytes on this machine. name: below the landing zone; content: their SHA-256 in hex; size: in bytes."""

    path: Path
    name: str
    format: str
    content: str
    size: int


class LoadedMeanwhileError(Exception):
    """Other loaders have committed some of the same bytes; the message names the files."""


@contextmanager
def staging_folder(home: Home) -> Iterator[Path]:
    """A folder for half-made files on bronze's own file system, gone afterwards."""
    folder = home.staging / uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_batch(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    source: Source,
    batch: Sequence[Landed],
    check: Callable[[Landed], None],
    on_lines: Callable[[Landed, int], None],
    most_lines: int | None = None,
    is_known: Callable[[str], bool] = lambda load: False,
) -> list[Manifest]:
    """Load files of different content and commit them together: all of them, or none.

    check: called after the last byte of a file was read; raises where the file has changed meanwhile.
    on_lines: called with the lines of each chunk. most_lines: of each file only so many.
    is_known: whether a load is committed; asked before these are. Raises LoadedMeanwhileError where another process was faster.
    """
    loads = [manifest.load_id(source.name, source.shape_version, each.content) for each in batch]
    name = loads[0] if len(loads) == 1 else hashlib.sha256("".join(loads).encode()).hexdigest()[:32]
    with staging_folder(home) as folder:
        bench = Workbench(con, source, folder, name)
        works = (
            work_of(load, source, landed, folder, check, on_lines, most_lines) for load, landed in zip(loads, batch, strict=True)
        )
        shaped = bench.shape(works)
        with journal.committing(home):
            if known := [landed.name for load, landed in zip(loads, batch, strict=True) if is_known(load)]:
                raise LoadedMeanwhileError(", ".join(known))
            move_rows(home, source.name, folder, bench.files)
            for each in shaped:
                if each.rejects:
                    durable.publish(each.rejects, home.quarantine / source.name / f"{each.load_id}.parquet")
            made = [
                new_manifest(source, landed, each, bronze_names(source.name, folder, each.files))
                for landed, each in zip(batch, shaped, strict=True)
            ]
            versions = other_versions(home, source)
            journal.commit(home, made, [earlier_shape(home, source, versions, landed.content) for landed in batch])
    return made


def work_of(
    load: str,
    source: Source,
    landed: Landed,
    folder: Path,
    check: Callable[[Landed], None],
    on_lines: Callable[[Landed, int], None],
    most_lines: int | None = None,
) -> Work:
    """A landed file as work for the bench; the arguments are those of `load_batch`."""
    parts = records.read(source, landed.path, landed.name, landed.format, folder)
    if most_lines is not None:
        parts = records.first_lines(parts, most_lines)
    return Work(load, landed.name, parts, partial(on_lines, landed), partial(check, landed))


def move_rows(home: Home, source: str, folder: Path, made: Sequence[Path]) -> None:
    """Give finished Parquet files their places in bronze."""
    for path, name in zip(made, bronze_names(source, folder, made), strict=True):
        durable.publish(path, home.bronze / name)


def bronze_names(source: str, folder: Path, made: Sequence[Path]) -> tuple[str, ...]:
    """The paths relative to bronze that files made in `folder` have there."""
    return tuple(f"{source}/{path.relative_to(folder).as_posix()}" for path in made)


def earlier_shape(home: Home, source: Source, versions: Sequence[int], content: str) -> Manifest | None:
    """The live load of the same bytes under one of the `versions` of the source's shape that this one takes the place of.

    Where an erasure rewrote the landed file, its bytes are those of a load that points to the one with the rows.
    """
    for version in versions:
        found = manifest.find(home, source.name, manifest.load_id(source.name, version, content))
        if found and found.superseded_by:
            found = manifest.find(home, source.name, found.superseded_by)
        if found and found.status == manifest.LOADED:
            return found
    return None


def new_manifest(source: Source, landed: Landed, shaped: Shaped, files: tuple[str, ...]) -> Manifest:
    """The manifest of a load that has just been made."""
    return Manifest(
        load_id=shaped.load_id,
        source=source.name,
        shape_version=source.shape_version,
        content_id=f"{shaped.load_id}:0",
        path=landed.name,
        bytes=landed.size,
        lines=shaped.lines,
        accepted=shaped.accepted,
        rejected=shaped.rejected,
        blank=shaped.blank,
        erased=shaped.erased,
        loaded_at=manifest.now(),
        rows_by_date=tuple(DateRows(date, rows) for date, rows in sorted(shaped.by_date.items())),
        files=files,
    )
