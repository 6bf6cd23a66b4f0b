"""A published file that was damaged is noticed, is not gone on from, and is published again."""

import shutil
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from serving.crm.files import refresh_files
from serving.generations import current_snapshot
from serving.publication import Provenance, read_provenance
from serving.publish import publish
from serving.seals import damage, is_sound, sound_generation

BUILD = Provenance("build", "fingerprint", "code", "1.11")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two generations of a warehouse with exports."""
    home = Home(tmp_path / "home")
    home.root.mkdir()
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            """
            create schema core;
            create schema exports;
            create table core.fct_view as select range as view_id, md5(range::varchar) as text from range(50000);
            create table exports.crm_contact as
            select range::varchar as external_id, 'w' as workspace_id, md5(range::varchar) as record_hash from range(10);
            """
        ).fetchall()
    publish(home, BUILD)
    publish(home, BUILD)
    return home


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        old = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([old[0] ^ 1]))


def test_one_changed_byte_is_noticed_and_published_anew(home: Home) -> None:
    assert (damage(home), read_provenance(home)) == (None, BUILD)
    flip(home.published / "marts.2.duckdb")
    assert "published again" in (damage(home) or "")
    assert read_provenance(home) is None
    publish(home, BUILD)
    assert (damage(home), read_provenance(home)) == (None, BUILD)


def test_a_change_that_leaves_size_and_time_is_noticed_before_a_copy_carries_it_on(home: Home) -> None:
    import os

    newest = home.published / "marts.2.duckdb"
    status = newest.stat()
    flip(newest)
    os.utime(newest, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert is_sound(home, newest.resolve())
    assert sound_generation(home) == (home.published / "marts.1.duckdb").resolve()


def test_a_file_that_was_only_touched_is_sound(home: Home) -> None:
    (home.published / "marts.2.duckdb").touch()
    assert damage(home) is None


@pytest.mark.parametrize("left", ["nowhere", "elsewhere", "file", "folder"])
def test_a_link_that_is_none_or_leads_elsewhere_is_made_again_and_what_was_there_is_kept(home: Home, left: str) -> None:
    link = home.published / "marts.duckdb"
    link.unlink()
    if left in ("nowhere", "elsewhere"):
        link.symlink_to("marts.9.duckdb" if left == "nowhere" else "../warehouse.duckdb")
    elif left == "file":
        link.write_text("somebody's")
    else:
        link.mkdir()
        (link / "kept").write_text("somebody's")
    assert damage(home) is not None
    assert read_provenance(home) is None
    publish(home, BUILD)
    assert (damage(home), link.readlink()) == (None, Path("marts.3.duckdb"))
    aside = list(home.published.glob("marts.duckdb.aside.*"))
    assert len(aside) == (left in ("file", "folder"))


def test_what_is_gone_from_the_exports_is_told_though_the_last_generation_was_damaged(home: Home) -> None:
    flip(home.published / "marts.2.duckdb")
    with duckdb.connect(home.warehouse) as connection:
        connection.execute("delete from exports.crm_contact where external_id = '3'").fetchall()
    path = publish(home, BUILD).path
    with duckdb.connect(path, read_only=True) as connection:
        changes = connection.execute("select change, count(*) from exports.crm_delta group by 1 order by 1").fetchall()
    assert changes == [("created", 9), ("gone", 1)]


def test_a_snapshot_without_seal_is_taken_as_it_opens(home: Home) -> None:
    (home.root / "published.seals.json").write_bytes(b"\xff")
    assert (damage(home), read_provenance(home)) == (None, BUILD)
    shutil.copyfile(home.root / "published.seals.json", home.published / "marts.2.duckdb")
    assert damage(home) is not None


@pytest.mark.parametrize("name", ["exports.json", "crm_contact.csv", "crm_contact.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"\xff{"])
def test_export_files_that_are_not_what_their_books_say_are_written_again(home: Home, name: str, content: bytes | None) -> None:
    assert refresh_files(home) is not None
    assert refresh_files(home) is None
    before = (home.exports / name).read_bytes()
    if content is None:
        (home.exports / name).unlink()
    else:
        (home.exports / name).write_bytes(content)
    assert refresh_files(home) is not None
    assert (home.exports / name).read_bytes() == before
    assert current_snapshot(home) == (home.published / "marts.2.duckdb").resolve()
