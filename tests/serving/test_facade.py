"""What a publish sees of tables that lie in Parquet files: the contract's names, order and types, and the files that the catalog knows."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from orchestration.lib.handover import local_path
from serving.facade import Kept, write_facade
from serving.generations import current_snapshot
from serving.publication import Provenance
from serving.publish import PublishError, patched_generation, publish, stale_dates_of

VIEWS = ("core", "fct_view")
COLUMNS = [
    ("view_id", "string"),
    ("started_date", "date"),
    ("started_at", "timestamp"),
    ("value", "decimal(20,6)"),
    ("n", "bigint"),
]
FIRST, SECOND = "started_date=2026-10-01", "started_date=2026-10-02"


def write(folder: Path, select: str) -> None:
    """A file as Spark writes it: without the partition's column, times as instants, other numbers than the contract's."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"copy ({select}) to '{folder}/part-{len(list(folder.iterdir()))}.parquet' (format parquet)")


def view(name: str, value: str = "1.5") -> str:
    return f"select {value}::decimal(20, 6) as value, 7::int as n, '2026-10-01 10:00:00Z'::timestamptz as started_at, '{name}' as view_id"


def built(folder: Path, version: str, base: str, stale: list[str]) -> list[Kept]:
    """The books of a run."""
    write(folder / "built", f"select '{version}' as version, '{base}' as base_version")
    days = ", ".join(f"date '{day}'" for day in stale)
    write(folder / "stale", f"select unnest([{days}]) as report_date")
    return [Kept(("state", "built_loads"), folder / "built"), Kept(("state", "stale_report_dates"), folder / "stale")]


def rows(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_columns_have_the_contracts_order_and_types(tmp_path: Path) -> None:
    write(tmp_path / "views" / FIRST, view("a"))
    facade = tmp_path / "warehouse.duckdb"
    write_facade(facade, [Kept(VIEWS, tmp_path / "views", [FIRST])], {VIEWS: COLUMNS})
    assert rows(facade, "from core.fct_view") == [("a", date(2026, 10, 1), datetime(2026, 10, 1, 10), Decimal("1.500000"), 7)]
    types = rows(facade, "select column_name, column_type from (describe core.fct_view)")
    assert types == [
        ("view_id", "VARCHAR"), ("started_date", "DATE"), ("started_at", "TIMESTAMP"), ("value", "DECIMAL(20,6)"), ("n", "BIGINT"),
    ]  # fmt: skip


def test_only_partitions_that_the_catalog_knows_are_read_and_one_without_a_date_is_null(tmp_path: Path) -> None:
    unknown = "started_date=__HIVE_DEFAULT_PARTITION__"
    for partition, name in ((FIRST, "a"), (SECOND, "left by a killed run"), (unknown, "no date")):
        write(tmp_path / "views" / partition, view(name))
    facade = tmp_path / "warehouse.duckdb"
    write_facade(facade, [Kept(VIEWS, tmp_path / "views", [FIRST, unknown])], {VIEWS: COLUMNS})
    found = rows(facade, "select view_id, started_date from core.fct_view order by 1")
    assert found == [("a", date(2026, 10, 1)), ("no date", None)]


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    facade = tmp_path / "warehouse.duckdb"
    write_facade(facade, [Kept(VIEWS, tmp_path / "views", [])], {VIEWS: COLUMNS})
    assert rows(facade, "from core.fct_view") == []


def test_a_file_that_lacks_a_column_says_which_table_it_is(tmp_path: Path) -> None:
    write(tmp_path / "views", "select 1 as view_id")
    with pytest.raises(PublishError, match=r"core\.fct_view.*started_date"):
        write_facade(tmp_path / "warehouse.duckdb", [Kept(VIEWS, tmp_path / "views")], {VIEWS: COLUMNS})


def test_a_second_publish_replaces_the_stale_dates_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    dates = {VIEWS: "started_date"}

    def run(folder: Path, version: str, base: str, stale: list[str]) -> bool:
        facade = folder / "warehouse.duckdb"
        folder.mkdir(exist_ok=True)
        write_facade(facade, built(folder, version, base, stale), {})
        provenance = Provenance(version, "loads:code", "code", "1")
        is_patch = patched_generation(home, facade, provenance) is not None
        assert stale_dates_of(facade) == [date.fromisoformat(day) for day in stale]
        write_facade(facade, [Kept(VIEWS, folder / "views", [FIRST, SECOND])], {VIEWS: COLUMNS})
        publish(home, provenance, date_columns=dates, warehouse=facade)
        return is_patch

    write(tmp_path / "one" / "views" / FIRST, view("a"))
    write(tmp_path / "one" / "views" / SECOND, view("b"))
    assert not run(tmp_path / "one", "1", "none", ["2026-10-01", "2026-10-02"])
    # What is not stale is not read again: the first date's other rows stay out.
    write(tmp_path / "two" / "views" / FIRST, view("not stale"))
    write(tmp_path / "two" / "views" / SECOND, view("c"))
    assert run(tmp_path / "two", "2", "1", ["2026-10-02"])
    snapshot = current_snapshot(home)
    assert snapshot
    assert rows(snapshot, "select view_id from core.fct_view order by 1") == [("a",), ("c",)]


def test_a_place_is_named_as_this_machine_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    assert local_path(home, f"file:{tmp_path}/spark/warehouse/core.db") == tmp_path / "spark" / "warehouse" / "core.db"
    assert local_path(home, "file:/elsewhere/core.db") == Path("/elsewhere/core.db")
    monkeypatch.setenv("AUDIENCE_SPARK_HOME", "s3a://bucket/home/")
    assert local_path(home, "s3a://bucket/home/spark/warehouse/core.db") == tmp_path / "spark" / "warehouse" / "core.db"
    with pytest.raises(PublishError, match=r"s3a://bucket/homes.*AUDIENCE_SPARK_HOME"):
        local_path(home, "s3a://bucket/homes/core.db")
