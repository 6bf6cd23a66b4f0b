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
    with alone(home, "bronze.lock", "Waiting for another run that writes the lake.", on_wait):
        yield


@contextmanager
def builds_held_off(home: Home, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock that builds hold, and so wait for the one at work: whoever moves rows between files would show it some twice.

    To be taken before `bronze_lock`, as an erasure takes them.
    """
    with alone(home, "warehouse.lock", "Waiting for the build at work, which reads what would be moved.", on_wait):
        yield


@contextmanager
def alone(home: Home, name: str, said: str, on_wait: Callable[[str], None] | None) -> Iterator[None]:
    """Hold one of the home's locks; `on_wait` is told `said` where another process has it."""
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.locks / name)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if on_wait:
            on_wait(said)
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
