"""One workspace with everything the rules beyond the view need: its events, sessions, views, people and catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import md5
from typing import Any

from tests.oracle.audience import Identities, identities
from tests.oracle.authored import Authored
from tests.oracle.catalog import Catalog
from tests.oracle.facts import SessionFacts, ViewFacts
from tests.oracle.records import Event, EventKey
from tests.oracle.sequences import View

Table = dict[tuple[Any, ...], dict[str, Any]]
EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class World:
    """One workspace."""

    workspace_id: str
    events: Sequence[Event]
    sessions: Sequence[SessionFacts]
    views: Sequence[ViewFacts]
    catalog: Catalog

    @cached_property
    def authored(self) -> Authored:
        return Authored(self.workspace_id, self.catalog.snapshots)

    @cached_property
    def people(self) -> Identities:
        """Who was ever seen on which device."""
        return identities(self.events)

    @cached_property
    def session_of(self) -> Mapping[EventKey, SessionFacts]:
        """The session of every event."""
        return {event.key: each for each in self.sessions for event in each.session.events}

    @cached_property
    def view_of(self) -> Mapping[EventKey, ViewFacts]:
        """The view of every event that is of one."""
        return {event.key: each for each in self.views for event in each.view.events}


def worlds_of(
    events: Iterable[Event], sessions: Iterable[SessionFacts], views: Iterable[ViewFacts], catalogs: Mapping[str, Catalog]
) -> list[World]:
    """Every workspace that has an event or a catalog."""
    events, sessions, views = list(events), list(sessions), list(views)
    names = {event.workspace_id for event in events} | catalogs.keys()
    own_events: dict[str, list[Event]] = {name: [] for name in names}
    own_sessions: dict[str, list[SessionFacts]] = {name: [] for name in names}
    own_views: dict[str, list[ViewFacts]] = {name: [] for name in names}
    for event in events:
        own_events[event.workspace_id].append(event)
    for session in sessions:
        own_sessions[session.session.key[0]].append(session)
    for view in views:
        own_views[view.view.workspace_id].append(view)
    return [
        World(name, own_events[name], own_sessions[name], own_views[name], catalogs.get(name, Catalog()))
        for name in sorted(names)
    ]


def view_id(view: View) -> str:
    """The id that users see of a view: rule 73 orders views that began at one moment by it."""
    _, kind, name = view.session.key
    microseconds = (view.started_at - EPOCH) // (EPOCH.resolution)
    parts = [view.workspace_id, f"{kind}:{name}", view.source, view.video_id, view.playback_id, str(microseconds)]
    return md5("|".join(part or "" for part in parts).encode()).hexdigest()
