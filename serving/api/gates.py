"""How often, how many at once and how long: the limits that keep one client from being everybody's."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import duckdb
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from serving.api.problems import ProblemError, busy, too_many_requests, too_much_memory, took_too_long

Answer = TypeVar("Answer")
# A statement that begins just after an interrupt is told again.
INTERRUPT_AGAIN_SECONDS = 0.05


@dataclass(frozen=True)
class Limits:
    """What clients may use.

    rate: per token, as `limits` writes it. query_seconds: until a question is stopped. readers: questions at once.
    wait_seconds: for a free reader. memory: of DuckDB, per open generation.
    """

    rate: str = "1200/minute"
    query_seconds: float = 10.0
    readers: int = 4
    wait_seconds: float = 5.0
    memory: str = "1GB"


class RateGate:
    """Requests per token in a moving window; one process counts for itself."""

    def __init__(self, rate: str) -> None:
        self._rate = rate
        self._item = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def enter(self, token_id: str) -> None:
        """Count a request.

        Raises:
            ProblemError: 429, too many.
        """
        if not self._limiter.hit(self._item, token_id):
            free_at = self._limiter.get_window_stats(self._item, token_id).reset_time
            raise too_many_requests(self._rate, max(1, math.ceil(free_at - time.time())))


class Stop:
    """Tells a query to stop, whatever statement it is at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._is_over = False

    def watch(self, connection: duckdb.DuckDBPyConnection) -> None:
        """From now on this connection is what is stopped."""
        with self._lock:
            self._connection = connection

    def unwatch(self) -> None:
        """The connection is about to be closed."""
        with self._lock:
            self._connection, self._is_over = None, True

    def stop(self) -> None:
        """Interrupt the statement that runs now."""
        with self._lock:
            if self._connection is not None and not self._is_over:
                self._connection.interrupt()


class Readers:
    """Runs questions, a few at once, each until its time is over."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.readers)
        self._pool = ThreadPoolExecutor(limits.readers, thread_name_prefix="reader")

    async def run(self, work: Callable[[Stop], Answer]) -> Answer:
        """What ``work`` returns.

        Raises:
            ProblemError: 503, no reader became free or memory ran out; 504, its time was over; whatever ``work`` raises.
        """
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            raise busy() from error
        stop = Stop()
        running = asyncio.get_running_loop().run_in_executor(self._pool, work, stop)
        # The slot is free when the work has ended, not when its client has gone.
        running.add_done_callback(lambda _: self._slots.release())
        return await self._until_over(running, stop)

    async def _until_over(self, running: asyncio.Future[Answer], stop: Stop) -> Answer:
        try:
            done, _ = await asyncio.wait({running}, timeout=self._limits.query_seconds)
            is_late = not done
            while not done:
                stop.stop()
                done, _ = await asyncio.wait({running}, timeout=INTERRUPT_AGAIN_SECONDS)
        except asyncio.CancelledError:
            stop.stop()
            raise
        try:
            return running.result()
        except ProblemError:
            raise
        except duckdb.OutOfMemoryException as error:
            raise too_much_memory() from error
        except Exception as error:
            if is_late:
                raise took_too_long(self._limits.query_seconds) from error
            raise

    def close(self) -> None:
        """Take no more work; what runs ends."""
        self._pool.shutdown(wait=True)
