"""Open edX tracking logs: every form they come in, what cannot be read, and people in them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from ingestion import erasure, identity, tombstones
from ingestion.tombstones import Identifier, Kind
from tests.ingestion.conftest import Lake

USER, SESSION = "ann-the-first", "5d41c2fa07b94e3d9a6c1b0e8f27d613"
PREFIX = "2026-10-05 10:00:02,000 INFO 9 [tracking] [user 7] [ip 192.0.2.7] logger.py:41 - "


def record(number: int, **fields: object) -> dict:
    """A browser's record in the envelope of the log."""
    return {
        "event_type": "play_video",
        "time": f"2026-10-05T10:00:{number:02}.250000+00:00",
        "username": USER,
        "session": SESSION,
        "event_source": "browser",
        "event": json.dumps({"id": "talk", "currentTime": number}),
        "context": {"user_id": 7, "course_id": "course-v1:Example+Story+2026"},
        **fields,
    }


def lines(*records: object) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in records)


def rows(lake: Lake) -> list[dict]:
    """The rows of bronze in the order of files and lines."""
    files = f"{lake.home.bronze}/openedx/*/*.parquet"
    return lake.query(
        f"""from read_parquet('{files}', hive_partitioning = true) where load_id in (from live) order by load_id, line_number"""
    )


def as_csv(*records: dict) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(records[0])
    writer.writerows([value if isinstance(value, str) else json.dumps(value) for value in each.values()] for each in records)
    return text.getvalue().encode()


def as_parquet(*records: dict) -> bytes:
    target = io.BytesIO()
    pa.parquet.write_table(pa.Table.from_pylist(list(records)), target)
    return target.getvalue()


FORMS = {
    "tracking.log": lines(record(1), record(2)).encode(),
    "tracking.log.gz": gzip.compress(lines(record(1), record(2)).encode()),
    "tracking.log.zst": pa.compress(lines(record(1), record(2)).encode(), codec="zstd", asbytes=True),
    "tracking.ndjson": lines(record(1), record(2)).encode(),
    "tracking.jsonl": lines(record(1), record(2)).encode(),
    "tracking.json": json.dumps([record(1), record(2)]).encode(),
    "tracking.csv": as_csv(record(1), record(2)),
    "tracking.parquet": as_parquet(record(1), record(2)),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_log_is_taken_in_whole_in_every_form(lake: Lake, name: str) -> None:
    lake.land(f"openedx/{name}", FORMS[name])
    report = lake.load()
    assert (report.failed, report.unknown) == ([], [])
    found = rows(lake)
    assert [row["occurred_at"] for row in found] == [datetime(2026, 10, 5, 10, 0, second, 250_000) for second in (1, 2)]
    for row, sent in zip(found, (record(1), record(2)), strict=True):
        held = json.loads(row["record"])
        context = held["context"] if isinstance(held["context"], dict) else json.loads(held["context"])
        assert (held | {"context": context}) == sent


def test_a_record_is_filed_by_the_time_of_either_envelope(lake: Lake) -> None:
    other = {"name": "play_video", "timestamp": "2026-10-07T23:30:00-01:00", "data": {}, "context": {"username": USER}}
    lake.land("openedx/a.log", lines(record(1), other))
    lake.load()
    assert [str(row["event_date"]) for row in rows(lake)] == ["2026-10-05", "2026-10-08"]
    assert [row["emitted_at"] for row in rows(lake)] == [None, datetime(2026, 10, 8, 0, 30)]


def test_what_a_logger_wrote_before_a_record_is_kept_at_its_end(lake: Lake) -> None:
    lake.land("openedx/a.log", lines(PREFIX + json.dumps(record(1)), json.dumps(record(2)), "  " + json.dumps(record(3)) + " \r"))
    lake.load()
    prefixed, plain, spaced = (row["record"] for row in rows(lake))
    assert json.loads(prefixed) == record(1) | {"log_prefix": PREFIX.strip()}
    assert prefixed.split(',"log_prefix":"')[0] + "}" == json.dumps(record(1))
    assert (plain, spaced) == (json.dumps(record(2)), json.dumps(record(3)))


def test_comments_and_blank_lines_carry_no_record(lake: Lake) -> None:
    lake.land("openedx/a.log", lines("# of the first server", "", record(1), "  #" + json.dumps(record(2)), " "))
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.blank, load.rejected) == (5, 1, 4, 0)


REJECTED = {
    "Oct  5 10:00:00 host rotated the log": "not_json",
    PREFIX + json.dumps(record(1))[:-20]: "not_json",
    json.dumps(record(1))[:200]: "not_json",
    json.dumps({key: value for key, value in record(1).items() if key != "time"}): "no_usable_time",
    json.dumps(record(1, time="yesterday")): "no_usable_time",
    json.dumps(record(1))[:-1] + ', "session": "another"}': "duplicate_keys",
}


