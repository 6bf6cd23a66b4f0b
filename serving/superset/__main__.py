"""``python -m serving.superset``: a Superset of one's own with the dashboards of ``assets/``, on this machine only."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ingestion.home import Home
from ingestion.keeping import keep_private
from serving.generations import LINK, NothingPublishedError, published_snapshot
from serving.postgres.server import VARIABLE, target_from_environment
from serving.superset.instance import Instance, SupersetError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
Postgres = Annotated[bool, typer.Option("--postgres", help=f"Read the tables of {VARIABLE} instead of the snapshot.")]


@app.callback()
def about() -> None:
    """Apache Superset over the published marts. Its database, secret key and password lie in $AUDIENCE_HOME/superset."""


@app.command("import")
def import_dashboards(postgres: Postgres = False) -> None:
    """Set up Superset where it is not, and bring its dashboards up to those in serving/superset/assets."""
    instance = Instance(Home.from_environment().root / "superset")
    try:
        instance.set_up()
        instance.import_assets(marts_uri(postgres))
    except (NothingPublishedError, SupersetError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    typer.echo("The dashboards are in Superset.")


@app.command()
def serve(
    postgres: Postgres = False,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8088,
) -> None:
    """Import the dashboards and start Superset on 127.0.0.1; it says who may log in."""
    import_dashboards(postgres)
    instance = Instance(Home.from_environment().root / "superset")
    typer.echo(f"Superset: http://127.0.0.1:{port}/dashboard/list/ (user admin, password in {instance.password_file})")
    command = instance.serve_command(port)
    os.execve(command[0], command, instance.environment())


def marts_uri(postgres: bool) -> str:
    """SQLAlchemy's URI of the marts.

    Raises:
        NothingPublishedError: there is no snapshot to read.
        SupersetError: nobody named a PostgreSQL.
    """
    if not postgres:
        published_snapshot(home := Home.from_environment())
        return f"duckdb:///{home.published / LINK}"
    uri = target_from_environment()
    if uri is None or "://" not in uri:
        raise SupersetError(f"Set {VARIABLE} to a URI such as postgresql://role@host:5432/database.")
    return "postgresql+psycopg2://" + uri.partition("://")[2]


if __name__ == "__main__":
    keep_private()
    app()
