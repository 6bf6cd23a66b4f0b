"""A Thrift server that fails to close a session has done its work: no model fails by it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from orchestration.lib.spark_sessions import sessions_that_cannot_be_closed_let_go

hive = pytest.importorskip("pyhive.hive", reason="dbt-spark is not installed (make venv-spark)")


class FailingServer:
    """Answers as Spark 4.3 does where a class of Hive is missing."""

    def CloseSession(self, request: Any) -> Any:  # noqa: N802  # Thrift's name
        from TCLIService import ttypes

        missing = ["*java.lang.NoClassDefFoundError:org/apache/hadoop/hive/llap/security/LlapSigner$Signable"]
        return ttypes.TCloseSessionResp(status=ttypes.TStatus(statusCode=ttypes.TStatusCode.ERROR_STATUS, infoMessages=missing))


class Transport:
    """Remembers that it was closed."""

    is_open = True

    def close(self) -> None:
        self.is_open = False


def connection() -> Any:
    opened = object.__new__(hive.Connection)
    opened._client, opened._transport, opened._sessionHandle = FailingServer(), Transport(), None
    return opened


def test_a_session_that_its_server_cannot_close_is_let_go_and_told(caplog: pytest.LogCaptureFixture) -> None:
    opened = connection()
    with caplog.at_level(logging.WARNING), sessions_that_cannot_be_closed_let_go():
        opened.close()
    assert not opened._transport.is_open
    assert "LlapSigner" in caplog.text


def test_beyond_a_build_such_a_session_is_an_error_again() -> None:
    from pyhive.exc import OperationalError

    with sessions_that_cannot_be_closed_let_go():
        pass
    with pytest.raises(OperationalError, match="LlapSigner"):
        connection().close()
