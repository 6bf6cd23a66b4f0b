"""A cluster under way: what its processes cost, and a worker that dies in the middle of a build."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from cluster.standalone import Cluster

NODE = re.compile(r"(\d+) of (\d+) START (?!hook)")
LOG_TAIL = 20_000
SAMPLE_SECONDS = 0.5


class ClusterWatch(threading.Thread):
    """Adds up the CPU time of all of a cluster's processes from start to stop, of those that die meanwhile too."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self._cluster = cluster
        self._ended = threading.Event()
        self._before = self._seen()
        self._latest = dict(self._before)

    @property
    def cpu_seconds(self) -> float:
        """User and system time since the start."""
        return sum(seconds - self._before.get(key, 0.0) for key, seconds in self._latest.items())

    def run(self) -> None:
        """Sample; a process that dies between two samples loses at most what it did since the last."""
        while not self._ended.wait(SAMPLE_SECONDS):
            self._latest.update(self._seen())

    def stop(self) -> None:
        """Sample once more and end."""
        self._latest.update(self._seen())
        self._ended.set()
        self.join()

    def _seen(self) -> dict[tuple[int, float], float]:
        """CPU seconds by process (its id and when it began)."""
        seen: dict[tuple[int, float], float] = {}
        for part in self._cluster.status():
            if part.pid is None:
                continue
            try:
                root = psutil.Process(part.pid)
                for process in (root, *root.children(recursive=True)):
                    times = process.cpu_times()
                    seen[process.pid, process.create_time()] = times.user + times.system
            except psutil.Error:
                continue
        return seen


class Killer(threading.Thread):
    """Kills a worker and its executor with SIGKILL when a dbt build has come so far, and starts it again later.

    shares: the parts of the build's nodes at which it does so. killed: what was killed and when, None where nothing was.
    """

    def __init__(self, cluster: Cluster, log: Path, shares: tuple[float, float]) -> None:
        super().__init__(daemon=True)
        self.killed: str | None = None
        self._cluster, self._log, self._shares = cluster, log, shares
        self._ended = threading.Event()

    def run(self) -> None:
        """Watch dbt's log until both moments have come."""
        role = self._cluster.worker_roles[0]
        if (found := self._come_to(self._shares[0])) is None:
            return
        self._cluster.process(role).kill()
        self.killed = f"{role} and its executor, at node {found[0]} of {found[1]}"
        if (found := self._come_to(self._shares[1])) is not None:
            self._cluster.start(lambda text: None)
            self.killed += f"; started again at node {found[0]}"

    def _come_to(self, share: float) -> tuple[int, int] | None:
        """Wait until the build has come to a part of its nodes: (node, nodes); None where it ended before."""
        while not self._ended.wait(SAMPLE_SECONDS):
            done, total = progress(self._log)
            if total and done >= share * total:
                return done, total
        return None

    def stop(self) -> None:
        """Do nothing any more."""
        self._ended.set()
        self.join()


def progress(log: Path) -> tuple[int, int]:
    """(node, nodes) that a dbt build has come to, as its log says; (0, 0) before the first."""
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - LOG_TAIL, 0))
            found = NODE.findall(file.read().decode(errors="replace"))
    except OSError:
        return 0, 0
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)
