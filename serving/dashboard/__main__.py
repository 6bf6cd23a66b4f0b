"""``python -m serving.dashboard``: make, serve and picture the dashboard."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ingestion.home import Home
from ingestion.keeping import keep_private
from serving.dashboard.build import build as build_code
from serving.dashboard.export import Setting
from serving.dashboard.export import export as export_data
from serving.dashboard.screenshots import NoBrowserError, take
from serving.dashboard.site import SITE_ERRORS, refresh_site
from serving.generations import NothingPublishedError, published_snapshot

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def about() -> None:
    """The static dashboard over the published snapshot (docs/dashboard.md). AUDIENCE_HOME says where (default ./var)."""


@app.command()
def export(to: Annotated[Path, typer.Argument(help="A folder that is made, or is empty.")]) -> None:
    """Write the aggregates of the current snapshot alone, to look at them."""
    with told():
        if to.exists() and any(to.iterdir()):
            raise typer.BadParameter(f"{to} holds something already.")
        written = export_data(published_snapshot(Home.from_environment()), to, Setting.from_environment())
    typer.echo(f"{written.files:,} files, {written.size_bytes / 1e6:.1f} MB in {to}")


@app.command()
def build() -> None:
    """Bring $AUDIENCE_HOME/site up to the current snapshot and code."""
    home = Home.from_environment()
    with told():
        made = refresh_site(home, lambda step: typer.echo(f"{step} ..."))
    typer.echo(f"{home.site}: {f'{made.files:,} files of data, {made.seconds:.1f} s' if made else 'nothing new'}")


@app.command()
def code() -> None:
    """Build the site's code alone; prints the folder it lies in."""
    with told():
        typer.echo(str(build_code()))


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8080) -> None:
    """Serve the site on this machine only; it is brought up to date first, and follows later runs by itself."""
    import uvicorn

    from serving.dashboard.serve import application

    home = Home.from_environment()
    with told():
        refresh_site(home, lambda step: typer.echo(f"{step} ..."))
    typer.echo(f"The dashboard is at http://127.0.0.1:{port} (Ctrl-C ends it).")
    uvicorn.run(application(home.site), host="127.0.0.1", port=port, log_level="warning")


@app.command()
def screenshots(to: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("docs/images/dashboard")) -> None:
    """Take a picture of every page with Debian's Chromium."""
    home = Home.from_environment()
    with told():
        refresh_site(home)
        for path in take(home.site, to):
            typer.echo(str(path))


@contextmanager
def told() -> Iterator[None]:
    """Errors that say what to do end the program without a traceback."""
    try:
        yield
    except (NothingPublishedError, NoBrowserError, *SITE_ERRORS) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    keep_private()
    app()
