"""``python -m benchmarks.parity``: the same records on DuckDB and on a Spark cluster, in full and a day more, with a worker killed.

Both engines are run by the product's own command, from the landing zone to the published snapshot. Then every published table is
compared, row by row. The cluster is a real one: a master, workers and a Thrift server, each a process of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from benchmarks.cluster_watch import ClusterWatch, Killer
from benchmarks.comparison import Compared, compare_snapshots
from benchmarks.measure import Machine, Measurement, StepError, measured
from benchmarks.parity_report import page
from cluster.settings import ClusterError, Sizes
from cluster.standalone import Cluster
from ingestion.home import Home
from ingestion.keeping import keep_private
from ingestion.simulator import simulate
from serving.generations import current_snapshot

DEMO_EVENTS, DEMO_DAYS = 100_000, 30
STATEMENTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "fun_xapi" / "statements.json.gz"
OLD_SECONDS = 3_600
# Where in a build the worker dies and where it comes back, as parts of its nodes: both before the widest steps, of all events.
KILLED_AT = (0.25, 0.28)

PLAIN = str.maketrans({" ": "-", ",": None})

Say = Callable[[str], None]
IN_FULL, DAY_MORE = "in full", "a day more"


@dataclass
class Step:
    """A build of the same records on both engines. cluster_cpu_seconds: of all of Spark's processes; killed: the worker that died."""

    name: str
    duckdb: Measurement
    spark: Measurement
    cluster_cpu_seconds: float
    compared: Compared
    killed: str | None = None


@dataclass
class Found:
    """What was found with a scenario, on a day (ISO)."""

    day: str
    lines: int = 0
    landed_bytes: int = 0
    bronze_bytes: int = 0
    steps: list[Step] = field(default_factory=list)


FOUND = TypeAdapter(Found)


@dataclass
class Scenario:
    """Records to build on both engines. land: writes them into a landing zone; add_day: a day more, where there is one to add."""

    name: str
    land: Callable[[Path], None]
    add_day: Callable[[Path], None] | None = None
    is_killed: bool = False
    found: Found = field(default_factory=lambda: Found(f"{datetime.now(UTC):%Y-%m-%d}"))


def simulated(name: str, events: int, days: int, *, is_killed: bool) -> Scenario:
    """An audience of the simulator, and its next day."""

    def land(landing: Path) -> None:
        simulate(landing, events=events, days=days)

    def add_day(landing: Path) -> None:
        simulate(landing, events=events, days=days, only_day=days + 1)

    return Scenario(name, land, add_day, is_killed)


def real_statements(archive: Path) -> Scenario | None:
    """Real xAPI statements, one a line, where they are at hand; they are no part of this repository."""
    if not archive.exists():
        return None

    def land(landing: Path) -> None:
        (landing / "xapi").mkdir(parents=True)
        shutil.copyfile(archive, landing / "xapi" / "statements.ndjson.gz")

    return Scenario("real xAPI statements", land)


def run(scenario: Scenario, root: Path, sizes: Sizes, say: Say) -> None:
    """Land a scenario's records and build them on both engines, with a cluster of their own. What was built is not built again."""
    done = root / "found.json"
    if done.exists():
        scenario.found = FOUND.validate_json(done.read_bytes())
        say(f"{scenario.name}: {', '.join(step.name for step in scenario.found.steps)} done on {scenario.found.day}")
    landing, homes = root / "landing", {name: Home(root / name) for name in ("duckdb", "spark")}
    built = {step.name for step in scenario.found.steps}
    if IN_FULL in built and (DAY_MORE in built or not scenario.add_day):
        return
    cluster = Cluster(homes["spark"], sizes)
    try:
        if IN_FULL not in built:
            # A build that ended early left half of its work: what is measured begins with nothing.
            shutil.rmtree(root, ignore_errors=True)
            say(f"{scenario.name}: landing")
            scenario.land(landing)
            settle(landing)
            cluster.start(say)
            scenario.found.steps.append(build(IN_FULL, scenario, root, cluster, say, is_killed=scenario.is_killed))
            scenario.found.landed_bytes = size_of(landing)
            scenario.found.bronze_bytes = size_of(homes["duckdb"].bronze)
            scenario.found.lines = lines_of(homes["duckdb"])
            done.write_bytes(FOUND.dump_json(scenario.found, indent=1))
        if scenario.add_day:
            scenario.add_day(landing)
            settle(landing)
            cluster.start(say)
            scenario.found.steps.append(build(DAY_MORE, scenario, root, cluster, say, is_killed=False))
            done.write_bytes(FOUND.dump_json(scenario.found, indent=1))
    finally:
        cluster.stop(lambda text: None)


