"""Backups of a real lake: whole, incremental, consistent while others write, and refused where anything of them is damaged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import fsspec
import pytest

from ingestion import manifest, tombstones
from ingestion.compact import compact
from ingestion.home import Home
from ingestion.load import load_landing
from ingestion.rewriting import rewrite_landing
from ingestion.simulator import simulate
from ingestion.tombstones import Identifier, Kind
from orchestration.backup.backup import back_up
from orchestration.backup.restore import check, restore
from orchestration.backup.store import BackupError, Store
from orchestration.lib.environment import DBT_PROJECT, Engine
from orchestration.lib.fingerprint import fingerprint
from orchestration.lib.state import BuildRequest, Status, WarehouseState, write_state
from orchestration.privacy import owed
from tests.orchestration.conftest import REPOSITORY


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "landing"
    simulate(folder, events=400, days=2, start=date(2026, 10, 1), seed=5)
    return folder


@pytest.fixture(scope="module")
def loaded(logs: Path) -> Home:
    """Two loads on each date, so that there is something to merge."""
    home = Home(logs.parent / "loaded")
    load_landing(str(logs), home, settle_seconds=0)
    for path in (logs / "native").glob("*/*.ndjson"):
        again = path.with_name("again.ndjson")
        again.write_text(path.read_text().replace('"event_id":"', '"event_id":"again-'))
    load_landing(str(logs), home, settle_seconds=0)
    return home


@pytest.fixture
def home(loaded: Home, tmp_path: Path) -> Home:
    shutil.copytree(loaded.root, tmp_path / "home")
    return Home(tmp_path / "home")


def contents(home: Home) -> dict[str, str]:
    """Every file of the lake by name, as a hash."""
    return {
        path.relative_to(home.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for area in (home.bronze, home.quarantine)
        for path in area.rglob("*")
        if path.is_file() and path.name != "landing_index.json"
    }


def marts_of(home: Home) -> str:
    """What the marts are a function of."""
    return str(fingerprint(home, DBT_PROJECT, REPOSITORY / "profiles.yml"))


def add_a_day(home: Home, logs: Path, name: str = "later") -> None:
    landing = home.root.parent / name
    (landing / "native").mkdir(parents=True)
    text = next((logs / "native").glob("*/*.ndjson")).read_text().replace("2026-10-0", "2026-11-0")
    (landing / "native" / "a.ndjson").write_text(text)
    load_landing(str(landing), home, settle_seconds=0)


@pytest.mark.parametrize("place", ["folder", "memory://backups-of-a-test"])
def test_a_restored_lake_is_the_lake_that_was_backed_up(
    home: Home, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = place if "://" in place else str(tmp_path / place)
    if "://" in target:
        # fsspec's memory gives all readers of a file one position in it: two at once read each other's bytes.
        monkeypatch.setattr("orchestration.backup.restore.COPIES_AT_ONCE", 1)
    back_up(home, target)
    other = Home(tmp_path / "other")
    restore(other, target)
    assert contents(other) == contents(home)
    assert marts_of(other) == marts_of(home)
    assert not list(home.root.glob("backup.pinned*"))
    if "://" in target:
        fsspec.filesystem("memory").rm("/backups-of-a-test", recursive=True)


def test_a_second_backup_copies_what_is_new_alone(home: Home, logs: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "backups")
    first = back_up(home, target)
    assert first.new_files > 20
    assert back_up(home, target).new_files == 0
    add_a_day(home, logs)
    report = back_up(home, target)
    assert 0 < report.new_files < 10
    other = Home(tmp_path / "other")
    restore(other, target)
    assert contents(other) == contents(home)


def test_an_older_moment_can_be_restored_until_it_is_let_go(home: Home, logs: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "backups")
    before = contents(home)
    first = back_up(home, target).name
    compact(home, min_files=2)
    add_a_day(home, logs)
    back_up(home, target, keep=2)
    restore(Home(tmp_path / "then"), target, at=first)
    assert contents(Home(tmp_path / "then")) == before
    assert back_up(home, target, keep=1).removed > 0
    assert check(target, tmp_path / "scratch").point.loads > 0
    with pytest.raises(BackupError, match="holds no backup of"):
        restore(Home(tmp_path / "again"), target, at=first)


def test_what_is_merged_and_loaded_meanwhile_does_not_tear_a_backup(home: Home, logs: Path, tmp_path: Path) -> None:
    target, before = str(tmp_path / "backups"), contents(home)
    began: list[int] = []

    def others_write(done: int, of: int) -> None:
        if not began:
            began.append(done)
            compact(home, min_files=2)
            add_a_day(home, logs)

    back_up(home, target, on_copy=others_write)
    assert began
    assert contents(home) != before
    restore(Home(tmp_path / "other"), target)
    assert contents(Home(tmp_path / "other")) == before


@pytest.mark.parametrize("harm", ["a byte", "its end", "all of it"])
def test_a_damaged_backup_is_refused_by_name_and_nothing_is_written(home: Home, tmp_path: Path, harm: str) -> None:
    target = str(tmp_path / "backups")
    back_up(home, target)
    store = Store.at(target)
    file = next(file for file in store.read_point(store.points()[-1]).files if file.path.endswith("0.parquet"))
    content = Path(store.object_path(file.sha256))
    sound = content.read_bytes()
    if harm == "a byte":
        content.write_bytes(sound[:100] + bytes([sound[100] ^ 1]) + sound[101:])
    elif harm == "its end":
        content.write_bytes(sound[:-1])
    else:
        content.unlink()
    other = Home(tmp_path / "other")
    with pytest.raises(BackupError, match=file.path):
        restore(other, target)
    with pytest.raises(BackupError, match=file.path):
        check(target, tmp_path / "scratch")
    assert not [path for path in tmp_path.glob("other/**/*") if path.is_file()]
    # What was cut off is noticed by its size and copied again; a changed byte only by reading it, as a check does.
    if harm != "a byte":
        back_up(home, target)
        restore(other, target)
        assert contents(other) == contents(home)


def test_a_damaged_list_of_files_is_refused(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    name = back_up(home, str(target)).name
    path = target / "points" / f"{name}.json"
    path.write_text(path.read_text().replace('"loads": ', '"loads": 1'))
    with pytest.raises(BackupError, match="damaged"):
        restore(Home(tmp_path / "other"), str(target))


def test_a_damaged_list_of_an_earlier_moment_stops_no_backup_and_keeps_what_it_may_name(
    home: Home, logs: Path, tmp_path: Path
) -> None:
    target = tmp_path / "backups"
    first = back_up(home, str(target)).name
    add_a_day(home, logs)
    (target / "points" / f"{first}.json").write_text("torn")
    contents_before = Store.at(str(target)).objects().keys()
    report = back_up(home, str(target), keep=2)
    assert (report.damaged, report.removed) == ([first], 0)
    assert contents_before <= Store.at(str(target)).objects().keys()
    other = Home(tmp_path / "other")
    restore(other, str(target))
    assert contents(other) == contents(home)


def test_recipes_in_a_folder_of_their_own_come_back_where_they_were(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_RECIPES", str(home.root / "settings" / "recipes"))
    (home.root / "settings" / "recipes").mkdir(parents=True)
    (home.root / "settings" / "recipes" / "kiosk.yml").write_text("fields: {}\n")
    back_up(home, str(tmp_path / "backups"))
    other = Home(tmp_path / "other")
    restore(other, str(tmp_path / "backups"))
    assert (other.root / "settings" / "recipes" / "kiosk.yml").read_text() == "fields: {}\n"
    assert not (other.root / "restore.new").exists()


def test_tables_in_spark_are_not_called_backed_up(home: Home, tmp_path: Path) -> None:
    write_state(home, WarehouseState.begin("f", "c", BuildRequest(), Engine.SPARK).ended(Status.BUILT))
    with pytest.raises(BackupError, match="leave --with-warehouse out"):
        back_up(home, str(tmp_path / "backups"), with_warehouse=True)
    assert back_up(home, str(tmp_path / "backups")).point.files


def test_a_home_that_holds_something_is_not_written_over(home: Home, tmp_path: Path) -> None:
    target, before = str(tmp_path / "backups"), contents(home)
    back_up(home, target)
    with pytest.raises(BackupError, match="not empty"):
        restore(home, target)
    assert contents(home) == before


def test_a_backup_of_nothing_or_into_itself_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="holds no lake"):
        back_up(Home(tmp_path / "nowhere"), str(tmp_path / "backups"))
    with pytest.raises(BackupError, match="lies in the home"):
        back_up(home, str(home.root / "backups"))


def test_key_and_tombstones_are_not_in_it_and_without_them_it_is_not_restored(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tombstones.bury(home, "first", [Identifier(Kind.USER, "somebody-erased")])
    owed.begin(home)
    target = str(tmp_path / "backups")
    report = back_up(home, target)
    assert not any(file.path.startswith("privacy") for file in report.point.files)
    other = Home(tmp_path / "other")
    with pytest.raises(BackupError, match="AUDIENCE_TOMBSTONES"):
        restore(other, target)
    # Somebody else is erased after the backup; key and tombstones are kept elsewhere, as they should be.
    tombstones.bury(home, "second", [Identifier(Kind.USER, "somebody-else")])
    monkeypatch.setenv("AUDIENCE_TOMBSTONES", str(home.privacy / "tombstones.json"))
    monkeypatch.setenv("AUDIENCE_PRIVACY_KEY", (home.privacy / "key").read_text())
    restore(other, target)
    assert owed.is_owed(other)


def test_where_the_tombstones_are_lost_for_good_a_restored_lake_takes_files_in_again(
    home: Home, logs: Path, tmp_path: Path
) -> None:
    tombstones.bury(home, "first", [Identifier(Kind.USER, "somebody-erased")])
    owed.begin(home)
    back_up(home, str(tmp_path / "backups"))
    other = Home(tmp_path / "other")
    restore(other, str(tmp_path / "backups"), without_privacy=True)
    before = len(list(manifest.every(other)))
    add_a_day(other, logs)
    assert len(list(manifest.every(other))) > before


def test_logs_that_an_erasure_rewrote_are_not_loaded_beside_what_a_backup_holds_of_them(
    home: Home, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    shutil.copytree(logs, landing)
    load_landing(str(landing), home, settle_seconds=0)
    back_up(home, str(tmp_path / "backups"))
    (contacts,) = landing.glob("catalog/contacts.ndjson")
    user = json.loads(contacts.read_text().splitlines()[0])["user_id"]
    tombstones.bury(home, "one", [Identifier(Kind.USER, user)])
    owed.begin(home)
    assert any("contacts" in each.uri and not each.why_not for each in rewrite_landing(str(landing), home).files)
    monkeypatch.setenv("AUDIENCE_TOMBSTONES", str(home.privacy / "tombstones.json"))
    monkeypatch.setenv("AUDIENCE_PRIVACY_KEY", (home.privacy / "key").read_text())
    other = Home(tmp_path / "other")
    restore(other, str(tmp_path / "backups"))
    assert load_landing(str(landing), other, settle_seconds=0).loads == 0
    owed.begin(other)
    assert marts_of(other) == marts_of(home)


def test_a_ledger_of_deliveries_and_tokens_come_back(home: Home, tmp_path: Path) -> None:
    from serving.crm.deliveries.ledger import Ledger

    ledger = Ledger(home.root / "deliveries" / "sales.sqlite")
    ledger.connection.execute("insert into delivery (snapshot, began_at) values ('marts.7.duckdb', '2026-10-01')")
    home.api.mkdir()
    (home.api / "tokens.json").write_text(json.dumps({"tokens": []}))
    (home.api / "tokens.json").chmod(0o600)
    # The ledger is open and its newest row still in SQLite's log.
    back_up(home, str(tmp_path / "backups"))
    ledger.close()
    other = Home(tmp_path / "other")
    restore(other, str(tmp_path / "backups"))
    again = Ledger(other.root / "deliveries" / "sales.sqlite")
    assert again.connection.execute("select snapshot from delivery").fetchall() == [("marts.7.duckdb",)]
    again.close()
    assert (other.api / "tokens.json").stat().st_mode & 0o777 == 0o600


def test_a_restored_home_without_logs_is_not_filled_with_a_demo(home: Home, tmp_path: Path) -> None:
    from orchestration.cli import is_filled, is_loaded

    back_up(home, str(tmp_path / "backups"))
    other = Home(tmp_path / "other")
    restore(other, str(tmp_path / "backups"))
    assert not is_filled(other.landing)
    assert is_loaded(other)
    assert not is_loaded(Home(tmp_path / "nowhere"))


def test_the_commands_say_what_to_do(home: Home, tmp_path: Path) -> None:
    def command(*arguments: str, at: Home) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestration", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "AUDIENCE_HOME": str(at.root)},
            text=True,
            capture_output=True,
            check=False,
        )

    other, target = Home(tmp_path / "other"), str(tmp_path / "backups")
    assert "Backed up" in command("backup", target, at=home).stdout
    done = command("restore", target, at=other)
    assert done.returncode == 0
    assert "make run" in done.stdout
    again = command("restore", target, at=other)
    assert again.returncode == 1
    assert "not empty" in again.stdout
    assert "Traceback" not in again.stdout + again.stderr
    assert sum(load.lines for load in manifest.every(other)) == sum(load.lines for load in manifest.every(home))
