"""``python -m benchmarks.faults``: faults of every kind at random moments, each healed by one run, each proved."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.faults.campaign import Strike, campaign, chosen, schedule
from benchmarks.faults.prepared import Prepared, prepare
from benchmarks.faults.report import counts, page
from benchmarks.faults.scene import Stage
from benchmarks.measure import Machine, StepError
from benchmarks.report import print_grid, wide_console

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    times: Annotated[int, typer.Option(min=1, help="Strikes in all, spread over the faults by their shares.")] = 240,
    seed: Annotated[int | None, typer.Option(help="Of all that is random; a new one each time where not given.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this fault: kill, or kill-load (repeatable).")] = None,
    strike: Annotated[
        int | None, typer.Option(min=1, help="Only the strike of this number: to repeat one.", show_default=False)
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the page here.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where a scratch folder is made, kept where a strike failed.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Strikes at a time.")] = 2,
    prepared: Annotated[
        Path | None,
        typer.Option(help="The folder `prepared` that an earlier campaign kept: saves its builds.", show_default=False),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Begin no strike later than this.", show_default=False)] = None,
) -> None:
    """Strike runs with faults at random moments; after each one undisturbed run must make everything right.

    Exits with 1 where anything was lost, came twice, was said unclearly or was not healed.
    """
    console = wide_console()
    seed = random.SystemRandom().randrange(1, 2**31) if seed is None else seed
    began = time.monotonic()
    try:
        wanted = chosen(only or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    skipped = [(fault, reason) for fault in wanted if (reason := fault.unavailable())]
    faults = [fault for fault in wanted if fault not in {each for each, _ in skipped}]
    for fault, reason in skipped:
        console.print(f"Not tried: {fault.key}: {reason}", markup=False)
    if not faults:
        raise typer.Exit(1)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="faults-", dir=folder))
    console.print(f"Seed {seed}, in {place}")
    planned = schedule(faults, times)
    if strike is not None:
        planned = [(fault, strike) for fault in faults]
    strikes: list[Strike] = []
    deadline = began + minutes * 60 if minutes else float("inf")
    try:
        builds = any(fault.stage is not Stage.LOAD for fault in faults)
        ready = Prepared.read(prepared) if prepared else prepare(place / "prepared", builds=builds, say=console.print)
    except StepError as error:
        console.print(f"[red]Failed before the first strike[/] (kept: {place})")
        console.print(str(error), markup=False)
        raise typer.Exit(1) from error
    for each in campaign(place, ready, planned, seed, workers, deadline):
        strikes.append(each)
        verdict = "missed" if not each.struck else "survived, healed" if each.is_survived and each.is_healed else "FAILED"
        console.print(
            f"{len(strikes)} {each.fault.key} {each.number}: {each.where}: {verdict} ({each.seconds:.0f} s)", markup=False
        )
        for problem in [*each.problems, *each.unhealed]:
            console.print(f"    {problem[:1_500]}", markup=False)
        if each.kept:
            console.print(
                f"    kept: {each.kept}; again: --only {each.fault.key} --seed {seed} --strike {each.number}", markup=False
            )
    print_grid(console, counts(faults, strikes))
    if report:
        options = " ".join(f"--only {name}" for name in only or [])
        limit = f"--minutes {minutes:g}" if minutes else ""
        command = " ".join(f"python -m benchmarks.faults --times {times} --seed {seed} {limit} {options}".split())
        report.write_text(page(Machine.here(), faults, skipped, strikes, command, datetime.now(UTC)))
    if any(each.problems or each.unhealed for each in strikes):
        console.print(f"Kept: {place / 'failed'}")
        raise typer.Exit(1)
    shutil.rmtree(place)


if __name__ == "__main__":
    app()
