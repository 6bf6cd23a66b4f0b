"""Simulated audiences, a hundred at a time: landed, loaded, built, asked, removed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Measurement, StepError, measured
from benchmarks.scenarios import BYTES_PER_EVENT, OLD_SECONDS
from benchmarks.truth_checks import DECISIVE, NOTHING, PLANTED, Answer, Check, ask, sealed
from ingestion.home import Home
from ingestion.simulator import PLANTS, simulate
from ingestion.simulator.settings import AUDIENCE_WEIGHTS

DISCOVERABLE = frozenset({"drop_off", "unmarked_object", "better_variant", "hard_question", "unvisited_node"})
"""What an audience does, and a mart should tell; the other plants are disorder, which no audience is without."""
WHERE_PLANTED = (90, 10, 0, 0)
"""Marketing and learning: of the four audiences those whose videos have something planted in them."""
DAYS = 30

OnStep = Callable[[str, str], None]
"""Called with the crowd's and the step's name."""


@dataclass(frozen=True)
class Crowd:
    """Audiences of one build, a workspace each. events: of one audience, about. checks: what is asked of each."""

    name: str
    audiences: int
    events: int
    checks: Sequence[Check]
    plant: frozenset[str] = frozenset(PLANTS)
    weights: tuple[int, int, int, int] = WHERE_PLANTED


@dataclass(frozen=True)
class Told:
    """What a crowd's marts said, what its truths count in all, and what its steps cost."""

    crowd: Crowd
    answers: Sequence[Answer]
    counts: dict[str, int]
    steps: Sequence[Measurement]

    @property
    def is_met(self) -> bool:
        """Whether every bound is kept."""
        return all(answer.is_met is not False for answer in self.answers)


def crowds(audiences: int, planted_events: int, plain_events: int, decisive: int, decisive_events: int) -> list[Crowd]:
    """The campaign: everything planted, nothing to discover, and a few audiences large enough for a verdict."""
    return [
        Crowd("everything planted", audiences, planted_events, PLANTED),
        Crowd("nothing planted", audiences, plain_events, NOTHING, frozenset(PLANTS) - DISCOVERABLE, AUDIENCE_WEIGHTS),
        Crowd("large audiences", decisive, decisive_events, DECISIVE),
    ]


def tell(folder: Path, crowd: Crowd, seed: int, on_step: OnStep = lambda crowd, step: None) -> Told:
    """Simulate a crowd below ``folder``, load it, build every model, ask its checks; the folder is gone afterwards.

    Raises:
        StepError: a step failed, or the disk has not enough room.
        BrokenSealError: the truths were changed meanwhile.
    """
    place = folder / crowd.name.replace(" ", "-")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        require_room(place, crowd)
        on_step(crowd.name, "simulate")
        land(place / "landing", crowd, seed)
        variables = {"AUDIENCE_HOME": str(place / "home"), "LANDING": str(place / "landing")}
        steps = []
        for name, arguments in STEPS.items():
            on_step(crowd.name, name)
            steps.append(measured(name, (*arguments, *told_where(name, place)), variables, place / "logs" / f"{name}.log"))
            # What is in the lake need not lie in the landing zone too.
            shutil.rmtree(place / "landing" / "native", ignore_errors=True)
        on_step(crowd.name, "ask")
        answers = ask(Home(place / "home").warehouse, place / "truths", crowd.checks)
        counts: dict[str, Any] = sealed(place / "truths")["counts"]
        return Told(crowd, answers, counts, steps)
    finally:
        shutil.rmtree(place, ignore_errors=True)


STEPS = {"load": ("-m", "ingestion", "load"), "models": ("-m", "benchmarks.models")}


def told_where(step: str, place: Path) -> tuple[str, ...]:
    """The arguments that say where a step's own report goes."""
    return ("--result", str(place / "models.json")) if step == "models" else ()


def require_room(place: Path, crowd: Crowd) -> None:
    """Raise StepError where the disk is too small for a crowd."""
    needed, free = crowd.audiences * crowd.events * BYTES_PER_EVENT, shutil.disk_usage(place).free
    if free < needed:
        raise StepError(f"{crowd.name} needs about {needed / 1e9:.0f} GB below {place}; {free / 1e9:.0f} GB are free.")


def land(landing: Path, crowd: Crowd, seed: int) -> None:
    """Simulate a crowd's logs; files get an age, so that nobody waits whether they still grow."""
    simulate(
        landing, events=crowd.audiences * crowd.events, days=DAYS, seed=seed, workspaces=crowd.audiences,
        plant=crowd.plant, audience_weights=crowd.weights,
    )  # fmt: skip
    old = time.time() - OLD_SECONDS
    for path in landing.rglob("*.ndjson"):
        os.utime(path, (old, old))
