"""A token reaches the rows of its workspaces, and nothing of a person where it was not made for that."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from serving.api.catalog import Column, PublishedTable
from serving.api.scope import OF_NOBODY, Data, Scope

from .conftest import CRM_DELTA, ROWS, Served, column_types, models

TABLES = [*models(), ("kpis", "every_type")]
OF_ALL_TENANTS = {("quality", "load"), ("quality", "rejected_event"), ("quality", "tracker_health")}


def pages(served: Served, headers: dict[str, str], table: tuple[str, str], **parameters: Any) -> Iterator[bytes]:
    """Every page of a table, as it came."""
    path = f"/v1/tables/{'/'.join(table)}/rows"
    while True:
        answer = served.client.get(path, params=parameters, headers=headers)
        assert answer.status_code == 200, answer.text
        yield answer.content
        if "audience-next-cursor" not in answer.headers:
            return
        parameters["cursor"] = answer.headers["audience-next-cursor"]


def table_id(table: tuple[str, str]) -> str:
    return ".".join(table)


@pytest.fixture(scope="module")
def north(served: Served) -> dict[str, str]:
    return served.token("north")


@pytest.mark.parametrize("table", TABLES, ids=table_id)
def test_no_row_of_another_workspace_in_any_format(served: Served, north: dict[str, str], table: tuple[str, str]) -> None:
    if table in OF_ALL_TENANTS:
        assert served.client.get(f"/v1/tables/{'/'.join(table)}/rows", headers=north).status_code == 404
        return
    if table in OF_NOBODY:
        return
    texts = [b"".join(pages(served, north, table, format=format_, limit=17)) for format_ in ("json", "csv")]
    arrow = [pa.ipc.open_stream(io.BytesIO(page)).read_all() for page in pages(served, north, table, format="arrow", limit=17)]
    everything = pa.concat_tables(arrow)
    assert all(b"south" not in text and b"north" in text for text in texts)
    assert everything.column("workspace_id").to_pylist() == ["north"] * (120 if table[1] == "every_type" else ROWS)
    assert "south" not in str(everything.to_pylist())
    # The rows of the south are there, for who may see them: the search above could have found them.
    assert b"south" in b"".join(pages(served, served.everything, table, format="csv"))


@pytest.mark.parametrize(
    "parameters",
    [
        {"where": ["workspace_id:eq:south"]},
        {"where": ["workspace_id:in:south,north"]},
        {"where": ["workspace_id:ne:north"]},
        {"where": ["workspace_id:is:not_null"], "order": ["workspace_id:desc"]},
        {"where": ["workspace_id:gte:"], "columns": ["workspace_id"]},
        {"where": ["workspace_id:eq:north' or 'a'='a"]},
        {"order": ["workspace_id:desc"], "columns": ["plays", "workspace_id"]},
    ],
    ids=str,
)
def test_no_filter_widens_the_workspace(served: Served, north: dict[str, str], parameters: dict[str, Any]) -> None:
    rows = served.rows("kpis.kpi_video_daily", north, **parameters)
    assert {row["workspace_id"] for row in rows} <= {"north"}
    assert len(rows) <= ROWS


def test_a_cursor_of_another_scope_is_refused(served: Served, north: dict[str, str]) -> None:
    path = "/v1/tables/kpis/kpi_video_daily/rows?limit=5"
    cursors = {
        name: served.client.get(path, headers=headers).json()["next_cursor"]
        for name, headers in {
            "all": served.everything,
            "south": served.token("south"),
            "both": served.token("north", "south"),
        }.items()
    }
    for cursor in cursors.values():
        answer = served.client.get(f"{path}&cursor={cursor}", headers=north)
        assert answer.status_code == 422
        assert answer.json()["type"].endswith("invalid-cursor")
    assert served.client.get(f"{path}&cursor={cursors['south']}", headers=served.token("south")).status_code == 200


def test_a_token_of_two_workspaces_sees_both_and_one_of_an_unknown_workspace_none(served: Served) -> None:
    both = served.rows("kpis.kpi_video_daily", served.token("north", "south"))
    assert {row["workspace_id"] for row in both} == {"north", "south"}
    assert served.rows("kpis.kpi_video_daily", served.token("east")) == []


def test_an_aggregate_token_is_shown_no_table_with_a_personal_column(served: Served) -> None:
    personal = {table for table, described in models().items() if described.personal}
    assert len(personal) > 10
    headers = served.token(data=Data.AGGREGATE)
    listed = served.client.get("/v1/tables", headers=headers).json()["tables"]
    assert {(table["schema"], table["name"]) for table in listed} == set(TABLES) - personal
    for table in personal:
        for path in ("", "/rows", "/rows?format=csv", "/rows?columns=workspace_id", "/rows?format=arrow"):
            assert served.client.get(f"/v1/tables/{'/'.join(table)}{path}", headers=headers).status_code == 404


def test_tables_of_all_workspaces_are_for_tokens_of_all(served: Served, north: dict[str, str]) -> None:
    without = {table for table, columns in column_types().items() if "workspace_id" not in columns}
    assert without == OF_ALL_TENANTS | OF_NOBODY, "say in scope.py who may see a new table without workspace_id"
    listed = served.client.get("/v1/tables", headers=north).json()["tables"]
    assert {(table["schema"], table["name"]) for table in listed} == set(TABLES) - OF_ALL_TENANTS | {CRM_DELTA}
    for table in OF_ALL_TENANTS:
        assert served.client.get(f"/v1/tables/{'/'.join(table)}/rows", headers=served.everything).status_code == 200
    assert len(served.rows("core.dim_date", north)) == 2 * ROWS


def described(name: str, *columns: str, personal: str | None = None, data_type: str = "VARCHAR") -> PublishedTable:
    return PublishedTable("core", name, None, 1, tuple(Column(column, data_type, None, personal) for column in columns))


def test_a_new_table_without_workspace_is_closed_to_tokens_of_one() -> None:
    one, every = Scope(("north",), Data.PERSONAL), Scope(None, Data.AGGREGATE)
    new = described("dim_new", "name")
    assert not one.sees(new)
    assert every.sees(new)
    assert one.sees(described("dim_date", "date_day"))
    # A number is no workspace's name, and a date table elsewhere is another table.
    assert not one.sees(described("dim_new", "workspace_id", data_type="BIGINT"))
    assert not one.sees(replace(described("dim_date", "date_day"), schema="learning"))


def test_what_is_not_declared_counts_as_personal() -> None:
    assert not Scope(None, Data.AGGREGATE).sees(described("dim_new", "workspace_id", personal="undeclared"))
