"""Everything the warehouse should hold for a set of landed records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.oracle.audience import bounce_of, identities, is_interaction
from tests.oracle.catalog import Catalog
from tests.oracle.completion import completion
from tests.oracle.facts import SessionFacts, ViewFacts
from tests.oracle.funnels import FunnelViewer, funnel_step_rows, funnel_viewer_rows, funnel_viewers
from tests.oracle.goals import Goal, goals_of
from tests.oracle.graph import Graph
from tests.oracle.nodes import node_level_rows, node_performance_rows, node_rows, survival_rows
from tests.oracle.paths import choice_rows, node_visit_rows, path_summary_rows, transition_rows, viewer_path_rows
from tests.oracle.records import Event, Rejected, events_of
from tests.oracle.segments import watched
from tests.oracle.sequences import sessions_of, views_of
from tests.oracle.settings import DEFAULTS, Settings
from tests.oracle.summaries import attention_rows, kpi_rows, month_of, retention_rows
from tests.oracle.visits import ViewPath, path_of
from tests.oracle.worlds import World, worlds_of

Table = dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Expected:
    """The expected world: events, sessions, views, paths and funnels as objects, and every table as rows by natural key."""

    events: Sequence[Event]
    rejected: Sequence[Rejected]
    sessions: Sequence[SessionFacts]
    views: Sequence[ViewFacts]
    graphs: Sequence[Graph] = field(default_factory=list)
    paths: Sequence[ViewPath] = field(default_factory=list)
    goals: Sequence[Goal] = field(default_factory=list)
    funnel_viewers: Sequence[FunnelViewer] = field(default_factory=list)
    catalogs: Mapping[str, Catalog] = field(default_factory=dict)

    @cached_property
    def worlds(self) -> Sequence[World]:
        """Its workspaces one by one, each with its own catalog."""
        return worlds_of(self.events, self.sessions, self.views, self.catalogs)

    def rejected_event(self) -> Counter[tuple[Any, ...]]:
        """Rule 2: how often each (workspace, event_date, event_id, reason) was rejected."""
        return Counter((each.workspace_id, each.event_date, each.event_id, each.reason) for each in self.rejected)

    def event_rows(self) -> Table:
        """Rules 1 to 6 by event key."""
        return {
            event.key: {
                **event.fields,
                "occurred_at": event.occurred_at,
                "occurred_date": event.occurred_at.date(),
                "clock_source": event.clock_source,
                "original_event_type": event.original_event_type,
            }
            for event in self.events
        }

    def session_rows(self) -> Table:
        """Rules 8, 23 and 24 by session identity."""
        return {
            each.session.identity: {
                "started_date": each.session.started_at.date(),
                "ended_at": each.session.ended_at,
                "event_count": len(each.session.events),
                "interaction_count": sum(is_interaction(event) for event in each.session.events),
                "first_played_at": each.bounce.first_played_at,
                "first_played_video_id": each.bounce.video_id,
                "is_bounce": each.bounce.is_bounce,
                "is_bounce_without_interaction": each.bounce.without_interaction,
                "is_quick_bounce": each.bounce.is_quick,
                "viewer_id": each.viewer_id,
            }
            for each in self.sessions
        }

    def view_rows(self) -> Table:
        """Rules 9 to 11, 17, 20, 22 and 24 by view identity."""
        return {each.view.identity: view_row(each) for each in self.views}

    def segment_rows(self) -> Table:
        """Rules 15 and 16 by (view identity, evidence, node, from, ordinal among equals)."""
        rows: Table = {}
        for each in self.views:
            seen: Counter[tuple[Any, ...]] = Counter()
            for part in sorted(
                [*each.watched.derived, *each.watched.declared], key=lambda part: (part.to_seconds, part.play_wall_seconds or 0.0)
            ):
                name = (*each.view.identity, part.evidence, part.node_id, part.from_seconds)
                rows[(*name, seen[name])] = {
                    "to_seconds": part.to_seconds,
                    "play_wall_seconds": part.play_wall_seconds,
                }
                seen[name] += 1
        return rows

    def interaction_rows(self) -> Table:
        """Rule 22 by event key, with the view it counts for."""
        owner = {event.key: each.view.identity for each in self.views for event in each.view.events}
        return {
            event.key: {"view": owner.get(event.key), "event_type": event.event_type}
            for event in self.events
            if is_interaction(event)
        }

    def viewer_rows(self) -> Table:
        """Rule 24: the viewers who had a session, or a view in another's session on one device."""
        return {
            **{(each.session.key[0], each.viewer_id): {} for each in self.sessions},
            **{(each.view.workspace_id, each.viewer_id): {} for each in self.views},
        }

    def kpi_video_daily(self) -> Table:
        """Rule 25 by (workspace, video, day)."""
        return kpi_rows(self.views, self.sessions, lambda moment: moment.date())

    def kpi_video_monthly(self) -> Table:
        """Rule 25 by (workspace, video, first day of the month)."""
        return kpi_rows(self.views, self.sessions, month_of)

    def attention_heatmap(self) -> Table:
        """Rule 26 by (workspace, video, node, second)."""
        return attention_rows(self.views)

    def retention_curve(self) -> Table:
        """Rule 26 by (workspace, video, node, second)."""
        return retention_rows(self.views)

    def survival_curve(self) -> Table:
        """Rule 58 by (workspace, video, node, second)."""
        return survival_rows(self.views, self.paths)

    def node_visit_rows(self) -> Table:
        """Rules 50 to 53 by (view identity, visit number)."""
        return node_visit_rows(self.paths)

    def path_transition(self) -> Table:
        """Rule 54 by (workspace, video, from, to)."""
        return transition_rows(self.paths, self.graphs)

    def kpi_scorecard_daily(self) -> Table:
        """Rule 88 by (workspace, video, day): of its KPIs the moves between nodes."""
        return choice_rows(self.paths, self.kpi_video_daily())

    def viewer_path_rows(self) -> Table:
        """Rule 55 by view identity."""
        return viewer_path_rows(self.paths)

    def path_summary(self) -> Table:
        """Rule 55 by (workspace, video, path key)."""
        return path_summary_rows(self.paths)

    def node_performance(self) -> Table:
        """Rule 56 by (workspace, video, node)."""
        return node_performance_rows(self.views, self.paths, self.graphs)

    def kpi_node_daily(self) -> Table:
        """Rule 56 by (workspace, video, node, day)."""
        return node_rows(self.views, self.paths, by_day=True)

    def node_level_rows(self) -> Table:
        """Rule 57 by (workspace, video, node)."""
        return node_level_rows(self.views, self.graphs)

    def funnel_viewer_rows(self) -> Table:
        """Rules 60 to 63 by (workspace, goal, video, viewer)."""
        return funnel_viewer_rows(self.funnel_viewers)

    def funnel_step(self) -> Table:
        """Rule 64 by (workspace, goal, video, step, segment type, segment value)."""
        return funnel_step_rows(self.goals, self.funnel_viewers)


