"""Measurements as tables: in the terminal, and as Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Machine, Measurement
from benchmarks.ratios import Ratio, beyond_ratios, growth_ratios, history_ratios, size_ratios
from benchmarks.scenarios import Measured

STEPS = (
    "floor", "tolerant-reader", "tolerant-text", "ingest", "lossless", "models", "data tests",
    "full refresh", "start-up", "new day", "nothing new",
)  # fmt: skip
REFRESHES = ("full refresh", "start-up", "new day", "nothing new")


SIZES = ("small", "large", "long", "beyond")
"""What the tables call the sizes, in the order in which they are measured; the last only where it is asked for."""
PAGE_WIDTH = 200


def wide_console() -> Console:
    """The terminal, or a page wide enough for every table where output goes to a file."""
    console = Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=PAGE_WIDTH)


@dataclass(frozen=True)
class Grid:
    """A table: its title, its header and its rows, all text; the first columns are read, the others are compared."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    read: int = 1


def number(value: float) -> str:
    """Three digits that count; what is not a number was too small beside the noise."""
    return "noise" if math.isnan(value) else f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:,.1f}"


def ratio_row(ratio: Ratio) -> list[str]:
    """A ratio, in wall time and CPU time, with its goal and whether it is met."""
    goal = "" if ratio.goal is None else f"{ratio.goal:g}{ratio.unit}"
    verdict = {None: "", True: "yes", False: "NO"}[ratio.is_met]
    cpu = "" if ratio.cpu is None else number(ratio.cpu) + ratio.unit
    return [ratio.name, number(ratio.value) + ratio.unit, cpu, goal, verdict]


def label(found: Measured) -> str:
    """A size in words."""
    return f"{found.size.events:,} events in {found.size.days} days"


def step_cells(name: str, found: Measured) -> list[str]:
    """Seconds, CPU seconds and peak memory of one step; blanks where it was not measured."""
    if not found.has(name):
        return ["", "", ""]
    best = found.best(name)
    return [number(best.work_seconds), number(best.cpu_seconds), f"{peak(found.rounds[name]) / 2**20:,.0f}"]


def growth_cells(name: str, small: Measured, large: Measured) -> list[str]:
    """By how much seconds and peak memory of one step grew."""
    seconds = large.best(name).work_seconds / small.best(name).work_seconds
    memory = peak(large.rounds[name]) / peak(small.rounds[name])
    return [f"x {number(seconds)}", f"x {number(memory)}"]


def inside_rows(found: Measured) -> Iterator[list[str]]:
    """What the refreshes of a size spent in models and in tests, all threads together; the rest is loading, dbt's own work, publishing."""
    for name in filter(found.has, REFRESHES):
        best = found.best(name)
        models, tests = (float(best.result.get(f"{kind}_seconds", 0)) for kind in ("model", "test"))
        yield [name, label(found), *(number(seconds) for seconds in (best.seconds, models, tests))]


def peak(rounds: Sequence[Measurement]) -> int:
    """The most memory any round took, in bytes."""
    return max(each.peak_bytes for each in rounds)


def grids(found: Sequence[Measured]) -> Iterator[Grid]:
    """All tables of one run: ratios by size, the longer history, the steps, the slowest models, the proof."""
    small, large, long, *beyond = found
    header = ("ratio", "wall", "CPU", "goal", "met")
    for each in (large, small):
        yield Grid(f"{label(each)}, {each.landed_bytes / 1e9:.2f} GB", header, [ratio_row(ratio) for ratio in size_ratios(each)])
    yield Grid(f"{label(long)} beside {label(small)}", header, [ratio_row(ratio) for ratio in history_ratios(small, long)])
    yield Grid(f"{label(large)} beside {label(small)}", header, [ratio_row(ratio) for ratio in growth_ratios(small, large)])
    for each in beyond:
        title = f"{label(each)}, {each.landed_bytes / 1e9:.2f} GB, beside {label(large)}"
        yield Grid(title, header, [ratio_row(ratio) for ratio in beyond_ratios(large, each)])
    columns = [f"{size} {unit}" for size in SIZES[: len(found)] for unit in ("s", "CPU s", "MB")]
    steps = [
        [name, *(cell for each in found for cell in step_cells(name, each)), *growth_cells(name, small, large)] for name in STEPS
    ]
    growth = ("s large / small", "MB large / small")
    yield Grid("Steps: seconds, CPU seconds, peak memory", ("step", *columns, *growth), steps)
    inside = [row for each in found for row in inside_rows(each)]
    yield Grid("Inside the refreshes", ("command", "size", "s", "models, thread s", "tests, thread s"), inside, read=2)
    models = large.best("models").result["slowest"]
    yield Grid(
        f"Slowest models, {label(large)}", ("model", "seconds"), [[each["name"], number(each["seconds"])] for each in models]
    )
    for each in (large, *beyond):
        yield Grid(f"Lossless, {label(each)}", ("check", "landed", "kept", "equal"), list(lossless_rows(each)))


