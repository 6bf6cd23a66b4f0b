"""The sessions that dbt opens on a Thrift server of Spark."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

log = logging.getLogger(__name__)


@contextmanager
def sessions_that_cannot_be_closed_let_go() -> Iterator[None]:
    """Let a session go that the server fails to close: it ends with its connection, and its statement has ended before.

    dbt opens a session for each node and would call the node failed. Spark 4.3 comes without the Hive classes that closing asks for
    once in a few thousand sessions (1 of 2,400 on 2026-11-23: ``NoClassDefFoundError: .../LlapSigner$Signable``); a build has a thousand.
    """
    if find_spec("pyhive") is None:
        yield
        return
    from pyhive import exc, hive

    close = hive.Connection.close

    def close_or_let_go(connection: Any) -> None:
        try:
            close(connection)
        except exc.OperationalError as error:
            log.warning("A session was not closed by its server: %s", error)

    hive.Connection.close = close_or_let_go
    try:
        yield
    finally:
        hive.Connection.close = close
