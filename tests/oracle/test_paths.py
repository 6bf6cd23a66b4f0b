"""Rules 50 to 55: visits, why they came, how they left, and the ways they make."""

from __future__ import annotations

from datetime import timedelta

from tests.oracle.catalog import Snapshot
from tests.oracle.expected import Expected
from tests.oracle.stories import NOON, nodes, said, told


def graph(*ways: tuple[str, str, bool | None], as_of=None) -> Snapshot:
    """A catalog snapshot of video v's edges, as (from, to, whether it is the default)."""
    rows = [
        {"workspace_id": "w", "video_id": "v", "from_node_id": origin, "to_node_id": target, "element_id": f"e{number}"}
        | ({} if default is None else {"is_default": default})
        for number, (origin, target, default) in enumerate(ways)
    ]
    return Snapshot("edges", as_of, rows)


def leading(element: str, node: str, target: str, as_of=None) -> Snapshot:
    """A catalog snapshot of one element that leads to a node."""
    row = {"workspace_id": "w", "video_id": "v", "node_id": node, "element_id": element, "to_node_id": target}
    return Snapshot("elements", as_of, [row])


def enters(node: str, seconds: float, position: float | None = None, **fields):
    return said("node_enter", seconds, position, node_id=node, **fields)


def chooses(origin: str, target: str | None, seconds: float, element: str | None = None, position: float | None = None):
    return said("branch_choice", seconds, position, node_id=origin, to_node_id=target, element_id=element)


def path(expected: Expected) -> str:
    """The only view's path."""
    (row,) = expected.viewer_path_rows().values()
    return row["path"]


def visits(expected: Expected, *columns: str) -> list:
    """The visits of the story in order: one column's values, or tuples of several."""
    rows = [row for _, row in sorted(expected.node_visit_rows().items())]
    return [row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns) for row in rows]


def test_another_node_begins_another_visit_and_a_return_is_a_loop():
    expected = told(enters("a", 0), enters("b", 5), enters("a", 9))
    assert visits(expected, "node_id", "is_loop") == [("a", False), ("b", False), ("a", True)]
    assert path(expected) == "a > b > a"


def test_a_second_knock_at_the_door_is_the_same_visit():
    assert path(told(enters("a", 0), enters("a", 1))) == "a"
    assert (
        path(told(said("play", 0, 0, node_id="a"), enters("a", 1), said("heartbeat", 2, 1, node_id="a"), enters("a", 3))) == "a"
    )


def test_a_return_to_the_door_after_more_than_a_second_of_it_is_a_replay():
    def seen(position):
        return told(enters("a", 0), said("heartbeat", 1, position, node_id="a"), enters("a", 3))

    assert path(seen(1)) == "a"
    assert path(seen(1.0004)) == "a"
    assert path(seen(1.001)) == "a > a"
    assert visits(seen(5), "is_loop") == [False, True]


def test_what_begins_a_visit_counts_as_its_door_whatever_it_is():
    assert path(told(said("heartbeat", 0, 8, node_id="a"), enters("a", 3))) == "a"
    assert path(told(said("heartbeat", 0, 8, node_id="a"), said("heartbeat", 1, 9, node_id="a"), enters("a", 3))) == "a > a"


def test_either_end_of_a_seek_shows_the_node_and_so_does_its_end():
    def sought(origin, target):
        seek = said("seek", 1, node_id="a", position_from_seconds=origin, position_to_seconds=target)
        return path(told(enters("a", 0), seek, enters("a", 3)))

    assert (sought(0, 20), sought(20, 0), sought(0, 1)) == ("a > a", "a > a", "a")
    assert path(told(enters("a", 0), said("ended", 1, node_id="a"), enters("a", 3))) == "a > a"


def test_only_what_was_seen_since_the_last_knock_makes_a_replay():
    story = [enters("a", 0), said("heartbeat", 1, 5, node_id="a"), enters("a", 3), enters("a", 4)]
    assert path(told(*story)) == "a > a"


