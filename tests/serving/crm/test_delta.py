"""The delta names what a publish changed in the exports, however many publishes a reader missed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from serving import publish as publishing
from serving.crm.delta import COLUMNS, GONE_IS_TOLD_FOR
from serving.publication import Provenance
from serving.publish import publish

Rows = dict[tuple[str, str], dict[str, Any]]


class Clock(datetime):
    """A publish happens when the test says."""

    day = 0

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=cls.day)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    Clock.day = 0
    monkeypatch.setattr(publishing, "datetime", Clock)
    return Home(tmp_path)


def published(home: Home, contacts: dict[str, str], accounts: dict[str, str] | None = None, days: int = 1) -> Rows:
    """Publish contacts and accounts (hash by id) some days later; the delta by kind and id."""
    Clock.day += days
    with duckdb.connect(home.warehouse) as connection:
        for table, records in (("crm_contact", contacts), ("crm_account", accounts or {})):
            connection.execute(
                f"""
                create schema if not exists exports;
                create or replace table exports.{table} (
                    external_id varchar, workspace_id varchar, email varchar, record_hash varchar
                )
                """
            ).fetchall()
            for external_id, record_hash in records.items():
                row = [external_id, "acme", f"{external_id}@example.org", record_hash]
                connection.execute(f"insert into exports.{table} values (?, ?, ?, ?)", row).fetchall()
    path = publish(home, Provenance("build", "fingerprint", "code", "1.11")).path
    with duckdb.connect(path, read_only=True) as connection:
        cursor = connection.execute("from exports.crm_delta")
        names = [column[0] for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert len({(row["record_kind"], row["external_id"]) for row in rows}) == len(rows)
    return {(row["record_kind"], row["external_id"]): row for row in rows}


def day(number: int) -> datetime:
    return datetime(2026, 10, 1) + timedelta(days=number)


def test_the_first_publish_creates_everything(home: Home) -> None:
    rows = published(home, {"ann": "a"}, {"corp": "c"})
    assert {key: (row["change"], row["record_hash"], row["generation"]) for key, row in rows.items()} == {
        ("contact", "ann"): ("created", "a", 1),
        ("account", "corp"): ("created", "c", 1),
    }
    assert {row["first_exported_at"] for row in rows.values()} == {day(1)}


def test_a_publish_marks_what_it_changed_and_leaves_the_rest_as_it_was(home: Home) -> None:
    before = published(home, {"ann": "a", "bob": "b"})
    after = published(home, {"ann": "a2", "bob": "b"})
    assert after[("contact", "bob")] == before[("contact", "bob")]
    ann = after[("contact", "ann")]
    assert (ann["change"], ann["record_hash"], ann["previous_record_hash"]) == ("changed", "a2", "a")
    assert (ann["first_exported_at"], ann["changed_at"], ann["generation"]) == (day(1), day(2), 2)


def test_who_missed_publishes_still_finds_every_change_by_its_generation(home: Home) -> None:
    published(home, {"ann": "a", "bob": "b", "eve": "e"})
    published(home, {"ann": "a2", "bob": "b", "eve": "e"})
    published(home, {"ann": "a2", "bob": "b"})
    rows = published(home, {"ann": "a2", "bob": "b", "new": "n"})
    assert {key[1]: row["change"] for key, row in rows.items() if row["generation"] > 1} == {
        "ann": "changed",
        "eve": "gone",
        "new": "created",
    }


def test_who_withdrew_is_gone_and_nothing_but_their_id_is_told(home: Home) -> None:
    published(home, {"ann": "a", "bob": "b"})
    published(home, {"ann": "a2", "bob": "b"})
    gone = published(home, {"bob": "b"})[("contact", "ann")]
    assert gone == {
        "record_kind": "contact", "external_id": "ann", "workspace_id": "acme", "change": "gone", "record_hash": None,
        "previous_record_hash": None, "first_exported_at": day(1), "changed_at": day(3), "generation": 3,
    }  # fmt: skip


def test_who_is_gone_is_forgotten_after_a_while(home: Home) -> None:
    published(home, {"ann": "a", "bob": "b"})
    gone = published(home, {"bob": "b"})
    assert published(home, {"bob": "b"}, days=GONE_IS_TOLD_FOR.days - 1) == gone
    assert ("contact", "ann") not in published(home, {"bob": "b"}, days=1)


def test_who_comes_back_is_created_again(home: Home) -> None:
    published(home, {"ann": "a"})
    published(home, {})
    ann = published(home, {"ann": "a"})[("contact", "ann")]
    assert (ann["change"], ann["first_exported_at"], ann["previous_record_hash"]) == ("created", day(3), None)


def test_the_table_keeps_its_contract_and_its_books(home: Home) -> None:
    published(home, {"ann": "a"})
    path = home.published / "marts.1.duckdb"
    with duckdb.connect(path) as connection:
        described = connection.execute(
            "select column_name, lower(data_type), description, personal from _meta.published_column where table_name = 'crm_delta'"
        ).fetchall()
        assert described == [(column.name, column.data_type, column.text, column.personal) for column in COLUMNS]
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("update exports.crm_delta set change = 'gone'").fetchall()


def test_a_snapshot_without_exports_has_no_delta(home: Home) -> None:
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("create schema core; create table core.dim_video as select 1 as one").fetchall()
    tables = publish(home, Provenance("build", "fingerprint", "code", "1.11")).tables
    assert [table.name for table in tables] == ["dim_video"]
