"""``python -m benchmarks.deliveries``: contacts delivered to a real Tryton, killed half-way, and compared field by field.

The contacts come through the whole product: landed, built, published. The delivery is the product's own command in a process group
of its own, killed with SIGKILL when Tryton holds about half of what is missing. After the last kill it runs undisturbed; then
Tryton's database, read past Tryton, must hold exactly what ``crm_contact`` and ``crm_account`` say, once each.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.faults.installation import Installation, kill_group
from benchmarks.faults.prepared import settled
from benchmarks.measure import LOG_TAIL, REPOSITORY, Machine, StepError
from benchmarks.report import wide_console
from benchmarks.scenarios import FIRST_DAY
from benchmarks.tryton import DATABASE, PASSWORD, USER, Tryton, create_database, running
from ingestion.home import Home
from ingestion.simulator import simulate
from serving.generations import published_snapshot

NAME = "tryton"
EVENTS, DAYS = 20_000, 5
BATCH_SIZE = 200
PATIENCE_SECONDS = 1_800
POLL_SECONDS = 0.01
# Names as people have them, and as spreadsheets, SQL and JSON would rather not.
NAMES = (
    "Ann Ash",
    "Zoë Müller-Ångström",
    'O\'Neill "Red" Pat',
    "山田 太郎",
    "محمد علي",
    "=SUM(A1)",
    "Robert'); drop table party;--",
    "🎬 Film",
    None,
)
CONFIG = """\
destinations:
  {name}:
    type: tryton
    url: {url}
    database: {database}
    user: {user}
    password: {{env: TRYTON_PASSWORD}}
    batch_size: {batch_size}
"""
# What a party must hold, by its code, said once more and in SQL: this shares nothing with the mapping that is tested.
EXPECTED = """
select 'contact-' || external_id as code, 'party' as field, coalesce(name, email) as value from exports.crm_contact
union all select 'contact-' || external_id, 'email', email from exports.crm_contact
union all select 'contact-' || external_id, 'other/company', account_name from exports.crm_contact
union all select 'contact-' || external_id, 'other/engagement score', cast(engagement_score as varchar) from exports.crm_contact
union all select 'contact-' || external_id, 'other/last seen', strftime(last_seen_at, '%Y-%m-%dT%H:%M:%S.%gZ') from exports.crm_contact
union all select 'contact-' || external_id, 'other/last video', coalesce(last_video_title, last_video_id) from exports.crm_contact
union all select 'contact-' || external_id, 'other/conversions', cast(conversion_count as varchar) from exports.crm_contact
union all select 'account-' || external_id, 'party', coalesce(name, domain, account_id) from exports.crm_account
union all select 'account-' || external_id, 'website', domain from exports.crm_account
union all select 'account-' || external_id, 'other/engagement score', cast(engagement_score as varchar) from exports.crm_account
union all select 'account-' || external_id, 'other/last seen', strftime(last_seen_at, '%Y-%m-%dT%H:%M:%S.%gZ') from exports.crm_account
"""
HELD = """
select code, 'party', name from party_party where active
union all
select
    party.code,
    case when mechanism.type = 'other' then 'other/' else '' end || substr(mechanism.name, length('Audience: ') + 1),
    mechanism.value