def test_a_view_without_evidence_has_no_path():
    expected = told(said("impression", 0), said("element_click", 1, element_id="x"))
    assert (expected.viewer_path_rows(), expected.node_visit_rows(), expected.path_transition()) == ({}, {}, {})
    assert len(expected.views) == 1


def test_a_silence_of_more_than_half_an_hour_is_no_dwelling():
    def dwelt(silence):
        story = [said("play", 0, 0, playback_id="p"), said("pause", 10, 10, playback_id="p")]
        return visits(told(*story, said("play", 10 + silence, 10, playback_id="p")), "dwell_seconds")

    assert dwelt(1800) == [1810]
    assert dwelt(1800.001) == [10]


def test_a_visit_is_left_when_the_next_one_begins_and_dwells_until_then():
    expected = told(enters("a", 0), enters("b", 8), said("pause", 11, 3, node_id="b"))
    left = [NOON + timedelta(seconds=seconds) for seconds in (8, 11)]
    assert visits(expected, "left_at") == left
    assert visits(expected, "dwell_seconds") == [8, 3]


def test_each_stay_watches_what_began_in_it():
    expected = told(
        said("play", 0, 0, node_id="a"), said("pause", 5, 5, node_id="a"),
        enters("b", 6),
        said("play", 10, 5, node_id="a"), said("pause", 18, 13, node_id="a"),
    )  # fmt: skip
    assert visits(expected, "watched_seconds") == [5, 0, 8]
    assert visits(expected, "furthest_seconds") == [5, 0, 13]
    assert visits(expected, "is_played") == [True, False, True]


def test_a_choice_before_the_move_explains_it_and_of_several_the_last():
    expected = told(enters("a", 0), chooses("a", "b", 3, "x"), chooses("a", "b", 4), enters("b", 5))
    assert visits(expected, "entered_by", "entered_by_element_id") == [("start", None), ("default", None)]
    expected = told(enters("a", 0), chooses("a", "b", 3), chooses("a", "b", 4, "x"), chooses("a", "c", 5), enters("b", 6))
    assert visits(expected, "entered_by", "entered_by_element_id")[1] == ("chosen", "x")


def test_a_choice_may_be_told_after_the_move_by_its_old_node_only():
    assert visits(told(enters("a", 0), enters("b", 5), chooses("a", "b", 6, "x")), "entered_by") == ["start", "chosen"]
    assert visits(told(enters("a", 0), enters("b", 5), chooses("b", "b", 6, "x")), "entered_by") == ["start", "unknown"]
    late = told(enters("a", 0), enters("b", 5), enters("c", 6), chooses("a", "b", 7, "x"))
    assert visits(late, "entered_by") == ["start", "unknown", "unknown"]


def test_a_choice_for_another_node_explains_nothing():
    assert visits(told(enters("a", 0), chooses("a", "c", 3, "x"), enters("b", 5)), "entered_by") == ["start", "unknown"]


def test_the_first_event_in_the_new_node_may_itself_be_the_choice():
    expected = told(enters("a", 0), chooses("b", "b", 5, "x", position=0))
    assert visits(expected, "node_id", "entered_by") == [("a", "start"), ("b", "chosen")]


def test_an_element_leads_where_the_catalog_said_when_the_view_began():
    story = [enters("a", 0), said("element_click", 4, node_id="a", element_id="x"), enters("b", 5)]
    hour = timedelta(hours=1)
    assert visits(told(*story, catalog=(leading("x", "a", "b"),)), "entered_by")[1] == "chosen"
    assert visits(told(*story, catalog=(leading("x", "b", "b"),)), "entered_by")[1] == "unknown"
    edited = (leading("x", "a", "b", NOON - 2 * hour), leading("x", "a", "c", NOON - hour))
    assert visits(told(*story, catalog=edited), "entered_by")[1] == "unknown"


