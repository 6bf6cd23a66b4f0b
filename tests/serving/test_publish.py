"""A published snapshot is whole, readable by older clients, and never in a reader's way."""

import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from serving import publish as publishing
from serving.generations import current_snapshot
from serving.publication import Description, Provenance, read_provenance
from serving.publish import PublishError, publish

PUBLISHES = 20
READERS = 3


def provenance(build_id: str = "build") -> Provenance:
    return Provenance(build_id, "fingerprint", "code", "1.11")


def write_warehouse(home: Home, version: int, rows: int = 1000) -> None:
    """A warehouse in which every table and view says the same version."""
    home.root.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            f"""
            create schema if not exists staging;
            create schema if not exists core;
            create schema if not exists quality;
            create or replace table staging.private as select 1 as secret;
            create or replace table core.fct_view as select {version} as version, range as view_id from range({rows});
            create or replace view quality.load as select max(version) as version from warehouse.core.fct_view;
            """
        ).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "a home with 'quotes'")


def read(home: Home, sql: str) -> list[tuple[Any, ...]]:
    path = current_snapshot(home)
    assert path is not None
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_snapshot_holds_the_marts_and_nothing_private(home: Home) -> None:
    write_warehouse(home, version=1)
    publish(home, provenance())
    schemas = read(home, "select distinct schema_name from duckdb_tables() order by 1")
    assert [schema for (schema,) in schemas] == ["_meta", "core", "quality"]


def test_views_are_published_as_tables_so_that_the_file_needs_nothing_else(home: Home) -> None:
    write_warehouse(home, version=1)
    publish(home, provenance())
    home.warehouse.unlink()
    assert read(home, "select version from quality.load") == [(1,)]


def test_it_is_stored_in_a_format_that_older_clients_open(home: Home) -> None:
    write_warehouse(home, version=1)
    path = publish(home, provenance()).path
    # Bytes 12 to 20 of a DuckDB file are its storage version: 64 to 67 open in every client since 1.4.
    assert int.from_bytes(path.read_bytes()[12:20], "little") <= 67
    with duckdb.connect(path, read_only=True) as connection:
        ((tags,),) = connection.execute("select tags from duckdb_databases() where not internal").fetchall()
    assert tags["storage_version"].startswith("v1.4.")


def test_it_says_which_build_it_shows(home: Home) -> None:
    write_warehouse(home, version=1)
    assert read_provenance(home) is None
    publish(home, provenance("first"))
    publish(home, provenance("second"))
    assert read_provenance(home) == provenance("second")
    assert read(home, "select generation from _meta.publication") == [(2,)]
    assert ("core", "fct_view", 1000) in read(home, "from _meta.published_table")


def test_descriptions_become_comments(home: Home) -> None:
    write_warehouse(home, version=1)
    texts = {("core", "fct_view"): Description("One row per view; it's one.", {"view_id": "Its key.", "gone": "Not there."})}
    publish(home, provenance(), descriptions=texts)
    assert read(home, "select comment from duckdb_tables() where table_name = 'fct_view'") == [("One row per view; it's one.",)]
    assert read(home, "select comment from duckdb_columns() where column_name = 'view_id'") == [("Its key.",)]


def test_only_the_last_generations_are_kept_and_the_link_is_relative(home: Home) -> None:
    write_warehouse(home, version=1)
    for _ in range(5):
        publish(home, provenance(), keep=3)
    assert sorted(path.name for path in home.published.iterdir()) == [
        "marts.3.duckdb",
        "marts.4.duckdb",
        "marts.5.duckdb",
        "marts.duckdb",
    ]
    assert (home.published / "marts.duckdb").readlink() == Path("marts.5.duckdb")


def test_without_marts_the_old_snapshot_stays(home: Home) -> None:
    with pytest.raises(PublishError, match="no warehouse"):
        publish(home, provenance())
    write_warehouse(home, version=1)
    publish(home, provenance("kept"))
    home.warehouse.unlink()
    duckdb.connect(home.warehouse).close()
    with pytest.raises(PublishError, match="holds no marts"):
        publish(home, provenance("empty"))
    assert read_provenance(home) == provenance("kept")


@pytest.mark.parametrize("step", ["copy_table", "write_meta", "flush", "switch", "prune"])
def test_a_publish_that_dies_at_any_step_leaves_a_whole_snapshot(home: Home, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    write_warehouse(home, version=1)
    publish(home, provenance("old"))
    write_warehouse(home, version=2)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publishing, step, die)
        with pytest.raises(KeyboardInterrupt):
            publish(home, provenance("new"))
    shown = read_provenance(home)
    assert shown is not None
    assert read(home, "select version from quality.load") == [(1 if shown.build_id == "old" else 2,)]
    publish(home, provenance("after"))
    assert read(home, "select version from quality.load") == [(2,)]
    assert not list(home.published.glob(".*"))


def test_a_killed_publish_is_swept_by_the_next(home: Home) -> None:
    write_warehouse(home, version=1, rows=3_000_000)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=publish, args=(home, provenance()))
    process.start()
    deadline = time.monotonic() + 30
    while not list(home.published.glob(".marts.*")) and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    publish(home, provenance("next"))
    assert not list(home.published.glob(".*"))
    assert read_provenance(home) == provenance("next")


def watch(home: Home, stop: Event, outcome: "multiprocessing.Queue[tuple[int, list[str]]]") -> None:
    """Read the snapshot until told to stop; report how often, and everything that was wrong."""
    wrong: list[str] = []
    reads, newest = 0, 0
    while not stop.is_set():
        try:
            ((version, lowest, summary, generation),) = read(
                home,
                """
                select max(version), min(version), (select version from quality.load), (select generation from _meta.publication)
                from core.fct_view
                """,
            )
        except duckdb.Error as error:
            wrong.append(repr(error))
            continue
        if not version == lowest == summary == generation:
            wrong.append(f"mixed: {(version, lowest, summary, generation)}")
        if version < newest:
            wrong.append(f"back from {newest} to {version}")
        newest = max(newest, version)
        reads += 1
    outcome.put((reads, wrong))


def test_readers_in_a_loop_through_twenty_publishes_see_no_error_and_no_mixture(home: Home) -> None:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    outcome: multiprocessing.Queue[tuple[int, list[str]]] = context.Queue()
    write_warehouse(home, version=1)
    publish(home, provenance())
    readers = [context.Process(target=watch, args=(home, stop, outcome)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for version in range(2, PUBLISHES + 2):
        write_warehouse(home, version)
        publish(home, provenance())
        time.sleep(0.1)
    stop.set()
    results = [outcome.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert [wrong for _, wrong in results] == [[]] * READERS
    assert all(reads > 0 for reads, _ in results)
