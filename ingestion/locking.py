"""Who may write bronze, across processes: many loaders at once, or one that changes what is there."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ingestion.home import Home


@contextmanager
def bronze_lock(home: Home, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold bronze alone: a lock of the operating system. A second process waits; one that dies lets go.

    on_wait: told once, in a sentence, that another process is at work.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.locks / "bronze.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if on_wait:
            on_wait("Waiting for another run that writes the lake.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def loader_lock(home: Home) -> Iterator[None]:
    """Hold the right to add loads, which any number of processes may have at once, while nobody holds bronze alone.

    The same file as `bronze_lock` has, locked for sharing by hand: filelock's own shared lock cannot lie on a network file system
    (SQLite's locks are unreliable there), and that is where loaders on several machines meet.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    with (home.locks / "bronze.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield
