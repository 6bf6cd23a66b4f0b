"""A strike from beginning to end: the fault, what it left, the next run, and the proofs."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.faults.clock import jumping_clock, without_library
from benchmarks.faults.damage import damaged_books, damaged_lake_books, damaged_snapshot, damaged_warehouse
from benchmarks.faults.folders import full_disk, read_only_folder, read_only_home, without_mounts, without_protection
from benchmarks.faults.installation import TRACEBACK, Installation, Run
from benchmarks.faults.killing import kill, several_runs
from benchmarks.faults.landing import changing_file, truncated_archive, vanishing_file
from benchmarks.faults.network import lost_network
from benchmarks.faults.postgres import restarted_server, without_postgres
from benchmarks.faults.prepared import Prepared
from benchmarks.faults.proofs import open_books, watched
from benchmarks.faults.scene import Disturbance, Fault, Scene, Stage
from benchmarks.faults.services import services
from benchmarks.measure import StepError

FAULTS = (
    Fault("kill", "kill -9", Stage.LOAD, kill, 10),
    Fault("kill", "kill -9", Stage.PUBLISH, kill, 8),
    Fault("kill", "kill -9", Stage.BUILD, kill, 3),
    Fault("disk", "a full disk", Stage.LOAD, full_disk, 10, unavailable=without_mounts),
    Fault("disk", "a full disk", Stage.PUBLISH, full_disk, 8, unavailable=without_mounts),
    Fault("disk", "a full disk", Stage.BUILD, full_disk, 1, unavailable=without_mounts),
    Fault("readonly", "the home turns read-only", Stage.LOAD, read_only_home, 5, unavailable=without_mounts),
    Fault("readonly", "the home turns read-only", Stage.PUBLISH, read_only_home, 4, unavailable=without_mounts),
    Fault("folder", "a folder that cannot be written", Stage.LOAD, read_only_folder, 5, unavailable=without_protection),
    Fault("folder", "a folder that cannot be written", Stage.PUBLISH, read_only_folder, 4, unavailable=without_protection),
    Fault("changing", "a landing file changes while read", Stage.LOAD, changing_file, 8),
    Fault("vanishing", "a landing file vanishes while read", Stage.LOAD, vanishing_file, 6),
    Fault("truncated", "a truncated gzip or zstd, later whole", Stage.LOAD, truncated_archive, 6),
    Fault("truncated", "a truncated gzip or zstd, later whole", Stage.BUILD, truncated_archive, 1),
    Fault("runs", "two or three runs at once", Stage.LOAD, several_runs, 6),
    Fault("runs", "two or three runs at once", Stage.PUBLISH, several_runs, 4),
    Fault("clock", "the clock jumps", Stage.LOAD, jumping_clock, 6, unavailable=without_library),
    Fault("clock", "the clock jumps", Stage.PUBLISH, jumping_clock, 4, unavailable=without_library),
    Fault("clock", "the clock jumps", Stage.BUILD, jumping_clock, 1, unavailable=without_library),
    Fault("network", "a lost network to S3", Stage.LOAD, lost_network, 10),
    Fault("postgres", "PostgreSQL restarts", Stage.POSTGRES, restarted_server, 6, unavailable=without_postgres),
    Fault("snapshot", "a damaged snapshot", Stage.PUBLISH, damaged_snapshot, 8, spares_readers=False),
    Fault("books", "a damaged state, index or export file", Stage.PUBLISH, damaged_books, 5),
    Fault("lake", "a damaged manifest, index or journal", Stage.LOAD, damaged_lake_books, 8),
    Fault("warehouse", "a damaged warehouse", Stage.BUILD, damaged_warehouse, 1),
)
SENTENCE_LENGTH = 260
ATTEMPTS = 4


@dataclass(frozen=True)
class Strike:
    """One strike and how it ended. said: sentences of the runs that ended by themselves, the next run's included, without what is the
    strike's own. problems: what did not survive; unhealed: what the next run left wrong.
    """

    fault: Fault
    number: int
    where: str
    struck: bool
    said: Sequence[str]
    problems: Sequence[str]
    unhealed: Sequence[str]
    seconds: float
    kept: Path | None = None

    @property
    def is_survived(self) -> bool:
        """Whether nothing was lost, nothing came twice and every word was clear."""
        return not self.problems

    @property
    def is_healed(self) -> bool:
        """Whether the next run alone made everything right."""
        return not self.unhealed


def chosen(only: Sequence[str]) -> list[Fault]:
    """The faults of these names (``kill``, or ``kill-load``); all of them for none.

    Raises:
        ValueError: nothing is called so.
    """
    known = {name for fault in FAULTS for name in (fault.name, fault.key)}
    if strangers := set(only) - known:
        raise ValueError(f"No fault is called {', '.join(sorted(strangers))}. Known: {', '.join(sorted(known))}")
    return [fault for fault in FAULTS if not only or {fault.name, fault.key} & set(only)]


def schedule(faults: Sequence[Fault], times: int) -> list[tuple[Fault, int]]:
    """So many strikes, spread over the faults by their shares; each with its number among those of its fault, from 1."""
    taken = dict.fromkeys((fault.key for fault in faults), 0)
    planned = []
    for _ in range(times):
        fault = min(faults, key=lambda each: (taken[each.key] + 1) / each.share)
        taken[fault.key] += 1
        planned.append((fault, taken[fault.key]))
    return planned


def strike(scene: Scene, fault: Fault, number: int) -> Strike:
    """Bring a fault about, look at what it left, let the next run heal it, and prove that it did."""
    began = time.monotonic()
    problems: list[str] = []
    unhealed: list[str] = []
    done = Disturbance("it did not come about", struck=False)
    runs: list[Run] = []
    with ExitStack() as stack:
        try:
            done = bring_about(scene, fault, stack)
            problems += [*scene.watch.problems[:3], *left_behind(scene, done)]
            runs += done.runs
            healing = scene.heal()
            runs.append(healing)
            if healing.process.returncode != 0:
                unhealed.append(f"the next run ended with {healing.process.returncode}: {last_words(healing)}")
            else:
                unhealed += scene.proof(done)
            unhealed += unclear(healing)
        except (StepError, OSError, duckdb.Error, ValueError, subprocess.SubprocessError) as error:
            unhealed.append(f"{type(error).__name__}: {error}")
        said = sorted({normalised(sentence, scene) for run in runs for sentence in run.sentences()})
        kept = keep(scene, fault, number) if problems or unhealed else None
    place = str(scene.installation.folder)
    problems, unhealed = ([each.replace(place, "…") for each in found] for found in (problems, unhealed))
    return Strike(fault, number, done.where, done.struck, said, problems, unhealed, time.monotonic() - began, kept)


def bring_about(scene: Scene, fault: Fault, stack: ExitStack) -> Disturbance:
    """Bring a fault about; again where it missed, because the run had ended or did without what was taken from it."""
    watching = fault.spares_readers and fault.stage in (Stage.PUBLISH, Stage.BUILD)
    while True:
        with ExitStack() as attempt:
            scene.watch.armed.clear()
            scene.reset()
            with watched(scene.installation.home.published, scene.watch) if watching else nullcontext():
                done = fault.inject(scene, attempt)
            if done.struck or scene.attempt == ATTEMPTS - 1:
                stack.push(attempt.pop_all())
                return done
        scene.attempt += 1


def left_behind(scene: Scene, done: Disturbance) -> list[str]:
    """What must hold right after a fault: books that balance, and runs that ended in order, with a sentence where they failed."""
    problems = open_books(scene.home) if done.books_hold and scene.stage is not Stage.POSTGRES else []
    for run in done.runs:
        code = run.process.returncode
        if code not in ((0, 1) if done.may_fail else (0,)):
            problems.append(f"a run ended with {code}: {last_words(run)}")
        elif code == 1 and not run.sentences():
            problems.append(f"a run failed without a sentence: {last_words(run)}")
        problems += unclear(run)
    return problems


def unclear(run: Run) -> list[str]:
    """What of a run's words no person can act on."""
    said = run.said()
    words = said[said.index(TRACEBACK) :].strip().splitlines()[-1][:SENTENCE_LENGTH] if TRACEBACK in said else ""
    return [f"a bare traceback: {words}"] if words else []


