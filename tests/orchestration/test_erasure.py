"""A person asks to be forgotten: found everywhere first, nowhere afterwards, and the marts are as if they had never been there."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ingestion.erasure import ErasureReport
from ingestion.home import Home
from ingestion.load import load_landing
from ingestion.tombstones import Identifier, Kind
from orchestration import refresh as refreshing
from orchestration.lib.dbt import BuildError
from orchestration.lib.environment import Engine, Environment
from orchestration.lib.fingerprint import Fingerprint
from orchestration.lib.resources import AudienceResource
from orchestration.lib.spreading import SpreadError
from orchestration.lib.state import BuildRequest, Status, WarehouseState, write_state
from orchestration.privacy import erasure, owed, requests
from orchestration.privacy.cli import app
from orchestration.privacy.person import known_names
from orchestration.privacy.scrub import forget_derived
from orchestration.refresh import Plan
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
    assert requests.waiting(home) == []


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


ALICE, BOB, DEVICE = "u-alice-0001", "u-bob-000001", "d-alice-0001"
ASKED = Identifier(Kind.USER, ALICE)
STRANGER = 12345
HEADER = "event_id,event_type,occurred_at,user_id\n"


def line(number: int, **fields: str) -> str:
    return json.dumps({"event_id": str(number), "event_type": "play", "occurred_at": "2026-10-05T12:00:00Z", **fields}) + "\n"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A home and a landing zone of which nothing is built: a refresh erases what is owed, and makes no tables."""
    for name, folder in (("AUDIENCE_HOME", "home"), ("LANDING", "landing")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("AUDIENCE_TARGET", "dev")
    monkeypatch.delenv("AUDIENCE_POSTGRES", raising=False)

    def refresh(environment: Environment, **_: object) -> None:
        owed.settle(environment)
        owed.end(environment.home)

    monkeypatch.setattr(erasure, "refresh", refresh)
    return Environment.read()


def land(environment: Environment, name: str, text: str) -> Path:
    """A file that landed a while ago, so that nobody waits whether it grows."""
    path = Path(environment.landing) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["erase", *arguments])


def test_what_was_appended_while_an_erasure_waited_is_neither_lost_nor_taken_for_loaded(
    small: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = land(small, "native/a.ndjson", line(1, user_id=ALICE) + line(2))
    begin = owed.begin

    def begin_late(home: Home) -> ErasureReport:
        with path.open("a") as file:
            file.write(line(3) + line(4, user_id=ALICE))
        os.utime(path, (1_700_000_100, 1_700_000_100))
        return begin(home)

    with monkeypatch.context() as patch:
        patch.setattr(owed, "begin", begin_late)
        patch.setattr(erasure, "refresh", lambda environment, **_: None)
        done = ask("--user-id", ALICE)
    assert done.exit_code == 1
    assert "it has changed since it was loaded: ask again" in done.output
    assert path.read_text().count("\n") == 4
    assert ask("--user-id", ALICE).exit_code == 0
    assert path.read_text() == line(2) + line(3)
    load_landing(small.landing, small.home)
    assert [event for (event,) in of_native(small.home)] == ["2", "3"]


def of_native(home: Home) -> list[tuple[str]]:
    files = str(home.bronze / "native" / "*" / "*.parquet")
    return duckdb.sql(f"select distinct event_id from read_parquet('{files}', union_by_name = true) order by all").fetchall()


def test_rows_whose_books_were_damaged_go_with_an_erasure_and_that_is_told(small: Environment) -> None:
    path = land(small, "native/a.ndjson", line(1) + line(2))
    load_landing(small.landing, small.home)
    path.unlink()
    (books,) = (small.home.manifests / "native").glob("*.json")
    books.write_text("torn")
    done = ask("--user-id", ALICE)
    assert done.exit_code == 0, done.output
    assert "2 files of damaged books and of the rows that they covered" in " ".join(done.output.split())
    assert "nobody can tell whose rows they are" in " ".join(done.output.split())
    assert "were removed" not in ask("--user-id", ALICE).output


def test_lifting_without_the_tombstones_says_what_to_do(small: Environment) -> None:
    land(small, "native/a.ndjson", line(1, user_id=ALICE))
    assert ask("--user-id", ALICE).exit_code == 0
    (small.home.privacy / "tombstones.json").unlink()
    said = CliRunner().invoke(app, ["lift", "any"])
    assert said.exit_code == 1
    assert "Where they are lost for good" in " ".join(said.output.split())
    assert isinstance(said.exception, SystemExit)


def test_an_erasure_goes_on_where_one_landed_file_cannot_be_written_and_says_so(
    small: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = land(small, "native/a.ndjson", line(1, user_id=ALICE) + line(2))
    free = land(small, "native/b.ndjson", line(3, user_id=ALICE) + line(4))
    moved = os.replace

    def refused(path: Path, target: Path) -> None:
        if str(target) == str(locked):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        moved(path, target)

    monkeypatch.setattr(os, "replace", refused)
    done = ask("--user-id", ALICE)
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (1, True)
    assert f"Landed file {locked}: 1 records left, since it cannot be read or rewritten" in done.output
    assert "Read-only file system" in done.output
    assert "no trace is left" not in done.output
    assert free.read_text() == line(4)
    assert not owed.is_owed(small.home)


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(errno.EROFS, "Read-only file system", "/somewhere"),
        duckdb.IOException("IO Error: Could not set lock on file"),
        sqlite3.OperationalError("database is locked"),
        BuildError("a model failed"),
        SpreadError("a share was not loaded"),
    ],
)
@pytest.mark.parametrize("command", [("erase", "--user-id", ALICE), ("expire", "--keep-days", "9")])
def test_trouble_ends_a_command_in_a_sentence(
    small: Environment, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], trouble: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr(erasure, "load_landing", fail)
    done = CliRunner().invoke(app, list(command))
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (1, True)
    assert "Not finished: the next `make run` goes on" in done.output


