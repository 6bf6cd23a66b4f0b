"""What becomes of every kind of line and file."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingestion.conftest import event

TIME = '"occurred_at":"2026-10-05T12:00:00Z"'


def one(lake, line: str) -> dict:
    lake.land("native/a.ndjson", line)
    lake.load()
    rows = lake.rows()
    assert len(rows) == 1, lake.query("select reason, detail from quarantine")
    return rows[0]


def test_a_clean_record_is_typed(lake):
    record = event(
        1,
        sequence_number=3,
        x=0.25,
        is_correct=True,
        value=12.5,
        response=["a", "b"],
        played_ranges=[[0, 1.5]],
        properties={"a": 1},
    )
    row = one(lake, json.dumps(record))
    assert row["occurred_at"] == datetime.datetime(2026, 10, 5, 12)
    assert (row["sequence_number"], row["x"], row["is_correct"], row["value"]) == (3, 0.25, True, Decimal("12.500000"))
    assert json.loads(row["response"]) == ["a", "b"]
    assert json.loads(row["played_ranges"]) == [[0, 1.5]]
    assert json.loads(row["properties"]) == {"a": 1}
    assert (str(row["event_date"]), row["line_number"], "extra" in row) == ("2026-10-05", 1, False)


SPELLINGS = [
    '"2026-10-05T12:00:00Z"',
    '"2026-10-05T14:00:00+02:00"',
    '"2026-10-05 12:00:00"',
    '"2026-10-05T12:00:00.000"',
    "1791201600",
    "1791201600000",
    '"1791201600"',
    '"1791201600000"',
    "1791201600.0",
    '" 2026-10-05t12:00:00z "',
]


def test_a_timestamp_is_read_in_every_spelling(lake):
    lake.land("native/a.ndjson", "\n".join(f'{{"event_id":"1","occurred_at":{written}}}' for written in SPELLINGS))
    lake.load()
    read = {SPELLINGS[row["line_number"] - 1]: row["occurred_at"] for row in lake.rows()}
    assert read == dict.fromkeys(SPELLINGS, datetime.datetime(2026, 10, 5, 12))


VALUES = [
    ("x", '"12.50"', 12.5, None),
    ("x", "1e400", None, "1e400"),
    ("x", "9223372036854775809", 9.223372036854775809e18, "9223372036854775809"),
    ("x", "true", None, "true"),
    ("x", "NaN", None, '"NaN"'),
    ("x", '"many"', None, '"many"'),
    ("sequence_number", "3.7", None, "3.7"),
    ("sequence_number", "3.0", 3, None),
    ("sequence_number", '"12"', 12, None),
    ("sequence_number", "99999999999999999999", None, "99999999999999999999"),
    ("is_correct", '"TRUE"', True, None),
    ("is_correct", "0", False, None),
    ("is_correct", "2", None, "2"),
    ("device_id", "42", "42", None),
    ("device_id", "123456789012345678901234567890", "123456789012345678901234567890", None),
    ("device_id", '{"a":1}', None, '{"a":1}'),
    ("device_id", "[1]", None, "[1]"),
    ("device_id", '"{not json"', "{not json", None),
    ("device_id", '"a\\u0000b"', "a\0b", None),
    ("device_id", '""', "", None),
    ("value", '"12.50"', Decimal("12.500000"), None),
    ("value", "1.23456789", Decimal("1.234568"), "1.23456789"),
    ("response", '"solo"', '["solo"]', None),
    ("response", "[1,true]", '["1","true"]', None),
    ("response", '[{"a":1}]', None, '[{"a":1}]'),
    ("response", '["a, \\"b\\""]', '["a, \\"b\\""]', None),
    ("played_ranges", "[[0,5],[7,null]]", "[[0,5],[7,null]]", None),
    ("played_ranges", '"0[.]5"', None, '"0[.]5"'),
    ("properties", '"{\\"a\\":1}"', '{"a":1}', None),
    ("properties", "[1]", None, "[1]"),
    (
        "sent_at",
        '"2026-10-05T12:00:00.123456789Z"',
        datetime.datetime(2026, 10, 5, 12, 0, 0, 123456),
        '"2026-10-05T12:00:00.123456789Z"',
    ),
    ("sent_at", '"yesterday"', None, '"yesterday"'),
    ("sent_at", "null", None, None),
    ("new_key", "null", None, "null"),
    ("new_key", '{"a":[1.5]}', None, '{"a":[1.5]}'),
    ('odd "key"', '"v"', None, '"v"'),
    ("", "1", None, "1"),
]


def test_a_value_is_held_or_kept_as_it_was(lake):
    """Rows of VALUES: a key, its value as written, what the column holds, what `extra` keeps."""
    lake.land(
        "native/a.ndjson", "\n".join(f'{{"event_id":"1",{TIME},{json.dumps(key)}:{written}}}' for key, written, _, _ in VALUES)
    )
    lake.load()
    rows = {row["line_number"]: row for row in lake.rows()}
    assert len(rows) == len(VALUES)
    for number, (key, written, value, kept) in enumerate(VALUES, 1):
        row = rows[number]
        assert (key, written, row.get(key)) == (key, written, value)
        assert (key, written, row.get("extra")) == (key, written, None if kept is None else f"{{{json.dumps(key)}:{kept}}}")


REJECTED = [
    (b"nope", "not_json", "one complete JSON object"),
    (b'{"a":1} x', "not_json", "one complete JSON object"),
    (b"[1]", "not_an_object", "array"),
    (b'"text"', "not_an_object", "varchar"),
    (b"null", "not_an_object", "null"),
    (b'{"event_id":"1","event_id":"2","occurred_at":1}', "duplicate_keys", "event_id"),
    (b'{"event_id":"1"}', "no_usable_time", "absent"),
    (b'{"event_id":"1","occurred_at":"yesterday","received_at":{}}', "no_usable_time", "yesterday"),
    (b'{"event_id":"\xff",' + TIME.encode() + b"}", "invalid_utf8", "UTF-8"),
]


def test_a_line_that_cannot_be_read_is_quarantined_with_reason_and_remedy(lake):
    lake.land("native/a.ndjson", json.dumps(event(1)).encode() + b"\n" + b"\n".join(line for line, _, _ in REJECTED) + b"\n")
    report = lake.load()
    rejects = lake.query("from quarantine order by line_number")
    assert [(each["line_number"], each["reason"], bytes(each["raw"])) for each in rejects] == [
        (number, reason, line) for number, (line, reason, _) in enumerate(REJECTED, 2)
    ]
    for each, (_, _, says) in zip(rejects, REJECTED, strict=True):
        assert says in each["detail"]
        assert (each["source"], each["path"]) == ("native", "native/a.ndjson")
    assert (report.lines, report.accepted, report.rejected) == (10, 1, 9)


def test_byte_order_mark_crlf_blank_lines_and_a_missing_last_line_feed_are_fine(lake):
    lines = "\r\n".join([json.dumps(event(1)), "", "  \t", json.dumps(event(2)), json.dumps(event(3))])
    lake.land("native/a.ndjson", b"\xef\xbb\xbf" + lines.encode())
    report = lake.load()
    assert [(row["event_id"], row["line_number"]) for row in lake.rows()] == [("1", 1), ("2", 4), ("3", 5)]
    assert (report.lines, report.accepted, report.blank, report.rejected) == (5, 3, 2, 0)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n"])
def test_an_empty_file_is_a_load_of_nothing(lake, content):
    lake.land("native/a.ndjson", content)
    report = lake.load()
    assert (report.loads, report.accepted, report.rejected, report.lines) == (1, 0, 0, content.count(b"\n"))
    assert lake.load().loads == 0


def test_an_event_without_id_is_known_by_the_hash_of_its_line(lake):
    line = f'{{"event_type":"play",{TIME}}}'
    assert one(lake, line + " \r\n")["event_id"] == "sha256:" + hashlib.sha256(line.encode()).hexdigest()


def test_explicit_nulls_and_unknown_keys_in_every_line_lose_nothing(lake):
    lines = [json.dumps(event(n, node_id=None, team=n, nothing=None)) for n in range(3000)]
    lake.land("native/a.ndjson", "\n".join(lines))
    lake.load()
    rows = lake.rows()
    assert len(rows) == 3000
    assert json.loads(rows[7]["extra"]) == {"team": 7, "nothing": None}


def test_a_record_is_filed_under_its_own_clock_else_its_receipt(lake):
    lines = [
        event("own", occurred_at="2026-10-05T23:30:00-02:00", received_at="2026-10-09T00:00:00Z"),
        {"event_id": "received", "received_at": "2026-10-09T00:00:00Z"},
    ]
    lake.land("native/a.ndjson", "\n".join(map(json.dumps, lines)))
    lake.load()
    assert {row["event_id"]: str(row["event_date"]) for row in lake.rows()} == {"own": "2026-10-06", "received": "2026-10-09"}


def test_a_line_of_fifty_megabytes_is_taken_and_one_past_the_limit_is_named(lake):
    long = json.dumps(event(1, properties={"a": "x" * 50_000_000}))
    longer = json.dumps(event(2, properties={"a": "x" * 70_000_000}))
    lake.land("native/a.ndjson", "\n".join([long, longer, json.dumps(event(3))]))
    report = lake.load()
    assert {row["event_id"]: row["n"] for row in lake.query("select event_id, length(properties) as n from native")} == {
        "1": 50_000_008,
        "3": None,
    }
    assert lake.reasons() == {2: "line_too_long"}
    assert (report.lines, report.accepted, report.rejected) == (3, 2, 1)


def many(count: int) -> bytes:
    return b"".join(
        json.dumps(event(n, device_id=hashlib.md5(str(n).encode()).hexdigest())).encode() + b"\n" for n in range(count)
    )


@pytest.mark.parametrize(
    "packed", [gzip.compress(many(500)) + gzip.compress(many(500)), pa.compress(many(1000), "zstd", asbytes=True)]
)
@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.log.zst", "a.json"])
def test_archives_are_known_by_their_bytes(lake, packed, name):
    lake.land(f"native/{name}", packed)
    report = lake.load()
    assert (report.lines, report.accepted) == (1000, 1000)


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
@pytest.mark.parametrize("damage", ["truncated", "corrupt"])
def test_a_broken_archive_keeps_its_good_lines_and_says_so(lake, codec, damage):
    whole = gzip.compress(many(20_000)) if codec == "gzip" else pa.compress(many(20_000), "zstd", asbytes=True)
    half = len(whole) // 2
    lake.land("native/a.ndjson.gz", whole[:half] if damage == "truncated" else whole[:half] + bytes(len(whole) - half))
    report = lake.load()
    (reject,) = lake.query("from quarantine where reason = 'undecodable_tail'")
    assert "upload the whole file again" in reject["detail"]
    assert report.accepted > 1000
    assert report.lines == report.accepted + report.rejected
    assert reject["line_number"] == report.lines


def test_a_name_that_promises_an_archive_and_holds_neither_is_one_rejected_line(lake):
    lake.land("native/a.ndjson.gz", b"\x00\x01\x02\xff\n\xfe\n")
    report = lake.load()
    assert (report.lines, report.rejected, lake.reasons()) == (1, 1, {1: "undecodable_tail"})


def test_csv_is_read_record_by_record(lake):
    lake.land(
        "native/a.csv",
        b"\xef\xbb\xbf"
        b"event_id,event_type,occurred_at,response,properties,x,color\r\n"
        b'1,play,2026-10-05T12:00:00Z,"[""a"",""b""]","{""k"":1}",0.5,red\r\n'
        b'2,,1791201600,"line\nfeed",,,\r\n'
        b"3,play\r\n"
        b"\xff,play,2026-10-05T12:00:00Z,,,,\r\n"
        b"5,play,2026-10-05T12:00:00Z,,,,",
    )
    report = lake.load()
    rows = {row["line_number"]: row for row in lake.rows()}
    assert set(rows) == {1, 2, 5}
    assert (rows[1]["response"], rows[1]["properties"], rows[1]["x"], rows[1]["extra"]) == (
        '["a","b"]',
        '{"k":1}',
        0.5,
        '{"color":"red"}',
    )
    assert rows[2]["response"] == '["line\\nfeed"]'
    assert "event_type" not in rows[2]
    assert lake.reasons() == {3: "csv_row_shape", 4: "invalid_utf8"}
    assert (report.lines, report.accepted, report.rejected) == (5, 3, 2)


@pytest.mark.parametrize(
    ("content", "lines", "reasons"),
    [(b"", 0, {}), (b"event_id,occurred_at\n", 0, {}), (b"a,a\n1,2\n", 1, {1: "unreadable_file"})],
)
def test_csv_without_records_or_sense_has_an_outcome(lake, content, lines, reasons):
    lake.land("native/a.csv", content)
    assert lake.load().lines == lines
    assert lake.reasons() == reasons


def test_semicolons_and_gzip_do_for_csv_too(lake):
    lake.land("native/a.csv.gz", gzip.compress(b"event_id;occurred_at;x\n1;1791201600;0.5\n"))
    lake.load()
    assert [(row["event_id"], row["x"]) for row in lake.rows()] == [("1", 0.5)]


def test_a_truncated_csv_archive_never_yields_half_a_record(lake):
    content = b"event_id,occurred_at,x\n" + b"".join(b"%d,1791201600,0.123456\n" % n for n in range(50_000))
    packed = gzip.compress(content)
    lake.land("native/a.csv.gz", packed[: len(packed) // 2])
    report = lake.load()
    assert {row["x"] for row in lake.query("select distinct x from native")} == {0.123456}
    assert list(lake.reasons().values()) == ["undecodable_tail"]
    assert report.accepted > 1000


def test_parquet_is_read_with_its_types(lake, tmp_path):
    table = pa.table(
        {
            "event_id": ["1", "2"],
            "occurred_at": [datetime.datetime(2026, 10, 5, 12), None],
            "received_at": [None, datetime.datetime(2026, 10, 6, 12)],
            "response": [["a", "b"], None],
            "played_ranges": [[[0.0, 1.5]], None],
            "x": [0.25, float("nan")],
            "value": [Decimal("1.50"), None],
            "team": [7, None],
        }
    )
    path = lake.land("native/a.parquet", b"")
    pq.write_table(table, path)
    lake.land("native/b.parquet.gz", gzip.compress(path.read_bytes()))
    lake.land("native/c.parquet", path.read_bytes()[:-9])
    lake.land("native/d.parquet", b"")
    report = lake.load()
    first, second = (row for row in lake.rows() if row["load_id"] == report.manifests[0].load_id)
    assert (first["response"], first["played_ranges"], first["x"], first["value"]) == (
        '["a","b"]',
        "[[0.0,1.5]]",
        0.25,
        Decimal("1.500000"),
    )
    assert (first["extra"], str(second["event_date"]), second["extra"]) == ('{"team":7}', "2026-10-06", '{"x":"NaN"}')
    assert [row["reason"] for row in lake.query("from quarantine")] == ["unreadable_file"]
    assert (report.loads, report.lines) == (4, 5)


def test_a_json_file_may_be_one_array(lake):
    lake.land("native/a.json", "  [" + ",\n".join(json.dumps(event(n, team=n)) for n in range(3)) + ", 7]")
    lake.land("native/b.json", "[" + json.dumps(event(9)))
    lake.load()
    assert [row["extra"] for row in lake.rows()] == ['{"team":0}', '{"team":1}', '{"team":2}']
    assert sorted(row["reason"] for row in lake.query("from quarantine")) == ["not_an_object", "not_json"]


def test_xapi_statements_are_kept_whole(lake):
    statements = [
        '{"id":"1","timestamp":"2021-11-24T23:30:00.5-01:00","stored":"2021-11-26T00:00:00Z","n":1.50,"result":{"duration":"PT12S"}}',
        '{"id":"2","stored":"2021-11-26T00:00:00Z"}',
        '{"id":"3"}',
    ]
    lake.land("xapi/a.json", "\n".join(statements))
    lake.load()
    first, second = lake.rows("xapi")
    assert (first["statement"], first["occurred_at"]) == (statements[0], datetime.datetime(2021, 11, 25, 0, 30, 0, 500000))
    assert (str(first["event_date"]), str(second["event_date"])) == ("2021-11-25", "2021-11-26")
    assert lake.reasons() == {3: "no_usable_time"}


def test_many_dates_in_one_file_are_filed_apart(lake):
    start = datetime.datetime(2020, 1, 1)
    lines = [json.dumps(event(n, occurred_at=(start + datetime.timedelta(days=n % 90)).isoformat() + "Z")) for n in range(900)]
    lake.land("native/a.ndjson", "\n".join(lines))
    lake.load()
    (load,) = lake.live()
    assert len(load.rows_by_date) == 90
    assert {each.rows for each in load.rows_by_date} == {10}
    assert lake.query(
        "select count(*) as n, count(distinct event_date) as days from native where event_date = occurred_at::date"
    ) == [{"n": 900, "days": 90}]
