"""How large a cluster is, where its files lie, and with which settings Spark runs these models."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingestion.home import Home

LOOPBACK = "127.0.0.1"
MEMORY = re.compile(r"[1-9]\d*[mg]")
# A driver plans each statement once: what Java's second compiler makes of that code came too late to be used, and was half of the driver's
# processor time (2026-11-23: 150 of 300 s).
# One compiler alone brings a code cache too small for the functions of all models.
PLANNING = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")
LOGGING = """\
rootLogger.level = {level}
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{{HH:mm:ss}} %p %c{{1}}: %m%n
# It warns with every statement of a setting of Spark's own.
logger.hive.name = org.apache.hadoop.hive.conf.HiveConf
logger.hive.level = error
"""


class ClusterError(RuntimeError):
    """The cluster cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Places:
    """Where a home's Spark keeps what it writes: tables and their catalog, which last, and everything else, which does not."""

    root: Path

    @classmethod
    def of(cls, home: Home) -> Places:
        """Below the home, so that its tables are kept, moved and deleted with it."""
        return cls(home.root / "spark")

    @property
    def warehouse(self) -> Path:
        """The tables' Parquet files."""
        return self.root / "warehouse"

    @property
    def metastore(self) -> Path:
        """The catalog of the tables, an embedded Derby database."""
        return self.root / "metastore"

    @property
    def scratch(self) -> Path:
        """Shuffles, spills and working folders of executors."""
        return self.root / "scratch"

    @property
    def processes(self) -> Path:
        """One note and one log per process."""
        return self.root / "processes"


@dataclass(frozen=True)
class Sizes:
    """Workers and what each part may use. Ports are on loopback; memory as Java writes it (``1536m``, ``2g``)."""

    workers: int
    cores: int
    executor_memory: str
    driver_memory: str
    master_port: int
    page_port: int
    thrift_port: int

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Sizes:
        """From the ``AUDIENCE_CLUSTER_*`` variables and ``SPARK_THRIFT_PORT``; the defaults fit a machine with 8 GB.

        Raises:
            ClusterError: a variable holds no number, or no size.
        """
        given = os.environ if variables is None else variables
        return cls(
            workers=number(given, "AUDIENCE_CLUSTER_WORKERS", 2),
            cores=number(given, "AUDIENCE_CLUSTER_CORES", 1),
            executor_memory=memory(given, "AUDIENCE_CLUSTER_EXECUTOR_MEMORY", "1536m"),
            driver_memory=memory(given, "AUDIENCE_CLUSTER_DRIVER_MEMORY", "2560m"),
            master_port=number(given, "AUDIENCE_CLUSTER_PORT", 7077),
            page_port=number(given, "AUDIENCE_CLUSTER_PAGE_PORT", 8070),
            thrift_port=number(given, "SPARK_THRIFT_PORT", 10000),
        )

    @property
    def all_cores(self) -> int:
        """Tasks that run at once."""
        return self.workers * self.cores

    @property
    def master(self) -> str:
        """The master's address."""
        return f"spark://{LOOPBACK}:{self.master_port}"


def number(variables: Mapping[str, str], name: str, default: int) -> int:
    """A positive whole number from a variable."""
    said = variables.get(name) or str(default)
    if not said.isdigit() or int(said) == 0:
        raise ClusterError(f"{name} must be a whole number above 0; it is {said!r}.")
    return int(said)


def memory(variables: Mapping[str, str], name: str, default: str) -> str:
    """A size as Java takes it from a variable."""
    said = (variables.get(name) or default).lower()
    if not MEMORY.fullmatch(said):
        raise ClusterError(f"{name} must be a size such as 1536m or 2g; it is {said!r}.")
    return said


def java_options(*more: str) -> str:
    """What every Java process of a driver or executor needs to run these models.

    Timestamps mean UTC. Java writes a plan out by recursion, and that of a model of many windows is too deep for its usual stack.
    """
    return " ".join(("-Duser.timezone=UTC", "-Xss16m", *more))


def catalog_settings(warehouse: Path, database: str) -> dict[str, str]:
    """Settings of tables as plain Parquet below a folder, cataloged in a Derby database that is made where it is missing."""
    return {
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:{database};create=true",
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
    }


def loopback_settings() -> dict[str, str]:
    """A driver that nobody beyond this machine can reach, and that shows no page."""
    return {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK, "spark.ui.enabled": "false"}


def cluster_settings(places: Places, sizes: Sizes) -> dict[str, str]:
    """Settings of the Thrift server and its executors on a cluster of this machine."""
    logging = f"-Dlog4j2.configurationFile={places.root}/log4j2.properties"
    driver = (logging, f"-Djava.io.tmpdir={places.scratch}", f"-Dderby.system.home={places.processes}", *PLANNING)
    return {
        **loopback_settings(),
        **catalog_settings(places.warehouse, str(places.metastore)),
        "spark.driver.extraJavaOptions": java_options(*driver),
        "spark.executor.extraJavaOptions": java_options(logging, f"-Djava.io.tmpdir={places.scratch}"),
        "spark.executor.memory": sizes.executor_memory,
        "spark.executor.cores": str(sizes.cores),
        "spark.cores.max": str(sizes.all_cores),
        # adaptive plans merge what is small; this is the most a shuffle is cut into
        "spark.sql.shuffle.partitions": str(max(4, 2 * sizes.all_cores)),
        # a task that dies with its worker counts as failed: as many losses as a machine may have in one stage
        "spark.task.maxFailures": "8",
        # A machine that has other work answers late: at a load of 30 on two cores two minutes were too few (2026-11-22). Who dies is
        # noticed at once all the same: its connections break.
        "spark.network.timeout": "600s",
        "spark.cleaner.referenceTracking.blocking.timeout": "600s",
        # What pages would show of statements long done: the plans of a few hundred models and tests, kept by default even where no page
        # is. A driver of 1536 MB had no room left after a run and a half (2026-11-22).
        "spark.sql.ui.retainedExecutions": "10",
        "spark.sql.thriftserver.ui.retainedStatements": "10",
        "spark.sql.thriftserver.ui.retainedSessions": "10",
        "spark.ui.retainedJobs": "50",
        "spark.ui.retainedStages": "50",
        "spark.sql.sources.partitionOverwriteMode": "dynamic",
    }
