"""What the machine, a disk or a person does to a lake: the message says what and where, and the next run makes it right."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from typer.testing import CliRunner

from ingestion import durable, journal, tombstones
from ingestion.cli import app
from ingestion.home import Home
from ingestion.identity import PSEUDONYMISE, pseudonymises
from ingestion.repair import damaged_folder
from ingestion.tombstones import TombstonesLostError
from ingestion.trouble import UnreachableError, explained
from tests.ingestion.conftest import Lake, event


def lines(*numbers: int) -> str:
    return "".join(json.dumps(event(number)) + "\n" for number in numbers)


def land_two(lake: Lake) -> None:
    """Two small files, whose rows share Parquet files."""
    lake.land("native/a.ndjson", lines(1, 2) + "nope\n")
    lake.land("native/b.ndjson", lines(3, 4, 5))


def ids(lake: Lake) -> list[str]:
    return sorted(row["event_id"] for row in lake.rows())


EVERYTHING = ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("name", [journal.COMMIT, ".json"])
def test_a_disk_that_fills_during_a_commit_leaves_no_row_to_count_twice(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    land_two(lake)
    write, left = durable.write_text, [1]

    def write_until_full(target: Path, text: str, **options: bool) -> None:
        if (
            target.name.endswith(name)
            and "_manifests/native" in str(target) + ("_manifests/native" if name == journal.COMMIT else "")
            and left
        ):
            left.pop()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        write(target, text, **options)

    monkeypatch.setattr(durable, "write_text", write_until_full)
    lake.load()
    assert left == []
    assert ids(lake) == EVERYTHING
    assert lake.load().failed == []
    assert ids(lake) == EVERYTHING


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"load_id": "x"}', b"null", None])
def test_a_damaged_manifest_is_set_aside_and_its_file_counts_once(lake: Lake, content: bytes | None) -> None:
    land_two(lake)
    lake.load()
    victim = sorted((lake.home.manifests / "native").iterdir())[0]
    if content is None:
        victim.unlink()
    else:
        victim.write_bytes(content)
    report = lake.load()
    assert report.damage is not None
    assert "bronze/_damaged" in report.damage
    assert (report.loads, ids(lake), len(lake.query("from quarantine"))) == (1, EVERYTHING, 1)
    assert lake.load().damage is None


@pytest.mark.parametrize("command", ["replay", "compact"])
def test_whoever_sets_damaged_books_aside_says_so(lake: Lake, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    land_two(lake)
    lake.load()
    victim = sorted((lake.home.manifests / "native").iterdir())[0]
    victim.write_bytes(b"{")
    monkeypatch.setenv("AUDIENCE_HOME", str(lake.home.root))
    told = CliRunner().invoke(app, [command]).output
    assert f"{victim.stem}" in told
    assert "bronze/_damaged" in told
    assert "Set aside" not in CliRunner().invoke(app, [command]).output
    assert (lake.load().loads, ids(lake)) == (1, EVERYTHING)


def test_rows_whose_books_are_damaged_and_whose_file_has_left_are_kept_aside(lake: Lake) -> None:
    land_two(lake)
    lake.load()
    shutil.rmtree(lake.landing)
    for path in (lake.home.manifests / "native").iterdir():
        path.write_bytes(b"")
    assert lake.load().damage is not None
    kept = [path for path in damaged_folder(lake.home).iterdir() if path.suffix == ".parquet" and "event_date" in path.name]
    files = ", ".join(f"'{path}'" for path in kept)
    with duckdb.connect() as connection:
        found = connection.execute(f"select event_id from read_parquet([{files}]) order by 1").fetchall()
    assert [row for (row,) in found] == EVERYTHING


@pytest.mark.parametrize("name", [journal.COMMIT, journal.MERGE, journal.REPLACEMENT])
@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"{}", b"[1]"])
def test_a_damaged_journal_is_set_aside_and_stops_nobody(lake: Lake, name: str, content: bytes) -> None:
    land_two(lake)
    lake.load()
    (lake.home.bronze / name).write_bytes(content)
    lake.land("native/c.ndjson", lines(6))
    report = lake.load()
    assert report.damage is not None
    assert name in report.damage
    assert ids(lake) == [*EVERYTHING, "6"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"a": 1}', b'{"a": {"mark": 1}}'])
def test_a_damaged_index_costs_a_reading_and_no_more(lake: Lake, content: bytes) -> None:
    land_two(lake)
    lake.load()
    (lake.home.bronze / "landing_index.json").write_bytes(content)
    assert (lake.load().loads, ids(lake)) == (0, EVERYTHING)


def test_a_lake_that_was_erased_from_takes_in_nothing_without_its_tombstones(lake: Lake, tmp_path: Path) -> None:
    land_two(lake)
    lake.load()
    (lake.home.bronze / tombstones.APPLIED).write_text("user abc *\n")
    lake.land("native/c.ndjson", lines(6))
    with pytest.raises(TombstonesLostError, match="AUDIENCE_TOMBSTONES"):
        lake.load()
    assert ids(lake) == EVERYTHING
    (lake.home.bronze / tombstones.APPLIED).unlink()
    assert (lake.load().loads, ids(lake)) == (1, [*EVERYTHING, "6"])


@pytest.mark.parametrize(("said", "asked"), [("", False), ("0", False), ("off", False), ("No", False), ("1", True), ("on", True)])
def test_off_means_off_however_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, asked: bool) -> None:
    monkeypatch.setenv(PSEUDONYMISE, said)
    assert pseudonymises(Home(tmp_path)) is asked


class BrokenStore(MemoryFileSystem):
    protocol = "broken"
    store: dict = {}  # noqa: RUF012
    pseudo_dirs = [""]  # noqa: RUF012

    def find(self, *arguments, **options):
        class EndpointConnectionError(Exception):
            """A store's own, of no common family."""

        raise EndpointConnectionError("Could not connect to the endpoint URL")


