"""The video page says what the visits and views of the snapshot say, and draws one node as well as sixty."""

from __future__ import annotations

import json
from typing import Any

import pytest

from serving.dashboard.screenshots import serving
from tests.serving.dashboard.conftest import Ask, Read
from tests.serving.dashboard.reading import broken_rules, percent, seconds, show_as_table

TOUR = "#/video?video=product-tour"
STORY = "#/video?video=lighthouse"
# On the demo every page is ready within a second, on the best of a few times and a machine of one's own.
MINIMUM = 4

DROP_OFF = """
    insert into engagement.drop_off_point by name
    select workspace_id, video_id, 'shore' as node_id, 31 as second, 30 as first_second, 32 as last_second, 1 as drop_off_rank,
        60 as views_at_risk, 12 as views_lost, 11 as viewers_lost, 0.2 as share_lost, 0.2 as hazard, 0.01 as baseline_hazard,
        2e-5 as p_value, 'take-boat' as element_id, 'Take the boat' as element_name, 1 as elements_on_screen
    from core.dim_video where video_id = 'lighthouse'
"""
# Sixty nodes in ten levels where the story was; every visit is led through them.
SIXTY_NODES = (
    """insert into core.dim_node by name
    select nodes.* replace ('n' || i as node_id, i // 6 as level) from core.dim_node as nodes, range(60) as places (i)
    where node_id = 'boat'""",
    """insert into paths.node_performance by name
    select nodes.* replace (
        'n' || i as node_id, 'Scene ' || i || ' of a story that goes on for long' as title, i // 6 as level, i = 0 as is_start,
        i >= 54 as is_ending, i % 9 = 8 as is_unvisited, case when i % 9 = 8 then 0 else 600 - 10 * i end as visits
    ) from paths.node_performance as nodes, range(60) as places (i) where node_id = 'boat'""",
    "delete from paths.node_performance where video_id = 'lighthouse' and node_id not like 'n%' or node_id = 'night'",
    """insert into paths.path_transition by name
    select edges.* replace (
        'n' || i as from_node_id, 'n' || ((i // 6 + 1) * 6 + (i + turn) % 6) as to_node_id, i * 7 % 90 as transition_count
    )
    from paths.path_transition as edges, range(54) as places (i), range(2) as turns (turn)
    where from_node_id = 'boat' and to_node_id = 'tower'""",
    "delete from paths.path_transition where video_id = 'lighthouse' and from_node_id not like 'n%'",
    """update paths.fct_node_visit set
        node_id = 'n' || ((visit_number - 1) * 6 + hash(view_id || visit_number) % 6),
        next_node_id = case when next_node_id is not null then 'n' || (visit_number * 6 + hash(view_id || (visit_number + 1)) % 6) end
    where video_id = 'lighthouse'""",
)
UNWATCHED = tuple(
    f"delete from {table} where video_id = 'spring-offer'"
    for table in ("core.fct_view", "paths.fct_node_visit", "paths.path_summary", "paths.path_transition", "paths.node_performance",
                  "engagement.attention_heatmap", "engagement.retention_curve", "interactivity.click_heatmap",
                  "interactivity.element_performance", "engagement.drop_off_point", "interactivity.suggested_hotspot")
)  # fmt: skip


def test_the_tiles_are_counted_over_all_dates(read: Read, ask: Ask) -> None:
    reader = read().open(TOUR)
    ((plays, viewers, completed, paths),) = ask(
        """
        select count(*) filter (is_played), count(distinct viewer_id) filter (is_played),
            count(distinct viewer_id) filter (is_played and is_completed),
            (select count(distinct path) from paths.viewer_path where video_id = 'product-tour')
        from core.fct_view where video_id = 'product-tour'
        """
    )
    labels = ("Plays", "Unique viewers", "Completion rate", "Different paths")
    assert [reader.tile(label) for label in labels] == [f"{plays:,}", f"{viewers:,}", percent(completed / viewers), str(paths)]
    assert "all dates" in reader.page.locator(".period").inner_text()


def test_the_nodes_are_those_of_the_visits(read: Read, ask: Ask) -> None:
    reader = read().open(TOUR)
    told = {
        title: [f"{plays:,}", f"{views:,}", f"{viewers:,}", seconds(dwell), percent(lost)]
        for title, plays, views, viewers, dwell, lost in ask(
            """
            select any_value(nodes.title), count(*) filter (visits.is_played), count(distinct visits.view_id),
                count(distinct visits.viewer_id), avg(dwell_seconds),
                count(*) filter (
                    visits.is_last and visits.left_by = 'exit' and not coalesce(views.is_completed, views.is_completed_by_event, false)
                ) / count(*)
            from paths.fct_node_visit as visits
            inner join core.fct_view as views using (view_id)
            inner join core.dim_node as nodes on visits.video_id = nodes.video_id and visits.node_id = nodes.node_id
            where visits.video_id = 'product-tour' group by visits.node_id
            """
        )
    }
    rows = {row[0]: row for row in reader.rows("Nodes over all dates")}
    assert len(told) >= 4
    assert {title: [*row[3:7], row[8]] for title, row in rows.items() if title in told} == told
    assert rows["The archive"][1:6] == ["1", "unvisited", "0", "0", "0"]
    assert rows["Welcome"][1:3] == ["0", "start"]
    assert rows["The offer"][2] == "ending"
    link = reader.page.get_by_role("link", name="At home")
    assert link.get_attribute("href") == "#/node?workspace=demo&video=product-tour&node=tour-home"


