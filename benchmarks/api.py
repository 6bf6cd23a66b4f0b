"""``python -m benchmarks.api``: many clients, many publishes, no error and no mixed generation; and how fast that is."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.api_load import (
    FIRST_PAGES,
    METADATA,
    WORKSPACES,
    Client,
    Heard,
    new_token,
    publish_version,
    read_through_publishes,
    serving,
)
from benchmarks.measure import Machine
from benchmarks.report import Grid, grid_lines, number, print_grid, wide_console
from ingestion.home import Home
from serving.api.catalog import DATABASE, read_catalog
from serving.api.formats import Format, cells
from serving.api.questions import Question, chosen_columns, page_statement, parsed_conditions, parsed_order
from serving.generations import published_snapshot
from serving.sql import literal

QUIET_ROUNDS = 40
PAGE_GOAL_SECONDS = 0.05

app = typer.Typer(add_completion=False)
console = wide_console()


@dataclass(frozen=True)
class Result:
    """What was measured.

    load: the machine's load average before it began. Seconds by kind of request: of all clients at once, of one client alone,
    and of the bare statement.
    """

    machine: Machine
    began: datetime
    load: float
    rows: int
    clients: int
    publishes: int
    seconds: float
    loaded: Heard
    quiet: Mapping[str, Sequence[float]]
    floor: Mapping[str, Sequence[float]]


def quietly(address: str, token: str) -> Mapping[str, Sequence[float]]:
    """One client alone: each kind of request, again and again."""
    heard = Heard()
    client = Client(address, token, heard)
    for _ in range(QUIET_ROUNDS):
        for kind in METADATA:
            client.metadata(kind)
        for kind in FIRST_PAGES:
            client.read(kind, 2 if kind == "page, JSON" else 1)
    if heard.wrong:
        raise RuntimeError(heard.wrong[0])
    return heard.seconds


def bare_statements(snapshot: Path) -> Mapping[str, Sequence[float]]:
    """The statements of the same pages in this process, their rows fetched as Arrow: what no server can undercut."""
    seconds: dict[str, list[float]] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(snapshot))} as {DATABASE} (read_only)").fetchall()
        catalog = read_catalog(connection)
        for _ in range(QUIET_ROUNDS):
            for kind, (path, parameters) in FIRST_PAGES.items():
                schema, _, name = path.partition("/")
                table = catalog.tables[schema, name]
                listed = {key: [value] for key, value in parameters.items()}
                question = Question(
                    table,
                    chosen_columns(table, listed.get("columns", [])),
                    WORKSPACES[:1],
                    parsed_conditions(table, listed.get("where", [])),
                    parsed_order(table, listed.get("order", [])),
                )
                selected = cells(Format.ARROW, question.columns)
                began = time.perf_counter()
                statement = page_statement(question, selected, int(parameters["limit"]) + 1, None)
                connection.sql(statement.sql, params=statement.values).to_arrow_table()
                seconds.setdefault(kind, []).append(time.perf_counter() - began)
    return seconds


def measure(folder: Path, rows: int, requests: int, clients: int, publishes: int) -> Result:
    """Publish, serve, read through publishes, then measure in quiet."""
    shutil.rmtree(folder, ignore_errors=True)
    home, began, load = Home(folder / "home"), datetime.now(UTC), os.getloadavg()[0]
    publish_version(home, 1, rows)
    token = new_token(home)
    to_publish: list[Callable[[], None]] = [partial(publish_version, home, number + 2, rows) for number in range(publishes)]
    with serving(home, folder / "server.log") as address:
        quietly(address, token)
        at = time.monotonic()
        loaded = read_through_publishes(address, token, requests, clients, to_publish)
        seconds = time.monotonic() - at
        quiet = quietly(address, token) if not loaded.wrong else {}
    floor = bare_statements(published_snapshot(home))
    return Result(Machine.here(), began, load, rows, clients, publishes, seconds, loaded, quiet, floor)


def milliseconds(seconds: Sequence[float], share: float) -> float:
    """The quantile of a share, in milliseconds."""
    return statistics.quantiles(seconds, n=1000, method="inclusive")[round(share * 1000) - 1] * 1000


def grids(result: Result) -> Sequence[Grid]:
    """What was found, as tables."""
    kinds = [*FIRST_PAGES, "next page", *METADATA]
    rows = []
    for kind in kinds:
        loaded, quiet, floor = (found.get(kind, []) for found in (result.loaded.seconds, result.quiet, result.floor))
        times = [
            number(milliseconds(found, share)) if len(found) > 1 else "" for found in (loaded, quiet) for share in (0.5, 0.99)
        ]
        bare = number(milliseconds(floor, 0.5)) if len(floor) > 1 else ""
        ratio = number(milliseconds(quiet, 0.5) / milliseconds(floor, 0.5)) if len(floor) > 1 and len(quiet) > 1 else ""
        rows.append([kind, f"{len(loaded):,}", *times, bare, ratio])
    header = (
        "request",
        "asked",
        "median ms",
        "p99 ms",
        "alone: median ms",
        "p99 ms",
        "statement: median ms",
        "alone / statement",
    )
    heard = result.loaded
    proofs = [
        ["requests answered", f"{heard.requests:,}"],
        ["sequences of pages, each row checked", f"{heard.sequences:,}"],
        ["generations read", f"{len(heard.generations)} of {result.publishes + 1}"],
        ["errors and mixed generations", str(len(heard.wrong))],
    ]
    title = f"{result.clients} clients during {result.publishes} publishes, {result.seconds:.1f} s"
    return [Grid(title, ("", "count"), proofs), Grid("Milliseconds by kind of request", header, rows)]


def markdown(result: Result) -> str:
    """The page that is kept."""
    machine = result.machine
    lines = [
        "# The API under load",
        "",
        f"Written on {result.began:%Y-%m-%d} by `make bench-api`: {machine.system}, {machine.processor}, {machine.cores} cores, "
        f"Python {machine.python}, DuckDB {machine.duckdb}; server, clients and publishes share them. Load average before it "
        f"began: {result.load:.1f}. `core.fct_view` has {result.rows * 11 // 10:,} rows, of two workspaces. What the columns mean: "
        "`docs/benchmarks.md`.",
    ]
    for grid in grids(result):
        lines += grid_lines(grid)
    return "\n".join(lines) + "\n"


@app.command()
def main(
    rows: Annotated[int, typer.Option(min=10_000, help="Views of the workspace that is read.")] = 200_000,
    requests: Annotated[int, typer.Option(min=1)] = 1_000,
    clients: Annotated[int, typer.Option(min=1)] = 32,
    publishes: Annotated[int, typer.Option(min=0)] = 10,
    folder: Annotated[Path | None, typer.Option(help="Scratch folder, emptied first. Default: below AUDIENCE_HOME.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
) -> None:
    """Read a server from many clients while it is published to. Exits with 1 where anything was wrong."""
    result = measure((folder or Home.from_environment().root / "bench-api").absolute(), rows, requests, clients, publishes)
    for grid in grids(result):
        print_grid(console, grid)
    for text in result.loaded.wrong[:5]:
        console.print(text, style="red", markup=False)
    pages = [milliseconds(seconds, 0.99) for kind, seconds in result.quiet.items() if "page" in kind]
    if pages:
        console.print(f"Slowest page of one client alone, p99: {max(pages):.1f} ms (goal {PAGE_GOAL_SECONDS * 1000:.0f} ms)")
    if report is not None:
        report.write_text(markdown(result))
    if result.loaded.wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
