"""``python -m serving.postgres``: the published snapshot in PostgreSQL."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ingestion.home import Home
from ingestion.keeping import keep_private
from ingestion.trouble import TROUBLE, explained
from serving.generations import NothingPublishedError
from serving.postgres.publish import publish_as_configured
from serving.postgres.server import PERSONAL_VARIABLE, VARIABLE, PostgresError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def about() -> None:
    """The published snapshot in PostgreSQL, for BI servers (docs/bi.md). AUDIENCE_POSTGRES says where: a libpq URI."""


@app.command()
def publish(
    include_personal: Annotated[
        bool, typer.Option("--include-personal", help=f"Tables about single people too (or {PERSONAL_VARIABLE}=1).")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Copy even what the server shows already.")] = False,
) -> None:
    """Copy the current snapshot aside and show it to readers in one transaction; nothing is done where it is shown already."""
    try:
        done = publish_as_configured(
            Home.from_environment(),
            include_personal=include_personal,
            force=force,
            on_wait=lambda said: typer.echo(said, err=True),
        )
    except (NothingPublishedError, PostgresError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except TROUBLE as error:
        typer.echo(f"Stopped: {explained(error)} Readers of PostgreSQL keep what they had.", err=True)
        sys.exit(1)
    if done is None:
        typer.echo(f"Set {VARIABLE} to the database to publish to, such as postgresql://role@host:5432/database.", err=True)
        sys.exit(2)
    if not done.is_new:
        typer.echo(f"Nothing new: PostgreSQL shows generation {done.generation} already.")
        return
    steps = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in done.seconds.items())
    typer.echo(f"PostgreSQL shows generation {done.generation}: {len(done.tables)} tables, {done.rows:,} rows ({steps}).")
    if done.left_out:
        typer.echo(f"{done.left_out} tables about single people were left out (--include-personal publishes them too).")
    for remark in done.remarks:
        typer.echo(f"Remark: {remark}")


if __name__ == "__main__":
    keep_private()
    app()
