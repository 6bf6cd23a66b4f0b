"""The next generation is the one before with the stale dates replaced, where that is all that changed."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from serving.generations import current_snapshot
from serving.publication import Provenance
from serving.publish import Publication, publish

DATES = {("core", "fct_view"): "started_date"}
EARLY, LATE = "2026-10-01", "2026-10-02"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def run(home: Home, version: int, views: dict[str, int], stale: list[str], base: int | None = None, extra: str = "") -> None:
    """A finished run of the warehouse: how many views each date has now, and which dates it computed anew."""
    home.root.mkdir(exist_ok=True)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            f"""
            create schema if not exists core;
            create schema if not exists state;
            create or replace table state.built_loads as
                select '{version}' as version, '{version - 1 if base is None else base}' as base_version;
            create or replace table state.stale_report_dates as
                select unnest({stale}::date[]) as report_date;
            create or replace table core.dim_video as select {version} as version;
            create or replace table core.fct_view as
                select started_date, unnest(range(view_count)) as view_id {extra}
                from (values {", ".join(f"(date '{day}', {count})" for day, count in views.items())}) as days(started_date, view_count);
            """
        ).fetchall()


def publication(home: Home, code: str = "code") -> Publication:
    return publish(home, Provenance("build", "fingerprint", code, "1.11"), date_columns=DATES)


def shown(home: Home) -> dict[str, Any]:
    path = current_snapshot(home)
    assert path is not None
    with duckdb.connect(path, read_only=True) as connection:
        rows = connection.execute("select started_date::varchar, count(*) from core.fct_view group by 1").fetchall()
        return dict(rows) | {"version": connection.execute("select version from core.dim_video").fetchall()[0][0]}


def test_only_stale_dates_are_copied_and_undated_tables_whole(home: Home) -> None:
    run(home, 1, {EARLY: 10, LATE: 10}, stale=[EARLY, LATE])
    publication(home)
    # The early date differs too, which no run would do without listing it: that it is not copied shows what was read.
    run(home, 2, {EARLY: 11, LATE: 12}, stale=[LATE])
    assert next(table.rows for table in publication(home).tables if table.name == "fct_view") == 22
    assert shown(home) == {EARLY: 10, LATE: 12, "version": 2}


def test_a_stale_date_without_rows_is_emptied(home: Home) -> None:
    run(home, 1, {EARLY: 10, LATE: 10}, stale=[EARLY, LATE])
    publication(home)
    run(home, 2, {EARLY: 10}, stale=[LATE])
    publication(home)
    assert shown(home) == {EARLY: 10, "version": 2}


@pytest.mark.parametrize(
    ("base", "code", "extra"),
    [(1, "code", ""), (None, "other code", ""), (None, "code", ", 1 as new_column")],
    ids=["a run in between was not published", "the code changed", "a column was added"],
)
def test_everything_is_copied_when_more_than_the_stale_dates_may_differ(
    home: Home, base: int | None, code: str, extra: str
) -> None:
    run(home, 1, {EARLY: 10, LATE: 10}, stale=[EARLY, LATE])
    publication(home)
    run(home, 3 if base else 2, {EARLY: 11, LATE: 12}, stale=[LATE], base=2 if base else None, extra=extra)
    publication(home, code)
    assert {day: count for day, count in shown(home).items() if day != "version"} == {EARLY: 11, LATE: 12}


def test_a_table_that_is_gone_from_the_warehouse_leaves_the_snapshot(home: Home) -> None:
    run(home, 1, {EARLY: 10}, stale=[EARLY])
    publication(home)
    run(home, 2, {EARLY: 10}, stale=[])
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("drop table core.dim_video").fetchall()
    assert [table.name for table in publication(home).tables] == ["fct_view"]
