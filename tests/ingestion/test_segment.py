"""Calls of Segment and RudderStack: every form they land in, what is refused, and whom an erasure finds."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion import erasure, tombstones
from ingestion.sources import registered
from ingestion.tombstones import Identifier, Kind
from tests.ingestion.conftest import Lake

EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "segment_video" / "spec-examples.jsonl"
TIMES = {
    "originalTimestamp": "2026-10-05T23:59:59.900Z",
    "sentAt": "2026-10-05T23:59:59.950Z",
    "receivedAt": "2026-10-06T00:00:00.100Z",
    "timestamp": "2026-10-06T00:00:00.050Z",
}


def call(number: int, **fields: object) -> dict[str, object]:
    """A call of the video specification as the service hands it on."""
    said = {"type": "track", "event": "Video Playback Started", "messageId": f"m-{number}", "anonymousId": "d-1", "userId": "u-1"}
    return {**said, **TIMES, "properties": {"session_id": "s-1", "content_asset_id": "talk", "position": 0}, **fields}


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def kept(lake: Lake) -> list[dict]:
    """The rows of bronze in the order of their lines."""
    return lake.query(f"from read_parquet('{lake.home.bronze}/segment/*/*.parquet') order by load_id, line_number")


def test_a_call_is_kept_whole_and_filed_by_the_clients_clock(lake: Lake) -> None:
    lake.land("segment/a.jsonl", lines(call(1)))
    lake.load()
    (row,) = kept(lake)
    assert json.loads(row["record"]) == call(1)
    assert row["event_date"] == date(2026, 10, 5)
    assert row["occurred_at"] == datetime(2026, 10, 5, 23, 59, 59, 900000)
    assert row["sent_at"] == datetime(2026, 10, 5, 23, 59, 59, 950000)
    assert row["received_at"] == datetime(2026, 10, 6, 0, 0, 0, 100000)


def test_a_call_of_a_client_has_a_timestamp_alone_and_one_in_snake_case_has_all_of_them(lake: Lake) -> None:
    raw = {"type": "track", "event": "x", "timestamp": "2026-10-05T10:00:00Z"}
    snake = {
        "event": "x",
        "original_timestamp": "2026-10-05 11:00:00",
        "sent_at": "2026-10-05T11:00:01Z",
        "received_at": 1791198002,
    }
    lake.land("segment/a.ndjson", lines(raw, snake))
    lake.load()
    first, second = kept(lake)
    assert (first["occurred_at"], first["received_at"]) == (datetime(2026, 10, 5, 10), None)
    assert [second[name].hour for name in ("occurred_at", "sent_at", "received_at")] == [11, 11, 11]
    assert json.loads(first["record"]).items() >= raw.items()
    assert json.loads(second["record"]).items() >= snake.items()


def test_a_batch_is_as_many_calls_and_gives_them_what_it_says_once(lake: Lake) -> None:
    calls = [
        {"type": "track", "event": "x", "messageId": str(number), "timestamp": "2026-10-05T10:00:00Z"} for number in range(3)
    ]
    page = {"batch": calls, "sentAt": "2026-10-05T10:00:05Z", "context": {"ip": "192.0.2.1"}, "anonymousId": "d-9"}
    lake.land("segment/a.jsonl", lines(page, call(9)))
    report = lake.load()
    rows = kept(lake)
    assert (report.accepted, report.rejected) == (4, 0)
    assert [json.loads(row["record"])["messageId"] for row in rows] == ["0", "1", "2", "m-9"]
    assert [row["sent_at"].second for row in rows] == [5, 5, 5, 59]
    assert [json.loads(row["record"])["anonymousId"] for row in rows] == ["d-9", "d-9", "d-9", "d-1"]


@pytest.mark.parametrize("name", ["a.json", "a.log", "a.jsonl", "a.ndjson"])
def test_calls_come_in_every_ending_of_lines(lake: Lake, name: str) -> None:
    lake.land(f"segment/{name}", lines(call(1), call(2)))
    assert lake.load().accepted == 2


def test_what_is_no_call_is_refused_with_what_to_do_and_the_books_balance(lake: Lake) -> None:
    lake.land(
        "segment/a.jsonl", lines(call(1)) + "\n" + '{"type": "track",\n' + lines({"type": "track"}, [1]) + '{"a": 1, "a": 2}\n'
    )
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.blank, load.rejected) == (6, 1, 1, 4)
    assert lake.reasons() == {3: "not_json", 4: "no_usable_time", 5: "not_an_object", 6: "duplicate_keys"}
    details = {row["line_number"]: row["detail"] for row in lake.query("from quarantine")}
    assert "Send" in details[3]
    assert "originalTimestamp" in details[4]


PERSON = "alice-0001"
THEIRS = [
    {"userId": PERSON},
    {"userId": None, "user_id": PERSON},
    {"userId": "u-2", "previousId": PERSON},
    {"type": "identify", "traits": {"email": "Alice@Example.com"}},
    {"context": {"traits": {"email": "alice@example.com"}}},
    {"context": {"page": {"url": f"https://example.org/?uid={PERSON}"}}},
    {"properties": {"session_id": "s", "answer": PERSON}},
]


def test_a_person_is_found_wherever_a_call_names_them(lake: Lake) -> None:
    others = [{"userId": "alice-00011"}, {"userId": "u-3"}]
    lake.land("segment/a.jsonl", lines(*(call(number, **fields) for number, fields in enumerate([*THEIRS, *others]))))
    lake.load()
    tombstones.bury(
        lake.home,
        "erasure",
        [Identifier(Kind.USER, PERSON), Identifier(Kind.EMAIL, "alice@example.com"), Identifier(Kind.DEVICE, "d-7")],
    )
    erasure.erase(lake.home)
    assert [row["line_number"] for row in kept(lake)] == [len(THEIRS) + 1, len(THEIRS) + 2]


def test_a_short_device_and_playback_are_found_where_ids_stand(lake: Lake) -> None:
    playback = {"properties": {"session_id": "s-7"}}
    lake.land(
        "segment/a.jsonl",
        lines(call(1, anonymousId="d-7"), call(2, **playback), call(3, properties={"seat": "d-7", "row": "s-7"})),
    )
    lake.load()
    tombstones.bury(lake.home, "erasure", [Identifier(Kind.DEVICE, "d-7"), Identifier(Kind.PLAYBACK, "s-7")])
    erasure.erase(lake.home)
    assert [row["line_number"] for row in kept(lake)] == [3]


def test_pseudonyms_take_the_place_of_ids_and_traits_and_addresses_go(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_PSEUDONYMISE", "1")
    person = {"email": "alice@example.com"}
    named = {"userId": PERSON, "anonymousId": "device-0001", "traits": person, "context": {"traits": person, "ip": "192.0.2.7"}}
    lake.land("segment/a.jsonl", lines(call(1, **named), call(2, userId=PERSON)))
    lake.load()
    first, second = (json.loads(row["record"]) for row in kept(lake))
    text = json.dumps([first, second])
    assert not any(said in text for said in (PERSON, "device-0001", "alice@example.com", "192.0.2.7", "s-1"))
    assert first["userId"] == second["userId"]
    assert first["properties"]["position"] == 0


def test_the_examples_of_the_specification_are_taken_in(lake: Lake) -> None:
    if not EXAMPLES.exists():
        pytest.skip(f"{EXAMPLES} is absent: it is no part of the repository")
    dated = [json.loads(line) | {"timestamp": "2026-10-05T10:00:00Z"} for line in EXAMPLES.read_text().splitlines()]
    lake.land("segment/a.jsonl", lines(*dated))
    report = lake.load()
    assert (report.accepted, report.rejected) == (len(dated), 0)


def test_the_source_is_registered() -> None:
    assert registered()["segment"].raw_column == "record"
