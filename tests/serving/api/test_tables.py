"""What is listed and described: every table of the snapshot, as its YAML says."""

from serving.api.scope import Data

from .conftest import CRM_DELTA, ROWS, Served, column_types, models


def test_every_mart_and_export_is_listed_with_its_columns_and_rows(served: Served) -> None:
    answer = served.client.get("/v1/tables", headers=served.everything)
    listed = {(table["schema"], table["name"]): table for table in answer.json()["tables"]}
    assert listed.keys() == models().keys() | {("kpis", "every_type"), CRM_DELTA}
    for key, columns in column_types().items():
        assert [column["name"] for column in listed[key]["columns"]] == list(columns), key
        assert listed[key]["row_count"] == 2 * ROWS
        personal = {column["name"]: column["personal"] for column in listed[key]["columns"] if column["personal"]}
        assert personal == models()[key].personal, key
    assert listed["kpis", "kpi_video_daily"]["description"] == "One row of kpi_video_daily."


def test_a_token_of_one_workspace_is_told_how_many_rows_are_its_own(served: Served) -> None:
    north = served.token("north")
    listed = served.client.get("/v1/tables", headers=north).json()["tables"]
    assert {table["row_count"] for table in listed if table["name"] not in ("dim_date", "every_type", "crm_delta")} == {ROWS}
    one = served.client.get("/v1/tables/core/fct_view", headers=north).json()
    assert one["row_count"] == ROWS


def test_a_table_is_described_alone_as_in_the_list(served: Served) -> None:
    listed = served.client.get("/v1/tables", headers=served.everything).json()
    for table in listed["tables"]:
        alone = served.client.get(f"/v1/tables/{table['schema']}/{table['name']}", headers=served.everything).json()
        assert alone == table | {"generation": listed["generation"], "published_at": listed["published_at"]}


def test_an_unknown_table_and_a_forbidden_one_cannot_be_told_apart(served: Served) -> None:
    aggregate = served.token("north", data=Data.AGGREGATE)
    for path in ("", "/rows"):
        unknown = served.client.get(f"/v1/tables/core/nothing{path}", headers=aggregate)
        forbidden = served.client.get(f"/v1/tables/core/fct_view{path}", headers=aggregate)
        assert unknown.status_code == forbidden.status_code == 404
        assert unknown.text.replace("nothing", "fct_view") == forbidden.text
        assert unknown.headers["content-type"] == "application/problem+json"


def test_meta_and_system_tables_are_not_there(served: Served) -> None:
    for schema, table in (("_meta", "publication"), ("information_schema", "tables"), ("main", "duckdb_settings()")):
        assert served.client.get(f"/v1/tables/{schema}/{table}/rows", headers=served.everything).status_code == 404


def test_the_publication_says_which_build_is_shown(served: Served) -> None:
    answer = served.client.get("/v1/publication", headers=served.everything)
    assert answer.json()["build_id"] == "build"
    assert answer.json()["generation"] == int(answer.headers["audience-generation"]) == 1


def test_health_needs_no_token_and_tells_nothing_but_the_generation(served: Served) -> None:
    assert served.client.get("/health").json() == {"live": True, "ready": True, "generation": 1}
    assert served.client.get("/health/live").json()["live"]


def test_metrics_count_requests_by_route_and_status(served: Served) -> None:
    served.client.get("/v1/tables/core/nothing/rows", headers=served.everything)
    served.client.get("/a/path/of/nobody")
    text = served.client.get("/metrics").text
    assert 'audience_api_requests_total{route="/v1/tables/{schema}/{table}/rows",status="404"}' in text
    assert 'audience_api_requests_total{route="unmatched",status="404"}' in text
    assert 'audience_api_request_seconds_bucket{le="0.05",route=' in text
    assert "audience_api_generation 1.0" in text
    assert "audience_api_open_readers 0.0" in text
    assert "nobody" not in text


def test_every_error_has_a_problem_body_with_a_remedy(served: Served) -> None:
    for path, status in (("/nowhere", 404), ("/v1/tables", 401), ("/v1/tables/core/fct_view/rows?limit=0", 422)):
        headers = {} if status == 401 else served.everything
        answer = served.client.get(path, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body.keys() == {"type", "title", "status", "detail", "remedy"}
        assert body["status"] == status
        assert all(body.values())
    assert served.client.post("/v1/tables", headers=served.everything).status_code == 405
