"""A longer search than the test's: `python -m tests.property.campaign --streams 2000`."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from tests.property.streams import SLOTS
from tests.property.trial import random_streams, try_streams


def main(
    streams: Annotated[int, typer.Option(help="How many random streams to try.")] = 2000,
    seed: Annotated[int | None, typer.Option(help="The first stream's seed; a new one each time where not given.")] = None,
    runs: Annotated[int, typer.Option(help="Runs a schedule; 0 only compares one build with the oracle.")] = 4,
    scratch: Annotated[Path | None, typer.Option(help="A folder to keep the last schedule's warehouses in.")] = None,
) -> None:
    """Deliver random streams by random schedules until one ends in other marts; report the streams at fault."""
    console = Console()
    first = random.SystemRandom().randrange(1, 2**31) if seed is None else seed
    console.print(f"first seed {first}")
    with tempfile.TemporaryDirectory() as temporary:
        place = scratch or Path(temporary)
        for start in track(range(first, first + streams, SLOTS), description="schedules", console=console):
            seeds = range(start, min(start + SLOTS, first + streams))
            verdict = try_streams(start, random_streams(seeds), place, runs)
            if not verdict.is_good:
                console.print(verdict.report(), markup=False, highlight=False, soft_wrap=True)
                raise typer.Exit(code=1)
            console.print(f"seeds {seeds[0]} to {seeds[-1]}: no difference; seconds {verdict.seconds}")


if __name__ == "__main__":
    typer.run(main)