def build(name: str, scenario: Scenario, root: Path, cluster: Cluster, say: Say, *, is_killed: bool) -> Step:
    """One build on each engine, and the comparison of what they published."""
    say(f"{scenario.name}, {name}: DuckDB")
    duckdb = refreshed("duckdb", root, "dev", {})
    say(f"{scenario.name}, {name}: Spark{', with a worker that will be killed' if is_killed else ''}")
    killer = Killer(cluster, cluster.home.root / "dbt" / "logs" / "dbt.log", KILLED_AT) if is_killed else None
    if killer:
        killer.start()
    watch = ClusterWatch(cluster)
    watch.start()
    try:
        spark = refreshed("spark", root, "spark", {"SPARK_THRIFT_PORT": str(cluster.sizes.thrift_port)})
    finally:
        watch.stop()
        if killer:
            killer.stop()
    snapshots = [current_snapshot(Home(root / engine)) for engine in ("duckdb", "spark")]
    assert snapshots[0] is not None
    assert snapshots[1] is not None
    compared = compare_snapshots(snapshots[0], snapshots[1])
    say(f"{scenario.name}, {name}: {compared.tables} tables, {compared.rows:,} rows, {compared.different_tables} that differ")
    return Step(name, duckdb, spark, watch.cpu_seconds, compared, killer.killed if killer else None)


def refreshed(engine: str, root: Path, target: str, variables: dict[str, str]) -> Measurement:
    """The product's own run of everything."""
    log = root / f"{engine}.log"
    environment = {"AUDIENCE_HOME": str(root / engine), "LANDING": str(root / "landing"), "AUDIENCE_TARGET": target}
    return measured(engine, ["-m", "orchestration", "refresh"], {**environment, "AUDIENCE_SITE": "off", **variables}, log)


def settle(landing: Path) -> None:
    """Let files look old enough not to be still growing."""
    moment = time.time() - OLD_SECONDS
    for path in landing.rglob("*"):
        if path.is_file():
            os.utime(path, (moment, moment))


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def lines_of(home: Home) -> int:
    """Lines of all loads in force but the catalog's."""
    from orchestration.lib.ledger import balances

    return sum(each.lines for each in balances(home) if each.source != "catalog")


def main(
    events: Annotated[int, typer.Option(min=1000, help="Simulated events of the largest scenario.")] = 5_000_000,
    days: Annotated[int, typer.Option(min=2, help="Days that they are spread over.")] = 30,
    only: Annotated[list[str] | None, typer.Option("--only", help="demo, statements or simulated (repeatable).")] = None,
    statements: Annotated[Path, typer.Option(help="Real xAPI statements: gzip, one a line.", show_default=False)] = STATEMENTS,
    report: Annotated[Path | None, typer.Option(help="Write the findings as Markdown.", show_default=False)] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Work here and keep it; a build that was done there before is not done again."),
    ] = None,
) -> None:
    """Exits with 1 when a table differs."""
    keep_private()
    chosen = set(only or ("demo", "statements", "simulated"))
    found = {
        "demo": simulated(f"demo, {DEMO_EVENTS:,} events", DEMO_EVENTS, DEMO_DAYS, is_killed="simulated" not in chosen),
        "statements": real_statements(statements),
        "simulated": simulated(f"{events:,} simulated events", events, days, is_killed=True),
    }
    scenarios = [scenario for name, scenario in found.items() if name in chosen and scenario]
    if "statements" in chosen and found["statements"] is None:
        typer.echo(f"The real statements are left out: there is no {statements}.")
    if not scenarios:
        typer.echo("Nothing is left to compare.", err=True)
        raise typer.Exit(2)
    with tempfile.TemporaryDirectory(prefix="parity-") as temporary:
        root = folder or Path(temporary)
        try:
            sizes = Sizes.read()
            for scenario in scenarios:
                run(scenario, root / scenario.name.translate(PLAIN), sizes, typer.echo)
        except (ClusterError, StepError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error
    text = page(scenarios, sizes, Machine.here())
    typer.echo(text)
    if report:
        report.write_text(text)
    if differs(scenarios):
        raise typer.Exit(1)


def differs(scenarios: Sequence[Scenario]) -> bool:
    """Whether any table of any step differs."""
    return any(step.compared.differences for scenario in scenarios for step in scenario.found.steps)


if __name__ == "__main__":
    typer.run(main)
