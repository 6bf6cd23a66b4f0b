"""lines = accepted + rejected + blank + erased, whatever lands; and the ways people look at it."""

from __future__ import annotations

import gzip
import io
import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingestion.cli import app
from ingestion.home import Home
from ingestion.sources import registered
from tests.ingestion.conftest import Lake, event

KEYS = st.sampled_from(
    ["event_id", "occurred_at", "received_at", "x", "sequence_number", "response", "properties", "is_correct", "value", "new", ""]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["2026-10-05T12:00:00Z", 1791201600, "1e3"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=5,
)
OBJECT = st.dictionaries(KEYS, JSON, max_size=8).map(lambda record: json.dumps({"occurred_at": 1791201600, **record}).encode())
LINE = (
    OBJECT
    | OBJECT
    | st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b""))
    | st.sampled_from([b"", b"  ", b"\r", b"[]", b"null", b'{"a":1,"a":2}'])
)
FILE = st.lists(LINE, max_size=12).map(b"\n".join) | st.lists(OBJECT, max_size=30).map(b"\n".join)
PACKED = (
    FILE | FILE.map(gzip.compress) | st.tuples(FILE, st.integers(0, 200)).map(lambda pair: gzip.compress(pair[0])[: -1 - pair[1]])
)


@given(
    st.dictionaries(st.sampled_from(["a.ndjson", "b.json.gz", "c.log", "d.csv", "e.jsonl.zst", "f.parquet"]), PACKED, max_size=4)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_line_of_anything_has_one_outcome(files):
    with TemporaryDirectory() as folder:
        lake = Lake(Home(Path(folder) / "home"), Path(folder) / "landing")
        for name, content in files.items():
            lake.land(f"native/{name}", content)
        report = lake.load()
        assert report.failed == []
        assert report.lines == report.accepted + report.rejected + report.blank + report.erased
        assert report.loads == len(set(files.values()))
        (rows,) = lake.query("select count(*) as n, count(distinct (load_id, line_number)) as keys from native")
        (rejects,) = lake.query(
            "select count(*) as n, count(reason) as reasons, count(nullif(detail, '')) as details from quarantine"
        )
        assert rows == {"n": report.accepted, "keys": report.accepted}
        assert set(rejects.values()) == {report.rejected}
        assert lake.load().is_empty


COLUMNS = [field.name for field in registered()["native"].fields if field.name not in ("occurred_at", "event_id")]
RECORD = st.dictionaries(st.sampled_from([*COLUMNS, "new", "", 'q"']), JSON, max_size=10)


@given(st.lists(RECORD, min_size=40, max_size=60))
@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_what_a_column_does_not_hold_extra_does(records):
    with TemporaryDirectory() as folder:
        lake = Lake(Home(Path(folder) / "home"), Path(folder) / "landing")
        lake.land("native/a.ndjson", "\n".join(json.dumps(event(number, **record)) for number, record in enumerate(records)))
        lake.load()
        rows = lake.rows()
        assert [row["line_number"] for row in rows] == list(range(1, len(records) + 1))
        kinds = {field.name: field.kind for field in registered()["native"].fields}
        for row, record in zip(rows, records, strict=True):
            extra = json.loads(row.get("extra", "{}"))
            for key, value in record.items():
                if key in extra:
                    assert same(extra[key], value)
                elif value is not None:
                    assert holds(kinds[key], row[key], value), (key, value, row[key])


def same(kept, said) -> bool:
    """JSON equality, but NaN and the infinities are kept as their names."""
    if isinstance(said, float) and not math.isfinite(said):
        return kept == json.dumps(said)
    if isinstance(said, dict):
        return isinstance(kept, dict) and set(kept) == set(said) and all(same_inside(kept[key], said[key]) for key in said)
    if isinstance(said, list):
        return isinstance(kept, list) and len(kept) == len(said) and all(map(same_inside, kept, said))
    return kept == said


def same_inside(kept, said) -> bool:
    if isinstance(said, float) and not math.isfinite(said):
        return isinstance(kept, float)
    return same(kept, said) if isinstance(said, dict | list) else kept == said


def holds(kind: str, held, said) -> bool:
    """Whether a typed value says what the record said."""
    match kind:
        case "text":
            return held == said or (not isinstance(said, str) and same_inside(json.loads(held), said))
        case "number" | "integer":
            return not isinstance(said, bool) and float(said) == float(held)
        case "decimal":
            return not isinstance(said, bool) and abs(float(said) - float(held)) < 1e-9
        case "flag":
            return held == (str(said).strip().lower() in ("true", "1"))
        case "time":
            return isinstance(said, str | int | float)
        case "object":
            return same_inside(json.loads(held), json.loads(said) if isinstance(said, str) else said)
        case _:
            return True


def test_the_books_are_shown_and_a_second_look_finds_nothing_new(lake, monkeypatch):
    monkeypatch.setenv("AUDIENCE_HOME", str(lake.home.root))
    monkeypatch.setenv("LANDING", str(lake.landing))
    monkeypatch.setenv("COLUMNS", "200")
    lake.land("native/a.ndjson", json.dumps(event(1)) + "\nnope\n\n")
    lake.land("strange/a.ndjson", "{}")
    run = CliRunner().invoke
    first = run(app, ["load"])
    assert first.exit_code == 0
    assert "strange/" in first.output
    assert "Nothing new" in run(app, ["load"]).output
    books = run(app, ["ledger"])
    assert (
        books.exit_code,
        [int(word) for word in books.output.split("native")[1].split("\n")[0].split() if word.isdigit()][:5],
    ) == (0, [1, 3, 1, 1, 1])
    assert run(app, ["status"]).output == books.output
    assert "0 accepted" in run(app, ["replay"]).output
    assert "on 0 dates" in run(app, ["compact"]).output
    assert "xapi" in run(app, ["sources"]).output
    assert run(app, ["load", "--source", "nothing"]).exit_code == 2
    help_text = run(app, ["--help"]).output
    assert all(word in help_text for word in ("load", "replay", "compact", "ledger", "sources", "AUDIENCE_HOME", "LANDING"))


def test_progress_counts_every_byte_and_line(lake):
    lake.land("native/a.ndjson", "\n".join(json.dumps(event(n)) for n in range(100)))
    lake.land("xapi/a.json", '{"timestamp":"2026-10-05T12:00:00Z"}')
    moments = []
    report = lake.load(on_progress=moments.append)
    last = moments[-1]
    assert (last.files_done, last.files, last.bytes_done, last.lines) == (2, 2, last.bytes, 101)
    assert last.bytes == report.bytes
    assert {name: (totals.loads, totals.lines) for name, totals in report.by_source.items()} == {
        "native": (1, 100),
        "xapi": (1, 1),
    }


def test_readers_find_typed_empty_tables_before_anything_landed(lake):
    lake.load()
    for source in registered().values():
        columns = {row["column_name"]: row["column_type"] for row in lake.query(f"describe {source.name}")}
        assert {**columns, "event_date": "DATE"} == {
            "load_id": "VARCHAR",
            "line_number": "BIGINT",
            **source.columns,
            "event_date": "DATE",
        }
    assert lake.query("select count(*) as n from quarantine") == [{"n": 0}]


def test_rows_written_by_parquet_and_csv_and_json_are_the_same(lake):
    lake.land("native/a.ndjson", json.dumps(event(1, x=0.5, response=["a"], team="t")))
    lake.land("native/a.csv", 'event_id,event_type,occurred_at,x,response,team\n1,play,2026-10-05T12:00:00Z,0.5,"[""a""]",t\n')
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([event(1, x=0.5, response=["a"], team="t")]), buffer)
    lake.land("native/a.parquet", buffer.getvalue())
    lake.load()
    rows = lake.query("select distinct * exclude (load_id, line_number) from native")
    assert len(rows) == 1
    assert rows[0]["extra"] == '{"team":"t"}'
