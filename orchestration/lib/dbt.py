"""dbt inside this process: one build with progress, and the manifest."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.lib.environment import DBT_PROJECT, REPOSITORY, Environment
from orchestration.lib.spark_sessions import sessions_that_cannot_be_closed_let_go
from serving.publication import Description
from serving.sql import quoted

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

# Unit tests check the code, not the data: `make test` runs them, a refresh does not.
BUILD = ("build", "--exclude-resource-type", "unit_test")
FAILED = {"error", "fail", "runtime error"}
ANSWER = "handed over: "


@dataclass(frozen=True)
class NodeProgress:
    """dbt is at node ``index`` of ``total`` (from 1)."""

    index: int
    total: int
    name: str


@dataclass(frozen=True)
class NodeResult:
    """How one model or test ended."""

    unique_id: str
    status: str
    seconds: float
    message: str

    @property
    def resource_type(self) -> str:
        """``model``, ``test``, ``seed`` ..."""
        return self.unique_id.partition(".")[0]

    @property
    def name(self) -> str:
        """The node's own name."""
        return self.unique_id.split(".")[2]


@dataclass(frozen=True)
class BuildResult:
    """All nodes of a dbt invocation."""

    nodes: Sequence[NodeResult]

    @property
    def failed(self) -> list[NodeResult]:
        """Nodes that stopped the build."""
        return [node for node in self.nodes if node.status in FAILED]

    @property
    def warned(self) -> list[NodeResult]:
        """Tests that found something without stopping the build."""
        return [node for node in self.nodes if node.status == "warn"]

    def count(self, resource_type: str) -> int:
        """Nodes of a kind that ran."""
        return sum(node.resource_type == resource_type and node.status != "skipped" for node in self.nodes)

    def seconds(self, resource_type: str) -> float:
        """Time spent in nodes of a kind."""
        return sum(node.seconds for node in self.nodes if node.resource_type == resource_type)


class BuildError(RuntimeError):
    """dbt could not finish; ``result`` names the nodes, where it came that far."""

    def __init__(self, message: str, result: BuildResult | None = None) -> None:
        super().__init__(message)
        self.result = result


def run_dbt(
    environment: Environment,
    arguments: Sequence[str],
    on_node: Callable[[NodeProgress], None] | None = None,
    on_message: Callable[[str], None] | None = None,
) -> BuildResult:
    """Run one dbt command on the project as it was parsed last, or now where it changed.

    ``on_node`` is told of progress, ``on_message`` what macros log.

    Raises:
        BuildError: a node failed, the project does not parse, or dbt could not start.
    """
    from orchestration.lib.parsing import parsed_manifest  # which itself runs dbt

    return invoke(environment, arguments, on_node, on_message, parsed_manifest(environment))


def invoke(
    environment: Environment,
    arguments: Sequence[str],
    on_node: Callable[[NodeProgress], None] | None = None,
    on_message: Callable[[str], None] | None = None,
    manifest: Manifest | None = None,
) -> BuildResult:
    """Run one dbt command in this process, silently; its log goes to the home's ``dbt/logs``.

    Without a ``manifest`` dbt parses the project first.

    Raises:
        BuildError: a node failed, or dbt could not start.
    """
    # Importing dbt takes a second or two, which a run with nothing new need not spend.
    from dbt.cli.main import dbtRunner

    environment.export()

    def relay(event: EventMsg) -> None:
        if on_node and event.info.name == "LogStartLine":
            data: Any = event.data
            on_node(NodeProgress(data.index, data.total, data.node_info.node_name))
        if on_message and event.info.name == "JinjaLogInfo":
            message: Any = event.data
            on_message(message.msg)

    with own_command_line(arguments), lines_that_cannot_be_logged_dropped(), sessions_that_cannot_be_closed_let_go():
        runner = dbtRunner(manifest=manifest, callbacks=[relay])
        outcome = runner.invoke([*quiet(environment), *arguments, *places(environment)])
    close_warehouse()
    # An operation is no node: its outcome is in `success` alone.
    results = [each for each in getattr(outcome.result, "results", None) or [] if hasattr(each, "node")]
    result = BuildResult(
        [NodeResult(each.node.unique_id, str(each.status), each.execution_time, str(each.message or "")) for each in results]
    )
    if not outcome.success:
        raise BuildError(failure_text(result, outcome.exception, environment), result)
    return result