def test_an_edge_carries_the_steps_that_were_taken(read: Read, ask: Ask) -> None:
    reader = read().open(TOUR)
    ((times, viewers, share),) = ask(
        """
        select count(*) filter (next_node_id = 'tour-work'), count(distinct viewer_id) filter (next_node_id = 'tour-work'),
            count(*) filter (next_node_id = 'tour-work') / count(*)
        from paths.fct_node_visit where node_id = 'tour-intro'
        """
    )
    ((chosen, default),) = ask(
        """
        select count(*) filter (entered_by = 'chosen'), count(*) filter (entered_by = 'default')
        from paths.fct_node_visit where previous_node_id = 'tour-intro' and node_id = 'tour-work'
        """
    )
    drawn = reader.page.get_by_role("img").first.get_attribute("aria-label")
    assert f"most traffic from Welcome to At work, {times} times" in drawn
    assert "never visited: The archive" in drawn
    signs = reader.page.get_by_role("list", name="Signs").inner_text()
    assert [
        sign for sign in ("chosen by viewers", "by default", "never taken", "ending", "never visited") if sign not in signs
    ] == []
    show_as_table(reader, "Branches")
    rows = {(row[0], row[1]): row[2:] for row in reader.rows("Steps between nodes")}
    assert rows["Welcome", "At work"] == [f"{times:,}", f"{viewers:,}", percent(share), str(chosen), str(default), "0", "0"]
    assert rows["Welcome", "The archive"][0] == "0"


def test_the_steps_of_paths_are_counted_by_place(read: Read, ask: Ask) -> None:
    reader = read().open(STORY)
    told = {
        (title, str(place), following): [f"{views:,}", f"{viewers:,}"]
        for title, place, following, views, viewers in ask(
            """
            select here.title, visit_number, coalesce(following.title, '(left)'), count(*), count(distinct viewer_id)
            from paths.fct_node_visit as visits
            inner join core.dim_node as here on visits.video_id = here.video_id and visits.node_id = here.node_id
            left join core.dim_node as following on visits.video_id = following.video_id and visits.next_node_id = following.node_id
            where visits.video_id = 'lighthouse' and visit_number <= 9 group by all
            """
        )
    }
    show_as_table(reader, "Viewer paths")
    rows = reader.rows("Steps of viewer paths")
    assert {(row[0], row[1], row[2]): row[3:] for row in rows} == told


def test_the_top_path_is_the_one_most_views_took(read: Read, ask: Ask) -> None:
    reader = read().open(STORY)
    ((views, viewers, share, loops, completed, titles),) = ask(
        """
        select count(*), count(distinct viewer_id),
            count(*) / (select count(*) from paths.viewer_path where video_id = 'lighthouse'),
            any_value(loop_count), count(*) filter (is_completed) / count(*), path
        from paths.viewer_path where video_id = 'lighthouse' group by path, path_key order by count(*) desc, path_key limit 1
        """
    )
    names = dict(ask("select node_id, title from core.dim_node where video_id = 'lighthouse'"))
    first = reader.rows("Top paths")[0]
    assert first[0] == " → ".join(names[node] for node in titles.split(" > "))
    assert first[1:4] == [f"{views:,}", f"{viewers:,}", percent(share)]
    assert (first[4], first[5]) == ("none" if loops == 0 else f"{loops} returns", percent(completed))
    returns = [row[4] for row in reader.rows("Top paths") if row[0].count("The shore") == 2]
    assert returns
    assert all(told.endswith(("return", "returns")) for told in returns)


def test_attention_is_that_of_the_watched_segments_of_the_chosen_node(read: Read, ask: Ask) -> None:
    reader = read().open(f"{STORY}&node=shore")
    reader.page.get_by_role("form", name="Node of the curves").get_by_role("combobox").select_option("tower")
    reader.settled()
    ((viewers, views, replays),) = ask(
        """
        select count(distinct viewer_id), count(distinct view_id), count(*) - count(distinct view_id) from engagement.fct_watched_segment
        where video_id = 'lighthouse' and node_id = 'tower' and is_coverage and from_seconds < 11 and to_seconds > 10
        """
    )
    show_as_table(reader, "Attention and replays of The tower")
    row = reader.rows("Attention of The tower")[10]
    assert (row[0], row[3:6]) == ("10 s", [str(viewers), str(views), str(replays)])
    ((retention,),) = ask(
        """
        select count(distinct view_id) filter (to_seconds > 30) / count(distinct view_id)
        from engagement.fct_watched_segment where video_id = 'lighthouse' and node_id = 'tower' and is_coverage
        """
    )
    assert reader.rows("Attention of The tower")[30][1] == percent(retention)


