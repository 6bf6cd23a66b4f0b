"""One writer at a time; whoever comes second waits and is told for whom."""

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from orchestration.lib.locking import WarehouseError, wait_until_writable, warehouse_lock

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def hold(home: Home, held: Event, release: Event) -> None:
    with warehouse_lock(home, "the nightly refresh"):
        held.set()
        release.wait(30)


def test_a_second_run_waits_and_says_for_whom(home: Home) -> None:
    held, release = SPAWN.Event(), SPAWN.Event()
    first = SPAWN.Process(target=hold, args=(home, held, release))
    first.start()
    assert held.wait(30)
    told: list[str] = []
    threading.Timer(0.5, release.set).start()
    began = time.monotonic()
    with warehouse_lock(home, "a refresh", told.append):
        waited = time.monotonic() - began
    first.join()
    assert waited > 0.4
    assert [sentence for sentence in told if "the nightly refresh" in sentence and str(first.pid) in sentence]


def test_a_killed_run_blocks_nobody(home: Home) -> None:
    held, never = SPAWN.Event(), SPAWN.Event()
    first = SPAWN.Process(target=hold, args=(home, held, never))
    first.start()
    assert held.wait(30)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    told: list[str] = []
    with warehouse_lock(home, "a refresh", told.append):
        assert told == []


def keep_open(warehouse: Path, opened: Event, close: Event) -> None:
    with duckdb.connect(warehouse):
        opened.set()
        close.wait(30)


def test_a_program_that_has_the_warehouse_open_is_waited_for(home: Home) -> None:
    opened, close = SPAWN.Event(), SPAWN.Event()
    client = SPAWN.Process(target=keep_open, args=(home.warehouse, opened, close))
    client.start()
    assert opened.wait(30)
    told: list[str] = []
    threading.Timer(0.5, close.set).start()
    wait_until_writable(home.warehouse, told.append, poll_seconds=0.1)
    client.join()
    assert len(told) == 1
    assert str(client.pid) in told[0]


def test_a_damaged_warehouse_is_set_aside_and_told_and_not_waited_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "a clock with a lock")
    home.root.mkdir()
    home.warehouse.write_text("not a database " * 1000)
    told: list[str] = []
    wait_until_writable(home.warehouse, told.append)
    assert not home.warehouse.exists()
    assert [path.name for path in home.root.iterdir()] == ["warehouse.duckdb.damaged"]
    assert "warehouse.duckdb.damaged" in told[0]


def test_a_warehouse_that_cannot_be_opened_for_another_reason_is_an_error_and_stays(home: Home) -> None:
    home.warehouse.mkdir()
    with pytest.raises(WarehouseError):
        wait_until_writable(home.warehouse)
    assert home.warehouse.exists()
