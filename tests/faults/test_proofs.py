"""The proofs of the benchmarks notice what they are there to notice."""

import shutil
from pathlib import Path

import duckdb
import pytest

from benchmarks.lossless import checks, prepare
from benchmarks.marts import differences, is_whole
from benchmarks.scenarios import FIRST_DAY
from ingestion.home import Home
from ingestion.load import load_landing
from ingestion.simulator import simulate


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two landed days and the lake made of them."""
    folder = tmp_path_factory.mktemp("loaded")
    simulate(folder / "landing", events=4_000, days=2, start=FIRST_DAY)
    report = load_landing(str(folder / "landing"), Home(folder / "home"), settle_seconds=0)
    assert report.waiting == []
    return folder


@pytest.fixture
def lake(loaded: Path, tmp_path: Path) -> Path:
    """A copy of both that a test may spoil."""
    return Path(shutil.copytree(loaded, tmp_path / "spoilt"))


def broken(folder: Path) -> set[str]:
    """Names of the checks that do not hold."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        prepare(connection, folder / "landing", Home(folder / "home"))
        return {check.name for check in checks(connection, folder / "landing", folder / "truths") if not check.holds}


def spoil(folder: Path, select: str) -> None:
    """Write every bronze file of records again with other content: `select` from `rows`."""
    for path in (folder / "home" / "bronze" / "native").rglob("*.parquet"):
        with duckdb.connect() as connection:
            connection.execute(f"create table rows as from read_parquet('{path}', hive_partitioning = false)").fetchall()
            connection.execute(f"copy ({select}) to '{path}' (format parquet)").fetchall()


def test_a_whole_load_passes(loaded: Path) -> None:
    assert broken(loaded) == set()


def test_a_lost_row_is_noticed(lake: Path) -> None:
    spoil(lake, "from rows limit (select greatest(count(*) - 1, 0) from rows)")
    assert {"rows of bronze", "records"} <= broken(lake)


def test_a_changed_value_is_noticed(lake: Path) -> None:
    spoil(lake, "select * replace (position_seconds + 0.001 as position_seconds) from rows")
    assert any("with the same values" in name for name in broken(lake))


def test_a_lost_unknown_field_is_noticed(lake: Path) -> None:
    spoil(lake, "select * replace (null::varchar as extra) from rows")
    assert "checksum of ab_bucket" in broken(lake)


def test_a_forgotten_reject_is_noticed(lake: Path) -> None:
    (path,) = (each for each in (lake / "home" / "quarantine" / "native").glob("*.parquet"))
    path.unlink()
    assert "rejected lines" in broken(lake)


def snapshot(path: Path, rows: str) -> Path:
    """A published file with one mart."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core; create schema _meta").fetchall()
        connection.execute(
            f"create table core.fct_view as select * from (values {rows}) as v(view_id, share, view_key, loaded_at)"
        ).fetchall()
        connection.execute(
            "create table _meta.published_table as "
            "select 'core' as schema_name, 'fct_view' as table_name, count(*) as row_count from core.fct_view"
        ).fetchall()
    return path


def test_marts_are_equal_whatever_their_internal_keys_and_load_times(tmp_path: Path) -> None:
    left = snapshot(tmp_path / "left.duckdb", "('a', 0.1::double, 1, now())")
    right = snapshot(tmp_path / "right.duckdb", "('a', 0.1::double + 1e-12, 2, now() - interval 1 day)")
    assert differences(left, right) == []


def test_a_row_more_a_row_less_and_a_row_twice_are_differences(tmp_path: Path) -> None:
    left = snapshot(tmp_path / "left.duckdb", "('a', 0.1::double, 1, now()), ('a', 0.1, 1, now()), ('b', 0.5, 1, now())")
    right = snapshot(tmp_path / "right.duckdb", "('a', 0.1::double, 1, now()), ('c', 0.5, 1, now())")
    (found,) = differences(left, right)
    assert (found.table, found.only_left, found.only_right) == ("core.fct_view", 2, 1)


def test_snapshots_without_marts_are_no_proof(tmp_path: Path) -> None:
    for name in ("left", "right"):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute("create table t as select 1 as x").fetchall()
    with pytest.raises(ValueError, match="cannot be compared"):
        differences(tmp_path / "left.duckdb", tmp_path / "right.duckdb")


def test_a_snapshot_with_fewer_rows_than_its_books_is_not_whole(tmp_path: Path) -> None:
    path = snapshot(tmp_path / "half.duckdb", "('a', 0.1::double, 1, now()), ('b', 0.1, 1, now())")
    assert is_whole(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from core.fct_view where view_id = 'b'").fetchall()
    assert not is_whole(path)
