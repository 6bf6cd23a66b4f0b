"""One warehouse writer at a time, across processes and front ends."""

from __future__ import annotations

import json
import os
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
    """Wait until no other process has the warehouse file open.

    The lock above cannot know of a SQL client, nor of the dbt child of a run whose parent was killed; DuckDB's own
    file lock does.

    Raises:
        duckdb.Error: the file cannot be opened for any other reason.
    """
    told = False
    while warehouse.exists():
        try:
            duckdb.connect(warehouse).close()
            return
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if on_wait and not told:
                on_wait(f"Waiting for another program to close {warehouse.name}: {str(error).splitlines()[0]}")
            told = True
            time.sleep(poll_seconds)
