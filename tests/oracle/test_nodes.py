"""Rules 56 to 58: what happened in the nodes, how far they lie from the start, and where views were lost."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from tests.oracle.catalog import Snapshot
from tests.oracle.expected import Expected
from tests.oracle.stories import NOON, nodes, said, told
from tests.oracle.test_paths import enters, graph


def starts(node: str | None, as_of=None) -> Snapshot:
    """A catalog snapshot of video v with its start node."""
    return Snapshot("videos", as_of, [{"workspace_id": "w", "video_id": "v"} | ({"start_node_id": node} if node else {})])


def node(expected: Expected, name: str) -> dict:
    return expected.node_performance()["w", "v", name]


def levels(*catalog: Snapshot) -> dict[str, int | None]:
    """The levels of the catalog's nodes, where nobody has viewed anything."""
    return {key[2]: row["level"] for key, row in told(catalog=catalog).node_level_rows().items()}


def curve(expected: Expected, name: str = "v") -> dict[int, tuple[int, int, int, int]]:
    """(at risk, lost, lost seen, left by choice) of each second at which a view of the node stopped."""
    return {
        key[3]: (row["at_risk"], row["lost"], row["lost_seen"], row["left_by_choice"])
        for key, row in expected.survival_curve().items()
        if key[2] == name and (row["lost"] or row["left_by_choice"])
    }


def test_a_node_visited_twice_counts_twice_and_its_view_once():
    row = node(told(enters("a", 0), enters("b", 5), enters("a", 9)), "a")
    counts = ("visits", "unique_views", "unique_viewers", "loop_visits", "entries", "exits", "plays")
    assert [row[name] for name in counts] == [2, 1, 1, 1, 1, 1, 0]


def test_a_node_nobody_visited_has_a_row_without_rates():
    row = node(told(enters("a", 0), catalog=(nodes({"a": 10, "b": 10}),)), "b")
    assert (row["is_unvisited"], row["visits"], row["drop_off_rate"], row["completion_rate"]) == (True, 0, None, None)
    assert (row["average_dwell_seconds"], row["average_watched_share"]) == (None, None)


def test_a_click_counts_in_a_node_that_the_view_never_visited():
    expected = told(enters("a", 0), said("element_click", 3, node_id="b", element_id="x"))
    assert (node(expected, "b")["hotspot_clicks"], node(expected, "b")["is_unvisited"]) == (1, True)
    assert expected.kpi_node_daily()["w", "v", "b", date(2026, 10, 5)]["hotspot_clicks"] == 1


def test_a_default_choice_and_a_share_are_no_hotspot_clicks():
    told_of = [enters("a", 0), said("share", 1, node_id="a", element_id="x"), said("branch_choice", 2, node_id="a")]
    assert node(told(*told_of), "a")["hotspot_clicks"] == 0
    assert node(told(*told_of, said("branch_choice", 3, node_id="a", element_id="x")), "a")["hotspot_clicks"] == 1


def test_a_visit_is_completed_near_the_end_of_its_node():
    def completed(position, **told_with):
        row = node(told(said("play", 0, 0), said("pause", position, position), **told_with), "v")
        return row["completed_visits"], row["completion_rate"]

    length = (nodes({"v": 20}),)
    assert completed(19, catalog=length) == (1, 1)
    assert completed(18.999, catalog=length) == (0, 0)
    assert completed(19) == (0, None)


def test_an_ended_visit_is_completed_whatever_its_length():
    row = node(told(said("play", 0, 0), said("ended", 5, 5)), "v")
    assert (row["completed_visits"], row["completion_rate"]) == (1, 1)


def test_who_has_finished_drops_off_nowhere():
    def dropped(position, **told_with):
        return node(told(said("play", 0, 0), said("pause", position, position), **told_with), "v")["drop_offs"]

    length = (nodes({"v": 20}),)
    assert (dropped(20, catalog=length), dropped(5, catalog=length), dropped(5)) == (0, 1, 1)
    stated = told(said("play", 0, 0), said("pause", 5, 5, is_completion=True))
    assert node(stated, "v")["drop_offs"] == 0


def test_each_view_counts_once_in_the_watched_share_however_often_it_came():
    expected = told(
        said("play", 0, 0, node_id="a"), said("pause", 5, 5, node_id="a"),
        enters("b", 6),
        said("play", 10, 0, node_id="a"), said("pause", 18, 8, node_id="a"),
        catalog=(nodes({"a": 10}),),
    )  # fmt: skip
    row = node(expected, "a")
    assert (row["watch_seconds"], row["average_watched_share"]) == (13, 0.8)
    assert node(expected, "b")["average_watched_share"] is None


