"""Where a strike happens: an installation in a known state, the stage of a run it is aimed at, and what must hold afterwards."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from benchmarks.faults.installation import LOAD, POSTGRES, REFRESH, Installation, Run
from benchmarks.faults.prepared import Prepared
from benchmarks.faults.proofs import DELIVERIES, Watch, closed_books, mart_problems
from benchmarks.faults.services import Services
from benchmarks.marts import is_whole


class Stage(StrEnum):
    """What a run is about when it is struck, and so what it costs to try."""

    LOAD = "loading"
    PUBLISH = "publishing"
    BUILD = "a whole run"
    POSTGRES = "publishing to PostgreSQL"


COMMANDS = {Stage.LOAD: LOAD, Stage.PUBLISH: REFRESH, Stage.BUILD: REFRESH, Stage.POSTGRES: POSTGRES}
POLL_SECONDS = 0.005


@dataclass
class Disturbance:
    """What a fault did. where: the moment, in words. struck: whether it met a run (or what a run left) at all.

    runs: the runs that went through it and ended by themselves. may_fail: whether they may end with 1 (and then a sentence).
    after: more that must hold once the next run has ended; sentences where it does not. has_truth: the landed files are those of the
    undisturbed load. redelivered: files landed again, so that marts of deliveries differ rightly. books_hold: whether the lake's books can
    be asked before the next run.
    """

    where: str
    struck: bool = True
    runs: Sequence[Run] = ()
    may_fail: bool = True
    after: Callable[[], list[str]] = list
    has_truth: bool = True
    redelivered: bool = False
    books_hold: bool = True


@dataclass
class Scene:
    """One strike's place. chance: draws everything that is random in it. attempt: how often the fault has missed before (from 0).

    work_seconds: how long a run of the stage works here and now, where one that was to be struck has shown it.
    """

    installation: Installation
    prepared: Prepared
    stage: Stage
    chance: random.Random
    services: Services
    log_offset: int = 0
    variables: dict[str, str] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    attempt: int = 0
    work_seconds: float | None = None

    @property
    def home(self) -> Path:
        """The home that is struck."""
        return self.installation.home.root

    def reset(self) -> None:
        """Bring the installation into the state that the stage begins with."""
        self.installation.copy_from(self.prepared.bases[self.stage])
        shutil.rmtree(self.installation.folder / "logs", ignore_errors=True)
        if self.stage is Stage.PUBLISH:
            self.show_first_generation()
        self.log_offset = self.installation.log_size()

    def show_first_generation(self) -> None:
        """Go back to before the last publish, or to before the first: the next refresh only publishes."""
        published = self.installation.home.published
        link = published / "marts.duckdb"
        link.unlink()
        (published / "marts.2.duckdb").unlink()
        (published / "marts.2.json").unlink(missing_ok=True)
        if self.chance.random() < 0.5:
            link.symlink_to("marts.1.duckdb")
        else:
            for path in published.iterdir():
                path.unlink()

    def begin(self, command: Sequence[str] | None = None, variables: Mapping[str, str] | None = None) -> Run:
        """Start the stage's command, so that its first lock tells that Python's own start is over."""
        (self.installation.home.locks / "bronze.lock").unlink(missing_ok=True)
        return self.start(command, variables)

    def start(self, command: Sequence[str] | None = None, variables: Mapping[str, str] | None = None) -> Run:
        """Start the stage's command; from now on readers look."""
        self.watch.armed.set()
        return self.installation.start(command or COMMANDS[self.stage], {**self.variables, **(variables or {})})

    def moment(self, run: Run) -> bool:
        """Wait for a random moment of the run's work, Python's start left out; whether it is still alive then."""
        lock = self.installation.home.locks / "bronze.lock"
        while run.is_alive and self.stage is not Stage.POSTGRES and not lock.exists():
            time.sleep(POLL_SECONDS)
        began = time.monotonic()
        deadline = began + self.chance.uniform(0, self.work_seconds or self.prepared.work_seconds[self.stage])
        while run.is_alive and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if not run.is_alive:
            self.work_seconds = time.monotonic() - began
        return run.is_alive

    def where(self, run: Run) -> str:
        """What the run is doing now, as far as it can be seen from outside."""
        if self.stage is Stage.LOAD:
            manifests = len(list(self.home.glob("bronze/_manifests/*/*.json")))
            half = len(list(self.home.glob("bronze/_staging/*/*")))
            return "before the first commit" if manifests <= 1 else "files half made" if half else "between two commits"
        if self.stage is Stage.POSTGRES:
            return "at work"
        return self.installation.last_step(run, self.log_offset)

    def heal(self) -> Run:
        """The next run, which nobody disturbs."""
        run = self.installation.start(COMMANDS[self.stage], self.variables)
        run.wait()
        return run

    def proof(self, done: Disturbance) -> list[str]:
        """Everything that must hold after the next run; sentences where it does not."""
        problems = done.after()
        if self.stage is not Stage.POSTGRES and self.installation.landing_uri is None:
            problems += closed_books(self.home, self.installation.landing, self.prepared.lake if done.has_truth else None)
        if self.stage in (Stage.PUBLISH, Stage.BUILD) and self.prepared.truth is not None:
            snapshot = self.installation.snapshot()
            problems += [] if is_whole(snapshot) else [f"{snapshot.name} is not whole"]
            problems += mart_problems(snapshot, self.prepared.truth, DELIVERIES if done.redelivered else ())
            problems += export_problems(self.installation.home.exports, snapshot)
        return problems


def export_problems(exports: Path, snapshot: Path) -> list[str]:
    """Whether the export files are whole and of this snapshot, by their own books."""
    books = json.loads((exports / "exports.json").read_text())
    problems = [] if books["snapshot"] == snapshot.name else [f"the exports are of {books['snapshot']}, not of {snapshot.name}"]
    for file in books["files"]:
        content = (exports / file["name"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            problems.append(f"{file['name']} is not what its books say")
    return problems


Inject = Callable[[Scene, ExitStack], Disturbance]
"""Brings the fault about and waits for the runs in it; what it has to undo at the end goes onto the stack."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault at a stage. share: how many of all strikes, beside the others' shares. spares_readers: the snapshot stays readable.

    unavailable: why it cannot be brought about on this machine, or None.
    """

    name: str
    title: str
    stage: Stage
    inject: Inject
    share: int = 1
    spares_readers: bool = True
    unavailable: Callable[[], str | None] = lambda: None

    @property
    def key(self) -> str:
        """How it is called on the command line."""
        return f"{self.name}-{self.stage.name.lower()}"
