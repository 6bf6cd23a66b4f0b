"""How fast each emitter's records are taken in and become events, a byte, beside native ones.

What is landed is the emitter's telling of the story in tests/fixtures/one_story, over and over with other people in it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from benchmarks.measure import REPOSITORY, Machine, Measurement, measured
from benchmarks.report import Grid, grid_lines, number, print_grid, wide_console
from ingestion.home import Home
from ingestion.load import load_landing
from orchestration.lib.dbt import run_dbt
from orchestration.lib.environment import Environment

STORY = REPOSITORY / "tests" / "fixtures" / "one_story"
STANDARD = "native"
STANDARD_CSV = "native (CSV)"
MEGABYTES = 100
ROUNDS = 3
GOAL = 2.0
LINES = (".ndjson", ".jsonl", ".log")
FILES = 4
"""Files an emitter's records lie in: two cores are kept busy by more than one."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Speed:
    """What an emitter's records cost.

    taken_in: loading them, the best of some rounds. read: what `events` takes to read, map and write them.
    """

    emitter: str
    suffix: str
    landed_bytes: int
    landed_lines: int
    taken_in: Measurement
    read: Measurement

    @classmethod
    def recorded(cls, values: Mapping[str, Any]) -> Speed:
        """What an earlier run wrote down of an emitter."""
        return cls(**{**values, **{step: Measurement.recorded(values[step]) for step in ("taken_in", "read")}})

    def per_byte(self, step: Measurement) -> float:
        """Seconds a gigabyte."""
        return step.work_seconds / self.landed_bytes * 1e9

    def cpu_per_byte(self, step: Measurement) -> float:
        """CPU seconds a gigabyte, the start of the process included."""
        return step.cpu_seconds / self.landed_bytes * 1e9


@dataclass(frozen=True)
class Telling:
    """The story in an emitter's format: the folder it lands in, the lines and the header of its files, and how their names end."""

    emitter: str
    folder: str
    lines: Sequence[str]
    header: str
    suffix: str


def told(folder: str) -> Telling:
    """What a folder of the story tells."""
    files = [path for path in sorted((STORY / folder).rglob("*")) if path.is_file()]
    of_lines = [path for path in files if path.suffix in LINES]
    if of_lines:
        lines = [line for path in of_lines for line in path.read_text().splitlines() if line.strip()]
        return Telling(folder, folder, lines, "", of_lines[0].suffix)
    header, *lines = files[0].read_text().splitlines()
    return Telling(folder, folder, lines, header, files[0].suffix)


def native_csv(scratch: Path) -> Telling:
    """What native tells, as CSV: a recipe for CSV is compared with that."""
    scratch.mkdir(parents=True, exist_ok=True)
    made = scratch / "native.csv"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_json_auto('{STORY}/{STANDARD}/*.ndjson', convert_strings_to_integers = false)) to '{made}' (header)"
        )
    header, *lines = made.read_text().splitlines()
    made.unlink()
    return Telling(STANDARD_CSV, STANDARD, lines, header, ".csv")


def tellings(scratch: Path) -> list[Telling]:
    """Native in its two formats, the emitters that tell the story, and the recipes as mapped/<name>."""
    names = [path.name for path in sorted(STORY.iterdir()) if path.is_dir() and path.name not in (STANDARD, "mapped", "recipes")]
    names += [f"mapped/{path.name}" for path in sorted(STORY.glob("mapped/*"))]
    return [told(STANDARD), native_csv(scratch), *map(told, names)]


def land(telling: Telling, landing: Path, megabytes: int) -> int:
    """Write an emitter's files: its lines over and over, each time with other people. The number of lines."""
    lines, header, suffix = telling.lines, telling.header, telling.suffix
    folder = landing / telling.folder
    folder.mkdir(parents=True)
    times = megabytes * 10**6 // (sum(len(line) + 1 for line in lines) * FILES) + 1
    with duckdb.connect() as connection:
        for number_of_file in range(FILES):
            body = folder / f"body-{number_of_file}"
            who = f"(turn * {FILES} + {number_of_file})"
            other_people = f"replace(replace(line, 'ann', 'ann' || {who}), 'ben', 'ben' || {who})"
            # no quotes and a delimiter that no line holds: the lines as they are
            connection.execute(
                f"""copy (
                    select {other_people} from range({times}) as turns(turn), (select unnest(?::varchar[]) as line)
                ) to '{body}' (format csv, header false, quote '', escape '', delimiter '\x01')""",
                [list(lines)],
            )
            with (folder / f"{number_of_file}{suffix}").open("wb") as target, body.open("rb") as source:
                target.write(header.encode() + b"\n" if header else b"")
                shutil.copyfileobj(source, target)
            body.unlink()
    return times * FILES * len(lines)