def run_operation(environment: Environment, macro: str, arguments: Mapping[str, Any], *, answers: bool = True) -> Any:
    """Run a macro that answers with JSON (`macros/dialect/hand_over.sql`); None where it does not answer.

    Raises:
        BuildError: it failed, or did not answer.
    """
    answer: list[str] = []
    run_dbt(environment, ["run-operation", macro, "--args", json.dumps(arguments)], on_message=answer.append)
    said = [text.removeprefix(ANSWER) for text in answer if text.startswith(ANSWER)]
    if answers and not said:
        raise BuildError(f"The macro {macro} did not answer. Log: {environment.dbt_log_path / 'dbt.log'}")
    return json.loads(said[-1]) if said else None


def close_warehouse() -> None:
    """Close what dbt leaves open until the process ends: the publish opens the same file with other settings."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    reset_adapters()  # type: ignore[no-untyped-call]
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def quiet(environment: Environment) -> list[str]:
    """Global flags: nothing on the terminal, everything in the log."""
    return ["--quiet", "--log-level", "none", "--log-level-file", "info", "--log-path", str(environment.dbt_log_path)]


def places(environment: Environment) -> list[str]:
    """Where the project is read and its artifacts are written."""
    return [
        "--project-dir", str(DBT_PROJECT),
        "--profiles-dir", str(REPOSITORY),
        "--target", environment.target,
        "--target-path", str(environment.dbt_target_path),
    ]  # fmt: skip


def failure_text(result: BuildResult, exception: BaseException | None, environment: Environment) -> str:
    """What went wrong, in lines a person can act on."""
    lines = [f"{node.resource_type} {node.name}: {node.message.strip()}" for node in result.failed]
    if exception is not None:
        lines.append(str(exception))
    lines.append(f"Log: {environment.dbt_log_path / 'dbt.log'}")
    return "\n".join(lines)


@contextmanager
def own_command_line(arguments: Sequence[str]) -> Iterator[None]:
    """Show dbt its own arguments as the process's: it writes those into its artefacts, and an erasure's name the erased."""
    given = sys.argv
    sys.argv = ["dbt", *arguments]
    try:
        yield
    finally:
        sys.argv = given


@contextmanager
def lines_that_cannot_be_logged_dropped() -> Iterator[None]:
    """Let log lines go that cannot be written, as on a full disk.

    Python's logging would print a traceback for each, and bury what the run itself says of the disk (found by `make faults`).
    """
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before


def descriptions(manifest: Path) -> dict[tuple[str, str], Description]:
    """Texts of models and columns and what is personal in them by (schema, table), from a dbt manifest."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    return {
        (node["schema"], node["alias"]): Description(
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
            {
                name: column["config"]["meta"]["personal"]
                for name, column in node["columns"].items()
                if "personal" in column["config"].get("meta", {})
            },
        )
        for node in nodes
        if node["resource_type"] == "model"
    }


def published_dates(manifest: Path) -> dict[tuple[str, str], str]:
    """Date columns by (schema, table) of the models that a publish replaces by date (config ``meta.published_by``)."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    return {
        (node["schema"], node["alias"]): node["config"]["meta"]["published_by"]
        for node in nodes
        if node["resource_type"] == "model" and "published_by" in node["config"].get("meta", {})
    }


def drop_strangers(warehouse: Path, manifest: Path) -> list[str]:
    """Drop tables and views of the warehouse that the manifest does not know: of models that were renamed or removed. Their names.

    Only dbt writes the warehouse; what it knows no more would be published for ever. For the holder of the warehouse's lock.

    Args:
        warehouse: the file.
        manifest: of the code that built it (``parsing.built_manifest``).
    """
    parsed = json.loads(manifest.read_text())
    known = {(node["schema"], node.get("alias") or node["name"]) for node in parsed["nodes"].values()}
    known |= {(source["schema"], source["identifier"]) for source in parsed["sources"].values()}
    with duckdb.connect(warehouse) as connection:
        found = connection.execute(
            """
            select table_schema, table_name, table_type from information_schema.tables
            where table_catalog = current_database() order by table_type desc, table_schema, table_name
            """
        ).fetchall()
        gone = [each for each in found if each[:2] not in known]
        for schema, name, kind in gone:
            connection.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {quoted(schema)}.{quoted(name)}").fetchall()
    return [f"{schema}.{name}" for schema, name, _ in gone]


def dbt_version() -> str:
    """Version of dbt-core."""
    return version("dbt-core")