def lossless_rows(found: Measured) -> Iterator[list[str]]:
    """What was landed and what the lake kept of it."""
    for check in found.lossless:
        yield [check["name"], f"{check['landed']:,}", f"{check['kept']:,}", "yes" if check["holds"] else "NO"]


def loads(found: Sequence[Measured]) -> tuple[float, float]:
    """The least and the greatest load average seen at the start of a step."""
    before = [each.load[0] for size in found for rounds in size.rounds.values() for each in rounds]
    return min(before), max(before)


def show(console: Console, machine: Machine, found: Sequence[Measured], more: Sequence[Grid] = ()) -> None:
    """Print all tables, and what else was measured."""
    for grid in (*grids(found), *more):
        print_grid(console, grid)
    least, most = loads(found)
    console.print(f"{machine.cores} cores, load {least:.1f} to {most:.1f} at the start of steps")


def print_grid(console: Console, grid: Grid) -> None:
    """Print one table, in red what is not as it should be."""
    # A table's own title is wrapped to its width.
    console.print(grid.title, style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for index, name in enumerate(grid.header):
        table.add_column(name, justify="left" if index < grid.read else "right", no_wrap=True)
    for row in grid.rows:
        table.add_row(*row, style="red" if row[-1] == "NO" else None)
    console.print(table)
    console.print()


def grid_lines(grid: Grid) -> list[str]:
    """One table as lines of Markdown, under its title."""
    rulers = ["---" if index < grid.read else "---:" for index in range(len(grid.header))]
    return ["", f"## {grid.title}", "", row_text(grid.header), row_text(rulers), *(row_text(row) for row in grid.rows)]


def command(found: Sequence[Measured]) -> str:
    """What to type to measure it again."""
    _, large, _, *beyond = found
    more = "".join(f' ARGS="--beyond {each.size.events}"' for each in beyond)
    return f"make bench EVENTS={large.size.events}{more}"


def markdown(machine: Machine, found: Sequence[Measured], began: datetime, more: Sequence[Grid] = ()) -> str:
    """All tables as a page, with the machine they were measured on."""
    least, most = loads(found)
    lines = [
        "# Benchmark report",
        "",
        f"Measured on {began:%Y-%m-%d} with `{command(found)}`: {machine.system}, {machine.processor}, "
        f"{machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GB of memory, Python {machine.python}, DuckDB {machine.duckdb}, "
        f"dbt {machine.dbt}. Load average at the start of steps: {least:.1f} to {most:.1f}. What the rows mean: `docs/benchmarks.md`.",
    ]
    lines += chart_lines(list(with_goals(found)))
    for grid in (*grids(found), *more):
        lines += grid_lines(grid)
    return "\n".join(lines) + "\n"


def with_goals(found: Sequence[Measured]) -> Iterator[Ratio]:
    """The numbers of the chart."""
    small, large, long, *beyond = found
    yield from size_ratios(large)
    yield from history_ratios(small, long)
    yield from growth_ratios(small, large)
    for each in beyond:
        yield from growth_ratios(large, each)


def chart_lines(ratios: Sequence[Ratio]) -> list[str]:
    """A Mermaid chart: every number that has a goal as a multiple of it."""
    shown = [
        (ratio.name.split(" (")[0].split(", divided")[0], ratio.value / ratio.goal)
        for ratio in ratios
        if ratio.goal and not math.isnan(ratio.value)
    ]
    return [
        "",
        "Each number as a multiple of its goal, in wall time; at 1 or below it is met:",
        "",
        "```mermaid",
        "xychart-beta horizontal",
        f"    x-axis [{', '.join(json.dumps(name) for name, _ in shown)}]",
        f'    y-axis "times the goal" 0 --> {max(2.0, *(math.ceil(value) for _, value in shown)):g}',
        f"    bar [{', '.join(f'{value:.2f}' for _, value in shown)}]",
        f"    line [{', '.join('1' for _ in shown)}]",
        "```",
    ]


def row_text(cells: Sequence[str]) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"
