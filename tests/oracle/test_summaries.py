"""Rules 25 and 26: the top line and the curves."""

from __future__ import annotations

from datetime import date

from tests.oracle.stories import said, told

DAY = date(2026, 10, 5)


def test_the_top_line_of_a_day():
    expected = told(
        said("impression", 0),
        said("impression", 1),
        said("play", 2, 0, duration_seconds=20),
        said("pause", 12, 10),
        said("element_click", 13, element_id="x"),
        said("play", 0, 0, device_id="e", user_id="u"),
        said("impression", 0, device_id="f", event_id="f"),
    )
    (row,) = expected.kpi_video_daily().values()
    assert (row["impressions"], row["implied_impressions"], row["plays"]) == (4, 1, 2)
    assert (row["unique_viewers"], row["unique_authenticated_viewers"], row["unique_viewers_anonymous_as_one"]) == (2, 1, 2)
    assert (row["watch_seconds"], row["average_view_seconds"], row["attention_rate"]) == (10, 5, 0.5)
    assert (row["engaged_viewers"], row["engagement_rate"], row["view_engagement_rate"]) == (1, 0.5, 0.5)
    assert (row["sessions_with_play"], row["bounces"], row["bounces_without_interaction"]) == (2, 2, 1)


def test_rates_of_nothing_are_null():
    (row,) = told(said("impression", 0)).kpi_video_daily().values()
    assert (row["unique_viewers"], row["engagement_rate"], row["completion_rate"], row["bounce_rate"]) == (0, None, None, None)


def test_a_month_counts_its_viewers_anew():
    expected = told(said("play", 0), said("play", 86400), said("play", 30 * 86400))
    assert len(expected.kpi_video_daily()) == 3
    assert [row["unique_viewers"] for row in expected.kpi_video_monthly().values()] == [1, 1]


def test_a_playback_resumed_on_another_day_bounces_there_without_a_view():
    expected = told(said("play", 0, playback_id="p"), said("play", 86400, playback_id="p"))
    rows = expected.kpi_video_daily()
    second = rows["w", "v", date(2026, 10, 6)]
    assert (second["view_count"], second["sessions_with_play"], second["bounces"]) == (0, 1, 1)


def test_an_empty_day_has_no_row():
    expected = told(said("play", 0), said("play", 2 * 86400))
    assert ("w", "v", date(2026, 10, 6)) not in expected.kpi_video_daily()


def test_a_live_minute_with_a_single_viewer():
    rows = told(said("play", 0, 0.5), said("pause", 2, 2.5)).attention_heatmap()
    assert {key[3]: row for key, row in rows.items()} == {
        second: {"views": 1, "viewers": 1, "play_count": 1, "replays": 0} for second in (0, 1, 2)
    }


def test_a_second_watched_twice_by_one_view_is_a_replay():
    rows = told(
        said("play", 0, 0),
        said("seek", 5, position_from_seconds=5, position_to_seconds=0),
        said("pause", 8, 3),
    ).attention_heatmap()
    assert rows["w", "v", "v", 2] == {"views": 1, "viewers": 1, "play_count": 2, "replays": 1}
    assert rows["w", "v", "v", 4]["replays"] == 0


def test_retention_starts_at_one_and_the_end_itself_is_not_watched():
    rows = told(
        said("play", 0, 0),
        said("pause", 3, 3),
        said("play", 0, 0, device_id="e"),
        said("pause", 1, 1, device_id="e"),
    ).retention_curve()
    assert {key[3]: row["retention"] for key, row in rows.items()} == {0: 1.0, 1: 0.5, 2: 0.5}
