"""``python -m benchmarks``: every ratio of the product's promises, from one run."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.emitters import Speed, grid, speeds
from benchmarks.measure import Machine, StepError
from benchmarks.ratios import history_ratios, size_ratios
from benchmarks.report import markdown, show, wide_console
from benchmarks.scenarios import Measured, OnStep, Size, measure_beyond, measure_history, measure_size
from ingestion.home import Home

DAYS = 30
LONGER = 10
"""How much longer the long history is, and how much smaller the small size."""
QUIET_LOAD = 0.5

app = typer.Typer(add_completion=False)
console = wide_console()

# How each size is measured, and which, in this order.
Plan = Sequence[tuple[Callable[[Path, Size, OnStep], Measured], Size]]


def planned(events: int, beyond: int | None) -> Plan:
    """A tenth of the events in 30 days, all of them in 30 days, all of them in 300 days at the tenth's events a day, more in 30."""
    return [
        (measure_size, Size(max(events // LONGER, 1), DAYS)),
        (measure_size, Size(events, DAYS)),
        (measure_history, Size(events, DAYS * LONGER)),
        *([(measure_beyond, Size(beyond, DAYS))] if beyond else []),
    ]


def measure(folder: Path, plan: Plan, done: Mapping[str, Measured], on_step: OnStep) -> Iterator[Measured]:
    """Size by size; what an earlier run has done is not measured again."""
    for how, size in plan:
        yield done.get(size.name) or how(folder, size, on_step)


def recorded(machine: Machine, found: Sequence[Measured], emitters: Sequence[Speed], began: datetime) -> dict[str, Any]:
    """Everything that was measured so far, as plain values."""
    return {
        "began": began.isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "ratios": {each.size.name: [asdict(ratio) for ratio in size_ratios(each)] for each in found if each.has("new day")},
        "history": [asdict(ratio) for ratio in history_ratios(found[0], found[2])] if len(found) > 2 else [],
        "measured": {each.size.name: asdict(each) for each in found},
        "is_lossless": all(each.is_lossless for each in found if each.has("ingest")),
        "emitters": [asdict(speed) for speed in emitters],
    }


def resumed(path: Path, machine: Machine) -> dict[str, Any]:
    """What an earlier run on this machine wrote down.

    Raises:
        BadParameter: it ran on another machine or with other versions, whose seconds compare with nothing measured here.
    """
    record: dict[str, Any] = json.loads(path.read_text())
    if record["machine"] != asdict(machine):
        raise typer.BadParameter(f"{path} was measured on another machine or with other versions: measure all of it here.")
    return record


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
    beyond: Annotated[
        int | None,
        typer.Option(min=10, help="A greater number of events too: loaded, built and published once, without yardsticks."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The numbers of an earlier run: what it measured is kept.")
    ] = None,
) -> None:
    """Measure loading, models, one more day and idle runs against the floor of one DuckDB statement.

    Prints ratios and goals, and writes all numbers to ``benchmarks/<time>.json`` below AUDIENCE_HOME (default ./var),
    after each size: ``--resume`` that file goes on where a run ended.
    Exits with 1 where a load lost something or a step failed; a missed goal is only shown.
    """
    home, began, machine = Home.from_environment(), datetime.now(UTC), Machine.here()
    earlier = resumed(resume, machine) if resume else {}
    began = datetime.fromisoformat(earlier["began"]) if earlier else began
    done = {name: Measured.recorded(values) for name, values in earlier.get("measured", {}).items()}
    plan = planned(events, beyond)
    # An earlier run's numbers are only ever added to: where this one leaves some out, it writes a file of its own.
    is_whole = set(done) <= {size.name for _, size in plan}
    target = home.root / "benchmarks" / f"{began if is_whole else datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    found: list[Measured] = []
    emitters = [Speed.recorded(values) for values in earlier.get("emitters", [])]

    def keep() -> dict[str, Any]:
        record = recorded(machine, found, emitters, began)
        target.write_text(json.dumps(record, indent=1) + "\n")
        return record

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
            for each in measure(place, plan, done, on_step):
                found.append(each)
                keep()
            # Each is a multiple of native in the same run: an earlier run's are taken over all together or not at all.
            for speed in speeds(place) if not emitters else ():
                on_step("emitters", speed.emitter)
                emitters.append(speed)
        except StepError as error:
            console.print(str(error), style="red", markup=False)
            raise typer.Exit(1) from error
    record = keep()
    show(console, machine, found, [grid(emitters)])
    console.print(f"All numbers: {target}")
    if report is not None:
        report.write_text(markdown(machine, found, began, [grid(emitters)]))
    if not record["is_lossless"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
