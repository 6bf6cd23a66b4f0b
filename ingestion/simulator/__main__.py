"""Command line: `python -m ingestion.simulator --help`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ingestion.keeping import keep_private
from ingestion.simulator.settings import PLANTS
from ingestion.simulator.simulation import simulate

app = typer.Typer(add_completion=False)
console = Console(stderr=True)
_PLANT_HELP = "A truth to leave out; may be repeated. " + "; ".join(f"{name}: {what}" for name, what in PLANTS.items()) + "."


@app.command()
def main(
    landing: Annotated[Path, typer.Option(help="Folder to write native/<date>/<nnn>.ndjson and catalog/ into.")],
    events: Annotated[int, typer.Option(min=1, help="Lines over all days, about.")] = 100_000,
    days: Annotated[int, typer.Option(min=1, help="Days; each has about events / days lines.")] = 30,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day (UTC).")] = datetime(2026, 10, 1),
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")] = 7,
    workspaces: Annotated[int, typer.Option(min=1, help="Audiences side by side, one workspace each.")] = 1,
    without: Annotated[list[str] | None, typer.Option(help=_PLANT_HELP)] = None,
    only_day: Annotated[
        int | None, typer.Option(min=1, help="Write this day only: days + 1 adds one day to a landing that has `days`.")
    ] = None,
    truths: Annotated[Path | None, typer.Option(help="Folder for the sealed truths (default: beside LANDING).")] = None,
    gzip: Annotated[bool, typer.Option("--gzip", help="Compress the logs.")] = False,
) -> None:
    """Simulate an audience of interactive videos: logs in the native format, a catalog, and sealed truths."""
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    if unknown := set(without or ()) - PLANTS.keys():
        raise typer.BadParameter(f"unknown truth {', '.join(sorted(unknown))}; choose from {', '.join(PLANTS)}.")
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("simulating", total=events)

        def advance(lines: int, total: int) -> None:
            progress.update(task, advance=lines, total=total)

        report = simulate(
            landing, events=events, days=days, start=start.date(), seed=seed, workspaces=workspaces,
            plant=frozenset(PLANTS) - set(without or ()), truths=truths, only_day=only_day, compress=gzip,
            on_progress=advance,
        )  # fmt: skip
    console.print(
        f"{report.lines:,} lines ({report.bytes / 1e6:,.1f} MB) of {report.visits:,} visits in {report.files:,} files, "
        f"{report.days[0]} to {report.days[-1]}, under {report.landing}; truths sealed under {report.truths}."
    )


if __name__ == "__main__":
    keep_private()
    app()
