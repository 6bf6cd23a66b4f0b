"""Enriched events of Snowplow: between tabs and as JSON, what is refused, and whom an erasure finds."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from ingestion import erasure, tombstones
from ingestion.sources.snowplow import COLUMNS
from ingestion.tombstones import Identifier, Kind
from tests.ingestion.conftest import Lake

SNOWPLOW = "iglu:com.snowplowanalytics.snowplow"


def contexts(*entities: tuple[str, dict[str, object]]) -> dict[str, object]:
    """Entities as the pipeline wraps them."""
    listed = [{"schema": f"{SNOWPLOW}{name}", "data": data} for name, data in entities]
    return {"schema": f"{SNOWPLOW}/contexts/jsonschema/1-0-0", "data": listed}


def client(user_id: str) -> dict[str, object]:
    return contexts(("/client_session/jsonschema/1-0-2", {"userId": user_id, "eventIndex": 1}))


def playback(session_id: str) -> dict[str, object]:
    return contexts((".media/session/jsonschema/1-0-0", {"mediaSessionId": session_id, "timePlayed": 3.5}))


def columns(number: int, **cells: object) -> dict[str, object]:
    """What an enriched event says, by the names of its columns."""
    said = {
        "app_id": "site",
        "event": "unstruct",
        "event_id": f"e-{number}",
        "event_vendor": "com.example",
        "event_name": "poll_answer",
    }
    times = {"dvce_created_tstamp": "2026-10-05 23:59:59.900", "collector_tstamp": "2026-10-06 00:00:00.1"}
    return {**said, **times, "domain_userid": "d-1", **cells}


def between_tabs(row: dict[str, object]) -> str:
    cells = (row.get(name, "") for name in COLUMNS)
    return "\t".join(cell if isinstance(cell, str) else json.dumps(cell) for cell in cells)


def kept(lake: Lake) -> list[dict]:
    """The rows of bronze in the order of their lines."""
    return lake.query(f"from read_parquet('{lake.home.bronze}/snowplow/*/*.parquet') order by load_id, line_number")


def test_the_canonical_event_has_131_columns() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 131
    assert [COLUMNS.index(name) + 1 for name in ("contexts", "unstruct_event", "derived_contexts", "true_tstamp")] == [
        53,
        59,
        123,
        131,
    ]


def test_columns_between_tabs_become_an_object_without_the_empty_ones(lake: Lake) -> None:
    said = columns(1, contexts=client("c-1"), page_title='A "title" \\ with marks', true_tstamp="2026-10-05 20:00:00")
    lake.land("snowplow/a.tsv", between_tabs(said) + "\r\n" + between_tabs(columns(2)))
    lake.load()
    first, second = kept(lake)
    record = json.loads(first["record"])
    assert record["contexts"] == client("c-1")
    assert record["page_title"] == said["page_title"]
    assert record["true_tstamp"] == "2026-10-05 20:00:00Z"
    assert set(record) == set(said)
    assert (first["event_date"], first["occurred_at"]) == (date(2026, 10, 5), datetime(2026, 10, 5, 23, 59, 59, 900000))
    assert first["received_at"] == datetime(2026, 10, 6, 0, 0, 0, 100000)
    assert json.loads(second["record"])["event_id"] == "e-2"


def test_text_that_should_be_json_and_is_not_stays_text(lake: Lake) -> None:
    lake.land("snowplow/a.log", between_tabs(columns(1, contexts='{"schema": cut', derived_contexts='"')) + "\n")
    lake.load()
    (row,) = kept(lake)
    assert json.loads(row["record"])["contexts"] == '{"schema": cut'


@pytest.mark.parametrize("name", ["a.tsv", "a.log", "a.ndjson", "a.jsonl"])
def test_both_forms_may_come_in_one_file_of_any_ending_of_lines(lake: Lake, name: str) -> None:
    lake.land(f"snowplow/{name}", between_tabs(columns(1)) + "\n" + json.dumps(columns(2)) + "\n")
    lake.load()
    first, second = kept(lake)
    assert first["occurred_at"] == second["occurred_at"]
    assert json.loads(second["record"]) == columns(2)


def test_another_number_of_columns_is_refused_with_what_to_do_and_the_books_balance(lake: Lake) -> None:
    short = between_tabs(columns(1)).rpartition("\t")[0]
    untimed = between_tabs(columns(2, dvce_created_tstamp="", collector_tstamp="soon"))
    lake.land("snowplow/a.tsv", f"{short}\n\n{untimed}\n{between_tabs(columns(3))}\n")
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.blank, load.rejected) == (4, 1, 1, 2)
    assert lake.reasons() == {1: "not_json", 3: "no_usable_time"}
    details = {row["line_number"]: row["detail"] for row in lake.query("from quarantine")}
    assert "131 columns" in details[1]
    assert "collector_tstamp" in details[3]


PERSON = "alice-0001"
THEIRS = [
    {"user_id": PERSON},
    {"unstruct_event": {"data": {"data": {"customer": PERSON}}}},
    {"page_url": f"https://example.org/?uid={PERSON}"},
    {"se_label": "write to Alice@Example.com"},
    {"domain_userid": "d-7"},
    {"contexts": client("d-7")},
    {"contexts": playback("p-7")},
]


def test_a_person_is_found_wherever_an_event_names_them(lake: Lake) -> None:
    others = [{"user_id": "alice-00011"}, {"contexts": client("d-8")}, {"se_label": "d-7"}]
    lake.land("snowplow/a.tsv", "".join(between_tabs(columns(n, **cells)) + "\n" for n, cells in enumerate([*THEIRS, *others])))
    lake.land(
        "snowplow/b.ndjson", json.dumps(columns(99, contexts_com_snowplowanalytics_snowplow_client_session_1=[{"userId": "d-7"}]))
    )
    lake.load()
    named = {Kind.USER: PERSON, Kind.EMAIL: "alice@example.com", Kind.DEVICE: "d-7", Kind.PLAYBACK: "p-7"}
    tombstones.bury(lake.home, "erasure", [Identifier(kind, value) for kind, value in named.items()])
    erasure.erase(lake.home)
    assert [row["line_number"] for row in kept(lake)] == [len(THEIRS) + 1, len(THEIRS) + 2, len(THEIRS) + 3]


def test_pseudonyms_take_the_place_of_ids_in_entities_too(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_PSEUDONYMISE", "1")
    named = {"user_id": PERSON, "domain_userid": "device-0001", "user_ipaddress": "192.0.2.7"}
    lake.land("snowplow/a.tsv", between_tabs(columns(1, **named, contexts=client("device-0001"))) + "\n")
    lake.land("snowplow/b.tsv", between_tabs(columns(2, **named, contexts=playback("playback-0001"))) + "\n")
    lake.load()
    records = [json.loads(row["record"]) for row in kept(lake)]
    text = json.dumps(records)
    assert not any(said in text for said in (PERSON, "device-0001", "playback-0001", "192.0.2.7"))
    assert len({record["user_id"] for record in records}) == 1
    (of_client,) = [record for record in records if "client_session" in json.dumps(record)]
    assert of_client["contexts"]["data"][0]["data"]["userId"] == of_client["domain_userid"]
