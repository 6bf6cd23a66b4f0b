"""Homes of earlier and later releases: what is the lake's is kept or refused, what is computed is computed anew."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingestion import erasure, manifest, sources
from ingestion.compact import compact
from ingestion.home import Home
from ingestion.layout import NewerLakeError
from ingestion.load import load_landing
from ingestion.replay import replay
from ingestion.simulator import simulate
from orchestration.lib import state as states
from orchestration.lib.dbt import drop_strangers
from orchestration.lib.environment import DBT_PROJECT, Environment
from orchestration.lib.fingerprint import fingerprint
from orchestration.lib.locking import WarehouseError, warehouse_lock
from orchestration.lib.state import BuildRequest, Status, WarehouseState, read_state, state_path, write_state
from orchestration.refresh import make_plan
from serving.generations import current_snapshot
from serving.publication import Provenance, read_provenance
from serving.publish import publish
from tests.orchestration.conftest import REPOSITORY

WRITERS: dict[str, Callable[[Home], object]] = {
    "load": lambda home: load_landing(str(home.root.parent / "landing"), home, settle_seconds=0),
    "replay": replay,
    "compact": compact,
    "erase": erasure.erase,
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    simulate(tmp_path / "landing", events=200, days=1, start=date(2026, 10, 1), seed=2)
    found = Home(tmp_path / "home")
    load_landing(str(tmp_path / "landing"), found, settle_seconds=0)
    return found


def environment(home: Home) -> Environment:
    return Environment.read({"AUDIENCE_HOME": str(home.root)})


def bytes_of(home: Home) -> dict[str, str]:
    """Digests of all files but for the locks, which hold nothing: whoever waits for one leaves it."""
    files = [path for path in home.root.rglob("*") if path.is_file() and path.parent != home.locks]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def built(home: Home, **changes: object) -> WarehouseState:
    """A warehouse that says it was built by today's code from today's lake, but for the changes."""
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            "create schema if not exists core; create or replace table core.dim_video as select 1 as video_id"
        ).fetchall()
    now = fingerprint(home, DBT_PROJECT, REPOSITORY / "profiles.yml")
    state = replace(WarehouseState.begin(str(now), now.code, BuildRequest()).ended(Status.BUILT), **changes)  # type: ignore[arg-type]
    write_state(home, state)
    return state


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("newer", ["shape", "source", "layout"])
def test_a_lake_of_a_newer_release_is_refused_and_not_touched(home: Home, writer: str, newer: str) -> None:
    path = next(home.manifests.glob("native/*.json"))
    if newer == "layout":
        (home.bronze / "_layout.json").write_text('{"layout": 2}\n')
    else:
        load = manifest.read(path)
        path.write_text(replace(load, **({"shape_version": 99} if newer == "shape" else {"source": "holodeck"})).as_json())
    # A newer release may keep files that this one does not know: they are no rests.
    (home.bronze / "native" / "of-a-newer-release.parquet").write_bytes(b"")
    before = bytes_of(home)
    with pytest.raises(NewerLakeError, match=r"newer release.*make restore"):
        WRITERS[writer](home)
    assert bytes_of(home) == before


@pytest.fixture
def earlier_native(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Native as a release before `country` was a field of the envelope shaped it; call what is given to return to today."""
    from ingestion.sources import native

    today = native.SOURCE
    earlier = replace(today, shape_version=1, fields=tuple(field for field in today.fields if field.name != "country"))
    monkeypatch.setattr(native, "SOURCE", earlier)
    sources.registered.cache_clear()

    def come_back() -> None:
        monkeypatch.setattr(native, "SOURCE", today)
        sources.registered.cache_clear()

    yield come_back
    come_back()


def countries(home: Home) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(
            """
            select event_id, country, extra from read_parquet(?, union_by_name = true)
            where load_id in (select load_id from read_json(?) where status = 'loaded') order by all
            """,
            [f"{home.bronze}/native/*/*.parquet", f"{home.manifests}/native/*.json"],
        ).fetchall()


@pytest.mark.parametrize("is_landed", [True, False])
def test_a_new_field_of_the_envelope_on_an_existing_lake(
    tmp_path: Path, earlier_native: Callable[[], None], is_landed: bool
) -> None:
    landing = tmp_path / "landing"
    simulate(landing, events=200, days=1, start=date(2026, 10, 1), seed=2)
    home, fresh = Home(tmp_path / "home"), Home(tmp_path / "fresh")
    load_landing(str(landing), home, settle_seconds=0)
    earlier_native()
    load_landing(str(landing), fresh, settle_seconds=0)
    load_landing(str(landing if is_landed else tmp_path / "nothing"), home, settle_seconds=0)
    wanted = countries(fresh)
    assert any(country for _, country, _ in wanted)
    if is_landed:
        assert countries(home) == wanted
    else:
        # Nothing is lost where the logs are gone: the value stays where unknown keys are kept.
        kept = [(event, country or json.loads(extra or "{}").get("country")) for event, country, extra in countries(home)]
        assert kept == [(event, country) for event, country, _ in wanted]


