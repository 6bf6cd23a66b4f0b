"""One moment of a home, held fast while it is copied: hard links to files that are never changed in place, copies of the few that are."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import duckdb

from ingestion.home import Home, recipes_of
from ingestion.landing import Index
from ingestion.locking import bronze_lock
from orchestration.backup.store import BackupError
from orchestration.lib.environment import Engine
from orchestration.lib.locking import OnWait, warehouse_lock
from orchestration.lib.state import read_state, state_path
from serving.crm import delta
from serving.generations import current_snapshot
from serving.publish import STORAGE_VERSION
from serving.seals import sound_generation
from serving.sql import literal

FOLDER = "backup.pinned"
"""Below the home, since links cannot leave its disk. An erasure removes it."""


@contextmanager
def pinned(home: Home, *, with_warehouse: bool, on_wait: OnWait | None = None) -> Iterator[Path]:
    """A folder that holds the home as it is at one moment; removed at the end.

    A load that is at work is waited for, and a build where the warehouse is wanted; both may begin again as soon as the links are made.
    """
    folder = home.root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with ExitStack() as locks:
            if with_warehouse:
                # In this order, as an erasure takes them.
                locks.enter_context(warehouse_lock(home, "a backup", on_wait))
                pin_warehouse(home, folder)
            locks.enter_context(bronze_lock(home))
            pin_lake(home, folder)
        pin_settings(home, folder)
        if not with_warehouse:
            pin_memory_of_publishing(home, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pin_lake(home: Home, folder: Path) -> None:
    """Bronze, quarantine and their books; not what is half made, nor the cache of what has landed."""
    cache = Index.open(home).path
    for area in (home.bronze, home.quarantine):
        for path in area.rglob("*"):
            if path.is_file() and home.staging not in path.parents and path != cache and path.suffix != ".tmp":
                hold(path, folder / path.relative_to(home.root))


def pin_settings(home: Home, folder: Path) -> None:
    """What people and deliveries wrote below the home; privacy's key and tombstones are kept elsewhere (docs/privacy.md)."""
    written = [home.root / "deliveries.yml", home.api / "tokens.json"]
    recipes = recipes_of(home)
    if recipes.is_relative_to(home.root):
        written += [path for path in recipes.rglob("*") if path.is_file()]
    for path in written:
        if path.exists():
            target = folder / path.relative_to(home.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    for path in (home.root / "deliveries").glob("*.sqlite"):
        target = folder / path.relative_to(home.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as ledger, closing(sqlite3.connect(target)) as copy:
            ledger.backup(copy)
        target.chmod(0o600)


def pin_warehouse(home: Home, folder: Path) -> None:
    """The warehouse with its state, and the snapshot that readers have.

    Raises:
        BackupError: the tables of the last build lie in Spark.
    """
    state = read_state(home)
    if state is not None and state.engine is not Engine.DUCKDB:
        raise BackupError(
            f"The last build's tables lie in {state.engine}, which a backup does not reach: leave --with-warehouse out, and the run "
            "after a restore makes them anew."
        )
    for path in (home.warehouse, home.warehouse.with_name(f"{home.warehouse.name}.wal"), state_path(home)):
        if path.exists():
            shutil.copy2(path, folder / path.name)
    snapshot = current_snapshot(home)
    if snapshot is not None:
        hold(snapshot, folder / "published" / snapshot.name)


def pin_memory_of_publishing(home: Home, folder: Path) -> None:
    """A snapshot with nothing in it but what no rebuild repeats: its number, and what changed for CRM systems since when.

    Readers are not shown it: the link that they follow is not part of a backup.
    """
    snapshot = sound_generation(home) if home.published.is_dir() else None
    if snapshot is None:
        return
    target = folder / "published" / snapshot.name
    target.parent.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(snapshot))} as shown (read_only)").fetchall()
        connection.execute(
            f"attach {literal(str(target))} as kept (storage_version {literal(STORAGE_VERSION)}, block_size 16384)"
        ).fetchall()
        connection.execute("create schema kept._meta").fetchall()
        connection.execute("create table kept._meta.publication as from shown._meta.publication").fetchall()
        if delta.TABLE in delta.tables_of(connection, "shown"):
            connection.execute(f"create schema kept.{delta.SCHEMA}").fetchall()
            connection.execute(
                f"create table kept.{delta.SCHEMA}.{delta.TABLE} as from shown.{delta.SCHEMA}.{delta.TABLE} order by all"
            ).fetchall()
        connection.execute("checkpoint kept").fetchall()
        connection.execute("detach kept").fetchall()


def hold(path: Path, target: Path) -> None:
    """Link a file that is never written in place; where the disk knows no links, copy it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(path, target)
