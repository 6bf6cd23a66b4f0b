"""Loading divided among processes: the lake is the one that a single process makes, whoever of them dies."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace

import pytest
from filelock import FileLock, Timeout

from ingestion import bronze
from ingestion.home import Home
from ingestion.lake import sweep
from ingestion.landing import LandedFile, Mark
from ingestion.locking import bronze_lock, loader_lock
from ingestion.spread import SHARE_BYTES, Survey, close_books, divide, load_share, survey
from tests.ingestion.conftest import Lake, event
from tests.ingestion.test_commit import contents

PATIENCE_SECONDS = 120


def fill(lake: Lake) -> None:
    """Files of several sources and days, one of them twice, broken lines among them, and a catalog."""
    for number in range(9):
        lines = [json.dumps(event(f"{number}-{line}", occurred_at=f"2026-10-{line % 3 + 1:02d}T10:00:00Z")) for line in range(20)]
        lake.land(f"native/{number}.ndjson", "\n".join([*lines, "", "nope"]))
    lake.land("native/again.ndjson", (lake.landing / "native" / "3.ndjson").read_bytes())
    lake.land("catalog/videos.json", json.dumps([{"video_id": "v", "title": "One"}]))
    lake.land("xapi/statements.ndjson", json.dumps({"id": "s", "timestamp": "2026-10-01T10:00:00Z", "verb": {"id": "played"}}))


def check_files(lake: Lake) -> None:
    """Once the next run has swept, the lake has the files that its books name and no other."""
    sweep(lake.home)
    named = {lake.home.bronze / name for each in lake.live() for name in each.files}
    assert named == {path for path in lake.home.bronze.rglob("*.parquet") if path.name != "schema.parquet"}


def surveyed(lake: Lake, processes: int) -> Survey:
    return survey(str(lake.landing), lake.home, processes, settle_seconds=0)


def _load(landing, home, share, queue) -> None:
    queue.put(load_share(landing, home, share, loaders_here=3))


def _die(landing, home, share, step) -> None:
    """Load a share and be killed before one of the renames that make it durable."""
    rename, left = os.replace, iter(range(step))

    def fused(*arguments) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(*arguments)

    os.replace = fused
    load_share(landing, home, share, loaders_here=3)


def in_processes(lake: Lake, found: Survey) -> list:
    """The outcomes of shares that are loaded at once."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    children = [context.Process(target=_load, args=(str(lake.landing), lake.home, share, queue)) for share in found.shares]
    for child in children:
        child.start()
    outcomes = [queue.get(timeout=PATIENCE_SECONDS) for _ in children]
    for child in children:
        child.join()
    return outcomes


@pytest.fixture
def expected(lake, tmp_path) -> tuple:
    """What one process makes of the same files."""
    fill(lake)
    alone = Lake(Home(tmp_path / "alone"), lake.landing)
    alone.load()
    return contents(alone)


def test_three_loaders_make_the_lake_that_one_makes_though_one_is_killed(lake, expected):
    found = surveyed(lake, 3)
    assert len(found.shares) == 3
    child = multiprocessing.get_context("spawn").Process(target=_die, args=(str(lake.landing), lake.home, found.shares[0], 2))
    child.start()
    child.join(PATIENCE_SECONDS)
    assert child.exitcode == -signal.SIGKILL
    report = close_books(str(lake.landing), lake.home, found, in_processes(lake, found))
    assert contents(lake) == expected
    check_files(lake)
    assert report.failed == []
    assert report.lines == sum(totals.lines for totals in report.by_source.values())
    assert surveyed(lake, 3).shares == ()


def test_what_a_killed_loader_leaves_the_next_run_loads(lake, expected):
    for step in (0, 3, 5):
        found = surveyed(lake, 1)
        child = multiprocessing.get_context("spawn").Process(
            target=_die, args=(str(lake.landing), lake.home, found.shares[0], step)
        )
        child.start()
        child.join(PATIENCE_SECONDS)
        assert child.exitcode == -signal.SIGKILL
        if step == 3:
            check_files(lake)
    lake.load()
    assert contents(lake) == expected
    check_files(lake)


def test_the_same_bytes_that_two_loaders_read_at_once_count_once(lake, monkeypatch):
    lines = "\n".join(json.dumps(event(number)) for number in range(5))
    lake.land("native/a.ndjson", lines)
    lake.land("native/b.ndjson", lines)
    found = surveyed(lake, 2)
    first, second = found.shares
    shape, nested = bronze.Workbench.shape, []

    def shape_while_the_other_loads(bench, works):
        shaped = shape(bench, works)
        if not nested:
            nested.append(None)
            nested.append(load_share(str(lake.landing), lake.home, second))
        return shaped

    monkeypatch.setattr(bronze.Workbench, "shape", shape_while_the_other_loads)
    outcome = load_share(str(lake.landing), lake.home, first)
    assert nested[1].report.loads == 1
    assert (outcome.report.loads, outcome.report.skipped) == (0, ["native/a.ndjson"])
    assert len(lake.rows()) == 5
    check_files(lake)


def test_nobody_sweeps_while_somebody_loads(lake):
    with loader_lock(lake.home), loader_lock(lake.home), pytest.raises(Timeout):
        FileLock(lake.home.locks / "bronze.lock", timeout=0).acquire()
    with bronze_lock(lake.home):
        pass


def test_shares_are_of_about_the_same_bytes_and_none_is_too_large() -> None:
    def file(number: int, size: int) -> LandedFile:
        return LandedFile(f"native/{number:03d}.ndjson", "native", "ndjson", Mark(size, "v", 0.0))

    files = [file(number, 100 * 2**20) for number in range(30)]
    shares = divide(files, 2)
    assert len(shares) == 3
    assert max(share.size_bytes for share in shares) <= SHARE_BYTES
    assert sorted(each.name for share in shares for each in share.files) == [each.name for each in files]
    large = replace(files[0], mark=Mark(900 * 2**20, "v", 0.0))
    assert [len(share.files) for share in divide([large, *files[1:7]], 2)] == [1, 6]
    assert divide([], 4) == ()
    assert len(divide(files[:1], 4)) == 1
