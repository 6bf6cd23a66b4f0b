"""``python -m benchmarks``: every ratio of the product's promises, from one run."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.emitters import grid, speeds
from benchmarks.measure import Machine, StepError
from benchmarks.ratios import history_ratios, size_ratios
from benchmarks.report import markdown, show, wide_console
from benchmarks.scenarios import Measured, OnStep, Size, measure_history, measure_size
from ingestion.home import Home

DAYS = 30
LONGER = 10
"""How much longer the long history is, and how much smaller the small size."""
QUIET_LOAD = 0.5

app = typer.Typer(add_completion=False)
console = wide_console()


def measure(folder: Path, events: int, on_step: OnStep) -> list[Measured]:
    """A tenth of the events in 30 days, all of them in 30 days, and all of them in 300 days at the tenth's events a day."""
    tenth = max(events // LONGER, 1)
    return [
        measure_size(folder, Size(tenth, DAYS), on_step),
        measure_size(folder, Size(events, DAYS), on_step),
        measure_history(folder, Size(events, DAYS * LONGER), on_step),
    ]


def recorded(machine: Machine, found: list[Measured], began: datetime) -> dict[str, Any]:
    """Everything that was measured, as plain values."""
    small, large, long = found
    return {
        "began": began.isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "ratios": {each.size.name: [asdict(ratio) for ratio in size_ratios(each)] for each in found},
        "history": [asdict(ratio) for ratio in history_ratios(small, long)],
        "measured": {each.size.name: asdict(each) for each in found},
        "is_lossless": small.is_lossless and large.is_lossless,
    }


def warn_of_noise(machine: Machine) -> None:
    """Say so where others use the machine: every ratio is then worth less."""
    load = os.getloadavg()[0]
    if load > QUIET_LOAD * machine.cores:
        console.print(
            f"[yellow]The machine is busy[/] (load {load:.1f} on {machine.cores} cores): compare CPU seconds rather than seconds."
        )


@app.command()
def main(
    events: Annotated[int, typer.Option(min=10, help="Simulated events; a tenth of them is measured too.")] = 10_000_000,
    folder: Annotated[
        Path | None, typer.Option(help="Scratch folder, emptied again. Default: bench below AUDIENCE_HOME.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
) -> None:
    """Measure loading, models, one more day and idle runs against the floor of one DuckDB statement.

    Prints ratios and goals, and writes all numbers to ``benchmarks/<time>.json`` below AUDIENCE_HOME (default ./var).
    Exits with 1 where a load lost something or a step failed; a missed goal is only shown.
    """
    home, began, machine = Home.from_environment(), datetime.now(UTC), Machine.here()
    place = (folder or home.root / "bench").absolute()
    warn_of_noise(machine)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")

        def on_step(size: str, step: str) -> None:
            progress.update(task, description=f"{size}: {step}")
            if not console.is_terminal:
                console.print(f"{time.strftime('%H:%M:%S')} {size}: {step}")

        try:
            found = measure(place, events, on_step)
            emitters = []
            for speed in speeds(place):
                on_step("emitters", speed.emitter)
                emitters.append(speed)
        except StepError as error:
            console.print(str(error), style="red", markup=False)
            raise typer.Exit(1) from error
    record = recorded(machine, found, began) | {"emitters": [asdict(speed) for speed in emitters]}
    target = home.root / "benchmarks" / f"{began:%Y-%m-%dT%H-%M-%SZ}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(record, indent=1) + "\n")
    show(console, machine, found, [grid(emitters)])
    console.print(f"All numbers: {target}")
    if report is not None:
        report.write_text(markdown(machine, found, began, [grid(emitters)]))
    if not record["is_lossless"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
