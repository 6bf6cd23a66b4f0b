"""One command at a time in a process of its own, with its wall time, CPU time and memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE_SECONDS = 0.1
LOG_TAIL = 4_000
# getrusage counts in kilobytes on Linux and in bytes on macOS.
RUSAGE_UNIT = 1 if sys.platform == "darwin" else 1024


class StepError(RuntimeError):
    """A measured command failed; the message ends with what it said last."""


@dataclass(frozen=True)
class Measurement:
    """What a command cost.

    seconds: wall time from start to exit, Python's start included. cpu_seconds: user and system time of the process and
    its children. peak_bytes: the most resident memory that the process and its children had together. load: the
    machine's one-minute load average before and after. result: what the command itself reports of its work.
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    load: tuple[float, float]
    result: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def recorded(cls, values: Mapping[str, Any]) -> Measurement:
        """What an earlier run wrote down of a step."""
        return cls(**{**values, "load": tuple(values["load"])})

    @property
    def work_seconds(self) -> float:
        """The seconds of the work alone where the command reports them, else those of the process."""
        return float(self.result.get("seconds", self.seconds))


@dataclass(frozen=True)
class Machine:
    """Where a benchmark ran, without its name."""

    system: str
    processor: str
    cores: int
    memory_bytes: int
    python: str
    duckdb: str
    dbt: str

    @classmethod
    def here(cls) -> Machine:
        """The machine of this process. cores: those that this process may use."""
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(
            system=f"{platform.system()} {platform.machine()}",
            processor=processor(),
            cores=usable,
            memory_bytes=psutil.virtual_memory().total,
            python=platform.python_version(),
            duckdb=version("duckdb"),
            dbt=version("dbt-core"),
        )


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def measured(name: str, arguments: Sequence[str], variables: Mapping[str, str], log: Path) -> Measurement:
    """Run ``python <arguments>`` from the repository to its end, its output in ``log``.

    Args:
        name: what the measurement is called.
        arguments: of the Python interpreter, such as ``-m ingestion load``.
        variables: environment variables on top of this process's.
        log: file that takes its output.

    Raises:
        StepError: it ended with another code than 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    before = os.getloadavg()[0]
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watch = MemoryWatch(process.pid)
        watch.start()
        # wait4 rather than Popen.wait: it alone tells what this child used, apart from all other children.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    watch.stop()
    if process.returncode != 0:
        said = log.read_bytes()[-LOG_TAIL:].decode(errors="replace")
        raise StepError(f"{name} ended with code {process.returncode}:\n{said}")
    return Measurement(
        name=name,
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=max(watch.peak_bytes, usage.ru_maxrss * RUSAGE_UNIT),
        load=(before, os.getloadavg()[0]),
    )


class MemoryWatch(threading.Thread):
    """Samples the resident memory of a process and all below it until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample; the kernel's own peak of the largest process covers what falls between two samples."""
        try:
            root = psutil.Process(self._pid)
            while not self._ended.wait(SAMPLE_SECONDS):
                self.peak_bytes = max(self.peak_bytes, tree_bytes(root))
        except psutil.NoSuchProcess:
            return

    def stop(self) -> None:
        """Take no more samples."""
        self._ended.set()
        self.join()


def tree_bytes(root: psutil.Process) -> int:
    """Resident bytes of a process and its descendants; those that end meanwhile count nothing."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total
