"""The upkeep of bronze and quarantine: what must always be there, and what must not be left lying."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from ingestion import catalog, durable, manifest
from ingestion.home import Home
from ingestion.manifest import Manifest
from ingestion.sources import registered
from ingestion.workbench import QUARANTINE_COLUMNS, write_empty

SCHEMA_DATE = "1970-01-01"
JOURNAL = "_compaction.json"


def schema_files(home: Home) -> dict[Path, dict[str, str]]:
    """The zero-row Parquet files that let a reader's glob be certain of a match, and their columns."""
    files = {
        home.bronze / name / f"event_date={SCHEMA_DATE}" / "schema.parquet": {
            "load_id": "VARCHAR",
            "line_number": "BIGINT",
            **source.columns,
        }
        for name, source in registered().items()
    }
    files[home.bronze / "catalog" / "entity=schema" / "schema.parquet"] = catalog.COLUMNS
    files[home.quarantine / "schema" / "schema.parquet"] = QUARANTINE_COLUMNS
    return files


def prepare(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write the zero-row files where they are missing or have other columns."""
    manifest.write_schema(home)
    for target, columns in schema_files(home).items():
        if target.exists() and _columns(con, target) == columns:
            continue
        durable.make_folder(target.parent)
        made = home.staging / f"{target.parent.parent.name}.{target.stem}.tmp"
        write_empty(con, columns, made)
        durable.publish(made, target)


def pending_quarantine(home: Home, load: Manifest) -> Path:
    """Where the quarantine a replay leaves waits for the replay's commit; no reader's pattern matches it."""
    return home.quarantine / load.source / f"{load.load_id}.{load.replays}.pending"


def _finish_replays(home: Home) -> None:
    """Put pending quarantines in place where their replay was committed; drop the others."""
    for path in sorted(home.quarantine.glob("*/*.pending")):
        load_id, number, _ = path.name.split(".")
        load = manifest.find(home, path.parent.name, load_id)
        if load and load.replays == int(number):
            os.replace(path, path.with_name(f"{load_id}.parquet"))
            durable.force_folder(path.parent)
        else:
            path.unlink()


@dataclass(frozen=True)
class Merge:
    """A compaction that has been decided: `merged` takes the place of `files` in the manifests of `loads`. Paths are relative to bronze."""

    source: str
    merged: str
    files: tuple[str, ...]
    loads: tuple[str, ...]


def write_journal(home: Home, merge: Merge) -> None:
    """Decide a compaction: from here on it is finished, whatever happens."""
    durable.write_text(home.bronze / JOURNAL, json.dumps(asdict(merge)))


def finish_merge(home: Home) -> None:
    """Carry out the compaction that the journal holds, if any. Every step may be repeated.

    A manifest names either the old files or the merged one, so a reader that matches (load_id, file) sees every row once at any moment.
    """
    journal = home.bronze / JOURNAL
    if not journal.exists():
        return
    merge = json.loads(journal.read_text(encoding="utf-8"))
    merged, old = home.bronze / merge["merged"], set(merge["files"])
    waiting = merged.with_name(merged.name + ".next")
    if waiting.exists():
        os.replace(waiting, merged)
        durable.force_folder(merged.parent)
    for load_id in merge["loads"]:
        load = manifest.find(home, merge["source"], load_id)
        if load and old & set(load.files):
            kept = tuple(name for name in load.files if name not in old)
            manifest.write(home, replace(load, files=tuple(sorted({*kept, merge["merged"]}))))
    for name in old:
        (home.bronze / name).unlink(missing_ok=True)
    durable.force_folder(merged.parent)
    journal.unlink()
    durable.force_folder(home.bronze)


def glob_literal(path: str) -> str:
    """A path with the characters that a DuckDB glob would interpret set in brackets."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _columns(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    rows = con.execute("describe select * from read_parquet(?, hive_partitioning = false)", [glob_literal(str(path))]).fetchall()
    return {row[0]: row[1] for row in rows}


def sweep(home: Home) -> int:
    """Remove what an interrupted run left: half-made files, finished renames aside, Parquet files no live load names. Their number.

    Only for the holder of bronze's lock.
    """
    removed = sum(path.is_file() for path in home.staging.rglob("*")) if home.staging.exists() else 0
    shutil.rmtree(home.staging, ignore_errors=True)
    home.staging.mkdir(parents=True, exist_ok=True)
    manifest.finish_renames(home)
    finish_merge(home)
    _finish_replays(home)
    live = [each for each in manifest.every(home) if each.status == manifest.LOADED]
    named = {home.bronze / name for each in live for name in each.files} | set(schema_files(home))
    rejects = {home.quarantine / each.source / f"{each.load_id}.parquet" for each in live if each.rejected} | set(
        schema_files(home)
    )
    for folder, kept in ((home.bronze, named), (home.quarantine, rejects)):
        for path in folder.rglob("*.parquet"):
            if path not in kept:
                path.unlink()
                removed += 1
    for path in (*home.manifests.rglob(".*.tmp"), *home.bronze.glob(".*.tmp"), *home.bronze.rglob("*.parquet.next")):
        path.unlink()
        removed += 1
    return removed
