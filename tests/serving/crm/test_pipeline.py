"""Deliveries through dlt: into a database that merges, and to a function that is told everything."""

import os
import socket
from pathlib import Path
from typing import Any

import duckdb
import pytest

# It tells dlt to report nothing, and so comes first.
import serving.crm.deliveries.destinations.pipeline  # noqa: F401  isort: skip
import dlt
from dlt.common.destination.exceptions import DestinationTerminalException

from serving.crm.deliveries.destination import DeliveryError
from tests.serving.crm.conftest import Office

BUSY: list[str] = []
TOLD: list[tuple[str, dict[str, Any]]] = []


@dlt.destination(batch_size=100)
def collect(items: Any, table: Any) -> None:
    """What somebody would write for a system of their own."""
    if any(item.get("name") == "refuse me" for item in items):
        raise DestinationTerminalException("no such person")
    if BUSY:
        raise ConnectionError(BUSY.pop())
    TOLD.extend((table["name"], dict(item)) for item in items)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may leave this process: a connection to anywhere is an error."""

    def refused(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture
def warehouse(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None) -> Path:
    path = tmp_path / "elsewhere.duckdb"
    monkeypatch.setenv("ELSEWHERE", f"duckdb:///{path}")
    office.configure(
        "destinations: {lake: {type: dlt, destination: duckdb, dataset: crm, credentials: {env: ELSEWHERE}, kinds: [contact]}}"
    )
    return path


def held(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute("select external_id, email, engagement_score from crm.crm_contact order by 1").fetchall()


def test_a_database_holds_one_row_a_record_and_none_of_who_is_gone(warehouse: Path, office: Office) -> None:
    for external_id in ("ann", "bob"):
        office.contact(external_id)
    assert office.deliver("lake").results == {"synced": 2}
    office.contact("ann", engagement_score=80)
    del office.contacts["bob"]
    assert office.deliver("lake").results == {"synced": 1, "gone": 1}
    assert held(warehouse) == [("ann", "ann@example.org", 80)]
    with duckdb.connect(warehouse, read_only=True) as connection:
        columns = [name for name, *_ in connection.execute("describe crm.crm_contact").fetchall()]
    assert "is_gone" in columns
    assert "change" not in columns
    assert office.deliver("lake").results == {}
    assert os.environ["RUNTIME__DLTHUB_TELEMETRY"] == "false"


def test_nothing_of_a_person_stays_in_dlts_working_folder(warehouse: Path, office: Office) -> None:
    office.contact("ann")
    office.deliver("lake")
    left = [path.name for path in (office.home.root / "deliveries").iterdir() if not path.name.startswith("lake.sqlite")]
    assert left == []


def test_a_function_made_with_dlt_destination_is_told_everything_and_a_refusal_stands_alone(
    office: Office, offline: None
) -> None:
    TOLD.clear()
    office.configure(f"destinations: {{ours: {{type: dlt, destination: {__name__}.collect, kinds: [contact], batch_size: 4}}}}")
    for external_id in ("ann", "bob", "eve"):
        office.contact(external_id)
    office.contact("bob", name="refuse me")
    BUSY.append("not now")
    assert office.deliver("ours").results == {"synced": 2, "failed": 1}
    assert [(table, row["external_id"], row["change"]) for table, row in TOLD] == [
        ("crm_contact", "ann", "upsert"),
        ("crm_contact", "eve", "upsert"),
    ]
    TOLD.clear()
    del office.contacts["ann"]
    assert office.deliver("ours").results == {"gone": 1}
    ((_, row),) = TOLD
    assert {name: value for name, value in row.items() if value is not None} == {"external_id": "ann", "change": "gone"}


def test_a_destination_that_dlt_does_not_know_is_named(office: Office) -> None:
    office.configure("destinations: {lake: {type: dlt, destination: no.such.thing}}")
    with pytest.raises(DeliveryError, match=r"no\.such\.thing"):
        office.deliver("lake")


@pytest.mark.parametrize("destination", ["filesystem", "qdrant"])
def test_a_destination_from_which_nobody_can_be_deleted_is_refused(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None, destination: str
) -> None:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "bucket"))
    office.configure(f"destinations: {{lake: {{type: dlt, destination: {destination}, kinds: [contact]}}}}")
    office.contact("ann")
    with pytest.raises(DeliveryError, match=rf"adds rows to {destination}.*@dlt\.destination"):
        office.deliver("lake")
    assert not (tmp_path / "bucket").exists()
