"""A catalog file without records is a full snapshot like any other: from its moment on nothing of its kind is there."""

from __future__ import annotations

import pytest

from tests.property.warehouse import Warehouse
from tests.warehouse.stories import FIRST, SECOND, Row, asked, deliver, differences, run

LENGTHS = "select device_id, nodes_duration_seconds from core.fct_view order by started_at"
CONTACTS = "select workspace_id, user_id from core.dim_contact order by all"
NODE = {"video_id": "video", "node_id": "video"}
ANN = {"user_id": "ann", "email": "ann@example.com", "consent_marketing": True}
DESCRIBED: dict[str, Row] = {
    "nodes": NODE | {"duration_seconds": 40},
    "elements": NODE | {"element_id": "e"},
    "assignments": {"user_id": "ann", "video_id": "video"},
    "contacts": ANN,
}


def snapshot(warehouse: Warehouse, entity: str, day: str, *records: Row) -> None:
    """Land and load a catalog file as of a day."""
    deliver(warehouse, entity, *records, folder=f"catalog/{entity}/as_of={day}T00-00-00Z")


def known(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """What the marts take from the catalog."""
    return {
        "lengths": asked(warehouse, LENGTHS),
        "elements": asked(warehouse, "select element_id, cast(valid_to as varchar) from intermediate.int_element_versions"),
        "assigned": asked(warehouse, "select viewer_id from learning.learner_progress where is_assigned"),
        "exported": asked(warehouse, "select count(*) from exports.crm_contact"),
    }


@pytest.fixture
def described(two_days: Warehouse) -> Warehouse:
    """Two days, with a catalog from before the first."""
    for entity, record in DESCRIBED.items():
        snapshot(two_days, entity, "2026-09-01", record)
    run(two_days)
    assert known(two_days) == {
        "lengths": [("device", 40.0), ("other", 40.0)],
        "elements": [("e", "9999-12-31 00:00:00")],
        "assigned": [("user:ann",)],
        "exported": [(1,)],
    }
    return two_days


def test_an_empty_catalog_file_withdraws_what_was_described_and_rebuilds_the_views_it_covers(described: Warehouse) -> None:
    for entity in DESCRIBED:
        snapshot(described, entity, SECOND)
    run(described)
    assert known(described) == {
        "lengths": [("device", 40.0), ("other", None)],
        "elements": [("e", f"{SECOND} 00:00:00")],
        "assigned": [],
        "exported": [(0,)],
    }
    assert asked(described, "select cast(report_date as varchar) from state.stale_report_dates") == [(SECOND,)]
    assert differences(described) == []


def test_an_empty_catalog_file_speaks_for_all_workspaces_before_it_and_a_file_of_others_for_none(described: Warehouse) -> None:
    snapshot(described, "contacts", FIRST, ANN | {"workspace_id": "another"})
    run(described)
    assert asked(described, CONTACTS) == [("another", "ann"), ("default", "ann")]
    snapshot(described, "contacts", SECOND)
    snapshot(described, "contacts", "2026-10-03", ANN | {"workspace_id": "another"})
    run(described)
    assert asked(described, CONTACTS) == [("another", "ann")]
    assert differences(described) == []
