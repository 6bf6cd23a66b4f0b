"""`make run`, as a person sees it: what it says, what it publishes, and what a crash does not break. In this order."""

import os
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from orchestration.headlines import read_headlines
from orchestration.lib.state import Status, read_state
from serving.generations import current_snapshot
from tests.orchestration.conftest import Start, finish

NOTHING_NEW_SECONDS = 15


@pytest.fixture(scope="module")
def home(landing: Path) -> Home:
    return Home(landing.parent / "home")


@pytest.fixture(scope="module")
def first_run(start: Start) -> str:
    return finish(start("refresh"))


def generation(home: Home) -> int:
    path = current_snapshot(home)
    assert path is not None
    return int(path.name.split(".")[1])


def views(home: Home) -> int:
    headlines = read_headlines(home)
    assert headlines is not None
    return headlines.views


def test_a_first_run_publishes_and_tells_the_headlines(first_run: str, home: Home) -> None:
    assert "Done:" in first_run
    headlines = read_headlines(home)
    assert headlines is not None
    assert headlines.views > 0
    for label, value in headlines.labelled():
        assert label in first_run
        assert value in first_run


def test_every_source_is_told_with_books_that_balance(first_run: str, home: Home) -> None:
    with duckdb.connect() as connection:
        ((lines, outcomes),) = connection.execute(
            "select sum(lines), sum(accepted + rejected + blank + erased) from read_json(?) where status = 'loaded'",
            [f"{home.manifests}/*/*.json"],
        ).fetchall()
    assert lines == outcomes
    assert "native" in first_run
    assert "catalog" in first_run


def test_a_run_with_nothing_new_says_so_and_ends_quickly(first_run: str, start: Start, home: Home) -> None:
    before = generation(home)
    began = time.monotonic()
    output = finish(start("refresh"))
    assert "Nothing new" in output
    assert time.monotonic() - began < NOTHING_NEW_SECONDS
    assert generation(home) == before


def wait_for(process: "subprocess.Popen[str]", home: Home, status: Status) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        state = read_state(home)
        if state is not None and state.status is status:
            return
        time.sleep(0.02)
    raise AssertionError(f"never {status}: {process.communicate()[0]}")


def test_a_killed_run_leaves_the_snapshot_and_is_resumed(first_run: str, start: Start, home: Home, landing: Path) -> None:
    before, known = generation(home), views(home)
    (landing.parent / "late").rename(landing / "native" / "2026-10-03")
    killed = start("refresh")
    wait_for(killed, home, Status.BUILDING)
    time.sleep(2)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert (generation(home), views(home)) == (before, known)
    output = finish(start("refresh"))
    assert "was not finished" in output
    assert generation(home) == before + 1
    assert views(home) > known


def test_a_build_that_was_not_published_is_published_without_building_again(first_run: str, start: Start, home: Home) -> None:
    before = generation(home)
    (home.published / "marts.duckdb").unlink()
    (home.published / f"marts.{before}.duckdb").unlink()
    output = finish(start("refresh"))
    assert "Built" not in output
    assert views(home) > 0


def test_of_two_runs_at_once_the_second_waits(first_run: str, start: Start, home: Home) -> None:
    before = generation(home)
    first = start("backfill", "2026-10-01", "2026-10-02")
    wait_for(first, home, Status.BUILDING)
    second = start("refresh")
    assert "a backfill is asked for" in finish(first)
    output = finish(second)
    assert f"process {first.pid}" in output
    assert "Nothing new" in output
    assert generation(home) == before + 1


@pytest.mark.parametrize("dates", [("2026-10-02", "2026-10-01"), ("yesterday", "today")])
def test_a_backfill_over_no_range_is_refused(start: Start, dates: tuple[str, str]) -> None:
    process = start("backfill", *dates)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in output