@pytest.mark.parametrize("user_id", ["42", ALICE])
def test_a_landed_file_that_only_somebody_else_can_write_anew_leaves_the_erasure_undone(small: Environment, user_id: str) -> None:
    table = land(small, "native/a.csv", f"{HEADER}e-9,play,2026-10-05T10:00:00Z,{user_id}\n")
    done = ask("--user-id", user_id)
    assert done.exit_code == 1
    assert f"Landed file {table}: 1 records left, since a csv file is not rewritten" in done.output
    assert "1 landed files still hold them" in done.output
    assert "no trace is left" not in done.output
    table.unlink()
    assert ask("--user-id", user_id).exit_code == 0


def run_requests(environment: Environment) -> dg.ExecuteInProcessResult:
    from orchestration.defs.privacy.jobs import erase_requested

    return erase_requested.execute_in_process(resources={"audience": AudienceResource.of(environment)}, raise_on_error=False)


def failure_of(run: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in run.all_events if event.is_step_failure]
    assert event.step_failure_data.user_failure_data is not None
    return str(event.step_failure_data.user_failure_data.description)


def requested(environment: Environment, name: str, user_id: str) -> Path:
    return requests.ask(environment.home, Identifier(Kind.USER, user_id)).rename(requests.folder(environment.home) / name)


@pytest.mark.parametrize("kept", ["42", ALICE])
def test_a_request_that_leaves_traces_is_kept_and_those_behind_it_are_carried_out(small: Environment, kept: str) -> None:
    table = land(small, "native/a.csv", f"{HEADER}e-9,play,2026-10-05T10:00:00Z,{kept}\n")
    text = land(small, "native/b.ndjson", line(1, user_id=BOB) + line(2))
    first, second = requested(small, "a.json", kept), requested(small, "b.json", BOB)
    run = run_requests(small)
    assert not run.success
    assert (first.exists(), second.exists()) == (True, False)
    assert text.read_text() == line(2)
    said = failure_of(run)
    assert str(table) in said
    assert "a csv file is not rewritten" in said
    table.unlink()
    assert run_requests(small).success
    assert requests.waiting(small.home) == []


@pytest.mark.parametrize(
    "trouble", [BuildError("a model failed"), OSError(errno.ENOSPC, "No space left on device"), KeyError("defect")]
)
def test_a_request_that_fails_is_kept_and_those_behind_it_are_carried_out(
    small: Environment, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    from orchestration.defs.privacy import jobs

    text = land(small, "native/b.ndjson", line(1, user_id=BOB) + line(2))
    first, second = requested(small, "a.json", ALICE), requested(small, "b.json", BOB)

    def erase(environment: Environment, asked: Identifier) -> erasure.Erasure:
        if asked == ASKED:
            raise trouble
        return erasure.erase_person(environment, asked)

    monkeypatch.setattr(jobs, "erase_person", erase)
    run = run_requests(small)
    assert (run.success, first.exists(), second.exists()) == (False, True, False)
    assert text.read_text() == line(2)
    assert "The request a.json is not carried out" in failure_of(run)


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"kind": "user"', '{"kind": "face", "value": "u-alice-0001", "workspace_id": null}']
)
def test_a_damaged_request_is_kept_and_named_and_those_behind_it_are_carried_out(small: Environment, damage: str) -> None:
    text = land(small, "native/b.ndjson", line(1, user_id=BOB) + line(2))
    first, second = requested(small, "a.json", ALICE), requested(small, "b.json", BOB)
    first.write_text(damage)
    run = run_requests(small)
    assert (run.success, first.exists(), second.exists()) == (False, True, False)
    assert text.read_text() == line(2)
    said = failure_of(run)
    assert "The request a.json is not carried out: it holds no request" in said
    assert ALICE not in said


