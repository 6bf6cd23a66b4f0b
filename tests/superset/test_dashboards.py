"""Every dashboard, in a real Superset and a real browser, over marts built from simulated logs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from playwright.sync_api import Page, sync_playwright

from benchmarks.postgres_server import NoPostgresError, local_server
from ingestion.home import Home
from serving.generations import published_snapshot
from serving.postgres.publish import publish
from serving.superset.instance import ADMIN, ASSETS, Instance

REPOSITORY = Path(__file__).parents[2]
BOARDS = [yaml.safe_load(path.read_text()) for path in sorted((ASSETS / "dashboards").glob("*.yaml"))]
CHARTS = {chart["uuid"]: chart for path in (ASSETS / "charts").glob("*.yaml") for chart in [yaml.safe_load(path.read_text())]}
PATIENCE_SECONDS = 120
# Anything that a chart shows instead of itself.
BROKEN = "[data-test='error-message'], .ant-alert-error, [data-test='alert-error'], .missing-chart-container"
# A chart is there as a drawing, a table or a number.
DRAWN = "canvas, table, .header-line, svg.main-svg"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The published home of AUDIENCE_SUPERSET_HOME, copied; a small one built here where none is named."""
    root = tmp_path_factory.mktemp("superset") / "home"
    named = os.environ.get("AUDIENCE_SUPERSET_HOME")
    if named:
        (root / "published").mkdir(parents=True)
        snapshot = published_snapshot(Home(Path(named)))
        shutil.copy(snapshot, root / "published" / snapshot.name)
        (root / "published" / "marts.duckdb").symlink_to(snapshot.name)
        return Home(root)
    environment = {**os.environ, "AUDIENCE_HOME": str(root), "LANDING": ""}
    subprocess.run([sys.executable, "-m", "orchestration", "refresh"], cwd=REPOSITORY, env=environment, check=True)
    return Home(root)


@pytest.fixture(scope="module")
def instance(home: Home) -> Instance:
    instance = Instance(home.root / "superset")
    instance.set_up()
    instance.import_assets(f"duckdb:///{home.published / 'marts.duckdb'}")
    return instance