def speeds(folder: Path, megabytes: int = MEGABYTES, only: Sequence[str] = ()) -> Iterator[Speed]:
    """Measure one emitter after the other in a folder of its own, which is removed."""
    for telling in tellings(folder):
        emitter = telling.emitter
        if only and emitter not in (STANDARD, STANDARD_CSV, *only):
            continue
        place = folder / "emitter"
        shutil.rmtree(place, ignore_errors=True)
        lines = land(telling, place / "landing", megabytes)
        size = sum(path.stat().st_size for path in (place / "landing").rglob("*") if path.is_file())
        variables = {
            "AUDIENCE_HOME": str(place / "home"),
            "LANDING": str(place / "landing"),
            "AUDIENCE_RECIPES": str(STORY / "recipes"),
        }
        loads = []
        for _ in range(ROUNDS):
            shutil.rmtree(place / "home", ignore_errors=True)
            loads.append(_step("load", emitter, place, variables))
        best = min(loads, key=lambda each: each.work_seconds)
        yield Speed(emitter, telling.suffix, size, lines, best, _step("read", emitter, place, variables))
        shutil.rmtree(place, ignore_errors=True)


def _step(step: str, emitter: str, place: Path, variables: dict[str, str]) -> Measurement:
    result = place / "result.json"
    log = place / "logs" / f"{step}.log"
    measurement = measured(f"{emitter}: {step}", ("-m", "benchmarks.emitters", step, "--result", str(result)), variables, log)
    return Measurement(**{**measurement.__dict__, "result": json.loads(result.read_text())})


def grid(found: list[Speed]) -> Grid:
    """The speeds as a table: each beside the standard's."""
    by_name = {each.emitter: each for each in found}
    rows = []
    for each in found:
        standard = by_name[STANDARD_CSV if each.suffix == ".csv" else STANDARD]
        cells = [each.emitter, f"{each.landed_bytes / each.landed_lines:,.0f}"]
        for step in ("taken_in", "read"):
            mine, theirs = (speed.per_byte(getattr(speed, step)) for speed in (each, standard))
            cells += [number(1000 / mine), number(mine / theirs)]
        is_met = each.per_byte(each.taken_in) <= GOAL * standard.per_byte(standard.taken_in)
        rows.append([*cells, f"{GOAL:g}", "yes" if is_met else "NO"])
    header = (
        "emitter",
        "bytes a line",
        "loaded MB/s",
        "a byte / native",
        "read MB/s",
        "a byte / native",
        "goal of loading",
        "met",
    )
    return Grid("Emitters beside native records of the same format", header, rows)


@app.command()
def load(result: Annotated[Path, typer.Option(help="JSON file for the seconds.")]) -> None:
    """Load LANDING into AUDIENCE_HOME."""
    environment = Environment.read()
    report = load_landing(str(environment.landing), Home.from_environment(), settle_seconds=0.0)
    if report.failed or report.unknown:
        raise SystemExit(f"not loaded: {report.failed or report.unknown}")
    result.write_text(json.dumps({"seconds": report.seconds, "accepted": report.accepted}))


@app.command()
def read(result: Annotated[Path, typer.Option(help="JSON file for the seconds.")]) -> None:
    """Build `events` and what it needs."""
    began = time.monotonic()
    built = run_dbt(Environment.read(), ("build", "--select", "+events", "--exclude-resource-type", "unit_test", "test"))
    seconds = sum(node.seconds for node in built.nodes if node.name in ("translated_events", "events"))
    result.write_text(json.dumps({"seconds": seconds, "all_seconds": time.monotonic() - began}))


@app.command()
def compare(
    folder: Annotated[Path | None, typer.Option(help="Scratch folder. Default: bench below AUDIENCE_HOME.")] = None,
    megabytes: Annotated[int, typer.Option(min=1, help="What each emitter lands.")] = MEGABYTES,
    report: Annotated[Path | None, typer.Option(help="Also write the result as Markdown into this file.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this emitter, beside native (repeatable).")] = None,
) -> None:
    """Measure all emitters and print how they compare with native."""
    console = wide_console()
    place = (folder or Home.from_environment().root / "bench").absolute()
    found = []
    for speed in speeds(place, megabytes, only or ()):
        console.print(
            f"{time.strftime('%H:%M:%S')} {speed.emitter}: {speed.landed_bytes / 1e6:,.0f} MB, {speed.landed_lines:,} lines"
        )
        found.append(speed)
    print_grid(console, grid(found))
    if report is not None:
        report.write_text(page(found, Machine.here(), megabytes))


def page(found: list[Speed], machine: Machine, megabytes: int) -> str:
    """The speeds as a page, with the machine they were measured on."""
    least, most = (pick(speed.taken_in.load[0] for speed in found) for pick in (min, max))
    lines = [
        "# Emitters",
        "",
        f"Measured with `python -m benchmarks.emitters compare --megabytes {megabytes}`: {machine.system}, {machine.processor}, "
        f"{machine.cores} cores, DuckDB {machine.duckdb}, dbt {machine.dbt}; load average {least:.1f} to {most:.1f} at the start of steps. "
        "What the columns mean: `docs/benchmarks.md`.",
        *grid_lines(grid(found)),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    app()
