"""Rules 30 to 37: elements and their versions, exposures, clicks and false clicks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.oracle.expected import Expected
from tests.oracle.stories import NOON, Record, at, authored, edges, nodes, only_row, rows, said, told
from tests.oracle.tables import rows_of

BOX = {"box_x": 0.2, "box_y": 0.2, "box_width": 0.2, "box_height": 0.1}


def element(**fields: object) -> Record:
    """Element e of node n."""
    return {"node_id": "n", "element_id": "e", **fields}


def in_node(event_type: str, seconds: float, position: float | None = None, **fields: object) -> Record:
    """One event of node n."""
    return said(event_type, seconds, position, node_id="n", **fields)


def watched(*more: Record) -> list[Record]:
    """Ten seconds of node n, watched from its beginning."""
    return [in_node("play", 0, 0), *more, in_node("pause", 10, 10)]


def versions(expected: Expected) -> list[tuple]:
    """(number, name, from, to) of the story's authored versions, in seconds after noon; None without bounds."""

    def seconds(moment):
        return None if moment.year in (1, 9999) else (moment - NOON).total_seconds()

    return [
        (key[4], row["name"], seconds(row["valid_from"]), seconds(row["valid_to"]))
        for key, row in sorted(rows_of(expected, "dim_element").items())
    ]


def snapshot(seconds: float | None, *names: str, **fields: object):
    """A snapshot of element e under each of these names."""
    moment = None if seconds is None else NOON + timedelta(seconds=seconds)
    return authored("elements", *(element(name=name, **fields) for name in names), as_of=moment)


def test_snapshots_that_agree_are_one_version_and_the_first_holds_from_the_beginning():
    expected = told(catalog=(snapshot(0, "old"), snapshot(60, "old"), snapshot(120, "new")))
    assert versions(expected) == [(1, "old", None, 120), (2, "new", 120, None)]


def test_an_element_left_out_of_a_snapshot_is_closed_by_it():
    other = authored("elements", element(element_id="f", name="f"), as_of=NOON)
    expected = told(catalog=(snapshot(None, "e"), other))
    assert versions(expected) == [(1, "e", None, 0), (1, "f", 0, None)]


def test_an_empty_snapshot_closes_every_element_until_it_is_described_again():
    expected = told(catalog=(snapshot(0, "e"), snapshot(60), snapshot(120, "e")))
    assert versions(expected) == [(1, "e", None, 60), (2, "e", 120, None)]


def test_the_last_line_of_a_snapshot_counts():
    assert versions(told(catalog=(snapshot(None, "first", "second"),))) == [(1, "second", None, None)]


def test_the_later_of_two_lines_takes_over_for_good():
    lines = authored(
        "elements",
        element(name="long", valid_to=at(600)),
        element(name="short", valid_from=at(60), valid_to=at(120)),
    )
    assert versions(told(catalog=(lines,))) == [(1, "long", None, 60), (2, "short", 60, 120)]


def test_of_equal_beginnings_the_line_that_says_the_later_one_wins():
    lines = (element(name="open"), element(name="dated", valid_from=at(0)))
    first = authored("elements", element(element_id="f", name="f"), as_of=NOON)
    expected = told(catalog=(first, authored("elements", *lines, as_of=NOON + timedelta(seconds=60))))
    assert [each for each in versions(expected) if each[1] != "f"] == [(1, "dated", 60, None)]


@pytest.mark.parametrize(("edited", "number"), [(0, 2), (0.000001, 1), (5, 1)])
def test_a_view_has_the_version_in_force_at_its_start(edited, number):
    expected = told(*watched(), catalog=(snapshot(-60, "old"), snapshot(edited, "new")))
    assert only_row(expected, "int_exposures")["version_number"] == number


def test_an_element_met_before_it_was_made_has_a_row_of_its_own():
    expected = told(
        in_node("element_click", 0, element_id="e", element_type="cta"),
        catalog=(authored("elements", element(valid_from=at(60))),),
    )
    numbers = {key[4]: (row["is_in_catalog"], row["is_current"]) for key, row in rows_of(expected, "dim_element").items()}
    assert numbers == {0: (False, False), 1: (True, True)}


def test_without_a_catalog_an_element_is_what_most_views_say_of_it():
    def click(number, **fields):
        return said("element_click", number, element_id="e", playback_id=f"p{number}", **fields)

    expected = told(
        click(0, element_type="cta"), click(1, element_type="button", to_node_id="z"), click(2, element_type="button"),
        click(3, element_type="cta", destination_url="https://shop.example"),
    )  # fmt: skip
    row = only_row(expected, "dim_element")
    assert (row["element_type"], row["destination"]) == ("button", "https://shop.example")


