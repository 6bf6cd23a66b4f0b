"""A build's record survives a crash, and what it was asked for is not forgotten."""

from datetime import date
from pathlib import Path

import pytest

from ingestion.home import Home
from orchestration.lib.environment import DBT_PROJECT, PROFILES, Engine, Environment, TargetError
from orchestration.lib.fingerprint import fingerprint
from orchestration.lib.state import BuildRequest, Status, WarehouseState, read_state, state_path, write_state
from orchestration.refresh import make_plan

OCTOBER = BuildRequest(backfill_from=date(2026, 10, 1), backfill_to=date(2026, 10, 31))


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.warehouse.touch()
    state = WarehouseState.begin("loads:code", "code", OCTOBER)
    write_state(home, state)
    assert read_state(home) == state
    write_state(home, state.ended(Status.BUILT))
    assert read_state(home) == state.ended(Status.BUILT)


def test_a_state_without_its_warehouse_is_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_state(home, WarehouseState.begin("loads:code", "code", BuildRequest()))
    assert read_state(home) is None


def test_a_run_after_a_killed_one_owes_both_requests() -> None:
    november = BuildRequest(full_refresh=True, backfill_from=date(2026, 11, 1), backfill_to=date(2026, 11, 2))
    assert november.including(OCTOBER) == BuildRequest(True, date(2026, 10, 1), date(2026, 11, 2))
    assert BuildRequest().including(OCTOBER) == OCTOBER


def test_a_backfill_has_two_dates_in_order() -> None:
    with pytest.raises(ValueError, match="both"):
        BuildRequest(backfill_from=date(2026, 10, 1))
    with pytest.raises(ValueError, match="after its last"):
        BuildRequest(backfill_from=date(2026, 10, 2), backfill_to=date(2026, 10, 1))


def test_a_plain_request_adds_nothing_to_the_command() -> None:
    assert BuildRequest().arguments() == []
    assert OCTOBER.arguments() == ["--vars", '{"backfill_from": "2026-10-01", "backfill_to": "2026-10-31"}']


def test_a_state_of_spark_needs_no_file_of_duckdb(tmp_path: Path) -> None:
    home = Home(tmp_path)
    state = WarehouseState.begin("loads:code", "code", BuildRequest(), Engine.SPARK)
    write_state(home, state)
    assert read_state(home) == state


@pytest.mark.parametrize(("built_by", "target"), [(Engine.SPARK, "dev"), (Engine.DUCKDB, "spark")])
def test_a_home_that_the_other_engine_built_is_built_in_full(tmp_path: Path, built_by: Engine, target: str) -> None:
    home = Home(tmp_path)
    home.warehouse.touch()
    environment = Environment(home, str(home.landing), True, target)
    now = fingerprint(home, DBT_PROJECT, PROFILES, engine=environment.engine)
    write_state(home, WarehouseState.begin(str(now), now.code, BuildRequest(), built_by).ended(Status.BUILT))
    plan = make_plan(environment, BuildRequest())
    assert plan.request.full_refresh
    assert plan.reason == f"the last build was on {built_by}, this one is on {environment.engine}"
    write_state(home, WarehouseState.begin(str(now), now.code, BuildRequest(), environment.engine).ended(Status.BUILT))
    assert make_plan(environment, BuildRequest()).reason is None


def test_a_target_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"'sparc'.* dev, ci, spark"):
        _ = Environment(Home(tmp_path), "", True, "sparc").engine


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"status": "built"}', b'{"status": "odd", "request": {}}'])
def test_a_warehouse_whose_record_cannot_be_read_is_built_in_full(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.warehouse.touch()
    state_path(home).write_bytes(content)
    assert read_state(home) is None
    plan = make_plan(Environment(home, str(home.landing), True, "dev"), BuildRequest())
    assert plan.request.full_refresh
    assert plan.reason == "nobody knows what the warehouse was built from"
