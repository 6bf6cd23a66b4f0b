"""What Superset's dashboards name is there: datasets are live models, columns are theirs, and nothing in them is personal."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.home import Home
from orchestration.lib.environment import Environment
from orchestration.lib.parsing import manifest_path
from serving.superset.instance import ASSETS

Asset = dict[str, Any]
# Words of SQL and of the dates that a dashboard is filtered by; everything else in an expression is a column.
SQL_WORDS = {
    "and", "as", "case", "cast", "coalesce", "count", "date", "else", "end", "endif", "from_dttm", "if", "is", "lpad", "max", "not",
    "null", "nullif", "or", "sum", "then", "varchar", "when",
}  # fmt: skip


def assets(folder: str) -> dict[str, Asset]:
    return {str(path.relative_to(ASSETS)): yaml.safe_load(path.read_text()) for path in sorted((ASSETS / folder).rglob("*.yaml"))}


DATASETS, CHARTS, DASHBOARDS = assets("datasets"), assets("charts"), assets("dashboards")
BY_UUID = {dataset["uuid"]: dataset for dataset in DATASETS.values()}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], dict[str, Any]]]:
    with pytest.MonkeyPatch.context() as patch:
        home = Home(tmp_path_factory.mktemp("home"))
        for variable in ("AUDIENCE_HOME", "LANDING", "AUDIENCE_TARGET"):
            patch.setenv(variable, "dev" if variable == "AUDIENCE_TARGET" else str(home.root))
        manifest = json.loads(manifest_path(Environment(home, str(home.landing), True, "dev")).read_text())
        nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
        yield {(node["schema"], node["alias"]): node["columns"] for node in nodes}


def names_in(expression: str) -> set[str]:
    """The words of a SQL expression that are neither strings nor SQL's own."""
    without_strings = re.sub(r"'[^']*'|\"[^\"]*\"", " ", expression)
    return set(re.findall(r"[a-z_][a-z_0-9]*", without_strings.lower())) - SQL_WORDS


def columns_of(dataset: Asset) -> set[str]:
    return {column["column_name"] for column in dataset["columns"]}


def test_every_dataset_is_a_live_model_with_exactly_its_columns(models: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert len(DATASETS) >= 20
    wrong = {}
    for path, dataset in DATASETS.items():
        key = (dataset["schema"], dataset["table_name"])
        stored = {column["column_name"] for column in dataset["columns"] if not column.get("expression")}
        if stored != set(models.get(key, {})):
            wrong[path] = stored ^ set(models.get(key, {}))
    assert wrong == {}


def test_no_dataset_holds_personal_data(models: dict[tuple[str, str], dict[str, Any]]) -> None:
    """So that every dashboard works over a PostgreSQL that holds aggregates alone."""
    personal = {
        path
        for path, dataset in DATASETS.items()
        for column in models[(dataset["schema"], dataset["table_name"])].values()
        if "personal" in column["config"].get("meta", {})
    }
    assert personal == set()


def test_metrics_and_computed_columns_use_columns_of_their_dataset() -> None:
    unknown = {}
    for path, dataset in DATASETS.items():
        expressions = [metric["expression"] for metric in dataset["metrics"]]
        expressions += [column["expression"] for column in dataset["columns"] if column.get("expression")]
        names = {name for expression in expressions for name in names_in(expression)}
        if names - columns_of(dataset):
            unknown[path] = names - columns_of(dataset)
        assert dataset["main_dttm_col"] in {None, *columns_of(dataset)}, path
    assert unknown == {}


def test_unique_viewers_are_never_summed() -> None:
    summed = [
        f"{path}: {metric['metric_name']}"
        for path, dataset in DATASETS.items()
        for metric in dataset["metrics"]
        if re.search(r"sum\([^)]*unique_viewers", metric["expression"])
    ]
    assert summed == []


def used_columns(params: Asset) -> set[str]:
    """Columns, computed or stored, that a chart's settings name."""
    used = {params[key] for key in ("x_axis", "source", "target") if key in params}
    used |= {*params.get("groupby", []), *params.get("all_columns", []), *params.get("column_config", {})}
    used |= {each["subject"] for each in params["adhoc_filters"]}
    return used | {json.loads(order)[0] for order in params.get("order_by_cols", [])}


def test_charts_use_columns_and_metrics_of_their_dataset() -> None:
    unknown = {}
    for path, chart in CHARTS.items():
        dataset, params = BY_UUID[chart["dataset_uuid"]], chart["params"]
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        used_metrics = {*params.get("metrics", []), *([params["metric"]] if "metric" in params else [])}
        missing = (used_columns(params) - columns_of(dataset)) | (used_metrics - metrics)
        if missing or params["viz_type"] != chart["viz_type"]:
            unknown[path] = missing
    assert unknown == {}


def test_dashboards_show_every_chart_once_and_filter_by_columns_that_are_there() -> None:
    shown = [
        part["meta"]["uuid"]
        for dashboard in DASHBOARDS.values()
        for part in dashboard["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    ]
    assert sorted(shown) == sorted(chart["uuid"] for chart in CHARTS.values())
    for path, dashboard in DASHBOARDS.items():
        for each in dashboard["metadata"]["native_filter_configuration"]:
            for target in each["targets"]:
                if target:
                    assert target["column"]["name"] in columns_of(BY_UUID[target["datasetUuid"]]), path


def test_everything_has_an_id_of_its_own_and_a_version() -> None:
    everything = {**assets("databases"), **DATASETS, **CHARTS, **DASHBOARDS}
    assert len({asset["uuid"] for asset in everything.values()}) == len(everything)
    assert {asset["version"] for asset in everything.values()} == {"1.0.0"}
    (database,) = assets("databases").values()
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    assert Path(database["sqlalchemy_uri"].removeprefix("duckdb:///")).name == database["sqlalchemy_uri"].removeprefix(
        "duckdb:///"
    )
