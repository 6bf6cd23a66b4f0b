"""What the data tests of a run ask: a build the dates it computed, `dbt test` everything."""

from __future__ import annotations

import duckdb

from tests.property.warehouse import Warehouse
from tests.warehouse.stories import FIRST, SECOND, deliver, said

DATA = ("--exclude-resource-type", "unit_test")


def spoil(warehouse: Warehouse, change: str, day: str) -> None:
    """Make rows of a date wrong, as a disk or a person might."""
    with duckdb.connect(str(warehouse.home.warehouse)) as connection:
        spoiled = connection.execute(change, [day]).fetchall()
    assert spoiled[0][0] > 0


def test_a_build_asks_what_it_computed_and_dbt_test_asks_everything(two_days):
    spoil(two_days, "update kpis.kpi_video_daily set attention_rate = -1 where date_day = ?", FIRST)
    deliver(two_days, "third", said("f", "2026-10-03T12:00:00"))
    two_days.must(two_days.dbt("build", *DATA))
    assert two_days.dbt("test", *DATA, "--select", "kpi_video_daily") == 1


def test_a_wrong_row_on_a_date_that_a_build_computes_stops_it(two_days):
    spoil(two_days, "update intermediate.int_views set watch_seconds = -1 where started_date = ?", SECOND)
    deliver(two_days, "late", said("g", f"{SECOND}T20:00:00", device_id="another"))
    assert two_days.dbt("build", *DATA) == 1
