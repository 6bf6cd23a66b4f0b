"""Open generations: one read-only DuckDB handle each, shared by all requests, closed when nobody needs it any more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.home import Home
from serving.api.catalog import DATABASE, Catalog, PublishedTable, read_catalog
from serving.api.cursors import short_digest
from serving.generations import GENERATION, current_snapshot
from serving.sql import literal

# A generation that is not the current one is closed after this long without a reader; a cursor opens it again.
IDLE_SECONDS = 60.0
# Between resolving the link and opening the file that many publishes may happen before we give up.
ATTEMPTS = 3


class SnapshotError(RuntimeError):
    """There is no snapshot that could be read; the message says why."""


class GenerationGoneError(RuntimeError):
    """The file of a generation is no more."""


class Snapshot:
    """One generation, open. Its catalog is read once; what is counted is counted once."""

    def __init__(self, path: Path, memory_limit: str, threads: int) -> None:
        state = path.stat()
        self.path, self.file = path, (state.st_ino, state.st_mtime_ns)
        # Attached rather than connected to: connections to one path share a database with whoever else in this process opened it.
        self._connection = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
        self.readers = 0
        self.last_used = time.monotonic()
        self._counts: dict[tuple[str, str], dict[str | None, int]] = {}
        try:
            self._connection.execute(f"attach {literal(str(path))} as {DATABASE} (read_only)").fetchall()
            restrict(self._connection)
            self.catalog: Catalog = read_catalog(self._connection)
        except BaseException:
            self._connection.close()
            raise
        catalog = self.catalog
        # The file's time too: one that was rewritten (an erasure does that) has its rows in other places.
        self.identity = short_digest([catalog.generation, catalog.published_at.isoformat(), catalog.build_id, state.st_mtime_ns])

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection of one request's own onto the shared database."""
        return self._connection.cursor()

    def workspace_counts(self, connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> dict[str | None, int]:
        """Rows of a table by workspace, counted at the first question; empty for a table without workspaces."""
        key = (table.schema, table.name)
        if key not in self._counts:
            rows = (
                connection.execute(f"select workspace_id, count(*) from {table.sql} group by workspace_id").fetchall()
                if table.has_workspace
                else []
            )
            self._counts[key] = dict(rows)
        return self._counts[key]

    def is_there(self) -> bool:
        """Whether its file still is."""
        return is_same_file(self.path, self.file)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Snapshots:
    """The generations of one installation that are open; follows every publish by itself."""

    def __init__(self, home: Home, memory_limit: str = "1GB", threads: int | None = None) -> None:
        self._home = home
        self._memory_limit = memory_limit
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._open: dict[int, Snapshot] = {}

    @contextmanager
    def current(self) -> Iterator[Snapshot]:
        """The newest generation, for as long as the block lasts, whatever is published meanwhile.

        Raises:
            SnapshotError: nothing is published, or it cannot be read.
        """
        snapshot = self._lease_current()
        try:
            yield snapshot
        finally:
            self._release(snapshot)

    @contextmanager
    def generation(self, number: int, identity: bytes) -> Iterator[Snapshot]:
        """A generation that a cursor names.

        Raises:
            GenerationGoneError: its file is gone, or another publication has its number now.
        """
        snapshot = self._lease(number, self._home.published / f"marts.{number}.duckdb")
        try:
            if snapshot.identity != identity:
                raise GenerationGoneError
            yield snapshot
        finally:
            self._release(snapshot)

    def current_generation(self) -> int | None:
        """The number of the newest generation, without opening it."""
        path = current_snapshot(self._home)
        match = GENERATION.fullmatch(path.name) if path else None
        return int(match.group(1)) if match else None

    def sweep(self) -> None:
        """Close what nobody reads and nobody can ask for: a removed file keeps its room, and its people, while it is open."""
        with self._lock:
            self._sweep()

    def open_generations(self) -> list[int]:
        """The generations that are open now."""
        with self._lock:
            return sorted(self._open)

    def readers(self) -> int:
        """How many requests read now."""
        with self._lock:
            return sum(snapshot.readers for snapshot in self._open.values())

    def close(self) -> None:
        """Close everything; nobody may be reading."""
        with self._lock:
            for snapshot in self._open.values():
                snapshot.close()
            self._open.clear()

    def _lease_current(self) -> Snapshot:
        for _ in range(ATTEMPTS):
            number = self.current_generation()
            if number is None:
                raise SnapshotError(f"Nothing is published in {self._home.published.name}.")
            try:
                return self._lease(number, self._home.published / f"marts.{number}.duckdb")
            except GenerationGoneError:
                continue
        raise SnapshotError("Generations are replaced faster than they can be opened.")

    def _lease(self, number: int, path: Path) -> Snapshot:
        with self._lock:
            self._sweep()
            snapshot = self._open.get(number)
            if snapshot is not None and not snapshot.is_there():
                # Its file is gone (or is another's, where somebody emptied the folder), and readers are still in it.
                if path.exists():
                    raise SnapshotError(f"Generation {number} was replaced by another; its last readers are leaving.")
                raise GenerationGoneError
            if snapshot is None:
                snapshot = self._open[number] = opened(path, self._memory_limit, self._threads)
            snapshot.readers += 1
            return snapshot

    def _release(self, snapshot: Snapshot) -> None:
        with self._lock:
            snapshot.readers -= 1
            snapshot.last_used = time.monotonic()
            self._sweep()

    def _sweep(self) -> None:
        """Close what nobody reads and nobody can ask for, or has not asked for in a while. Needs the lock."""
        current = self.current_generation()
        for number, snapshot in list(self._open.items()):
            is_idle = number != current and time.monotonic() - snapshot.last_used > IDLE_SECONDS
            if snapshot.readers == 0 and (is_idle or not snapshot.is_there()):
                del self._open[number]
                snapshot.close()


def opened(path: Path, memory_limit: str, threads: int) -> Snapshot:
    """Open a generation's file.

    Raises:
        GenerationGoneError: it is not there.
        SnapshotError: it cannot be read, or is of a version that does not say what is personal.
    """
    try:
        return Snapshot(path, memory_limit, threads)
    except duckdb.CatalogException as error:
        raise SnapshotError(f"{path.name} was published by an earlier version, which did not say what is personal.") from error
    except (duckdb.Error, OSError) as error:
        if not path.exists():
            raise GenerationGoneError from error
        raise SnapshotError(f"{path.name} cannot be opened.") from error


def restrict(connection: duckdb.DuckDBPyConnection) -> None:
    """Take from a database what a reader never needs: files, the network, extensions, Python's variables, other settings.

    Globally: the connections of requests do not inherit what is set for one connection.
    """
    for setting, value in (
        ("TimeZone", "UTC"),
        ("temp_directory", ""),
        ("python_enable_replacements", "false"),
        ("autoload_known_extensions", "false"),
        ("autoinstall_known_extensions", "false"),
        ("preserve_insertion_order", "true"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ):
        connection.execute(f"set global {setting} = {literal(value)}").fetchall()


def is_same_file(path: Path, file: tuple[int, int]) -> bool:
    """Whether the path still leads to the file with this inode and time."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return False
    return (state.st_ino, state.st_mtime_ns) == file
