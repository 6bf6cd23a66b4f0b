"""``python -m serving.api``: serve the published snapshot, and say who may read it."""

from __future__ import annotations

import ipaddress
import logging
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, NoReturn

import typer
import uvicorn

from ingestion.home import Home
from ingestion.keeping import keep_private
from serving.api.app import create_app
from serving.api.gates import Limits
from serving.api.scope import Data, Scope
from serving.api.tokens import ALL, Token, TokensError, TokenStore

DEFAULT = Limits()
# Each may hold a page that its client is slow to take; more are answered 503 at the door.
CONNECTIONS = 200

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
tokens = typer.Typer(no_args_is_help=True, help="Make, list and revoke tokens; a running server follows at once.")
app.add_typer(tokens, name="tokens")


@app.callback()
def about() -> None:
    """Every mart and export of the published snapshot over HTTP (docs/api.md)."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Where to listen; this machine alone where left out.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535)] = 8090,
    rate: Annotated[str, typer.Option(help="Requests per token, such as 1200/minute.")] = DEFAULT.rate,
    query_seconds: Annotated[
        float, typer.Option(min=0.01, help="A question is stopped after this long.")
    ] = DEFAULT.query_seconds,
    readers: Annotated[int, typer.Option(min=1, help="Questions at once; others wait.")] = DEFAULT.readers,
    memory: Annotated[str, typer.Option(help="Of DuckDB, per open generation.")] = DEFAULT.memory,
) -> None:
    """Serve the snapshot of AUDIENCE_HOME until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    home = Home.from_environment()
    limits = Limits(rate=rate, query_seconds=query_seconds, readers=readers, memory=memory)
    try:
        api = create_app(home, limits)
        known = TokenStore(home.api).list()
    except (TokensError, ValueError) as error:
        fail(str(error))
    if not known:
        typer.echo('There is no token yet: python -m serving.api tokens create "name" --workspace W', err=True)
    if not is_loopback(host):
        typer.echo(
            f"Listening on {host}, for other machines too, and without encryption: put a proxy with TLS before it (docs/api.md).",
            err=True,
        )
    # Its own access log would show queries, and so values.
    uvicorn.run(
        api, host=host, port=port, access_log=False, server_header=False, log_level="warning", limit_concurrency=CONNECTIONS
    )


@tokens.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose or what it is for.")],
    workspace: Annotated[list[str] | None, typer.Option(help="Opens the rows of this workspace; once or more.")] = None,
    all_workspaces: Annotated[bool, typer.Option(help="Opens the rows of all workspaces, future ones too.")] = False,
    data: Annotated[Data, typer.Option(help="personal opens tables that hold something of a person, too.")] = Data.AGGREGATE,
    days: Annotated[int, typer.Option(min=1, max=36_500, help="Until it expires.")] = 90,
    never_expires: Annotated[bool, typer.Option(help="It ends only when it is revoked.")] = False,
) -> None:
    """Make a token. It is shown this once: only its digest is kept."""
    if bool(workspace) == all_workspaces:
        fail("Say what it opens: either --workspace, once or more, or --all-workspaces.")
    scope = Scope(None if all_workspaces else tuple(dict.fromkeys(workspace or ())), data)
    expires_at = None if never_expires else datetime.now(UTC) + timedelta(days=days)
    try:
        token, shown = TokenStore(Home.from_environment().api).create(name, scope, expires_at)
    except TokensError as error:
        fail(str(error))
    typer.echo(line(token), err=True)
    typer.echo(shown)


@tokens.command("list")
def list_tokens() -> None:
    """All tokens, also those that open nothing any more."""
    try:
        found = TokenStore(Home.from_environment().api).list()
    except TokensError as error:
        fail(str(error))
    for token in found:
        typer.echo(line(token))


@tokens.command()
def revoke(token_id: Annotated[str, typer.Argument(help="As `tokens list` shows it.")]) -> None:
    """Let a token open nothing from now on."""
    try:
        typer.echo(line(TokenStore(Home.from_environment().api).revoke(token_id)))
    except TokensError as error:
        fail(str(error))


def line(token: Token) -> str:
    """A token in a list."""
    opens = ALL if token.scope.workspaces is None else ", ".join(token.scope.workspaces)
    until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "never expires"
    state = token.refusal(datetime.now(UTC)) or "valid"
    return f"{token.token_id}  {token.name}  workspaces: {opens}  data: {token.scope.data}  {until}  {state}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fail(message: str) -> NoReturn:
    """Say what is wrong, and end."""
    typer.echo(message, err=True)
    sys.exit(1)


if __name__ == "__main__":
    keep_private()
    app()
