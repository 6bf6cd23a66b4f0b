"""Export files are whole, named in their books, and no formula to whoever opens them."""

import csv
import hashlib
import json
import os
import shutil
from pathlib import Path

import duckdb
import fsspec
import pytest

from ingestion.home import Home
from serving.crm.files import BOOKS, ExportError, Format, refresh_files, write_files
from serving.generations import published_snapshot

NAMES = ["Ann", "=cmd()", "+1", "-1", "@home", "\ttab", "", None, 'with "quotes", commas\nand lines']


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    path = tmp_path / "marts.7.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(
            "create schema exports; create schema core; create table core.dim_viewer as select 1 as viewer"
        ).fetchall()
        connection.execute("create table exports.crm_contact (external_id varchar, name varchar, score bigint)").fetchall()
        connection.executemany(
            "insert into exports.crm_contact values (?, ?, ?)",
            [(f"id{number}", name, -number) for number, name in enumerate(NAMES)],
        )
    return path


def test_a_text_that_would_be_a_formula_is_quoted_and_a_number_is_not(snapshot: Path, tmp_path: Path) -> None:
    write_files(snapshot, str(tmp_path / "out"))
    with (tmp_path / "out" / "crm_contact.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["Ann", "'=cmd()", "'+1", "'-1", "'@home", "'\ttab", "", "", NAMES[-1]]
    assert [row["score"] for row in rows] == [str(-number) for number in range(len(NAMES))]


@pytest.mark.parametrize("chosen", [Format.PARQUET, Format.NDJSON])
def test_systems_get_the_values_as_they_are(snapshot: Path, tmp_path: Path, chosen: Format) -> None:
    write_files(snapshot, str(tmp_path / "out"), [chosen])
    reader = {Format.PARQUET: "read_parquet", Format.NDJSON: "read_json"}[chosen]
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select name from {reader}('{tmp_path / 'out' / f'crm_contact.{chosen}'}') order by external_id"
        ).fetchall()
    assert [name for (name,) in rows] == NAMES


@pytest.mark.parametrize("scheme", ["", "memory://"])
def test_the_books_name_every_file_with_its_rows_and_hash(snapshot: Path, tmp_path: Path, scheme: str) -> None:
    target = f"{scheme}{tmp_path}/out"
    written = write_files(snapshot, target, list(Format))
    filesystem, folder = fsspec.core.url_to_fs(target)
    books = json.loads(filesystem.cat_file(f"{folder}/{BOOKS}"))
    assert books["snapshot"] == "marts.7.duckdb"
    assert [file["name"] for file in books["files"]] == [f"crm_contact.{chosen}" for chosen in Format]
    for file in books["files"]:
        content = filesystem.cat_file(f"{folder}/{file['name']}")
        assert (file["rows"], file["bytes"], file["sha256"]) == (len(NAMES), len(content), hashlib.sha256(content).hexdigest())
    assert sorted(Path(name).name for name in filesystem.ls(folder, detail=False)) == sorted(
        [BOOKS, *(file.name for file in written.files)]
    )


def test_a_snapshot_without_exports_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "marts.1.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table nothing as select 1 as one").fetchall()
    with pytest.raises(ExportError, match="make run"):
        write_files(path, str(tmp_path / "out"))


@pytest.fixture
def home(snapshot: Path, tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.published.mkdir(parents=True)
    shutil.copy(snapshot, made.published / snapshot.name)
    (made.published / "marts.duckdb").symlink_to(snapshot.name)
    return made


def test_a_generation_is_exported_once_and_again_after_the_snapshots_began_anew(home: Home) -> None:
    published = published_snapshot(home)
    assert refresh_files(home) is not None
    assert refresh_files(home) is None
    # Whatever the clock says: another publish is another snapshot, also under the same name.
    with duckdb.connect(published) as connection:
        connection.execute(
            "create schema _meta; create table _meta.publication as select timestamp '2026-01-01' as published_at"
        ).fetchall()
    os.utime(published, (0, 0))
    assert refresh_files(home) is not None
    assert refresh_files(home) is None


def test_a_folder_without_a_format_that_runs_leave_is_written_anew(home: Home) -> None:
    write_files(published_snapshot(home), str(home.exports), [Format.CSV])
    assert refresh_files(home) is not None
    assert (home.exports / "crm_contact.parquet").exists()
    assert refresh_files(home) is None
