"""The server does what its OpenAPI description says, whatever it is asked (Schemathesis); docs/api.md has a longer campaign."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable

from ingestion.home import Home
from serving.api.app import create_app
from serving.api.gates import Limits
from serving.api.problems import MEDIA_TYPE

from .conftest import Served

ROWS = "/v1/tables/{schema}/{table}/rows"
PATHS = ["/v1/publication", "/v1/tables", "/v1/tables/{schema}/{table}", ROWS, "/health", "/health/live", "/metrics"]
EXAMPLES = 25
CONFIG = schemathesis.Config.from_path(Path(__file__).with_name("schemathesis.toml"))


@pytest.fixture(scope="module")
def description(published_home: Home) -> Iterator[Any]:
    """Over a real socket: HTTP's own rules are part of what is asked."""
    server = uvicorn.Server(uvicorn.Config(create_app(published_home, Limits(rate="1000000/minute")), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json", config=CONFIG)
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("path", PATHS)
def test_no_request_finds_the_description_wrong(
    served: Served, description: Any, path: str, mode: schemathesis.GenerationMode
) -> None:
    operation = description[path]["GET"]

    @seed(1)
    @settings(
        max_examples=EXAMPLES if path.endswith("rows") else EXAMPLES // 5 + 1,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        if path == ROWS and mode is schemathesis.GenerationMode.POSITIVE:
            case.path_parameters = {"schema": "kpis", "table": "every_type"}
        case.call_and_validate(headers=served.everything)

    try:
        check()
    except Unsatisfiable:
        # A route without parameters can be asked nothing wrong.
        assert mode is schemathesis.GenerationMode.NEGATIVE
        assert not operation.definition.raw.get("parameters")


def test_every_route_is_asked(served: Served) -> None:
    assert set(served.client.get("/openapi.json").json()["paths"]) == set(PATHS)


def test_every_parameter_and_every_field_is_explained(served: Served) -> None:
    description = served.client.get("/openapi.json").json()
    for path, routes in description["paths"].items():
        for parameter in routes["get"].get("parameters", []):
            assert parameter.get("description"), (path, parameter["name"])
            assert "example" in str(parameter) or parameter["name"] == "cursor", (path, parameter["name"])
        assert routes["get"]["summary"]
        for status, response in routes["get"]["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == [MEDIA_TYPE], (path, status)
    rows = description["paths"][ROWS]["get"]
    assert {parameter["name"] for parameter in rows["parameters"]} == {
        "schema", "table", "where", "columns", "order", "limit", "cursor", "format",
    }  # fmt: skip
    assert set(rows["responses"]) == {"200", "401", "404", "406", "410", "422", "429", "503", "504"}
    assert set(rows["responses"]["200"]["content"]) == {"application/json", "text/csv", "application/vnd.apache.arrow.stream"}
    for name, model in description["components"]["schemas"].items():
        for field, described in model.get("properties", {}).items():
            assert "examples" in described or "description" in described or "$ref" in str(described), (name, field)


def test_the_examples_of_the_description_work(served: Served) -> None:
    rows = served.client.get("/openapi.json").json()["paths"][ROWS]["get"]
    examples = {parameter["name"]: parameter for parameter in rows["parameters"]}
    for name in ("where", "columns", "order"):
        given = str(examples[name])
        assert "plays" in given
        for example in examples[name]["schema"].get("examples") or examples[name]["examples"].values():
            values = example["value"] if isinstance(example, dict) else example
            usable = [value for value in values if "campaign_id" not in value]
            assert served.rows("kpis.kpi_video_daily", **{name: usable}) is not None
