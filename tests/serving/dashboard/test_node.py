"""The node page says what the interactions and clicks of the snapshot say, and shows no more of small groups than it may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from serving.dashboard.screenshots import serving
from tests.serving.dashboard.conftest import Ask, Read, Reader
from tests.serving.dashboard.reading import broken_rules, percent, seconds, show_as_table

HOME = "#/node?video=product-tour&node=tour-home"
SHORE = "#/node?video=lighthouse&node=shore"
# On the demo every page is ready within a second, on the best of a few times and a machine of one's own.
MINIMUM = 3

SUGGESTION = """
    insert into interactivity.suggested_hotspot by name
    select 'found' as hotspot_id, workspace_id, video_id, 'boat' as node_id, 1 as viewer_rank, 0.72 as x, 0.28 as y, 29.5 as at_seconds,
        0.7 as box_x, 0.25 as box_y, 0.05 as box_width, 0.1 as box_height, 20.0 as from_seconds, 34.0 as to_seconds, 21 as viewers,
        21 as views, 23 as clicks, 1.2 as expected_clicks, 4 as cell_count, 3e-9 as p_value
    from core.dim_video where video_id = 'lighthouse'
"""
# What a catalog might say of where an element leads, and a node in whose picture nobody clicked.
STRANGE = (
    "update core.dim_element set destination = 'javascript:alert(1)' where element_id = 'boat-back'",
    "update core.dim_element set name = '<i>Go</i> {on}' where element_id = 'boat-tower'",
    "delete from interactivity.click_heatmap where node_id = 'path'",
    "delete from core.dim_element where node_id = 'dawn'",
)
# Two thousand cells, forty elements and ten minutes in one node.
LARGE = (
    "delete from interactivity.click_heatmap where node_id = 'shore'",
    """insert into interactivity.click_heatmap by name
    select 'demo' as workspace_id, 'lighthouse' as video_id, 'shore' as node_id, 2 * (i // 40) as from_second, i % 20 as cell_x,
        hash(i // 20) % 10 + 10 * (i // 20 % 2) as cell_y, 1 + i % 7 as clicks, 1 + i % 7 as hits, 0 as near_misses, 0 as false_clicks,
        0 as unknown_clicks, 1 as viewers
    from range(2000) as cells (i)""",
    """insert into core.dim_element by name
    select elements.* replace (
        'e' || i as element_id, 'Element with a name of its own ' || i as name, i % 8 / 8 as box_x, i // 8 / 5 as box_y
    )
    from core.dim_element as elements, range(40) as numbers (i) where element_id = 'take-boat' and is_current""",
    """insert into engagement.attention_heatmap by name
    select 'demo' as workspace_id, 'lighthouse' as video_id, 'shore' as node_id, i as second, 9 as views, 8 as viewers, 9 as play_count,
        0 as replays from range(70, 600) as seconds (i)""",
    """insert into engagement.retention_curve by name
    select 'demo' as workspace_id, 'lighthouse' as video_id, 'shore' as node_id, i as second, 9 as watching, 45 as started, 0.2 as retention
    from range(70, 600) as seconds (i)""",
)


def hotspots(reader: Reader) -> dict[str, dict[str, str]]:
    """The rows of the hotspots by name, each by the labels of its columns."""
    labels = (
        reader.page.locator("table", has=reader.page.locator("caption", has_text="Hotspots of"))
        .locator("thead th")
        .all_inner_texts()
    )
    names = [label.strip(" \n↓↑") for label in labels]
    return {row[0]: dict(zip(names, row, strict=True)) for row in reader.rows("Hotspots of")}


def test_a_hotspot_has_its_clicks_exposures_and_rate(read: Read, ask: Ask) -> None:
    reader = read().open(HOME)
    ((clicks, clicking),) = ask(
        """
        select count(*), count(distinct view_id) from core.fct_interaction
        where element_id = 'home-offer' and interaction_type in ('branch_choice', 'element_click') and view_id is not null
        """
    )
    ((exposed,),) = ask("select sum(exposed_views) from interactivity.element_performance where element_id = 'home-offer'")
    row = hotspots(reader)["See the offer"]
    assert clicks > 0
    assert [row["Clicks"], row["Clicking views"], row["Exposures"]] == [f"{clicks:,}", f"{clicking:,}", f"{exposed:,}"]
    assert row["CTR by views"] == percent(clicking / exposed)
    assert (row["Type"], row["Leads to"], row["Level"]) == ("branch", "The offer", "1")
    assert reader.page.get_by_role("link", name="https://shop.example/chair").get_attribute("rel") == "noreferrer"
    assert "Clicking viewers" not in row
    assert "Viewers do not add up over days" in reader.page.locator("main").inner_text()


def test_of_a_day_both_click_through_rates_are_shown(read: Read, ask: Ask) -> None:
    ((day,),) = ask(
        "select date_day from interactivity.element_performance where element_id = 'home-offer' order by clicks desc, date_day limit 1"
    )
    reader = read().open(HOME)
    reader.page.get_by_label("Day").select_option(str(day))
    reader.settled()
    ((clicks, viewers, exposed, by_viewers, by_views),) = ask(
        """
        select clicks, clicking_viewers, exposed_viewers, clicking_viewers / exposed_viewers, clicking_views / exposed_views
        from interactivity.element_performance where element_id = 'home-offer' and date_day = ?
        """,
        [day],
    )
    row = hotspots(reader)["See the offer"]
    assert [row[label] for label in ("Clicks", "Clicking viewers", "Exposed viewers", "CTR by viewers", "CTR by views")] == [
        str(clicks), str(viewers), str(exposed), percent(by_viewers), percent(by_views),
    ]  # fmt: skip
    assert f"day={day}" in reader.page.url


def test_earlier_versions_are_shown_when_asked_for(read: Read, ask: Ask) -> None:
    reader = read().open("#/node?video=product-tour&node=tour-offer")
    ((version, exposed),) = ask(
        """
        select version_number, sum(exposed_views) from interactivity.element_performance
        inner join core.dim_element using (workspace_id, video_id, node_id, element_id, version_number)
        where element_id = 'buy-now' and is_current group by all
        """
    )
    assert version == 2
    assert hotspots(reader)["Buy now"]["Exposures"] == str(exposed)
    reader.page.get_by_role("button", name="With 1 earlier one").click()
    reader.settled()
    versions = [row[1] for row in reader.rows("Hotspots of") if row[0] == "Buy now"]
    assert [text.split()[0] for text in versions] == ["1", "2"]


def test_a_cell_counts_the_clicks_in_it(read: Read, ask: Ask) -> None:
    ((video, node, x, y, false, near),) = ask(
        """
        select video_id, node_id, least(floor(x * 20), 19)::int, least(floor(y * 20), 19)::int,
            count(*) filter (not is_near_miss), count(*) filter (is_near_miss)
        from interactivity.false_click group by all order by count(*) desc, 1, 2, 3, 4 limit 1
        """
    )
    reader = read().open(f"#/node?video={video}&node={node}")
    ((hits, clicks),) = ask(
        "select sum(hits), sum(clicks) from interactivity.click_heatmap where video_id = ? and node_id = ? and cell_x = ? and cell_y = ?",
        [video, node, x, y],
    )
    ((total,),) = ask("select sum(clicks) from interactivity.click_heatmap where video_id = ? and node_id = ?", [video, node])
    told = reader.page.get_by_role("img", name="All clicks, whole node").get_attribute("aria-label")
    assert f"All clicks, whole node: {total} in " in told
    show_as_table(reader, "Clicks on the picture")
    rows = {row[0]: row[1:6] for row in reader.rows("Clicks on the picture")}
    assert rows[f"column {x + 1}, row {y + 1}"] == [str(clicks), str(hits), str(near), str(false), "0"]


def test_clicks_of_some_seconds_are_chosen_with_the_keyboard(read: Read, ask: Ask) -> None:
    reader = read().open(f"{HOME}&clicks=false")
    reader.page.get_by_role("combobox", name="Seconds").select_option("10")
    reader.settled()
    slider = reader.page.get_by_role("slider")
    slider.focus()
    for _ in range(10):
        reader.page.keyboard.press("ArrowRight")
    reader.settled()
    assert slider.input_value() == "20"
    assert slider.get_attribute("aria-valuetext") == "20 s – 30 s"
    ((false,),) = ask(
        """
        select count(*) from interactivity.false_click
        where node_id = 'tour-home' and not is_near_miss and position_seconds >= 20 and position_seconds < 30
        """
    )
    told = reader.page.locator("figure .plot").first.get_attribute("aria-label")
    assert told.startswith(f"False clicks, 20 s – 30 s: {false} in " if false else "Nobody clicked where nothing is, 20 s – 30 s")
    assert "second=20" in reader.page.url
    assert "See the offer" not in told


def test_the_seconds_of_elements_lie_under_the_retention_of_their_node(read: Read, ask: Ask) -> None:
    reader = read().open(HOME)
    ((last, started, watching),) = ask(
        "select second, started, watching from engagement.retention_curve where node_id = 'tour-home' order by second desc limit 1"
    )
    told = reader.page.get_by_role("img", name="Retention of At home").get_attribute("aria-label")
    assert f"{percent(watching / started)} of {started} views are still there at {seconds(last)}" in told
    ((views, dwell),) = ask(
        "select count(*) filter (is_played), avg(dwell_seconds) from paths.fct_node_visit where node_id = 'tour-home'"
    )
    assert [reader.tile("Plays"), reader.tile("Average dwell")] == [f"{views:,}", seconds(dwell)]


@pytest.fixture(scope="module")
def strange(altered: Any) -> Any:
    """A suggested hotspot, elements that lead where no link may, and nodes without clicks and elements."""
    return altered("strange", SUGGESTION, *STRANGE)


def test_a_suggested_hotspot_is_told_in_words_and_drawn(strange: Any, read: Read) -> None:
    with serving(strange.site) as address:
        reader = read(address).open("#/node?video=lighthouse&node=boat")
        told = " ".join(reader.page.locator("section", has_text="Suggested hotspots").inner_text().split())
        assert "Suggestion 1: 20 s – 34 s, upper right 21 viewers clicked 23 times where nothing is" in told
        assert "around 30 s" in told
        assert "by chance it happens in less than one in a million" in told
        assert "70% from the left, 25% from the top, 5% wide, 10% high" in told
        assert "1 suggested hotspot" in reader.page.get_by_role("img", name="clicks, whole node").get_attribute("aria-label")


def test_a_destination_is_a_link_only_where_it_is_of_the_web(strange: Any, read: Read) -> None:
    with serving(strange.site) as address:
        reader = read(address).open("#/node?video=lighthouse&node=boat")
        rows = hotspots(reader)
        assert rows["Turn back"]["Leads to"] == "javascript:alert(1)"
        assert rows["<i>Go</i> {on}"]["Leads to"] == "The tower"
        hrefs = reader.page.locator("main a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert [href for href in hrefs if not href.startswith(("#/", "https://", "http://"))] == []


def test_where_nobody_clicked_and_nothing_lies_the_page_says_so(strange: Any, read: Read) -> None:
    with serving(strange.site) as address:
        reader = read(address).open("#/node?video=lighthouse&node=path")
        assert "Nobody clicked here yet" in reader.page.locator("main").inner_text()
        assert "Viewers click nowhere on this picture" in reader.page.locator("main").inner_text()
        assert "This node has no elements" in reader.open("#/node?video=lighthouse&node=dawn").page.locator("main").inner_text()
        unseen = reader.open("#/node?video=product-tour&node=tour-archive").page.locator("main").inner_text()
        assert "Nobody has watched a second of The archive yet" in unseen
        assert "unvisited" in unseen


def test_a_node_that_does_not_exist_is_named(read: Read) -> None:
    assert 'There is no node "nothing"' in read().open("#/node?video=lighthouse&node=nothing").page.locator("main").inner_text()


def test_without_a_node_the_start_of_the_video_is_shown(read: Read) -> None:
    assert "The shore in The lighthouse" in read().open("#/node?video=lighthouse").page.locator(".period").inner_text()


def test_a_single_viewer_is_counted_as_one(altered: Any, read: Read) -> None:
    home = altered(
        "alone",
        "delete from interactivity.element_performance where element_id <> 'boat-tower'",
        """update interactivity.element_performance set exposed_views = 1, exposed_viewers = 1, clicks = 1, clicking_views = 1,
        clicking_viewers = 1 where date_day = (select min(date_day) from interactivity.element_performance)""",
        "delete from interactivity.element_performance where date_day > (select min(date_day) from interactivity.element_performance)",
        "delete from engagement.retention_curve where second > 0",
        "update engagement.retention_curve set watching = 1, started = 1, retention = 1",
        "delete from engagement.attention_heatmap where second > 0",
        "update engagement.attention_heatmap set views = 1, viewers = 1, replays = 0",
    )
    with serving(home.site) as address:
        reader = read(address).open("#/node?video=lighthouse&node=boat")
        row = hotspots(reader)["Go on"]
        assert [row["Clicks"], row["Exposures"], row["CTR by views"]] == ["1", "1", "100.0%"]
        assert "100.0% of 1 views" in reader.page.get_by_role("img", name="Retention of").get_attribute("aria-label")


def test_small_groups_are_withheld(altered: Any, read: Read, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", str(MINIMUM))
    home = altered("small")
    file = next((home.site / "data").glob("*/node/node/demo/product-tour/tour-home.json"))
    content = json.loads(file.read_text())
    cells = content["cells"]["columns"]
    ((large, small),) = ask(
        "select count(*) filter (viewers >= $least), count(*) filter (viewers < $least) "
        "from interactivity.click_heatmap where node_id = 'tour-home'",
        {"least": MINIMUM},
    )
    assert small > 0
    assert set(cells["withheld_cells"]) == {small}
    assert len([count for count in cells["clicks"] if count is not None]) == large
    days = content["element_days"]["columns"]
    assert any(days["is_withheld"])
    assert [count for count in days["exposed_viewers"] if count is not None and count < MINIMUM] == []
    ((exposed,),) = ask(
        "select sum(exposed_views) from interactivity.element_performance where element_id = 'lamp' and exposed_viewers >= ?",
        [MINIMUM],
    )
    with serving(home.site) as address:
        reader = read(address).open(HOME)
        text = reader.page.locator("main").inner_text()
        assert hotspots(reader)["Desk lamp"]["Exposures"] == ("withheld" if exposed is None else str(exposed))
    assert f"withheld: fewer than {MINIMUM} viewers clicked" in text
    assert f"in no sum: fewer than {MINIMUM} viewers met the element" in text


def test_two_thousand_cells_and_forty_elements_are_drawn(altered: Any, read: Read) -> None:
    home = altered("large", *LARGE)
    file = next((home.site / "data").glob("*/node/node/demo/lighthouse/shore.json"))
    cells = json.loads(file.read_text())["cells"]["columns"]["clicks"]
    with serving(home.site) as address:
        reader = read(address).open(SHORE)
        show_as_table(reader, "Clicks on the picture")
        assert len(cells) == 2_000
        assert "50 of 400 rows" in reader.page.locator("figure").first.inner_text()
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(read: Read, scheme: str) -> None:
    reader = read(color_scheme=scheme).open(f"{HOME}&span=10")
    assert broken_rules(reader) == []
    for title in ("Clicks on the picture", "Retention of At home"):
        show_as_table(reader, title)
    assert broken_rules(reader) == []


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(read: Read, width: int) -> None:
    reader = read(viewport={"width": width, "height": 800}).open(HOME)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("place", ["product-tour&node=tour-intro", "fire-drill&node=drill-lift", "data-basics&node=data-basics"])
def test_other_nodes_are_drawn_too(read: Read, place: str) -> None:
    page = read().open(f"#/node?video={place}").page
    assert page.locator(".notice.bad").count() == 0
    assert page.locator("figure").count() == 3