def view_row(facts: ViewFacts) -> dict[str, Any]:
    """One view's expected columns; seconds in seconds, times in UTC."""
    view, measured, done = facts.view, facts.watched, facts.completion
    return {
        **view.contexts(),
        "session": view.session.identity,
        "device_id": view.device_id,
        "viewer_id": facts.viewer_id,
        "started_date": view.started_at.date(),
        "ended_at": view.ended_at,
        "event_count": len(view.events),
        "is_played": facts.is_played,
        "impression_count": max(1, facts.impressions),
        "is_impression_implied": facts.impressions == 0,
        "pause_count": len(view.of_type("pause")),
        "seek_count": len(view.of_type("seek")),
        "interaction_count": facts.interactions,
        "segment_count": len(measured.derived),
        "node_count": len(measured.durations),
        "coverage_source": measured.coverage_source,
        "watch_seconds": measured.watch_seconds,
        "unique_watched_seconds": measured.unique_watched_seconds,
        "declared_excess_seconds": measured.declared_excess_seconds,
        "reported_watch_seconds": measured.reported_watch_seconds,
        "play_wall_seconds": sum(part.play_wall_seconds or 0.0 for part in measured.derived),
        "nodes_duration_seconds": measured.total_duration,
        "percent_watched": measured.percent_watched,
        "is_completed": done.is_completed,
        "is_completed_by_position": done.by_position,
        "is_completed_by_coverage": done.by_coverage,
        "is_completed_by_event": done.by_event,
        "is_completed_by_emitter_threshold": done.by_emitter_threshold,
    }


def expect(
    records: Iterable[Mapping[str, Any]],
    catalog: Catalog | None = None,
    settings: Settings = DEFAULTS,
) -> Expected:
    """The whole expected world of one source's records, as landed (copies included)."""
    known = catalog or Catalog()
    events, rejected = events_of(records, settings=settings)
    sessions = sessions_of(events, settings)
    people = identities(events)
    graph = Graph(known)
    views = []
    for view in views_of(sessions, settings):
        measured = watched(view, known, settings)
        done = completion(view, measured, graph, settings)
        views.append(ViewFacts(view, measured, done, people.of_view(view)))
    facts = [SessionFacts(each, bounce_of(each, settings), people.of_session(each)) for each in sessions]
    goals = goals_of(known, (each.session.key[0] for each in facts))
    workspaces = {event.workspace_id for event in events} | known.workspaces
    return Expected(
        events,
        rejected,
        facts,
        views,
        graphs=[graph],
        paths=[path for each in views if (path := path_of(each, graph, settings))],
        goals=goals,
        funnel_viewers=funnel_viewers(goals, facts, views),
        catalogs=dict.fromkeys(workspaces, known),
    )
