"""Which failures pass by themselves and are worth another attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

# A full disk, a dropped connection, a storage service that asks for patience. Not among them: what is wrong with code,
# data or settings, which a second attempt would only hide for a while.
PASSING = (ConnectionError, TimeoutError, InterruptedError, BlockingIOError, duckdb.IOException, OSError)
LASTING = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError)

ATTEMPTS = 3
FIRST_WAIT_SECONDS = 20


@contextmanager
def retried(attempt: int) -> Iterator[None]:
    """Ask Dagster for another attempt, each after twice the wait, when a passing fault is raised inside.

    Args:
        attempt: retries already made of this step (``context.retry_number``).
    """
    try:
        yield
    except LASTING:
        raise
    except PASSING as fault:
        wait = FIRST_WAIT_SECONDS * 2**attempt
        raise dg.RetryRequested(max_retries=ATTEMPTS - 1, seconds_to_wait=wait) from fault
