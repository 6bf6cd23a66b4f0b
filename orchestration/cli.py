"""The command line: what ``make run`` and ``make serve`` call, and what a scheduler without Dagster would."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ingestion.home import Home
from ingestion.identity import PrivacyKeyError
from ingestion.layout import NewerLakeError
from ingestion.manifest import DamagedLakeError
from ingestion.showing import told
from ingestion.trouble import TROUBLE, ending, explained
from orchestration.backup.cli import backup, restore
from orchestration.lib.dagster_home import prepare_dagster_home
from orchestration.lib.environment import Environment, TargetError
from orchestration.lib.state import BuildRequest
from orchestration.privacy.cli import app as privacy

DEMO_EVENTS = 100_000
DEMO_DAYS = 30

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Load landed logs, build the models, publish the marts. AUDIENCE_HOME says where (default ./var), "
    "LANDING where the logs lie (default: simulated ones).",
)

app.add_typer(privacy, name="privacy")
app.command()(backup)
app.command()(restore)

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Load only this source (repeatable).")]


@app.command()
def refresh(
    full: Annotated[bool, typer.Option("--full", help="Compute every table from bronze again.")] = False,
    source: Sources = None,
) -> None:
    """Load what is new, build what is stale, publish. A second run waits for the first; one with nothing new says so."""
    run(BuildRequest(full_refresh=full), source)


@app.command()
def backfill(first: Day, last: Day, source: Sources = None) -> None:
    """Refresh, and compute the event dates FIRST to LAST (inclusive) again even where nothing changed."""
    try:
        request = BuildRequest(backfill_from=first.date(), backfill_to=last.date())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    run(request, source)


@app.command()
def check(
    landing: Annotated[str | None, typer.Option(help="A folder or fsspec URI. Default: LANDING.", show_default=False)] = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="Check only this source (repeatable).")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Read only so many lines of each file.", show_default=False)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for notes too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Tell what the landing zone would become, and load nothing. Exits with 1 when something would be refused."""
    from rich.console import Console

    from orchestration.check.run import check as run_check
    from orchestration.check.show import show
    from orchestration.console import console
    from orchestration.lib.dbt import BuildError

    environment = told_environment({"LANDING": landing} if landing else {})
    steps = Console(stderr=True)
    try:
        with steps.status("Checking") as status:
            findings = run_check(environment, sources=source, most_lines=sample, on_step=status.update)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except BuildError as error:
        console.print(f"[red]Not checked:[/] the models could not be built.\n{told(error)}", markup=True)
        raise typer.Exit(1) from error
    except TROUBLE as error:
        console.print(f"Not checked: {explained(error)}", style="red", markup=False)
        raise typer.Exit(1) from error
    if as_json:
        sys.stdout.write(json.dumps(findings.as_dict(), ensure_ascii=False) + "\n")
    else:
        show(console, findings)
    if findings.is_refused or (strict and findings.is_noted):
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Explain the state of this installation, change nothing. Exits with 1 where there is a problem."""
    from orchestration.console import console
    from orchestration.doctor.run import diagnose
    from orchestration.doctor.show import show

    diagnosis = diagnose(Environment.read())
    if as_json:
        sys.stdout.write(json.dumps(diagnosis.as_dict(), ensure_ascii=False, default=str) + "\n")
    else:
        show(console, diagnosis)
    if not diagnosis.is_sound:
        raise typer.Exit(1)


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000) -> None:
    """The Dagster UI on loopback, with the daily schedule and the landing sensor."""
    environment = told_environment()
    environment.export()
    prepare_dagster_home(environment.dagster_home)
    arguments = ["dev", "--host", "127.0.0.1", "--port", str(port), "--module-name", "orchestration.definitions"]
    dagster = Path(sys.executable).with_name("dagster")
    os.execv(dagster, [str(dagster), *arguments])


def told_environment(changes: Mapping[str, str] | None = None) -> Environment:
    """The environment, with some variables changed; what is wrong with it is said without a traceback."""
    try:
        return Environment.read({**os.environ, **(changes or {})})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def run(request: BuildRequest, sources: list[str] | None) -> None:
    """Refresh with progress and a summary; exit code 1 when a model, a test or a file failed."""
    # Rich and the pipeline are imported here so that --help stays instant.
    from orchestration.console import console, live_listener, show_summary
    from orchestration.lib.dbt import BuildError
    from orchestration.lib.locking import WarehouseError
    from orchestration.lib.spreading import SpreadError
    from orchestration.refresh import refresh as run_refresh
    from serving.crm.files import ExportError
    from serving.publish import PublishError

    environment = told_environment()
    environment.export()
    try:
        if environment.is_demo and not is_filled(environment.home.landing) and not is_loaded(environment.home):
            simulate_demo(environment.home.landing)
        with live_listener() as listener:
            report = run_refresh(environment, request, sources=sources, listener=listener)
    except (PrivacyKeyError, NewerLakeError, DamagedLakeError, TargetError) as error:
        console.print(f"[red]Nothing was loaded:[/] {told(error)}", markup=True)
        raise typer.Exit(1) from error
    except SpreadError as error:
        console.print(f"[red]Not everything was loaded:[/] {told(error)}", markup=True)
        raise typer.Exit(1) from error
    except (BuildError, PublishError, WarehouseError) as error:
        console.print(f"[red]Not published:[/] the snapshot stays as it was.\n{told(error)}", markup=True)
        raise typer.Exit(1) from error
    except ExportError as error:
        console.print(f"[red]Published, but not exported:[/] {told(error)}", markup=True)
        raise typer.Exit(1) from error
    except TROUBLE as error:
        console.print(f"[red]Stopped:[/] {told(ending(error))}", markup=True)
        raise typer.Exit(1) from error
    try:
        show_summary(environment, report)
    except TROUBLE as error:
        console.print(f"[red]Done, but not told:[/] {told(explained(error))}", markup=True)
        raise typer.Exit(1) from error
    if report.landed.failed:
        raise typer.Exit(1)


def is_filled(landing: Path) -> bool:
    """Whether anything was landed or simulated there."""
    return landing.is_dir() and any(landing.iterdir())


def is_loaded(home: Home) -> bool:
    """Whether the lake holds anything: then an empty landing zone is no reason for a demo, which would mix with it."""
    return any(path.parent.name != "schema" for path in home.manifests.glob("*/*.json"))


def simulate_demo(landing: Path) -> None:
    """Write the demo's audience into the landing zone, aside first so that a killed run leaves no half of it."""
    from ingestion.simulator import simulate
    from orchestration.console import console

    console.print(f"No LANDING given: simulating {DEMO_EVENTS:,} events over {DEMO_DAYS} days ...")
    aside = landing.with_name("landing.new")
    shutil.rmtree(aside, ignore_errors=True)
    simulate(aside, events=DEMO_EVENTS, days=DEMO_DAYS)
    landing.parent.mkdir(parents=True, exist_ok=True)
    if landing.is_dir():
        landing.rmdir()
    aside.rename(landing)
