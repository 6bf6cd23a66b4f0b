"""``python -m benchmarks.truths``: what the simulator planted, found again by the marts of a hundred audiences.

A hundred audiences are a hundred workspaces of one build. Those with everything planted must show it, those with nothing
planted must show nothing, and a few large ones must be told which variant is better.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.audiences import DAYS, Told, crowds, tell
from benchmarks.measure import StepError
from benchmarks.report import Grid, grid_lines, print_grid, wide_console
from benchmarks.truth_checks import Answer, BrokenSealError
from ingestion.home import Home

COUNTED = {
    "lines": "lines of log",
    "exits_in_drop_off_second": "exits in the planted second",
    "clicks_on_unmarked_object": "clicks on the unmarked object",
    "control_shown": "offers shown under control",
    "treatment_shown": "offers shown under treatment",
    "hard_question_answers": "answers to the hard question",
    "visits_of_unvisited_node": "visits of the archive",
}
"""Of the simulator's own counts those that say how much there is to find."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = wide_console()


def answer_row(answer: Answer) -> list[str]:
    """A check, in how many audiences it holds, its bound and whether that is kept."""
    bound = answer.check.bound
    verdict = {None: "", True: "yes", False: "NO"}[answer.is_met]
    goal = bound.text(answer.of) if bound else ""
    return [answer.check.truth, answer.check.claim, f"{answer.found} of {answer.of}", goal, verdict]


def answers(told: Told) -> Grid:
    """What a crowd's marts said."""
    header = ("truth", "asked of every audience", "holds in", "goal", "met")
    rows = [answer_row(answer) for answer in told.answers]
    return Grid(f"{told.crowd.audiences} audiences, {told.crowd.name}", header, rows, read=2)


def amounts(told: Sequence[Told]) -> Grid:
    """How much the simulator planted in an audience of each crowd."""
    rows = [
        [text, *(f"{each.counts.get(name, 0) / each.crowd.audiences:,.0f}" for each in told)] for name, text in COUNTED.items()
    ]
    header = ("by the simulator's books", *(each.crowd.name for each in told))
    return Grid("How much there was to find, per audience", header, rows)


def markdown(told: Sequence[Told], seed: int) -> str:
    """The report: the same on every machine for the same seed and sizes."""
    sizes = "; ".join(f"{each.crowd.name} {each.crowd.events:,}" for each in told)
    lines = [
        "# Planted truths, found again",
        "",
        f"Written by `make truths`: seed {seed}, {DAYS} days, events asked for per audience: {sizes}. All audiences of a table are",
        "workspaces of one build. What is asked, and why so: `docs/benchmarks.md`.",
    ]
    for grid in (*(answers(each) for each in told), amounts(told)):
        lines += grid_lines(grid)
    return "\n".join(lines) + "\n"


def show(told: Told) -> None:
    """Print what a crowd's marts said, and what it cost to ask."""
    print_grid(console, answers(told))
    costs = (f"{step.name} {step.seconds:,.0f} s, {step.peak_bytes / 2**30:.1f} GB" for step in told.steps)
    console.print("; ".join(costs) + "\n")


@app.command()
def main(
    audiences: Annotated[int, typer.Option(min=1, help="Audiences with everything planted, and as many without.")] = 100,
    events: Annotated[int, typer.Option(min=1, help="Events of each audience with everything planted, about.")] = 120_000,
    plain_events: Annotated[int, typer.Option(min=1, help="Events of each audience with nothing planted, about.")] = 50_000,
    large: Annotated[int, typer.Option(min=1, help="Audiences large enough for a verdict on the better variant.")] = 3,
    large_events: Annotated[int, typer.Option(min=1, help="Events of each of those, about.")] = 700_000,
    seed: Annotated[int, typer.Option(help="Of the simulator.")] = 7,
    folder: Annotated[
        Path | None, typer.Option(help="Scratch folder, emptied again. Default: truths below AUDIENCE_HOME.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
) -> None:
    """Simulate audiences with everything planted and with nothing, build all models, and compare the marts with the truths.

    Exits with 1 where a bound is missed or a step failed.
    """
    place = (folder or Home.from_environment().root / "truths").absolute()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    told: list[Told] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")

        def on_step(crowd: str, step: str) -> None:
            progress.update(task, description=f"{crowd}: {step}")
            if not console.is_terminal:
                console.print(f"{time.strftime('%H:%M:%S')} {crowd}: {step}")

        try:
            for crowd in crowds(audiences, events, plain_events, large, large_events):
                told.append(tell(place, crowd, seed, on_step))
                show(told[-1])
        except (StepError, BrokenSealError) as error:
            console.print(str(error), style="red", markup=False)
            raise typer.Exit(1) from error
    print_grid(console, amounts(told))
    if report is not None:
        report.write_text(markdown(told, seed))
    if not all(each.is_met for each in told):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
