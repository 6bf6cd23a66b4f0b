"""A person asks to be forgotten: found everywhere first, nowhere afterwards, and the marts are as if they had never been there."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingestion.home import Home
from orchestration.lib.environment import Environment
from orchestration.lib.resources import AudienceResource
from orchestration.privacy import requests
from tests.orchestration.conftest import Start, finish
from tests.property.comparison import between


@dataclass(frozen=True)
class Person:
    """Somebody of the audience, and every id of theirs alone, told from the landed lines."""

    user_id: str
    email: str
    device_ids: frozenset[str]
    playback_ids: frozenset[str]

    @property
    def names(self) -> set[str]:
        return {self.user_id, self.email, *self.device_ids, *self.playback_ids}


@dataclass(frozen=True)
class Story:
    """What was seen before and after the erasure, and whether the job that did it succeeded."""

    person: Person
    before: str
    succeeded: bool
    after: str


def landed_lines(landing: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(landing.rglob("*.ndjson")):
        for line in path.read_text().splitlines(keepends=True):
            yield path, line


def records(landing: Path) -> list[dict]:
    found = []
    for path, line in landed_lines(landing):
        if "native" in path.parts:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return [record for record in found if isinstance(record, dict)]


@pytest.fixture(scope="module")
def person(landing: Path) -> Person:
    """A contact who may be exported, and has played something on a device of their own."""
    events = records(landing)
    users: dict[str, set[str]] = {}
    for event in events:
        if event.get("device_id") and event.get("user_id"):
            users.setdefault(event["device_id"], set()).add(event["user_id"])
    own = {device: next(iter(names)) for device, names in users.items() if len(names) == 1}
    contacts = {json.loads(line)["user_id"]: json.loads(line) for path, line in landed_lines(landing) if path.stem == "contacts"}
    played = {own.get(event.get("device_id", "")) for event in events if event.get("event_type") == "play"}
    refused = {own.get(event.get("device_id", "")) for event in events if event.get("consent_marketing") is False}
    agreed = {user for user, contact in contacts.items() if contact.get("email") and contact.get("consent_marketing")}
    user_id = min((agreed & played) - refused)
    devices = frozenset(device for device, user in own.items() if user == user_id)
    theirs = [event for event in events if event.get("user_id") == user_id or event.get("device_id") in devices]
    playbacks = frozenset(event["playback_id"] for event in theirs if event.get("playback_id"))
    return Person(user_id, contacts[user_id]["email"], devices, playbacks)


@pytest.fixture(scope="module")
def home(landing: Path) -> Home:
    return Home(landing.parent / "home")


@pytest.fixture(scope="module")
def twin(landing: Path, person: Person) -> Path:
    """The landing zone of a world without the person."""
    folder = landing.parent / "twin"
    shutil.copytree(landing, folder / "landing")
    for path in {path for path, _ in landed_lines(folder / "landing")}:
        kept = [line for _, line in ((path, line) for line in path.read_text().splitlines(keepends=True))]
        path.write_text("".join(line for line in kept if not any(f'"{name}"' in line for name in person.names)))
    return folder


@pytest.fixture(scope="module")
def story(landing: Path, home: Home, start: Start, person: Person, twin: Path) -> Story:
    finish(start("refresh"))
    leave_histories(home, person)
    before = finish(start("privacy", "trace", "--email", person.email))
    finish(start("privacy", "erase", "--later", "--email", person.email))
    succeeded = run_job(home, landing)
    after = finish(start("privacy", "trace", "--user-id", person.user_id))
    return Story(person, before, succeeded, after)


def run_job(home: Home, landing: Path) -> bool:
    """Carry out what was asked for as Dagster does, its history on disk."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("AUDIENCE_HOME", str(home.root)), ("LANDING", str(landing)), ("AUDIENCE_TARGET", "dev")):
            patch.setenv(name, value)
        from orchestration.defs.privacy.jobs import erase_requested

        audience = AudienceResource.of(Environment.read())
        with dg.DagsterInstance.from_config(str(home.root / "dagster")) as instance:
            return erase_requested.execute_in_process(resources={"audience": audience}, instance=instance).success


def leave_histories(home: Home, person: Person) -> None:
    """What an older version, or somebody's debugging, may have left: an asset's preview, an unpacked and a packed log."""
    folder = home.root / "dagster"
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        seen = dg.AssetMaterialization("bronze/native", metadata={"preview": dg.MetadataValue.md(f"| {person.user_id} |")})
        instance.report_runless_asset_event(seen)
    (folder / "debug.log").write_text(f"looked at {person.email.upper()}\n")
    (folder / "old.log.gz").write_bytes(gzip.compress(f"looked at {person.user_id}\n".encode()))


def test_the_search_finds_the_person_in_every_kind_of_file(story: Story) -> None:
    for place in (
        "warehouse.duckdb  core.dim_contact", "warehouse.duckdb  events.events", "marts.1.duckdb  core.dim_contact",
        "crm_contact.csv  bytes", "crm_contact.parquet  rows", "contacts.ndjson  bytes", "entity=contacts", "event_date=2026-10-0",
        "debug.log  bytes", "old.log.gz  unpacked (gzip)", ".db  event_logs",
    ):  # fmt: skip
        assert place in story.before
    assert all(name in story.before for name in story.person.names)


def test_nothing_is_found_afterwards(story: Story, home: Home) -> None:
    assert story.succeeded
    assert "No trace." in story.after
    assert list(requests.waiting(home)) == []


def test_no_byte_of_any_file_and_no_cell_of_any_table_names_them(story: Story, home: Home, landing: Path, tmp_path: Path) -> None:
    """The same by other means than the product's: databases exported as text, all files read by grep."""
    for number, database in enumerate([home.warehouse, *home.published.glob("marts.*.duckdb")]):
        with duckdb.connect(database, read_only=True) as connection:
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                connection.execute(f"""copy "{schema}"."{table}" to '{tmp_path / f"{number}.{schema}.{table}.csv"}'""").fetchall()
    with duckdb.connect() as connection:
        for number, path in enumerate(home.root.rglob("*.parquet")):
            rows = connection.execute("select t::varchar from read_parquet(?) as t", [str(path)]).fetchall()
            (tmp_path / f"{number}.txt").write_text("\n".join(row for (row,) in rows))
    patterns = tmp_path / "names"
    patterns.write_text("\n".join(story.person.names))
    command = [
        "grep",
        "-r",
        "-i",
        "-a",
        "-l",
        "-F",
        "-f",
        str(patterns),
        "--exclude=names",
        str(tmp_path),
        str(home.root),
        str(landing),
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")


def test_the_marts_are_as_if_they_had_never_been_there(story: Story, home: Home, twin: Path, start: Start) -> None:
    environment = {"AUDIENCE_HOME": str(twin / "home"), "LANDING": str(twin / "landing")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        arguments = [os.sys.executable, "-m", "orchestration", "refresh"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stdout
    assert between(home.warehouse, Home(twin / "home").warehouse) == []
