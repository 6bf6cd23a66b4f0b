"""Page after page gives every row once, in order, whatever the table, the filters, the order and the format."""

import io
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.sql import quoted

from .conftest import Served, column_types, columns_of_types

TABLES = [*column_types(), *[("kpis", "every_type")] * 25]
"""The table of every type comes up often: there the awkward values are."""
COLUMNS = column_types() | {
    ("kpis", "every_type"): {"workspace_id": "VARCHAR", **{name: kind for _, (name, (kind, _)) in columns_of_types()}}
}
SYMBOLS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
# What every type of the marts can be compared with; the others are compared in test_filters.py.
VALUES = {
    "VARCHAR": ["north 3", "south", "", "=1+1", "a, b"],
    "bigint": ["-3", "0", "2"],
    "double": ["-0.5", "1.0"],
    "boolean": ["true", "false"],
    "timestamp": ["2026-10-01T03:00:00Z", "2026-09-30 22:00:00"],
    "date": ["2026-10-03"],
}


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    table = draw(st.sampled_from(TABLES))
    names = list(COLUMNS[table])
    order = draw(
        st.lists(st.tuples(st.sampled_from(names), st.sampled_from(["", ":asc", ":desc"])), max_size=3, unique_by=lambda o: o[0])
    )
    where = []
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        values = VALUES.get(COLUMNS[table][name])
        operator = (
            draw(st.sampled_from([*SYMBOLS, "null", "not_null"])) if values else draw(st.sampled_from(["null", "not_null"]))
        )
        where.append((name, operator, draw(st.sampled_from(values)) if values else ""))
    workspaces = draw(st.sampled_from([(), ("north",), ("south", "north")]))
    return {
        "table": table,
        "order": order,
        "where": where,
        "limit": draw(st.sampled_from([1, 11, 50] if where and table[1] != "every_type" else [23, 50])),
        "workspaces": workspaces if "workspace_id" in COLUMNS[table] else (),
    }


def condition(name: str, operator: str, value: str) -> str:
    return f"{name}:is:{operator}" if "null" in operator else f"{name}:{operator}:{value}"


def all_pages(served: Served, question: dict[str, Any], headers: dict[str, str]) -> pa.Table:
    """Every page, following the link as a client would, without its workspaces (the headers have those)."""
    parameters: dict[str, Any] = {
        "order": [name + direction for name, direction in question["order"]],
        "where": [condition(*each) for each in question["where"]],
        "limit": question["limit"],
        "format": "arrow",
    }
    url: str | None = f"/v1/tables/{'/'.join(question['table'])}/rows"
    found = []
    while url:
        answer = served.client.get(url, params=parameters if not found else None, headers=headers)
        assert answer.status_code == 200, answer.text
        page = pa.ipc.open_stream(io.BytesIO(answer.content)).read_all()
        assert page.num_rows <= question["limit"]
        found.append(page)
        url = answer.links["next"]["url"] if "next" in answer.links else None
        assert page.num_rows == question["limit"] or url is None
    return pa.concat_tables(found)


