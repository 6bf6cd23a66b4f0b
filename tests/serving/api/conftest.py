"""One installation with every published table, in two workspaces, and an API over it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from starlette.testclient import TestClient

from ingestion.home import Home
from serving.api.app import create_app
from serving.api.gates import Limits
from serving.api.scope import Data, Scope
from serving.generations import current_snapshot
from serving.publication import Description, Provenance
from serving.publish import publish
from serving.sql import quoted

MODELS = Path(__file__).parents[3] / "dbt_project" / "models"
TYPES = {"string": "VARCHAR"}
ROWS = 30
"""Rows of each workspace in each table."""
# A column of every type that a mart might ever have, with the values that are awkward in each.
EVERY_TYPE = {
    "a_text": ("VARCHAR", ["", "=1+1", "-3", 'a "quote", a comma', "line\nbreak", "ünïcode 🎬", "NULL", "x\ty"]),
    "a_whole": ("BIGINT", ["-9223372036854775808", "9223372036854775807", "0", "9007199254740993"]),
    "a_huge": ("HUGEINT", ["170141183460469231731687303715884105727", "-5"]),
    "a_small": ("TINYINT", ["-128", "127"]),
    "a_number": ("DOUBLE", ["nan", "inf", "-inf", "-0.0", "0.0", "0.1", "1e-300"]),
    "a_decimal": ("DECIMAL(20,6)", ["-12345678901234.567891", "0.000001", "3"]),
    "a_truth": ("BOOLEAN", ["true", "false"]),
    "a_day": ("DATE", ["0001-01-01", "9999-12-31", "2026-10-25"]),
    "a_moment": ("TIMESTAMP", ["2026-10-25 02:30:00", "2026-10-25 02:30:00.000001", "1969-12-31 23:59:59.5"]),
    "a_zoned": ("TIMESTAMP WITH TIME ZONE", ["2026-10-25 02:30:00+02", "2026-10-25 00:30:00+00", "2026-10-25 02:30:00+00"]),
    "a_time": ("TIME", ["00:00:00", "23:59:59.999999"]),
    "a_blob": ("BLOB", ["\\x00\\xFF", ""]),
    "a_list": ("VARCHAR[]", ["[]", "['a, b', 'c']", "[NULL]"]),
    "a_struct": ("STRUCT(x INTEGER, y VARCHAR)", ["{'x': 1, 'y': 'z'}", "{'x': NULL, 'y': 'q, \"r\"'}"]),
    "a_uuid": ("UUID", ["00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
}
CRM_DELTA = ("exports", "crm_delta")
"""The one table that publishing itself writes, and no model declares."""
AsPublished = dict[tuple[str, str], Description]


@cache
def declared() -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """Every mart and export with the YAML that declares it."""
    found = []
    for layer in ("marts", "exports"):
        for file in sorted((MODELS / layer).rglob("_*__models.yml")):
            for model in yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["models"]:
                found.append(((file.parent.name, model["name"]), model))
    return found


@cache
def models() -> AsPublished:
    """Every mart and export as it is described."""
    found = {}
    for key, model in declared():
        metas = {column["name"]: column.get("config", {}).get("meta", {}) for column in model["columns"]}
        personal = {name: meta["personal"] for name, meta in metas.items() if "personal" in meta}
        found[key] = Description(f"One row of {key[1]}.", {name: f"What {name} means." for name in metas}, personal)
    return found


@cache
def column_types() -> dict[tuple[str, str], dict[str, str]]:
    """Declared types by table and column."""
    return {
        key: {column["name"]: TYPES.get(column["data_type"], column["data_type"]) for column in model["columns"]}
        for key, model in declared()
    }


def value_of(column: str, data_type: str, seed: int) -> str:
    """SQL of a value that tells its workspace: texts begin with it, numbers and times of the south are below those of the north."""
    if column == "workspace_id":
        return "workspace"
    if column in ("external_id", "record_hash"):
        return "workspace || ' ' || number"
    draw = f"(hash(workspace, number, {seed}) % 7)::bigint"
    sign = "(case workspace when 'north' then 1 else -1 end)"
    filled = {
        "VARCHAR": f"workspace || ' ' || {draw}",
        "bigint": f"{sign} * ({draw} + 1)",
        "double": f"{sign} * ({draw} + 1) / 4.0",
        "boolean": f"{draw} > 3",
        "timestamp": f"timestamp '2026-10-01' + {sign} * ({draw} + 1) * interval 1 hour",
        "date": f"date '2026-10-01' + ({sign} * ({draw} + 1))::integer",
    }.get(data_type, f"{sign} * ({draw} + 1) / 4")
    return f"case when hash(number, {seed}, 'null') % 5 > 0 then {filled} end"


def write_warehouse(home: Home) -> None:
    """Every published table with rows of two workspaces, the workspaces mixed, and one table of every type."""
    home.root.mkdir(parents=True)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for (schema, table), columns in column_types().items():
            cells = ", ".join(
                f"({value_of(name, data_type, seed)})::{data_type} as {quoted(name)}"
                for seed, (name, data_type) in enumerate(columns.items())
            )
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"""
                create table {schema}.{table} as select {cells}
                from range({ROWS}) as numbers(number), (values ('north'), ('south')) as workspaces(workspace)
                order by number, workspace
                """
            )
        connection.execute(
            f"""
            create table kpis.every_type as
            select (case number % 2 when 0 then 'north' else 'south' end) as workspace_id,
            {", ".join(f"({drawn(values, seed)})::{data_type} as {name}" for seed, (name, (data_type, values)) in columns_of_types())}
            from range(240) as numbers(number)
            """
        )


def columns_of_types() -> list[tuple[int, tuple[str, tuple[str, list[str]]]]]:
    return list(enumerate(EVERY_TYPE.items()))


def drawn(values: list[str], seed: int) -> str:
    """SQL of one of some values, or null."""
    texts = ", ".join("'" + value.replace("'", "''") + "'" for value in [*values])
    return f"[{texts}, null][1 + (hash(number, {seed}) % {len(values) + 1})::bigint]"


def provenance(build: str = "build") -> Provenance:
    return Provenance(build, "fingerprint", "code", "1.11")


def descriptions() -> AsPublished:
    return models() | {("kpis", "every_type"): Description("Every type.", {}, {})}


@dataclass
class Served:
    """An API over a home, as its clients and its operator see it."""

    home: Home
    client: TestClient

    def token(self, *workspaces: str, data: Data = Data.PERSONAL, expires_at: datetime | None = None) -> dict[str, str]:
        """The headers of a new token; of all workspaces where none is named."""
        _, shown = self.client.app.tokens.create("test", Scope(workspaces or None, data), expires_at)  # type: ignore[attr-defined]
        return {"Authorization": f"Bearer {shown}"}

    @cached_property
    def everything(self) -> dict[str, str]:
        return self.token()

    def rows(self, table: str, headers: dict[str, str] | None = None, **parameters: Any) -> list[dict[str, Any]]:
        """One page of rows."""
        answer = self.client.get(
            f"/v1/tables/{table.replace('.', '/')}/rows", params=parameters, headers=headers or self.everything
        )
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def snapshot_copy(self, folder: Path) -> Path:
        """A copy of the current snapshot: DuckDB opens one file only once in a process."""
        path = current_snapshot(self.home)
        assert path is not None
        copy = folder / "copy.duckdb"
        copy.write_bytes(path.read_bytes())
        return copy


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An installation with everything published once."""
    home = Home(tmp_path_factory.mktemp("api") / "home")
    write_warehouse(home)
    publish(home, provenance(), descriptions=descriptions())
    return home


