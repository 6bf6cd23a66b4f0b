"""Rules 1 to 6: from landed records to events and rejected events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.oracle.settings import DEFAULTS, Settings

VOCABULARY = frozenset(
    [
        "impression",
        "play",
        "pause",
        "resume",
        "seek",
        "heartbeat",
        "rate_change",
        "buffer_start",
        "buffer_end",
        "ended",
        "exit",
        "error",
        "volume_change",
        "fullscreen_change",
        "node_enter",
        "branch_choice",
        "element_shown",
        "element_hidden",
        "element_click",
        "element_skip",
        "cta_click",
        "product_click",
        "add_to_cart",
        "form_shown",
        "form_submit",
        "question_shown",
        "question_answer",
        "question_skip",
        "poll_answer",
        "survey_response",
        "surface_click",
        "chapter_select",
        "share",
        "page_view",
        "identify",
        "conversion",
        "other",
    ]
)
IDENTIFIERS = (
    "workspace_id",
    "device_id",
    "user_id",
    "playback_id",
    "video_id",
    "node_id",
    "element_id",
    "to_node_id",
    "experiment_id",
    "variant_id",
)
CONTEXT_COLUMNS = (
    "user_id",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "referrer",
    "page_url",
    "experiment_id",
    "variant_id",
    "device_type",
    "os",
    "browser",
    "country",
    "player_version",
)
ENVELOPE_ORDER = [
    "event_type",
    "occurred_at",
    "sent_at",
    "device_id",
    "user_id",
    "playback_id",
    "sequence_number",
    "video_id",
    "node_id",
    "position_seconds",
    "position_from_seconds",
    "position_to_seconds",
    "playback_rate",
    "duration_seconds",
    "element_id",
    "element_type",
    "to_node_id",
    "destination_url",
    "response",
    "is_correct",
    "score",
    "max_score",
    "played_ranges",
    "is_completion",
    "completion_threshold",
    "reported_watch_seconds",
    "x",
    "y",
    "value",
    "currency",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "referrer",
    "page_url",
    "experiment_id",
    "variant_id",
    "device_type",
    "os",
    "browser",
    "country",
    "player_version",
    "consent_marketing",
    "consent_analytics",
    "properties",
]

EventKey = tuple[str, str, date, str]


@dataclass(frozen=True)
class Event:
    """One accepted event: its key, its corrected clock, and its cleaned envelope.

    `fields` holds the envelope after rules 3 to 5; absent keys are null. Times are naive UTC.
    """

    key: EventKey
    occurred_at: datetime
    clock_source: str
    event_type: str
    original_event_type: str | None
    received_at: datetime | None
    fields: Mapping[str, Any]

    @property
    def workspace_id(self) -> str:
        return self.key[0]

    @property
    def source(self) -> str:
        return self.key[1]

    def get(self, name: str) -> Any:
        """The cleaned value of one envelope field, None where unknown."""
        return self.fields.get(name)


@dataclass(frozen=True)
class Rejected:
    """One record that never became an event, and the first reason that applied (rule 2)."""

    workspace_id: str
    event_date: date
    event_id: str
    reason: str


def landed_line(record: Mapping[str, Any]) -> str:
    """The NDJSON line of a record; a record without an event_id is identified by these very bytes."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def moment(text: str | None) -> datetime | None:
    """An ISO timestamp as naive UTC, None for None."""
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def corrected_clock(
    own: datetime | None, sent: datetime | None, received: datetime | None, settings: Settings = DEFAULTS
) -> tuple[datetime, str]:
    """Rule 1: the corrected moment and the rule that gave it."""
    if own is None:
        assert received is not None, "a record without any time never leaves ingestion"
        return received, "received"
    clock, source = own, "client"
    if sent is not None and received is not None and abs(received - sent) > settings.clock_skew:
        clock, source = own + (received - sent), "skew_corrected"
    if received is not None:
        ahead = clock > received + settings.clock_ahead
        behind = clock < received - settings.clock_behind
        if ahead or behind:
            clock, source = received, "received"
    return clock, source


