"""Rules 7 to 11: the order of events, sessions and views."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.records import CONTEXT_COLUMNS, Event, EventKey
from tests.oracle.settings import DEFAULTS, Settings

SessionKey = tuple[str, str, str]

STARTS_PLAYING = ("play", "resume", "heartbeat")
NOT_OF_A_VIEW = ("page_view", "identify", "conversion")


@dataclass(frozen=True)
class Session:
    """The events of one session key without a gap above 30 minutes, in order (rule 8)."""

    key: SessionKey
    events: Sequence[Event]

    @property
    def started_at(self) -> datetime:
        return self.events[0].occurred_at

    @property
    def ended_at(self) -> datetime:
        return self.events[-1].occurred_at

    @property
    def identity(self) -> tuple[Any, ...]:
        """What names the session whatever its hash: its key and its start."""
        return (*self.key, self.started_at)


@dataclass(frozen=True)
class View:
    """One playback of one video: its view events in order (rule 9)."""

    session: Session
    source: str
    video_id: str
    playback_id: str | None
    events: Sequence[Event]

    @property
    def workspace_id(self) -> str:
        return self.session.key[0]

    @property
    def device_id(self) -> str | None:
        """Rule 11: the session key's device."""
        kind, name = self.session.key[1:]
        return name if kind == "device" else None

    @property
    def started_at(self) -> datetime:
        return self.events[0].occurred_at

    @property
    def ended_at(self) -> datetime:
        return self.events[-1].occurred_at

    @property
    def identity(self) -> tuple[Any, ...]:
        """What names the view whatever its hash."""
        return (*self.session.key, self.source, self.video_id, self.playback_id or "", self.started_at)

    def context(self, column: str) -> Any:
        """Rule 11: the column's value in the earliest view event that has one."""
        return next((event.get(column) for event in self.events if event.get(column) is not None), None)

    def contexts(self) -> dict[str, Any]:
        """All context columns of rule 11."""
        return {column: self.context(column) for column in CONTEXT_COLUMNS}

    def of_type(self, *types: str) -> list[Event]:
        """The view's events of these types, in order."""
        return [event for event in self.events if event.event_type in types]


def session_key(event: Event) -> SessionKey:
    """Rule 7: whose activity the event is; the three kinds never meet."""
    for kind in ("device", "user", "playback"):
        name = event.get(f"{kind}_id")
        if name is not None:
            return event.workspace_id, kind, name
    raise ValueError("an accepted event names a device, a user or a playback")


def in_order(events: Iterable[Event]) -> list[Event]:
    """Rule 7: by clock, then sequence number (unknown last), then event_id, source and event_date."""

    def position(event: Event) -> tuple[Any, ...]:
        number = event.get("sequence_number")
        _, source, event_date, event_id = event.key
        return event.occurred_at, number is None, number or 0, event_id, source, event_date

    return sorted(events, key=position)


def cut_where_apart(events: Sequence[Event], gap: timedelta) -> list[list[Event]]:
    """Ordered events in runs whose neighbours are at most `gap` apart."""
    runs: list[list[Event]] = []
    for event in events:
        if runs and event.occurred_at - runs[-1][-1].occurred_at <= gap:
            runs[-1].append(event)
        else:
            runs.append([event])
    return runs


def sessions_of(events: Iterable[Event], settings: Settings = DEFAULTS) -> list[Session]:
    """Rule 8: all sessions."""
    by_key: dict[SessionKey, list[Event]] = defaultdict(list)
    for event in events:
        by_key[session_key(event)].append(event)
    return [
        Session(key, run) for key, members in by_key.items() for run in cut_where_apart(in_order(members), settings.session_gap)
    ]


def is_view_event(event: Event) -> bool:
    """Rule 9: an event with a video that is neither page_view, identify nor conversion."""
    return event.get("video_id") is not None and event.event_type not in NOT_OF_A_VIEW


def views_of(sessions: Iterable[Session], settings: Settings = DEFAULTS) -> list[View]:
    """Rule 9: all views, each under the session of its first event."""
    played_back: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    session_of: dict[EventKey, Session] = {}
    views: list[View] = []
    for session in sessions:
        loose: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in filter(is_view_event, session.events):
            session_of[event.key] = session
            playback = event.get("playback_id")
            if playback is None:
                loose[event.source, event.get("video_id")].append(event)
            else:
                played_back[session.key, event.source, event.get("video_id"), playback].append(event)
        for (source, video), members in loose.items():
            views.append(View(session, source, video, None, members))

    for (_, source, video, playback), members in played_back.items():
        for run in cut_where_apart(in_order(members), settings.view_gap):
            views.append(View(session_of[run[0].key], source, video, playback, run))
    return views
