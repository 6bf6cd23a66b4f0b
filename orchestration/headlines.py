"""The demo's headline numbers, read from the published snapshot like any reader would."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingestion.home import Home
from serving.generations import current_snapshot

QUERY = """
with

played as (

    select * from core.fct_view where is_played

),

engaged as (

    select distinct workspace_id, viewer_id from played where interaction_count > 0

),

completed as (

    select distinct workspace_id, viewer_id from played where is_completed

),

viewers as (

    select distinct workspace_id, viewer_id from played

)

select
    (select count(distinct (workspace_id, video_id)) from core.fct_view),
    (select count(*) from core.fct_view),
    (select count(*) from played),
    (select count(*) from viewers),
    (select coalesce(sum(watch_seconds), 0) / 60 from core.fct_view),
    (select count(*) from engaged) / nullif((select count(*) from viewers), 0),
    (select count(*) from completed) / nullif((select count(*) from viewers), 0),
    (select count(*) from quality.rejected_event)
"""


@dataclass(frozen=True)
class Headlines:
    """Totals over everything published; rates are 0 to 1, null without a viewer."""

    videos: int
    views: int
    plays: int
    unique_viewers: int
    minutes_viewed: float
    engagement_rate: float | None
    completion_rate: float | None
    rejected_records: int

    def labelled(self) -> list[tuple[str, str]]:
        """(label, value) as a person reads them."""
        return [
            ("Videos", f"{self.videos:,}"),
            ("Views", f"{self.views:,}"),
            ("Plays", f"{self.plays:,}"),
            ("Unique viewers", f"{self.unique_viewers:,}"),
            ("Minutes viewed", f"{self.minutes_viewed:,.0f}"),
            ("Engagement rate", percent(self.engagement_rate)),
            ("Completion rate", percent(self.completion_rate)),
            ("Rejected records", f"{self.rejected_records:,}"),
        ]


def percent(rate: float | None) -> str:
    """A rate as a percentage, or a dash."""
    return "-" if rate is None else f"{rate:.1%}"


def read_headlines(home: Home) -> Headlines | None:
    """The headlines of the current snapshot, or None before the first publish."""
    path = current_snapshot(home)
    if path is None:
        return None
    with duckdb.connect(path, read_only=True) as connection:
        return Headlines(*connection.execute(QUERY).fetchall()[0])
