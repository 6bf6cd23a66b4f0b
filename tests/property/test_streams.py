"""The random streams are worth comparing: over a trial every table beyond the view has rows of every kind that its rules tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.oracle.conversions import MODELS
from tests.oracle.expected import Expected
from tests.oracle.tables import RULES, rows_of
from tests.property.streams import SLOTS
from tests.property.trial import expected_of, random_streams

FIRST_SEED = 20261122

# What the rows of a table must show between them: per column the values, or, as a word, what some value must be.
ANY, MANY = "any", "many"
SHOWN: dict[str, dict[str, Any]] = {
    "int_exposures": {
        "exposed_by": {"shown", "action", "window"},
        "is_outbound": {True, False},
        "version_number": {None, 1, 2},
        "reported_element_type": ANY,
    },
    "dim_element": {"is_in_catalog": {True, False}, "is_current": {True, False}, "destination": ANY},
    "element_performance": {"outbound_clicks": ANY, "answer_rate": {0.0, 1.0}, "skip_rate": {0.0, 1.0}, "clicks": MANY},
    "video_click_through": {"click_through_rate": {0.0, 1.0}, "clicks": MANY},
    "click_heatmap": {"hits": {0, 1}, "near_misses": {0, 1}, "false_clicks": {0, 1}, "unknown_clicks": {0, 1}, "viewers": MANY},
    "false_click": {"is_near_miss": {True, False}, "is_played": {True, False}, "near_element_id": ANY},
    "suggested_hotspot": {"viewers": MANY},
    "question_result": {
        "is_in_catalog": {True, False},
        "share_correct": {None, 0.0, 1.0},
        "share_correct_last": {None, 0.0, 1.0},
        "average_score": ANY,
        "median_seconds_to_answer": ANY,
        "discrimination": ANY,
        "skipped_viewers": ANY,
    },
    "option_result": {
        "is_correct": {True, False, None},
        "is_offered": {True, False},
        "is_distractor": {True, False, None},
        "first_viewers": MANY,
    },
    "poll_result": {"is_offered": {True, False}, "viewers": {0, 1}},
    "survey_result": {"scale": {"nps", "csat", "rating", "text", "choice", None}, "nps": ANY, "csat": ANY, "rating_mean": ANY},
    "survey_distribution": {"viewers": {0, 1}},
    "survey_response": {
        "rating": MANY,
        "response_text": MANY,
        "seconds_to_answer": ANY,
        "view": ANY,
        "is_latest_of_viewer": {True, False},
    },
    "learner_progress": {
        "status": {"passed", "completed", "failed", "overdue", "in_progress", "not_started"},
        "risk_reason": {None, "overdue", "failed", "due_soon", "stalled"},
        "is_late": {True, False, None},
        "best_score": MANY,
        "last_score": MANY,
    },
    "training_compliance": {"completion_rate": {0.0, 1.0}, "overdue_count": {0, 1}},
    "knowledge_gap": {"is_gap": {True, False, None}},
    "topic_result": {"gap_rate": ANY, "is_gap": {False, None}},
    "fct_conversion": {"value": MANY, "currency": {None, "EUR", "USD"}, "goal": ANY, "conversion_kind": ANY, "order_id": ANY},
    "attribution": {"is_attributed": {True, False}, "touch_count": {0, 1, 2, 3, 100}, "credit": MANY, "utm_campaign": ANY},
    "roi_by_video": {"roi": MANY, "has_other_currencies": {True, False}, "revenue": MANY},
    "roi_by_campaign": {"roi": MANY, "has_other_currencies": {True, False}, "revenue": MANY},
    "revenue_by_element": {"revenue": MANY, "conversions": {1, 2}},
    "action_rate_daily": {"action_rate_after_interaction": {0.0, 1.0}},
    "kpi_campaign_daily": {"sessions_with_play": {0, 1}, "unique_viewers": {0, 1, 2}},
    "kpi_workspace_daily": {"unique_viewers": {0, 1, 2}, "bounces": {0, 1}},
    "viewer_return": {"viewer_count": {1, 2}},
    "dim_contact": {
        "may_be_exported": {True, False},
        "has_withdrawn_consent": {True, False},
        "consent_marketing": {True, False, None},
        "email": {None, "one@w.example", "two@w.example"},
        "account_id": {None, "known", "unknown"},
    },
    "crm_contact": {
        "engagement_score": MANY,
        "recency_points": MANY,
        "watching_points": MANY,
        "completion_points": MANY,
        "interaction_points": MANY,
        "intent_points": MANY,
        "conversion_points": {0.0, 10.0},
    },
}
FEWEST_ROWS = 5


@pytest.fixture(scope="module")
def expected() -> Expected:
    return expected_of(random_streams(range(FIRST_SEED, FIRST_SEED + SLOTS)))


def is_shown(values: Iterable[Any], wanted: Any) -> bool:
    """Whether the values of a column are as many-sided as they should be."""
    seen = set(values)
    if wanted == ANY:
        return bool(seen - {None, 0})
    if wanted == MANY:
        return len(seen - {None}) >= 3
    return bool(wanted <= seen)


@pytest.mark.parametrize("name", list(RULES))
def test_a_trial_shows_every_side_of_a_table(expected: Expected, name: str):
    rows = rows_of(expected, name)
    missing = {
        column: wanted for column, wanted in SHOWN[name].items() if not is_shown((row[column] for row in rows.values()), wanted)
    }
    assert not missing
    assert len(rows) >= FEWEST_ROWS


def test_viewers_come_back_in_a_trial(expected: Expected):
    assert len({key[4] for key in rows_of(expected, "viewer_return")}) > FEWEST_ROWS


@pytest.mark.parametrize("model", list(MODELS))
def test_credits_of_a_trial_add_up_to_what_was_converted(expected: Expected, model: str):
    credits = [row for key, row in rows_of(expected, "attribution").items() if key[4] == model]
    conversions = rows_of(expected, "fct_conversion").values()
    assert sum(row["credit"] or 0 for row in credits) == sum(row["value"] or 0 for row in conversions)
    assert sum(row["credit_share"] for row in credits) == len(conversions)
