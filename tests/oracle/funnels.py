"""Rules 61 to 64: the hits of each viewer, the viewers' best chains, and the steps of a funnel by segment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from tests.oracle.chains import Chain, Step, best_chain
from tests.oracle.facts import SessionFacts, ViewFacts
from tests.oracle.goals import MOST_STEPS, NEVER_A_STEP, Goal
from tests.oracle.records import Event, EventKey
from tests.oracle.sequences import in_order
from tests.oracle.settings import to_milliseconds
from tests.oracle.summaries import Row, ratio

Rows = dict[tuple[Any, ...], Row]

EPOCH = datetime(1970, 1, 1)
SEGMENTS = ("device_type", "country", "utm_campaign")


@dataclass(frozen=True)
class Milestone:
    """An event that may take a step, with whose it is, the view it lies in, and what came after it in its session."""

    event: Event
    viewer_id: str
    view: ViewFacts | None
    next_event_type: str | None


@dataclass(frozen=True)
class Hit:
    """A milestone that takes a step (from 1) of a funnel."""

    milestone: Milestone
    position: int

    @property
    def at(self) -> datetime:
        return self.milestone.event.occurred_at


@dataclass(frozen=True)
class FunnelViewer:
    """A viewer in a funnel (of a video, where it is of each): the hits in order, and the best chain of them."""

    goal: Goal
    video_id: str | None
    viewer_id: str
    hits: Sequence[Hit]
    chain: Chain

    @property
    def is_converted(self) -> bool:
        return self.chain.furthest_step == len(self.goal.steps)

    @property
    def times(self) -> dict[int, datetime]:
        """When the best chain took each step, by the step's authored position."""
        return {position: self.hits[number].at for position, number in sorted(self.chain.hits.items())}

    @property
    def entry(self) -> Hit:
        return self.hits[self.chain.first_hit]

    @property
    def last(self) -> Hit:
        return self.hits[self.chain.last_hit]

    @property
    def next_event_type(self) -> str | None:
        """Rule 63: what followed in the session; None for who converted."""
        return None if self.is_converted else self.last.milestone.next_event_type or "end_of_session"

    def context(self, column: str) -> Any:
        """What the entering view says of where the viewer came from; None outside a view."""
        view = self.entry.milestone.view
        return view.view.context(column) if view else None

    def steps_in_order(self) -> list[tuple[int, datetime]]:
        """Rule 64: (place, time) of the steps taken; without order a step's place is when it was taken."""
        if self.goal.course.is_ordered:
            return list(self.times.items())
        taken = sorted((time, position) for position, time in self.times.items())
        return [(place, time) for place, (time, _) in enumerate(taken, start=1)]

    def otherwise(self, **changes: Any) -> Chain | None:
        """The best chain if the funnel were followed differently."""
        return best_chain(steps_of(self.hits), replace(self.goal.course, **changes))


def milestones_of(sessions: Iterable[SessionFacts], views: Iterable[ViewFacts]) -> list[Milestone]:
    """Rule 61: the events that may take a step, with their viewers; what followed skips the player's own reports."""
    owner: dict[EventKey, ViewFacts] = {event.key: facts for facts in views for event in facts.view.events}
    found: list[Milestone] = []
    for session in sessions:
        told = [event for event in session.session.events if event.event_type not in NEVER_A_STEP]
        for index, event in enumerate(told):
            view = owner.get(event.key)
            following = told[index + 1].event_type if index + 1 < len(told) else None
            found.append(Milestone(event, view.viewer_id if view else session.viewer_id, view, following))
    return found


def hits_of(goal: Goal, milestones: Sequence[Milestone]) -> list[Hit]:
    """Rule 61: one viewer's hits of a funnel in order, those of one event by descending step."""
    by_key = {each.event.key: each for each in milestones}
    return [
        Hit(by_key[event.key], position)
        for event in in_order(each.event for each in milestones)
        for position in range(len(goal.steps), 0, -1)
        if goal.steps[position - 1].is_taken_by(event)
    ]


def by_funnel(goal: Goal, hits: Sequence[Hit]) -> dict[str | None, list[Hit]]:
    """Rule 61: the hits of each video's funnel; of a funnel that is not of each video all, under None."""
    if not goal.is_per_video:
        return {None: list(hits)}
    videos = dict.fromkeys(hit.milestone.event.get("video_id") for hit in hits)
    return {
        video: [hit for hit in hits if hit.milestone.event.get("video_id") in (None, video)]
        for video in videos
        if video is not None
    }


