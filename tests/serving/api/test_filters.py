"""What can be asked of a column, and what a wrong question is told."""

from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from .conftest import EVERY_TYPE, Served

HOSTILE = [
    "'; drop table core.fct_view; --",
    '" or 1=1 --',
    "plays) or (1=1",
    "plays:gte:1:or:1",
    "../../../etc/passwd",
    "read_csv('/etc/passwd')",
    "\x00",
    "%00",
    "🎬" * 50,
    "a" * 20_000,
    "${jndi:ldap://x}",
    "\r\nSet-Cookie: a=b",
    "rowid",
    "*",
    "",
    ":",
    "::",
    "$v0",
    "?",
]
TABLE = "/v1/tables/kpis/every_type/rows"


def values(served: Served, where: str, column: str) -> list[Any]:
    return [row[column] for row in served.rows("kpis.every_type", where=where, columns=column)]


@pytest.mark.parametrize("operator", ["eq", "ne", "gt", "gte", "lt", "lte", "in"])
@pytest.mark.parametrize("column", EVERY_TYPE)
def test_every_type_is_compared_as_sql_compares_it(
    served: Served, plain: duckdb.DuckDBPyConnection, column: str, operator: str
) -> None:
    data_type, drawn = EVERY_TYPE[column]
    symbol = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": "="}[operator]
    for value in drawn:
        given = '"' + value.replace('"', '""') + '"' if operator == "in" else value
        found = len(values(served, f"{column}:{operator}:{given}", "workspace_id"))
        ((wanted,),) = plain.execute(
            f"select count(*) from kpis.every_type where {column} {symbol} ?::{data_type}", [value]
        ).fetchall()
        assert found == wanted, value
        assert wanted < 240


def test_lists_are_quoted_as_in_csv(served: Served) -> None:
    found = set(values(served, 'a_text:in:=1+1,"a ""quote"", a comma",-3', "a_text"))
    assert found == {"=1+1", 'a "quote", a comma', "-3"}


def test_null_is_asked_for_by_name(served: Served) -> None:
    assert set(values(served, "a_text:is:null", "a_text")) == {None}
    assert None not in values(served, "a_text:is:not_null", "a_text")
    assert set(values(served, "a_text:eq:NULL", "a_text")) == {"NULL"}


def test_all_conditions_hold_together(served: Served) -> None:
    rows = served.rows("kpis.kpi_video_daily", where=["plays:gte:-3", "plays:lt:4", "workspace_id:eq:north"])
    assert rows
    assert all(-3 <= row["plays"] < 4 and row["workspace_id"] == "north" for row in rows)


def test_columns_come_as_asked_for(served: Served) -> None:
    one_by_one = served.rows("kpis.every_type", columns=["a_day", "a_text"], limit=1)
    together = served.rows("kpis.every_type", columns="a_day,a_text,a_day", limit=1)
    assert [list(row) for row in one_by_one] == [list(row) for row in together] == [["a_day", "a_text"]]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("a_whole:gt:1.5", "a whole number"),
        ("a_whole:eq:9223372036854775808", "BIGINT can hold"),
        ("a_small:eq:128", "TINYINT can hold"),
        ("a_whole:eq:1_000", "a whole number"),
        ("a_number:eq:many", "a number"),
        ("a_decimal:eq:0.0000001", "no more decimals"),
        ("a_decimal:eq:nan", "a decimal number"),
        ("a_decimal:eq:123456789012345", "can hold"),
        ("a_truth:eq:yes", "`true` or `false`"),
        ("a_day:gte:2026-02-30", "a date such as"),
        ("a_moment:gte:yesterday", "a time such as"),
        ("a_uuid:eq:1", "can hold"),
        ("a_text:in:", None),
        ("a_text:like:a", "Operators: eq, ne"),
        ("a_text:is:empty", "is:null"),
        ('a_text:in:"a', "Quote a value"),
        ("a_txet:eq:a", "Did you mean a_text"),
        ("a_text", "column:operator:value"),
    ],
)
def test_a_condition_that_means_nothing_is_told_why(served: Served, where: str, says: str | None) -> None:
    answer = served.client.get(TABLE, params={"where": where}, headers=served.everything)
    if says is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert says in answer.json()["remedy"] + answer.json()["detail"]
    assert answer.json()["title"] == "The parameter where is not valid"


@pytest.mark.parametrize("parameter", ["where", "columns", "order", "limit", "cursor", "format", "other"])
def test_hostile_strings_are_refused_or_mean_themselves(served: Served, parameter: str) -> None:
    for text in HOSTILE:
        answer = served.client.get(TABLE, params={parameter: text}, headers=served.everything)
        assert answer.status_code == 422, (parameter, text)
        assert len(answer.content) < 2_000
        assert "set-cookie" not in answer.headers
    for text in HOSTILE:
        for operator in ("eq", "gt"):
            answer = served.client.get(TABLE, params={"where": f"a_text:{operator}:{text}"}, headers=served.everything)
            assert answer.status_code == 200, text
    assert len(served.rows("kpis.every_type")) == 240


@pytest.mark.parametrize("text", [each for each in HOSTILE if each])
def test_hostile_table_names_are_unknown(served: Served, text: str) -> None:
    for path in (("core", text), (text, "fct_view")):
        url = f"/v1/tables/{'/'.join(quote(part, safe='') for part in path)}/rows"
        assert served.client.get(url, headers=served.everything).status_code in (404, 422)


def test_orders_and_lists_have_an_end(served: Served) -> None:
    many = {"where": ["a_text:eq:a"] * 21}
    long = {"where": "a_text:in:" + ",".join(["a"] * 1001)}
    wide = {"order": ",".join(["a_text"] * 11)}
    for parameters in (many, long, wide, {"limit": 50_001}, {"order": "a_text:up"}):
        answer = served.client.get(TABLE, params=parameters, headers=served.everything)
        assert answer.status_code == 422, parameters
