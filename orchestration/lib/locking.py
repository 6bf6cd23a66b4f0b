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
from orchestration.lib.environment import Engine

OnWait = Callable[[str], None]
# What DuckDB says of a file whose bytes are not those that it wrote, in words that nothing else uses: said in the midst of a build.
DAMAGED = re.compile(
    r"not a valid DuckDB database file|Corrupt database file|Failed to deserialize|Serialization Error|Failure while replaying WAL"
    r"|checksum .*does not match",
    re.IGNORECASE,
)
# What it says as it opens a file that is no database, is torn, or is of a version that it does not read. Anything else, such as a lack
# of rights or of file handles, passes or is for a person to mend.
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
def warehouse_lock(home: Home, purpose: str, on_wait: OnWait | None = None, engine: Engine = Engine.DUCKDB) -> Iterator[None]:
    """Hold the operating system's lock on the warehouse; a second caller waits as long as it takes.

    The kernel drops the lock with the process, so a killed run blocks nobody. ``on_wait`` is told once, in a sentence,
    who is being waited for. On DuckDB it also waits until no other program has the warehouse's file open.
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
        if engine is Engine.DUCKDB:
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
    """Wait until no other process has the warehouse file open; set aside a file that this DuckDB cannot read.

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
            if not is_locked(error) and (aside := set_aside_damaged(warehouse, said, UNREADABLE)):
                if on_wait:
                    on_wait(aside)
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
    return not is_locked(error) and UNREADABLE.search(unquoted(str(error))) is not None


def is_locked(error: duckdb.Error) -> bool:
    """Whether the error says that another process has the file open."""
    return LOCKED.search(unquoted(str(error))) is not None


def unquoted(said: str) -> str:
    """What an error says but the names of files, which may be made of any words."""
    return QUOTED.sub("", said)


def set_aside_damaged(warehouse: Path, said: str, words: re.Pattern[str] = DAMAGED) -> str | None:
    """Move a warehouse of which DuckDB says that it is damaged out of the way, and tell so; None where it says something else.

    The next build makes another from the lake. What is set aside replaces what was set aside before. words: by which it is known.
    """
    if not words.search(unquoted(said)) or not warehouse.exists():
        return None
    aside = warehouse.with_name(f"{warehouse.name}.damaged")
    log, log_aside = (path.with_name(f"{path.name}.wal") for path in (warehouse, aside))
    os.replace(warehouse, aside)
    log_aside.unlink(missing_ok=True)
    if log.exists():
        os.replace(log, log_aside)
    return f"Set aside: {warehouse.name} cannot be read and is now called {aside.name}; it is made anew from the lake."
