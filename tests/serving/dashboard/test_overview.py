"""The overview says what the snapshot says: every number asked of fct_view again, apart from the marts and the exporter."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from serving.dashboard.screenshots import serving
from tests.serving.dashboard.conftest import DAYS, FIRST_DAY, Ask, Read, Reader

LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
# Crosses a month, and repeats: most viewers of the second week were there in the first.
SPAN = (date(2026, 9, 26), date(2026, 10, 8))
BEFORE = (date(2026, 9, 13), date(2026, 9, 25))

TOP_LINE = """
    select
        coalesce(sum(impression_count), 0),
        count(*) filter (where is_played),
        count(distinct viewer_id) filter (where is_played),
        coalesce(sum(watch_seconds) / 60, 0),
        count(distinct viewer_id) filter (where is_played and interaction_count > 0)
            / nullif(count(distinct viewer_id) filter (where is_played), 0),
        count(distinct viewer_id) filter (where is_played and is_completed)
            / nullif(count(distinct viewer_id) filter (where is_played), 0)
    from core.fct_view
    where started_date between ? and ?
"""
LABELS = ("Player impressions", "Plays", "Unique viewers", "Minutes viewed", "Engagement rate", "Completion rate")


def top_line(ask: Ask, first: date, last: date, condition: str = "true") -> list[str]:
    """The six numbers as the page writes them."""
    ((*counts, engagement, completion),) = ask(f"{TOP_LINE} and {condition}", [first, last])
    return [f"{round(count):,}" for count in counts] + [percent(engagement), percent(completion)]


def percent(share: float | None) -> str:
    return "–" if share is None else f"{Decimal(share * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def tiles(reader: Reader) -> list[str]:
    return [reader.tile(label) for label in LABELS]


def route(first: date, last: date, **parameters: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    return f"#/overview?workspace=demo&from={first}&to={last}{more}"


@pytest.mark.parametrize("span", [SPAN, (FIRST_DAY, LAST_DAY), (LAST_DAY, LAST_DAY)])
def test_the_top_line_of_any_dates_is_that_of_the_views(read: Read, ask: Ask, span: tuple[date, date]) -> None:
    assert tiles(read().open(route(*span))) == top_line(ask, *span)


def test_distinct_viewers_of_a_range_are_fewer_than_those_of_its_days(read: Read, ask: Ask) -> None:
    ((of_days,),) = ask(
        """
        select sum(viewers) from (
            select count(distinct viewer_id) as viewers from core.fct_view
            where is_played and started_date between ? and ? group by started_date
        )
        """,
        list(SPAN),
    )
    ((of_range,),) = ask(
        "select count(distinct viewer_id) from core.fct_view where is_played and started_date between ? and ?", list(SPAN)
    )
    assert of_range < of_days
    assert read().open(route(*SPAN)).tile("Unique viewers") == f"{of_range:,}"


@pytest.mark.parametrize(
    ("parameter", "value", "condition"),
    [
        ("device_type", "mobile", "device_type = 'mobile'"),
        ("campaign", "autumn-mail", "utm_campaign = 'autumn-mail'"),
        ("country", "DE", "country = 'DE'"),
    ],
)
def test_a_filter_shows_the_views_of_its_slice(read: Read, ask: Ask, parameter: str, value: str, condition: str) -> None:
    assert ask(f"select count(*) from core.fct_view where {condition}") != [(0,)]
    reader = read().open(route(*SPAN, **{parameter: value}))
    assert tiles(reader) == top_line(ask, *SPAN, condition)
    assert "Videos are counted over the whole audience" in reader.page.locator("main").inner_text()


def test_filters_are_set_on_the_page_and_kept_in_the_address(read: Read, ask: Ask) -> None:
    reader = read().open(route(*SPAN))
    reader.page.get_by_label("Device").select_option("tablet")
    reader.settled()
    assert "device_type=tablet" in reader.page.url
    assert tiles(reader) == top_line(ask, *SPAN, "device_type = 'tablet'")
    reader.page.get_by_label("From", exact=True).fill("2026-10-01")
    reader.settled()
    assert tiles(reader) == top_line(ask, date(2026, 10, 1), SPAN[1], "device_type = 'tablet'")


def test_two_filters_that_no_aggregate_crosses_are_said_and_not_added_up(read: Read, ask: Ask) -> None:
    reader = read().open(route(*SPAN, device_type="mobile", campaign="autumn-mail"))
    text = reader.page.locator("main").inner_text()
    assert "Campaign and Device together cannot be answered" in text
    assert reader.page.locator(".tile").count() == 0
    assert reader.page.locator("table").count() == 0
    reader.page.get_by_role("button", name="Keep device: mobile").click()
    reader.settled()
    assert tiles(reader) == top_line(ask, *SPAN, "device_type = 'mobile'")


def test_each_number_is_compared_with_the_period_before(read: Read, ask: Ask) -> None:
    now, before = (date(2026, 10, 8), date(2026, 10, 14)), (date(2026, 10, 1), date(2026, 10, 7))
    reader = read().open(route(*now))
    assert "8 Oct – 14 Oct 2026 compared with 1 Oct – 7 Oct 2026" in reader.page.locator(".period").inner_text()
    ((plays, earlier),) = ask(
        "select count(*) filter (started_date >= ?), count(*) filter (started_date < ?) from core.fct_view "
        "where is_played and started_date between ? and ?",
        [now[0], now[0], before[0], now[1]],
    )
    note = " ".join(reader.page.locator(".tile[aria-pressed=true] .tile-note").inner_text().split())
    share = round((plays - earlier) / earlier * 100, 1)
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    assert note == f"{sign}{abs(share):.1f}% from {earlier:,} in 1 Oct – 7 Oct 2026"


def test_nothing_is_compared_with_days_before_the_first(read: Read) -> None:
    reader = read().open(route(*SPAN))
    assert "nothing is shown before 20 Sept 2026" in reader.page.locator(".period").inner_text()
    assert reader.page.locator(".change").count() == 0


def test_two_chosen_periods_lie_over_each_other(read: Read, ask: Ask) -> None:
    now = (date(2026, 10, 10), date(2026, 10, 12))
    reader = read().open(route(*now, compare="custom", compare_from="2026-09-22"))
    reader.page.get_by_role("button", name="Show as table").click()
    by_day = dict(ask("select started_date, count(*) from core.fct_view where is_played group by 1"))
    expected = [
        [str(by_day[day]), str(by_day[other])]
        for day, other in ((now[0] + timedelta(days=step), date(2026, 9, 22) + timedelta(days=step)) for step in range(3))
    ]
    rows = reader.rows("Plays by day")
    assert [[row[1], row[3]] for row in rows] == expected
    assert [row[2] for row in rows] == ["22 Sept 2026", "23 Sept 2026", "24 Sept 2026"]


def test_months_count_each_viewer_once(read: Read, ask: Ask) -> None:
    reader = read().open(route(FIRST_DAY, LAST_DAY, grain="month"))
    reader.page.get_by_text("View details").click()
    rows = reader.rows("All metrics by month")
    spans = [(FIRST_DAY, date(2026, 9, 30)), (date(2026, 10, 1), LAST_DAY)]
    assert [row[1:] for row in rows] == [top_line(ask, *span) for span in spans]
    assert [row[0] for row in rows] == ["Sept 2026 (from day 20 to 30)", "Oct 2026 (from day 1 to 19)"]


def test_the_details_are_those_of_each_day(read: Read, ask: Ask) -> None:
    reader = read().open(route(*SPAN))
    reader.page.get_by_text("View details").click()
    rows = reader.rows("All metrics by day")
    days = [SPAN[0] + timedelta(days=step) for step in range((SPAN[1] - SPAN[0]).days + 1)]
    assert [row[1:] for row in rows] == [top_line(ask, day, day) for day in days]


def test_videos_are_listed_with_their_numbers_and_lead_to_their_page(read: Read, ask: Ask) -> None:
    reader = read().open(route(*SPAN))
    titles = dict(ask("select coalesce(title, video_id), video_id from core.dim_video"))
    rows = reader.rows("Videos in the chosen dates")
    assert {row[0] for row in rows} == set(titles)
    plays = [int(row[1].replace(",", "")) for row in rows]
    assert plays == sorted(plays, reverse=True)
    for row in rows:
        assert row[1:] == top_line(ask, *SPAN, f"video_id = '{titles[row[0]]}'")[1:]
    link = reader.page.locator("tbody a").first
    assert link.get_attribute("href") == f"#/video?workspace=demo&video={titles[link.inner_text()]}"


def saved(reader: Reader, press: Any) -> list[list[str]]:
    with reader.page.expect_download() as download:
        press.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_details_can_be_taken_along_as_csv(read: Read, ask: Ask) -> None:
    reader = read().open(route(*SPAN))
    reader.page.get_by_text("View details").click()
    header, *rows = saved(reader, reader.page.locator("details").get_by_role("button", name="Download CSV"))
    assert header == ["Day", *LABELS]
    assert [row[0] for row in rows] == [str(SPAN[0] + timedelta(days=step)) for step in range(13)]
    plays = ask(
        "select count(*) filter (is_played) from core.fct_view where started_date between ? and ? "
        "group by started_date order by started_date",
        list(SPAN),
    )
    assert [int(row[2]) for row in rows] == [count for (count,) in plays]


def test_a_title_that_would_be_a_formula_is_none_in_a_file(altered: Any, read: Read) -> None:
    home = altered("formula", """update core.dim_video set title = '=1+1, "x"' where video_id = 'lighthouse'""")
    with serving(home.site) as address:
        reader = read(address).open(route(*SPAN))
        assert reader.page.get_by_role("link", name='=1+1, "x"').count() == 1
        rows = saved(reader, reader.page.get_by_role("button", name="Download CSV"))
    assert """'=1+1, "x\"""" in [row[0] for row in rows]