@pytest.fixture(scope="module")
def odd(altered: Any) -> Any:
    """A drop-off point on the shore, a video that nobody watched, and markup in a title."""
    return altered(
        "odd", DROP_OFF, *UNWATCHED, "update paths.node_performance set title = '<b>x</b> {a|b}' where node_id = 'boat'"
    )


def test_a_drop_off_point_is_marked_with_its_chance_and_what_is_on_screen(odd: Any, read: Read) -> None:
    with serving(odd.site) as address:
        reader = read(address).open(STORY)
        told = reader.page.get_by_role("img", name="Retention of The shore").get_attribute("aria-label")
        assert "Drop-off: 20.0% leave at 30 s to 32 s, about one in 50,000 by chance, on screen: Take the boat." in told
        ((node, *rest),) = reader.rows("Drop-off points")
        assert node == "The shore"
        assert rest == ["30 s to 32 s", "12", "11", "20.0%", "1.0%", "about one in 50,000", "Take the boat"]
        show_as_table(reader, "Retention of The shore")
        marked = [row[0] for row in reader.rows("Retention of The shore") if row[-1]]
        assert marked == ["30 s", "31 s", "32 s"]
        assert reader.page.get_by_role("link", name="<b>x</b> {a|b}").count() == 1


def test_a_video_that_nobody_watched_says_so(odd: Any, read: Read) -> None:
    with serving(odd.site) as address:
        reader = read(address).open("#/video?video=spring-offer")
        text = reader.page.locator("main").inner_text()
        assert "Nobody has watched this video yet" in text
        assert "Nobody has gone through this video yet" in text
        assert reader.tile("Plays") == "0"
        assert reader.tile("Completion rate") == "–"


def test_a_video_of_one_node_has_no_ways_to_draw(read: Read) -> None:
    reader = read().open("#/video?video=autumn-launch")
    assert "Every view stayed in one node" in reader.page.locator("main").inner_text()
    assert "1 node and 0 branches" in reader.page.get_by_role("img").first.get_attribute("aria-label")


def test_a_video_that_does_not_exist_is_named(read: Read) -> None:
    assert 'There is no video "nothing"' in read().open("#/video?video=nothing").page.locator("main").inner_text()


def test_sixty_nodes_are_drawn(altered: Any, read: Read) -> None:
    home = altered("sixty", *SIXTY_NODES)
    with serving(home.site) as address:
        reader = read(address).open(STORY)
        assert "60 nodes and 108 branches" in reader.page.get_by_role("img").first.get_attribute("aria-label")
        assert "mostly" in reader.page.get_by_role("list", name="Signs").inner_text()
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_small_groups_are_withheld(altered: Any, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", str(MINIMUM))
    home = altered("small groups")
    small = 0
    for file in (home.site / "data").glob("*/video/video/demo/*.json"):
        content = json.loads(file.read_text())
        for dataset in ("steps", "paths", "transitions"):
            viewers = content[dataset]["columns"]["viewer_count"]
            assert [count for count in viewers if count is not None and 0 < count < MINIMUM] == [], (file.name, dataset)
            small += viewers.count(None)
    for file in (home.site / "data").glob("*/video/node/demo/*/*.json"):
        columns = json.loads(file.read_text())["seconds"]["columns"]
        assert [count for count in columns["viewers"] if count is not None and 0 < count < MINIMUM] == []
    assert small > 0
    with serving(home.site) as address:
        text = read(address).open(STORY).page.locator("main").inner_text()
    assert f"paths of fewer than {MINIMUM} viewers are withheld" in text
    assert f"Steps of fewer than {MINIMUM} viewers are withheld" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(read: Read, scheme: str) -> None:
    reader = read(color_scheme=scheme).open(STORY)
    assert broken_rules(reader) == []
    for title in ("Branches", "Viewer paths", "Retention of The shore"):
        show_as_table(reader, title)
    assert broken_rules(reader) == []


def test_the_keyboard_chooses_a_video_and_goes_to_a_node(read: Read) -> None:
    reader = read().open(TOUR)
    field = reader.page.get_by_role("form", name="Video").get_by_role("combobox")
    field.focus()
    titles = field.locator("option").all_inner_texts()
    reader.page.keyboard.press("Home")
    reader.settled()
    assert titles[0] in reader.page.locator(".period").inner_text()
    reader.page.locator("tbody a").first.focus()
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("html[data-ready=node]")
    assert reader.page.get_by_role("heading", level=1).inner_text() == "Node"


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(read: Read, width: int) -> None:
    reader = read(viewport={"width": width, "height": 800}).open(STORY)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("video", ["fire-drill", "ladder-safety", "data-basics", "spring-offer"])
def test_the_other_videos_are_drawn_too(read: Read, video: str) -> None:
    page = read().open(f"#/video?video={video}").page
    assert page.locator(".notice.bad").count() == 0
    assert page.locator("figure").count() >= 3
