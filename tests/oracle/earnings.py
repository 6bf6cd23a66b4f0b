"""Rules 76 to 79: what videos, campaigns and elements earned, and who converted after interacting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.oracle.audience import is_interaction
from tests.oracle.authored import amount, currency_code
from tests.oracle.conversions import MODELS, WINDOW, Credit, conversions_of, credits_in
from tests.oracle.facts import ViewFacts
from tests.oracle.worlds import World

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]


def earned(credits: Iterable[Credit]) -> dict[str, Any]:
    """Rule 76: the measures of some credits in one currency."""
    members = list(credits)
    return {
        "revenue": sum((each.amount for each in members if each.amount is not None), Decimal(0)),
        "conversions": len({each.conversion.event.key for each in members}),
        "credited_conversions": sum((each.share for each in members), Decimal(0)),
        "converting_viewers": len({each.conversion.viewer_id for each in members}),
    }


def returns(world: World, entity: str, name: str, thing_of: Callable[[ViewFacts], Any]) -> Rows:
    """Rules 76 and 77: one row for every thing, currency in which it cost or earned, and model."""
    costs: dict[Any, tuple[str | None, Decimal]] = {}
    for (thing,), writing in world.authored.newest(entity, name).items():
        cost = amount(writing.row.get("cost"))
        if cost is not None:
            costs[thing] = currency_code(writing.row.get("currency")), cost

    credited: dict[Key, list[Credit]] = defaultdict(list)
    for credit in credits_in(world):
        thing = thing_of(credit.view) if credit.view else None
        if thing is not None:
            credited[thing, credit.conversion.currency, credit.model].append(credit)

    currencies: dict[Any, set[str | None]] = defaultdict(set)
    for thing, currency, _ in credited:
        currencies[thing].add(currency)
    for thing, (currency, _) in costs.items():
        currencies[thing].add(currency)

    rows: Rows = {}
    for thing, known in currencies.items():
        for currency in known:
            spent = costs[thing][1] if thing in costs and costs[thing][0] == currency else None
            for model in MODELS:
                row = earned(credited.get((thing, currency, model), []))
                has_rate = currency is not None and spent
                row["cost"] = spent
                row["roi"] = float(row["revenue"] - spent) / float(spent) if has_rate else None
                row["has_other_currencies"] = len(known) > 1
                rows[world.workspace_id, thing, currency, model] = row
    return rows


def roi_by_video(world: World) -> Rows:
    """Rules 76 and 77 by (workspace, video, currency, model)."""
    return returns(world, "videos", "video_id", lambda each: each.view.video_id)


def roi_by_campaign(world: World) -> Rows:
    """Rules 76 and 77 by (workspace, campaign, currency, model)."""
    return returns(world, "campaigns", "campaign_id", lambda each: each.view.context("utm_campaign"))


def last_element(credit: Credit) -> Key | None:
    """Rule 78: node and element of the view's last interaction before the conversion that names one."""
    assert credit.view is not None
    named = [
        event
        for event in credit.view.view.events
        if is_interaction(event)
        and event.get("element_id") is not None
        and event.occurred_at < credit.conversion.event.occurred_at
    ]
    return (named[-1].get("node_id"), named[-1].get("element_id")) if named else None


def revenue_by_element(world: World) -> Rows:
    """Rule 78 by (workspace, video, node, element, currency, model)."""
    credited: dict[Key, list[Credit]] = defaultdict(list)
    for credit in credits_in(world):
        if credit.view is not None and (element := last_element(credit)) is not None:
            key = (world.workspace_id, credit.view.view.video_id, *element, credit.conversion.currency, credit.model)
            credited[key].append(credit)
    return {key: earned(members) for key, members in credited.items()}


def has_followed(view: ViewFacts, moments: Mapping[str, list[Any]]) -> bool:
    """Rule 79: whether its viewer converted within the window after the view's first interaction."""
    begun = min(event.occurred_at for event in view.view.events if is_interaction(event))
    return any(begun < moment <= begun + WINDOW for moment in moments.get(view.viewer_id, []))


def action_rate_daily(world: World) -> Rows:
    """Rule 79 by (workspace, video, date)."""
    moments: dict[str, list[Any]] = defaultdict(list)
    for each in conversions_of(world):
        moments[each.viewer_id].append(each.event.occurred_at)
    days: dict[Key, list[ViewFacts]] = defaultdict(list)
    for view in world.views:
        if view.is_played and view.interactions:
            days[world.workspace_id, view.view.video_id, view.view.started_at.date()].append(view)
    rows: Rows = {}
    for key, views in days.items():
        engaged = {view.viewer_id for view in views}
        converted = {view.viewer_id for view in views if has_followed(view, moments)}
        rows[key] = {
            "engaged_viewers": len(engaged),
            "converted_viewers": len(converted),
            "action_rate_after_interaction": len(converted) / len(engaged),
        }
    return rows
