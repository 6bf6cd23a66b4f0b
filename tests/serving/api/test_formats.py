"""The same rows in JSON, CSV and Arrow: every type, what a client accepts, and pages that are streamed."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from serving.api.formats import Format, negotiated
from serving.api.gates import Limits
from serving.api.problems import ProblemError

from .conftest import EVERY_TYPE, Served, publish_version

PATH = "/v1/tables/kpis/every_type/rows"


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture(scope="module")
def texts(plain: duckdb.DuckDBPyConnection) -> list[dict[str, str | None]]:
    """Every cell as DuckDB writes it."""
    cells = ", ".join(f"{name}::varchar as {name}" for name in EVERY_TYPE)
    table = plain.sql(f"select {cells} from kpis.every_type").to_arrow_table()
    rows: list[dict[str, str | None]] = table.to_pylist()
    return rows


def test_json_says_every_value(served: Served, texts: list[dict[str, str | None]]) -> None:
    text = served.client.get(PATH, headers=served.everything).text
    rows = json.loads(text, parse_constant=refuse, parse_float=Decimal)["rows"]
    assert len(rows) == len(texts) == 240
    for row, wanted in zip(rows, texts, strict=True):
        assert list(row) == ["workspace_id", *EVERY_TYPE]
        for name in ("a_text", "a_day", "a_time", "a_uuid"):
            assert row[name] == wanted[name]
        for name in ("a_whole", "a_huge", "a_small"):
            assert row[name] == (None if wanted[name] is None else int(wanted[name] or 0))
        assert row["a_decimal"] == (None if wanted["a_decimal"] is None else Decimal(wanted["a_decimal"] or 0))
        assert row["a_moment"] == (None if wanted["a_moment"] is None else (wanted["a_moment"] or "").replace(" ", "T") + "Z")
        if wanted["a_number"] in (None, "nan", "inf", "-inf"):
            assert row["a_number"] is None
        else:
            assert float(row["a_number"]) == float(wanted["a_number"] or 0)
        assert row["a_truth"] == {"true": True, "false": False, None: None}[wanted["a_truth"]]
    assert {row["a_zoned"] for row in rows} == {"2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", None}
    assert {json.dumps(row["a_list"]) for row in rows} == {"[]", '["a, b", "c"]', "[null]", "null"}
    assert {"x": None, "y": 'q, "r"'} in [row["a_struct"] for row in rows]
    assert {row["a_blob"] for row in rows} == {"AP8=", "", None}


def test_csv_says_every_value_and_no_formula(served: Served, texts: list[dict[str, str | None]]) -> None:
    answer = served.client.get(f"{PATH}?format=csv", headers=served.everything)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))
    assert len(rows) == 240
    for row, wanted in zip(rows, texts, strict=True):
        for name in ("a_whole", "a_huge", "a_small", "a_truth", "a_day", "a_uuid", "a_time"):
            assert row[name] == (wanted[name] or ""), name
        if wanted["a_decimal"] is not None:
            assert Decimal(row["a_decimal"]) == Decimal(wanted["a_decimal"])
        text = wanted["a_text"] or ""
        assert row["a_text"] == ("'" + text if text[:1] in "=+-@" and text else text)
        if wanted["a_number"] not in (None, "nan"):
            assert float(row["a_number"]) == float(wanted["a_number"] or 0)
    assert {row["a_text"] for row in rows} >= {"'=1+1", "'-3", "line\nbreak", "ünïcode 🎬"}
    # An empty text is quoted, null is not.
    lines = served.client.get(f"{PATH}?format=csv&columns=a_text&where=a_text:eq:", headers=served.everything).text.splitlines()
    assert set(lines[1:]) == {'""'}
    lines = served.client.get(f"{PATH}?format=csv&columns=a_text,a_day&where=a_text:is:null", headers=served.everything).text
    assert lines.splitlines()[1].startswith(",")


def test_a_csv_without_rows_still_has_its_header(served: Served) -> None:
    answer = served.client.get(f"{PATH}?format=csv&columns=a_day,a_text&where=a_text:eq:nothing", headers=served.everything)
    assert answer.text == '"a_day","a_text"\n'


def test_arrow_has_the_values_as_they_are(served: Served, plain: duckdb.DuckDBPyConnection) -> None:
    answer = served.client.get(f"{PATH}?format=arrow", headers=served.everything)
    table = pa.ipc.open_stream(io.BytesIO(answer.content)).read_all()
    assert table.schema.metadata[b"generation"] == b"1"
    wanted = plain.sql("select * from kpis.every_type").to_arrow_table()
    assert [(field.name, field.type) for field in table.schema] == [(field.name, field.type) for field in wanted.schema]
    assert str(table.to_pylist()) == str(wanted.to_pylist())


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, Format.JSON),
        ("*/*", Format.JSON),
        ("application/json", Format.JSON),
        ("text/csv", Format.CSV),
        ("TEXT/CSV; charset=utf-8", Format.CSV),
        ("text/*", Format.CSV),
        ("application/vnd.apache.arrow.stream", Format.ARROW),
        ("text/html, application/json;q=0.5, text/csv;q=0.9", Format.CSV),
        ("application/json;q=0, */*", Format.CSV),
        ("text/csv;q=0.2, */*;q=0.1", Format.CSV),
    ],
)
def test_the_best_format_that_a_client_accepts_is_chosen(accept: str | None, expected: Format) -> None:
    assert negotiated(None, accept) is expected
    assert negotiated(Format.ARROW, accept) is Format.ARROW


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", "text/csv;q=many", ";", "a/b/c"])
def test_a_client_that_accepts_nothing_of_ours_is_told_what_there_is(served: Served, accept: str) -> None:
    with pytest.raises(ProblemError):
        negotiated(None, accept)
    answer = served.client.get(PATH, headers=served.everything | {"Accept": accept})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["remedy"]


def test_large_pages_are_streamed_whole(serving: Any) -> None:
    served = serving(Limits(), publishes=0)
    publish_version(served.home, rows=23_456)
    path = "/v1/tables/core/fct_view/rows?limit=50000"
    answers = {format_: served.client.get(f"{path}&format={format_}", headers=served.everything) for format_ in Format}
    assert all("content-length" not in answer.headers for answer in answers.values())
    wanted = list(range(23_456))
    assert [row["view_number"] for row in answers[Format.JSON].json()["rows"]] == wanted
    assert [int(row["view_number"]) for row in csv.DictReader(io.StringIO(answers[Format.CSV].text))] == wanted
    arrow = pa.ipc.open_stream(io.BytesIO(answers[Format.ARROW].content)).read_all()
    assert arrow.column("view_number").to_pylist() == wanted