from party_contact_mechanism as mechanism
inner join party_party as party on party.id = mechanism.party
"""


@dataclass(frozen=True)
class Kill:
    """Where a delivery was killed: what Tryton held then, what the ledger knew for certain, and what it did not know."""

    seconds: float
    parties: int
    acknowledged: int
    unknown: int


@dataclass(frozen=True)
class Verdict:
    """How a campaign ended; the differences are fields that are missing, too many or other than exported."""

    contacts: int
    accounts: int
    fields: int
    kills: Sequence[Kill]
    last_seconds: float
    sent_again: str
    differences: Sequence[str]

    @property
    def seconds(self) -> float:
        """Of all deliveries together."""
        return sum(kill.seconds for kill in self.kills) + self.last_seconds


def prepare(folder: Path, contacts: int) -> Home:
    """Simulate a small audience, put so many consenting contacts into its catalog, and run the product over it."""
    installation = Installation(folder)
    simulate(installation.landing, events=EVENTS, days=DAYS, start=FIRST_DAY)
    settled(installation.landing)
    catalog = installation.landing / "catalog" / "contacts.ndjson"
    known = [json.loads(line) for line in catalog.read_text().splitlines()]
    # A few of the simulated ones take their consent back in their events.
    missing = contacts - sum(bool(person["consent_marketing"]) for person in known) // 2
    workspace = known[0]["workspace_id"]
    people = [
        {
            "workspace_id": workspace,
            "user_id": f"person-{number}",
            "email": f"person-{number}@example.org",
            "name": NAMES[number % len(NAMES)],
            "account_id": f"account-{number % 4}" if number % 3 else None,
            # One in ten more says no, and must reach nobody.
            "consent_marketing": number < missing,
        }
        for number in range(missing + contacts // 10)
    ]
    catalog.write_text("".join(json.dumps(person, ensure_ascii=False) + "\n" for person in [*known, *people]))
    os.utime(catalog, (time.time() - 3_600,) * 2)
    installation.run()
    return installation.home


def configure(home: Home, server: Tryton, batch_size: int) -> None:
    """Name the server as a destination of a home."""
    text = CONFIG.format(name=NAME, url=server.url, database=DATABASE, user=USER, batch_size=batch_size)
    (home.root / "deliveries.yml").write_text(text)


def start(home: Home, output: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The product's command in a process group of its own."""
    variables = {"AUDIENCE_HOME": str(home.root), "TRYTON_PASSWORD": PASSWORD, "COLUMNS": "150"}
    variables["AUDIENCE_DELIVERIES"] = ""
    with output.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "serving.crm", "deliver", NAME, *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **variables},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(home: Home, *arguments: str) -> tuple[float, str]:
    """An undisturbed delivery; its seconds, and what it said.

    Raises:
        StepError: it failed by itself.
    """
    output = home.root / "delivery.log"
    began = time.monotonic()
    code = start(home, output, *arguments).wait(PATIENCE_SECONDS)
    said = output.read_bytes()[-LOG_TAIL:].decode(errors="replace")
    if code != 0:
        raise StepError(f"A delivery that nobody disturbed ended with code {code}:\n{said}")
    return time.monotonic() - began, said


def kill_at(home: Home, server: Tryton, parties: int, chance: random.Random) -> Kill:
    """Start a delivery and kill it a moment after Tryton holds so many parties.

    Raises:
        StepError: it ended before.
    """
    began = time.monotonic()
    process = start(home, home.root / "delivery.log")
    try:
        while (held := count(server)) < parties:
            if process.poll() is not None:
                said = (home.root / "delivery.log").read_text()[-LOG_TAIL:]
                raise StepError(f"A delivery ended with {held} parties before it was killed:\n{said}")
            time.sleep(POLL_SECONDS)
        # Somewhere in the work on one batch or the next, between any two of its steps.
        time.sleep(chance.uniform(0, 0.3))
    finally:
        kill_group(process)
    seconds = time.monotonic() - began
    acknowledged, unknown = ledger_counts(home)
    return Kill(seconds, count(server), acknowledged, unknown)


def count(server: Tryton) -> int:
    """Parties that Tryton holds."""
    return int(server.rows("select count(*) from party_party")[0][0])


def ledger_counts(home: Home) -> tuple[int, int]:
    """Records that the ledger knows to be there, and those whose outcome it does not know."""
    with closing(sqlite3.connect(home.root / "deliveries" / f"{NAME}.sqlite")) as connection:
        found: Mapping[str, int] = dict(connection.execute("select status, count(*) from record group by 1").fetchall())
    return found.get("synced", 0), found.get("sending", 0)