def test_markup_in_a_title_is_text(altered: Any, read: Read) -> None:
    home = altered("markup", "update core.dim_video set title = '<img src=x onerror=alert(1)>' where video_id = 'lighthouse'")
    with serving(home.site) as address:
        reader = read(address).open(route(*SPAN))
        assert reader.page.locator("main img").count() == 0
        assert reader.page.get_by_role("link", name="<img").count() == 1


def test_an_empty_snapshot_says_that_there_is_nothing_yet(altered: Any, read: Read) -> None:
    home = altered("empty", "delete from core.fct_view", "delete from core.dim_video", "delete from kpis.viewer_return")
    with serving(home.site) as address:
        reader = read(address).open("#/overview")
        assert "There is nothing to show yet" in reader.page.locator("main").inner_text()
        assert reader.page.get_by_role("heading", level=1).inner_text() == "Overview"


def test_one_viewer_on_one_day_is_shown_without_a_comparison(altered: Any, read: Read, ask: Ask) -> None:
    ((view, slices),) = ask(
        "select max(view_id), max(video_id) from core.fct_view where is_played and is_completed and interaction_count > 0"
    )
    home = altered(
        "single",
        f"delete from core.fct_view where view_id <> '{view}'",
        "delete from core.dim_video where video_id not in (select video_id from core.fct_view)",
        """
        create or replace table kpis.viewer_return as
        select workspace_id, slice_kind, slice_value, started_date as active_date, null::date as previous_active_date, 1 as viewer_count
        from core.fct_view, (values ('workspace', workspace_id), ('video', video_id)) as slice (slice_kind, slice_value)
        """,
    )
    assert slices
    with serving(home.site) as address:
        reader = read(address).open("#/overview")
        assert tiles(reader)[1:3] == ["1", "1"]
        assert tiles(reader)[4:] == ["100.0%", "100.0%"]
        assert len(reader.rows("Videos in the chosen dates")) == 1
        assert "there is no comparison" in reader.page.locator(".period").inner_text()


