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

import pyspark

LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n
"""
STARTS_WITHIN_SECONDS = 180


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def settings(root: Path) -> dict[str, str]:
    """Spark as a cluster would run it, less what a few thousand rows do not need: compiled stages, adaptive plans, a lasting catalog."""
    # Java writes a plan out by recursion, and that of a model of many windows is deep; one compiler tier brings a code cache
    # too small for the SQL functions of all models
    tuning = "-Xss16m -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
    java = f"-Duser.timezone=UTC {tuning} -Dlog4j2.configurationFile={root}/log4j2.properties"
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": java,
        "spark.ui.enabled": "false",
        "spark.default.parallelism": "1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.warehouse.dir": f"{root}/warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:metastore;create=true",
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
    }


def command(root: Path, port: int) -> list[str]:
    """The command line of a server for two cores."""
    configured = [text for name, value in settings(root).items() for text in ("--conf", f"{name}={value}")]
    return [
        f"{Path(pyspark.__file__).parent}/bin/spark-submit",
        "--class",
        "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        "--master",
        "local[2]",
        "--driver-memory",
        "2g",
        *configured,
        "spark-internal",
        "--hiveconf",
        f"hive.server2.thrift.port={port}",
        "--hiveconf",
        "hive.server2.thrift.bind.host=127.0.0.1",
    ]


@contextmanager
def thrift_server(root: Path) -> Iterator[int]:
    """Start a server whose tables live under `root`; yields its port, perhaps before it listens (see `wait_for`)."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "log4j2.properties").write_text(LOGGING)
    port = free_port()
    environment = os.environ | {
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with (root / "server.log").open("w") as log:
        server = subprocess.Popen(command(root, port), cwd=root, env=environment, stdout=log, stderr=log, start_new_session=True)
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
