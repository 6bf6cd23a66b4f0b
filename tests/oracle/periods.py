"""Rules 80 to 82: the days of a workspace and of its campaigns, and when viewers come back."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle.facts import SessionFacts, ViewFacts
from tests.oracle.summaries import kpi_row
from tests.oracle.worlds import World, view_id

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]
CONTEXT_SLICES = {"campaign": "utm_campaign", "device_type": "device_type", "country": "country"}


def campaign_of_session(world: World) -> dict[Key, str]:
    """Rule 80: the first campaign that any of a session's views names, by session identity."""
    found: dict[Key, str] = {}
    for each in sorted(world.views, key=lambda each: (each.view.started_at, view_id(each.view))):
        campaign = each.view.context("utm_campaign")
        if campaign is not None:
            found.setdefault(each.view.session.identity, campaign)
    return found


def kpi_campaign_daily(world: World) -> Rows:
    """Rule 80 by (workspace, campaign, day)."""
    views: dict[Key, list[ViewFacts]] = defaultdict(list)
    for view in world.views:
        campaign = view.view.context("utm_campaign")
        if campaign is not None:
            views[world.workspace_id, campaign, view.view.started_at.date()].append(view)
    sessions: dict[Key, list[SessionFacts]] = defaultdict(list)
    campaigns = campaign_of_session(world)
    for session in world.sessions:
        campaign = campaigns.get(session.session.identity)
        if session.bounce.video_id is not None and campaign is not None:
            sessions[world.workspace_id, campaign, session.session.started_at.date()].append(session)
    return {key: kpi_row(views.get(key, []), sessions.get(key, [])) for key in views.keys() | sessions.keys()}


def kpi_workspace_daily(world: World) -> Rows:
    """Rule 80 by (workspace, day)."""
    views: dict[Key, list[ViewFacts]] = defaultdict(list)
    for view in world.views:
        views[world.workspace_id, view.view.started_at.date()].append(view)
    sessions: dict[Key, list[SessionFacts]] = defaultdict(list)
    for session in world.sessions:
        if session.bounce.video_id is not None:
            sessions[world.workspace_id, session.session.started_at.date()].append(session)
    return {key: kpi_row(views.get(key, []), sessions.get(key, [])) for key in views.keys() | sessions.keys()}


def slices_of(world: World, view: ViewFacts) -> list[tuple[str, str]]:
    """Rule 81: the slices a view belongs to, by kind and value."""
    said = {kind: view.view.context(column) for kind, column in CONTEXT_SLICES.items()}
    everything = {"workspace": world.workspace_id, "video": view.view.video_id, **said}
    return [(kind, value) for kind, value in everything.items() if value is not None]


def viewer_return(world: World) -> Rows:
    """Rule 82 by (workspace, slice kind, slice value, active date, previous active date)."""
    dates: dict[Key, set[date]] = defaultdict(set)
    for view in world.views:
        if view.is_played:
            for slice_name in slices_of(world, view):
                dates[(*slice_name, view.viewer_id)].add(view.view.started_at.date())
    counts: Counter[Key] = Counter()
    for (kind, value, _), active in dates.items():
        for before, day in pairwise([None, *sorted(active)]):
            counts[world.workspace_id, kind, value, day, before] += 1
    return {key: {"viewer_count": count} for key, count in counts.items()}
