"""What the streams of a trial exercise: how often each branch of the rules of paths and funnels decided something.

A table without rows agrees with any other. So a trial is worth what happens in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.oracle.expected import Expected
from tests.oracle.funnels import FunnelViewer
from tests.oracle.goals import MOST_STEPS
from tests.oracle.paths import NODES_SHOWN
from tests.oracle.visits import ViewPath

OF_PATHS = (
    "a node visited twice",
    "a node visited twice in a row",
    "entered as chosen",
    "entered by default",
    "entered by a jump",
    "entered unexplained",
    "led by an element",
    "left by moving",
    "left at the end",
    "left before the end",
    "a dead end",
    "an ending",
    "a path longer than shown",
    "a path taken twice",
    "a way nobody took",
    "a node nobody visited",
    "an edge no longer in force",
    "a node at level 0",
    "a node further on",
    "a node without a level",
    "a view lost",
    "a view lost unseen",
    "a visit left by choice with something watched",
    "a click outside a visit",
)
OF_FUNNELS = (
    "converted",
    "stopped on the way",
    "kept by the window",
    "broken by strictness",
    "kept by increase",
    "entered later than at the first step",
    "taken without order",
    "converted without order",
    "authored in a default's place",
    "of one video",
    "of one video, by an event of none",
    "of more than one device",
    "of ten steps",
    "a step of one video, node or element taken",
    "entered outside a view",
    "seen in a known segment",
)


def of_path(path: ViewPath) -> Iterator[str]:
    """What one view's path exercises."""
    nodes = path.nodes
    if len(nodes) > NODES_SHOWN:
        yield "a path longer than shown"
    if path.ending_node_id is not None:
        yield "an ending"
    for before, visit in zip([None, *nodes], path.visits, strict=False):
        if visit.is_loop:
            yield "a node visited twice in a row" if visit.node_id == before else "a node visited twice"
        yield {"chosen": "entered as chosen", "default": "entered by default", "jump": "entered by a jump",
               "unknown": "entered unexplained", "start": "started"}[visit.entered_by]  # fmt: skip
        if visit.entered_by_element_id is not None:
            yield "led by an element"
        yield {"moved": "left by moving", "ended": "left at the end", "exit": "left before the end"}[visit.left_by]
        if visit.is_dead_end:
            yield "a dead end"
        if visit.lost_second is not None and visit.left_by == "moved":
            yield "a visit left by choice with something watched"
        elif visit.lost_second is not None and visit.left_by == "exit" and not path.is_finished:
            yield "a view lost" if path.is_seen_leaving else "a view lost unseen"


def of_funnel(viewer: FunnelViewer) -> Iterator[str]:
    """What one viewer's way through one funnel exercises; of a flag: that without it the outcome were another."""
    goal, chain, milestones = viewer.goal, viewer.chain, [viewer.hits[number].milestone for number in viewer.chain.hits.values()]
    yield "converted" if viewer.is_converted else "stopped on the way"
    if viewer.otherwise(window=2**62) != chain:
        yield "kept by the window"
    if goal.course.is_ordered:
        if goal.course.is_strict and viewer.otherwise(is_strict=False) != chain:
            yield "broken by strictness"
        if goal.course.is_increasing and viewer.otherwise(is_increasing=False) != chain:
            yield "kept by increase"
        if chain.entered_step > 1:
            yield "entered later than at the first step"
    elif viewer.otherwise(is_ordered=True) != chain:
        yield "taken without order"
        if viewer.is_converted and len(goal.steps) > 1:
            yield "converted without order"
    if goal.is_per_video:
        yield "of one video"
        if any(each.event.get("video_id") is None for each in milestones):
            yield "of one video, by an event of none"
    elif not goal.is_default and goal.goal_id.endswith("-to-conversion"):
        yield "authored in a default's place"
    if len({each.event.get("device_id") for each in milestones}) > 1:
        yield "of more than one device"
    if len(goal.steps) == MOST_STEPS and chain.furthest_step > 1:
        yield "of ten steps"
    taken = [goal.steps[position - 1] for position in chain.hits]
    if any((step.video_id, step.node_id, step.element_id) != (None, None, None) for step in taken):
        yield "a step of one video, node or element taken"
    if viewer.entry.milestone.view is None:
        yield "entered outside a view"
    elif viewer.context("country") is not None:
        yield "seen in a known segment"


def of_tables(expected: Expected) -> Iterator[str]:
    """What the tables exercise beyond single views and viewers."""
    for key, row in expected.path_transition().items():
        if row["transition_count"] == 0:
            yield "a way nobody took"
        elif row["is_default"] is not None and not row["is_in_catalog"] and key[2] is not None:
            yield "an edge no longer in force"
    for row in expected.path_summary().values():
        if row["view_count"] > 1:
            yield "a path taken twice"
    for row in expected.node_performance().values():
        if row["is_unvisited"]:
            yield "a node nobody visited"
    for row in expected.kpi_node_daily().values():
        if row["visits"] == 0:
            yield "a click outside a visit"
    for row in expected.node_level_rows().values():
        level = row["level"]
        yield "a node without a level" if level is None else "a node further on" if level else "a node at level 0"


def exercised(expected: Expected) -> Counter[str]:
    """How often each thing happened."""
    counts = Counter(of_tables(expected))
    for path in expected.paths:
        counts.update(of_path(path))
    for viewer in expected.funnel_viewers:
        counts.update(of_funnel(viewer))
    return counts