@pytest.fixture(scope="session")
def served(published_home: Home) -> Iterator[Served]:
    """The API over it, without a limit that a test would meet by accident."""
    with TestClient(create_app(published_home, Limits(rate="1000000/minute")), raise_server_exceptions=False) as client:
        yield Served(published_home, client)


@pytest.fixture(scope="session")
def plain(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same snapshot, asked without the API."""
    with duckdb.connect(served.snapshot_copy(tmp_path_factory.mktemp("plain")), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts an API over a small installation of the test's own, which it may publish, and with limits of its own."""
    clients: list[TestClient] = []

    def start(limits: Limits | None = None, publishes: int = 1) -> Served:
        home = Home(tmp_path / "home")
        home.root.mkdir(exist_ok=True)
        for _ in range(publishes):
            publish_version(home)
        client = TestClient(create_app(home, limits or Limits()), raise_server_exceptions=False)
        clients.append(client)
        client.__enter__()
        return Served(home, client)

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def publish_version(home: Home, rows: int = 100) -> int:
    """Publish once more: every row says in which generation."""
    generation = 1 + max((int(path.name.split(".")[1]) for path in home.published.glob("marts.*.duckdb")), default=0)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            f"""
            create schema if not exists core;
            create or replace table core.fct_view as
            select 'north' as workspace_id, {generation} as version, range as view_number from range({rows});
            """
        )
    texts = {("core", "fct_view"): Description("One row per view.", {}, {"view_number": "key"})}
    return publish(home, provenance(f"build {generation}"), descriptions=texts).generation
