"""``python -m benchmarks.panels``: what each panel of the dashboard asks of the published snapshot, for the largest page of its kind.

The site holds these answers as files, counted once for each snapshot; here each question is asked live, as a BI tool would, of the page
with the most rows. The questions in docs/tables are asked too.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.measure import REPOSITORY, Machine
from benchmarks.report import Grid, grid_lines, number, print_grid, wide_console
from ingestion.home import Home
from serving.dashboard.export import Setting, described, prepare
from serving.dashboard.queries import Query, read_queries
from serving.generations import published_snapshot
from serving.sql import literal, quoted

PANEL_GOAL_SECONDS = 0.02
ROUNDS = 15
DOCUMENTED = REPOSITORY / "docs" / "tables"
SQL_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.DOTALL | re.MULTILINE)

console = wide_console()


@dataclass(frozen=True)
class Panel:
    """A question, and the seconds that each time of asking took."""

    name: str
    rows: int
    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """Half of the answers came within these seconds."""
        return statistics.median(self.seconds)


def asked(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> Panel:
    """Ask a question several times, after once to warm up; its rows are fetched as Arrow."""
    seconds = []
    rows = connection.sql(sql).to_arrow_table().num_rows
    for _ in range(ROUNDS):
        began = time.perf_counter()
        connection.sql(sql).to_arrow_table()
        seconds.append(time.perf_counter() - began)
    return Panel(name, rows, seconds)


def largest_page(connection: duckdb.DuckDBPyConnection, query: Query) -> str:
    """The conditions of the page that holds most of a dataset's rows; that of nobody where it holds none."""
    keys = ", ".join(quoted(key) for key in described(connection, f"partition_{query.partition}"))
    most = connection.execute(f"select {keys} from ({query.sql}) group by all order by count(*) desc, {keys} limit 1").fetchall()
    if not most:
        return "false"
    return " and ".join(f"{key} = {literal(str(value))}" for key, value in zip(keys.split(", "), most[0], strict=True))


def panels(connection: duckdb.DuckDBPyConnection) -> Iterator[Panel]:
    """Every dataset of every page of the dashboard."""
    for query in read_queries():
        sql = f"select * from ({query.sql}) where {largest_page(connection, query)}"
        yield asked(connection, f"{query.page}/{query.dataset}", sql)


def documented(connection: duckdb.DuckDBPyConnection) -> Iterator[Panel]:
    """Every question in docs/tables."""
    for page in sorted(DOCUMENTED.glob("*.md")):
        for place, sql in enumerate(SQL_BLOCK.findall(page.read_text(encoding="utf-8")), start=1):
            yield asked(connection, f"docs/tables/{page.name} {place}", sql.strip().rstrip(";"))


def grid(title: str, found: Sequence[Panel]) -> Grid:
    """Milliseconds by question, the slowest first."""
    slowest = sorted(found, key=lambda panel: -panel.median)
    rows = [
        [
            panel.name,
            f"{panel.rows:,}",
            number(panel.median * 1000),
            number(max(panel.seconds) * 1000),
            "yes" if panel.median <= PANEL_GOAL_SECONDS else "NO",
        ]
        for panel in slowest
    ]
    return Grid(title, ("question", "rows", "median ms", "slowest ms", f"within {PANEL_GOAL_SECONDS * 1000:.0f} ms"), rows)


def measured_grids(snapshot: Path) -> list[Grid]:
    """Both kinds of questions, asked of a snapshot."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        prepare(connection, Setting.from_environment())
        return [
            grid("Panels of the dashboard, asked live of the page with the most rows", list(panels(connection))),
            grid("Questions of docs/tables", list(documented(connection))),
        ]


def main(
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
) -> None:
    """Ask AUDIENCE_HOME's snapshot what the dashboard and the docs ask."""
    snapshot = published_snapshot(Home.from_environment())
    found = measured_grids(snapshot)
    for each in found:
        print_grid(console, each)
    if report is not None:
        machine = Machine.here()
        head = (
            f"Measured with `python -m benchmarks.panels` on a snapshot of {snapshot.stat().st_size / 1e6:,.0f} MB: {machine.system}, "
            f"{machine.processor}, {machine.cores} cores, DuckDB {machine.duckdb}."
        )
        lines = ["# Panels", "", head, *(line for each in found for line in grid_lines(each))]
        report.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    typer.run(main)
