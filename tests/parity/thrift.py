"""A Spark Thrift server of this test's own: one process on the loopback interface, gone when the test is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.commands import spark_home
from cluster.commands import thrift_server as thrift_server_command
from cluster.settings import LOGGING, LOOPBACK, PLANNING, catalog_settings, java_options, loopback_settings

STARTS_WITHIN_SECONDS = 180


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def settings(root: Path) -> dict[str, str]:
    """Spark as a cluster would run it, less what a few thousand rows do not need: compiled stages, adaptive plans, a lasting catalog."""
    tuning = (*PLANNING, "-XX:+UseSerialGC")
    return {
        **loopback_settings(),
        **catalog_settings(root / "warehouse", "memory:metastore"),
        "spark.driver.extraJavaOptions": java_options(*tuning, f"-Dlog4j2.configurationFile={root}/log4j2.properties"),
        "spark.default.parallelism": "1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }


@contextmanager
def thrift_server(root: Path) -> Iterator[int]:
    """Start a server whose tables live under `root`; yields its port, perhaps before it listens (see `wait_for`)."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "log4j2.properties").write_text(LOGGING.format(level="error"))
    port = free_port()
    environment = os.environ | {"SPARK_HOME": str(spark_home()), "SPARK_LOCAL_IP": LOOPBACK}
    with (root / "server.log").open("w") as log:
        command = thrift_server_command(settings(root), "local[2]", "2g", port)
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield port
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def wait_for(port: int, root: Path) -> None:
    """Return when the server listens; raise with the end of its log where it does not."""
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < until:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.3)
    raise RuntimeError(f"no Thrift server after {STARTS_WITHIN_SECONDS} s:\n{(root / 'server.log').read_text()[-4000:]}")
