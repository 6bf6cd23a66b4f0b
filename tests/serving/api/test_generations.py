"""A server follows every publish; a reader of an older generation reads it to its end, or is told that it is gone."""

import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from serving.api.scope import Data
from serving.api.snapshots import SnapshotError, Snapshots
from serving.generations import KEEP, current_snapshot

from .conftest import Served, publish_version

Serve = Callable[..., Served]
ROWS = "/v1/tables/core/fct_view/rows?limit=40"


def versions(served: Served, path: str = ROWS) -> tuple[set[int], str | None, int]:
    """The versions of a page's rows, its cursor, and the generation that it says it is of."""
    answer = served.client.get(path, headers=served.everything)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["generation"] == int(answer.headers["audience-generation"])
    return {row["version"] for row in body["rows"]}, body["next_cursor"], body["generation"]


def test_a_new_publish_is_followed_without_a_restart(serving: Serve) -> None:
    served = serving()
    for generation in range(1, 6):
        assert versions(served)[0] == {generation}
        for path in ("/v1/publication", "/v1/tables", "/v1/tables/core/fct_view"):
            answer = served.client.get(path, headers=served.everything)
            assert answer.json()["generation"] == int(answer.headers["audience-generation"]) == generation
        publish_version(served.home)


def test_a_cursor_reads_its_own_generation_while_newer_ones_are_published(serving: Serve) -> None:
    served = serving()
    _, cursor, _ = versions(served)
    publish_version(served.home)
    found, following, generation = versions(served, f"{ROWS}&cursor={cursor}")
    assert (found, generation) == ({1}, 1)
    assert versions(served)[0] == {2}
    assert versions(served, f"{ROWS}&cursor={following}")[::2] == ({1}, 1)


def test_a_cursor_of_a_removed_generation_is_told_to_begin_anew(serving: Serve) -> None:
    served = serving()
    _, cursor, _ = versions(served)
    for _ in range(KEEP):
        publish_version(served.home)
    answer = served.client.get(f"{ROWS}&cursor={cursor}", headers=served.everything)
    assert answer.status_code == 410
    assert "without `cursor`" in answer.json()["remedy"]
    assert versions(served)[0] == {KEEP + 1}


def test_a_cursor_outlives_a_restart(serving: Serve) -> None:
    first = serving()
    _, cursor, _ = versions(first)
    second = serving(publishes=0)
    assert versions(second, f"{ROWS}&cursor={cursor}")[0] == {1}


def test_generations_that_are_gone_are_closed_when_their_last_reader_leaves(serving: Serve) -> None:
    served = serving()
    snapshots = served.client.app.service.snapshots  # type: ignore[attr-defined]
    with snapshots.current() as old:
        for _ in range(KEEP):
            publish_version(served.home)
            versions(served)
        assert snapshots.open_generations() == [1, 2, 3, 4]
        assert served.home.published / "marts.4.duckdb" in open_files() or not open_files()
        assert snapshots.readers() == 1
        with old.connection() as connection:
            assert connection.execute("select max(version) from snapshot.core.fct_view").fetchall() == [(1,)]
    assert snapshots.open_generations() == [2, 3, 4]
    assert served.home.published / "marts.1.duckdb" not in open_files()


def open_files() -> set[Path]:
    """The files that this process has open, removed ones too; none where the system does not tell."""
    links = [link for link in Path("/proc/self/fd").glob("*") if link.is_symlink()]
    return {Path(str(link.readlink()).removesuffix(" (deleted)")) for link in links}


