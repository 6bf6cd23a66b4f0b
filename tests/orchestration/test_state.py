"""A build's record survives a crash, and what it was asked for is not forgotten."""

from datetime import date
from pathlib import Path

import pytest

from ingestion.home import Home
from orchestration.lib.state import BuildRequest, Status, WarehouseState, read_state, state_path, write_state

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


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"status": "built"}', b'{"status": "odd", "request": {}}'])
def test_a_state_that_cannot_be_read_is_an_unfinished_build_that_owes_everything(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.warehouse.touch()
    state_path(home).write_bytes(content)
    state = read_state(home)
    assert state is not None
    assert (state.status, state.request) == (Status.BUILDING, BuildRequest(full_refresh=True))
