"""Small Parquet files of one source and date, merged: same rows, same loads, fewer files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import duckdb

from ingestion import durable, journal, lake, manifest
from ingestion.bronze import staging_folder
from ingestion.home import Home
from ingestion.locking import bronze_lock, builds_held_off
from ingestion.shape import quoted
from ingestion.sources import registered
from ingestion.workbench import PARQUET, connection

SMALL_BYTES = 64 * 2**20
"""Files below this are merged."""
MIN_FILES = 8
"""Fewer small files than this on one date are left alone."""


@dataclass
class CompactionReport:
    """files_before became files_after, on the dates given as `<source>/event_date=<date>`.

    damaged: books that could not be read and were set aside first.
    """

    dates: list[str] = field(default_factory=list)
    files_before: int = 0
    files_after: int = 0
    damaged: Sequence[str] = ()


def compact(
    home: Home,
    *,
    sources: Sequence[str] | None = None,
    min_files: int = MIN_FILES,
    small_bytes: int = SMALL_BYTES,
    on_wait: Callable[[str], None] | None = None,
) -> CompactionReport:
    """Merge the small files of every date that has at least `min_files` of them. Loads keep their identity, rows and content_id.

    on_wait: told, in a sentence, whom it waits for.
    Raises ValueError for an unknown source.
    """
    if strangers := set(sources or ()) - set(registered()):
        raise ValueError(f"unknown source {', '.join(sorted(strangers))}; known: {', '.join(registered())}")
    report = CompactionReport()
    with builds_held_off(home, on_wait), bronze_lock(home, on_wait), connection(home) as con:
        report.damaged = lake.mend(home).damaged
        lake.prepare(con, home)
        for source in sources or registered():
            for folder, names in sorted(_small_files(home, source, small_bytes).items()):
                if len(names) >= max(2, min_files):
                    _merge(con, home, source, folder, names)
                    report.dates.append(folder)
                    report.files_before += len(names)
                    report.files_after += 1
    return report


def _small_files(home: Home, source: str, small_bytes: int) -> dict[str, list[str]]:
    """Live small files by their folder, all relative to bronze."""
    live = {name for each in manifest.every(home, source) if each.status == manifest.LOADED for name in each.files}
    folders: dict[str, list[str]] = {}
    for name in sorted(live):
        if (home.bronze / name).stat().st_size < small_bytes:
            folders.setdefault(name.rpartition("/")[0], []).append(name)
    return folders


def _merge(con: duckdb.DuckDBPyConnection, home: Home, source: str, folder: str, names: list[str]) -> None:
    merged = f"{folder}/{hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:32]}.0.parquet"
    loads = [
        each.load_id for each in manifest.every(home, source) if each.status == manifest.LOADED and set(each.files) & set(names)
    ]
    paths = [str(home.bronze / name) for name in names]
    con.execute("create or replace temp table live as select unnest(?) as load_id", [loads]).fetchall()
    con.execute("set variable merged_paths = ?", [[lake.glob_literal(path) for path in paths]]).fetchall()
    with staging_folder(home) as staging:
        made = staging / "merged.parquet"
        files = "read_parquet(getvariable('merged_paths'), hive_partitioning = false, union_by_name = true)"
        rows = f"from {files} where load_id in (from live)"
        written = con.execute(f"copy (select * {rows}) to {quoted(str(made))} ({PARQUET})").fetchall()[0][0]
        expected = con.execute(f"select count(*) {rows}").fetchall()[0][0]
        if written != expected:
            raise RuntimeError(f"merging {folder} wrote {written} of {expected} rows")
        waiting = home.bronze / f"{merged}.next"
        durable.publish(made, waiting)
        journal.merge(home, journal.Merge(source, merged, tuple(names), tuple(loads)))
