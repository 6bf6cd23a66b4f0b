"""A cluster from start to stop. Starting what runs already starts nothing; what died is started again."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from filelock import FileLock

from cluster import commands
from cluster.processes import Process, check_free, listens
from cluster.settings import LOGGING, LOOPBACK, Places, Sizes
from ingestion.home import Home

MASTER_WITHIN_SECONDS, WORKER_WITHIN_SECONDS, THRIFT_WITHIN_SECONDS = 60.0, 60.0, 240.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """A process and whether it lives."""

    role: str
    pid: int | None
    address: str


@dataclass(frozen=True)
class Cluster:
    """The Spark of one home: its tables are the home's, so one Spark serves one home."""

    home: Home
    sizes: Sizes

    @property
    def places(self) -> Places:
        """Where its files lie."""
        return Places.of(self.home)

    def process(self, role: str) -> Process:
        """A process by its role."""
        return Process(self.places.processes, role)

    @property
    def worker_roles(self) -> list[str]:
        """``worker-1`` and so on."""
        return [f"worker-{number}" for number in range(1, self.sizes.workers + 1)]

    def start(self, say: Say) -> None:
        """Start what does not run, and return when statements are answered.

        Raises:
            ClusterError: Java or pyspark is missing, a port is taken, or a process died; what was started keeps running.
        """
        commands.check_java()
        self.home.locks.mkdir(parents=True, exist_ok=True)
        with FileLock(self.home.locks / "cluster.lock"):
            self.prepare()
            self.start_master(say)
            self.start_workers(say)
            self.start_thrift(say)

    def prepare(self) -> None:
        """Make the folders. Those that do not last are emptied while nothing runs."""
        if not any(part.pid for part in self.status()):
            shutil.rmtree(self.places.scratch, ignore_errors=True)
        for folder in (self.places.warehouse, self.places.scratch, self.places.processes):
            folder.mkdir(parents=True, exist_ok=True)
        (self.places.root / "log4j2.properties").write_text(LOGGING.format(level="warn"))

    def start_master(self, say: Say) -> None:
        """Start the master and wait until its page answers."""
        master = self.process("master")
        if master.pid() is not None:
            return
        check_free(self.sizes.master_port, "the master", "AUDIENCE_CLUSTER_PORT")
        check_free(self.sizes.page_port, "the master's page", "AUDIENCE_CLUSTER_PAGE_PORT")
        say("Starting the master ...")
        master.start(commands.master(self.sizes), commands.process_environment(self.places))
        master.await_it(lambda: self.living_workers() is not None, MASTER_WITHIN_SECONDS)

    def start_workers(self, say: Say) -> None:
        """Start the workers that do not live, and wait until the master knows all."""
        dead = [(number, role) for number, role in enumerate(self.worker_roles, 1) if self.process(role).pid() is None]
        for number, role in dead:
            check_free(self.sizes.page_port + number, f"the page of {role}", "AUDIENCE_CLUSTER_PAGE_PORT")
            say(f"Starting {role} ({self.sizes.cores} cores, executors of {self.sizes.executor_memory}) ...")
            command = commands.worker(self.places, self.sizes, number)
            self.process(role).start(command, commands.process_environment(self.places))
        for _, role in dead:
            self.process(role).await_it(lambda: (self.living_workers() or 0) >= self.sizes.workers, WORKER_WITHIN_SECONDS)

    def start_thrift(self, say: Say) -> None:
        """Start the Thrift server, unless one lives that is merely slow, and wait until it listens."""
        thrift = self.process("thrift")
        if thrift.pid() is None:
            check_free(self.sizes.thrift_port, "the Thrift server", "SPARK_THRIFT_PORT")
            say("Starting the Thrift server ...")
            command = commands.cluster_thrift_server(self.places, self.sizes)
            thrift.start(command, commands.process_environment(self.places, is_driver=True))
        thrift.await_it(lambda: listens(self.sizes.thrift_port), THRIFT_WITHIN_SECONDS)

    def stop(self, say: Say) -> None:
        """End everything that this home's cluster runs, whoever asks first ends first: statements, workers, master."""
        roles = sorted(path.stem for path in self.places.processes.glob("*.json"))
        order = {"thrift": 0, "master": 2}
        for role in sorted(roles, key=lambda role: order.get(role, 1)):
            if self.process(role).end():
                say(f"Ended {role}.")

    def status(self) -> list[Part]:
        """Each process and where it listens."""
        addresses = {"master": self.sizes.master, "thrift": f"{LOOPBACK}:{self.sizes.thrift_port}"}
        roles = ["master", *self.worker_roles, "thrift"]
        return [Part(role, self.process(role).pid(), addresses.get(role, "")) for role in roles]

    def living_workers(self) -> int | None:
        """Workers that the master counts on; None where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.sizes.page_port}/json/", timeout=5) as answer:
                return int(json.load(answer)["aliveworkers"])
        except (OSError, ValueError, KeyError):
            return None