def test_other_versions_of_the_engines_compute_everything_again_and_say_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    built(home)
    assert make_plan(environment(home), BuildRequest()).reason is None
    installed = states.version
    monkeypatch.setattr(states, "version", lambda package: "2.1.0" if package == "duckdb" else installed(package))
    plan = make_plan(environment(home), BuildRequest())
    assert plan.request.full_refresh
    assert plan.reason is not None
    assert "duckdb is 2.1.0, was 2.0.0" in plan.reason


@pytest.mark.parametrize("status", [Status.BUILDING, Status.PARTIAL, Status.BUILT])
def test_other_models_never_add_to_tables_of_before(home: Home, status: Status) -> None:
    built(home, code_hash="another", status=status)
    assert make_plan(environment(home), BuildRequest()).request.full_refresh
    dates = BuildRequest(backfill_from=date(2026, 10, 1), backfill_to=date(2026, 10, 1))
    assert make_plan(environment(home), dates).request.full_refresh


def test_a_state_of_a_later_release_is_understood(home: Home) -> None:
    state = built(home)
    record = json.loads(state_path(home).read_text())
    state_path(home).write_text(json.dumps({**record, "something": {"new": 1}}))
    assert read_state(home) == state


@pytest.mark.parametrize("said", ['{"status": "bui', "[]", '{"status": "dreaming"}', None])
def test_where_nobody_knows_what_the_warehouse_is_everything_is_computed_again(home: Home, said: str | None) -> None:
    built(home)
    if said is None:
        state_path(home).unlink()
    else:
        state_path(home).write_text(said)
    plan = make_plan(environment(home), BuildRequest())
    assert plan.request.full_refresh
    assert plan.reason == "nobody knows what the warehouse was built from"


def newer_storage(path: Path) -> None:
    """The number of the storage's version, 8 bytes from the twelfth on, as a later DuckDB would write it."""
    content = bytearray(path.read_bytes())
    content[12:20] = (9_999).to_bytes(8, "little")
    path.write_bytes(bytes(content))


HARM: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"garbage" * 999),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:9_000]),
    "newer": newer_storage,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_warehouse_that_this_duckdb_cannot_read_is_made_anew(home: Home, harm: str) -> None:
    built(home)
    HARM[harm](home.warehouse)
    told: list[str] = []
    with warehouse_lock(home, "a test", told.append):
        assert not home.warehouse.exists()
        assert make_plan(environment(home), BuildRequest()).reason == "there is no warehouse yet"
    assert "made anew from the lake" in told[0]


def test_a_warehouse_that_another_program_has_open_is_kept_whatever_its_folder_is_called(tmp_path: Path) -> None:
    home = Home(tmp_path / "corrupt checksum")
    home.root.mkdir()
    duckdb.connect(home.warehouse).close()
    script = f"import duckdb, sys; c = duckdb.connect({str(home.warehouse)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"

        def let_go(reason: str) -> None:
            assert "close warehouse.duckdb" in reason
            assert home.warehouse.exists()
            other.communicate()

        with warehouse_lock(home, "a test", let_go):
            assert home.warehouse.exists()


def test_a_warehouse_that_cannot_be_opened_for_another_reason_is_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    built(home)

    def refuse(path: Path) -> None:
        raise duckdb.IOException(f'IO Error: Cannot open file "{path}": Permission denied')

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(WarehouseError, match="Permission denied"), warehouse_lock(home, "a test"):
        pass
    assert home.warehouse.exists()


@pytest.mark.parametrize("harm", HARM)
def test_a_snapshot_that_cannot_be_read_gives_way_to_the_next(home: Home, harm: str) -> None:
    state = built(home)
    provenance = Provenance(state.build_id, state.fingerprint, state.code_hash, "1.0")
    publish(home, provenance)
    broken = current_snapshot(home)
    assert broken is not None
    HARM[harm](broken)
    assert read_provenance(home) is None
    assert make_plan(environment(home), BuildRequest()).must_publish
    assert publish(home, provenance).generation == 2
    assert read_provenance(home) == provenance


def test_a_model_that_is_gone_leaves_warehouse_and_snapshot(home: Home, tmp_path: Path) -> None:
    state = built(home)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            'create table core.dim_gone as select 1 as a; create view core."of gone" as from core.dim_gone'
        ).fetchall()
    provenance = Provenance(state.build_id, state.fingerprint, state.code_hash, "1.0")
    assert {table.name for table in publish(home, provenance).tables} == {"dim_video", "dim_gone", "of gone"}
    known = tmp_path / "manifest.json"
    node = {"schema": "core", "alias": "dim_video", "name": "dim_video"}
    known.write_text(json.dumps({"nodes": {"model.a.dim_video": node}, "sources": {}}))
    assert drop_strangers(home.warehouse, known) == ["core.of gone", "core.dim_gone"]
    assert {table.name for table in publish(home, provenance).tables} == {"dim_video"}
