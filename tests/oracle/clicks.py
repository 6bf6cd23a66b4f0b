"""Rules 34 to 37: where people click on the picture, and where they expect something that is not there."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.oracle.audience import is_interaction
from tests.oracle.authored import ElementVersion
from tests.oracle.exposures import SKIPS, in_force
from tests.oracle.facts import ViewFacts
from tests.oracle.records import Event
from tests.oracle.settings import to_milliseconds
from tests.oracle.worlds import World

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]
CELLS = 20
BUCKET_SECONDS = 2
MILLION = 1_000_000
REACH = 50_000
PATIENCE_SECONDS = 2
OUTCOMES = {"hits": "hit", "near_misses": "near_miss", "false_clicks": "false_click", "unknown_clicks": "unknown"}


def millionths(place: float) -> int:
    """A place on the frame in millionths of it, rounded half up."""
    return math.floor(place * MILLION + 0.5)


@dataclass(frozen=True)
class Click:
    """A click with a place: on which cell and bucket it fell, what it was, and which element it nearly hit."""

    event: Event
    facts: ViewFacts
    outcome: str
    near_element_id: str | None

    @property
    def cell(self) -> tuple[int, int]:
        x, y = (min(math.floor(self.event.get(axis) * CELLS), CELLS - 1) for axis in ("x", "y"))
        return x, y

    @property
    def bucket(self) -> int:
        return math.floor(to_milliseconds(self.event.get("position_seconds")) / BUCKET_SECONDS)

    @property
    def node(self) -> Key:
        return self.event.workspace_id, self.facts.view.video_id, self.event.get("node_id")

    @property
    def place(self) -> Key:
        """The node, and the bucket and cell in it."""
        return (*self.node, self.bucket, *self.cell)


def has_place(event: Event) -> bool:
    """Rule 34.11: a click, answer or skip with a second and a place within the frame."""
    place = (event.get("x"), event.get("y"))
    is_of_interest = event.event_type == "surface_click" or is_interaction(event) or event.event_type in SKIPS
    return (
        is_of_interest
        and event.get("position_seconds") is not None
        and all(each is not None and 0 <= each <= 1 for each in place)
    )


@dataclass(frozen=True)
class Box:
    """The box and window of one element version, in millionths of the frame and in seconds; all bounds included."""

    version: ElementVersion

    def bounds(self, axis: str, size: str) -> tuple[int, int]:
        begin, length = self.version.get(f"box_{axis}"), self.version.get(f"box_{size}")
        return millionths(begin), millionths(begin + length)

    def holds(self, event: Event, reach: int = 0) -> bool:
        """Whether the click is inside the box, or inside it grown by `reach` millionths on every side."""
        for axis, size in (("x", "width"), ("y", "height")):
            begin, end = self.bounds(axis, size)
            if not begin - reach <= millionths(event.get(axis)) <= end + reach:
                return False
        return True

    def is_active(self, event: Event, patience: int = 0) -> bool:
        """Whether the click is within the window, or at most `patience` seconds beside it."""
        at = to_milliseconds(event.get("position_seconds"))
        begin, end = self.version.get("from_seconds"), self.version.get("to_seconds")
        is_early = begin is not None and at < to_milliseconds(begin) - patience
        return not is_early and (end is None or at <= to_milliseconds(end) + patience)


def boxes_of(world: World, facts: ViewFacts, node_id: str) -> list[Box]:
    """Rule 36.14: the elements of a node in force at the view's start that have all four numbers of a box."""
    numbers = ("box_x", "box_y", "box_width", "box_height")
    return [
        Box(version)
        for (node, _), version in in_force(world, facts).items()
        if node == node_id and all(version.get(number) is not None for number in numbers)
    ]


def judged(world: World, event: Event, facts: ViewFacts) -> Click:
    """Rule 36: what a click with a place was."""
    if event.event_type != "surface_click" or event.get("element_id") is not None:
        return Click(event, facts, "hit", None)
    boxes = boxes_of(world, facts, event.get("node_id"))
    if any(box.holds(event) and box.is_active(event) for box in boxes):
        return Click(event, facts, "hit", None)
    if not world.authored.describes(facts.view.video_id, facts.view.started_at):
        return Click(event, facts, "unknown", None)
    nearly = [
        box.version.element_id
        for box in boxes
        if (box.is_active(event) and box.holds(event, REACH)) or (box.holds(event) and box.is_active(event, PATIENCE_SECONDS))
    ]
    return Click(event, facts, "near_miss" if nearly else "false_click", min(nearly, default=None))


def clicks_in(world: World) -> list[Click]:
    """All clicks with a place of a workspace."""
    return [judged(world, event, facts) for facts in world.views for event in facts.view.events if has_place(event)]


def viewers(clicks: Iterable[Click]) -> int:
    """How many distinct viewers the clicks have."""
    return len({each.facts.viewer_id for each in clicks})


def click_heatmap(world: World) -> Rows:
    """Rule 35 by (workspace, video, node, second, cell)."""
    cells: dict[Key, list[Click]] = defaultdict(list)
    for each in clicks_in(world):
        cells[(*each.node, each.bucket * BUCKET_SECONDS, *each.cell)].append(each)
    return {
        key: {
            "clicks": len(members),
            "viewers": viewers(members),
            **{name: sum(each.outcome == outcome for each in members) for name, outcome in OUTCOMES.items()},
        }
        for key, members in cells.items()
    }


def false_click(world: World) -> Rows:
    """Rule 36.16 by event key."""
    return {
        each.event.key: {
            "view": each.facts.view.identity,
            "viewer_id": each.facts.viewer_id,
            "video_id": each.facts.view.video_id,
            "node_id": each.event.get("node_id"),
            "started_date": each.facts.view.started_at.date(),
            "position_seconds": each.event.get("position_seconds"),
            "x": each.event.get("x"),
            "y": each.event.get("y"),
            "from_second": each.bucket * BUCKET_SECONDS,
            "cell_x": each.cell[0],
            "cell_y": each.cell[1],
            "is_near_miss": each.outcome == "near_miss",
            "near_element_id": each.near_element_id,
            "is_played": each.facts.is_played,
        }
        for each in clicks_in(world)
        if each.outcome in ("near_miss", "false_click")
    }
