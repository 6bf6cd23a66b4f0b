"""The models alone, or the tests on their data alone, as a run of the product would execute them, with seconds by node."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.lib.dbt import BuildResult, run_dbt
from orchestration.lib.environment import Environment

SLOWEST = 10
BUILD_MODELS = ("build", "--exclude-resource-type", "unit_test", "test")
TEST_DATA = ("test", "--exclude-resource-type", "unit_test")


def node_seconds(result: BuildResult) -> dict[str, Any]:
    """Sums by resource type and the slowest nodes of a dbt invocation."""
    slowest = sorted(result.nodes, key=lambda node: -node.seconds)[:SLOWEST]
    return {
        "models": result.count("model"),
        "model_seconds": result.seconds("model"),
        "tests": result.count("test"),
        "test_seconds": result.seconds("test"),
        "slowest": [{"name": node.name, "type": node.resource_type, "seconds": node.seconds} for node in slowest],
    }


def read_run_results(home: Path, since: float) -> dict[str, Any]:
    """The same of the last dbt invocation in a home, from its ``run_results.json``; nothing where it is older than ``since``.

    since: seconds since the epoch.
    """
    path = home / "dbt" / "target" / "run_results.json"
    if not path.exists() or path.stat().st_mtime < since:
        return {}
    nodes = json.loads(path.read_text())["results"]
    sums: dict[str, Any] = {}
    for kind in ("model", "test"):
        chosen = [node for node in nodes if node["unique_id"].startswith(f"{kind}.") and node["status"] != "skipped"]
        sums |= {f"{kind}s": len(chosen), f"{kind}_seconds": sum(node["execution_time"] for node in chosen)}
    slowest = sorted(nodes, key=lambda node: -node["execution_time"])[:SLOWEST]
    sums["slowest"] = [
        {"name": node["unique_id"].split(".")[2], "type": node["unique_id"].split(".")[0], "seconds": node["execution_time"]}
        for node in slowest
    ]
    return sums


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    result: Annotated[Path, typer.Option(help="JSON file for the seconds.")],
    tests: Annotated[bool, typer.Option("--tests", help="The data tests instead of the models.")] = False,
) -> None:
    """Build every model of AUDIENCE_HOME from bronze, or test its data."""
    began = time.monotonic()
    built = run_dbt(Environment.read(), TEST_DATA if tests else BUILD_MODELS)
    result.write_text(json.dumps({"dbt_seconds": time.monotonic() - began, **node_seconds(built)}))


if __name__ == "__main__":
    app()
