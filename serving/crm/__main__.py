"""``python -m serving.crm``: hand the export tables on, as files or as deliveries."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from ingestion.home import Home
from ingestion.keeping import keep_private
from serving.crm.deliveries.config import AnySettings, ConfigError, config_path, read_config, settings_of
from serving.crm.deliveries.destination import DeliveryError, Kind
from serving.crm.deliveries.imports import write_import_files
from serving.crm.deliveries.ledger import Ledger, ledger_path
from serving.crm.deliveries.plan import Delivered, Task
from serving.crm.deliveries.run import run_delivery
from serving.crm.files import ExportError, Format, write_files, write_own_files
from serving.generations import NothingPublishedError, published_snapshot

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
FAULTS = (NothingPublishedError, ExportError, ConfigError, DeliveryError)
Name = Annotated[str, typer.Argument(help="A destination of deliveries.yml (docs/crm.md).")]


@app.callback()
def about() -> None:
    """Contacts, accounts and what they did, for sales and marketing: only who consented is in them (docs/definitions/crm.md)."""


@app.command()
def files(
    to: Annotated[str, typer.Option(help="A folder or any fsspec URI; $AUDIENCE_HOME/exports where left out.")] = "",
    formats: Annotated[
        list[Format] | None,
        typer.Option("--format", help="Once or more; csv where left out. The default folder has csv and parquet in any case."),
    ] = None,
) -> None:
    """Write the export tables of the current snapshot as files."""
    home = Home.from_environment()
    try:
        snapshot = published_snapshot(home)
        # A folder that every run leaves whole stays so, however it was named.
        is_own = not to or Path(to).resolve() == home.exports.resolve()
        written = (
            write_own_files(home, snapshot, formats or ()) if is_own else write_files(snapshot, to, formats or (Format.CSV,))
        )
    except (*FAULTS, OSError) as error:
        fail(error)
    for file in written.files:
        typer.echo(f"{file.rows:>10,} rows  {file.name}")
    typer.echo(f"in {written.target}, from {written.snapshot}")


@app.command()
def deliver(
    name: Annotated[str, typer.Argument(help="A destination of deliveries.yml; all of them where left out.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Send again what failed, though it has not changed.")
    ] = False,
    confirm_gone: Annotated[bool, typer.Option("--confirm-gone", help="Yes, most of its records are to be taken away.")] = False,
) -> None:
    """Send a destination what changed since it last acknowledged. Safe to kill, and to repeat."""
    home = Home.from_environment()
    console = Console()
    has_failed = has_stopped = False
    try:
        known = read_config(home)
        chosen = {name: settings_of(home, name)} if name else known
        if not chosen:
            raise ConfigError(f"No destination is configured: write {config_path(home)} as docs/crm.md shows.")
    except FAULTS as error:
        fail(error)
    for each, settings in chosen.items():
        task = Task(each, settings.workspaces, retry_failed, confirm_gone)
        try:
            delivered = deliver_one(home, task, settings, console, dry_run)
        except FAULTS as error:
            # One that is away keeps nothing from the others.
            typer.echo(f"{each}: {error}", err=True)
            has_stopped = True
            continue
        tell(console, each, delivered)
        has_failed |= bool(delivered.results["failed"])
    if has_failed:
        console.print(f"Why records failed: python -m serving.crm status {name or '<destination>'}", markup=False)
    if has_failed or has_stopped:
        sys.exit(1 if has_stopped else 2)


def deliver_one(home: Home, task: Task, settings: AnySettings, console: Console, dry_run: bool) -> Delivered:
    """One destination's delivery, with a bar for each kind of record."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bars: dict[Kind, TaskID] = {}

        def on_batch(kind: Kind, done: int, total: int) -> None:
            if kind not in bars:
                bars[kind] = progress.add_task(f"{kind}s", total=total)
            progress.update(bars[kind], completed=done)

        return run_delivery(home, settings, task, is_dry=dry_run, on_batch=on_batch)


def tell(console: Console, name: str, delivered: Delivered) -> None:
    """What a delivery did, or would do."""
    table = Table(
        title=f"{name}: {'would send' if delivered.is_dry else 'sent'}", box=None, title_justify="left", padding=(0, 2, 0, 0)
    )
    for column in ("", "new", "changed", "gone", "skipped", "unchanged"):
        table.add_column(column, justify="right" if column else "left")
    for counts in delivered.plans:
        numbers = (counts.new, counts.changed, counts.gone, counts.skipped, counts.unchanged)
        table.add_row(f"{counts.kind}s", *(f"{number:,}" for number in numbers))
    console.print(table)
    if not delivered.is_dry:
        console.print(", ".join(f"{delivered.results[status]:,} {status}" for status in ("synced", "failed", "skipped", "gone")))


@app.command()
def status(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="Records that failed or were skipped to list.")] = 20,
) -> None:
    """What a destination has acknowledged, which records failed and why, and the last deliveries."""
    home = Home.from_environment()
    console = Console()
    try:
        settings_of(home, name)
        path = ledger_path(home, name)
        if not path.exists():
            raise DeliveryError(f"Nothing has been delivered to {name} yet: python -m serving.crm deliver {name}")
    except FAULTS as error:
        fail(error)
    ledger = Ledger(path)
    for title, columns, rows in (
        ("Records", ("kind", "status", "records"), [(kind, state, f"{count:,}") for kind, state, count in ledger.counts()]),
        ("Failed and skipped", ("kind", "external_id", "status", "reason", "when"), ledger.troubled(limit)),
        (
            "Deliveries",
            ("snapshot", "began", "ended", "synced", "failed", "skipped", "gone", "error"),
            [
                (each.snapshot, each.began_at, each.ended_at or "killed, or under way", *map(str, (each.synced, each.failed)),
                 *map(str, (each.skipped, each.gone)), each.error or "")
                for each in ledger.deliveries(5)
            ],
        ),
    ):  # fmt: skip
        table = Table(*columns, title=title, box=None, title_justify="left", padding=(0, 2, 0, 0))
        for row in rows:
            # A CRM's message may have brackets, which are no markup.
            table.add_row(*map(escape, row))
        if rows:
            console.print(table)
    ledger.close()


@app.command()
def import_files(
    name: Name,
    to: Annotated[str, typer.Option(help="A folder; $AUDIENCE_HOME/exports/<name> where left out.")] = "",
) -> None:
    """Write CSV files with a destination's own field names, for its import page."""
    home = Home.from_environment()
    try:
        settings = settings_of(home, name)
        written = write_import_files(published_snapshot(home), settings, Path(to or home.exports / name))
    except FAULTS as error:
        fail(error)
    for path, rows in written:
        typer.echo(f"{rows:>10,} rows  {path}")


def fail(error: Exception) -> NoReturn:
    """Say what is wrong and end."""
    typer.echo(str(error), err=True)
    sys.exit(1)


if __name__ == "__main__":
    keep_private()
    app()
