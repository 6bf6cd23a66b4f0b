"""Kaltura's beacons in every form they land in, what is kept of them, and whom they name."""

from __future__ import annotations

import datetime
import json

import pytest

from ingestion import erasure, identity, tombstones
from ingestion.tombstones import Identifier, Kind
from tests.ingestion.conftest import Lake

TIME = "2026-10-05T10:00:02.120Z"
MOMENT = datetime.datetime(2026, 10, 5, 10, 0, 2, 120000)
BEACON = "service=analytics&action=trackEvent&eventType=3&entryId=1_talk"
ANSWER = {"objectType": "KalturaAnswerCuePoint", "id": "1_x", "entryId": "1_talk", "answerKey": "b", "createdAt": 1791194447}
ANSWERED = datetime.datetime(2026, 10, 5, 10, 0, 47)


def access(query: str, method: str = "GET", time: str = "05/Oct/2026:10:00:02 +0000", agent: str = "Mozilla/5.0") -> str:
    return f'203.0.113.7 - - [{time}] "{method} /api_v3/index.php?{query} HTTP/1.1" 200 43 "https://example.org/a" "{agent}"\n'


def records(lake: Lake) -> list[dict]:
    return [json.loads(row["record"]) for row in lake.query("from kaltura order by load_id, line_number")]


def only(lake: Lake, line: str) -> dict:
    lake.land("kaltura/a.log", line)
    lake.load()
    (record,) = records(lake)
    return record


@pytest.mark.parametrize(
    ("line", "received"),
    [
        (f"{TIME}\t{BEACON}\n", MOMENT),
        (f"{TIME} {BEACON}\r\n", MOMENT),
        (f"{TIME}\t/api_v3/index.php?{BEACON}\n", MOMENT),
        (f"2026-10-05 10:00:02.120\t{BEACON}", MOMENT),
        (f"2026-10-05 10:00:02.120 {BEACON}", MOMENT),
        (f"1791194402.120\t{BEACON}\n", MOMENT),
        (access(BEACON), MOMENT.replace(microsecond=0)),
        (access(BEACON, time="05/Oct/2026:12:00:02 +0200"), MOMENT.replace(microsecond=0)),
        (access(BEACON, time="2026-10-05T10:00:02+00:00"), MOMENT.replace(microsecond=0)),
        (json.dumps({"received_at": TIME, "service": "analytics", "eventType": 3, "entryId": "1_talk"}), MOMENT),
    ],
)
def test_a_beacon_is_dated_by_its_receipt_in_every_form(lake: Lake, line: str, received: datetime.datetime) -> None:
    record = only(lake, line)
    (row,) = lake.rows("kaltura")
    assert (row["received_at"], "occurred_at" in row, str(row["event_date"])) == (received, False, "2026-10-05")
    assert (record["service"], str(record["eventType"]), record["entryId"]) == ("analytics", "3", "1_talk")


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("a=x%20y+z%2B%26%3D", {"a": "x y z+&="}),
        ("caf%C3%A9=%E2%82%AC", {"café": "€"}),
        ("a=%22%5C%0A%1E%1F%00", {"a": '"\\\n\x1e\x1f\x00'}),
        ("a=1&a=2&b=&c&&", {"a": ["1", "2"], "b": "", "c": None}),
        ("x[]=1&x[]=2&y%5B0%5D=3", {"x[]": ["1", "2"], "y[0]": "3"}),
        ("a=b=c==&d=e?f", {"a": "b=c==", "d": "e?f"}),
        ("a=%zz%4&b=%FF%41&c=1", {"a": "%zz%4", "b": "%FF%41", "c": "1"}),
        ("received_at=1&createdAt=2&request=3", {"?received_at": "1", "?createdAt": "2", "?request": "3"}),
    ],
)
def test_nothing_of_a_query_string_is_lost(lake: Lake, query: str, kept: dict) -> None:
    lake.land("kaltura/a.log", f"{TIME}\teventType=3&{query}\n{access(f'action=trackEvent&eventType=3&{query}')}")
    lake.load()
    of_line, of_request = records(lake)
    assert of_line == {"received_at": TIME, "eventType": "3"} | kept
    assert {key: value for key, value in of_request.items() if key != "request"} == {
        "received_at": "2026-10-05T10:00:02Z", "action": "trackEvent", "eventType": "3"
    } | kept  # fmt: skip


