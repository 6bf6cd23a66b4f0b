"""``python -m serving.crm``: hand the export tables on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ingestion.home import Home
from serving.crm.files import ExportError, Format, write_files
from serving.generations import NothingPublishedError, published_snapshot

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def about() -> None:
    """Contacts, accounts and what they did, for sales and marketing: only who consented is in them (docs/definitions/crm.md)."""


@app.command()
def files(
    to: Annotated[str, typer.Option(help="A folder or any fsspec URI; $AUDIENCE_HOME/exports where left out.")] = "",
    formats: Annotated[list[Format] | None, typer.Option("--format", help="Once or more; csv where left out.")] = None,
) -> None:
    """Write the export tables of the current snapshot as files."""
    home = Home.from_environment()
    try:
        written = write_files(published_snapshot(home), to or str(home.exports), formats or (Format.CSV,))
    except (NothingPublishedError, ExportError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    for file in written.files:
        typer.echo(f"{file.rows:>10,} rows  {file.name}")
    typer.echo(f"in {written.target}, from {written.snapshot}")


if __name__ == "__main__":
    app()