@pytest.fixture(scope="module")
def site(instance: Instance) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = instance.folder / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            instance.serve_command(port), env=instance.environment(), cwd=instance.folder, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            began = time.monotonic()
            while not is_up(f"http://127.0.0.1:{port}/health"):
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() - began < PATIENCE_SECONDS, log.read_text()[-2000:]
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def page(site: str, instance: Instance) -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("There is no Chromium here (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1300})
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.goto(f"{site}/login/")
        page.fill("#username", ADMIN)
        page.fill("#password", instance.password_file.read_text())
        page.keyboard.press("Enter")
        page.wait_for_url("**/superset/welcome/**")
        yield page
        browser.close()


def charts_of(board: dict[str, object]) -> list[dict[str, object]]:
    parts = [part for part in board["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
    return [CHARTS[part["meta"]["uuid"]] for part in parts]


def open_board(page: Page, site: str, board: dict[str, object], query: str = "") -> None:
    """Open a dashboard and wait until every chart of it has drawn something."""
    page.goto(f"{site}/superset/dashboard/{board['slug']}/{query}")
    wanted = len(charts_of(board))
    began = time.monotonic()
    while True:
        holders = page.locator("[data-test='slice-container']")
        drawn = page.locator("[data-test='slice-container']").filter(has=page.locator(f"{DRAWN}, {BROKEN}, .ant-empty")).count()
        if holders.count() == wanted == drawn and page.locator("[data-test='loading-indicator']").count() == 0:
            page.wait_for_timeout(500)
            return
        assert time.monotonic() - began < PATIENCE_SECONDS, f"{board['slug']}: {drawn} of {wanted} charts are drawn"
        page.wait_for_timeout(200)


@pytest.mark.parametrize("board", BOARDS, ids=[board["slug"] for board in BOARDS])
def test_every_chart_of_a_dashboard_is_drawn(page: Page, site: str, board: dict[str, object], home: Home) -> None:
    refused: list[str] = []
    outside: list[str] = []
    page.on("response", lambda answer: refused.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.on(
        "requestfinished", lambda asked: outside.append(asked.url) if not asked.url.startswith((site, "data:", "blob:")) else None
    )
    open_board(page, site, board)
    shots = os.environ.get("AUDIENCE_SUPERSET_SHOTS")
    if shots:
        page.screenshot(path=str(Path(shots) / f"{board['slug']}.png"), full_page=True)
    holders = page.locator("[data-test='slice-container']")
    assert page.locator(BROKEN).all_inner_texts() == []
    assert holders.filter(has=page.locator(DRAWN)).count() == len(charts_of(board))
    for chart in charts_of(board):
        assert page.get_by_text(str(chart["slice_name"]), exact=True).count() >= 1
    assert refused == []
    # A picture of Superset's maker is asked for, and its own content policy refuses it.
    assert outside == []


def big_number(page: Page, title: str) -> str:
    """The number a tile shows."""
    tile = page.locator("[data-test='chart-grid-component']").filter(has=page.get_by_text(title, exact=True))
    return tile.locator(".header-line").inner_text()


def read(home: Home, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(published_snapshot(home), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def board_named(slug: str) -> dict[str, object]:
    return next(board for board in BOARDS if board["slug"] == slug)


def test_the_numbers_on_the_overview_are_those_of_the_marts(page: Page, site: str, home: Home) -> None:
    open_board(page, site, board_named("overview"))
    ((impressions, plays, minutes),) = read(
        home, "select sum(impressions), sum(plays), sum(minutes_viewed) from kpis.kpi_video_daily"
    )
    # From the views themselves, by another way than viewer_return.
    ((viewers,),) = read(home, "select count(distinct viewer_id) from core.fct_view where is_played")
    assert big_number(page, "Impressions") == f"{impressions:,}"
    assert big_number(page, "Plays") == f"{plays:,}"
    assert big_number(page, "Play rate") == f"{plays / impressions:.1%}"
    assert big_number(page, "Minutes viewed") == f"{minutes:,.0f}"
    assert big_number(page, "Unique viewers") == f"{viewers:,}"


def ask(page: Page, site: str, instance: Instance, table: str, query: dict[str, object]) -> list[dict[str, object]]:
    """Rows of a query as a chart of a dashboard would send it."""
    person = {"username": ADMIN, "password": instance.password_file.read_text(), "provider": "db"}
    token = page.request.post(f"{site}/api/v1/security/login", data=person).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    listed = page.request.get(f"{site}/api/v1/dataset/?q=(page_size:100)", headers=headers).json()["result"]
    source = {"id": next(each["id"] for each in listed if each["table_name"] == table), "type": "table"}
    answer = page.request.post(f"{site}/api/v1/chart/data", headers=headers, data={"datasource": source, "queries": [query]})
    assert answer.ok, answer.text()
    return list(answer.json()["result"][0]["data"])


def test_distinct_viewers_are_exact_for_chosen_dates(page: Page, site: str, home: Home, instance: Instance) -> None:
    ((first, last),) = read(home, "select min(date_day), max(date_day) from core.dim_date")
    begin, end = first + (last - first) / 3, first + (last - first) * 2 / 3
    query = {
        "metrics": ["unique_viewers"],
        "filters": [
            {"col": "slice_kind", "op": "==", "val": "workspace"},
            {"col": "active_date", "op": "TEMPORAL_RANGE", "val": f"{begin.isoformat()} : {end.isoformat()}"},
        ],
    }
    # From the views themselves; Superset's last date is not part of a range.
    counted = "select count(distinct viewer_id) from core.fct_view where is_played"
    ((viewers,),) = read(home, f"{counted} and started_date >= date '{begin}' and started_date < date '{end}'")
    ((summed,),) = read(
        home,
        f"select sum(unique_viewers) from kpis.kpi_workspace_daily where date_day >= date '{begin}' and date_day < date '{end}'",
    )
    assert 0 < viewers < summed
    assert ask(page, site, instance, "viewer_return", query) == [{"unique_viewers": viewers}]


def test_the_health_and_learning_numbers_are_those_of_the_marts(page: Page, site: str, home: Home) -> None:
    open_board(page, site, board_named("data-health"))
    ((files, lines, rejected),) = read(home, "select count(*), sum(line_count), sum(rejected_count) from quality.load")
    assert [big_number(page, title) for title in ("Files loaded", "Lines", "Rejected lines")] == [
        f"{number:,}" for number in (files, lines, rejected)
    ]
    open_board(page, site, board_named("learning"))
    ((assigned, completed),) = read(home, "select sum(assigned_count), sum(completed_count) from learning.training_compliance")
    assert [big_number(page, title) for title in ("Assigned", "Completed")] == [f"{assigned:,}", f"{completed:,}"]


def test_the_table_of_nodes_is_that_of_the_marts(page: Page, site: str, home: Home) -> None:
    open_board(page, site, board_named("video"))
    ((video,),) = read(home, "select video_id from paths.node_performance group by 1 order by sum(plays) desc, 1 limit 1")
    expected = read(
        home,
        f"select title, plays, unique_viewers from paths.node_performance where video_id = '{video}' order by plays desc, title",
    )
    rows = page.locator("[data-test='slice-container']").filter(has=page.locator("table")).first.locator("tbody tr")
    shown = [row.split("\t") for row in rows.all_inner_texts()]
    found = {(cells[0].strip(), int(re.sub(r"\D", "", cells[2])), int(re.sub(r"\D", "", cells[3]))) for cells in shown}
    assert found == {(str(title), plays, viewers) for title, plays, viewers in expected}


def test_a_publish_shows_up_without_a_restart(page: Page, site: str, home: Home, instance: Instance) -> None:
    open_board(page, site, board_named("overview"))
    before = big_number(page, "Plays")
    current = published_snapshot(home)
    newer = current.with_name("marts.999.duckdb")
    shutil.copy(current, newer)
    with duckdb.connect(newer) as connection:
        connection.execute("update kpis.kpi_video_daily set plays = plays + 1").fetchall()
        ((plays,),) = connection.execute("select sum(plays) from kpis.kpi_video_daily").fetchall()
    link = home.published / ".marts.link"
    link.symlink_to(newer.name)
    link.rename(home.published / "marts.duckdb")
    try:
        began = time.monotonic()
        # Answers may be a minute old.
        while big_number(page, "Plays") == before and time.monotonic() - began < 90:
            page.wait_for_timeout(5_000)
            open_board(page, site, board_named("overview"))
        assert big_number(page, "Plays") == f"{plays:,}"
    finally:
        link.symlink_to(current.name)
        link.rename(home.published / "marts.duckdb")
        newer.unlink()


def test_every_chart_is_drawn_over_postgresql_too(page: Page, site: str, home: Home, instance: Instance) -> None:
    try:
        with local_server() as server:
            publish(published_snapshot(home), server.uri())
            instance.import_assets(server.uri().replace("postgresql://", "postgresql+psycopg2://"))
            for board in BOARDS:
                open_board(page, site, board)
                assert page.locator(BROKEN).all_inner_texts() == []
                drawn = page.locator("[data-test='slice-container']").filter(has=page.locator(DRAWN)).count()
                assert (board["slug"], drawn) == (board["slug"], len(charts_of(board)))
            open_board(page, site, board_named("overview"))
            ((viewers,),) = read(home, "select count(distinct viewer_id) from core.fct_view where is_played")
            assert big_number(page, "Unique viewers") == f"{viewers:,}"
    except NoPostgresError as error:
        pytest.skip(str(error))