def test_what_cannot_be_read_is_kept_with_its_line_and_a_remedy(lake: Lake) -> None:
    lake.land("openedx/a.log", lines(*REJECTED, record(1)))
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.rejected) == (len(REJECTED) + 1, 1, len(REJECTED))
    assert lake.reasons() == dict(enumerate(REJECTED.values(), start=1))
    kept = lake.query("from quarantine order by line_number")
    assert [row["raw"].decode() for row in kept] == list(REJECTED)
    assert all("end " in row["detail"] for row in kept)


THEIRS = [
    record(1),
    record(2, username="", context={"user_id": 7_000_001}),
    record(3, username="", session="", context={"session": SESSION}),
    record(4, username="", session="", event={"username": USER}, context={}),
    record(5, username="", session="", event=json.dumps({"note": f"for {USER}", "mail": "ann@example.com"}), context={}),
    record(6, username="", session="", event="", context={}, page=f"https://lms.example/u/{USER}/"),
    {"name": "a", "timestamp": "2026-10-05T10:00:07Z", "data": {"user_id": 7_000_001}, "context": {}},
    {"name": "a", "timestamp": "2026-10-05T10:00:08Z", "data": {}, "context": json.dumps({"username": USER})},
]
OF_OTHERS = [
    record(11, username="ben", session="b", context={"user_id": 8}),
    record(12, username="", session="b", context={"user_id": None}),
    record(13, username="ann", session="b", context={"user_id": 70}, event="input_a_2_1=7"),
]


@pytest.mark.parametrize("is_loaded_before", [True, False])
def test_a_person_is_found_by_name_number_session_and_address(lake: Lake, is_loaded_before: bool) -> None:
    lake.land("openedx/a.log", lines(*THEIRS, PREFIX + json.dumps(record(9)), *OF_OTHERS))
    if is_loaded_before:
        lake.load()
    tombstones.bury(
        lake.home,
        "erasure-1",
        [
            Identifier(Kind.USER, USER),
            Identifier(Kind.USER, "7000001"),
            Identifier(Kind.DEVICE, SESSION),
            Identifier(Kind.EMAIL, "Ann@example.com"),
        ],
    )
    if is_loaded_before:
        erasure.erase(lake.home)
    else:
        lake.load()
    first = len(THEIRS) + 2
    assert [row["line_number"] for row in rows(lake)] == list(range(first, first + len(OF_OTHERS)))
    (load,) = lake.live()
    assert (load.accepted, load.erased) == (len(OF_OTHERS), len(THEIRS) + 1)


def test_the_number_of_an_account_is_looked_for_where_accounts_stand(lake: Lake) -> None:
    lake.land("openedx/a.log", lines(record(1), record(2, username="ben", context={"user_id": 8}, attempts="7")))
    lake.load()
    tombstones.bury(lake.home, "erasure-1", [Identifier(Kind.USER, "7")])
    erasure.erase(lake.home)
    assert [row["line_number"] for row in rows(lake)] == [2]


def test_names_numbers_and_sessions_are_replaced_by_pseudonyms(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_PSEUDONYMISE", "1")
    about = {"user_id": 7, "username": USER, "session": SESSION, "ip": "192.0.2.7", "course_id": "c"}
    sent = [
        record(1, ip="192.0.2.7"),
        {"name": "a", "timestamp": "2026-10-05T10:00:07Z", "data": {"user_id": 7, "mode": "audit"}, "context": about},
        {"name": "a", "timestamp": "2026-10-05T10:00:08Z", "data": "x=1", "context": json.dumps(about)},
        PREFIX + json.dumps(record(4, username="", event={"user_id": 7})),
    ]
    lake.land("openedx/a.log", lines(*sent))
    lake.load()
    key = identity.privacy_key(lake.home)
    name, number, session = (identity.pseudonym_of(key, each) for each in (USER, "7", SESSION))
    held = [json.loads(row["record"]) for row in rows(lake)]
    assert held[0] == record(1) | {
        "username": name,
        "session": session,
        "context": {"user_id": number, "course_id": "course-v1:Example+Story+2026"},
    }
    assert held[1]["data"] == {"user_id": number, "mode": "audit"}
    known = {"user_id": number, "username": name, "session": session, "course_id": "c"}
    assert (held[1]["context"], held[2]["context"], held[2]["data"]) == (known, known, "x=1")
    assert held[3]["event"] == {"user_id": number}
    said = " ".join(row["record"] for row in rows(lake))
    assert not [each for each in (USER, SESSION, "192.0.2.7", "[user 7]") if each in said]


def test_the_common_story_is_accepted_to_the_last_line(lake: Lake) -> None:
    for path in sorted((Path(__file__).parents[1] / "fixtures" / "one_story" / "openedx").iterdir()):
        lake.land(f"openedx/{path.name}", path.read_bytes())
    lake.load()
    assert sum(load.rejected for load in lake.live()) == 0
    assert sum(load.accepted for load in lake.live()) == len(rows(lake)) > 0
