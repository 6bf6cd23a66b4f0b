"""The warehouse's tables as rows by natural key, so that they can be laid beside the oracle's.

Sessions and views are named by hashes in the warehouse; here by what the hashes stand for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.oracle.expected import Expected, Table
from tests.oracle.tables import RULES, rows_of

SESSION = ("workspace_id", "kind", "name", "started_at")
SECONDS = 0.0021
VIEW = ("workspace_id", "kind", "name", "source", "video_id", "playback", "started_at")
KIND = "case when device_id is not null then 'device' when user_id is not null then 'user' else 'playback' end"
NAMED_SESSIONS = f"""
    select *, {KIND} as kind, coalesce(device_id, user_id, playback_id) as name from core.fct_session
"""
NAMED_VIEWS = f"""
    select *, {KIND} as kind, coalesce(device_id, user_id, playback_id) as name, coalesce(playback_id, '') as playback
    from core.fct_view
"""


@dataclass(frozen=True)
class TableUnderTest:
    """One table: what the oracle calls it, how to read it, how many of its first columns are its key, how far numbers may lie apart."""

    name: str
    query: str
    key_columns: int
    tolerance: float = SECONDS


def columns(names: Sequence[str], relation: str) -> str:
    """A select list of one relation's columns."""
    return ", ".join(f"{relation}.{name}" for name in names)


def pair(names: Sequence[str], relation: str) -> str:
    """Several columns as one tuple, null where the relation did not match."""
    return f"case when {relation}.{names[0]} is not null then row({columns(names, relation)}) end"


TABLES = (
    TableUnderTest("event_rows", "select workspace_id, source, event_date, event_id, * from events.events", 4),
    TableUnderTest("session_rows", f"select {columns(SESSION, 's')}, s.* from ({NAMED_SESSIONS}) as s", len(SESSION)),
    TableUnderTest(
        "view_rows",
        f"select {columns(VIEW, 'v')}, {pair(SESSION, 's')} as session, v.* from ({NAMED_VIEWS}) as v "
        f"left join ({NAMED_SESSIONS}) as s on v.session_id = s.session_id",
        len(VIEW),
    ),
    TableUnderTest(
        "segment_rows",
        f"select {columns(VIEW, 'v')}, s.evidence, s.node_id, s.from_seconds, row_number() over ("
        "partition by s.view_id, s.evidence, s.node_id, s.from_seconds order by s.to_seconds, s.play_wall_seconds) - 1, s.* "
        f"from engagement.fct_watched_segment as s left join ({NAMED_VIEWS}) as v on s.view_id = v.view_id",
        len(VIEW) + 4,
    ),
    TableUnderTest(
        "interaction_rows",
        f"select e.workspace_id, e.source, e.event_date, e.event_id, {pair(VIEW, 'v')} as view, "
        "i.interaction_type as event_type "
        "from core.fct_interaction as i left join events.events as e "
        "on i.interaction_id = md5(concat_ws('|', e.workspace_id, e.source, cast(e.event_date as varchar), e.event_id)) "
        f"left join ({NAMED_VIEWS}) as v on i.view_id = v.view_id",
        4,
    ),
    TableUnderTest("viewer_rows", "select workspace_id, viewer_id from core.dim_viewer", 2),
    TableUnderTest("kpi_video_daily", "select workspace_id, video_id, date_day, * from kpis.kpi_video_daily", 3),
    TableUnderTest("kpi_video_monthly", "select workspace_id, video_id, month_start_date, * from kpis.kpi_video_monthly", 3),
    TableUnderTest("attention_heatmap", "select workspace_id, video_id, node_id, second, * from engagement.attention_heatmap", 4),
    TableUnderTest("retention_curve", "select workspace_id, video_id, node_id, second, * from engagement.retention_curve", 4),
    TableUnderTest("survival_curve", "select workspace_id, video_id, node_id, second, * from engagement.survival_curve", 4),
    TableUnderTest(
        "node_visit_rows",
        f"select {columns(VIEW, 'v')}, n.visit_number, n.* from paths.fct_node_visit as n "
        f"left join ({NAMED_VIEWS}) as v on n.view_id = v.view_id",
        len(VIEW) + 1,
    ),
    TableUnderTest("path_transition", "select workspace_id, video_id, from_node_id, to_node_id, * from paths.path_transition", 4),
    TableUnderTest("kpi_scorecard_daily", "select workspace_id, video_id, date_day, * from kpis.kpi_scorecard_daily", 3),
    TableUnderTest(
        "viewer_path_rows",
        f"select {columns(VIEW, 'v')}, p.* from paths.viewer_path as p left join ({NAMED_VIEWS}) as v on p.view_id = v.view_id",
        len(VIEW),
    ),
    TableUnderTest("path_summary", "select workspace_id, video_id, path_key, * from paths.path_summary", 3),
    TableUnderTest("node_performance", "select workspace_id, video_id, node_id, * from paths.node_performance", 3),
    TableUnderTest("kpi_node_daily", "select workspace_id, video_id, node_id, date_day, * from kpis.kpi_node_daily", 4),
    TableUnderTest("node_level_rows", "select workspace_id, video_id, node_id, * from core.dim_node", 3),
    TableUnderTest(
        "funnel_viewer_rows",
        f"select f.workspace_id, f.goal_id, f.video_id, f.viewer_id, {pair(VIEW, 'v')} as view, f.* "
        f"from funnels.funnel_viewer as f left join ({NAMED_VIEWS}) as v on f.view_id = v.view_id",
        4,
    ),
    TableUnderTest(
        "funnel_step",
        "select workspace_id, goal_id, video_id, position, segment_type, segment_value, * from funnels.funnel_step",
        6,
    ),
)
REJECTED = """
    select raw_text ->> 'workspace_id', event_date, raw_text ->> 'event_id', reason
    from quality.rejected_event
    where rejected_by = 'models'
"""


def read(connection: duckdb.DuckDBPyConnection, table: TableUnderTest) -> tuple[Table, list[str]]:
    """The table's rows by natural key, and what is wrong with the key (a repeated one, a null in it)."""
    cursor = connection.execute(table.query)
    names = [column[0] for column in cursor.description]
    rows: Table = {}
    problems: list[str] = []
    for values in cursor.fetchall():
        key = values[: table.key_columns]
        if key in rows:
            problems.append(f"{table.name}: two rows of {key}")
        rows[key] = dict(zip(names[table.key_columns :], values[table.key_columns :], strict=True))
    return rows, problems


def rejected(connection: duckdb.DuckDBPyConnection) -> Counter[tuple[Any, ...]]:
    """How often each record was rejected by the models, by (workspace, event_date, event_id, reason)."""
    return Counter(connection.execute(REJECTED).fetchall())


def expected_table(expected: Expected, table: TableUnderTest) -> Table:
    """The oracle's rows of a table."""
    if table.name in RULES:
        return rows_of(expected, table.name)
    rows: Table = getattr(expected, table.name)()
    return rows
