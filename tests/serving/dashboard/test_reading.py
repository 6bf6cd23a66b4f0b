"""Whoever reads the site: by keyboard, by ear, in the dark, on a telephone, in a hurry, or under a rule about small groups."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from serving.dashboard.build import packages
from serving.dashboard.screenshots import serving
from serving.dashboard.serve import CONTENT_SECURITY_POLICY
from serving.dashboard.site import refresh_site
from tests.serving.dashboard.conftest import Ask, Read

MINIMUM = 4


@pytest.fixture(scope="module")
def axe(site: Any) -> str:
    return (packages() / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_no_rule_of_accessibility_is_broken(read: Read, axe: str, scheme: str, width: int) -> None:
    reader = read(color_scheme=scheme, viewport={"width": width, "height": 800}).open("#/overview")
    reader.page.get_by_text("View details").click()
    reader.page.get_by_role("button", name="Show as table").click()
    reader.page.evaluate(axe)
    found = reader.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 20
    broken = [(rule["id"], rule["impact"], rule["nodes"][0]["html"]) for rule in found["violations"]]
    assert [rule for rule in broken if rule[1] in ("serious", "critical", "moderate")] == []


def test_the_keyboard_reaches_every_control_in_the_order_it_is_read(read: Read) -> None:
    reader = read().open("#/overview")
    seen: list[str] = []
    for _ in range(60):
        reader.page.keyboard.press("Tab")
        seen.append(
            reader.page.evaluate(
                """() => {
                    const at = document.activeElement;
                    const name = at.labels?.[0]?.querySelector('span')?.innerText
                        ?? at.querySelector?.('.tile-label')?.innerText ?? at.ariaLabel ?? at.innerText;
                    return name.trim().split('\\n')[0];
                }"""
            )
        )
    order = ["Skip to the content", "Overview", "Theme", "Dates", "From", "To", "Compare with", "Campaign", "Device", "Country",
             "Player impressions", "Plays", "Completion rate", "Day", "Month", "Show as table", "View details",
             "Videos in the chosen dates", "Title", "Plays", "Download CSV"]  # fmt: skip
    places, start = [], 0
    for name in order:
        assert name in seen[start:], f"{name} is not reached after {seen[:start]}"
        start = seen.index(name, start) + 1
        places.append(start)
    assert places == sorted(places)


def test_the_keyboard_chooses_a_metric_sorts_a_table_and_skips_to_the_content(read: Read) -> None:
    reader = read().open("#/overview")
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "content"
    reader.page.locator(".tile", has_text="Minutes viewed").focus()
    reader.page.keyboard.press("Enter")
    reader.settled()
    assert reader.page.get_by_role("heading", name="Minutes viewed by day").count() == 1
    heading = reader.page.get_by_role("columnheader", name="Unique viewers")
    heading.get_by_role("button").focus()
    reader.page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    viewers = [int(row[2].replace(",", "")) for row in reader.rows("Videos in the chosen dates")]
    assert viewers == sorted(viewers, reverse=True)
    reader.page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"


def test_a_chart_is_told_in_a_sentence_and_as_a_table(read: Read) -> None:
    reader = read().open("#/overview?from=2026-10-08&to=2026-10-14&metric=viewers")
    told = reader.page.get_by_role("img").get_attribute("aria-label")
    assert told.startswith("Unique viewers from 8 Oct – 14 Oct 2026, laid over 1 Oct – 7 Oct 2026: between ")
    reader.page.get_by_role("button", name="Show as table").click()
    assert len(reader.rows("Unique viewers by day")) == 7


def test_headings_are_in_order_and_the_page_has_its_landmarks(read: Read) -> None:
    reader = read().open("#/overview")
    levels = reader.page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(heading => Number(heading.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert reader.page.get_by_role(landmark).count() == 1, landmark


def test_the_theme_follows_the_system_until_somebody_chooses(read: Read) -> None:
    reader = read(color_scheme="dark").open("#/overview")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = reader.page.evaluate(background)
    reader.page.get_by_label("Theme").select_option("light")
    reader.settled()
    light = reader.page.evaluate(background)
    assert dark != light
    reader.open("#/overview")
    assert reader.page.evaluate(background) == light
    assert reader.page.get_by_label("Theme").input_value() == "light"


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(read: Read, width: int) -> None:
    reader = read(viewport={"width": width, "height": 800}).open("#/overview")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hovering_over_the_chart_says_the_values_and_asks_nobody(read: Read) -> None:
    reader = read().open("#/overview")
    plot = reader.page.locator(".plot")
    before = plot.screenshot()
    plot.hover(position={"x": 500, "y": 150})
    reader.page.wait_for_timeout(300)
    assert plot.screenshot() != before


def test_the_server_allows_nothing_but_the_site(read: Read, address: str) -> None:
    page = read().page
    answer = page.request.get(f"{address}/")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert page.request.get(f"{address}/..%2f..%2fwarehouse.duckdb").status == 404


@pytest.fixture
def withholding(altered: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site of the same snapshot that shows no group of fewer viewers than ``MINIMUM``."""
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", str(MINIMUM))
    return altered("withholding")


