"""Rules 70 to 75: conversions, the views that may have led to them, and who is credited with how much."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.authored import amount, currency_code, identifier
from tests.oracle.facts import SessionFacts, ViewFacts
from tests.oracle.records import Event
from tests.oracle.settings import to_milliseconds
from tests.oracle.worlds import World, view_id

WINDOW = timedelta(days=7)
HALF_LIFE = timedelta(days=3)
MOST_VIEWS = 100
BILLION = 1_000_000_000
MILLIONTH = Decimal("0.000001")
SAID = {
    "goal": ("goal", "goal_id", "goal_name"),
    "conversion_kind": ("conversion_kind", "conversion_type", "kind", "type"),
    "order_id": ("order_id", "transaction_id"),
}
OF_CALLS = ("kind", "type")


@dataclass(frozen=True)
class Conversion:
    """A conversion event, the session it lies in, and whose it is (rules 70 and 71)."""

    event: Event
    session: SessionFacts
    viewer_id: str

    @property
    def value(self) -> Decimal | None:
        """Rule 72: what it was worth, in its currency; negative for a refund."""
        return amount(self.event.get("value"))

    @property
    def currency(self) -> str | None:
        return currency_code(self.event.get("currency"))

    def said(self, names: Sequence[str]) -> str | None:
        """Rule 72: the first of these properties that is not blank, of an object of properties within them first."""
        properties: Mapping[str, Any] = self.event.get("properties") or {}
        within = properties.get("properties")
        inner: Mapping[str, Any] = within if isinstance(within, dict) else {}
        outer = [name for name in names if not (isinstance(within, dict) and name in OF_CALLS)]
        said = [inner.get(name) for name in names] + [properties.get(name) for name in outer]
        return next((text for value in said if (text := identifier(value))), None)


def conversions_of(world: World) -> list[Conversion]:
    """Rules 70 and 71: every conversion event is one, whatever order it names."""
    found: list[Conversion] = []
    for event in world.events:
        if event.event_type == "conversion":
            session = world.session_of[event.key]
            own = event.get("user_id")
            viewer = f"user:{own}" if own is not None else session.viewer_id
            found.append(Conversion(event, session, viewer))
    return found


def eligible_views(world: World, conversion: Conversion) -> list[ViewFacts]:
    """Rule 73: the viewer's played views of the seven days before it, at most the last hundred, in order."""
    closes = conversion.event.occurred_at
    views = [
        each
        for each in world.views
        if each.is_played and each.viewer_id == conversion.viewer_id and closes - WINDOW <= each.view.started_at < closes
    ]
    return sorted(views, key=lambda each: (each.view.started_at, view_id(each.view)))[-MOST_VIEWS:]


def first(starts: Sequence[datetime]) -> list[int]:
    """All to the view that began first."""
    return [1] + [0] * (len(starts) - 1)


def last(starts: Sequence[datetime]) -> list[int]:
    """All to the view that began last."""
    return [0] * (len(starts) - 1) + [1]


def linear(starts: Sequence[datetime]) -> list[int]:
    """To all alike."""
    return [1] * len(starts)


def position(starts: Sequence[datetime]) -> list[int]:
    """40 % to the first, 40 % to the last, the rest to those between; of two, half to each."""
    between = len(starts) - 2
    return [1] * len(starts) if between <= 0 else [2 * between, *[1] * between, 2 * between]


def time_decay(starts: Sequence[datetime]) -> list[int]:
    """Half as much for every three days before the last view."""
    ages = [(max(starts) - start).total_seconds() for start in starts]
    return [math.floor(2.0 ** (-age / HALF_LIFE.total_seconds()) * BILLION + 0.5) for age in ages]


MODELS: dict[str, Callable[[Sequence[datetime]], list[int]]] = {
    "first": first,
    "last": last,
    "linear": linear,
    "position": position,
    "time_decay": time_decay,
}


@dataclass(frozen=True)
class Credit:
    """What one view (None: none) gets of one conversion under one model."""

    conversion: Conversion
    model: str
    view: ViewFacts | None
    touch_number: int
    touch_count: int
    share: Decimal
    amount: Decimal | None


def shares_of(weights: Sequence[int]) -> list[Decimal]:
    """Rule 75: shares in billionths that add up to exactly 1; the last takes what rounding left."""
    whole = float(sum(weights))
    parts = [math.floor(weight / whole * BILLION + 0.5) for weight in weights[:-1]]
    return [Decimal(part) / BILLION for part in [*parts, BILLION - sum(parts)]]


def amounts_of(value: Decimal | None, shares: Sequence[Decimal]) -> list[Decimal | None]:
    """Rule 75: amounts in millionths that add up to exactly the value; the last takes what rounding left."""
    if value is None:
        return [None] * len(shares)
    parts = [(value * share).quantize(MILLIONTH, ROUND_HALF_UP) for share in shares[:-1]]
    return [*parts, value - sum(parts)]


def credits_of(conversion: Conversion, views: Sequence[ViewFacts]) -> list[Credit]:
    """Rules 74 and 75 for one conversion and its eligible views."""
    if not views:
        return [Credit(conversion, model, None, 0, 0, Decimal(1), conversion.value) for model in MODELS]
    found: list[Credit] = []
    for model, weigh in MODELS.items():
        weights = weigh([each.view.started_at for each in views])
        rows = [(number, view, weight) for number, (view, weight) in enumerate(zip(views, weights, strict=True), 1) if weight]
        shares = shares_of([weight for _, _, weight in rows])
        amounts = amounts_of(conversion.value, shares)
        for (number, view, _), share, part in zip(rows, shares, amounts, strict=True):
            found.append(Credit(conversion, model, view, number, len(views), share, part))
    return found


def credits_in(world: World) -> list[Credit]:
    """All credits of all conversions of a workspace."""
    return [credit for each in conversions_of(world) for credit in credits_of(each, eligible_views(world, each))]


def fct_conversion(world: World) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rules 70 to 72 by event key."""
    return {
        each.event.key: {
            "session": each.session.session.identity,
            "viewer_id": each.viewer_id,
            "occurred_at": each.event.occurred_at,
            "occurred_date": each.event.occurred_at.date(),
            "video_id": each.event.get("video_id"),
            "node_id": each.event.get("node_id"),
            "element_id": each.event.get("element_id"),
            "value": each.value,
            "currency": each.currency,
            **{column: each.said(names) for column, names in SAID.items()},
        }
        for each in conversions_of(world)
    }


def attribution(world: World) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rules 73 to 75 by event key, model and view id (blank for nobody's)."""
    rows = {}
    for credit in credits_in(world):
        conversion, view = credit.conversion, credit.view.view if credit.view else None
        before = conversion.event.occurred_at - view.started_at if view else None
        rows[(*conversion.event.key, credit.model, view_id(view) if view else "")] = {
            "view": view.identity if view else None,
            "viewer_id": conversion.viewer_id,
            "is_attributed": view is not None,
            "video_id": view.video_id if view else None,
            "utm_campaign": view.context("utm_campaign") if view else None,
            "view_started_at": view.started_at if view else None,
            "occurred_at": conversion.event.occurred_at,
            "seconds_before_conversion": to_milliseconds(before.total_seconds()) if before is not None else None,
            "touch_number": credit.touch_number,
            "touch_count": credit.touch_count,
            "credit_share": credit.share,
            "credit": credit.amount,
            "currency": conversion.currency,
        }
    return rows
