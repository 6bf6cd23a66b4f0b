"""One warehouse writer at a time, across processes and front ends."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from ingestion.home import Home

OnWait = Callable[[str], None]
DAMAGED = re.compile(
    r"not a valid DuckDB database file|Corrupt database file|Failed to deserialize|Serialization Error|Failure while replaying WAL"
    r"|checksum .*does not match",
    re.IGNORECASE,
)
"""What DuckDB says of a file whose bytes are not those that it wrote."""


@contextmanager
def warehouse_lock(home: Home, purpose: str, on_wait: OnWait | None = None) -> Iterator[None]:
    """Hold the operating system's lock on the warehouse; a second caller waits as long as it takes.

    The kernel drops the lock with the process, so a killed run blocks nobody. ``on_wait`` is told once, in a sentence,
    who is being waited for.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.locks / "warehouse.lock")
    holder = home.locks / "warehouse.holder.json"
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if on_wait:
            on_wait(describe(holder))
        lock.acquire()
    try:
        holder.write_text(
            json.dumps({"pid": os.getpid(), "purpose": purpose, "since": datetime.now(UTC).isoformat(timespec="seconds")})
        )
        wait_until_writable(home.warehouse, on_wait)
        yield
        holder.unlink(missing_ok=True)
    finally:
        lock.release()


def describe(holder: Path) -> str:
    """Who holds the lock, as a sentence; the note is written after the lock is taken and may be a moment late."""
    try:
        note = json.loads(holder.read_text())
        return f"Waiting for {note['purpose']} (process {note['pid']}, since {note['since']})"
    except (OSError, ValueError, KeyError):
        return "Waiting for another run"


def wait_until_writable(warehouse: Path, on_wait: OnWait | None = None, poll_seconds: float = 1.0) -> None:
    """Wait until no other process has the warehouse file open.

    The lock above cannot know of a SQL client, nor of the dbt child of a run whose parent was killed; DuckDB's own
    file lock does.

    One that is damaged is set aside: everything in it is computed again from the lake.

    Raises:
        duckdb.Error: the file cannot be opened for any other reason.
    """
    told = False
    while warehouse.exists():
        try:
            duckdb.connect(warehouse).close()
            return
        except duckdb.Error as error:
            if aside := set_aside_damaged(warehouse, str(error)):
                if on_wait:
                    on_wait(aside)
                return
            # Of the error's words only the driver's own: a path may hold any.
            if not str(error).startswith("IO Error: Could not set lock on file"):
                raise
            if on_wait and not told:
                on_wait(f"Waiting for another program to close {warehouse.name}: {str(error).splitlines()[0]}")
            told = True
            time.sleep(poll_seconds)


def set_aside_damaged(warehouse: Path, said: str) -> str | None:
    """Move a warehouse of which DuckDB says that it is damaged out of the way, and tell so; None where it says something else.

    The next build makes another from the lake. What is set aside replaces what was set aside before.
    """
    if not DAMAGED.search(said) or not warehouse.exists():
        return None
    aside = warehouse.with_name(f"{warehouse.name}.damaged")
    log, log_aside = (path.with_name(f"{path.name}.wal") for path in (warehouse, aside))
    os.replace(warehouse, aside)
    log_aside.unlink(missing_ok=True)
    if log.exists():
        os.replace(log, log_aside)
    return f"Set aside: {warehouse.name} is damaged and now called {aside.name}; the next build makes it anew from the lake."
