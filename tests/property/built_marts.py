"""The warehouse's tables beyond the view by natural key: elements, clicks, questions, learning, conversion, periods, contacts."""

from __future__ import annotations

from collections.abc import Sequence

from tests.property.built import NAMED_SESSIONS, NAMED_VIEWS, SECONDS, SESSION, VIEW, TableUnderTest, columns, pair

EXACT = 1e-9
EVENT = ("workspace_id", "source", "event_date", "event_id")
KEYED_EVENTS = f"select {', '.join(EVENT)}, md5(concat_ws('|', {', '.join(EVENT)})) as public_id from events.events"


def plain(name: str, schema: str, key: Sequence[str], tolerance: float = EXACT) -> TableUnderTest:
    """A table whose own columns are its natural key."""
    return TableUnderTest(name, f"select {', '.join(key)}, * from {schema}.{name}", len(key), tolerance)


def by_event(name: str, schema: str, event_id: str, extra: Sequence[str] = (), named: str = "") -> TableUnderTest:
    """A table of events (and more), by the key of the event that `event_id` stands for, with session or view by name."""
    key = [*(f"e.{column}" for column in EVENT), *extra]
    session = f", {pair(SESSION, 's')} as session" if named == "session" else ""
    view = f", {pair(VIEW, 'v')} as view" if named == "view" else ""
    joined = f"left join ({NAMED_SESSIONS}) as s on t.session_id = s.session_id " if session else ""
    joined += f"left join ({NAMED_VIEWS}) as v on t.view_id = v.view_id" if view else ""
    query = (
        f"select {', '.join(key)}{session}{view}, t.* from {schema}.{name} as t "
        f"left join ({KEYED_EVENTS}) as e on t.{event_id} = e.public_id {joined}"
    )
    return TableUnderTest(name, query, len(key), EXACT)


ELEMENT = ("workspace_id", "video_id", "node_id", "element_id")
QUESTION = ("workspace_id", "video_id", "question_id")
OPTION = (*QUESTION, "option_id")

MARTS = (
    TableUnderTest(
        "int_exposures",
        f"select {columns(VIEW, 'v')}, t.node_id, t.element_id, t.* from intermediate.int_exposures as t "
        "left join intermediate.int_views as i on t.view_key = i.view_key and t.view_started_at = i.view_started_at "
        f"left join ({NAMED_VIEWS}) as v on i.view_id = v.view_id",
        len(VIEW) + 2,
        EXACT,
    ),
    plain("dim_element", "core", (*ELEMENT, "version_number")),
    plain("element_performance", "interactivity", (*ELEMENT, "version_number", "date_day")),
    plain("video_click_through", "interactivity", ("workspace_id", "video_id", "date_day")),
    plain("click_heatmap", "interactivity", ("workspace_id", "video_id", "node_id", "from_second", "cell_x", "cell_y")),
    by_event("false_click", "interactivity", "click_id", named="view"),
    plain("suggested_hotspot", "interactivity", ("workspace_id", "hotspot_id")),
    plain("question_result", "interactivity", QUESTION),
    plain("option_result", "interactivity", OPTION),
    plain("poll_result", "interactivity", OPTION),
    plain("survey_result", "interactivity", QUESTION),
    plain("survey_distribution", "interactivity", OPTION),
    by_event("survey_response", "interactivity", "response_id", named="view"),
    plain("learner_progress", "learning", ("workspace_id", "video_id", "viewer_id"), SECONDS),
    plain("training_compliance", "learning", ("workspace_id", "video_id", "org_unit")),
    plain("knowledge_gap", "learning", ("workspace_id", "viewer_id", "topic")),
    plain("topic_result", "learning", ("workspace_id", "topic")),
    by_event("fct_conversion", "conversion", "conversion_id", named="session"),
    by_event("attribution", "conversion", "conversion_id", ("t.attribution_model", "coalesce(t.view_id, '')"), "view"),
    plain("roi_by_video", "conversion", ("workspace_id", "video_id", "currency", "attribution_model")),
    plain("roi_by_campaign", "conversion", ("workspace_id", "campaign_id", "currency", "attribution_model")),
    plain("revenue_by_element", "conversion", (*ELEMENT, "currency", "attribution_model")),
    plain("action_rate_daily", "conversion", ("workspace_id", "video_id", "date_day")),
    plain("kpi_campaign_daily", "kpis", ("workspace_id", "campaign_id", "date_day"), SECONDS),
    plain("kpi_workspace_daily", "kpis", ("workspace_id", "date_day"), SECONDS),
    plain("dim_contact", "core", ("workspace_id", "user_id")),
    plain("crm_contact", "exports", ("workspace_id", "user_id"), SECONDS),
    plain("viewer_return", "kpis", ("workspace_id", "slice_kind", "slice_value", "active_date", "previous_active_date")),
)
