"""``python -m benchmarks.postgres``: a million interactions to PostgreSQL, against a bare COPY of the same rows.

The rows are those of the published demo's ``core.fct_interaction``, repeated under new ids. Both sides write the same table on
the same server, in turns. The bare COPY has the rows in a file, in PostgreSQL's own format, and makes neither index nor
statistics nor swap: nothing that copies rows is faster.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import duckdb
import typer

from benchmarks.measure import Machine
from benchmarks.postgres_server import LocalServer, NoPostgresError, local_server
from benchmarks.report import wide_console
from ingestion.home import Home
from serving.generations import NothingPublishedError, published_snapshot
from serving.postgres.publish import publish as publish_to
from serving.publication import Description, Provenance
from serving.publish import publish as publish_snapshot
from serving.sql import literal

GOAL = 2.0
TABLE = "core.fct_interaction"
KEYS = {("core", "fct_interaction"): [["interaction_id"]]}

app = typer.Typer(add_completion=False)
console = wide_console()


@dataclass(frozen=True)
class Round:
    """Seconds of one turn: COPY by its form, the publish, and the publish by step; the load average before it."""

    copies: dict[str, float]
    publish: float
    steps: dict[str, float]
    load: float

    @property
    def bare(self) -> float:
        """The fastest COPY of this turn."""
        return min(self.copies.values())


def scaled_snapshot(source: Path, folder: Path, rows: int) -> Path:
    """A snapshot whose ``core.fct_interaction`` has this many rows: those of another, again and again under new ids.

    Raises:
        NothingPublishedError: the other snapshot has no interactions.
    """
    home = Home(folder / "home")
    home.root.mkdir(parents=True)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(f"attach {literal(str(source))} as demo (read_only)").fetchall()
        ((there,),) = connection.execute(f"select count(*) from demo.{TABLE}").fetchall()
        if not there:
            raise NothingPublishedError(f"{source} holds no interactions: run `make run` first.")
        connection.execute("create schema core").fetchall()
        connection.execute(
            f"""
            create table {TABLE} as
            select * replace (md5(interaction_id || copy) as interaction_id, md5(view_id || copy) as view_id)
            from demo.{TABLE}
            cross join range({-(-rows // there)}) as copies (copy)
            order by copy
            limit {rows}
            """
        ).fetchall()
    about = {("core", "fct_interaction"): Description("One row per interaction.", personal={"viewer_id": "key"})}
    return publish_snapshot(home, Provenance("benchmark", "", "", ""), descriptions=about).path


def seconds_of(work: Callable[[], object]) -> float:
    """How long a piece of work took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def measure_round(server: LocalServer, snapshot: Path, files: Path) -> Round:
    """One turn: every form of COPY into an empty table of its own, then a publish over the one before."""
    load, copies = os.getloadavg()[0], {}
    definition = server.psql("select data_schema from _meta.postgres_publication", arguments=["-At"]).strip()
    for form in ("binary", "csv"):
        file = files / f"rows.{form}"
        for way, command in (
            (f"{form}, read by the server", f"copy bare from '{file}' (format {form})"),
            (f"{form}, sent by psql", f"\\copy bare from '{file}' (format {form})"),
        ):
            server.psql(f'drop table if exists bare; create table bare (like {definition}."{TABLE}"); checkpoint')
            copies[way] = seconds_of(lambda command=command: server.psql(command))  # type: ignore[misc]
    server.psql("drop table bare; checkpoint")
    began = time.monotonic()
    done = publish_to(snapshot, server.uri(), KEYS, include_personal=True, force=True)
    return Round(copies, time.monotonic() - began, done.seconds, load)


def measure(source: Path, rows: int, rounds: int) -> tuple[list[Round], int, str]:
    """Turns on a new server with PostgreSQL's own settings; also the bytes of the table, and the server's version.

    Raises:
        NoPostgresError: there is no server here.
        NothingPublishedError: there are no interactions to repeat.
    """
    with tempfile.TemporaryDirectory() as scratch, local_server() as server:
        snapshot = scaled_snapshot(source, Path(scratch), rows)
        publish_to(snapshot, server.uri(), KEYS, include_personal=True)
        files = server.folder / "files"
        files.mkdir()
        shutil.chown(files, server.folder.stat().st_uid)
        for form in ("binary", "csv"):
            server.psql(f"copy (select * from {TABLE}) to '{files / f'rows.{form}'}' (format {form})")
        found = [measure_round(server, snapshot, files) for _ in range(rounds)]
        schema = server.psql("select data_schema from _meta.postgres_publication", arguments=["-At"]).strip()
        size = int(server.psql(f"select pg_table_size('{schema}.\"{TABLE}\"')", arguments=["-At"]))
        held = int(server.psql(f"select count(*) from {TABLE}", arguments=["-At"]))
        if held != rows:
            raise RuntimeError(f"{held:,} of {rows:,} rows arrived.")
        return found, size, server.psql("show server_version", arguments=["-At"]).split()[0]


def markdown(machine: Machine, rows: int, found: list[Round], size: int, version: str, began: datetime) -> str:
    """The result as a page."""
    least, most = min(each.load for each in found), max(each.load for each in found)
    best = min(found, key=lambda each: each.publish)
    bare, published, steps = min(each.bare for each in found), best.publish, best.steps
    forms = {form: min(each.copies[form] for each in found) for form in found[0].copies}
    middle = median(each.publish for each in found) / median(each.bare for each in found)
    known = sum(steps.values())
    meaning = {
        "copy": "rows read from the snapshot, sent as binary COPY",
        "index": "unique index on `interaction_id`",
        "analyse": "statistics for the planner",
        "wait": "for readers to finish",
        "swap": "all views point at the new tables: how long readers can be held off",
        "drop": "the generation before",
    }
    lines = [
        "# Publishing to PostgreSQL", "",
        f"`make bench-postgres`, {began:%Y-%m-%d}: {rows:,} rows of `{TABLE}` ({size / 1e6:,.0f} MB in PostgreSQL), PostgreSQL "
        f"{version} with its own settings on the same machine; {machine.processor}, {machine.cores} cores, "
        f"load {least:.1f} to {most:.1f} before the turns; the best of {len(found)} turns, since what disturbs only adds.", "",
        "| | seconds | rows a second |", "|---|---:|---:|",
        *(f"| bare COPY, {form} | {seconds:.2f} | {rows / seconds:,.0f} |" for form, seconds in forms.items()),
        f"| **publish**, from the snapshot to readers | **{published:.2f}** | {rows / published:,.0f} |", "",
        f"**Ratio to the fastest bare COPY: {published / bare:.2f}** (goal: under {GOAL:g}); of the medians {middle:.2f}.", "",
        "Where a publish spends its time:", "",
        "| step | seconds | what it is |", "|---|---:|---|",
        *(f"| {step} | {seconds:.3f} | {meaning[step]} |" for step, seconds in steps.items()),
        f"| rest | {max(published - known, 0.0):.3f} | connecting, counting, comments, the catalog |", "",
        "The bare COPY writes the same columns into an empty table without an index, from a file that PostgreSQL itself wrote and the "
        "operating system has in memory. Every turn publishes over the generation before. A publish keeps two processes busy, the "
        "publisher and the server: where the load above exceeds the cores, each waits for the other, and the ratio is worse than on a "
        "quiet machine.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


@app.command()
def main(
    rows: Annotated[int, typer.Option(min=1)] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns; the best is shown.")] = 5,
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
) -> None:
    """Publish interactions of the demo to a PostgreSQL server made for it, in turns with a bare COPY of the same rows.

    Needs a published demo (`make run`). Writes all numbers to ``benchmarks/postgres-<time>.json`` below AUDIENCE_HOME.
    """
    home, began, machine = Home.from_environment(), datetime.now(UTC), Machine.here()
    try:
        found, size, version = measure(published_snapshot(home), rows, rounds)
    except (NoPostgresError, NothingPublishedError) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    target = home.root / "benchmarks" / f"postgres-{began:%Y-%m-%dT%H-%M-%SZ}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": asdict(machine), "rows": rows, "postgres": version, "rounds": [asdict(each) for each in found]}
    target.write_text(json.dumps(record, indent=1) + "\n")
    page = markdown(machine, rows, found, size, version, began)
    console.print(page, markup=False)
    if report is not None:
        report.write_text(page)


if __name__ == "__main__":
    app()
