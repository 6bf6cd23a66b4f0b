"""Whatever records and names hold, they are data wherever they are shown: nothing runs, is fetched, or leaves the home."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pytest
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from benchmarks.postgres_server import NoPostgresError, local_server
from ingestion.home import Home
from ingestion.lake import glob_literal
from orchestration.headlines import read_headlines
from orchestration.lib.preview import markdown_table
from serving.api.app import create_app
from serving.api.gates import Limits
from serving.api.scope import Data, Scope
from serving.cells import FORMULA_STARTS
from serving.dashboard.screenshots import ARGUMENTS, CHROMIUM, serving
from serving.generations import published_snapshot
from serving.postgres.publish import publish as publish_to_postgres
from tests.security.hostile import BEACONS, FORMULAS, PLAIN, TEXTS

NUMBER = re.compile(r"[+-]?\d[\d.]*(e[+-]?\d+)?|[+-]?(inf|nan)", re.IGNORECASE)
TRIMMED = " \t\n\v\f\r\ufeff"
PAGES = ("overview", "video", "node", "questions", "funnels", "experiments", "conversion", "learning", "health")
LEARNT = [text for text in TEXTS if text.isprintable() or not any(0xD800 <= ord(letter) < 0xE000 for letter in text)]
"""Every text but those with a lone surrogate, which is no Unicode text: such records are in the quarantine."""


csv.field_size_limit(2**22)


@pytest.fixture(scope="module")
def ask(home: Home) -> Callable[[str], list[tuple[Any, ...]]]:
    """Ask the snapshot; nobody else has it open meanwhile."""

    def query(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(published_snapshot(home)), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return query


def identifiers() -> set[str]:
    """The texts as ids: trimmed, and nothing where that leaves nothing; those too long to be one are refused."""
    return {text.strip(TRIMMED) for text in LEARNT if text.strip(TRIMMED) and len(text.strip(TRIMMED)) <= 1_000}


def test_every_text_is_a_videos_id_and_nothing_else_happened(home, ask):
    videos = {video for (video,) in ask(f"select distinct video_id from core.fct_view where workspace_id = '{PLAIN}'")}
    assert {video.strip(TRIMMED) for video in videos} == identifiers() | {"long"}
    workspaces = {workspace for (workspace,) in ask("select distinct workspace_id from core.fct_view")}
    assert {workspace.strip(TRIMMED) for workspace in workspaces} == identifiers() | {PLAIN, "default"}
    assert not Path("/tmp/owned").exists()
    assert [path.name for path in home.root.parent.iterdir()] == [home.root.name]


def test_an_identifier_of_a_megabyte_is_refused_with_a_remedy_and_other_texts_of_that_length_are_kept(ask):
    refused = ask(
        "select detail, length(raw_text) from quality.rejected_event where reason = 'identifier_too_long' order by 2 desc"
    )
    assert refused[0][1] > 2**20
    assert all("send a shorter one" in detail for detail, _ in refused)
    assert ask("select max(length(title)) from core.dim_video") == [(2**20,)]


def test_whoever_is_not_the_pipelines_account_reads_the_site_and_nothing_else(home, site):
    modes = {
        path.relative_to(home.root): stat.S_IMODE(path.stat().st_mode) for path in home.root.rglob("*") if not path.is_symlink()
    }
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    shown = {path: mode for path, mode in modes.items() if path.parts[0] == "site"}
    assert {oct(mode) for mode in shown.values()} == {oct(0o755), oct(0o644)}
    assert {str(path): oct(mode) for path, mode in modes.items() if path not in shown and mode & 0o077} == {}


# --- files -----------------------------------------------------------------------------------------------------------------------


def formulas(rows: list[list[str]]) -> set[str]:
    """The cells that a spreadsheet would run."""
    return {cell for row in rows for cell in row if cell.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(cell)}


def test_no_cell_of_a_csv_file_is_a_formula_and_parquet_has_the_values_as_they_are(home):
    cells: dict[str, set[str]] = {}
    for path in sorted(home.exports.glob("*.csv")):
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        assert formulas(rows) == set(), path
        cells[path.stem] = {cell for row in rows for cell in row}
    with duckdb.connect() as connection:
        held = connection.execute(
            "select name from read_parquet(?)", [glob_literal(f"{home.exports}/crm_contact.parquet")]
        ).fetchall()
    exact = {name for (name,) in held if name and name.startswith(FORMULA_STARTS)}
    assert {text.strip(TRIMMED) for text in FORMULAS if text[0] not in TRIMMED} <= exact
    assert {f"'{name}" for name in exact} <= cells["crm_contact"]


# --- the API ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(home: Home) -> Iterator[TestClient]:
    api = create_app(home, Limits(rate="100000/minute"))
    _, token = api.tokens.create("test", Scope(None, Data.PERSONAL), None)
    with TestClient(api, headers={"Authorization": f"Bearer {token}"}) as started:
        yield started


@pytest.fixture(scope="module")
def tables(client: TestClient) -> list[str]:
    return [f"{table['schema']}/{table['name']}" for table in client.get("/v1/tables").json()["tables"]]


def test_every_table_is_data_in_every_format_of_the_api(client, tables):
    assert len(tables) > 40
    for table in tables:
        pages = {kind: client.get(f"/v1/tables/{table}/rows?format={kind}&limit=20000") for kind in ("json", "csv", "arrow")}
        for page in pages.values():
            assert page.status_code == 200, table
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert page.headers["content-type"].partition(";")[0] not in ("text/html", "text/plain")
        rows = json.loads(pages["json"].text)["rows"]
        assert formulas(list(csv.reader(io.StringIO(pages["csv"].text, newline="")))) == set(), table
        assert pa.ipc.open_stream(io.BytesIO(pages["arrow"].content)).read_all().num_rows == len(rows)


@pytest.mark.parametrize("text", [text for text in TEXTS if not any(0xD800 <= ord(letter) < 0xE000 for letter in text)])
def test_a_hostile_value_finds_its_own_rows_and_a_hostile_name_finds_nothing(client, text):
    found = client.get("/v1/tables/core/fct_view/rows", params={"where": f"video_id:eq:{text}", "columns": "video_id"})
    assert found.status_code == 200
    assert {row["video_id"] for row in found.json()["rows"]} <= {text}
    for answer in (
        client.get(f"/v1/tables/{quote(text, safe='')}/fct_view"),
        client.get("/v1/tables/core/fct_view/rows", params={"columns": text}),
        client.get("/v1/tables/core/fct_view/rows", params={"order": text}),
        client.get("/v1/tables/core/fct_view/rows", params={"cursor": text}),
    ):
        assert answer.status_code in (404, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text


# --- the dashboard ---------------------------------------------------------------------------------------------------------------


def test_every_file_of_the_site_lies_in_it_under_a_plain_name(site):
    for path in site.rglob("*"):
        assert path.resolve().is_relative_to(site.resolve())
        assert not path.is_symlink()
        assert re.fullmatch(r"[A-Za-z0-9_.~-]+", path.name), path


def test_no_page_of_the_dashboard_runs_fetches_or_links_what_a_name_says(home, site):
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    problems: list[str] = []
    addresses: set[str] = set()
    videos = ["<script>alert(1)</script>", "javascript:alert(1)", '"><img src=x onerror=alert(1)>', "../../../../etc/passwd"]
    with serving(site) as address, playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        page = browser.new_page()
        page.on("dialog", lambda dialog: (problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: problems.append(f"error {error}"))
        page.on("console", lambda said: problems.append(f"console {said.text}") if said.type == "error" else None)
        page.on("popup", lambda opened: problems.append(f"popup {opened.url}"))

        def guard(route: Any) -> None:
            if route.request.url.startswith((f"{address}/", "blob:", "data:,")):
                route.continue_()
            else:
                problems.append(f"asked {route.request.url}")
                route.abort()

        page.route("**/*", guard)
        visits = [(name, PLAIN, video) for name in PAGES for video in (videos if name in ("video", "node") else videos[:1])]
        for name, workspace, video in [
            *visits,
            ("overview", "<script>alert(1)</script>", ""),
            ("overview", "../../../../etc/passwd", ""),
        ]:
            named = f"&video={quote(video, safe='')}&node={quote(video, safe='')}" if video else ""
            query = f"workspace={quote(workspace, safe='')}{named}"
            page.goto("about:blank")
            page.goto(f"{address}/#/{name}?{query}")
            page.wait_for_selector("html[data-ready]", timeout=30_000)
            addresses |= set(page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))"))
            assert page.locator("#site iframe, #site script, #site img[src='x'], #site object").count() == 0
        browser.close()
    assert problems == []
    outside = {each for each in addresses if not each.startswith("#")}
    assert all(re.match(r"https?://", each) for each in outside), outside
    assert "http://169.254.169.254/latest/meta-data/" in outside or outside == set()


# --- PostgreSQL ------------------------------------------------------------------------------------------------------------------


def test_postgres_holds_the_same_ids_and_no_table_is_missing(home, ask):
    try:
        with local_server({"fsync": "off"}) as server:
            server.psql("create database hostile encoding 'UTF8' template template0")
            done = publish_to_postgres(published_snapshot(home), server.uri("hostile"), {}, include_personal=True)
            asked = "select count(distinct video_id), count(*) from core.fct_view"
            assert server.psql(asked, "hostile", ["-At"]).strip().split("|") == [str(count) for count in ask(asked)[0]]
            assert len(done.tables) >= 40
    except NoPostgresError as error:
        pytest.skip(str(error))


# --- Dagster ---------------------------------------------------------------------------------------------------------------------


def test_a_markdown_table_of_hostile_texts_has_no_link_no_picture_and_no_markup(home):
    rows = [(text, number, text[::-1]) for number, text in enumerate(TEXTS)]
    table = markdown_table(("said", "times", "backwards"), rows)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(table)
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "code_inline"}
    assert sum(token.type == "tr_open" for token in tokens) == 1 + len(TEXTS)
    assert not any(token.type.startswith("html") for token in tokens)
    assert sum(token.type == "td_open" for token in tokens) == 3 * len(TEXTS)
    headlines = read_headlines(home)
    assert headlines is not None
    assert BEACONS[0] not in str(headlines)
