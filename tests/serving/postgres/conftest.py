"""One PostgreSQL server for all tests, a database and a snapshot for each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from benchmarks.postgres_server import LocalServer, NoPostgresError, local_server
from ingestion.home import Home
from serving.generations import published_snapshot
from serving.publication import Description, Provenance
from serving.publish import publish

# What a person, a browser or a broken player can put into a mart.
NASTY = """
    create or replace table core.dim_video as
    select
        'w' || (range % 3) as workspace_id,
        'video ' || range as video_id,
        case range % 13
            when 0 then null when 1 then '' when 2 then 'it''s "quoted"; drop table core.dim_video; --'
            when 3 then e'tab\\t, line\\nbreak\\r\\\\N' when 4 then '\\N' when 5 then 'ü ß 漢字 🎬 e' || chr(769)
            when 6 then chr(1) || chr(127) || chr(65533) when 7 then repeat('long ', 5000) when 8 then '{"a": [1, null, "\\u0041"]}'
            when 9 then 'null' when 10 then chr(1114109) when 11 then ' ' else ',' end as title,
        case range % 7
            when 0 then null when 1 then 'nan'::double when 2 then 'inf'::double when 3 then '-inf'::double
            when 4 then 4.9e-324 when 5 then 1.7976931348623157e308 else range / 7.0::double end as score,
        case range % 5
            when 0 then null when 1 then 9223372036854775807 when 2 then (-9223372036854775808)::bigint
            else range end::bigint as views,
        case range % 5
            when 0 then null when 1 then 99999999999999.999999 when 2 then -99999999999999.999999
            else (range / 1000)::decimal(20, 6) end as cost,
        case range % 4 when 0 then null when 1 then true else false end as is_first,
        case range % 5
            when 0 then null when 1 then timestamp '0001-01-01 00:00:00' when 2 then timestamp '9999-12-31 23:59:59.999999'
            else timestamp '2026-10-25 00:30:00' + to_microseconds(range * 997) end as published_at,
        case range % 4
            when 0 then null when 1 then date '0001-01-01' when 2 then date '9999-12-31'
            else date '2026-02-28' end as published_date,
        (range % 100)::integer as position,
        case when range % 3 = 0 then null else (range / 3.0)::float end as share
    from range(3000)
"""
DESCRIPTIONS = {
    ("core", "dim_video"): Description("One row per video.", {"title": "It's what it is called."}),
    ("core", "fct_view"): Description("One row per view.", {}, {"view_id": "key"}),
    ("quality", "load"): Description("One row per load."),
}
KEYS = {("core", "dim_video"): [["workspace_id", "video_id"]], ("core", "fct_view"): [["view_id"]], ("core", "gone"): [["a"]]}


@dataclass(frozen=True)
class Target:
    """An empty database of the test server."""

    server: LocalServer
    database: str

    @property
    def uri(self) -> str:
        return self.server.uri(self.database)

    def psql(self, statement: str, *arguments: str, role: str = "postgres") -> str:
        return self.server.psql(statement, self.database, ["-At", *arguments], role)


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    try:
        with local_server({"fsync": "off", "max_connections": "30"}) as started:
            yield started
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture
def target(server: LocalServer) -> Iterator[Target]:
    name = f"marts_{uuid.uuid4().hex}"
    server.psql(f"create database {name}")
    yield Target(server, name)
    server.psql(f"drop database {name} with (force)")


Snapshots = Callable[..., Path]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshots:
    """Publish the next generation, in which every table says the same version; extra statements change the warehouse first."""
    home = Home(tmp_path / "home")
    home.root.mkdir()

    def publish_next(version: int = 1, *statements: str) -> Path:
        with duckdb.connect(home.warehouse) as connection:
            for statement in (
                "create schema if not exists core",
                "create schema if not exists quality",
                f"create or replace table core.fct_view as select 'view ' || range as view_id, {version} as version from range(2000)",
                f"create or replace table core.dim_campaign as select {version} as version from range(2000)",
                f"create or replace table quality.load as select {version} as version",
                *statements,
            ):
                connection.execute(statement).fetchall()
        descriptions = {**DESCRIPTIONS, ("core", "dim_campaign"): Description("One row per campaign.")}
        publish(home, Provenance(f"build {version}", "fingerprint", "code", "1.11"), descriptions=descriptions)
        return published_snapshot(home)

    return publish_next