def test_a_removed_generation_is_closed_while_nobody_asks_anything(serving: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.api.app.SWEEP_SECONDS", 0.05)
    served = serving()
    versions(served)
    for path in served.home.published.iterdir():
        path.unlink()
    time.sleep(0.5)
    assert served.client.app.service.snapshots.open_generations() == []  # type: ignore[attr-defined]


def test_a_generation_that_was_rewritten_does_not_answer_its_old_cursors(serving: Serve) -> None:
    served = serving()
    _, cursor, _ = versions(served)
    path = current_snapshot(served.home)
    assert path is not None
    # As an erasure does it: the same publication, without somebody's rows.
    aside = path.with_suffix(".new")
    aside.write_bytes(path.read_bytes())
    with duckdb.connect(aside) as connection:
        connection.execute("create or replace table core.fct_view as from core.fct_view where view_number not between 10 and 30")
        connection.execute("checkpoint")
    aside.replace(path)
    assert served.client.get(f"{ROWS}&cursor={cursor}", headers=served.everything).status_code == 410
    assert len(served.rows("core.fct_view")) == 79


def test_an_older_generation_is_closed_after_a_while_and_opened_again_for_a_cursor(
    serving: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serving()
    _, cursor, _ = versions(served)
    publish_version(served.home)
    monkeypatch.setattr("serving.api.snapshots.IDLE_SECONDS", 0.0)
    versions(served)
    snapshots = served.client.app.service.snapshots  # type: ignore[attr-defined]
    assert snapshots.open_generations() == [2]
    assert versions(served, f"{ROWS}&cursor={cursor}")[0] == {1}


def test_a_folder_that_was_emptied_and_filled_again_does_not_answer_old_cursors(serving: Serve) -> None:
    served = serving()
    _, cursor, _ = versions(served)
    for path in served.home.published.iterdir():
        path.unlink()
    assert served.client.get("/health").status_code == 503
    publish_version(served.home, rows=50)
    answer = served.client.get(f"{ROWS}&cursor={cursor}", headers=served.everything)
    assert answer.status_code == 410
    assert len(served.rows("core.fct_view")) == 50


def test_before_the_first_publish_it_lives_but_is_not_ready(serving: Serve) -> None:
    served = serving(publishes=0)
    assert served.client.get("/health/live").status_code == 200
    for path in ("/health", "/v1/tables", ROWS):
        answer = served.client.get(path, headers=served.everything)
        assert answer.status_code == 503
        assert "make run" in answer.json()["remedy"]
        assert "audience-generation" not in answer.headers
    publish_version(served.home)
    assert served.client.get("/health").json()["generation"] == 1


def test_a_snapshot_that_does_not_say_what_is_personal_is_not_served(serving: Serve) -> None:
    served = serving()
    ((path,),) = [list(served.home.published.glob("marts.1.duckdb"))]
    with duckdb.connect(path) as connection:
        connection.execute("drop table _meta.published_column")
    answer = served.client.get("/v1/tables", headers=served.everything)
    assert answer.status_code == 503
    assert "earlier version" in answer.json()["detail"]


def test_a_column_that_the_snapshot_says_nothing_of_counts_as_personal(serving: Serve) -> None:
    served = serving()
    aggregate = served.token(data=Data.AGGREGATE)
    path = served.home.published / "marts.1.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("update _meta.published_column set personal = null")
    assert served.client.get(ROWS, headers=aggregate).status_code == 200
    served.client.app.service.snapshots.close()  # type: ignore[attr-defined]
    with duckdb.connect(path) as connection:
        connection.execute("delete from _meta.published_column where column_name = 'view_number'")
    assert served.client.get(ROWS, headers=aggregate).status_code == 404


def test_a_damaged_file_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.published.mkdir()
    (home.published / "marts.1.duckdb").write_bytes(b"no database" * 1000)
    (home.published / "marts.duckdb").symlink_to("marts.1.duckdb")
    with pytest.raises(SnapshotError, match="cannot be opened"), Snapshots(home).current():
        pass


def test_readers_can_neither_write_nor_reach_files_nor_change_settings(serving: Serve) -> None:
    served = serving()
    with served.client.app.service.snapshots.current() as snapshot:  # type: ignore[attr-defined]
        connection = snapshot.connection()
        for statement in (
            "create table snapshot.core.t (a int)",
            "delete from snapshot.core.fct_view",
            "select * from read_text('/etc/hostname')",
            "select * from read_csv('https://example.com/a.csv')",
            "copy snapshot.core.fct_view to '/tmp/out.csv'",
            "attach '/tmp/other.duckdb'",
            "install httpfs",
            "load '/tmp/x.duckdb_extension'",
            "set enable_external_access = true",
            "set memory_limit = '100GB'",
            "set lock_configuration = false",
            "select * from served",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement).fetchall()


def test_times_are_utc_wherever_the_server_stands(serving: Serve) -> None:
    served = serving()
    with served.client.app.service.snapshots.current() as snapshot, snapshot.connection() as connection:  # type: ignore[attr-defined]
        assert connection.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]