def test_a_chapter_that_leads_nowhere_known_leads_everywhere():
    assert visits(told(enters("a", 0), said("chapter_select", 4, node_id="a"), enters("b", 5)), "entered_by")[1] == "jump"
    elsewhere = said("chapter_select", 4, node_id="a", to_node_id="c")
    assert visits(told(enters("a", 0), elsewhere, enters("b", 5)), "entered_by")[1] == "unknown"


def test_a_seek_into_a_node_is_a_jump():
    leap = said("seek", 5, node_id="b", position_from_seconds=3, position_to_seconds=9)
    assert visits(told(enters("a", 0), leap), "entered_by") == ["start", "jump"]


def test_the_graph_decides_an_unexplained_move():
    story = [enters("a", 0), enters("b", 5)]
    assert visits(told(*story, catalog=(graph(("a", "b", True)),)), "entered_by")[1] == "default"
    assert visits(told(*story, catalog=(graph(("a", "b", False)),)), "entered_by")[1] == "chosen"
    assert visits(told(*story, catalog=(graph(("a", "b", None)),)), "entered_by")[1] == "unknown"
    assert visits(told(*story, catalog=(graph(("b", "a", True)),)), "entered_by")[1] == "jump"
    assert visits(told(*story), "entered_by")[1] == "unknown"


def test_of_several_elements_along_one_edge_one_default_makes_it_the_default():
    story = [enters("a", 0), enters("b", 5)]
    assert visits(told(*story, catalog=(graph(("a", "b", False), ("a", "b", True)),)), "entered_by")[1] == "default"
    assert visits(told(*story, catalog=(graph(("a", "b", None), ("a", "b", False)),)), "entered_by")[1] == "chosen"


def test_an_edge_that_left_the_catalog_still_explains_but_is_not_in_force():
    catalog = (graph(("a", "b", True)), graph(("b", "c", True), as_of=NOON - timedelta(days=1)))
    expected = told(enters("a", 0), enters("b", 5), catalog=catalog)
    assert visits(expected, "entered_by")[1] == "default"
    rows = expected.path_transition()
    assert (rows["w", "v", "a", "b"]["is_in_catalog"], rows["w", "v", "a", "b"]["is_default"]) == (False, True)
    assert (rows["w", "v", "b", "c"]["transition_count"], rows["w", "v", "b", "c"]["is_in_catalog"]) == (0, True)


def test_an_empty_snapshot_takes_every_edge_out_of_force():
    catalog = (graph(("a", "b", True)), graph(as_of=NOON - timedelta(days=1)))
    rows = told(enters("a", 0), enters("b", 5), catalog=catalog).path_transition()
    assert (rows["w", "v", "a", "b"]["is_in_catalog"], rows["w", "v", "a", "b"]["is_default"]) == (False, True)


def test_a_last_visit_ends_unless_it_played_on():
    ended = [enters("a", 0), said("ended", 5, 5, node_id="a")]
    assert visits(told(*ended), "left_by") == ["ended"]
    assert visits(told(*ended, said("pause", 6, 5, node_id="a")), "left_by") == ["ended"]
    assert visits(told(*ended, said("play", 6, 0, node_id="a")), "left_by") == ["exit"]
    assert visits(told(*ended, enters("b", 6)), "left_by") == ["moved", "exit"]


def test_a_dead_end_is_where_the_story_should_have_gone_on():
    story = [enters("a", 0), said("ended", 5, 5, node_id="a")]
    assert visits(told(*story, catalog=(graph(("a", "b", None)),)), "is_dead_end") == [True]
    assert visits(told(*story, catalog=(graph(("b", "a", None)),)), "is_dead_end") == [False]
    assert visits(told(*story), "is_dead_end") == [False]
    assert visits(told(enters("a", 0), catalog=(graph(("a", "b", None)),)), "is_dead_end") == [False]