def test_the_search_sees_what_a_load_would_read_through_links_and_nothing_else(small: Environment, tmp_path: Path) -> None:
    landing, outside = Path(small.landing), tmp_path / "outside"
    for name in ("file.ndjson", "folder/within.ndjson", "foreign/strange.ndjson"):
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text(line(1, user_id=ALICE))
    (landing / "native").mkdir(parents=True)
    (landing / "native" / "a.ndjson").symlink_to(outside / "file.ndjson")
    (landing / "native" / "again.ndjson").symlink_to("a.ndjson")
    (landing / "native" / "b").symlink_to(outside / "folder")
    (landing / "native" / "c").symlink_to(outside / "foreign")
    is_root = os.geteuid() == 0
    if is_root:
        os.lchown(landing / "native" / "c", STRANGER, STRANGER)
    else:
        (landing / "native" / "c").unlink()
    found, unsearched = erasure.search(small, [ALICE])
    assert [each.path.relative_to(landing).as_posix() for each in found] == ["native/a.ndjson", "native/b/within.ndjson"]
    assert unsearched == []


def test_what_a_landed_link_leads_to_is_erased_and_searched(small: Environment, tmp_path: Path) -> None:
    outside = tmp_path / "outside.ndjson"
    outside.write_text(line(1, user_id=ALICE) + line(2))
    os.utime(outside, (1_700_000_000, 1_700_000_000))
    (Path(small.landing) / "native").mkdir(parents=True)
    (Path(small.landing) / "native" / "a.ndjson").symlink_to(outside)
    kept = ask("--user-id", ALICE, "--keep-landing")
    assert kept.exit_code == 1
    assert "STILL THERE" in kept.output
    done = ask("--user-id", ALICE)
    assert (done.exit_code, outside.read_text()) == (0, line(2))
    assert (Path(small.landing) / "native" / "a.ndjson").is_symlink()


