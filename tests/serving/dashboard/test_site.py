"""The site is published whole, once per snapshot and code, and holds nobody's name."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pytest

from ingestion.home import Home
from orchestration.lib.environment import Environment
from orchestration.refresh import make_site
from serving.dashboard import build as building
from serving.dashboard import node as node_module
from serving.dashboard.build import SOURCES, build, call, copy_sources, packages, source_hash
from serving.dashboard.export import Setting, SettingError, export
from serving.dashboard.node import Node, NodeMissingError, find_node, is_new_enough
from serving.dashboard.queries import QueryError, read_queries
from serving.dashboard.site import read_current, refresh_site
from serving.generations import published_snapshot
from tests.serving.dashboard.conftest import Ask


def test_a_run_ends_with_the_site_and_says_how_to_open_it(run_log: str, site: Path) -> None:
    assert "make dashboard" in run_log
    assert (site / "index.html").exists()


def test_a_second_run_finds_it_up_to_date(home: Home, site: Path) -> None:
    before = read_current(home)
    assert refresh_site(home) is None
    assert read_current(home) == before


def test_the_page_names_its_data_and_code_and_both_are_there(home: Home, site: Path) -> None:
    page = (site / "index.html").read_text()
    current = read_current(home)
    assert current is not None
    assert f'data-generation="{current.data}"' in page
    named = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)
    assert named
    assert all((site / name).is_file() for name in named)
    assert (site / "data" / current.data / "index/site/all.json").is_file()


def test_a_later_snapshot_leaves_the_files_that_open_pages_have_named(altered, monkeypatch: pytest.MonkeyPatch) -> None:
    home = altered("later")
    first = read_current(home)
    assert first is not None
    folders = {first.data}
    for days in (10, 11, 12):
        monkeypatch.setenv("AUDIENCE_DASHBOARD_DAYS", str(days))
        made = refresh_site(home)
        assert made is not None
        folders.add(made.current.data)
        held = {path.name for path in (home.site / "data").iterdir() if path.is_dir()}
        assert held <= folders
        assert made.current.data in held
    assert len(held) == 3
    assert first.data not in held


def data_folders(home: Home) -> set[str]:
    return {path.name for path in (home.site / "data").iterdir() if path.is_dir()}


def refreshed(home: Home) -> str:
    """The folder of data that was made."""
    made = refresh_site(home)
    assert made is not None
    return made.current.data


def test_a_raised_minimum_takes_smaller_groups_off_the_site(altered, monkeypatch: pytest.MonkeyPatch) -> None:
    home = altered("raised")
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", "4")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("serving.dashboard.site.prune", die)
        with pytest.raises(KeyboardInterrupt):
            refresh_site(home)
    assert len(data_folders(home)) == 2
    of_four = refreshed(home)
    assert data_folders(home) == {of_four}
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", "3")
    of_three = refreshed(home)
    assert data_folders(home) == {of_four, of_three}
    (home.site / "data" / of_four / "setting.json").unlink()
    monkeypatch.setenv("AUDIENCE_DASHBOARD_DAYS", "10")
    of_ten_days = refreshed(home)
    assert data_folders(home) == {of_three, of_ten_days}


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Inodes of what was waited for to be on disk."""
    waited: set[int] = set()
    wait = os.fsync

    def note(descriptor: int) -> None:
        wait(descriptor)
        waited.add(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", note)
    return waited


def test_all_that_the_page_names_is_on_disk_before_the_page_is(
    altered, forced: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves the page of before, or everything that the new one names."""
    seen: list[set[str]] = []
    replace = os.replace

    def look(made: Path, target: Path) -> None:
        if target.name == "index.html":
            named = list(target.parent.rglob("*"))
            seen.append({path.name for path in named if path.stat().st_ino not in forced})
            assert len(named) > 20
        replace(made, target)

    monkeypatch.setattr(os, "replace", look)
    home = altered("forced")
    assert seen == [set()]
    assert (home.site / "index.html").stat().st_ino in forced


def values_of(content: object) -> set[str]:
    """Every text in a decoded JSON document."""
    if isinstance(content, dict):
        return set().union(*map(values_of, content.values()), content.keys())
    if isinstance(content, list):
        return set().union(*map(values_of, content))
    return {content} if isinstance(content, str) else set()


PERSONAL = """
    select unnest([viewer_id, user_id, device_id, playback_id, view_id, session_id]) from core.fct_view
    union select unnest([user_id, email, name]) from core.dim_contact
    union select viewer_id from core.dim_viewer
"""


def test_no_file_holds_a_persons_id_or_address(home: Home, site: Path, ask: Ask) -> None:
    people = {value for (value,) in ask(PERSONAL) if value}
    assert len(people) > 500
    files = sorted((site / "data").rglob("*.json"))
    assert len(files) > 6
    shown = {path: values_of(json.loads(path.read_text())) for path in files}
    assert {path: values & people for path, values in shown.items() if values & people} == {}
    addresses = [value for values in shown.values() for value in values if re.search(r"\S@\S+\.\S", value)]
    assert addresses == []


def write_page(folder: Path, sql: str, partition: str = "workspace") -> Path:
    page = folder / "people"
    page.mkdir(parents=True)
    (page / "page.toml").write_text(f'[datasets]\nviewers = "{partition}"\n')
    (page / "viewers.sql").write_text(sql)
    return folder


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("select workspace_id, viewer_id, count(*) as views from core.fct_view group by all", "viewer_id"),
        ("select workspace_id, name, count(*) as people from core.dim_contact group by all", "name"),
        ("select workspace_id, raw_text from (select 'w' as workspace_id, raw_text from quality.rejected_event)", "raw_text"),
        ("select workspace_id, title as user_id from core.dim_video", "user_id"),
    ],
)
def test_a_query_that_would_publish_personal_data_is_refused(home: Home, tmp_path: Path, sql: str, column: str) -> None:
    queries = write_page(tmp_path / "queries", sql)
    with pytest.raises(QueryError, match=rf"viewers\.sql would publish {column} \(personal in "):
        export(published_snapshot(home), tmp_path / "data", Setting(), queries)


def test_a_name_that_is_no_persons_may_be_published(home: Home, tmp_path: Path) -> None:
    queries = write_page(tmp_path / "queries", "select workspace_id, name from core.dim_campaign")
    assert export(published_snapshot(home), tmp_path / "data", Setting(), queries).files == 1


@pytest.mark.parametrize(
    ("sql", "partition", "reason"),
    [
        ("select workspace_id from core.no_such_table", "workspace", "no_such_table"),
        ("select video_id from core.dim_video", "workspace", "no column workspace_id"),
        ("select workspace_id from core.dim_video", "galaxy", "partition_galaxy"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(home: Home, tmp_path: Path, sql: str, partition: str, reason: str) -> None:
    queries = write_page(tmp_path / "queries", sql, partition)
    with pytest.raises(QueryError, match=reason):
        export(published_snapshot(home), tmp_path / "data", Setting(), queries)


def test_what_json_has_no_number_for_is_null(home: Home, tmp_path: Path) -> None:
    shares = "unnest(['nan'::double, 'inf'::double, 1.5]) as share"
    sql = f"select 'demo' as workspace_id, {shares}, date '1970-01-03' as day, 2.5::decimal(9, 3) as value"
    export(published_snapshot(home), tmp_path / "data", Setting(), write_page(tmp_path / "queries", sql))
    content = json.loads((tmp_path / "data/people/workspace/demo.json").read_text())["viewers"]
    assert content == {"rows": 3, "columns": {"share": [None, None, 1.5], "day": [2, 2, 2], "value": [2.5, 2.5, 2.5]}}


def test_a_snapshot_that_says_nothing_of_its_columns_is_refused(altered, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="run `make run` once more"):
        altered("undeclared", "drop table _meta.published_column")


def test_a_dataset_needs_a_line_and_a_file(tmp_path: Path) -> None:
    folder = write_page(tmp_path, "select 1")
    (folder / "people" / "forgotten.sql").write_text("select 1")
    with pytest.raises(QueryError, match="forgotten"):
        read_queries(folder)


@pytest.mark.parametrize("text", ["-1", "five", "1.5"])
def test_a_threshold_that_is_no_number_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", text)
    with pytest.raises(SettingError, match="AUDIENCE_DASHBOARD_MINIMUM_VIEWERS"):
        Setting.from_environment()


def test_ids_that_are_no_file_names_get_files_all_the_same(altered) -> None:
    home = altered(
        "ids",
        "update core.dim_video set video_id = '../../' || video_id",
        "update core.fct_view set video_id = '../../' || video_id",
    )
    catalogs = list((home.site / "data").glob("*/catalog/workspace/*.json"))
    assert len(catalogs) == 1
    keys = json.loads(catalogs[0].read_text())["videos"]["columns"]["file_key"]
    assert keys
    assert all(re.fullmatch(r"~[0-9a-f]{24}", key) for key in keys)


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [("v18.20.4", False), ("v20.18.3", False), ("v20.19.0", True), ("v21.7.3", False), ("v22.11.0", False), ("v22.12.0", True),
     ("v24.0.0", True), ("v100.1.2-nightly", True), ("", False)],
)  # fmt: skip
def test_only_a_node_that_vite_runs_on_is_taken(version: str, is_enough: bool) -> None:
    assert is_new_enough(version) is is_enough


def published_alone(home: Home, root: Path) -> Environment:
    """An installation that has the same snapshot, and no site."""
    (root / "published").mkdir()
    (root / "published" / "marts.duckdb").symlink_to(published_snapshot(home))
    return Environment.read({"AUDIENCE_HOME": str(root)})


def test_without_node_and_without_a_registry_the_marts_are_published_and_the_reason_is_told(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_SITE", "on")
    monkeypatch.setattr(node_module.shutil, "which", lambda name: None)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(NodeMissingError, match="AUDIENCE_SITE=off"):
        find_node(tmp_path)
    monkeypatch.setattr("serving.dashboard.site.building.build", lambda: find_node(tmp_path))
    made, problem = make_site(published_alone(home, tmp_path))
    assert made is None
    assert problem is not None
    assert "needs Node" in problem


@pytest.mark.parametrize("made", ["dashboard", "dashboard/build.lock/", "dashboard/dist-{}/"])
def test_where_the_code_cannot_be_built_or_read_the_folder_is_told(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    """A file where a folder is to be made, a folder where a file is, and no page stop the superuser too."""
    blocked = tmp_path / "cache" / made.format(source_hash())
    blocked.parent.mkdir(parents=True)
    blocked.mkdir() if made.endswith("/") else blocked.touch()
    monkeypatch.setenv("AUDIENCE_SITE", "on")
    monkeypatch.setattr("serving.dashboard.site.building.build", lambda: build(tmp_path / "cache" / "dashboard"))
    site, problem = make_site(published_alone(home, tmp_path))
    assert site is None
    assert problem is not None
    assert f"{tmp_path}/cache/dashboard: " in problem
    assert "AUDIENCE_SITE=off" in problem


def test_a_run_may_leave_the_site_out(home: Home) -> None:
    assert make_site(Environment.read({"AUDIENCE_HOME": str(home.root / "nowhere")})) == (None, None)


def test_the_lock_of_the_packages_names_no_registry() -> None:
    text = (SOURCES / "package-lock.json").read_text()
    assert "://" not in text
    lock = json.loads(text)
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_the_same_sources_are_built_once(site: Path) -> None:
    folder = build()
    made = (folder / "index.html").stat().st_mtime_ns
    assert build() == folder
    assert (folder / "index.html").stat().st_mtime_ns == made


def test_built_code_is_on_disk_before_it_has_its_name(tmp_path: Path, forced: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def build_some(_: object, command: list[str], __: Path) -> str:
        made = Path(command[command.index("--outDir") + 1])
        (made / "assets").mkdir(parents=True)
        (made / "assets" / "code.js").write_text("code")
        return ""

    monkeypatch.setattr(building, "install", lambda *_: None)
    monkeypatch.setattr(building, "call", build_some)
    target = tmp_path / "dist"
    building.make(Node(["npm"], tmp_path), tmp_path / "work", target)
    assert {path.stat().st_ino for path in (target, *target.rglob("*"))} <= forced


def test_code_that_another_account_built_is_used(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build()

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "utime", refuse)
    assert build() == folder


def test_the_code_of_the_site_is_typed(site: Path) -> None:
    work = packages().parent
    copy_sources(work)
    checked = call(find_node(work.parent), ["node", "node_modules/typescript/bin/tsc", "--noEmit"], work)
    assert checked == ""
