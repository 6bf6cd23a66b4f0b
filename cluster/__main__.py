"""`python -m cluster start|stop|status`."""

from __future__ import annotations

import typer

from cluster.settings import LOOPBACK, ClusterError, Sizes
from cluster.standalone import Cluster
from ingestion.home import Home
from ingestion.keeping import keep_private

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A standalone Apache Spark for AUDIENCE_HOME, on loopback: a master, workers and a Thrift server (docs/spark.md).",
)


def of_environment() -> Cluster:
    """The cluster that the variables describe; exits with 2 where one of them is wrong."""
    try:
        return Cluster(Home.from_environment(), Sizes.read())
    except ClusterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command()
def start() -> None:
    """Start what does not run yet, in the background, and wait until it answers."""
    cluster = of_environment()
    try:
        cluster.start(typer.echo)
    except ClusterError as error:
        typer.echo(f"No cluster: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"Spark answers on {LOOPBACK}:{cluster.sizes.thrift_port}, with {cluster.sizes.workers} workers, for {cluster.home.root}."
    )
    typer.echo("Now: TARGET=spark make run. In the end: make cluster-stop.")


@app.command()
def stop() -> None:
    """End every process of this home's cluster; its tables stay."""
    of_environment().stop(typer.echo)


@app.command()
def status() -> None:
    """What runs; exits with 1 where a part does not."""
    parts = of_environment().status()
    for part in parts:
        typer.echo(f"{part.role:<10} {f'process {part.pid}' if part.pid else 'does not run':<16} {part.address}".rstrip())
    if not all(part.pid for part in parts):
        raise typer.Exit(1)


if __name__ == "__main__":
    keep_private()
    app(prog_name="python -m cluster")
