"""The story of tests/fixtures: every row of every mart, as its README works them out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from serving.publish import SCHEMAS
from tests.property.schedule import land
from tests.property.warehouse import Warehouse
from tests.warehouse.golden import Cells, Golden, disagreements, read

STORY = Path(__file__).parents[1] / "fixtures" / "story"
EXPECTED = STORY / "expected"
TABLES = sorted(str(path.relative_to(EXPECTED).with_suffix("")).replace("/", ".") for path in EXPECTED.glob("*/*.csv"))

# Six people can be no drop-off by the usual thresholds of 30 views at risk and 5 lost.
FEW_VIEWS = {"drop_off_views_at_risk": 3, "drop_off_views_lost": 3}

# A hashed id is told as the name that its table's file gives the row of that moment.
NAMED = {
    "view_id": ("core.fct_view", "started_at"),
    "session_id": ("core.fct_session", "started_at"),
    "conversion_id": ("conversion.fct_conversion", "occurred_at"),
}

# What the files may leave out, besides columns that say the same in every row.
LEFT_OUT = {
    "hashes of what the row says": {
        "segment_id", "interaction_id", "visit_id", "click_id", "response_id", "hotspot_id", "path_key", "load_id", "content_id",
        "external_id", "contact_external_id", "record_hash",
    },
    "the date of a time that the row says": {"started_date", "occurred_date"},
    "texts around what the row says": {"properties", "raw_text", "detail", "advice"},
    "of the run, the release, or the file's spelling": {"loaded_at", "byte_count", "shape_version"},
}  # fmt: skip

PERIOD_METRICS = ("impressions", "plays", "unique_viewers", "minutes_viewed", "play_rate", "average_view_seconds")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[dict[str, Any]]]:
    """All rows of all marts after the story was landed, loaded and built, with names for hashed ids."""
    warehouse = Warehouse(tmp_path_factory.mktemp("story") / "home")
    land(warehouse.landing, {str(path.relative_to(STORY)): path.read_text() for path in STORY.glob("*/*.ndjson")})
    warehouse.must(warehouse.load())
    warehouse.seed()
    warehouse.must(warehouse.dbt("run", "--vars", json.dumps(FEW_VIEWS)))
    return named(rows_of_marts(warehouse))


def named(tables: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same rows with names for hashed ids."""
    names = {column: names_of(tables[table], table, column, moment) for column, (table, moment) in NAMED.items()}
    return {
        table: [{name: names.get(name, {}).get(value, value) for name, value in row.items()} for row in rows]
        for table, rows in tables.items()
    }


def rows_of_marts(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables of the marts, by schema and name."""
    listed = f"select table_schema || '.' || table_name from information_schema.tables where table_schema in {SCHEMAS}"
    with warehouse.reader() as connection:
        tables = [name for (name,) in connection.execute(f"{listed} order by 1").fetchall()]
        return {table: records(connection.execute(f"select * from {table}")) for table in tables}


def records(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a query, by column."""
    columns = [name for name, *_ in answer.description]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def names_of(rows: list[dict[str, Any]], table: str, column: str, moment: str) -> dict[Any, str]:
    """The name that the table's file gives each hashed id."""
    by_moment = {datetime.fromisoformat(row[moment]): row[column] for row in golden(table).rows}
    return {row[column]: by_moment.get(row[moment], row[column]) for row in rows}


def golden(table: str) -> Golden:
    """The rows worked out for a table."""
    written = read(EXPECTED / f"{table.replace('.', '/')}.csv")
    if table != "kpis.kpi_period_comparison":
        return written
    rows = tuple(row for line in written.rows for row in each_metric(line))
    return Golden(tuple(rows[0]), rows)


def each_metric(line: Cells) -> Iterator[Cells]:
    """The rows of a line with a metric a column: `3 after 4` is a value after a previous one, `none` a rate without plays."""
    shared = {name: cell for name, cell in line.items() if name not in PERIOD_METRICS}
    for metric in PERIOD_METRICS:
        value, _, previous = line[metric].replace("none", "").partition(" after ")
        both = value != "" and previous != ""
        difference = f"{Decimal(value) - Decimal(previous):f}" if both else ""
        change = f"{(Decimal(value) - Decimal(previous)) / Decimal(previous):.4f}" if both and Decimal(previous) else ""
        yield {
            **shared,
            "metric": metric,
            "value": value,
            "previous_value": previous,
            "difference": difference,
            "percent_change": change,
        }


def test_every_mart_is_told(told):
    assert sorted(told) == TABLES


@pytest.mark.parametrize("table", TABLES)
def test_the_mart_is_as_worked_out(told, table):
    assert disagreements(golden(table), told[table]) == []


@pytest.mark.parametrize("table", TABLES)
def test_what_the_file_leaves_out_says_nothing(told, table):
    columns = set(told[table][0])
    assert set(golden(table).columns) <= columns, "columns that do not exist"
    silent = columns - set(golden(table).columns) - set().union(*LEFT_OUT.values())
    assert [name for name in sorted(silent) if len({str(row[name]) for row in told[table]}) > 1] == []
