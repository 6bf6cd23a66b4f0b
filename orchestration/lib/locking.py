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

# What DuckDB says of a file that is no database, is torn, or is of a version that it does not read. Anything else, such as a lack of
# rights or of file handles, passes or is for a person to mend.
UNREADABLE = re.compile(
    r"not a valid DuckDB database|version number|Could not read enough bytes|corrupt|checksum|deseriali[sz]|serialization|"
    r"replaying WAL|invalid block",
    re.IGNORECASE,
)
LOCKED = re.compile(r"conflicting lock|could not set lock", re.IGNORECASE)
QUOTED = re.compile(r'"[^"]*"')


class WarehouseError(OSError):
    """The warehouse cannot be opened, and not for a reason that making it anew would mend; the message says what to do."""


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
    """Wait until no other process has the warehouse file open; remove a file that this DuckDB cannot read.

    The lock above cannot know of a SQL client, nor of the dbt child of a run whose parent was killed; DuckDB's own
    file lock does. Nothing is in the warehouse that is not in the lake: without the file the run makes it anew.

    Raises:
        WarehouseError: the file cannot be opened for any other reason.
    """
    told = False
    while warehouse.exists():
        try:
            duckdb.connect(warehouse).close()
            return
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            if is_unreadable(error):
                if on_wait:
                    on_wait(f"{warehouse.name} cannot be read ({said}): it is made anew from the lake")
                remove(warehouse)
                return
            if not is_locked(error):
                raise WarehouseError(
                    f"{warehouse} cannot be opened: {said}. Mend that, or move the file away: the next run makes it anew."
                ) from error
            if on_wait and not told:
                on_wait(f"Waiting for another program to close {warehouse.name}: {said}")
            told = True
            time.sleep(poll_seconds)


def is_unreadable(error: duckdb.Error) -> bool:
    """Whether the error says that the file itself is no database that this DuckDB reads."""
    return not is_locked(error) and UNREADABLE.search(unquoted(error)) is not None


def is_locked(error: duckdb.Error) -> bool:
    """Whether the error says that another process has the file open."""
    return LOCKED.search(unquoted(error)) is not None


def unquoted(error: duckdb.Error) -> str:
    """What an error says but the names of files, which may be made of any words."""
    return QUOTED.sub("", str(error))


def remove(database: Path) -> None:
    """Remove a DuckDB file with its log."""
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)
