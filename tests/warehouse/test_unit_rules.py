"""The rules of docs/definitions.md as dbt unit tests, and the data tests on a small simulated audience."""

from __future__ import annotations

from datetime import date

from ingestion.simulator import simulate
from tests.property.warehouse import Warehouse


def test_every_rule_holds_in_its_unit_test(warehouse: Warehouse) -> None:
    warehouse.must(warehouse.load())
    warehouse.must(warehouse.dbt("run", "--empty"))
    warehouse.must(warehouse.dbt("test", "--select", "test_type:unit"))


def test_keys_relationships_and_conservation_laws_hold_for_a_simulated_audience(warehouse: Warehouse) -> None:
    simulate(warehouse.landing, events=4_000, days=3, start=date(2026, 10, 30), seed=7)
    warehouse.must(warehouse.load())
    warehouse.must(warehouse.dbt("run"))
    warehouse.must(warehouse.dbt("test", "--select", "test_type:data"))
