"""Rules 25 and 26: the KPI tables and the curves over a node's seconds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from tests.oracle.facts import SessionFacts, ViewFacts

Row = dict[str, Any]


def ratio(part: float, whole: float) -> float | None:
    """A rate; None, not zero, when there is nothing to divide by."""
    return part / whole if whole else None


def month_of(moment: datetime) -> date:
    """The first day of the moment's UTC month."""
    return moment.date().replace(day=1)


def viewers(facts: Iterable[ViewFacts]) -> int:
    """How many distinct viewers the views have."""
    return len({each.viewer_id for each in facts})


def kpi_row(views: Sequence[ViewFacts], sessions: Sequence[SessionFacts]) -> Row:
    """Rule 25: the measures of one video in one period, from its views and its sessions with a play."""
    played = [each for each in views if each.is_played]
    people = {each.viewer_id for each in played}
    authenticated = {name for name in people if name.startswith("user:")}
    active = [each for each in played if each.interactions]
    timed = [each for each in views if each.watched.total_duration is not None]
    watch_seconds = sum(each.watched.watch_seconds for each in views)

    row: Row = {
        "impressions": sum(max(1, each.impressions) for each in views),
        "implied_impressions": sum(each.impressions == 0 for each in views),
        "view_count": len(views),
        "plays": len(played),
        "unique_viewers": len(people),
        "unique_authenticated_viewers": len(authenticated),
        "unique_viewers_anonymous_as_one": len(authenticated) + (1 if people - authenticated else 0),
        "watch_seconds": watch_seconds,
        "unique_watched_seconds": sum(each.watched.unique_watched_seconds for each in views),
        "minutes_viewed": watch_seconds / 60,
        "average_view_seconds": ratio(watch_seconds, len(played)),
        "engaged_viewers": viewers(active),
        "engaged_plays": len(active),
        "engagement_rate": ratio(viewers(active), len(people)),
        "view_engagement_rate": ratio(len(active), len(played)),
        "attention_rate": ratio(
            sum(each.watched.watch_seconds for each in timed),
            sum(each.watched.total_duration or 0.0 for each in timed),
        ),
    }
    row["play_rate"] = ratio(row["plays"], row["impressions"])
    for suffix, answer in (
        ("", "is_completed"),
        ("_by_position", "by_position"),
        ("_by_coverage", "by_coverage"),
        ("_by_event", "by_event"),
        ("_by_emitter_threshold", "by_emitter_threshold"),
    ):
        done = viewers(each for each in played if getattr(each.completion, answer) is True)
        row[f"completed_viewers{suffix}"] = done
        row[f"completion_rate{suffix}"] = ratio(done, len(people))

    row["sessions_with_play"] = len(sessions)
    for name, rate, flag in (
        ("bounces", "bounce_rate", "is_bounce"),
        ("bounces_without_interaction", "bounce_rate_without_interaction", "without_interaction"),
        ("quick_bounces", "quick_bounce_rate", "is_quick"),
    ):
        row[name] = sum(getattr(each.bounce, flag) is True for each in sessions)
        row[rate] = ratio(row[name], len(sessions))
    return row


def kpi_rows(
    views: Iterable[ViewFacts], sessions: Iterable[SessionFacts], period: Callable[[datetime], date]
) -> dict[tuple[Any, ...], Row]:
    """Rule 25 by (workspace, video, period); a period exists where a view or a played session starts in it."""
    started: dict[tuple[Any, ...], list[ViewFacts]] = defaultdict(list)
    for each in views:
        view = each.view
        started[view.workspace_id, view.video_id, period(view.started_at)].append(each)
    begun: dict[tuple[Any, ...], list[SessionFacts]] = defaultdict(list)
    for session in sessions:
        if session.bounce.video_id is not None:
            workspace = session.session.key[0]
            begun[workspace, session.bounce.video_id, period(session.session.started_at)].append(session)
    return {key: kpi_row(started.get(key, []), begun.get(key, [])) for key in started.keys() | begun.keys()}


def seconds_of(start: float, stop: float) -> range:
    """The seconds s whose [s, s+1) an interval overlaps by more than 0."""
    return range(math.floor(start), math.ceil(stop))


def attention_rows(views: Iterable[ViewFacts]) -> dict[tuple[Any, ...], Row]:
    """Rule 26: per (workspace, video, node, second) who watched it and how often."""
    plays: dict[tuple[Any, ...], list[ViewFacts]] = defaultdict(list)
    for each in views:
        view = each.view
        for part in each.watched.coverage:
            for second in seconds_of(part.from_seconds, part.to_seconds):
                plays[view.workspace_id, view.video_id, part.node_id, second].append(each)
    rows: dict[tuple[Any, ...], Row] = {}
    for key, watching in plays.items():
        distinct = len({each.view.identity for each in watching})
        rows[key] = {
            "views": distinct,
            "viewers": viewers(watching),
            "play_count": len(watching),
            "replays": len(watching) - distinct,
        }
    return rows


def retention_rows(views: Iterable[ViewFacts]) -> dict[tuple[Any, ...], Row]:
    """Rule 26: per (workspace, video, node, second) how many views were still watching at or after it."""
    last_seconds: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for each in views:
        for node in {part.node_id for part in each.watched.coverage}:
            end = max(part.to_seconds for part in each.watched.coverage if part.node_id == node)
            last_seconds[each.view.workspace_id, each.view.video_id, node].append(math.ceil(end) - 1)
    rows: dict[tuple[Any, ...], Row] = {}
    for key, lasts in last_seconds.items():
        for second in range(max(lasts) + 1):
            watching = sum(last >= second for last in lasts)
            rows[(*key, second)] = {
                "watching": watching,
                "started": len(lasts),
                "retention": watching / len(lasts),
            }
    return rows