def test_viewers_of_two_days_are_counted_anew_over_all_time():
    expected = told(enters("a", 0), enters("a", 86400))
    assert [row["unique_viewers"] for row in expected.kpi_node_daily().values()] == [1, 1]
    assert (node(expected, "a")["unique_viewers"], node(expected, "a")["unique_views"]) == (1, 2)


def test_a_level_is_the_fewest_edges_from_the_start():
    catalog = (graph(("a", "b", None), ("b", "c", None), ("a", "c", None), ("c", "a", None)), starts("a"))
    assert levels(*catalog, nodes({"a": None, "b": None, "c": None, "d": None})) == {"a": 0, "b": 1, "c": 1, "d": None}


def test_a_loop_and_a_start_without_edges_do_not_disturb_the_levels():
    assert levels(graph(("b", "b", None)), starts("a"), nodes({"a": None, "b": None})) == {"a": 0, "b": None}


def test_without_a_start_node_only_a_linear_video_has_a_level():
    assert levels(graph(("v", "b", None)), starts(None), nodes({"v": None, "b": None})) == {"v": 0, "b": None}
    assert levels(nodes({"v": None, "b": None})) == {"v": 0, "b": None}
    assert levels(starts("b"), nodes({"v": None, "b": None})) == {"v": None, "b": 0}


def test_edges_no_longer_in_force_and_starts_that_were_changed_make_no_level():
    later = NOON - timedelta(days=1)
    catalog = (graph(("a", "b", None)), graph(("b", "c", None), as_of=later), nodes({"a": None, "b": None, "c": None}))
    assert levels(*catalog, starts("a")) == {"a": 0, "b": None, "c": None}
    assert levels(*catalog, starts("a"), starts("b", later)) == {"a": None, "b": 0, "c": 1}


def test_no_way_is_longer_than_ninety_edges():
    names = [f"n{number}" for number in range(93)]
    ways = [(origin, target, None) for origin, target in pairwise(names)]
    found = levels(graph(*ways), starts("n0"), nodes(dict.fromkeys(names)))
    assert (found["n90"], found["n91"]) == (90, None)


def test_a_view_is_lost_at_the_last_second_it_watched():
    assert curve(told(said("play", 0, 0), said("pause", 5, 5))) == {4: (1, 1, 1, 0)}
    assert curve(told(said("play", 0, 0), said("pause", 5.2, 5.2))) == {5: (1, 1, 1, 0)}


def test_who_was_playing_when_last_heard_of_was_not_seen_leaving():
    assert curve(told(said("play", 0, 0), said("heartbeat", 10, 10))) == {9: (1, 1, 0, 0)}


def test_of_a_visits_segments_the_one_that_began_last_says_where_it_was_lost():
    back = said("seek", 10, position_from_seconds=10, position_to_seconds=2)
    assert curve(told(said("play", 0, 0), back, said("pause", 13, 5))) == {4: (1, 1, 1, 0)}


def test_who_went_on_by_choice_is_not_lost():
    story = told(
        said("play", 0, 0, node_id="a"), enters("b", 6), said("play", 7, 0, node_id="b"), said("pause", 9, 2, node_id="b")
    )
    assert curve(story, "a") == {5: (1, 0, 0, 1)}
    assert curve(story, "b") == {1: (1, 1, 1, 0)}


def test_who_ended_or_finished_or_watched_nothing_is_lost_nowhere():
    assert curve(told(said("play", 0, 0), said("ended", 5, 5))) == {}
    assert curve(told(said("play", 0, 0), said("pause", 20, 20), catalog=(nodes({"v": 20}),))) == {}
    assert curve(told(said("play", 0, 0), said("pause", 0, 0))) == {}


def test_a_declared_view_is_lost_where_its_declaration_ends():
    declared = said("pause", 5, 5, played_ranges=[[0, 3], [8, 12.5]])
    assert curve(told(said("play", 0, 0), declared)) == {12: (1, 1, 1, 0)}


def test_survival_is_what_is_left_after_every_loss():
    story = []
    for number, seconds in enumerate((2, 2, 4, 8)):
        device = f"d{number}"
        story += [said("play", 0, 0, device_id=device), said("pause", seconds, seconds, device_id=device)]
    rows = {key[3]: (row["hazard"], row["survival"]) for key, row in told(*story).survival_curve().items()}
    assert [rows[second] for second in (0, 1, 2, 3, 6, 7)] == [(0, 1), (0.5, 0.5), (0, 0.5), (0.5, 0.25), (0, 0.25), (1, 0)]