def test_what_the_web_server_knows_is_kept_and_what_is_no_beacon_counts_as_blank(lake: Lake) -> None:
    lake.land(
        "kaltura/access.log",
        access(BEACON, agent=r"odd \"agent\"") + access(BEACON, "OPTIONS") + access(BEACON, "HEAD") + "# a comment\n\n"
        '203.0.113.7 - - [05/Oct/2026:10:00:02 +0000] "GET /favicon.ico HTTP/1.1" 404 0 "-" "Mozilla/5.0"\n',
    )  # fmt: skip
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.blank, load.rejected) == (6, 1, 5, 0)
    request = records(lake)[0]["request"]
    assert (request["client"], request["method"], request["path"]) == ("203.0.113.7 - -", "GET", "/api_v3/index.php")
    assert (request["status"], request["referrer"]) == ("200 43", "https://example.org/a")
    assert "agent" in request["rest"] + request["agent"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("kaltura/a.ndjson", json.dumps(ANSWER)),
        ("kaltura/a.json", json.dumps([ANSWER])),
        ("kaltura/a.json", json.dumps({"totalCount": 1, "objects": [ANSWER], "objectType": "KalturaCuePointListResponse"})),
        ("kaltura/a.json", json.dumps({"totalCount": 1, "objects": [ANSWER]}, indent=2)),
        ("kaltura/a.csv", "objectType,id,entryId,answerKey,createdAt\nKalturaAnswerCuePoint,1_x,1_talk,b,1791194447\n"),
    ],
)
def test_an_answer_is_dated_by_its_creation_in_every_form(lake: Lake, name: str, content: str) -> None:
    lake.land(name, content)
    lake.load()
    (row,) = lake.rows("kaltura")
    assert row["occurred_at"] == ANSWERED
    assert {key: json.loads(row["record"])[key] for key in ("id", "entryId", "answerKey")} == {
        "id": "1_x", "entryId": "1_talk", "answerKey": "b"
    }  # fmt: skip


def test_what_cannot_be_read_names_its_line_and_what_to_send(lake: Lake) -> None:
    lake.land("kaltura/a.log", f'{TIME}\t{BEACON}\nnonsense\n2026-13-05T10:00:02Z\t{BEACON}\n{{"eventType": 3}}\n')
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.rejected) == (4, 1, 3)
    assert lake.reasons() == {2: "not_json", 3: "no_usable_time", 4: "no_usable_time"}
    details = {row["line_number"]: row["detail"] for row in lake.query("from quarantine")}
    assert "Send a receive time and a beacon's query string" in details[2]
    assert "2026-13-05T10:00:02Z" in details[3]


def test_a_line_that_is_read_carefully_does_not_change_what_the_others_become(lake: Lake) -> None:
    plain = "".join(f"{TIME}\teventType=99&position={number}\n" for number in range(50))
    lake.land("kaltura/a.log", plain + f"{TIME}\teventType=99&position=50&bad=%FF\n" + plain)
    lake.load()
    assert [record["position"] for record in records(lake)] == [str(n) for n in (*range(50), 50, *range(50))]


THEIRS = [
    "userId=u-alice-0001",
    "userId=ann%2Dother&ks=u-alice-0001",
    "persistentSessionId=d-alice-0001",
    "customVar1=u%2Dalice%2D0001",
    "customVar2=alice%40example.com",
]
OF_OTHERS = ["userId=u-bob-000001", "persistentSessionId=u-alice-00011", "customVar1=about+u-alice-0001"]


@pytest.mark.parametrize("is_loaded_before", [True, False])
def test_a_beacon_is_theirs_wherever_it_names_them(lake: Lake, is_loaded_before: bool) -> None:
    lake.land("kaltura/a.log", "".join(f"{TIME}\t{BEACON}&{query}\n" for query in [*THEIRS, *OF_OTHERS]))
    if is_loaded_before:
        lake.load()
    named = [(Kind.USER, "u-alice-0001"), (Kind.DEVICE, "d-alice-0001"), (Kind.EMAIL, "Alice@Example.com")]
    tombstones.bury(lake.home, "erasure-1", [Identifier(*each) for each in named])
    if is_loaded_before:
        erasure.erase(lake.home)
    else:
        lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.erased) == (8, 3, 5)


def test_only_the_people_of_the_named_partner_are_erased(lake: Lake) -> None:
    lake.land("kaltura/a.log", "".join(f"{TIME}\t{BEACON}&userId=u-alice-0001&partnerId={partner}\n" for partner in (1, 2)))
    lake.load()
    tombstones.bury(lake.home, "erasure-1", [Identifier(Kind.USER, "u-alice-0001", "2")])
    erasure.erase(lake.home)
    assert [record["partnerId"] for record in records(lake)] == ["1"]


def test_pseudonyms_stand_for_who_was_there_and_one_session_stays_one(lake: Lake, monkeypatch) -> None:
    monkeypatch.setenv(identity.PSEUDONYMISE, "1")
    lake.land("kaltura/a.log", access(f"{BEACON}&userId=ann&sessionId=a%3Ab&ks=secret") + f"{TIME}\t{BEACON}&sessionId=a%3Ac\n")
    lake.load()
    first, second = records(lake)
    key = identity.privacy_key(lake.home)
    assert first["userId"] == identity.pseudonym_of(key, "ann")
    assert first["sessionId"].split(":")[0] == second["sessionId"].split(":")[0] == identity.pseudonym_of(key, "a")
    assert "userId" not in second
    assert not any(said in json.dumps(first) for said in ('"ann"', "secret", "203.0.113.7"))
    assert first["entryId"] == "1_talk"
