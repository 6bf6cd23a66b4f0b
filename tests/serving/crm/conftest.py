"""Deliveries on a small home: a snapshot of contacts and accounts that a test changes and publishes again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.tryton import Tryton, create_database, running
from ingestion.home import Home
from serving.crm.deliveries import deliver as delivering
from serving.crm.deliveries.config import settings_of
from serving.crm.deliveries.deliver import deliver
from serving.crm.deliveries.destinations import connect
from serving.crm.deliveries.ledger import Ledger, ledger_path
from serving.crm.deliveries.plan import Delivered, Task
from serving.generations import switch

CONTACT = {
    "workspace_id": "acme", "user_id": "user", "email": "", "email_sha256": "hash", "name": None, "account_external_id": None,
    "account_name": None, "engagement_score": 50, "first_seen_at": datetime(2026, 10, 1), "last_seen_at": datetime(2026, 10, 8, 9, 30),
    "session_count": 1, "play_count": 2, "watch_seconds": 61.5, "completed_view_count": 1, "interaction_count": 3,
    "outbound_click_count": 1, "form_count": 0, "conversion_count": 0, "last_converted_at": None, "last_video_id": "launch",
    "last_video_title": "The launch", "record_hash": "",
}  # fmt: skip
ACCOUNT = {
    "workspace_id": "acme", "account_id": "corp", "name": "Corp", "domain": "corp.example", "contact_count": 2,
    "watching_contact_count": 1, "engagement_score": 50, "leading_contact_external_id": "a", "first_seen_at": datetime(2026, 10, 1),
    "last_seen_at": datetime(2026, 10, 8), "play_count": 2, "watch_seconds": 61.5, "completed_view_count": 1, "conversion_count": 0,
    "record_hash": "",
}  # fmt: skip
TYPES = {int: "bigint", float: "double", datetime: "timestamp"}
COLUMN_TYPES = {"last_converted_at": "timestamp"}


@dataclass
class Office:
    """A home with a published snapshot, and what is to be in the next one."""

    home: Home
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    generation: int = 0

    def contact(self, external_id: str, **fields: Any) -> None:
        """A contact as it is from now on."""
        known = self.contacts.get(external_id, {"email": f"{external_id}@example.org", "name": f"Name {external_id}"})
        self.contacts[external_id] = {**known, **fields}

    def account(self, external_id: str, **fields: Any) -> None:
        """An account as it is from now on."""
        self.accounts[external_id] = {**self.accounts.get(external_id, {}), **fields}

    def publish(self) -> Path:
        """A new generation with everybody in it."""
        self.generation += 1
        self.home.published.mkdir(parents=True, exist_ok=True)
        path = self.home.published / f"marts.{self.generation}.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute("create schema exports").fetchall()
            write(connection, "crm_contact", CONTACT, self.contacts)
            write(connection, "crm_account", ACCOUNT, self.accounts)
        switch(self.home.published, path.name)
        return path

    def configure(self, text: str) -> None:
        """Write deliveries.yml."""
        self.home.root.mkdir(parents=True, exist_ok=True)
        (self.home.root / "deliveries.yml").write_text(text)

    def deliver(self, name: str, **options: Any) -> Delivered:
        """Publish, and deliver what is published."""
        settings = settings_of(self.home, name)
        destination = connect(settings, name, ledger_path(self.home, name).parent)
        self.publish()
        return deliver(self.home, destination, Task(name, settings.workspaces, **options))

    def statuses(self, name: str) -> dict[str, tuple[str, str]]:
        """Status and reason of every record in the ledger."""
        ledger = Ledger(ledger_path(self.home, name))
        rows = ledger.connection.execute("select external_id, status, coalesce(reason, '') from record").fetchall()
        ledger.close()
        return {external_id: (status, reason) for external_id, status, reason in rows}


def write(
    connection: duckdb.DuckDBPyConnection, table: str, template: dict[str, Any], records: dict[str, dict[str, Any]]
) -> None:
    """One export table; the hash of a record is of all it says."""
    kinds = {name: COLUMN_TYPES.get(name, TYPES.get(type(value), "varchar")) for name, value in template.items()}
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    connection.execute(f"create table exports.{table} (external_id varchar, {columns})").fetchall()
    rows = []
    for external_id, fields in records.items():
        full = {**template, **fields}
        full["record_hash"] = str(hash(tuple(sorted((name, str(value)) for name, value in full.items()))))
        rows.append([external_id, *full.values()])
    if rows:
        holes = f"({', '.join('?' for _ in rows[0])})"
        values = [value for row in rows for value in row]
        connection.execute(f"insert into exports.{table} values {', '.join(holes for _ in rows)}", values).fetchall()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    # Waiting is what a retry does in earnest; here its length is looked at, not sat through.
    monkeypatch.setattr(delivering, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.delenv("AUDIENCE_DELIVERIES", raising=False)
    return Office(Home(tmp_path / "home"))


@pytest.fixture(scope="session")
def empty_tryton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty Tryton database, to be copied: making one takes seconds."""
    folder = tmp_path_factory.mktemp("tryton") / "empty"
    create_database(folder)
    return folder


@pytest.fixture(scope="session")
def tryton_server(empty_tryton: Path) -> Iterator[Tryton]:
    with running(empty_tryton) as server:
        yield server


def numbered(count: int) -> Sequence[str]:
    """Ids in order."""
    return [f"{number:05}" for number in range(count)]