@pytest.mark.parametrize(
    ("window", "exposed_by"),
    [
        ({}, ["window"]),
        ({"from_seconds": 10}, []),
        ({"from_seconds": 9.999}, ["window"]),
        ({"to_seconds": 0}, []),
        ({"from_seconds": 20, "to_seconds": 30}, []),
    ],
)
def test_a_window_exposes_only_what_was_watched_of_it(window, exposed_by):
    expected = told(*watched(), catalog=(authored("elements", element(**window)),))
    assert [row["exposed_by"] for row in rows(expected, "int_exposures")] == exposed_by


@pytest.mark.parametrize("shown", ["element_shown", "form_shown", "question_shown"])
def test_a_view_that_reports_what_it_shows_is_exposed_to_nothing_else(shown):
    expected = told(*watched(in_node(shown, 2)), catalog=(authored("elements", element()),))
    assert rows(expected, "int_exposures") == []


def test_a_click_is_an_exposure_and_being_hidden_is_none():
    expected = told(in_node("element_click", 0, element_id="e"), in_node("element_hidden", 1, element_id="f"))
    assert only_row(expected, "int_exposures")["exposed_by"] == "action"


def test_shown_comes_before_action():
    expected = told(in_node("element_click", 0, element_id="e"), in_node("element_shown", 1, element_id="e"))
    assert only_row(expected, "int_exposures")["exposed_by"] == "shown"


def nodes_of(expected: Expected) -> set[str]:
    return {key[7] for key in rows_of(expected, "int_exposures")}


def test_an_event_without_a_node_is_on_the_element_of_the_one_node_the_view_names():
    click, cart = said("element_click", 0, element_id="e", node_id="n"), said("add_to_cart", 1, element_id="e")
    assert nodes_of(told(click, cart)) == {"n"}
    assert nodes_of(told(click, said("element_click", 2, element_id="e", node_id="m"), cart)) == {"n", "m", "v"}


def test_an_event_without_a_node_is_on_the_element_of_the_video_itself_where_there_is_one():
    elements = authored("elements", element(node_id="v"), element())
    click, cart = said("element_click", 0, element_id="e", node_id="n"), said("add_to_cart", 1, element_id="e")
    assert nodes_of(told(click, cart, catalog=(elements,))) == {"n", "v"}


def test_an_event_without_a_node_is_else_on_the_one_element_in_force():
    cart = said("add_to_cart", 1, element_id="e")
    assert nodes_of(told(cart, catalog=(authored("elements", element()),))) == {"n"}
    assert nodes_of(told(cart, catalog=(authored("elements", element(), element(node_id="m")),))) == {"v"}


def test_rates_are_of_viewers_and_of_views():
    expected = told(
        in_node("element_shown", 0, element_id="e", playback_id="p"),
        in_node("cta_click", 1, element_id="e", playback_id="p"),
        in_node("cta_click", 2, element_id="e", playback_id="p"),
        in_node("element_shown", 3, element_id="e", playback_id="q"),
        in_node("element_skip", 4, element_id="e", playback_id="r", device_id="other"),
    )
    row = only_row(expected, "element_performance")
    assert (row["clicks"], row["outbound_clicks"], row["exposed_views"], row["exposed_viewers"]) == (2, 2, 3, 2)
    assert (row["click_through_rate"], row["view_click_through_rate"], row["skip_rate"]) == (0.5, 1 / 3, 0.5)


def test_an_element_lies_on_the_level_of_its_node():
    click = in_node("element_click", 0, element_id="e")
    stage = (authored("videos", {"start_node_id": "v"}), edges(("v", "n")))
    assert only_row(told(click, catalog=stage), "element_performance")["node_level"] == 1
    assert only_row(told(click), "element_performance")["node_level"] is None


@pytest.mark.parametrize(
    ("fields", "leads_outside"),
    [
        ({}, False),
        ({"element_type": "Product"}, True),
        ({"destination_url": "https://shop.example"}, True),
    ],
)
def test_what_leads_outside_by_what_the_view_reports(fields, leads_outside):
    expected = told(in_node("element_click", 0, element_id="e", **fields))
    assert bool(rows(expected, "video_click_through")) is leads_outside


def test_any_event_that_names_the_element_can_say_where_it_leads():
    expected = told(
        *watched(in_node("element_hidden", 5, element_id="e", destination_url="https://shop.example")),
        catalog=(authored("elements", element()),),
    )
    row = only_row(expected, "int_exposures")
    assert (row["exposed_by"], row["is_outbound"]) == ("window", True)
    assert only_row(expected, "dim_element")["destination"] == "https://shop.example"


