"""Rules 12 to 20: what was watched, and whether it was the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.oracle.stories import NOON, authored, edges, nodes, only_view, said, spans, told


def seek(seconds, origin, target, **fields):
    return said("seek", seconds, position_from_seconds=origin, position_to_seconds=target, **fields)


def test_a_plain_play_and_pause():
    assert spans(told(said("play", 0, 0), said("pause", 8, 8))) == [("v", 0, 8)]


def test_heartbeats_only():
    beats = [said("heartbeat", 10 * n, 10.0 * n) for n in range(4)]
    assert spans(told(*beats)) == [("v", 0, 30)]


def test_nothing_is_counted_after_the_last_evidence():
    assert spans(told(said("play", 0, 0))) == []


def test_a_pause_without_a_play_counts_nothing():
    assert spans(told(said("pause", 0, 5), said("exit", 9, 9))) == []


def test_a_seek_while_paused_counts_nothing():
    assert spans(told(said("play", 0, 0), said("pause", 5, 5), seek(7, 5, 60), said("exit", 9, 62))) == [("v", 0, 5)]


def test_a_segment_never_crosses_a_seek():
    told_so = told(said("play", 0, 0), seek(10, 10, 50), said("pause", 15, 55))
    assert spans(told_so) == [("v", 0, 10), ("v", 50, 55)]


def test_double_speed_covers_twice_the_wall_time():
    expected = told(said("play", 0, 0, playback_rate=2), said("pause", 10, 20))
    assert spans(expected) == [("v", 0, 20)]
    assert only_view(expected)["play_wall_seconds"] == 10


def test_position_beyond_the_wall_time_is_cut_at_it_and_the_tolerance():
    assert spans(told(said("play", 0, 0), said("pause", 10, 60))) == [("v", 0, 11)]


def test_an_unreported_jump_back_counts_at_most_a_heartbeat():
    assert spans(told(said("play", 0, 50), said("heartbeat", 25, 5), said("pause", 30, 10))) == [("v", 50, 60), ("v", 5, 10)]


def test_a_missing_closing_position_counts_the_wall_time_only_where_the_duration_is_known():
    story = said("play", 0, 0), said("pause", 25)
    assert spans(told(*story)) == [("v", 0, 10)]
    assert spans(told(*story, catalog=(nodes({"v": 20}),))) == [("v", 0, 20)]


def test_a_node_change_closes_the_segment_and_opens_none_until_playing_goes_on():
    expected = told(
        said("play", 0, 0, node_id="a", duration_seconds=30),
        said("node_enter", 6, node_id="b"),
        said("heartbeat", 9, 3, node_id="b"),
        said("ended", 14, 8, node_id="b"),
    )
    assert spans(expected) == [("a", 0, 6), ("b", 0, 8)]


def test_a_node_visited_twice_is_watched_twice_and_covered_once():
    view = only_view(
        told(
            said("play", 0, 0, node_id="a", duration_seconds=10),
            said("node_enter", 10, node_id="b", duration_seconds=10),
            said("node_enter", 20, node_id="a"),
            said("exit", 30, 10, node_id="a"),
        )
    )
    assert (view["watch_seconds"], view["unique_watched_seconds"], view["percent_watched"]) == (30, 20, 1.0)


def test_replay_after_the_end_counts_again():
    view = only_view(
        told(
            said("play", 0, 0, duration_seconds=10),
            said("ended", 10, 10),
            said("play", 12, 0),
            said("pause", 16, 4),
        )
    )
    assert (view["watch_seconds"], view["unique_watched_seconds"]) == (14, 10)


def test_identical_timestamps_count_only_the_tolerance():
    assert spans(told(said("play", 0, 0, event_id="1"), said("pause", 0, 30, event_id="2"))) == [("v", 0, 1)]


def test_buffering_is_not_watching():
    expected = told(said("play", 0, 0), said("buffer_start", 5, 5), said("buffer_end", 9, 5), said("pause", 12, 8))
    assert spans(expected) == [("v", 0, 5), ("v", 5, 8)]


def test_the_longest_reported_duration_stands_in_for_the_catalog():
    expected = told(said("play", 0, 0, duration_seconds=5), said("pause", 20, 20, duration_seconds=9))
    assert spans(expected) == [("v", 0, 9)]


@pytest.mark.parametrize("duration", [None, 0])
def test_an_unknown_duration_leaves_the_percentage_unknown(duration):
    view = only_view(told(said("play", 0, 0), said("pause", 5, 5), catalog=(nodes({"v": duration}),)))
    assert (view["percent_watched"], view["is_completed"]) == (None, None)


def test_the_catalog_in_force_at_the_start_counts_and_a_deleted_node_is_unknown():
    catalog = (
        nodes({"v": 10, "x": 1}),
        nodes({"v": 40, "x": 1}, NOON + timedelta(seconds=100)),
        nodes({"x": 1}, NOON + timedelta(seconds=9000)),
    )
    durations = [
        only_view(told(said("play", seconds, 0), said("pause", seconds + 5, 5), catalog=catalog))["nodes_duration_seconds"]
        for seconds in (0, 99, 100, 9000)
    ]
    assert durations == [10, 10, 40, None]


def test_declared_ranges_are_the_coverage_and_doubt_is_shown():
    expected = told(
        said("play", 0, 0, duration_seconds=100),
        said("pause", 4, 4, played_ranges=[[0, 10], [5, 30], [40], [9, 9], [-1, 4], [60, 70]]),
    )
    view = only_view(expected)
    assert spans(expected, "declared") == [("v", 0, 30), ("v", 60, 70)]
    assert (view["coverage_source"], view["unique_watched_seconds"], view["watch_seconds"]) == ("declared", 40, 40)
    assert (view["declared_excess_seconds"], view["percent_watched"]) == (36, 0.4)


def test_a_view_without_evidence_visits_no_node():
    view = only_view(told(said("impression", 0)))
    assert (view["node_count"], view["percent_watched"], view["is_completed"]) == (0, None, False)


def whole_video(*more):
    return (said("play", 0, 0, duration_seconds=20), said("heartbeat", 10, 10), said("ended", 20, 20), *more)


def test_a_video_played_to_its_end_is_completed():
    view = only_view(told(*whole_video()))
    names = ("is_completed", "is_completed_by_position", "is_completed_by_coverage", "is_completed_by_event")
    assert [view[name] for name in names] == [True] * 4


def test_exactly_95_percent_is_enough_and_less_is_not():
    def story(until):
        return only_view(told(said("play", 0, 0, duration_seconds=20), said("pause", until, until)))["is_completed"]

    assert story(19) is True
    assert story(18.99) is False


def test_reaching_the_end_by_a_jump_is_completion_by_position_only():
    view = only_view(told(said("play", 0, 0, duration_seconds=20), seek(2, 2, 19), said("pause", 3, 20)))
    assert (view["is_completed"], view["is_completed_by_position"], view["is_completed_by_coverage"]) == (False, True, False)


def branched(*last):
    return (
        said("play", 0, 0, node_id="a", duration_seconds=100),
        said("branch_choice", 10, 10, node_id="a", element_id="x", to_node_id="b"),
        said("node_enter", 10.5, node_id="b", duration_seconds=10),
        *last,
    )


def test_required_content_ends_at_the_choice_that_left_the_node():
    story = branched(said("ended", 20.5, 10, node_id="b"))
    assert only_view(told(*story))["is_completed"] is True
    assert only_view(told(*story, catalog=(edges(("a", "b")),)))["is_completed"] is True
    assert only_view(told(*story, catalog=(edges(("a", "b"), ("b", "a")),)))["is_completed"] is False


def clicked(event_type="element_click", **fields):
    """A minute, a, of which twelve seconds are watched; a click; and all twenty seconds of the ending b."""
    return (
        said("play", 0, 0, node_id="a"),
        said("heartbeat", 10, 10, node_id="a"),
        said(event_type, 12, 12, node_id="a", element_id="x", **fields),
        said("node_enter", 12.5, node_id="b"),
        said("play", 12.5, 0, node_id="b"),
        said("ended", 32.5, 20, node_id="b"),
    )


STAGE = (nodes({"a": 60, "b": 20}), edges(("a", "b")))


@pytest.mark.parametrize(
    ("event_type", "target", "is_completed"),
    [
        ("branch_choice", "b", True),
        ("branch_choice", None, True),
        ("element_click", "b", True),
        ("cta_click", "b", True),
        ("element_click", None, False),
        ("element_click", "a", False),
        ("element_click", "c", False),
        ("chapter_select", "b", False),
        ("surface_click", "b", False),
    ],
)
def test_whatever_leads_on_to_a_visited_node_is_the_choice_that_left_it_but_a_chapter_is_a_jump(event_type, target, is_completed):
    assert only_view(told(*clicked(event_type, to_node_id=target), catalog=STAGE))["is_completed"] is is_completed


def test_an_element_of_the_catalog_leads_on_too():
    def story(target):
        element = authored("elements", {"node_id": "a", "element_id": "x", "to_node_id": target})
        return only_view(told(*clicked(), catalog=(*STAGE, element)))["is_completed"]

    assert [story("b"), story("c"), story(None)] == [True, False, False]


def test_without_a_catalog_a_node_left_unended_is_no_ending():
    assert only_view(told(*branched(said("pause", 20.5, 10, node_id="b"))))["is_completed"] is False


def test_a_loop_in_the_graph_has_no_ending():
    view = only_view(told(*whole_video(), catalog=(edges(("v", "v")),)))
    assert (view["is_completed"], view["is_completed_by_coverage"]) == (False, True)


def test_the_emitters_threshold_forgives_its_own_rounding():
    def story(threshold):
        records = said("play", 0, 0, duration_seconds=20, completion_threshold=threshold), said("pause", 10, 10)
        return only_view(told(*records))["is_completed_by_emitter_threshold"]

    assert [story(each) for each in (0.5, 0.5005, 0.51, None)] == [True, True, False, None]


def test_a_completion_that_the_emitter_states_counts_by_event():
    assert only_view(told(said("other", 0, is_completion=True)))["is_completed_by_event"] is True


def test_an_event_in_the_moment_of_a_heartbeat_neither_cuts_nor_counts():
    expected = told(
        said("play", 0, 0), said("heartbeat", 10, 10), said("element_click", 10, 10, event_id="z"), said("pause", 15, 15)
    )
    assert spans(expected) == [("v", 0, 15)]
    assert only_view(expected)["play_wall_seconds"] == 15


def test_a_declared_range_beyond_the_nodes_length_is_no_declaration():
    story = said("play", 0, 0), said("pause", 5, 5, played_ranges=[[30, 40]])
    assert only_view(told(*story, catalog=(nodes({"v": 20}),)))["coverage_source"] == "derived"
    assert only_view(told(*story))["coverage_source"] == "declared"


def test_a_position_beyond_a_day_is_a_clock():
    assert spans(told(said("play", 0, 86401), said("pause", 5, 86406, duration_seconds=86401))) == []
