"""Rules 70 to 79: conversions, credits, and what came of what was paid."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.oracle.conversions import MODELS, amounts_of, shares_of
from tests.oracle.stories import NOON, Record, authored, only_row, rows, said, told
from tests.oracle.tables import rows_of

DAY = 86400


def bought(seconds: float, **fields: object) -> Record:
    """A conversion of 10 euros by device d, on no video."""
    return said("conversion", seconds, **{"video_id": None, "value": 10, "currency": "EUR", **fields})


def played(seconds: float, playback: str, **fields: object) -> Record:
    """A playback that only begins."""
    return said("play", seconds, 0, playback_id=playback, **fields)


def credits_of(expected, model):
    """(share, credit) of a model, the earliest view first."""
    found = [row for key, row in rows_of(expected, "attribution").items() if key[4] == model]
    return [(row["credit_share"], row["credit"]) for row in sorted(found, key=lambda row: row["touch_number"])]


def test_a_form_is_no_conversion():
    assert rows(told(said("form_submit", 0), bought(1)), "fct_conversion")[0]["value"] == 10
    assert rows(told(said("form_submit", 0)), "fct_conversion") == []


def test_two_events_of_one_order_are_two_conversions():
    expected = told(bought(0, properties={"order_id": 7}), bought(1, properties={"order_id": 7}))
    assert [row["order_id"] for row in rows(expected, "fct_conversion")] == ["7", "7"]


def test_what_is_said_is_the_first_that_is_not_blank():
    row = only_row(told(bought(0, properties={"goal": " ", "goal_name": " lead ", "type": "b", "kind": "a"})), "fct_conversion")
    assert (row["goal"], row["conversion_kind"], row["order_id"]) == ("lead", "a", None)


@pytest.mark.parametrize(("written", "currency"), [(" eur ", "EUR"), ("  ", None), (None, None)])
def test_a_currency_is_trimmed_and_in_capitals(written, currency):
    assert only_row(told(bought(0, currency=written)), "fct_conversion")["currency"] == currency


def test_who_pays_on_a_shared_device_is_not_who_watched_first():
    expected = told(played(0, "p", user_id="ann"), bought(9, user_id="ben"), bought(10))
    assert [row["viewer_id"] for row in rows(expected, "fct_conversion")] == ["user:ann", "user:ben"]


@pytest.mark.parametrize(
    ("began", "is_attributed"),
    [(0, False), (-0.000001, True), (-7 * DAY, True), (-7 * DAY - 0.000001, False)],
)
def test_a_view_counts_from_seven_days_before_until_just_before(began, is_attributed):
    expected = told(played(began, "p"), bought(0))
    assert {row["is_attributed"] for row in rows(expected, "attribution")} == {is_attributed}


def test_a_view_that_was_not_played_earns_nothing():
    expected = told(said("impression", 0, playback_id="p"), bought(1))
    assert [row["touch_count"] for row in rows(expected, "attribution")] == [0] * 5


def test_without_a_view_every_model_keeps_the_whole_unattributed():
    found = rows(told(bought(0, value=-5)), "attribution")
    assert [(row["credit_share"], row["credit"], row["touch_number"]) for row in found] == [(1, Decimal(-5), 0)] * 5


def test_a_conversion_of_unknown_value_is_shared_all_the_same():
    expected = told(played(0, "p"), played(5, "q"), bought(9, value=None))
    assert credits_of(expected, "linear") == [(Decimal("0.5"), None)] * 2


@pytest.mark.parametrize(
    ("count", "shares"),
    [
        (1, ["1"]),
        (2, ["0.5", "0.5"]),
        (3, ["0.4", "0.2", "0.4"]),
        (4, ["0.4", "0.1", "0.1", "0.4"]),
        (5, ["0.4", "0.066666667", "0.066666667", "0.066666667", "0.399999999"]),
    ],
)
def test_position_gives_forty_percent_to_either_end(count, shares):
    expected = told(*(played(number, f"p{number}") for number in range(count)), bought(60))
    assert [share for share, _ in credits_of(expected, "position")] == [Decimal(share) for share in shares]


def test_first_and_last_have_one_row_each():
    expected = told(played(0, "p"), played(5, "q"), played(6, "r"), bought(9))
    assert [row["touch_number"] for row in rows(expected, "attribution") if row["credit_share"] == 1] == [1, 3]


def test_three_days_earlier_is_worth_half():
    expected = told(played(0, "p"), played(3 * DAY, "q"), bought(3 * DAY + 60, value=9))
    assert credits_of(expected, "time_decay") == [
        (Decimal("0.333333333"), Decimal("3.000000")),
        (Decimal("0.666666667"), Decimal("6.000000")),
    ]


def test_the_last_takes_what_rounding_leaves():
    assert shares_of([1, 1, 1]) == [Decimal("0.333333333")] * 2 + [Decimal("0.333333334")]
    assert amounts_of(Decimal("0.000001"), shares_of([1, 1])) == [Decimal("0.000001"), Decimal("0")]
    assert amounts_of(Decimal("-0.000001"), shares_of([1, 1])) == [Decimal("-0.000001"), Decimal("0")]


def test_credits_add_up_under_every_model():
    expected = told(*(played(number * DAY, f"p{number}") for number in range(7)), bought(6.5 * DAY, value=19.99))
    for model in MODELS:
        shares, credits = zip(*credits_of(expected, model), strict=True)
        assert (sum(shares), sum(credits)) == (1, Decimal("19.99"))


def test_only_the_last_hundred_views_are_looked_at():
    expected = told(*(played(number, f"p{number}") for number in range(101)), bought(200))
    found = [row for row in rows(expected, "attribution") if row["credit_share"] == Decimal("0.01")]
    assert (len(found), min(row["view_started_at"] for row in found).second) == (100, 1)


def test_a_video_that_cost_and_earned_nothing_lost_everything():
    videos = authored("videos", {"cost": 80, "currency": "eur"})
    assert {row["roi"] for row in rows(told(catalog=(videos,)), "roi_by_video")} == {-1.0}


def test_cost_stands_in_its_own_currency_only():
    videos = authored("videos", {"cost": 4, "currency": " eur"})
    expected = told(played(0, "p"), bought(1), bought(2, currency="USD"), bought(3, currency=None), catalog=(videos,))
    found = {key[2]: row for key, row in rows_of(expected, "roi_by_video").items() if key[3] == "last"}
    assert {currency: (row["revenue"], row["cost"], row["roi"]) for currency, row in found.items()} == {
        "EUR": (10, 4, 1.5),
        "USD": (10, None, None),
        None: (10, None, None),
    }
    assert all(row["has_other_currencies"] for row in found.values())


def test_what_cost_nothing_has_no_return_on_it():
    videos = authored("videos", {"cost": 0, "currency": "EUR"})
    assert {row["roi"] for row in rows(told(played(0, "p"), bought(1), catalog=(videos,)), "roi_by_video")} == {None}


def test_a_campaign_earns_by_the_views_that_name_it_exactly():
    campaigns = authored("campaigns", {"campaign_id": "Spring", "cost": 5, "currency": "EUR"})
    expected = told(played(0, "p", utm_campaign="spring"), bought(1), catalog=(campaigns,))
    found = {key[1]: row for key, row in rows_of(expected, "roi_by_campaign").items() if key[3] == "first"}
    assert {name: (row["revenue"], row["conversions"]) for name, row in found.items()} == {"Spring": (0, 0), "spring": (10, 1)}


def test_revenue_goes_to_the_last_element_acted_on_before():
    expected = told(
        played(0, "p"),
        said("element_click", 1, element_id="a", node_id="n", playback_id="p"),
        said("element_click", 2, playback_id="p"),
        said("element_click", 3, element_id="b", playback_id="p"),
        bought(3),
    )
    (key,) = {key[:5] for key in rows_of(expected, "revenue_by_element")}
    assert key == ("w", "v", "n", "a", "EUR")


@pytest.mark.parametrize(("since", "converted"), [(0, 0), (0.000001, 1), (7 * DAY, 1), (7 * DAY + 0.000001, 0)])
def test_who_converts_within_a_week_after_the_first_interaction(since, converted):
    expected = told(played(0, "p"), said("share", 5, playback_id="p"), said("share", 50, playback_id="p"), bought(5 + since))
    assert rows_of(expected, "action_rate_daily")["w", "v", NOON.date()]["converted_viewers"] == converted


def test_a_session_counts_for_the_first_campaign_that_a_view_of_it_names():
    expected = told(
        played(0, "p"),
        said("impression", 1, playback_id="q", utm_campaign="spring"),
        played(2, "r", utm_campaign="autumn"),
    )
    days = {key[1]: row["sessions_with_play"] for key, row in rows_of(expected, "kpi_campaign_daily").items()}
    assert days == {"spring": 1, "autumn": 0}


def test_a_viewer_of_two_videos_counts_once_in_the_workspace():
    expected = told(played(0, "p"), played(1, "q", video_id="other"))
    assert only_row(expected, "kpi_workspace_daily")["unique_viewers"] == 1


def test_each_viewer_counts_once_per_active_date():
    expected = told(played(0, "p"), played(60, "q"), played(2 * DAY, "r"), said("impression", DAY, playback_id="s"))
    counts = {key[3:]: row["viewer_count"] for key, row in rows_of(expected, "viewer_return").items() if key[1] == "workspace"}
    first, third = NOON.date(), NOON.date().replace(day=NOON.day + 2)
    assert counts == {(first, None): 1, (third, first): 1}
