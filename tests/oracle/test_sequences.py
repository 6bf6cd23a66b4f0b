"""Rules 7 to 11 and 22 to 24: sessions, views, bounces and viewers."""

from __future__ import annotations

from tests.oracle.stories import only_view, said, told

HALF_HOUR = 1800
DAY = 86400


def test_a_gap_of_exactly_thirty_minutes_keeps_the_session():
    assert len(told(said("play", 0), said("pause", HALF_HOUR)).sessions) == 1
    assert len(told(said("play", 0), said("pause", HALF_HOUR + 0.000001)).sessions) == 2


def test_a_gap_of_exactly_seven_days_keeps_the_view_of_a_playback():
    def views(gap):
        return told(said("play", 0, playback_id="p"), said("pause", gap, playback_id="p")).views

    assert len(views(7 * DAY)) == 1
    assert len(views(7 * DAY + 0.000001)) == 2


def test_two_tabs_are_two_views_and_without_playback_ids_one():
    def views(first, second):
        return told(said("play", 0, playback_id=first), said("play", 1, playback_id=second)).views

    assert len(views("p", "q")) == 2
    assert len(views(None, None)) == 1
    assert len(views("p", None)) == 2


def test_a_resumed_view_is_filed_where_it_began():
    expected = told(said("play", 0, playback_id="p"), said("heartbeat", 3 * DAY, playback_id="p"))
    (view,) = expected.views
    assert view.view.session.identity == ("w", "device", "d", view.view.started_at)
    assert len(expected.sessions) == 2


def test_a_bridge_that_arrives_last_makes_two_sessions_one():
    records = [said("play", 0), said("pause", 2 * HALF_HOUR)]
    assert len(told(*records).sessions) == 2
    assert len(told(*records, said("other", HALF_HOUR)).sessions) == 1


def test_devices_users_and_playbacks_never_meet():
    expected = told(
        said("play", 0, device_id="x"),
        said("play", 1, device_id=None, user_id="x"),
        said("play", 2, device_id=None, playback_id="x"),
    )
    assert sorted(each.session.key[1] for each in expected.sessions) == ["device", "playback", "user"]
    assert {each.viewer_id for each in expected.sessions} == {"device:x", "user:x", "playback:x"}


def test_events_of_one_moment_follow_their_sequence_numbers_then_their_ids():
    expected = told(
        said("play", 0, event_id="b"),
        said("pause", 0, event_id="a"),
        said("seek", 0, event_id="z", sequence_number=1),
    )
    assert [event.key[3] for event in expected.sessions[0].session.events] == ["z", "a", "b"]


def test_identify_page_view_and_conversion_are_of_no_view():
    assert told(said("page_view", 0), said("identify", 1), said("conversion", 2)).views == []


def test_each_context_column_is_the_earliest_known():
    view = only_view(
        told(said("play", 0, country="FR"), said("pause", 1, country="DE", browser="fox"), said("exit", 2, browser="x"))
    )
    assert (view["country"], view["browser"], view["os"]) == ("FR", "fox", None)


def test_a_view_that_was_only_loaded_is_not_played():
    assert only_view(told(said("impression", 0)))["is_played"] is False
    assert only_view(told(said("heartbeat", 0)))["is_played"] is True
    assert only_view(told(said("pause", 0, played_ranges=[[0, 5]])))["is_played"] is False


def test_a_device_that_ever_identified_as_one_user_is_that_user():
    expected = told(said("play", 0), said("identify", 30 * DAY, user_id="u"))
    assert {each.viewer_id for each in expected.sessions} == {"user:u"}


def test_a_shared_device_stays_a_device_except_where_a_view_names_its_user():
    expected = told(said("play", 0), said("play", DAY, user_id="u"), said("play", 2 * DAY, user_id="t"))
    assert [each.viewer_id for each in expected.views] == ["device:d", "user:u", "user:t"]


def test_one_viewer_on_two_devices_is_one_viewer():
    expected = told(said("play", 0, user_id="u"), said("play", 1, device_id="e", user_id="u"))
    assert len(expected.viewer_rows()) == 1
    assert len(expected.sessions) == 2


def bounce(*records):
    (row,) = told(*records).session_rows().values()
    return row["is_bounce"], row["is_bounce_without_interaction"], row["is_quick_bounce"]


def test_a_session_that_only_played_one_video_bounced():
    assert bounce(said("play", 0), said("exit", 10)) == (True, True, True)
    assert bounce(said("play", 0), said("exit", 10.000001)) == (True, True, False)
    assert bounce(said("impression", 0)) == (None, None, None)


def test_only_what_follows_the_first_play_ends_a_bounce():
    assert bounce(said("page_view", 0), said("play", 1))[0] is True
    assert bounce(said("play", 0), said("page_view", 1))[0] is False
    assert bounce(said("play", 0), said("play", 1, video_id="other"))[0] is False
    assert bounce(said("play", 0), said("impression", 1, video_id="other"))[0] is True
    assert bounce(said("play", 0), said("conversion", 1))[0] is False
    assert bounce(said("play", 0), said("cta_click", 1))[0] is False
    assert bounce(said("play", 0), said("element_click", 1))[:2] == (True, False)
    assert bounce(said("play", 0), said("element_click", 1, destination_url="https://x.example"))[0] is False


def test_a_default_branch_is_no_interaction():
    view = only_view(told(said("branch_choice", 0), said("branch_choice", 1, element_id="b"), said("share", 2)))
    assert view["interaction_count"] == 2


def test_an_interaction_without_a_video_is_still_an_interaction():
    rows = told(said("share", 0, video_id=None)).interaction_rows()
    assert [row["view"] for row in rows.values()] == [None]
