"""The command line: load, replay, compact, ledger, sources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn
from rich.table import Table

from ingestion import manifest
from ingestion.catalog import ENTITIES
from ingestion.compact import MIN_FILES
from ingestion.compact import compact as compact_bronze
from ingestion.home import Home, landing_from_environment
from ingestion.identity import PrivacyKeyError
from ingestion.load import load_landing
from ingestion.replay import replay as replay_quarantine
from ingestion.report import LOADED_NEXT, LandingReport, Totals, damage_found
from ingestion.report import Progress as Moment
from ingestion.showing import visible
from ingestion.sources import registered
from ingestion.trouble import TROUBLE, ending

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Turn landed log files into the bronze lake: lossless Parquet by event date, a manifest a load, "
    "a quarantine for what cannot be read. AUDIENCE_HOME (default ./var) holds the lake; "
    "LANDING (default AUDIENCE_HOME/landing) is any fsspec URI laid out as LANDING/<source>/** "
    "and LANDING/catalog/**. Running a command twice does nothing the second time.",
)
SourceOption = Annotated[
    list[str] | None, typer.Option("--source", "-s", help="Only this source (repeatable); 'catalog' is one too.")
]


@app.command()
def load(
    landing: Annotated[
        str | None, typer.Option(help="Landing zone: a path or fsspec URI. Default: LANDING.", show_default=False)
    ] = None,
    source: SourceOption = None,
) -> None:
    """Load every new, complete file of the landing zone. Exits with 1 when a file failed."""
    home, console = Home.from_environment(), Console(soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    with ended_clearly(), Progress(*columns, console=console) as bar:
        task = bar.add_task("Looking", total=None)

        def show(moment: Moment) -> None:
            text = f"{moment.files_done}/{moment.files} files, {moment.lines:,} lines"
            bar.update(task, total=moment.bytes, completed=moment.bytes_done, description=text)

        try:
            report = load_landing(
                landing or landing_from_environment(home),
                home,
                sources=source,
                on_progress=show,
                on_wait=lambda said: console.print(said, style="yellow", markup=False),
            )
        except PrivacyKeyError:
            raise
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    _print_report(console, report)
    if report.failed:
        raise typer.Exit(1)


@contextmanager
def ended_clearly() -> Iterator[None]:
    """End with 1 and a sentence where the machine stops a command."""
    try:
        yield
    except PrivacyKeyError as error:
        Console(soft_wrap=True).print(f"Stopped: {error}", style="red", markup=False)
        raise typer.Exit(1) from error
    except TROUBLE as error:
        Console(soft_wrap=True).print(f"Stopped: {ending(error)}", style="red", markup=False)
        raise typer.Exit(1) from error


def _print_damage(console: Console, damage: str | None) -> None:
    if damage:
        console.print(f"Set aside: {damage}", style="yellow", markup=False)


def _print_report(console: Console, report: LandingReport) -> None:
    _print_damage(console, report.damage)
    if report.is_empty:
        console.print(f"Nothing new: {len(report.skipped)} files were loaded before.")
    else:
        console.print(_totals_table(report.by_source, report))
    for title, notes in (("Waiting", report.waiting), ("Not recognised", report.unknown)):
        for note in notes:
            console.print(f"{title}: {visible(note.name)}. {visible(note.reason)}", markup=False)
    for failure in report.failed:
        console.print(f"FAILED: {visible(failure.path)}. {visible(failure.reason)}", style="red", markup=False)


def _totals_table(by_source: dict[str, Totals], total: Totals) -> Table:
    table = Table(
        "Source", *(f"{name}" for name in ("loads", "lines", "accepted", "rejected", "blank", "erased", "bytes", "seconds"))
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, sums in [*sorted(by_source.items()), ("all", total)]:
        counts = (sums.loads, sums.lines, sums.accepted, sums.rejected, sums.blank, sums.erased, sums.bytes)
        table.add_row(name, *(f"{count:,}" for count in counts), f"{sums.seconds:.1f}")
    return table


@app.command()
def replay(
    source: SourceOption = None,
    load_id: Annotated[list[str] | None, typer.Option("--load-id", help="Only this load (repeatable).")] = None,
) -> None:
    """Read quarantined records again with today's rules; those that pass move to bronze."""
    console = Console(soft_wrap=True)
    with ended_clearly():
        try:
            report = replay_quarantine(Home.from_environment(), sources=source, load_ids=load_id, on_wait=console.print)
        except PrivacyKeyError:
            raise
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    _print_damage(console, damage_found(report.damaged, LOADED_NEXT))
    console.print(
        f"{report.tried:,} records read again: {report.accepted:,} accepted, {report.blank:,} blank; {len(report.loads)} loads changed."
    )


@app.command()
def compact(
    source: SourceOption = None,
    min_files: Annotated[int, typer.Option(help="Merge a date that has at least this many small files.")] = MIN_FILES,
) -> None:
    """Merge the small Parquet files of each date into one; the rows and their loads stay the same."""
    console = Console(soft_wrap=True)
    with ended_clearly():
        try:
            report = compact_bronze(Home.from_environment(), sources=source, min_files=min_files, on_wait=console.print)
        except PrivacyKeyError:
            raise
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    _print_damage(console, damage_found(report.damaged, LOADED_NEXT))
    console.print(f"{report.files_before:,} files became {report.files_after:,} on {len(report.dates):,} dates.")


@app.command("status", hidden=True)
@app.command()
def ledger(source: SourceOption = None) -> None:
    """Show what was loaded, and check that every line has one outcome. Exits with 1 where a load does not balance."""
    home, console = Home.from_environment(), Console()
    totals: dict[str, Totals] = {}
    total, unbalanced = Totals(), []
    for each in manifest.every(home):
        if each.status == manifest.LOADED and (not source or each.source in source):
            totals.setdefault(each.source, Totals()).add(each)
            total.add(each)
            if not each.balances:
                unbalanced.append(each)
    console.print(_totals_table(totals, total))
    for each in unbalanced:
        console.print(f"UNBALANCED: load {each.load_id} of {visible(each.path)}", style="red", markup=False)
    if unbalanced:
        raise typer.Exit(1)


@app.command()
def sources() -> None:
    """List the sources and their bronze columns."""
    console = Console()
    for source in registered().values():
        columns = ", ".join(f"{name} {kind}" for name, kind in source.columns.items())
        console.print(f"{source.name} (shape {source.shape_version}): {columns}", markup=False)
    console.print(f"catalog: {', '.join(ENTITIES)}", markup=False)
