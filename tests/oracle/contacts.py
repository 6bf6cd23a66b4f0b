"""Rules 90 and 91: who may be written to, and how engaged they are."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from math import floor
from typing import Any

from tests.oracle.audience import is_interaction
from tests.oracle.authored import identifier
from tests.oracle.conversions import SAID, conversions_of
from tests.oracle.learning import is_completed
from tests.oracle.records import Event
from tests.oracle.settings import to_milliseconds
from tests.oracle.worlds import Table, World

HALF_LIFE_DAYS = 14
POINTS = {"recency": 20, "watching": 20, "completion": 15, "interaction": 15, "intent": 20, "conversion": 10}
ENOUGH = {"watching": 30, "completion": 3, "interaction": 10, "intent": 2, "conversion": 1}


def last_words(world: World) -> dict[str, tuple[datetime, bool]]:
    """When each viewer last spoke of consent, and whether they gave it; of two words at one moment the refusal."""
    words: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    for each in world.sessions:
        said = [event for event in each.session.events if event.get("consent_marketing") is not None]
        last_of_users = {event.get("user_id"): event for event in said}
        for user_id, event in last_of_users.items():
            viewer_id = f"user:{user_id}" if user_id else each.viewer_id
            words[viewer_id].append((event.occurred_at, event.get("consent_marketing")))
    return {viewer: max(said, key=lambda word: (word[0], not word[1])) for viewer, said in words.items()}


def dim_contact(world: World) -> Table:
    """Rule 90 by (workspace, user)."""
    words = last_words(world)
    rows: Table = {}
    for (user_id,), row in world.authored.newest_snapshot("contacts", "user_id").items():
        email = identifier(row.get("email"))
        spoken = words.get(f"user:{user_id}")
        refused = spoken is not None and not spoken[1]
        rows[world.workspace_id, user_id] = {
            "viewer_id": f"user:{user_id}",
            "email": email.lower() if email else None,
            "consent_marketing": row.get("consent_marketing"),
            "account_id": identifier(row.get("account_id")),
            "has_withdrawn_consent": refused,
            "withdrawn_at": spoken[0] if refused and spoken else None,
            "may_be_exported": email is not None and row.get("consent_marketing") is True and not refused,
        }
    return rows


def leads_outside(event: Event) -> bool:
    """Rule 23: an outbound click."""
    return event.get("destination_url") is not None or event.event_type in ("cta_click", "product_click")


def hundredths(points: float) -> float:
    """Rounded half up to a hundredth."""
    return floor(points * 100 + 0.5) / 100


def crm_contact(world: World) -> Table:
    """Rule 91 by (workspace, user)."""
    data_until = max((each.session.ended_at for each in world.sessions), default=None)
    rows: Table = {}
    for key, contact in dim_contact(world).items():
        if not contact["may_be_exported"]:
            continue
        viewer_id = contact["viewer_id"]
        views = [each for each in world.views if each.viewer_id == viewer_id]
        sessions = [each.session for each in world.sessions if each.viewer_id == viewer_id]
        done = [event for each in views for event in each.view.events if is_interaction(event)]
        bought = [
            each
            for each in conversions_of(world)
            if each.viewer_id == viewer_id and each.said(SAID["conversion_kind"]) != "refund"
        ]
        seen = [each.ended_at for each in sessions] + [each.view.ended_at for each in views]
        counts: dict[str, Any] = {
            "session_count": len(sessions),
            "play_count": sum(each.is_played for each in views),
            "watch_seconds": to_milliseconds(sum(each.watched.watch_seconds for each in views)),
            "completed_view_count": sum(is_completed(each) for each in views),
            "interaction_count": len(done),
            "outbound_click_count": sum(leads_outside(event) for event in done),
            "form_count": sum(event.event_type == "form_submit" for event in done),
            "conversion_count": len(bought),
        }
        reached = {
            "watching": counts["watch_seconds"] / 60,
            "completion": counts["completed_view_count"],
            "interaction": counts["interaction_count"],
            "intent": counts["outbound_click_count"] + counts["form_count"],
            "conversion": counts["conversion_count"],
        }
        points = {part: hundredths(min(amount / ENOUGH[part], 1) * POINTS[part]) for part, amount in reached.items()}
        points["recency"] = 0.0
        if seen and data_until:
            days = (data_until - max(seen)).total_seconds() / 86400
            points["recency"] = hundredths(0.5 ** (days / HALF_LIFE_DAYS) * POINTS["recency"])
        rows[key] = {
            "email": contact["email"],
            **counts,
            **{f"{part}_points": earned for part, earned in points.items()},
            "engagement_score": floor(sum(points.values()) + 0.5),
            "last_seen_at": max(seen, default=None),
        }
    return rows