def campaign(home: Home, server: Tryton, kills: int, seed: int, batch_size: int = BATCH_SIZE) -> Verdict:
    """Deliver a home's snapshot to an empty Tryton, killed so many times half-way through what is left.

    Raises:
        StepError: a delivery failed by itself.
    """
    configure(home, server, batch_size)
    chance = random.Random(seed)
    with duckdb.connect(str(published_snapshot(home)), read_only=True) as connection:
        contacts, accounts = connection.execute(
            "select (select count(*) from exports.crm_contact), (select count(*) from exports.crm_account)"
        ).fetchall()[0]
        expected = connection.execute(f"select * from ({EXPECTED}) where value is not null").fetchall()
    struck = []
    for _ in range(kills):
        held = count(server)
        struck.append(kill_at(home, server, held + (contacts + accounts - held) // 2, chance))
    last_seconds, _ = run(home)
    _, said = run(home)
    found = differences([tuple(row) for row in server.rows(HELD)], [tuple(row) for row in expected])
    sent_again = next(line for line in said.splitlines() if "synced" in line)
    return Verdict(contacts, accounts, len(expected), struck, last_seconds, sent_again, found)


def differences(held: list[tuple[str, ...]], expected: list[tuple[str, ...]]) -> list[str]:
    """Rows that are held and not expected, or the other way round, a second one of the same kind included."""
    with duckdb.connect() as connection:
        for name, rows in (("held", held), ("expected", expected)):
            connection.execute(f"create table {name} (code varchar, field varchar, value varchar)").fetchall()
            columns = list(zip(*rows, strict=True)) or [(), (), ()]
            statement = f"insert into {name} select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[])"
            connection.execute(statement, [list(column) for column in columns]).fetchall()
        odd = connection.execute(
            """
            select 'too many', * from (from held except all from expected)
            union all
            select 'missing', * from (from expected except all from held)
            order by all
            """
        ).fetchall()
    return [f"{what}: {code} {field} = {value}" for what, code, field, value in odd]


def report(verdict: Verdict, seed: int) -> str:
    """The campaign as a page."""
    machine = Machine.here()
    rows = "\n".join(
        f"| {number} | {kill.seconds:.1f} | {kill.parties:,} | {kill.acknowledged:,} | {kill.unknown:,} |"
        for number, kill in enumerate(verdict.kills, 1)
    )
    per_second = (verdict.contacts + verdict.accounts) / verdict.seconds
    outcome = (
        f"Every one of the {verdict.fields:,} fields is as exported, and nothing is there twice."
        if not verdict.differences
        else f"**{len(verdict.differences):,} fields differ.**"
    )
    place = (
        f"{machine.system}, {machine.processor}, {machine.cores} cores, load {os.getloadavg()[0]:.1f}, Python {machine.python}"
    )
    paragraphs = (
        "# Deliveries that are killed",
        f"Written by `make deliveries` on {datetime.now(UTC).date()} (seed {seed}): {place}; Tryton 8.0 on SQLite on the same machine.\n"
        f"{verdict.contacts:,} contacts and {verdict.accounts:,} accounts, landed, built and published by the product, are delivered to "
        "an empty Tryton;\neach delivery is killed with SIGKILL when Tryton holds about half of what was missing.",
        "| kill | seconds until then | parties in Tryton | known to be there | outcome unknown |\n|---|---|---|---|---|\n" + rows,
        f"One undisturbed delivery: {verdict.last_seconds:.1f} s, {verdict.seconds:.1f} s in all: {per_second:,.0f} records a second.\n"
        "Tryton's database is then read past Tryton and compared field by field with `crm_contact` and `crm_account`.\n"
        f"{outcome} One more delivery: {verdict.sent_again}.",
    )
    return "\n\n".join(paragraphs) + "\n"


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    contacts: Annotated[int, typer.Option(min=100, help="Contacts to deliver.")] = 10_000,
    kills: Annotated[int, typer.Option(min=0, help="Times to kill a delivery half-way.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the moments.")] = 7,
    to: Annotated[Path | None, typer.Option(help="The report; benchmarks/DELIVERIES.md where left out.")] = None,
) -> None:
    """Deliver contacts to a real Tryton, kill it half-way, and compare; exits with 1 where anything differs."""
    console = wide_console()
    place = Path(tempfile.mkdtemp(prefix="deliveries-"))
    try:
        console.print("Building and publishing the contacts")
        home = prepare(place / "installation", contacts)
        console.print("Creating a Tryton database")
        create_database(place / "tryton")
        console.print("Delivering")
        with running(place / "tryton") as server:
            verdict = campaign(home, server, kills, seed)
    except StepError as error:
        console.print(f"[red]Failed[/] (kept: {place})")
        console.print(str(error), markup=False)
        raise typer.Exit(1) from error
    page = report(verdict, seed)
    (to or REPOSITORY / "benchmarks" / "DELIVERIES.md").write_text(page)
    console.print(page, markup=False)
    if verdict.differences:
        console.print("\n".join(verdict.differences[:20]), markup=False)
        console.print(f"Kept: {place}")
        raise typer.Exit(1)
    shutil.rmtree(place)


if __name__ == "__main__":
    app()
