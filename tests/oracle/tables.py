"""The tables beyond the view, by the names they have in the warehouse, and what a workspace should have in each."""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle.clicks import click_heatmap, false_click
from tests.oracle.contacts import crm_contact, dim_contact
from tests.oracle.conversions import attribution, fct_conversion
from tests.oracle.earnings import action_rate_daily, revenue_by_element, roi_by_campaign, roi_by_video
from tests.oracle.expected import Expected
from tests.oracle.exposures import dim_element, element_performance, int_exposures, video_click_through
from tests.oracle.hotspots import suggested_hotspot
from tests.oracle.learning import knowledge_gap, learner_progress, topic_result, training_compliance
from tests.oracle.periods import kpi_campaign_daily, kpi_workspace_daily, viewer_return
from tests.oracle.question_results import option_result, poll_result, question_result
from tests.oracle.surveys import survey_distribution, survey_response, survey_result
from tests.oracle.worlds import Table, World

RULES: dict[str, Callable[[World], Table]] = {
    rule.__name__: rule
    for rule in (
        int_exposures,
        dim_element,
        element_performance,
        video_click_through,
        click_heatmap,
        false_click,
        suggested_hotspot,
        question_result,
        option_result,
        poll_result,
        survey_result,
        survey_distribution,
        survey_response,
        learner_progress,
        training_compliance,
        knowledge_gap,
        topic_result,
        fct_conversion,
        attribution,
        roi_by_video,
        roi_by_campaign,
        revenue_by_element,
        action_rate_daily,
        kpi_campaign_daily,
        kpi_workspace_daily,
        viewer_return,
        dim_contact,
        crm_contact,
    )
}


def rows_of(expected: Expected, name: str) -> Table:
    """What all workspaces together should have in a table, by natural key."""
    rows: Table = {}
    for world in expected.worlds:
        rows |= RULES[name](world)
    return rows
