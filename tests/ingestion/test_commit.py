"""Atomicity: crashes anywhere, replays, new shapes, compaction, two runs at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from ingestion import durable, journal, manifest, sources
from ingestion.compact import compact
from ingestion.lake import sweep
from ingestion.load import load_landing
from ingestion.replay import replay
from ingestion.sources import registered
from tests.ingestion.conftest import Lake, event


class Died(BaseException):
    """Nothing in the product catches it, as nothing catches a kill."""


class Fuse:
    """Lets a number of durable steps pass, then stops everything before or after one."""

    def __init__(self, monkeypatch) -> None:
        self.left = None
        self.count = 0
        steps = {"replace": os.replace, "rename": os.rename, "fsync": lambda descriptor: None}
        for name, step in steps.items():
            monkeypatch.setattr(os, name, self.wrapped(step))

    def wrapped(self, step):
        def fused(*arguments, **options):
            self.count += 1
            if self.left is not None:
                self.left -= 1
                if self.left < 0:
                    raise Died
            return step(*arguments, **options)

        return fused


@pytest.fixture
def fuse(monkeypatch) -> Fuse:
    return Fuse(monkeypatch)


def contents(lake: Lake) -> tuple:
    """What a reader sees, without the times of loading."""
    rows = lake.query("select * exclude (load_id), load_id[:8] as load from native order by load_id, line_number")
    rejects = lake.query("select load_id, line_number, reason from quarantine order by all")
    books = sorted(
        (each.load_id, each.content_id, each.status, each.accepted, each.rejected, each.rows_by_date) for each in lake.live()
    )
    return rows, rejects, books


def check_books(lake: Lake) -> None:
    """Every line of every live load is where its manifest says, once; nothing else is left once the next run has swept."""
    sweep(lake.home)
    rows = {
        row["load_id"]: (row["n"], row["d"])
        for row in lake.query("select load_id, count(*) n, count(distinct line_number) d from native group by 1")
    }
    rejects = {row["load_id"]: row["n"] for row in lake.query("select load_id, count(*) as n from quarantine group by 1")}
    for each in lake.live():
        assert each.balances
        assert rows.get(each.load_id, (0, 0)) == (each.accepted, each.accepted)
        assert rejects.get(each.load_id, 0) == each.rejected
        assert sum(one.rows for one in each.rows_by_date) == each.accepted
    named = {lake.home.bronze / name for each in lake.live() for name in each.files}
    assert named == {path for path in lake.home.bronze.rglob("*.parquet") if path.name != "schema.parquet"}


def crash_everywhere(lake: Lake, fuse: Fuse, prepare, act) -> None:
    """Run `act` on fresh copies of a prepared home, killed before every durable step in turn, then once more: always the same lake."""
    lake.load()
    prepare(lake)
    fresh = lake.home.root.with_name("fresh")
    shutil.copytree(lake.home.root, fresh) if lake.home.root.exists() else fresh.mkdir()
    fuse.count = 0
    act(lake)
    steps, expected = fuse.count, contents(lake)
    check_books(lake)
    assert steps > 3
    for step in range(steps):
        shutil.rmtree(lake.home.root)
        shutil.copytree(fresh, lake.home.root)
        fuse.left = step
        with pytest.raises(Died):
            act(lake)
        fuse.left = None
        act(lake)
        assert contents(lake) == expected, f"after a crash before durable step {step}"
        check_books(lake)


def test_a_load_that_dies_anywhere_is_as_if_it_had_not(lake, fuse):
    def prepare(lake):
        lines = [event(1), event(2, occurred_at="2026-10-06T00:00:00Z")]
        lake.land("native/a.ndjson", "\n".join(map(json.dumps, lines)) + "\nnope\n\n")
        lake.land("native/b.ndjson", json.dumps(event(3)))

    crash_everywhere(lake, fuse, prepare, lambda lake: lake.load())


def tolerate_words(monkeypatch) -> None:
    """Today's rules read a line that yesterday's could not: `nope`."""
    old = registered()["native"]
    readable = '{"event_id":"fixed","occurred_at":1791201600}'
    fixed = f"case when trim(line, chr(10)) = 'nope' then '{readable}' else line end"
    monkeypatch.setitem(registered(), "native", replace(old, line_sql=fixed))


def test_a_replay_moves_what_is_readable_now_and_dies_safely(lake, fuse, monkeypatch):
    def prepare(lake):
        lake.land("native/a.ndjson", json.dumps(event(1)) + "\nnope\n[1]\nnope\n")
        lake.load()
        tolerate_words(monkeypatch)

    def act(lake):
        replay(lake.home)

    crash_everywhere(lake, fuse, prepare, act)
    (load,) = lake.live()
    assert (load.accepted, load.rejected, load.content_id) == (3, 1, f"{load.load_id}:1")
    assert {row["line_number"]: row["event_id"] for row in lake.rows()} == {1: "1", 2: "fixed", 4: "fixed"}
    assert lake.reasons() == {3: "not_an_object"}
    assert replay(lake.home).loads == []
    assert lake.live() == [load]
    assert lake.load().loads == 0


def test_a_replay_keeps_to_the_loads_it_is_given(lake, monkeypatch):
    lake.land("native/a.ndjson", "nope\n")
    lake.land("native/b.ndjson", "nope\n\n")
    lake.load()
    tolerate_words(monkeypatch)
    one, other = (each.load_id for each in lake.live())
    assert replay(lake.home, load_ids=[other]).loads == [other]
    assert replay(lake.home, sources=["xapi"]).loads == []
    assert replay(lake.home).loads == [one]
    with pytest.raises(ValueError, match="unknown source"):
        replay(lake.home, sources=["nothing"])


def test_a_new_shape_takes_the_place_of_the_old_and_dies_safely(lake, fuse, monkeypatch):
    def prepare(lake):
        lake.land("native/a.ndjson", json.dumps(event(1)) + "\nnope\n")
        lake.load()
        tolerate_words(monkeypatch)
        monkeypatch.setitem(registered(), "native", replace(registered()["native"], shape_version=99))

    crash_everywhere(lake, fuse, prepare, lambda lake: lake.load())
    (load,) = lake.live()
    assert (load.shape_version, load.accepted) == (99, 2)
    (old,) = (each for each in manifest.every(lake.home) if each.status == manifest.SUPERSEDED)
    assert (old.superseded_by, old.files) == (load.load_id, ())


def test_compaction_merges_files_and_nothing_else_and_dies_safely(lake, fuse):
    def prepare(lake):
        for number in range(3):
            lines = [event(f"{number}-a"), event(f"{number}-b", occurred_at="2026-10-06T00:00:00Z")]
            lake.land(f"native/{number}.ndjson", "\n".join(map(json.dumps, lines)))
            lake.load()

    crash_everywhere(lake, fuse, prepare, lambda lake: compact(lake.home, min_files=2))
    assert len({name for each in lake.live() for name in each.files}) == 2
    lake.land("native/4.ndjson", json.dumps(event("new")))
    lake.load()
    before = contents(lake)
    report = compact(lake.home, min_files=2)
    assert (report.dates, report.files_before, report.files_after) == (["native/event_date=2026-10-05"], 2, 1)
    assert contents(lake) == before
    check_books(lake)


def test_compaction_leaves_dates_with_few_files_and_drops_rows_of_dead_loads(lake, monkeypatch):
    for number in range(3):
        lake.land(f"native/{number}.ndjson", json.dumps(event(number)))
        lake.load()
    assert compact(lake.home).dates == []
    assert compact(lake.home, min_files=3).files_before == 3
    monkeypatch.setitem(registered(), "native", replace(registered()["native"], shape_version=99))
    lake.load()
    compact(lake.home, min_files=2)
    lake.load()
    check_books(lake)
    assert len(lake.rows()) == 3


def test_a_load_can_be_replayed_after_a_compaction(lake, monkeypatch):
    for number in range(2):
        lake.land(f"native/{number}.ndjson", json.dumps(event(number)) + "\nnope\n")
        lake.load()
    compact(lake.home, min_files=2)
    tolerate_words(monkeypatch)
    replay(lake.home)
    compact(lake.home, min_files=2)
    check_books(lake)
    assert Counter(row["event_id"] for row in lake.rows()) == {"0": 1, "1": 1, "fixed": 2}


def test_a_lake_of_an_older_release_gets_the_columns_that_it_lacks(lake, monkeypatch, fuse):
    today = registered()["native"]
    narrower = tuple(field for field in today.fields if field.name != "reported_watch_seconds")

    def prepare(lake):
        monkeypatch.setitem(registered(), "native", replace(today, fields=narrower, shape_version=1))
        for number in range(2):
            lake.land(f"native/{number}.ndjson", json.dumps(event(number)))
            lake.load()
        # these files left the landing zone long ago: nobody can load them anew
        shutil.rmtree(lake.landing)
        monkeypatch.setitem(registered(), "native", today)
        lake.land("native/new.ndjson", json.dumps(event("new", reported_watch_seconds=7)))

    crash_everywhere(lake, fuse, prepare, lambda lake: lake.load())
    found = {row["event_id"]: row["reported_watch_seconds"] for row in lake.query("from native")}
    assert found == {"0": None, "1": None, "new": 7}
    check_books(lake)


def test_orphans_are_swept_and_foreign_files_of_a_reader_are_not(lake):
    lake.land("native/a.ndjson", json.dumps(event(1)))
    lake.load()
    live = next(lake.home.bronze.glob("native/*/*.0.parquet"))
    orphan = live.with_name("0" * 32 + ".0.parquet")
    shutil.copy(live, orphan)
    (lake.home.staging / "half").mkdir(parents=True)
    (lake.home.staging / "half" / "made.parquet").write_bytes(b"x")
    report = lake.load()
    assert (report.swept, orphan.exists(), live.exists()) == (2, False, True)


def test_rows_of_a_loader_that_died_are_gone_before_another_commits(lake):
    lake.land("native/a.ndjson", json.dumps(event(1)))
    lake.load()
    live = next(lake.home.bronze.glob("native/*/*.0.parquet"))
    orphan = live.with_name("0" * 32 + ".0.parquet")
    shutil.copy(live, orphan)
    with journal.committing(lake.home):
        assert orphan.exists(), "nobody died: it may be a reader's"
    (lake.home.locks / "commit.unfinished").touch()
    with journal.committing(lake.home):
        assert (orphan.exists(), live.exists()) == (False, True)
    check_books(lake)


@pytest.mark.parametrize("move", [compact, replay])
def test_whoever_moves_rows_between_files_waits_for_the_build_at_work(lake, move):
    lake.land("native/a.ndjson", json.dumps(event(1)))
    lake.load()
    done = threading.Event()
    with FileLock(lake.home.locks / "warehouse.lock"):
        mover = threading.Thread(target=lambda: (move(lake.home), done.set()))
        mover.start()
        assert not done.wait(0.5)
    assert done.wait(60)
    mover.join()


def _load_in_child(landing: str, home, queue) -> None:
    queue.put(load_landing(landing, home, settle_seconds=0.0).loads)


def test_a_second_run_waits_and_finds_nothing_left_to_do(lake):
    lake.land("native/a.ndjson", "\n".join(json.dumps(event(n)) for n in range(2000)))
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    children = [context.Process(target=_load_in_child, args=(str(lake.landing), lake.home, queue)) for _ in range(2)]
    for child in children:
        child.start()
    assert sorted(queue.get(timeout=60) for _ in children) == [0, 1]
    for child in children:
        child.join()
    check_books(lake)


def _die_in_child(landing: str, home) -> None:
    def kill(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    durable.publish = kill
    load_landing(landing, home, settle_seconds=0.0)


def test_a_killed_run_lets_go_of_the_lock(lake):
    lake.land("native/a.ndjson", json.dumps(event(1)))
    child = multiprocessing.get_context("spawn").Process(target=_die_in_child, args=(str(lake.landing), lake.home))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert lake.load().loads == 1
    check_books(lake)


def test_a_manifest_that_does_not_balance_is_never_written(lake):
    lake.land("native/a.ndjson", json.dumps(event(1)))
    lake.load()
    with pytest.raises(ValueError, match="not the sum"):
        manifest.write(lake.home, replace(lake.live()[0], lines=7))


def test_the_registry_holds_every_module_with_a_source():
    modules = {path.stem for path in Path(sources.__file__).parent.glob("*.py")} - {"__init__", "base"}
    assert list(sources.registered()) == sorted(modules)
