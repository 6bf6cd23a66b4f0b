"""The dbt project as Dagster sees it: keys, groups and the parsed manifest."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.lib.environment import DBT_PROJECT, REPOSITORY, Environment
from orchestration.lib.parsing import manifest_path


class LayerTranslator(DagsterDbtTranslator):
    """Layer = folder = schema = group: the schema is the first part of the key, and the group."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The schema a model is built in."""
        return str(dbt_resource_props["schema"])


TRANSLATOR = LayerTranslator(settings=DagsterDbtTranslatorSettings(enable_code_references=True))


@cache
def dbt_project() -> DbtProject:
    """The project with an up-to-date manifest under the home, parsed only when a file of the project changed."""
    environment = Environment.read()
    environment.export()
    manifest_path(environment)
    return DbtProject(
        project_dir=DBT_PROJECT,
        profiles_dir=REPOSITORY,
        target_path=environment.dbt_target_path,
        target=environment.target,
    )


def model_keys(manifest: Path, schemas: Collection[str]) -> list[dg.AssetKey]:
    """Asset keys of the models built in these schemas, in order of name."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    models = [node for node in nodes if node["resource_type"] == "model" and node["schema"] in schemas]
    return sorted(TRANSLATOR.get_asset_key(node) for node in models)