def test_the_authored_type_decides_where_there_is_one():
    elements = authored("elements", element(element_type="hotspot"))
    expected = told(in_node("element_click", 0, element_id="e", element_type="cta"), catalog=(elements,))
    assert rows(expected, "video_click_through") == []


def click_at(x: float, y: float, second: float, **fields: object) -> Record:
    return in_node("surface_click", 1, second, x=x, y=y, **fields)


@pytest.mark.parametrize(("x", "cell"), [(0, 0), (0.049, 0), (0.05, 1), (1, 19)])
def test_the_far_edge_is_in_the_last_cell(x, cell):
    (key,) = rows_of(told(click_at(x, 0.5, 3.9)), "click_heatmap")
    assert key[3:] == (2, cell, 10)


@pytest.mark.parametrize(
    "click", [click_at(640, 0.5, 1), click_at(-0.001, 0.5, 1), click_at(0.5, 0.5, None), in_node("share", 1, 1)]
)
def test_a_click_without_a_place_is_in_no_heatmap(click):
    assert rows(told(click), "click_heatmap") == []


@pytest.mark.parametrize(
    ("x", "y", "second", "outcome"),
    [
        (0.2, 0.2, 10, "hits"),
        (0.4, 0.3, 20, "hits"),
        (0.15, 0.15, 10, "near_misses"),
        (0.45, 0.35, 20, "near_misses"),
        (0.149999, 0.2, 10, "false_clicks"),
        (0.2, 0.350001, 10, "false_clicks"),
        (0.3, 0.25, 8, "near_misses"),
        (0.3, 0.25, 22, "near_misses"),
        (0.3, 0.25, 7.999, "false_clicks"),
        (0.3, 0.25, 22.001, "false_clicks"),
        (0.19, 0.25, 9, "false_clicks"),
    ],
)
def test_a_click_hits_nearly_misses_or_is_false(x, y, second, outcome):
    box = authored("elements", element(**BOX, from_seconds=10, to_seconds=20))
    row = only_row(told(click_at(x, y, second), catalog=(box,)), "click_heatmap")
    assert {name for name in ("hits", "near_misses", "false_clicks", "unknown_clicks") if row[name]} == {outcome}


def test_a_click_that_names_an_element_is_a_hit_wherever_it_lies():
    box = authored("elements", element(**BOX))
    assert only_row(told(click_at(0.9, 0.9, 1, element_id="x"), catalog=(box,)), "click_heatmap")["hits"] == 1


def test_of_what_nobody_described_nobody_knows_what_was_missed():
    assert only_row(told(click_at(0.5, 0.5, 1)), "click_heatmap")["unknown_clicks"] == 1
    assert only_row(told(click_at(0.5, 0.5, 1), catalog=(nodes({"m": 10}),)), "click_heatmap")["false_clicks"] == 1


def test_a_box_that_lacks_a_number_is_no_box():
    elements = authored("elements", element(**{**BOX, "box_height": None}))
    assert only_row(told(click_at(0.3, 0.25, 1), catalog=(elements,)), "false_click")["is_near_miss"] is False


def test_the_element_nearly_missed_is_the_first_in_byte_order():
    elements = authored(
        "elements", element(element_id="é", **BOX), element(element_id="z", **BOX), element(element_id="Z", **BOX)
    )
    assert only_row(told(click_at(0.41, 0.25, 1), catalog=(elements,)), "false_click")["near_element_id"] == "Z"


def crowd(count: int) -> list[Record]:
    """So many people who play node n for forty seconds, and each click on one spot at the fifth."""
    records: list[Record] = []
    for number in range(count):
        whose = {"device_id": f"d{number}"}
        records += [in_node("play", 0, 0, **whose), click_at(0.61, 0.12, 5, **whose), in_node("pause", 40, 40, **whose)]
    return records


def test_three_people_on_one_spot_are_a_proposal_and_two_are_none():
    described = (nodes({"n": 40}),)
    assert rows(told(*crowd(2), catalog=described), "suggested_hotspot") == []
    row = only_row(told(*crowd(3), catalog=described), "suggested_hotspot")
    assert (row["viewers"], row["clicks"], row["x"], row["from_seconds"], row["to_seconds"]) == (3, 3, 0.61, 4, 6)


def test_who_watched_nothing_proposes_nothing():
    clicks = [click_at(0.61, 0.12, 5, device_id=f"d{number}") for number in range(5)]
    assert rows(told(*clicks, catalog=(nodes({"n": 40}),)), "suggested_hotspot") == []
