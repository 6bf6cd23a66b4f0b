"""Servers listen on this machine alone, unless they are told otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]


def listening(process: psutil.Process) -> set[str]:
    """The addresses on which a process and its children listen."""
    found = set()
    for each in [process, *process.children(recursive=True)]:
        try:
            sockets = each.net_connections(kind="inet")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        found |= {connection.laddr.ip for connection in sockets if connection.status == psutil.CONN_LISTEN}
    return found


@pytest.mark.parametrize(
    ("command", "is_up"),
    [(("serving.api", "serve", "--port", "9431"), 1), (("orchestration", "serve", "--port", "9432"), 1)],
    ids=["api", "dagster"],
)
def test_a_server_listens_on_loopback_alone(tmp_path, command, is_up):
    environment = {
        **os.environ,
        "AUDIENCE_HOME": str(tmp_path),
        "LANDING": str(tmp_path / "landing"),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    started = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    process = psutil.Process(started.pid)
    port = int(command[-1])
    try:
        for _ in range(600):
            everybody = [process, *process.children(recursive=True)]
            if any(
                connection.laddr.port == port for each in everybody for connection in each.net_connections() if connection.laddr
            ):
                break
            assert started.poll() is None, "the server ended"
            time.sleep(0.2)
        time.sleep(1)
        found = listening(process)
    finally:
        everybody = [*process.children(recursive=True), process]
        for each in everybody:
            each.terminate()
        psutil.wait_procs(everybody, timeout=20)
    assert found
    assert found <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