def cleaned(record: Mapping[str, Any], settings: Settings = DEFAULTS) -> tuple[dict[str, Any], str | None]:
    """Rules 3 to 5: the envelope with its type, identifiers and numbers made plausible.

    Returns the fields and, where the type is outside the vocabulary, the type as trimmed and lower-cased.
    """
    fields = {name: value for name, value in record.items() if value is not None}
    original = None
    said = fields.get("event_type")
    kind = said.strip().lower() if said is not None else ""
    if kind not in VOCABULARY:
        original, kind = kind or None, "other"
    fields["event_type"] = kind

    for name in IDENTIFIERS:
        fields[name] = (fields.get(name) or "").strip() or None
    fields["workspace_id"] = fields["workspace_id"] or "default"
    fields["node_id"] = fields["node_id"] or fields["video_id"]

    for name in ("position_seconds", "position_from_seconds", "position_to_seconds", "reported_watch_seconds"):
        if name in fields and not 0 <= fields[name] <= settings.longest_node_seconds:
            del fields[name]
    if not 0 < fields.get("duration_seconds", 1) <= settings.longest_node_seconds:
        del fields["duration_seconds"]
    if not 0 < fields.get("playback_rate", 1) <= 16:
        del fields["playback_rate"]
    return {name: value for name, value in fields.items() if value is not None}, original


IDENTIFIERS = (
    "workspace_id", "device_id", "user_id", "playback_id", "video_id", "node_id", "element_id", "to_node_id", "experiment_id", "variant_id",
    "utm_campaign", "device_type", "country",
)  # fmt: skip


def accept(record: Mapping[str, Any], source: str = "native", settings: Settings = DEFAULTS) -> Event | Rejected | None:
    """Rules 1 to 5 for one record; None for one that ingestion itself quarantines (no time at all)."""
    own, sent, received = (moment(record.get(name)) for name in ("occurred_at", "sent_at", "received_at"))
    written = own or received
    if written is None:
        return None
    clock, clock_source = corrected_clock(own, sent, received, settings)
    fields, original = cleaned(record, settings)
    workspace = fields["workspace_id"]
    event_id = record.get("event_id") or "sha256:" + hashlib.sha256(landed_line(record).encode()).hexdigest()

    reason = None
    if not (record.get("event_type") or "").strip():
        reason = "missing_event_type"
    elif not any(name in fields for name in ("device_id", "user_id", "playback_id")):
        reason = "missing_viewer"
    elif not settings.earliest_event <= clock < settings.latest_event:
        reason = "implausible_time"
    elif max([len(event_id), *(len(str(fields.get(name) or "")) for name in IDENTIFIERS)]) > settings.longest_identifier:
        reason = "identifier_too_long"
    if reason:
        return Rejected(workspace, written.date(), event_id, reason)

    for name, value in (("occurred_at", own), ("sent_at", sent), ("received_at", received)):
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
    key = (workspace, source, written.date(), event_id)
    return Event(key, clock, clock_source, fields["event_type"], original, received, fields)


def precedence(event: Event) -> list[tuple[bool, Any]]:
    """Rule 6: what decides between two copies of one event; the smaller wins, nulls last.

    The fields are compared as rules 1 to 5 leave them.
    """
    values: list[Any] = [event.received_at]
    for name in ENVELOPE_ORDER:
        value = event.occurred_at if name == "occurred_at" else event.get(name)
        values.append(json.dumps(value) if isinstance(value, list | dict) else value)
        if name == "event_type":
            values.append(event.original_event_type)
    return [(value is None, 0 if value is None else value) for value in values]


def events_of(
    records: Iterable[Mapping[str, Any]], source: str = "native", settings: Settings = DEFAULTS
) -> tuple[list[Event], list[Rejected]]:
    """Rules 1 to 6: the events of the records as landed (copies included), and the rejected records.

    A rejected record is kept once per delivery, an event once per key.
    """
    winners: dict[EventKey, Event] = {}
    rejected: list[Rejected] = []
    for record in records:
        outcome = accept(record, source, settings)
        if isinstance(outcome, Rejected):
            rejected.append(outcome)
        elif isinstance(outcome, Event):
            rival = winners.get(outcome.key)
            if rival is None or precedence(outcome) < precedence(rival):
                winners[outcome.key] = outcome
    return list(winners.values()), rejected
