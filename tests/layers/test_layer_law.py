"""The layer law: staging -> events -> intermediate -> marts -> exports, read off dbt's own manifest."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.home import Home
from ingestion.sources import registered
from orchestration.lib.environment import Environment
from orchestration.lib.parsing import manifest_path
from serving.publish import SCHEMAS

Node = dict[str, Any]

# Metadata that is landed beside the records. It is no emitter's: layers above may read it where they are listed here.
SHARED_STAGING = {"catalog": {"intermediate", "state", "marts"}, "lake": {"state", "marts"}}
# What a layer may read, beside seeds, the shared staging above and itself. `state` is what a run knows of earlier ones:
# which loads are in force, and which keys are stale; it looks at events and what is made of them, and marts never write it.
MAY_READ = {
    "staging": {"source"},
    "events": {"staging", "state"},
    "state": {"events", "intermediate"},
    "intermediate": {"events", "state"},
    "marts": {"intermediate", "state"},
    "exports": {"marts"},
}
PREFIX = {"staging": "stg_", "intermediate": "int_"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        home = Home(tmp_path_factory.mktemp("home"))
        for variable in ("AUDIENCE_HOME", "LANDING", "AUDIENCE_TARGET"):
            patch.setenv(variable, "dev" if variable == "AUDIENCE_TARGET" else str(home.root))
        yield json.loads(manifest_path(Environment(home, str(home.landing), True, "dev")).read_text())


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def layer(node: Node) -> str:
    return "source" if node["resource_type"] == "source" else str(node["fqn"][1])


def folder(node: Node) -> str:
    """The part of a layer: the emitter of staging, the area of marts."""
    return str(node["fqn"][2]) if len(node["fqn"]) > 3 else str(node["fqn"][1])


def emitters(models: list[Node]) -> set[str]:
    return {folder(node) for node in models if layer(node) == "staging"} - SHARED_STAGING.keys()


def is_allowed(reader: Node, read: Node) -> bool:
    own, other = layer(reader), layer(read)
    if read["resource_type"] == "seed":
        return True
    if other == "staging" and folder(read) in SHARED_STAGING:
        return own == "staging" or own in SHARED_STAGING[folder(read)]
    if own == other == "staging":
        return folder(reader) == folder(read)
    if reader["name"].startswith("built_"):
        # The last models of a run: they note what it was built from, so they wait for all that was built.
        return other in {"state", "intermediate", "marts"}
    if own == "marts" and folder(reader) == "quality":
        # What the deliveries were like, the events that were refused included.
        return other in {"events", "marts", *MAY_READ["marts"]}
    return own == other or other in MAY_READ[own]


def test_every_model_lies_in_a_layer(models: list[Node]) -> None:
    assert [node["name"] for node in models if layer(node) not in MAY_READ] == []


def test_nothing_skips_a_layer(manifest: dict[str, Any], models: list[Node]) -> None:
    everything = manifest["nodes"] | manifest["sources"]
    crossings = [
        f"{'/'.join(model['fqn'][1:])} reads {'/'.join(everything[read]['fqn'][1:])}"
        for model in models
        for read in model["depends_on"]["nodes"]
        if not is_allowed(model, everything[read])
    ]
    assert crossings == []


def test_only_the_two_unions_name_emitters(models: list[Node]) -> None:
    known = "|".join(sorted(emitters(models)))
    # as a model or as a value: some are called like things of ours
    names = re.compile(rf"\bstg_({known})__\w+|'({known})'")
    naming = [node["name"] for node in models if layer(node) != "staging" and names.search(node["raw_code"])]
    assert sorted(naming) == ["emitted_events", "translated_events"]


def test_every_source_of_ingestion_has_its_staging_folder(models: list[Node]) -> None:
    assert set(registered()) == emitters(models)


def test_a_run_is_finished_only_once_everything_is_built_that_runs_compute_in_part(
    manifest: dict[str, Any], models: list[Node]
) -> None:
    """What comes after the commit and is not built, because the run dies, no later run would take for stale."""
    before = [node["unique_id"] for node in models if node["name"] == "built_loads"]
    done: set[str] = set()
    while before:
        read = before.pop()
        if read in manifest["nodes"] and read not in done:
            done.add(read)
            before += manifest["nodes"][read]["depends_on"].get("nodes", [])
    incremental = [node for node in models if node["config"]["materialized"] == "incremental"]
    assert [node["name"] for node in incremental if node["unique_id"] not in done] == []


def test_the_layer_is_the_folder_is_the_schema(models: list[Node]) -> None:
    misplaced = [
        f"{node['name']} is built in {node['schema']}"
        for node in models
        if node["schema"] != (folder(node) if layer(node) == "marts" else layer(node))
    ]
    assert misplaced == []


def test_names_say_the_layer(models: list[Node]) -> None:
    wrong = [node["name"] for node in models if not node["name"].startswith(PREFIX.get(layer(node), ""))]
    wrong += [
        node["name"] for node in models if layer(node) == "staging" and not node["name"].startswith(f"stg_{folder(node)}__")
    ]
    assert wrong == []


def test_marts_are_described_and_contracted(models: list[Node]) -> None:
    marts = [node for node in models if layer(node) in {"marts", "exports"}]
    bare = [node["name"] for node in marts if not node["description"].startswith("One row per ")]
    loose = [node["name"] for node in marts if not node["config"]["contract"]["enforced"]]
    assert (bare, loose) == ([], [])


def test_engines_differ_in_the_dialect_folder_only(manifest: dict[str, Any], models: list[Node]) -> None:
    root = Path(__file__).parents[2] / "dbt_project"
    own = [node for node in manifest["macros"].values() if node["package_name"] == "audience"]
    macros = [node for node in own if "/dialect/" not in node["original_file_path"]]
    texts = {node["name"]: (root / node["original_file_path"]).read_text() for node in [*models, *macros]}
    assert [name for name, text in texts.items() if re.search(r"target\.type|adapter\.type\(\)|duckdb__|spark__", text)] == []


# Names that mean a person in one table and a thing in another.
OF_PEOPLE_AND_THINGS = {"name", "external_id", "detail"}


def test_what_is_personal_in_one_published_table_is_personal_in_all(models: list[Node]) -> None:
    published = [node for node in models if node["schema"] in SCHEMAS]
    kinds: dict[str, set[str | None]] = defaultdict(set)
    for node in published:
        for name, column in node["columns"].items():
            kinds[name].add(column["config"].get("meta", {}).get("personal"))
    assert {kind for found in kinds.values() for kind in found} == {None, "key", "identity", "text"}
    assert {name: found for name, found in kinds.items() if len(found) > 1 and name not in OF_PEOPLE_AND_THINGS} == {}
    personal = {name for name, found in kinds.items() if found != {None}}
    assert {"viewer_id", "user_id", "device_id", "email", "raw_text", "response_text"} <= personal


def test_every_key_of_a_row_about_a_person_is_declared_personal(models: list[Node]) -> None:
    """A table that names a viewer names their views and sessions too: no such key may be left out."""
    for node in models:
        if node["schema"] in SCHEMAS and "viewer_id" in node["columns"]:
            keys = {name for name in node["columns"] if name.endswith(("view_id", "session_id", "device_id", "user_id"))}
            declared = {name for name, column in node["columns"].items() if "personal" in column["config"].get("meta", {})}
            assert keys <= declared, node["name"]
