"""Rule 60: the funnels of a workspace, authored or default, and rule 61: which events take their steps."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.oracle.audience import INTERACTIONS, is_interaction, is_outbound
from tests.oracle.catalog import Catalog
from tests.oracle.chains import Course, window_in_microseconds
from tests.oracle.graph import named, snapshots_in_order, workspace_of
from tests.oracle.records import Event

DEFAULT_FUNNELS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "default_funnels.csv"
WINDOW_HOURS = 168
MOST_STEPS = 10
NEVER_A_STEP = ("heartbeat", "buffer_start", "buffer_end")
SURROUND_ACTIONS = frozenset(
    ["branch_choice", "element_shown", "element_hidden", "element_skip", "form_shown", "question_shown", "question_skip",
     "surface_click", "page_view", "conversion"]
)  # fmt: skip


@dataclass(frozen=True)
class FunnelStep:
    """What an event must be to take the step; None: anything."""

    name: str | None
    event_type: str
    video_id: str | None = None
    node_id: str | None = None
    element_id: str | None = None

    def is_taken_by(self, event: Event) -> bool:
        """Rule 61: whether the event takes the step."""
        if event.event_type in NEVER_A_STEP or not self.is_kind_of(event):
            return False
        is_action = event.event_type in INTERACTIONS or event.event_type in SURROUND_ACTIONS
        element = event.get("element_id") if is_action else None
        return (
            self.video_id in (None, event.get("video_id"))
            and self.node_id in (None, event.get("node_id"))
            and self.element_id in (None, element)
        )

    def is_kind_of(self, event: Event) -> bool:
        """Rule 60: a word of the vocabulary, or one of the two that mean several."""
        if self.event_type == "interaction":
            return is_interaction(event)
        if self.event_type == "outbound_click":
            return is_outbound(event)
        return self.event_type == event.event_type


@dataclass(frozen=True)
class Goal:
    """A funnel of one workspace: its steps in order, and how they are to be followed."""

    workspace_id: str
    goal_id: str
    name: str
    steps: Sequence[FunnelStep]
    course: Course
    is_default: bool = False
    is_per_video: bool = False


def authored_step(step: Mapping[str, Any]) -> FunnelStep:
    """One step as a catalog writes it."""
    return FunnelStep(
        step.get("step_name"),
        (step.get("event_type") or "").strip().lower(),
        named(step, "video_id"),
        named(step, "node_id"),
        named(step, "element_id"),
    )


def flag(row: Mapping[str, Any], column: str, otherwise: bool) -> bool:
    """An authored flag, or what holds where nothing is said."""
    value = row.get(column)
    return otherwise if value is None else bool(value)


def authored_goal(row: Mapping[str, Any]) -> Goal:
    """A goal as a catalog writes it."""
    steps = [authored_step(step) for step in (row.get("steps") or [])[:MOST_STEPS]]
    hours = row.get("window_hours") or 0
    course = Course(
        len(steps),
        window_in_microseconds(hours if hours > 0 else WINDOW_HOURS),
        flag(row, "is_ordered", True),
        flag(row, "is_strict", False),
        flag(row, "is_increasing", False),
        flag(row, "is_closed", True),
    )
    return Goal(workspace_of(row), row["goal_id"], row.get("name") or row["goal_id"], steps, course)


def authored_goals(catalog: Catalog) -> list[Goal]:
    """Each goal as the newest snapshot that names it writes it."""
    newest = {
        (workspace_of(row), row["goal_id"]): row for snapshot in snapshots_in_order(catalog, "goals") for row in snapshot.rows
    }
    return [authored_goal(row) for row in newest.values()]


def default_goals(workspace_id: str) -> list[Goal]:
    """The default funnels, as a workspace has them."""
    with DEFAULT_FUNNELS.open() as lines:
        rows = list(csv.DictReader(lines))
    goals = []
    for goal_id in dict.fromkeys(row["goal_id"] for row in rows):
        own = sorted((row for row in rows if row["goal_id"] == goal_id), key=lambda row: int(row["position"]))
        head = own[0]
        course = Course(
            len(own),
            window_in_microseconds(float(head["window_hours"])),
            *(head[column] == "true" for column in ("is_ordered", "is_strict", "is_increasing", "is_closed")),
        )
        steps = [FunnelStep(row["step_name"], row["event_type"]) for row in own]
        goals.append(Goal(workspace_id, goal_id, head["goal_name"], steps, course, True, head["is_per_video"] == "true"))
    return goals


def goals_of(catalog: Catalog, workspaces: Iterable[str]) -> list[Goal]:
    """Rule 60: all funnels of the workspaces that have a session, and of those that wrote any."""
    written = authored_goals(catalog)
    taken = {(goal.workspace_id, goal.goal_id) for goal in written}
    defaults = [goal for workspace in sorted(set(workspaces)) for goal in default_goals(workspace)]
    return [goal for goal in written if goal.steps] + [
        goal for goal in defaults if (goal.workspace_id, goal.goal_id) not in taken
    ]
