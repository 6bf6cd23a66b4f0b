"""``python -m orchestration privacy``: find, erase, keep for a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ingestion.identity import PrivacyKeyError
from ingestion.tombstones import SHORTEST_WORD, Identifier, Kind
from orchestration.lib.environment import Environment

app = typer.Typer(
    no_args_is_help=True, help="Find a person's traces, erase them, keep records for a time only (docs/privacy.md)."
)

UserId = Annotated[str | None, typer.Option("--user-id", help="The user's id.")]
DeviceId = Annotated[str | None, typer.Option("--device-id", help="The device's id.")]
Email = Annotated[str | None, typer.Option("--email", help="The person's address.")]
Workspace = Annotated[str | None, typer.Option("--workspace", help="Only in this workspace; in all where left out.")]
KeepLanding = Annotated[bool, typer.Option("--keep-landing", help="Only name the landed files that hold them.")]


@app.command()
def erase(
    user_id: UserId = None,
    device_id: DeviceId = None,
    email: Email = None,
    workspace: Workspace = None,
    keep_landing: KeepLanding = False,
    later: Annotated[bool, typer.Option("--later", help="Leave it to the next run of Dagster's job `erase_requested`.")] = False,
) -> None:
    """Erase a person everywhere, now and in all later loads; exits with 1 where a trace is left, or a landed file that holds them."""
    from orchestration.console import console
    from orchestration.privacy import requests
    from orchestration.privacy.erasure import erase_person

    identifier = named(user_id, device_id, email, workspace)
    environment = Environment.read()
    environment.export()
    if later:
        requests.ask(environment.home, identifier)
        console.print("Asked for: the job `erase_requested` carries it out.")
        return
    with failures_told():
        done = erase_person(environment, identifier, rewrite=not keep_landing)
    rows = sum(done.erased.values())
    console.print(
        f"Erasure {done.erasure_id}: known under {done.names} names, {rows:,} records erased, everything rebuilt without them."
    )
    if done.loss:
        console.print(done.loss, style="red", markup=False)
    for held in done.landed.files:
        what = f"left, since {held.why_not}" if held.why_not else "rewritten"
        whose = "" if held.is_asked_for else " (of others, erased before)"
        style = "red" if held in done.landed.unfinished else None
        console.print(f"Landed file {held.uri}: {held.records:,} records{whose} {what}", style=style, markup=False)
    for place in done.left:
        console.print(f"STILL THERE: {place.path} ({place.place}, {place.count:,})", style="red", markup=False)
    for file in done.unsearched:
        console.print(f"NOT SEARCHED: {file.path}: {file.reason}", style="yellow", markup=False)
    if done.is_done:
        console.print("Searched again, in every file and table: no trace is left.")
    if done.landed.unfinished:
        files = f"{len(done.landed.unfinished):,} landed files still hold them, or may"
        console.print(f"Not finished: {files}. Do what is said of each, then ask again.", style="red")
    tell_unsearchable(identifier)
    if not done.is_done:
        raise typer.Exit(1)


@app.command()
def trace(user_id: UserId = None, device_id: DeviceId = None, email: Email = None, workspace: Workspace = None) -> None:
    """List every file and table in which a person is named: for a request of access, or to check an erasure."""
    from orchestration.console import console
    from orchestration.privacy.erasure import search, words_of
    from orchestration.privacy.person import known_names

    identifier = named(user_id, device_id, email, workspace)
    environment = Environment.read()
    with failures_told("Not searched:"):
        names = known_names(environment.home, identifier)
        found, unsearched = search(environment, words_of(names))
    for name in names:
        console.print(f"{name.kind:<9} {name.value}", markup=False)
    for place in found:
        console.print(f"{place.count:>10,}  {place.path}  {place.place}", markup=False)
    for file in unsearched:
        console.print(f"NOT SEARCHED: {file.path}: {file.reason}", style="yellow", markup=False)
    console.print(f"{len(found)} places." if found else "No trace.")
    tell_unsearchable(identifier)


@app.command()
def expire(
    keep_from: Annotated[
        datetime | None, typer.Option("--keep-from", formats=["%Y-%m-%d"], help="The first event date to keep.")
    ] = None,
    keep_days: Annotated[int | None, typer.Option("--keep-days", min=1, help="Keep this many days up to today (UTC).")] = None,
    keep_landing: KeepLanding = False,
) -> None:
    """Erase records of event dates that are too old, and keep none of them in later loads."""
    from orchestration.console import console
    from orchestration.privacy.erasure import expire as carry_out

    if (keep_from is None) == (keep_days is None):
        raise typer.BadParameter("Name either the first date to keep (--keep-from) or a number of days (--keep-days).")
    first = keep_from.date() if keep_from else datetime.now(UTC).date() - timedelta(days=keep_days or 0)
    environment = Environment.read()
    environment.export()
    with failures_told():
        done = carry_out(environment, first, rewrite=not keep_landing)
    console.print(f"Records of before {first} are erased, and everything is rebuilt without them.")
    if done.loss:
        console.print(done.loss, style="red", markup=False)
    for held in done.landed.left:
        console.print(f"Landed file {held.uri}: {held.records:,} records left, since {held.why_not}", markup=False)


@app.command()
def lift(erasure_id: Annotated[str, typer.Argument(help="As `erase` told it.")]) -> None:
    """Keep the new records of an erased person again; what was erased is gone."""
    from ingestion import tombstones

    with failures_told("Not lifted:"):
        lifted = tombstones.lift(Environment.read().home, erasure_id)
    if not lifted:
        raise typer.BadParameter(f"There is no erasure {erasure_id!r}.")
    typer.echo(f"{lifted} tombstones lifted.")


def named(user_id: str | None, device_id: str | None, email: str | None, workspace: str | None) -> Identifier:
    """The one identifier that was given; anything else is a wrong command line."""
    given = [(Kind.USER, user_id), (Kind.DEVICE, device_id), (Kind.EMAIL, email)]
    chosen = [Identifier(kind, value, workspace) for kind, value in given if value and value.strip()]
    if len(chosen) != 1:
        raise typer.BadParameter("Name the person by exactly one of --user-id, --device-id and --email.")
    return chosen[0]


def tell_unsearchable(identifier: Identifier) -> None:
    """Say so where the name that was given is too short to be searched for."""
    from orchestration.console import console

    if len(identifier.normal) < SHORTEST_WORD:
        said = f"An id of fewer than {SHORTEST_WORD} characters stands in everything: it was not searched for."
        console.print(said, style="yellow")


@contextmanager
def failures_told(
    title: str = "Not finished: the next `make run` goes on with the lake and the snapshot; ask again for the rest.",
) -> Iterator[None]:
    """Say what failed and that the erasure is still owed, instead of a traceback."""
    from orchestration.console import console
    from orchestration.privacy.erasure import FAILURES, told

    try:
        yield
    except PrivacyKeyError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    except FAILURES as error:
        console.print(f"{title}\n{told(error)}", style="red", markup=False)
        raise typer.Exit(1) from error