def last_words(run: Run) -> str:
    """The end of what a run said."""
    return " / ".join(run.said().strip().splitlines()[-3:])[-SENTENCE_LENGTH:]


def normalised(sentence: str, scene: Scene) -> str:
    """A sentence without what only this strike has in it: numbers, ids, places."""
    text = sentence.replace(str(scene.installation.folder), "…")
    text = re.sub(r"audience-pg-\w+|zone-\w+|audience_[0-9a-f]{8}", "…", text)
    text = re.sub(r"\b[0-9a-f]{8,}\b|\b[0-9a-f]*\d[0-9a-f]{7,}\b", "#", text)
    return re.sub(r"\d+([.:,-]\d+)*", "#", text)[:SENTENCE_LENGTH]


def keep(scene: Scene, fault: Fault, number: int) -> Path:
    """Copy the place of a failed strike aside, as it is now."""
    target = scene.installation.folder.parent / "failed" / f"{fault.key}-{number}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(scene.installation.folder, target, symlinks=True, ignore=shutil.ignore_patterns("ballast"))
    return target


def campaign(
    folder: Path,
    prepared: Prepared,
    planned: Sequence[tuple[Fault, int]],
    seed: int,
    workers: int,
    deadline: float = float("inf"),
) -> Iterator[Strike]:
    """Strike as planned, ``workers`` at a time, each in a place of its own; strikes come as they end.

    deadline: on the monotonic clock; no strike begins after it.
    """
    left, lock = list(reversed(planned)), threading.Lock()
    ended: list[Strike] = []

    def next_one() -> tuple[Fault, int] | None:
        with lock:
            return left.pop() if left and time.monotonic() < deadline else None

    def work(place: Path, tell: Callable[[Strike], None]) -> None:
        with services() as mine:
            while (each := next_one()) is not None:
                fault, number = each
                shutil.rmtree(place, ignore_errors=True)
                chance = random.Random(f"{seed}/{fault.key}/{number}")
                tell(strike(Scene(Installation(place), prepared, fault.stage, chance, mine), fault, number))

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, folder / f"strike-{one}", ended.append) for one in range(workers)]
        while True:
            busy = [future for future in futures if not future.done()]
            while ended:
                yield ended.pop(0)
            if not busy:
                break
            time.sleep(0.1)
        for future in futures:
            future.result()