def test_small_groups_are_withheld_in_the_files_and_on_the_page(withholding: Any, read: Read, ask: Ask) -> None:
    small = ask(
        """
        select country, started_date from core.fct_view where country is not null group by all
        having count(distinct viewer_id) < $least or count(distinct viewer_id) filter (where is_played) between 1 and $least - 1
        """,
        {"least": MINIMUM},
    )
    assert small
    file = next((withholding.site / "data").glob("*/overview/slice/demo/country.json"))
    content = json.loads(file.read_text())
    assert content["viewer_return"]["rows"] == 0
    days = content["slice_day"]["columns"]
    kept = [place for place, is_withheld in enumerate(days["is_withheld"]) if is_withheld]
    assert len(kept) >= len(small)
    for name in ("impressions", "plays", "watch_seconds", "viewers", "engaged_viewers", "completed_viewers"):
        assert {days[name][place] for place in kept} == {None}
    assert min(viewers for viewers in days["viewers"] if viewers) >= MINIMUM
    country, day = small[0]
    with serving(withholding.site) as address:
        reader = read(address).open(f"#/overview?from={day}&to={day}&country={country}&compare=none")
        tile = reader.page.locator(".tile[aria-pressed=true]").inner_text()
        assert f"withheld: fewer than {MINIMUM} viewers" in tile
        assert "0" not in [line.strip() for line in tile.splitlines()]


def test_where_one_value_alone_would_be_withheld_the_next_is_too(withholding: Any) -> None:
    file = next((withholding.site / "data").glob("*/overview/slice/demo/device_type.json"))
    days = json.loads(file.read_text())["slice_day"]["columns"]
    by_day: dict[int, list[bool]] = {}
    for day, is_withheld in zip(days["date_day"], days["is_withheld"], strict=True):
        by_day.setdefault(day, []).append(is_withheld)
    assert any(any(kept) for kept in by_day.values())
    assert [day for day, kept in by_day.items() if sum(kept) == 1 and len(kept) > 1] == []


def test_with_a_threshold_offered_dates_are_counted_and_others_say_that_they_are_not(
    withholding: Any, read: Read, ask: Ask
) -> None:
    with serving(withholding.site) as address:
        reader = read(address).open("#/overview?from=2026-10-13&to=2026-10-19&compare=none")
        ((viewers,),) = ask(
            "select count(distinct viewer_id) from core.fct_view where is_played and started_date >= date '2026-10-13'"
        )
        assert viewers >= MINIMUM
        assert reader.tile("Unique viewers") == f"{viewers:,}"
        reader.open("#/overview?from=2026-10-11&to=2026-10-13&compare=none")
        assert reader.tile("Unique viewers") == "not counted"
        assert reader.tile("Plays").replace(",", "").isdecimal()


def test_a_threshold_set_later_makes_the_site_anew(altered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home = altered("threshold")
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", "3")
    assert refresh_site(home) is not None
    assert refresh_site(home) is None
