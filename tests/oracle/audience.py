"""Rules 22 to 24: interactions, bounces and viewers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.oracle.records import Event
from tests.oracle.sequences import STARTS_PLAYING, Session, View
from tests.oracle.settings import DEFAULTS, Settings

INTERACTIONS = frozenset(
    [
        "element_click",
        "cta_click",
        "product_click",
        "add_to_cart",
        "form_submit",
        "question_answer",
        "poll_answer",
        "survey_response",
        "chapter_select",
        "share",
    ]
)


def is_interaction(event: Event) -> bool:
    """Rule 22: something a person did; a branch_choice without an element was made by default."""
    if event.event_type == "branch_choice":
        return event.get("element_id") is not None
    return event.event_type in INTERACTIONS


def is_outbound(event: Event) -> bool:
    """Rule 23: an interaction that leads elsewhere."""
    leads = event.get("destination_url") is not None or event.event_type in ("cta_click", "product_click")
    return is_interaction(event) and leads


@dataclass(frozen=True)
class Bounce:
    """Rule 23 for one session; all None where nothing was played."""

    first_played_at: datetime | None = None
    video_id: str | None = None
    is_bounce: bool | None = None
    without_interaction: bool | None = None
    is_quick: bool | None = None


def bounce_of(session: Session, settings: Settings = DEFAULTS) -> Bounce:
    """Rule 23: whether the session ended with the video it began to play."""
    plays = [
        index
        for index, event in enumerate(session.events)
        if event.event_type in STARTS_PLAYING and event.get("video_id") is not None
    ]
    if not plays:
        return Bounce()
    first, later = session.events[plays[0]], session.events[plays[0] + 1 :]
    video = first.get("video_id")

    def goes_on(event: Event) -> bool:
        other = event.get("video_id") not in (None, video)
        return (
            (event.event_type in STARTS_PLAYING and other)
            or event.event_type in ("page_view", "conversion")
            or is_outbound(event)
        )

    bounced = not any(goes_on(event) for event in later)
    silent = bounced and not any(is_interaction(event) for event in later)
    quick = bounced and session.ended_at - first.occurred_at <= settings.quick_bounce
    return Bounce(first.occurred_at, video, bounced, silent, quick)


@dataclass(frozen=True)
class Identities:
    """The users each (workspace, device) was ever seen with."""

    users: dict[tuple[str, str], set[str]]

    def viewer(self, workspace_id: str, own_user: str | None, key: tuple[str, str]) -> str:
        """Rule 24: who a session or view belongs to; `key` is the session key's kind and name."""
        kind, name = key
        if own_user is not None:
            return f"user:{own_user}"
        if kind == "device":
            users = self.users.get((workspace_id, name), set())
            return f"user:{next(iter(users))}" if len(users) == 1 else f"device:{name}"
        return f"{kind}:{name}"

    def of_view(self, view: View) -> str:
        return self.viewer(view.workspace_id, view.context("user_id"), view.session.key[1:])

    def of_session(self, session: Session) -> str:
        own = first_user(session.events)
        return self.viewer(session.key[0], own, session.key[1:])


def first_user(events: Sequence[Event]) -> str | None:
    """The earliest user the events name."""
    return next((event.get("user_id") for event in events if event.get("user_id") is not None), None)


def identities(events: Iterable[Event]) -> Identities:
    """Rule 24: which users each device was ever seen with, over all history in the workspace."""
    users: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        device, user = event.get("device_id"), event.get("user_id")
        if device is not None and user is not None:
            users[event.workspace_id, device].add(user)
    return Identities(dict(users))
