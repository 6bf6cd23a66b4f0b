"""One writer of bronze at a time, across processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ingestion.home import Home


@contextmanager
def bronze_lock(home: Home, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the right to write bronze: a lock of the operating system. A second process waits; one that dies lets go.

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
