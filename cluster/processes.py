"""Processes that outlive the command that started them: a note and a log each, and no doubt whose a process id is."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.settings import LOOPBACK, ClusterError

SHOWN_BYTES = 3000
ENDS_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Process:
    """A process of the cluster by its role (``master``, ``worker-1``, ``thrift``), which names its note and its log."""

    folder: Path
    role: str

    @property
    def log(self) -> Path:
        """What it said, of this start only."""
        return self.folder / f"{self.role}.log"

    @property
    def note(self) -> Path:
        """Its process id and when that process began."""
        return self.folder / f"{self.role}.json"

    def pid(self) -> int | None:
        """Its process id while it lives; None where it does not, or the id has passed to somebody else."""
        try:
            noted = json.loads(self.note.read_text())
        except (OSError, ValueError):
            return None
        began = began_at(noted["pid"])
        return int(noted["pid"]) if began and began == noted["began"] else None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it in a session of its own: the end of a terminal does not end it, and its children can be ended with it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            started = subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.note.write_text(json.dumps({"pid": started.pid, "began": began_at(started.pid)}))

    def end(self) -> bool:
        """End it and all it started, in order where it can, by force after half a minute. Whether it lived."""
        pid = self.pid()
        if pid is not None:
            os.killpg(pid, signal.SIGTERM)
            until = time.monotonic() + ENDS_WITHIN_SECONDS
            while self.pid() is not None and time.monotonic() < until:
                time.sleep(0.1)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self.note.unlink(missing_ok=True)
        return pid is not None

    def kill(self) -> None:
        """Kill it and all it started without a word, as a machine that loses its power would. For trials."""
        pid = self.pid()
        if pid is not None:
            os.killpg(pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The end of its log."""
        try:
            return self.log.read_bytes()[-SHOWN_BYTES:].decode(errors="replace")
        except OSError:
            return "(no log)"

    def await_it(self, is_ready: Callable[[], bool], within_seconds: float) -> None:
        """Return when it is ready.

        Raises:
            ClusterError: it died, or is not ready in time; with the end of its log.
        """
        until = time.monotonic() + within_seconds
        while not is_ready():
            if self.pid() is None:
                raise ClusterError(f"The {self.role} died while it started. The end of {self.log}:\n{self.last_words()}")
            if time.monotonic() > until:
                raise ClusterError(
                    f"The {self.role} is not ready after {within_seconds:.0f} s. The end of {self.log}:\n{self.last_words()}"
                )
            time.sleep(0.2)


def began_at(pid: int) -> str | None:
    """When a process began, as `ps` says it; None where it does not live (a process that waits to be collected does not)."""
    # Whoever asks later may do so in another language or time zone.
    plain = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
    asked = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, env=plain).stdout.split()
    return " ".join(said[1:]) if said and not said[0].startswith("Z") else None


def listens(port: int) -> bool:
    """Whether something on this machine listens on a port of the loopback interface."""
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def check_free(port: int, what: str, variable: str) -> None:
    """Raise a ClusterError where a port is taken."""
    if listens(port):
        raise ClusterError(
            f"Port {port} of {LOOPBACK} is taken, and {what} needs one: end what listens there, or set {variable}."
        )