def database(path: Path, *sessions: tuple[str, str]) -> Path:
    """A warehouse or a snapshot that knows users (the first of each pair) and their devices."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        columns = "workspace_id varchar, viewer_id varchar, device_id varchar, user_id varchar, playback_id varchar"
        connection.execute(
            f"create schema core; create table core.fct_session ({columns}); create table core.fct_view ({columns})"
        )
        connection.execute("create table core.dim_contact (workspace_id varchar, user_id varchar, email varchar)")
        for user, device in sessions:
            connection.execute("insert into core.fct_session values ('w', 'user:' || $1, $2, $1, null)", [user, device])
    return path


def publish(home: Home, generation: int, *sessions: tuple[str, str]) -> None:
    database(home.published / f"marts.{generation}.duckdb", *sessions)
    link = home.published / "marts.duckdb"
    link.unlink(missing_ok=True)
    link.symlink_to(f"marts.{generation}.duckdb")


def built(home: Home, status: Status = Status.BUILT) -> None:
    state = WarehouseState.begin("fingerprint", "code", BuildRequest(), Engine.DUCKDB)
    write_state(home, state.ended(status))


THEIRS, OF_OTHERS = (ALICE, DEVICE), (BOB, "d-bob-000001")


def is_known(home: Home) -> bool:
    return DEVICE in {each.value for each in known_names(home, ASKED)}


@pytest.mark.parametrize(
    ("status", "is_owed"),
    [
        (Status.BUILT, True),
        (Status.BUILDING, True),
        (Status.BUILDING, False),
        (Status.PARTIAL, False),
        (None, True),
        (None, False),
    ],
)
def test_whoever_asks_again_after_a_failed_erasure_is_known_by_all_names_still(
    small: Environment, status: Status | None, is_owed: bool
) -> None:
    """The warehouse is rebuilt in part, without the person; the snapshot is of before."""
    home = small.home
    publish(home, 1, THEIRS, OF_OTHERS)
    database(home.warehouse, OF_OTHERS)
    if status is not None:
        built(home, status)
    if is_owed:
        home.privacy.mkdir()
        owed.mark(home).touch()
    assert is_known(home)


def test_the_names_are_known_too_where_the_erasure_failed_after_publishing(small: Environment) -> None:
    home = small.home
    publish(home, 9, THEIRS, OF_OTHERS)
    publish(home, 10, OF_OTHERS)
    database(home.warehouse, OF_OTHERS)
    built(home)
    home.privacy.mkdir()
    owed.mark(home).touch()
    assert is_known(home)


@pytest.mark.parametrize("harm", ["it is open elsewhere", "it has no tables yet", "it is garbage"])
def test_the_names_are_looked_up_in_the_snapshot_where_the_warehouse_cannot_be_asked(small: Environment, harm: str) -> None:
    home = small.home
    publish(home, 1, THEIRS)
    built(home)
    if harm == "it is garbage":
        home.warehouse.write_bytes(b"garbage" * 9_999)
        assert is_known(home)
    elif harm == "it has no tables yet":
        duckdb.connect(home.warehouse).close()
        assert is_known(home)
    else:
        database(home.warehouse, THEIRS)
        with open_elsewhere(home.warehouse):
            assert is_known(home)


def test_nobody_is_erased_under_one_of_their_names_because_no_other_could_be_looked_up(small: Environment) -> None:
    """A first build is at work: it has the warehouse open, and nothing is published."""
    database(small.home.warehouse, THEIRS)
    built(small.home, Status.BUILDING)
    with open_elsewhere(small.home.warehouse):
        done = ask("--user-id", ALICE)
    assert done.exit_code == 1
    assert "Wait for what has it open" in " ".join(done.output.split())
    assert not (small.home.privacy / "tombstones.json").exists()
    assert is_known(small.home)


@contextmanager
def open_elsewhere(path: Path) -> Iterator[None]:
    program = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield
        other.communicate()


def test_a_build_that_was_killed_before_its_first_tables_leaves_the_name_that_was_given(small: Environment) -> None:
    small.home.root.mkdir(parents=True)
    duckdb.connect(small.home.warehouse).close()
    built(small.home, Status.BUILDING)
    assert known_names(small.home, ASKED) == [ASKED]


def test_a_whole_warehouse_knows_more_than_the_snapshot(small: Environment) -> None:
    publish(small.home, 1, (ALICE, "d-older-0001"))
    database(small.home.warehouse, THEIRS)
    built(small.home)
    assert is_known(small.home)


def test_histories_are_scrubbed_even_where_the_rest_of_the_erasure_fails(
    small: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(small, "native/a.ndjson", line(1, user_id=ALICE))
    load_landing(small.landing, small.home)
    database(small.home.warehouse, THEIRS)
    built(small.home)
    log = small.home.root / "logs" / "old.log"
    log.parent.mkdir()
    log.write_text(f"looked at {DEVICE}\n")

    def fail(*_: object, **__: object) -> None:
        raise BuildError("a model failed")

    monkeypatch.setattr(erasure, "refresh", fail)
    assert ask("--user-id", ALICE).exit_code == 1
    assert not log.exists()


def test_what_dagster_compiled_and_what_a_killed_build_spilled_go_with_the_rest(small: Environment) -> None:
    left = [small.dagster_target_path / "run_results.json", small.home.root / "spill" / "duckdb_temp_storage-0.tmp"]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_text(ALICE)
    forget_derived(small)
    assert [path for path in left if path.exists()] == []


def test_what_keeps_the_site_from_being_made_keeps_no_erasure_open(small: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every later run would erase and build everything again."""
    land(small, "native/a.ndjson", line(1))
    load_landing(small.landing, small.home)
    owed.begin(small.home)
    small.home.site.mkdir()
    seen = []

    def fail(environment: Environment, _: object) -> None:
        seen.append((owed.is_owed(environment.home), environment.home.site.exists()))
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    nothing = Plan(None, BuildRequest(), Fingerprint("", ""), must_publish=False)
    monkeypatch.setattr(refreshing, "make_plan", lambda *_: nothing)
    monkeypatch.setattr(refreshing, "refresh_files", lambda _: None)
    monkeypatch.setattr(refreshing, "make_site", fail)
    with pytest.raises(OSError, match="Read-only"):
        refreshing.refresh(small)
    assert seen == [(False, False)]