def test_a_workspace_that_does_not_exist_is_named(read: Read) -> None:
    text = read().open("#/overview?workspace=nobody").page.locator("main").inner_text()
    assert 'There is no workspace "nobody"' in text


def test_a_page_that_does_not_exist_leads_back(read: Read) -> None:
    reader = read().open("#/nowhere")
    reader.page.get_by_role("link", name="Go to the overview").click()
    reader.settled()
    assert reader.page.get_by_role("heading", level=1).inner_text() == "Overview"


def test_a_file_that_is_missing_is_named_with_what_to_do(altered: Any, browser: Any) -> None:
    home = altered("torn")
    next((home.site / "data").glob("*/overview/slice/demo/workspace.json")).unlink()
    with serving(home.site) as address:
        page = browser.new_page()
        page.goto(f"{address}/#/overview")
        page.wait_for_selector("html[data-ready]")
        alert = page.get_by_role("alert").inner_text()
        page.close()
    assert "overview/slice/demo/workspace.json is not on the server" in alert
    assert "reload" in alert


AGREEMENT = """
    select days.date_day, days.impressions, days.plays, round(days.watch_seconds, 3), days.unique_viewers, days.engaged_viewers,
        days.completed_viewers
    from kpis.{mart} as days where {column} = ? and days.view_count > 0 order by 1
"""


@pytest.mark.parametrize(
    ("kind", "mart", "column", "value"),
    [
        ("workspace", "kpi_workspace_daily", "workspace_id", "demo"),
        ("video", "kpi_video_daily", "video_id", "lighthouse"),
        ("campaign", "kpi_campaign_daily", "campaign_id", "autumn-mail"),
    ],
)
def test_the_files_agree_with_the_daily_marts(site: Path, ask: Ask, kind: str, mart: str, column: str, value: str) -> None:
    file = next((site / "data").glob(f"*/overview/slice/demo/{kind}.json"))
    columns = json.loads(file.read_text())["slice_day"]["columns"]
    names = ("date_day", "impressions", "plays", "watch_seconds", "viewers", "engaged_viewers", "completed_viewers")
    shown = [row[1:] for row in zip(columns["slice_value"], *(columns[name] for name in names), strict=True) if row[0] == value]
    epoch = date(1970, 1, 1)
    told = [((row[0] - epoch).days, *row[1:]) for row in ask(AGREEMENT.format(mart=mart, column=column), [value])]
    assert len(told) > 15
    assert shown == [pytest.approx(row, abs=0.0011) for row in told]
