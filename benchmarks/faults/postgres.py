"""A PostgreSQL server that restarts, as after a crash, while a snapshot is being published to it."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from pathlib import Path

import duckdb

from benchmarks.faults.scene import Disturbance, Scene
from benchmarks.postgres_server import LocalServer, NoPostgresError, binaries

SCHEMAS = ("core", "engagement", "interactivity", "paths", "funnels", "experiments", "conversion", "learning", "kpis", "exports")


def without_postgres() -> str | None:
    """Why there is no PostgreSQL here, or None."""
    try:
        binaries()
    except NoPostgresError as error:
        return str(error)
    return None


def restarted_server(scene: Scene, stack: ExitStack) -> Disturbance:
    """``pg_ctl -m immediate`` at a random moment, into a server that shows the generation before, or nothing."""
    server = scene.services.postgres
    database = f"audience_{uuid.uuid4().hex[:8]}"
    server.psql(f"create database {database}")
    stack.callback(server.psql, f"drop database {database} with (force)")
    scene.variables = {"AUDIENCE_POSTGRES": server.uri(database), "AUDIENCE_POSTGRES_PERSONAL": "1"}
    published = scene.installation.home.published
    link = published / "marts.duckdb"
    shows_before = scene.chance.random() < 0.6
    if shows_before:
        point(link, "marts.1.duckdb")
        scene.installation.run(("serving.postgres", "publish"), scene.variables)
        point(link, "marts.2.duckdb")
    run = scene.begin()
    is_alive = scene.moment(run)
    server.control("restart", "-m", "immediate")
    run.wait()
    shown = shown_generation(server, database)
    problems = content_problems(server, database, published / f"marts.{shown}.duckdb") if shown else []
    if shows_before and shown is None:
        problems.append("readers lost the generation they had")

    def after() -> list[str]:
        now = shown_generation(server, database)
        wrong = [] if now == 2 else [f"PostgreSQL shows generation {now} after the next publish"]
        return [*problems, *wrong, *content_problems(server, database, published / "marts.2.duckdb")]

    return Disturbance("over the generation before" if shows_before else "into an empty database", is_alive, [run], after=after)


def point(link: Path, name: str) -> None:
    """Let the published link lead somewhere else."""
    link.unlink()
    link.symlink_to(name)


def shown_generation(server: LocalServer, database: str) -> int | None:
    """The generation that readers see."""
    exists = server.psql("select to_regclass('_meta.publication') is not null", database, ["-At"]).strip()
    return int(server.psql("select generation from _meta.publication", database, ["-At"])) if exists == "t" else None


def content_problems(server: LocalServer, database: str, snapshot: Path) -> list[str]:
    """Tables of which the server shows another number of rows than the snapshot has."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        listed = connection.execute(
            "select schema_name || '.' || table_name, row_count from _meta.published_table where schema_name in (select unnest(?))",
            [list(SCHEMAS)],
        ).fetchall()
    counted = " union all ".join(f"select '{name}' as name, count(*) from {name}" for name, _ in listed)
    shown = dict(line.split("|") for line in server.psql(counted, database, ["-At"]).split())
    return [
        f"{name} has {shown[name]} rows in PostgreSQL, {rows} in the snapshot"
        for name, rows in listed
        if int(shown[name]) != rows
    ]
