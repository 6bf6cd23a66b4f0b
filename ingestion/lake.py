"""The upkeep of bronze and quarantine: what must always be there, and what must not be left lying."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion import catalog, durable, journal, layout, manifest, orphans, repair
from ingestion.home import Home
from ingestion.shape import identifier, quoted
from ingestion.sources import registered
from ingestion.workbench import MEMORY_MEGABYTES, PARQUET, QUARANTINE_COLUMNS, write_empty

SCHEMA_DATE = "1970-01-01"


def schema_files(home: Home) -> dict[Path, dict[str, str]]:
    """The zero-row Parquet files that let a reader's glob be certain of a match, and their columns."""
    files = {
        home.bronze / name / f"event_date={SCHEMA_DATE}" / orphans.SCHEMA_FILE: {
            "load_id": "VARCHAR",
            "line_number": "BIGINT",
            **source.columns,
        }
        for name, source in registered().items()
    }
    files[home.bronze / "catalog" / "entity=schema" / orphans.SCHEMA_FILE] = catalog.COLUMNS
    files[home.quarantine / "schema" / orphans.SCHEMA_FILE] = QUARANTINE_COLUMNS
    return files


def prepare(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write the zero-row files where they are missing or have other columns; files that lie beside them get the columns they lack."""
    manifest.write_schema(home)
    for target, columns in schema_files(home).items():
        if target.exists() and _columns(con, target) == columns:
            continue
        _widen(con, home, target, columns)
        durable.make_folder(target.parent)
        made = home.staging / f"{target.parent.parent.name}.{target.stem}.tmp"
        write_empty(con, columns, made)
        durable.publish(made, target)


def _widen(con: duckdb.DuckDBPyConnection, home: Home, schema: Path, columns: dict[str, str]) -> None:
    """Rewrite the Parquet files of an older release below the folder of `schema` with today's columns, null where they lack one.

    Readers take the columns of all files from the schema file. Its own turn comes last, so that whatever is interrupted begins again.
    """
    for path in sorted(schema.parent.parent.glob("*/*.parquet")):
        found = _columns(con, path)
        if path == schema or not columns.keys() - found.keys():
            continue
        kept = ", ".join(
            identifier(name) if name in found else f"null::{kind} as {identifier(name)}" for name, kind in columns.items()
        )
        made = home.staging / "widened.tmp"
        made.parent.mkdir(parents=True, exist_ok=True)
        con.execute(
            f"copy (select {kept} from read_parquet(?, hive_partitioning = false)) to {quoted(str(made))} ({PARQUET})",
            [glob_literal(str(path))],
        ).fetchall()
        durable.publish(made, path)


def glob_literal(path: str) -> str:
    """A path with the characters that a DuckDB glob would interpret set in brackets."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _columns(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    rows = con.execute("describe select * from read_parquet(?, hive_partitioning = false)", [glob_literal(str(path))]).fetchall()
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Swept:
    """What a sweep did: the number of files it removed, and the damaged books it set aside (relative to bronze)."""

    removed: int
    damaged: tuple[str, ...]


def sweep(home: Home) -> int:
    """Remove what an interrupted run left: half-made files, finished renames aside, Parquet files no live load names. Their number.

    Only for the holder of bronze's lock.

    Raises:
        NewerLakeError, DamagedLakeError: what cannot be understood cannot be told from a rest; nothing was touched.
    """
    return mend(home).removed


def mend(home: Home, *, is_damaged: bool = False) -> Swept:
    """Sweep, and set aside books that cannot be read with the rows that they covered: nothing of those is removed.

    is_damaged: books are known to be missing.

    Raises:
        NewerLakeError: what a newer release wrote cannot be told from a rest; nothing was touched.
    """
    layout.check(home)
    removed = sum(path.is_file() for path in home.staging.rglob("*")) if home.staging.exists() else 0
    shutil.rmtree(home.staging, ignore_errors=True)
    home.staging.mkdir(parents=True, exist_ok=True)
    damaged = tuple(repair.set_aside_books(home))
    if is_damaged or repair.is_owed(home):
        repair.begin(home)
        journal.finish(home)
        with duckdb.connect(config={"memory_limit": f"{MEMORY_MEGABYTES}MB", "temp_directory": str(home.staging)}) as con:
            repair.take_back_rows(con, home, orphans.unnamed(home))
        repair.end(home)
    return Swept(removed + settle(home), damaged)


def settle(home: Home) -> int:
    """Finish what was decided, and remove what was not: after it nothing lies in the lake that its books do not name. Files removed.

    Only for the holder of bronze's lock; half-made files in staging stay.
    """
    journal.finish(home)
    removed = orphans.remove(home)
    waiting = (path for area in (home.bronze, home.quarantine) for path in area.rglob("*.parquet.next"))
    for path in (*home.manifests.rglob(".*.tmp"), *home.bronze.glob(".*.tmp"), *waiting):
        path.unlink()
        removed += 1
    return removed
