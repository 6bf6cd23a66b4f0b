"""What counts as new: other loads or other code, and nothing else."""

import json
from pathlib import Path

import pytest

from ingestion.home import Home
from orchestration.lib.fingerprint import code_hash, content_ids, fingerprint


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home [of] *tests*")


def manifest(home: Home, load_id: str, replay: int = 0, status: str = "loaded", path: str = "a.ndjson") -> None:
    folder = home.bronze / "_manifests" / "native"
    folder.mkdir(parents=True, exist_ok=True)
    record = {"load_id": load_id, "source": "native", "content_id": f"{load_id}:{replay}", "status": status, "path": path}
    (folder / f"{load_id}.json").write_text(json.dumps(record) + "\n")


def project(folder: Path, sql: str = "select 1") -> Path:
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "a.sql").write_text(sql)
    return folder


def test_an_empty_lake_has_no_loads(home: Home) -> None:
    assert content_ids(home) == []


def test_superseded_loads_do_not_count(home: Home) -> None:
    manifest(home, "a")
    manifest(home, "b", status="superseded")
    assert content_ids(home) == ["native/a:0"]


def test_a_replay_is_new_but_another_name_is_not(home: Home, tmp_path: Path) -> None:
    code = project(tmp_path / "dbt")
    profiles = code / "models" / "a.sql"
    manifest(home, "a")
    before = fingerprint(home, code, profiles)
    manifest(home, "a", path="renamed.ndjson")
    assert fingerprint(home, code, profiles) == before
    manifest(home, "a", replay=1)
    assert fingerprint(home, code, profiles) != before


def test_code_is_its_names_bytes_and_vars_but_not_its_build_products(tmp_path: Path) -> None:
    code = project(tmp_path / "dbt")
    before = code_hash(code, [], {})
    (code / "target").mkdir()
    (code / "target" / "manifest.json").write_text("{}")
    assert code_hash(code, [], {}) == before
    assert code_hash(code, [], {"session_gap_minutes": 20}) != before
    project(code, "select 2")
    assert code_hash(code, [], {}) != before
