"""Rules 60 to 64: which funnels there are, what takes their steps, how far viewers get, and what a step counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.oracle.catalog import Snapshot
from tests.oracle.chains import Course, Step, best_chain
from tests.oracle.expected import Expected
from tests.oracle.stories import NOON, Record, said, told

SECOND = 1_000_000
TEN_SECONDS = 10 / 3600
ABC = ({"event_type": "play"}, {"event_type": "pause"}, {"event_type": "ended"})
LETTERS = {"A": "play", "B": "pause", "C": "ended"}


def goal(*steps: dict[str, Any], as_of=None, **columns: Any) -> Snapshot:
    """A catalog snapshot of one goal."""
    row = {"workspace_id": "w", "goal_id": "g", "steps": list(steps), **columns}
    return Snapshot("goals", as_of, [{name: value for name, value in row.items() if value is not None}])


def outside(event_type: str, seconds: float, **fields: Any) -> Record:
    """An event of device d outside any video."""
    return {name: value for name, value in said(event_type, seconds, **fields).items() if name != "video_id" or fields.get(name)}


def viewer(expected: Expected, goal_id: str = "g", video: str | None = None) -> dict[str, Any]:
    """The only viewer of a funnel."""
    (row,) = [row for key, row in expected.funnel_viewer_rows().items() if key[1:3] == (goal_id, video)]
    return row


def step(expected: Expected, position: int, *segment: str | None, goal_id: str = "g") -> dict[str, Any]:
    """One step of a funnel for one segment, for all where none is named."""
    return expected.funnel_step()["w", goal_id, None, position, *(segment or ("all", "all"))]


def entered(expected: Expected, goal_id: str = "g") -> bool:
    return any(key[1] == goal_id for key in expected.funnel_viewer_rows())


def course_of(hits: str, window: int = 10, **flags: bool) -> tuple[int, int, list[int]] | None:
    """(entered step, furthest step, seconds of the steps taken) of hits written as in the examples of the rules."""
    steps = [Step("ABC".index(hit[0]) + 1, int(hit[1:]) * SECOND) for hit in hits.split()]
    chain = best_chain(steps, Course(3, window * SECOND, **flags))
    if chain is None:
        return None
    return chain.entered_step, chain.furthest_step, [steps[number].at // SECOND for number in chain.hits.values()]


@pytest.mark.parametrize(
    ("hits", "flags", "furthest", "seconds"),
    [
        ("A0 B1 C2", {}, 3, [0, 1, 2]),
        ("A0 A1 B2 B3 C4", {}, 3, [1, 3, 4]),
        ("A0 C1 B2", {}, 2, [0, 2]),
        ("A0 B5 C10", {}, 3, [0, 5, 10]),
        ("A0 B5 C11", {}, 2, [0, 5]),
        ("A0 A5 B6 C12", {}, 3, [5, 6, 12]),
        ("A0 B1 A8 C9", {}, 3, [0, 1, 9]),
        ("A0 B1 A8 C12", {}, 2, [0, 1]),
        ("A0 B1 C2 A20 B21 C22", {}, 3, [0, 1, 2]),
        ("A0 B0 C0", {}, 3, [0, 0, 0]),
        ("B0 A0", {}, 1, [0]),
        ("A0 C1 A2 B3 C4", {"is_strict": True}, 1, [0]),
        ("A0 B1 A2 C3", {"is_strict": True}, 3, [0, 1, 3]),
        ("C0 A1 B2 C3", {"is_strict": True}, 3, [1, 2, 3]),
        ("A0 B0", {"is_increasing": True}, 1, [0]),
        ("A0 B0 B1", {"is_increasing": True}, 2, [0, 1]),
        ("A0 A5 B5", {"is_increasing": True}, 1, [0]),
        ("B0 C1", {"is_closed": False}, 3, [0, 1]),
        ("A0 B1 C100", {"is_closed": False}, 3, [100]),
        ("C0 A1", {"is_ordered": False}, 2, [0, 1]),
        ("A0 B5 C12", {"is_ordered": False}, 2, [0, 5]),
    ],
)
def test_the_examples_of_the_rules(hits, flags, furthest, seconds):
    found = course_of(hits, **flags)
    assert found is not None
    assert found[1:] == (furthest, seconds)


def test_an_open_funnel_tells_where_it_was_entered():
    assert course_of("B0 C1", is_closed=False) == (2, 3, [0, 1])
    assert course_of("A0 B1 C100", is_closed=False) == (3, 3, [100])
    assert course_of("A0 B1", is_closed=False) == (1, 2, [0, 1])


def test_who_never_took_the_first_step_is_not_in_a_closed_funnel():
    assert course_of("B0 C1") is None


def test_of_several_stretches_as_full_the_first_counts():
    assert course_of("A0 B1 A20 B21", is_ordered=False) == (1, 2, [0, 1])
    assert course_of("A0 A20 B21", is_ordered=False) == (1, 2, [20, 21])


def test_strictness_looks_at_the_steps_of_the_funnel_only():
    story = [said("play", 0, 0), said("seek", 1), said("pause", 2, 2), said("ended", 3, 3)]
    assert viewer(told(*story, catalog=(goal(*ABC, is_strict=True),)))["is_converted"]


def test_a_goal_that_says_nothing_is_an_ordered_closed_funnel_of_a_week():
    row = viewer(told(said("play", 0, 0), said("pause", 5, 5), catalog=(goal(*ABC),)))
    assert (row["goal_name"], row["step_count"], row["entered_step"], row["furthest_step"]) == ("g", 3, 1, 2)
    week = 168 * 3600

    def converted(seconds: float, **columns: Any) -> bool:
        story = [said("play", 0), outside("conversion", seconds)]
        catalog = (goal({"event_type": "play"}, {"event_type": "conversion"}, **columns),)
        return viewer(told(*story, catalog=catalog))["is_converted"]

    assert (converted(week), converted(week + 0.000001)) == (True, False)
    assert converted(week, window_hours=0)
    assert converted(week, window_hours=-1)
    assert not converted(week, window_hours=167.9)


def test_a_window_ends_to_the_microsecond():
    def converted(seconds: float) -> bool:
        story = [said("play", 0), said("pause", seconds)]
        return viewer(told(*story, catalog=(goal(*ABC[:2], window_hours=TEN_SECONDS),)))["is_converted"]

    assert (converted(10), converted(10.000001)) == (True, False)


def test_the_newest_snapshot_that_names_a_goal_writes_it():
    older = goal(*ABC, name="Old", as_of=NOON - timedelta(days=2))
    newer = goal(*ABC[:1], name="New", as_of=NOON - timedelta(days=1))
    without = Snapshot("goals", NOON, [{"workspace_id": "w", "goal_id": "h", "steps": [ABC[0]]}])
    row = viewer(told(said("play", 0), catalog=(older, newer, without)))
    assert (row["goal_name"], row["step_count"], row["is_converted"]) == ("New", 1, True)


def test_ten_steps_count_and_an_eleventh_is_ignored():
    story = [said("play", number) for number in range(10)]
    row = viewer(told(*story, catalog=(goal(*[{"event_type": "play"}] * 11),)))
    assert (row["step_count"], row["is_converted"]) == (10, True)


def test_one_event_takes_one_step_of_a_chain_and_several_without_order():
    plays = (goal({"event_type": "play"}, {"event_type": "play"}),)
    assert viewer(told(said("play", 0), catalog=plays))["furthest_step"] == 1
    assert viewer(told(said("play", 0), said("play", 1), catalog=plays))["furthest_step"] == 2
    either = (goal({"event_type": "cta_click"}, {"event_type": "interaction"}, is_ordered=False),)
    assert viewer(told(said("cta_click", 0), catalog=either))["is_converted"]


def test_default_funnels_exist_unless_the_catalog_writes_them():
    expected = told(said("play", 0), outside("conversion", 5))
    assert not viewer(expected, "play-to-conversion", "v")["is_converted"]
    assert expected.funnel_step()["w", "impression-to-conversion", None, 1, "all", "all"]["entered_viewers"] == 0
    written = told(said("play", 0), catalog=(goal({"event_type": "play"}, goal_id="play-to-conversion"),))
    assert viewer(written, "play-to-conversion")["is_converted"]
    assert {key[2] for key in written.funnel_step() if key[1] == "play-to-conversion"} == {None}


def test_a_default_funnel_of_each_video_takes_what_happens_outside_any_video():
    expected = told(
        said("play", 0), said("cta_click", 1),
        said("play", 2, video_id="u", event_id="u"),
        outside("conversion", 5),
    )  # fmt: skip
    rows = {key[2]: row["furthest_step"] for key, row in expected.funnel_viewer_rows().items() if key[1] == "play-to-conversion"}
    assert rows == {"v": 3, "u": 1}


def test_a_conversion_of_one_video_is_no_step_in_another_ones_funnel():
    expected = told(
        said("play", 0), said("share", 1),
        said("play", 2, video_id="u", event_id="a"), said("share", 3, video_id="u", event_id="b"),
        said("conversion", 5, video_id="u"),
    )  # fmt: skip
    rows = {key[2]: row["is_converted"] for key, row in expected.funnel_viewer_rows().items() if key[1] == "play-to-conversion"}
    assert rows == {"v": False, "u": True}


def test_who_only_converted_outside_is_in_no_videos_funnel():
    assert not entered(told(outside("conversion", 0), outside("page_view", 1)), "play-to-conversion")


def test_a_step_may_ask_for_a_video_a_node_and_an_element():
    def takes(asked: dict[str, str], **fields: Any) -> bool:
        return entered(told(said("element_click", 0, **fields), catalog=(goal({"event_type": "element_click", **asked}),)))

    assert takes({"video_id": "v"})
    assert not takes({"video_id": "u"})
    assert takes({"node_id": "a", "element_id": "x"}, node_id="a", element_id="x")
    assert not takes({"node_id": "a", "element_id": "x"}, node_id="a", element_id="y")
    assert not takes({"node_id": "a"})


def test_a_players_own_report_names_no_element_and_heartbeats_take_no_step():
    asked = goal({"event_type": "play", "element_id": "x"})
    assert not entered(told(said("play", 0, element_id="x"), catalog=(asked,)))
    assert not entered(told(said("heartbeat", 0), catalog=(goal({"event_type": "heartbeat"}),)))


def test_case_and_spaces_of_a_step_do_not_matter_and_unknown_words_take_nothing():
    assert entered(told(said("play", 0), catalog=(goal({"event_type": " Play "}),)))
    assert not entered(told(said("teleport", 0), catalog=(goal({"event_type": "teleport"}),)))


def test_an_interaction_and_an_outbound_click_are_of_several_types():
    def takes(kind: str, *record: Any, **fields: Any) -> bool:
        return entered(told(said(*record, **fields), catalog=(goal({"event_type": kind}),)))

    assert takes("interaction", "share", 0)
    assert not takes("interaction", "branch_choice", 0)
    assert takes("interaction", "branch_choice", 0, element_id="x")
    assert takes("outbound_click", "cta_click", 0)
    assert not takes("outbound_click", "element_click", 0)
    assert takes("outbound_click", "element_click", 0, destination_url="https://shop.example/")


def test_hits_are_the_viewers_over_all_devices_and_sessions():
    catalog = (goal({"event_type": "play"}, {"event_type": "conversion"}),)
    expected = told(
        said("play", 0, user_id="ann"),
        outside("conversion", 7200, device_id="phone", user_id="ann"),
        catalog=catalog,
    )
    row = viewer(expected)
    assert (row["is_converted"], row["seconds_to_convert"]) == (True, 7200)


def test_the_entering_view_says_where_the_viewer_came_from():
    catalog = (goal({"event_type": "page_view"}, {"event_type": "play"}, is_closed=False),)
    context = {"country": "PT", "device_type": "tv"}
    row = viewer(told(said("play", 0, **context), catalog=catalog))
    assert (row["country"], row["device_type"], row["utm_campaign"], row["entered_step"]) == ("PT", "tv", None, 2)
    row = viewer(told(outside("page_view", 0), said("play", 1, **context), catalog=catalog))
    assert (row["view"], row["country"]) == (None, None)


def test_what_followed_is_of_the_same_session_and_no_heartbeat():
    catalog = (goal(*ABC),)
    after = [said("heartbeat", 1, 1), said("buffer_start", 2), outside("page_view", 3)]
    assert viewer(told(said("play", 0, 0), *after, catalog=catalog))["next_event_type"] == "page_view"
    assert viewer(told(said("play", 0, 0), said("seek", 3600), catalog=catalog))["next_event_type"] == "end_of_session"
    assert viewer(told(said("play", 0, 0), said("seek", 3), catalog=(goal(ABC[0]),)))["next_event_type"] is None


def crowd() -> Expected:
    """Five viewers of a funnel in three steps: of how many letters, and from where."""
    story: list[Record] = []
    for device, letters, country in (("1", "ABC", "PT"), ("2", "AB", "PT"), ("3", "AB", None), ("4", "A", "ES"), ("5", "", "FR")):
        story.append(said("impression", 0, device_id=device, country=country))
        for number, letter in enumerate(letters):
            story.append(said(LETTERS[letter], 1 + number * int(device), device_id=device))
    story.append(said("share", 60, device_id="2"))
    return told(*story, catalog=(goal(*ABC),))


def test_a_step_counts_who_came_who_left_and_who_got_through():
    expected = crowd()
    counts = ("entered_viewers", "reached_viewers", "dropped_viewers", "converted_viewers")
    rows = [step(expected, position) for position in (1, 2, 3)]
    assert [tuple(row[name] for name in counts) for row in rows] == [(4, 4, 1, 1), (0, 3, 2, 1), (0, 1, 0, 1)]
    assert [row["share_of_previous"] for row in rows] == [None, 0.75, 1 / 3]
    assert [row["share_of_entered"] for row in rows] == [1, 0.75, 0.25]
    assert [row["conversion_rate"] for row in rows] == [0.25, 1 / 3, 1]
    assert [row["drop_rate"] for row in rows] == [0.25, 2 / 3, 0]


def test_the_median_time_and_the_most_common_next_event_of_a_step():
    expected = crowd()
    assert [step(expected, position)["median_seconds_from_previous"] for position in (1, 2, 3)] == [None, 2, 1]
    # Of a share and an end of the session, one each, the first in byte order.
    row = step(expected, 2)
    assert (row["next_event_type"], row["next_event_viewers"]) == ("end_of_session", 1)
    assert (step(expected, 3)["next_event_type"], step(expected, 3)["next_event_viewers"]) == (None, None)


def test_segments_are_those_of_the_views_that_entered():
    expected = crowd()
    countries = {key[5] for key in expected.funnel_step() if key[1] == "g" and key[4] == "country"}
    assert countries == {"PT", "ES", None}
    assert step(expected, 1, "country", "PT")["entered_viewers"] == 2
    spain = step(expected, 3, "country", "ES")
    assert (spain["reached_viewers"], spain["share_of_previous"], spain["drop_rate"]) == (0, None, None)


def test_a_funnel_nobody_entered_has_its_steps_for_all():
    expected = told(said("impression", 0), catalog=(goal(*ABC),))
    assert [key[3:] for key in sorted(expected.funnel_step()) if key[1] == "g"] == [(n, "all", "all") for n in (1, 2, 3)]
    row = step(expected, 2)
    assert (row["reached_viewers"], row["share_of_previous"], row["share_of_entered"]) == (0, None, None)


def test_without_order_a_step_is_the_one_taken_in_its_place():
    expected = told(
        said("ended", 0), said("play", 4),
        said("play", 0, device_id="e"), said("pause", 1, device_id="e"), said("ended", 3, device_id="e"),
        catalog=(goal(*ABC, is_ordered=False),),
    )  # fmt: skip
    assert [step(expected, position)["reached_viewers"] for position in (1, 2, 3)] == [2, 2, 1]
    assert [step(expected, position)["median_seconds_from_previous"] for position in (2, 3)] == [2.5, 2]
    rows = {key[3]: row for key, row in expected.funnel_viewer_rows().items() if key[1] == "g"}
    taken = rows["device:d"]
    assert (taken["step_1_at"], taken["step_2_at"], taken["furthest_step"]) == (NOON + timedelta(seconds=4), None, 2)
    assert (taken["entered_at"], taken["last_step_at"]) == (NOON, NOON + timedelta(seconds=4))


def test_steps_at_one_moment_count_in_the_order_of_the_events():
    catalog = (goal(*ABC[:2]),)

    def furthest(first: int | None, second: int | None) -> int:
        story = [said("play", 0, sequence_number=first), said("pause", 0, sequence_number=second)]
        return viewer(told(*story, catalog=catalog))["furthest_step"]

    assert (furthest(1, 2), furthest(2, 1), furthest(None, 1)) == (2, 1, 1)
