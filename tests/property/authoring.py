"""Random stories as authors write them: start nodes, where elements lead, edges that say little, and goals with steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.catalog import Snapshot
from tests.property.catalogs import NODES, random_edges
from tests.property.mutations import rarely

Row = dict[str, Any]

STEP_TYPES = (
    "impression", "play", "play", "pause", "node_enter", "ended", "interaction", "interaction", "outbound_click", "conversion",
    "conversion", "element_click", "branch_choice", "page_view", "seek", "question_answer", " Play ", "CONVERSION", "other",
    "heartbeat", "teleport", None,
)  # fmt: skip
COMMON_TYPES = ("play", "interaction", "node_enter", "branch_choice", "ended", "conversion")
WINDOWS = (None, None, 0, -1, 4 / 3600, 10 / 3600, 10.02 / 3600, 0.5, 24, 168, 1000)
GOALS = ("g1", "g2", "g3", "g4", "play-to-conversion", "impression-to-conversion")


def random_moments(random: Random, start: datetime) -> list[datetime | None]:
    """When versions begin: one from the beginning or before the stream, perhaps more during it."""
    moments: list[datetime | None] = [random.choice([None, start - timedelta(days=2)])]
    for days in sorted(random.sample([0.0, 0.25, 1.5, 3.0], random.choice([0, 0, 1, 2]))):
        moments.append(start + timedelta(days=days, seconds=random.choice([15, 40])))
    return moments


def stated(**columns: Any) -> Row:
    """A record without what it does not say."""
    return {name: value for name, value in columns.items() if value is not None}


def random_step(random: Random, prefix: str, types: Sequence[str | None]) -> Row:
    """A step of a goal; some ask for a video, a node, an element."""
    return stated(
        event_type=random.choice(types),
        step_name=random.choice([None, "A step"]),
        video_id=f"{prefix}v1" if rarely(random, 0.15) else None,
        node_id=random.choice(NODES) if rarely(random, 0.12) else None,
        element_id=random.choice(["a", "b", " "]) if rarely(random, 0.12) else None,
    )


def random_goal(random: Random, workspace: str, prefix: str, goal_id: str) -> Row:
    """A goal: mostly of a few steps in order, seldom of eleven or none."""
    count = random.choice([1, 2, 2, 3, 3, 3, 4, 4, 0, 11])
    # Where every step is a common event, they come too early, at once and again.
    types = COMMON_TYPES if rarely(random, 0.6) else STEP_TYPES
    steps = [random_step(random, prefix, types) for _ in range(count)]
    return stated(
        workspace_id=workspace,
        goal_id=goal_id,
        name=random.choice([None, "A goal"]),
        window_hours=random.choice(WINDOWS),
        is_ordered=random.choice([None, True, True, False]),
        is_strict=random.choice([None, False, True, True]),
        is_increasing=random.choice([None, False, True, True]),
        is_closed=random.choice([None, True, False]),
        steps=steps,
    )


def random_starts(random: Random, workspace: str, prefix: str) -> list[Row]:
    """The two videos, or one of them, with the node they start in."""
    videos = [f"{prefix}v1", f"{prefix}v2"]
    return [
        stated(
            workspace_id=workspace,
            video_id=video,
            title=video,
            start_node_id=random.choice([*NODES, "n1", "n1", "n2", "n9", video, None]),
        )
        for video in random.choice([videos, videos, videos[:1]])
    ]


def random_elements(random: Random, workspace: str, prefix: str) -> list[Row]:
    """Some elements of the nodes, most of which lead to a node."""
    rows = [
        stated(workspace_id=workspace, video_id=f"{prefix}{video}", node_id=node, element_id=element, element_type="branch",
               to_node_id=random.choice([*NODES, None]))
        for video in ("v1", "v2") for node in NODES for element in ("a", "b") if rarely(random, 0.7)
    ]  # fmt: skip
    return rows or [stated(workspace_id=workspace, video_id=f"{prefix}v1", node_id="n1", element_id="a")]


def said_less(random: Random, edges: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Edges along which several elements lead, of which some are taken by default, some not, and some do not say."""
    rows: list[Row] = []
    for edge in edges:
        for element in random.choice(["a", "a", "b", "ab"]):
            said = {**edge, "element_id": element, "is_default": random.choice([True, False, None, None])}
            if rarely(random, 0.05):
                said["to_node_id"] = None
            rows.append(stated(**said))
    return rows


def random_authoring(seed: int, workspace: str, prefix: str, start: datetime, catalog: Sequence[Snapshot]) -> list[Snapshot]:
    """A stream's catalog with what its story needs: more to say of the edges there are, or edges where there are none,
    and for some streams start nodes, leading elements and goals, each in versions of its own."""
    random = Random(f"authoring {seed}")
    snapshots = [
        Snapshot("edges", each.as_of, said_less(random, each.rows)) if each.entity == "edges" else each for each in catalog
    ]
    if not any(each.entity == "edges" for each in catalog) and rarely(random, 0.5):
        for moment in random_moments(random, start):
            snapshots.append(Snapshot("edges", moment, said_less(random, random_edges(random, workspace, prefix))))
    if rarely(random, 0.5):
        snapshots += [
            Snapshot("videos", each, random_starts(random, workspace, prefix)) for each in random_moments(random, start)
        ]
    if rarely(random, 0.5):
        snapshots += [
            Snapshot("elements", each, random_elements(random, workspace, prefix)) for each in random_moments(random, start)
        ]
    if rarely(random, 0.75):
        for moment in random_moments(random, start):
            chosen = random.sample(GOALS, random.choice([1, 2, 4, 5]))
            goals = [random_goal(random, workspace, prefix, goal_id) for goal_id in chosen]
            snapshots.append(Snapshot("goals", moment, goals))
    return snapshots