def expected(plain: duckdb.DuckDBPyConnection, question: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The same rows by SQL that shares nothing with the API: as texts, their place in the order before them."""
    schema, table = question["table"]
    kept = [
        f"{quoted(name)} is {'not ' if operator == 'not_null' else ''}null"
        for name, operator, _ in question["where"]
        if "null" in operator
    ]
    values = [value for _, operator, value in question["where"] if "null" not in operator]
    kept += [
        f"{quoted(name)} {SYMBOLS[operator]} ?::{COLUMNS[question['table']][name]}"
        for name, operator, _ in question["where"]
        if "null" not in operator
    ]
    if question["workspaces"]:
        kept.append(f"list_contains({list(question['workspaces'])!r}, workspace_id)")
    order = ", ".join(
        f"{quoted(name)} {'desc' if 'desc' in direction else 'asc'} nulls last" for name, direction in question["order"]
    )
    rank = f"dense_rank() over (order by {order})" if order else "1"
    where = " and ".join(kept) or "true"
    texts = ", ".join(f"{quoted(name)}::varchar" for name in COLUMNS[question["table"]])
    return plain.execute(f"select {rank} as place, {texts} from {schema}.{table} where {where} order by place", values).fetchall()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=questions())
def test_pages_hold_every_row_once_and_in_order(
    served: Served, plain: duckdb.DuckDBPyConnection, question: dict[str, Any], tokens: dict[tuple[str, ...], dict[str, str]]
) -> None:
    rows = all_pages(served, question, tokens[question["workspaces"]])
    texts = ", ".join(f"{quoted(name)}::varchar" for name in COLUMNS[question["table"]])
    plain.register("paged", rows)
    found = plain.execute(f"select {texts} from paged").fetchall()
    plain.unregister("paged")
    wanted = expected(plain, question)
    assert sorted(found, key=repr) == sorted((row[1:] for row in wanted), key=repr)
    # Rows that look alike are equal in the order too, so each row has one place.
    places = {row[1:]: row[0] for row in wanted}
    assert [places[row] for row in found] == [row[0] for row in wanted]


@pytest.fixture(scope="module")
def tokens(served: Served) -> dict[tuple[str, ...], dict[str, str]]:
    return {workspaces: served.token(*workspaces) for workspaces in ((), ("north",), ("south", "north"))}


@pytest.mark.parametrize("table", list(COLUMNS), ids=".".join)
def test_every_table_is_read_to_its_end(served: Served, plain: duckdb.DuckDBPyConnection, table: tuple[str, str]) -> None:
    for order in ([], [(list(COLUMNS[table])[-1], ":desc")]):
        question = {"table": table, "order": order, "where": [], "limit": 13}
        rows = all_pages(served, question, served.everything)
        ((count,),) = plain.execute(f"select count(*) from {'.'.join(table)}").fetchall()
        assert rows.num_rows == count


def test_a_page_ends_at_its_bytes_and_the_next_goes_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.api.reading.MAX_BYTES", 4_000)
    monkeypatch.setattr("serving.api.reading.ROWS_A_BATCH", 10)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(50):
        page = served.client.get("/v1/tables/core/fct_view/rows", params=cursor, headers=served.everything).json()
        seen += page["rows"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    monkeypatch.undo()
    assert len(seen) > len(page["rows"])
    assert seen == served.rows("core.fct_view")


@pytest.fixture(scope="module")
def cursor(served: Served) -> str:
    text: str = served.client.get("/v1/tables/kpis/kpi_video_daily/rows?limit=5", headers=served.everything).json()["next_cursor"]
    return text


def refused(served: Served, path: str) -> bool:
    answer = served.client.get(path, headers=served.everything)
    return answer.status_code == 422 and bool(answer.json()["type"].endswith("invalid-cursor"))


def test_a_cursor_that_was_changed_anywhere_is_refused(served: Served, cursor: str) -> None:
    path = "/v1/tables/kpis/kpi_video_daily/rows?limit=5&cursor="
    assert served.client.get(path + cursor, headers=served.everything).status_code == 200
    for place in range(len(cursor)):
        for letter in ("A", "z", "_"):
            changed = cursor[:place] + letter + cursor[place + 1 :]
            if changed != cursor:
                assert refused(served, path + changed), place
    for changed in (cursor[:-1], cursor + "A", cursor + "=", cursor[::-1], "A", "AAAA", "%00", "ü", "a" * 5000):
        assert refused(served, path + changed)


@pytest.mark.parametrize(
    "other",
    [
        "kpis/kpi_video_daily/rows?order=plays",
        "kpis/kpi_video_daily/rows?where=plays:gt:0",
        "kpis/kpi_workspace_daily/rows?limit=5",
    ],
)
def test_a_cursor_answers_its_own_question_only(served: Served, cursor: str, other: str) -> None:
    assert refused(served, f"/v1/tables/{other}&cursor={cursor}")


def test_columns_limit_and_format_may_change_on_the_way(served: Served, cursor: str) -> None:
    path = f"/v1/tables/kpis/kpi_video_daily/rows?limit=3&columns=plays&format=csv&cursor={cursor}"
    lines = served.client.get(path, headers=served.everything).text.splitlines()
    assert lines[0] == '"plays"'
    following = served.rows("kpis.kpi_video_daily")[5:8]
    assert [line or None for line in lines[1:]] == [str(row["plays"]) if row["plays"] is not None else None for row in following]
