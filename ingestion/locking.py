"""One writer of bronze at a time, across processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock

from ingestion.home import Home


@contextmanager
def bronze_lock(home: Home) -> Iterator[None]:
    """Hold the right to write bronze: a lock of the operating system. A second process waits; one that dies lets go."""
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "bronze.lock"):
        yield
