"""What Dagster shows and runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from ingestion import tombstones
from ingestion.home import Home
from ingestion.sources import registered
from ingestion.tombstones import Identifier, Kind
from orchestration.lib.environment import Environment
from orchestration.lib.resources import AudienceResource
from orchestration.lib.state import Status, read_state
from orchestration.privacy import owed
from serving.generations import current_snapshot
from serving.publish import SCHEMAS


@pytest.fixture(scope="module")
def home(landing: Path) -> Home:
    return Home(landing.parent / "dagster home")


@pytest.fixture(scope="module")
def definitions(landing: Path, home: Home) -> Iterator[dg.Definitions]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIENCE_HOME", str(home.root))
        patch.setenv("LANDING", str(landing))
        patch.setenv("AUDIENCE_TARGET", "dev")
        # Imported here: loading definitions parses the dbt project into the home.
        from orchestration.definitions import defs

        yield defs()


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    # In memory: on disk, every event of the 400 planned assets and checks is a transaction of its own.
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="module")
def first_run(definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return definitions.resolve_job_def("refresh").execute_in_process(instance=instance)


def rows(snapshot: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(snapshot, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}


def test_every_source_every_mart_and_the_snapshot_is_an_asset(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {f"bronze/{source}" for source in (*registered(), "catalog")} <= keys
    assert {"core/fct_view", "kpis/kpi_video_daily", "published/marts", "published/crm_files", "published/dashboard"} <= keys


def test_groups_are_the_layers(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    nodes = {key: graph.get(key) for key in graph.get_all_asset_keys()}
    assert all(node.group_name == key.path[0] for key, node in nodes.items())
    assert {"bronze", "staging", "events", "intermediate", "core", "published"} <= {node.group_name for node in nodes.values()}


def test_a_clock_and_the_landing_zone_start_the_refresh(definitions: dg.Definitions) -> None:
    assert definitions.resolve_schedule_def("daily_refresh").job_name == "refresh"
    assert definitions.resolve_sensor_def("landing_sensor").job_name == "refresh"


def test_the_job_runs_from_landing_to_snapshot(first_run: dg.ExecuteInProcessResult, home: Home) -> None:
    assert first_run.success
    names = materialized(first_run)
    assert {"bronze/native", "events/events", "core/fct_view", "published/marts"} <= names
    state = read_state(home)
    assert state is not None
    assert state.status is Status.BUILT
    snapshot = current_snapshot(home)
    assert snapshot is not None
    books = json.loads((home.exports / "exports.json").read_text())
    assert books["snapshot"] == snapshot.name
    assert {"crm_contact.csv", "crm_activity.parquet"} <= {file["name"] for file in books["files"]}


def test_the_books_and_the_data_tests_are_checks(first_run: dg.ExecuteInProcessResult) -> None:
    checks = first_run.get_asset_check_evaluations()
    assert {check.asset_key.to_user_string() for check in checks if check.check_name == "ledger"} >= {
        "bronze/native",
        "bronze/catalog",
    }
    assert any(check.asset_key.path[0] in SCHEMAS for check in checks)
    assert all(check.passed for check in checks if check.severity is dg.AssetCheckSeverity.ERROR)


def test_a_person_sees_rows_reasons_and_a_preview(first_run: dg.ExecuteInProcessResult) -> None:
    events = {
        event.asset_key.to_user_string(): event for event in first_run.get_asset_materialization_events() if event.asset_key
    }
    shown = events["bronze/native"].materialization.metadata
    assert {"dagster/row_count", "preview", "rejected_by_reason", "seconds"} <= shown.keys()
    assert {"headlines", "tables", "path"} <= events["published/marts"].materialization.metadata.keys()


def test_a_run_with_nothing_new_builds_nothing(
    first_run: dg.ExecuteInProcessResult, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    result = definitions.resolve_job_def("refresh").execute_in_process(instance=instance)
    assert result.success
    assert {name.split("/")[0] for name in materialized(result)} == {"bronze"}


def test_sensor_and_schedule_ask_for_a_run_when_there_is_something_to_do(
    first_run: dg.ExecuteInProcessResult, definitions: dg.Definitions, instance: dg.DagsterInstance, landing: Path
) -> None:
    sensor = definitions.resolve_sensor_def("landing_sensor")
    schedule = definitions.resolve_schedule_def("daily_refresh")
    repository = definitions.get_repository_def()
    resources = {"audience": AudienceResource.of(Environment.read())}

    def ticks() -> tuple[list[str | None], int]:
        with dg.build_sensor_context(instance=instance, repository_def=repository, resources=resources) as context:
            seen = sensor.evaluate_tick(context).run_requests or []
        with dg.build_schedule_context(instance=instance, repository_def=repository, resources=resources) as context:
            due = schedule.evaluate_tick(context).run_requests or []
        return [request.run_key for request in seen], len(due)

    assert ticks() == ([], 0)
    (landing.parent / "late").rename(landing / "native" / "2026-10-03")
    (first,), due = ticks()
    assert due == 1
    assert ticks() == ([first], 1)


def test_a_selection_is_not_published_and_the_next_run_completes_it_and_carries_out_an_erasure_that_is_owed(
    first_run: dg.ExecuteInProcessResult, definitions: dg.Definitions, instance: dg.DagsterInstance, home: Home
) -> None:
    job = definitions.resolve_job_def("backfill")
    dates = {"first_date": "2026-10-01", "last_date": "2026-10-01"}
    before = current_snapshot(home)
    selection = [dg.AssetKey(["core", "dim_date"])]
    assert job.execute_in_process(instance=instance, run_config=dates, asset_selection=selection).success
    assert current_snapshot(home) == before
    state = read_state(home)
    assert state is not None
    assert state.status is Status.PARTIAL
    # As after the restore of a backup that is older than an erasure: the tombstones are there, and the lake has not seen them.
    assert before is not None
    (person,) = rows(before, "select max(user_id) from core.dim_viewer")[0]
    tombstones.bury(home, "erasure-1", [Identifier(Kind.USER, person)])
    # Everything is built anew: a part of it would leave nothing to read.
    assert not job.execute_in_process(
        instance=instance, run_config=dates, asset_selection=selection, raise_on_error=False
    ).success
    assert home.warehouse.exists()
    assert job.execute_in_process(instance=instance, run_config=dates).success
    after = current_snapshot(home)
    assert after not in (None, before)
    assert rows(after, f"from core.dim_viewer where user_id = '{person}'") == []
    assert rows(after, "from _meta.published_column where personal = 'undeclared'") == []
    assert not before.exists()
    assert not owed.is_owed(home)


def test_the_backfill_job_asks_for_its_two_dates(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError):
        definitions.resolve_job_def("backfill").execute_in_process(instance=instance, run_config={})
