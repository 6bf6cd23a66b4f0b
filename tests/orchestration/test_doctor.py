"""`make doctor` on sound, empty, half-written and corrupt homes: it names what is wrong, changes nothing and waits for nobody."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingestion import manifest
from ingestion.home import Home
from ingestion.load import load_landing
from ingestion.simulator import simulate
from orchestration.doctor.findings import Diagnosis, Severity
from orchestration.doctor.run import diagnose
from orchestration.doctor.settings import PLAIN, SECRET
from orchestration.lib.environment import DBT_PROJECT, Engine, Environment
from orchestration.lib.fingerprint import fingerprint
from orchestration.lib.state import BuildRequest, Status, WarehouseState, write_state
from serving.publication import Provenance
from serving.publish import publish
from tests.orchestration.conftest import REPOSITORY

Harm = Callable[[Home], object]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A loaded lake, a warehouse that says it was built from it, and its snapshot."""
    folder = tmp_path_factory.mktemp("doctor")
    home = Home(folder / "home")
    simulate(folder / "landing", events=300, days=2, start=date(2026, 10, 1), seed=3)
    load_landing(str(folder / "landing"), home, settle_seconds=0)
    now = fingerprint(home, DBT_PROJECT, REPOSITORY / "profiles.yml")
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            "create schema core; create table core.dim_video as select 'v' as video_id; create schema state"
        ).fetchall()
        loads = [(load.source, load.content_id) for load in manifest.every(home) if load.source != "catalog"]
        connection.execute("create table state.built_loads (source varchar, content_id varchar, version varchar)").fetchall()
        connection.executemany("insert into state.built_loads values (?, ?, 'one')", loads)
    state = WarehouseState.begin(str(now), now.code, BuildRequest()).ended(Status.BUILT)
    write_state(home, state)
    publish(home, Provenance(state.build_id, state.fingerprint, state.code_hash, "1.0"))
    return home


@pytest.fixture
def home(sound: Home, tmp_path: Path) -> Home:
    shutil.copytree(sound.root.parent, tmp_path / "copy", symlinks=True)
    return Home(tmp_path / "copy" / "home")


def look(home: Home) -> Diagnosis:
    return diagnose(Environment.read({"AUDIENCE_HOME": str(home.root), "LANDING": str(home.root.parent / "landing")}))


def problems(diagnosis: Diagnosis) -> str:
    return "\n".join(f"{area.name}: {finding.text} -> {finding.remedy}" for area, finding in diagnosis.findings(Severity.PROBLEM))


def files(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in root.rglob("*")}


def test_a_sound_home_has_no_problem_and_is_left_as_it_is(home: Home) -> None:
    before = files(home.root)
    found = look(home)
    assert problems(found) == ""
    assert files(home.root) == before
    lake = next(area for area in found.areas if area.name == "lake")
    assert {row["source"] for row in lake.rows["sources"]} == {"native", "catalog"}
    assert next(area for area in found.areas if area.name == "warehouse").facts["loads not built"] == 0


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = look(Home(tmp_path / "nothing"))
    assert found.is_sound
    assert not (tmp_path / "nothing").exists()
    assert any("make run" in finding.remedy for _, finding in found.findings(Severity.NOTE))


def first(home: Home, pattern: str) -> Path:
    return next(path for path in sorted(home.root.glob(pattern)) if path.name not in ("schema.parquet", "schema.json"))


def rewritten(home: Home, **changes: object) -> None:
    path = first(home, "bronze/_manifests/native/*.json")
    path.write_text(replace(manifest.read(path), **changes).as_json())  # type: ignore[arg-type]


