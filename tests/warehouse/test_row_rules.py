"""The rules of a table's rows are looked at, and a row that breaks one says which."""

from __future__ import annotations

import duckdb
import pytest

from tests.property.warehouse import Warehouse
from tests.warehouse.stories import asked


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("update core.dim_viewer set first_seen_at = null", "first_seen_at is missing"),
        (
            "update core.dim_viewer set viewer_kind = 'ghost' where viewer_kind = 'device'",
            "viewer_kind is none of user, device, playback",
        ),
        ("update core.dim_viewer set user_id = 'ann'", "only_users_have_a_user_id"),
        ("update core.dim_date set iso_weekday = 0", "iso_weekday is below 1"),
        ("update core.dim_date set iso_weekday = 8", "iso_weekday is above 7"),
    ],
)
def test_a_row_that_breaks_a_rule_fails_and_names_it(two_days: Warehouse, damage: str, rule: str) -> None:
    table = damage.split()[1].split(".")[1]
    selected = ("--exclude-resource-type", "unit_test", "--select", f"every_row_of_{table}")
    two_days.must(two_days.dbt("test", *selected))
    with duckdb.connect(str(two_days.home.warehouse)) as connection:
        connection.execute(damage)
    assert two_days.dbt("test", *selected, "--store-failures") == 1
    ((stored,),) = asked(
        two_days, f"select table_schema from information_schema.tables where table_name = 'every_row_of_{table}'"
    )
    assert asked(two_days, f'select distinct broken_rules from "{stored}".every_row_of_{table}') == [(rule,)]