def test_a_store_that_does_not_answer_is_named(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    from ingestion.load import load_landing

    fsspec.register_implementation("broken", BrokenStore, clobber=True)
    with pytest.raises(UnreachableError, match=r"zone cannot be reached \(EndpointConnectionError: Could not connect"):
        load_landing("broken://zone", lake.home)


@pytest.mark.parametrize("command", [["load"], ["replay"], ["compact"]])
def test_a_home_that_cannot_be_written_ends_a_command_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    in_the_way = tmp_path / "home"
    in_the_way.write_text("a file")
    monkeypatch.setenv("AUDIENCE_HOME", str(in_the_way))
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 1
    assert "Stopped:" in ended.output
    assert "the next run goes on" in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/x"),
            "There is no room on the disk of /data/x. Make room there.",
        ),
        (OSError(errno.EROFS, "Read-only file system", "/data/x"), "/data/x cannot be used (Read-only file system)."),
        (
            duckdb.IOException('IO Error: Could not write file "/data/spill": No space left on device'),
            "There is no room on the disk of /data/spill.",
        ),
        (
            duckdb.IOException('Could not write file \\"/data/spill\\": No space left on device'),
            "on the disk of /data/spill. Make",
        ),
    ],
)
def test_the_machines_errors_name_the_place_and_the_remedy(error: Exception, said: str) -> None:
    assert said in explained(error)


def test_a_repair_that_is_killed_is_finished_by_the_next_run(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingestion import repair

    land_two(lake)
    lake.load()
    sorted((lake.home.manifests / "native").iterdir())[0].write_bytes(b"")

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(repair, "take_back_rows", die)
        with pytest.raises(KeyboardInterrupt):
            lake.load()
    lake.load()
    assert ids(lake) == EVERYTHING
    assert Home(lake.home.root) == lake.home