HARM: dict[str, tuple[Harm, str]] = {
    "a torn file": (lambda home: os.truncate(first(home, "bronze/native/*/*.parquet"), 50), r"lake: .*parquet is torn"),
    "a missing file": (lambda home: first(home, "bronze/native/*/*.parquet").unlink(), r"lake: .*parquet is missing"),
    "a torn manifest": (lambda home: os.truncate(first(home, "bronze/_manifests/native/*.json"), 50), r"lake: .*is no manifest"),
    "unbalanced books": (lambda home: rewritten(home, lines=99), r"lake: Load .* lines are not the sum"),
    "a newer shape": (lambda home: rewritten(home, shape_version=99), r"lake: A newer release .*shape 99"),
    "a newer layout": (
        lambda home: (home.bronze / "_layout.json").write_text('{"layout": 2}'),
        r"lake: A newer release .*layout is 2",
    ),
    "an unknown source": (lambda home: rewritten(home, source="holodeck"), r"lake: A newer release .*'holodeck'"),
    "a warehouse of garbage": (lambda home: home.warehouse.write_bytes(b"garbage" * 999), r"warehouse: .*cannot be read"),
    "a torn state": (lambda home: os.truncate(home.root / "warehouse.state.json", 20), r"warehouse: .*state.json is damaged"),
    "a torn snapshot": (
        lambda home: os.truncate(home.published / "marts.1.duckdb", 9000),
        r"snapshot: .*marts.1.duckdb cannot be read",
    ),
    "no snapshot": (lambda home: (home.published / "marts.1.duckdb").unlink(), r"snapshot: .*leads to no snapshot"),
    "garbage for tombstones": (
        lambda home: (home.privacy.mkdir(exist_ok=True), (home.privacy / "tombstones.json").write_text("{")),
        r"privacy: .*tombstones.json cannot be read",
    ),
    "lost tombstones": (
        lambda home: (home.bronze / "_tombstones.txt").write_text("user abc *\n"),
        r"privacy: .*late files would let",
    ),
    "garbage for exports": (
        lambda home: (home.exports.mkdir(), (home.exports / "exports.json").write_text("[]")),
        r"exports: .*exports.json is damaged",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_is_broken_is_named_with_a_remedy_and_hides_nothing_else(home: Home, harm: str) -> None:
    wound, said = HARM[harm]
    wound(home)
    before = files(home.root)
    found = look(home)
    assert re.search(said, problems(found)), problems(found)
    assert all(finding.remedy for _, finding in found.findings(Severity.PROBLEM))
    assert len(found.areas) == 10
    assert not any("could not be examined" in finding.text for _, finding in found.findings(Severity.PROBLEM)), problems(found)
    assert files(home.root) == before


def test_export_files_in_one_format_alone_are_noted(home: Home) -> None:
    home.exports.mkdir()
    (home.exports / "crm_contact.csv").touch()
    file = {"table": "crm_contact", "name": "crm_contact.csv", "bytes": 0}
    (home.exports / "exports.json").write_text(json.dumps({"snapshot": "marts.1.duckdb", "files": [file]}))
    notes = {area.name: finding.text for area, finding in look(home).findings(Severity.NOTE)}
    assert "does not name crm_contact.parquet" in notes["exports"]


def test_an_unfinished_run_is_a_problem_and_a_running_one_is_not(home: Home) -> None:
    state = WarehouseState.begin("f", "c", BuildRequest())
    write_state(home, state)
    assert "did not finish" in problems(look(home))
    home.locks.mkdir(exist_ok=True)
    (home.locks / "warehouse.holder.json").write_text('{"pid": 1, "purpose": "a refresh", "since": "now"}')
    with (home.locks / "warehouse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        found = look(home)
        assert time.monotonic() - began < 30
    assert "warehouse:" not in problems(found)
    assert any("Waiting for a refresh (process 1" in finding.text for _, finding in found.findings(Severity.NOTE))


def test_a_failed_run_of_dagster_is_a_problem(home: Home) -> None:
    folder = home.root / "dagster" / "history"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "runs.db") as history:
        history.execute("create table runs (id integer primary key, run_id, pipeline_name, status, start_time, end_time)")
        history.execute("insert into runs values (1, 'abcdefghij', 'refresh', 'FAILURE', 1.0, 2.0)")
    assert "Dagster's last run (refresh, abcdefgh) failed" in problems(look(home))


def test_the_command_prints_json_without_secrets_and_ends_with_1_where_there_is_a_problem(home: Home) -> None:
    home.warehouse.write_bytes(b"garbage")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", "doctor", "--json"],
        cwd=REPOSITORY,
        env={
            **os.environ, "AUDIENCE_HOME": str(home.root), "LANDING": "memory://zone",
            "AUDIENCE_PRIVACY_KEY": "hidden-key-of-tests", "AUDIENCE_ALERT_WEBHOOK": "https://hidden",
            "AUDIENCE_POSTGRES": "postgresql://u:hidden@db", "AUDIENCE_HOMME": "x",  # pragma: allowlist secret
        },
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert not said["is_sound"]
    assert "hidden" not in done.stdout + done.stderr
    variables = next(area for area in said["areas"] if area["name"] == "environment variables")
    assert variables["facts"]["AUDIENCE_PRIVACY_KEY"] == "set (not shown)"
    assert any("AUDIENCE_HOMME" in finding["text"] for finding in variables["findings"])


def test_every_variable_that_the_code_reads_is_known_to_the_doctor() -> None:
    named = {
        name
        for folder in ("cluster", "ingestion", "orchestration", "serving")
        for path in (REPOSITORY / folder).rglob("*.py")
        for name in re.findall(r'"(AUDIENCE_[A-Z_]+)"', path.read_text())
    }
    read_by_dbt = set(re.findall(r"env_var\('(\w+)'", (REPOSITORY / "profiles.yml").read_text()))
    documented = set(re.findall(r"`(AUDIENCE_[A-Z_]+)`", (REPOSITORY / "docs" / "operations.md").read_text()))
    assert named | read_by_dbt | documented <= {*PLAIN, *SECRET}


def test_a_home_whose_tables_lie_in_spark_is_looked_into_without_a_file_of_duckdb(home: Home) -> None:
    spark = Environment.read(
        {"AUDIENCE_HOME": str(home.root), "LANDING": str(home.root.parent / "landing"), "AUDIENCE_TARGET": "spark"}
    )
    now = fingerprint(home, DBT_PROJECT, REPOSITORY / "profiles.yml", engine=Engine.SPARK)
    write_state(
        home, replace(WarehouseState.begin(str(now), now.code, BuildRequest()), engine=Engine.SPARK, versions={"dbt-spark": "0"})
    )
    home.warehouse.unlink()
    found = diagnose(spark)
    assert "warehouse: The run of" in problems(found)
    assert "could not be examined" not in problems(found)
    facts = next(area for area in found.areas if area.name == "warehouse").facts
    assert (facts["engine"], facts["built with dbt-spark"]) == ("spark", "0")
    assert facts["next run"].startswith("builds ")
