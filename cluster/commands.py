"""The command lines of a cluster's processes."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cluster.settings import LOOPBACK, ClusterError, Places, Sizes, cluster_settings

THRIFT_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
OLDEST_JAVA = 17


def spark_home() -> Path:
    """The folder of Spark in the pip wheel.

    Raises:
        ClusterError: pyspark is not installed.
    """
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise ClusterError(
            "pyspark is not installed: `make venv-dev` brings it where Java is installed (requirements-spark.lock)."
        )
    return Path(found.origin).parent


def check_java() -> None:
    """Raise a ClusterError where no Java that Spark runs on is installed."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise ClusterError(f"There is no Java here: install a JDK or JRE {OLDEST_JAVA}, or set JAVA_HOME.")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise ClusterError(f"Spark needs Java {OLDEST_JAVA} or newer; {java} says: {said.strip() or 'nothing'}")


def process_environment(places: Places, *, is_driver: bool = False) -> Mapping[str, str]:
    """Variables of a process: all listen on loopback only, and keep their files below the home."""
    inherited = {name: value for name, value in os.environ.items() if name != "SPARK_DAEMON_MEMORY"}
    return inherited | {
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(places.scratch),
        # Of master and workers. A Thrift server takes this for its heap too where it is said, whatever `--driver-memory` says.
        **({} if is_driver else {"SPARK_DAEMON_MEMORY": "512m"}),
        "SPARK_DAEMON_JAVA_OPTS": f"-Dlog4j2.configurationFile={places.root}/log4j2.properties",
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",  # who may submit there runs code here
        "SPARK_WORKER_OPTS": "-Dspark.worker.cleanup.enabled=true",
        "SPARK_NO_DAEMONIZE": "1",
    }


def master(sizes: Sizes) -> list[str]:
    """The master, with its page on loopback."""
    told = ["--host", LOOPBACK, "--port", str(sizes.master_port), "--webui-port", str(sizes.page_port)]
    return [str(spark_home() / "bin" / "spark-class"), "org.apache.spark.deploy.master.Master", *told]


def worker(places: Places, sizes: Sizes, number: int) -> list[str]:
    """One worker, numbered from 1. It offers what one executor needs: Spark adds a tenth, and at least 384 MB, to an executor's heap."""
    heap = megabytes(sizes.executor_memory)
    told = ["--host", LOOPBACK, "--webui-port", str(sizes.page_port + number), "--cores", str(sizes.cores)]
    told += ["--memory", f"{heap + max(384, heap // 10)}m", "--work-dir", str(places.scratch / f"worker-{number}"), sizes.master]
    return [str(spark_home() / "bin" / "spark-class"), "org.apache.spark.deploy.worker.Worker", *told]


def thrift_server(
    settings: Mapping[str, str], master_url: str, driver_memory: str, port: int, scratch: Path | None = None
) -> list[str]:
    """A Thrift server on loopback that runs statements on a master."""
    configured = [text for name, value in settings.items() for text in ("--conf", f"{name}={value}")]
    hive = {"hive.server2.thrift.port": str(port), "hive.server2.thrift.bind.host": LOOPBACK}
    if scratch:
        hive["hive.exec.scratchdir"] = str(scratch / "hive")
    told = [text for name, value in hive.items() for text in ("--hiveconf", f"{name}={value}")]
    submit = str(spark_home() / "bin" / "spark-submit")
    return [
        submit,
        "--class",
        THRIFT_CLASS,
        "--master",
        master_url,
        "--driver-memory",
        driver_memory,
        *configured,
        "spark-internal",
        *told,
    ]


def cluster_thrift_server(places: Places, sizes: Sizes) -> list[str]:
    """The Thrift server of a home's cluster."""
    settings = cluster_settings(places, sizes)
    return thrift_server(settings, sizes.master, sizes.driver_memory, sizes.thrift_port, places.scratch)


def megabytes(size: str) -> int:
    """``1536m`` or ``2g`` in megabytes."""
    return int(size[:-1]) * (1024 if size.endswith("g") else 1)