def test_arrivals_are_departures_and_exits():
    expected = told(
        enters("a", 0), chooses("a", "b", 4), enters("b", 5), chooses("b", "a", 8, "x"), enters("a", 9), enters("b", 12),
        enters("a", 0, device_id="e"), said("ended", 7, 7, node_id="a", device_id="e"),
    )  # fmt: skip
    rows = {key[2:]: row for key, row in expected.path_transition().items()}
    assert {way: row["transition_count"] for way, row in rows.items()} == {
        (None, "a"): 2, ("a", "b"): 2, ("b", "a"): 1, ("b", None): 1, ("a", None): 1,
    }  # fmt: skip
    taken = rows["a", "b"]
    assert (taken["view_count"], taken["default_count"], taken["unknown_count"], taken["chosen_count"]) == (1, 1, 1, 0)
    assert taken["share_of_departures"] == 2 / 3
    assert (rows[None, "a"]["share_of_departures"], rows[None, "a"]["viewer_count"]) == (1, 2)
    assert (rows["a", None]["ended_count"], rows["b", None]["ended_count"]) == (1, 0)


def test_the_choices_of_a_day_are_those_of_its_moves_by_the_events_or_else_by_the_graph():
    story = [
        event
        for number in range(5)
        for event in (
            enters("a", 0, device_id=f"c{number}"),
            said("branch_choice", 4, node_id="a", to_node_id="c", element_id="x", device_id=f"c{number}"),
            enters("c", 5, device_id=f"c{number}"),
            enters("a", 0, device_id=f"b{number}"),
            enters("b", 5, device_id=f"b{number}"),
        )
    ]
    (row,) = told(*story, catalog=(graph(("a", "b", True), ("a", "c", False)),)).kpi_scorecard_daily().values()
    assert row == {"moves": 10, "chosen_moves": 5, "choice_rate": 0.5}
    (row,) = told(*story).kpi_scorecard_daily().values()
    assert row == {"moves": 10, "chosen_moves": 5, "choice_rate": 1}


def test_a_way_nobody_took_has_a_share_only_where_somebody_left():
    expected = told(enters("a", 0), catalog=(graph(("a", "b", True), ("c", "a", None)),))
    rows = {key[2:]: row for key, row in expected.path_transition().items()}
    assert (rows["a", "b"]["share_of_departures"], rows["c", "a"]["share_of_departures"]) == (0, None)


def test_a_long_path_is_cut_where_it_is_shown_but_not_where_it_is_told_apart():
    def walk(last, device):
        names = [*("ab" * 10), last]
        return [enters(name, number, device_id=device) for number, name in enumerate(names)]

    expected = told(*walk("a", "d"), *walk("c", "e"))
    assert {row["path"] for row in expected.viewer_path_rows().values()} == {" > ".join("ab" * 10) + " > …"}
    assert {(row["view_count"], row["visit_count"]) for row in expected.path_summary().values()} == {(1, 21)}
    assert path(told(*walk("a", "d")[:20])) == " > ".join("ab" * 10)


def test_an_ending_is_reached_and_paths_are_ranked_by_their_views():
    catalog = (graph(("a", "b", True)), nodes({"a": 10, "b": 10}))
    expected = told(
        enters("a", 0), enters("b", 5),
        enters("a", 0, device_id="e"), enters("b", 9, device_id="e"),
        enters("a", 0, device_id="f"),
        catalog=catalog,
    )  # fmt: skip
    assert sorted(str(row["ending_node_id"]) for row in expected.viewer_path_rows().values()) == ["None", "b", "b"]
    ranked = sorted(expected.path_summary().values(), key=lambda row: row["path_rank"])
    assert [(row["path"], row["view_count"], row["share_of_views"]) for row in ranked] == [("a > b", 2, 2 / 3), ("a", 1, 1 / 3)]


def test_paths_of_equally_many_views_are_ranked_by_their_key():
    expected = told(enters("a", 0), enters("b", 0, device_id="e"))
    ranked = sorted((key[2], row["path_rank"]) for key, row in expected.path_summary().items())
    assert [rank for _, rank in ranked] == [1, 2]