def steps_of(hits: Iterable[Hit]) -> list[Step]:
    """Hits as rule 62 sees them: steps and microseconds."""
    return [Step(hit.position, (hit.at - EPOCH) // timedelta(microseconds=1)) for hit in hits]


def funnel_viewers(goals: Iterable[Goal], sessions: Iterable[SessionFacts], views: Iterable[ViewFacts]) -> list[FunnelViewer]:
    """Rules 61 to 63: everyone who entered any of the funnels."""
    by_viewer: dict[tuple[str, str], list[Milestone]] = defaultdict(list)
    for each in milestones_of(sessions, views):
        by_viewer[each.event.workspace_id, each.viewer_id].append(each)
    found: list[FunnelViewer] = []
    for goal in goals:
        for (workspace, viewer), milestones in by_viewer.items():
            if workspace != goal.workspace_id:
                continue
            for video, hits in by_funnel(goal, hits_of(goal, milestones)).items():
                chain = best_chain(steps_of(hits), goal.course)
                if chain is not None:
                    found.append(FunnelViewer(goal, video, viewer, hits, chain))
    return found


def seconds_between(start: datetime, stop: datetime) -> float:
    """Seconds from one moment to another, rounded to milliseconds."""
    return to_milliseconds((stop - start).total_seconds())


def funnel_viewer_rows(viewers: Iterable[FunnelViewer]) -> Rows:
    """Rules 62 and 63 by (workspace, goal, video, viewer)."""
    rows: Rows = {}
    for each in viewers:
        goal, chain, view = each.goal, each.chain, each.entry.milestone.view
        rows[goal.workspace_id, goal.goal_id, each.video_id, each.viewer_id] = {
            "goal_name": goal.name,
            "step_count": len(goal.steps),
            "entered_step": chain.entered_step,
            "furthest_step": chain.furthest_step,
            "is_converted": each.is_converted,
            "entered_at": each.entry.at,
            "last_step_at": each.last.at,
            "seconds_to_convert": seconds_between(each.entry.at, each.last.at) if each.is_converted else None,
            **{f"step_{step}_at": each.times.get(step) for step in range(1, MOST_STEPS + 1)},
            "view": view.view.identity if view else None,
            **{column: each.context(column) for column in SEGMENTS},
            "next_event_type": each.next_event_type,
        }
    return rows


def segments_of(viewer: FunnelViewer) -> list[tuple[str, str | None]]:
    """Rule 64: the segments a viewer counts in."""
    return [("all", "all"), *((column, viewer.context(column)) for column in SEGMENTS)]


def funnel_step_rows(goals: Iterable[Goal], viewers: Iterable[FunnelViewer]) -> Rows:
    """Rule 64 by (workspace, goal, video, step, segment, its value)."""
    members: dict[tuple[Any, ...], list[FunnelViewer]] = defaultdict(list)
    for viewer in viewers:
        for segment in segments_of(viewer):
            members[viewer.goal.workspace_id, viewer.goal.goal_id, viewer.video_id, segment].append(viewer)
    rows: Rows = {}
    for goal in goals:
        key = (goal.workspace_id, goal.goal_id)
        entered = {each[2:] for each in members if each[:2] == key}
        anyway = set() if goal.is_per_video else {(None, ("all", "all"))}
        for video, segment in entered | anyway:
            own = members.get((*key, video, segment), [])
            for position in range(1, len(goal.steps) + 1):
                rows[*key, video, position, *segment] = step_row(goal, position, own)
    return rows


def step_row(goal: Goal, position: int, viewers: Sequence[FunnelViewer]) -> Row:
    """Rule 64: one step of a funnel for some of its viewers."""

    def reaching(step: int) -> list[FunnelViewer]:
        return [each for each in viewers if each.chain.entered_step <= step <= each.chain.furthest_step]

    reached, before = reaching(position), reaching(position - 1)
    entered = [each for each in reached if each.chain.entered_step == position]
    dropped = [each for each in reached if each.chain.furthest_step == position and not each.is_converted]
    converted = sum(each.is_converted for each in reached)
    waits = []
    for each in reached:
        times = dict(each.steps_in_order())
        if position - 1 in times:
            waits.append((times[position] - times[position - 1]).total_seconds())
    next_events = Counter(each.next_event_type for each in dropped)
    most_common = min(next_events, key=lambda name: (-next_events[name], name or ""), default=None)
    step = goal.steps[position - 1]
    return {
        "goal_name": goal.name,
        "is_default": goal.is_default,
        "step_count": len(goal.steps),
        "step_name": step.name or step.event_type or None,
        "event_type": step.event_type or None,
        "entered_viewers": len(entered),
        "reached_viewers": len(reached),
        "dropped_viewers": len(dropped),
        "converted_viewers": converted,
        "share_of_previous": ratio(len(reached) - len(entered), len(before)) if position > 1 else None,
        "share_of_entered": ratio(len(reached), len(viewers)),
        "drop_rate": ratio(len(dropped), len(reached)),
        "conversion_rate": ratio(converted, len(reached)),
        "median_seconds_from_previous": to_milliseconds(median(waits)) if waits else None,
        "next_event_type": most_common,
        "next_event_viewers": next_events[most_common] if dropped else None,
    }
