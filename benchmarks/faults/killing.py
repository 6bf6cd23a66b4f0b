"""``kill -9`` at random moments, and several runs at once."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from datetime import timedelta

from benchmarks.faults.installation import REFRESH, Run
from benchmarks.faults.scene import COMMANDS, Disturbance, Scene, Stage
from benchmarks.scenarios import FIRST_DAY

FULL_SHARE, BACKFILL_SHARE = 0.15, 0.15
"""How many whole runs compute everything again, or some dates: there the warehouse's tables are replaced, not added to."""
AGAIN_SHARE = 0.3
"""How often the run after a killed one is killed too."""


def kill(scene: Scene, stack: ExitStack) -> Disturbance:
    """Kill a run's process group, and sometimes the next run's."""
    places: list[str] = []
    while True:
        run = scene.begin(command(scene.stage, scene.chance))
        if not scene.moment(run):
            return Disturbance(", then ".join(places) or "it had ended", bool(places), [run])
        places.append(scene.where(run))
        run.kill()
        if scene.chance.random() > AGAIN_SHARE:
            return Disturbance(", then ".join(places))


def command(stage: Stage, chance: random.Random) -> tuple[str, ...]:
    """The stage's command; of whole runs some are full refreshes or backfills."""
    if stage is not Stage.BUILD:
        return COMMANDS[stage]
    drawn = chance.random()
    if drawn < FULL_SHARE:
        return (*REFRESH, "--full")
    if drawn < FULL_SHARE + BACKFILL_SHARE:
        first = FIRST_DAY + timedelta(days=chance.randrange(3))
        return ("orchestration", "backfill", str(first), str(first + timedelta(days=chance.randrange(3))))
    return REFRESH


def several_runs(scene: Scene, stack: ExitStack) -> Disturbance:
    """Two or three of the same command, begun within one another's time; in a third of the cases the first is killed."""
    runs: list[Run] = []
    for _ in range(scene.chance.choice([2, 3])):
        runs.append(scene.start(COMMANDS[scene.stage]))
        time.sleep(scene.chance.uniform(0, 0.7))
    overlapped = sum(run.is_alive for run in runs) > 1
    is_killed = scene.chance.random() < 1 / 3
    if is_killed:
        time.sleep(scene.chance.uniform(0, scene.prepared.work_seconds[scene.stage]))
        overlapped = overlapped and runs[0].is_alive
        runs[0].kill()
    ended = runs[is_killed:]
    for run in ended:
        run.wait()
    return Disturbance(f"{len(runs)} runs{', the first killed' if is_killed else ''}", overlapped, ended, may_fail=False)
