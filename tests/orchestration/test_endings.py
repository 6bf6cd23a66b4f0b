"""A run that the machine stops ends with 1 and a sentence."""

import logging
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.home import Home
from orchestration.cli import app
from orchestration.lib.dbt import lines_that_cannot_be_logged_dropped
from orchestration.lib.locking import set_aside_damaged


def test_a_home_that_cannot_be_written_stops_a_refresh_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "a [home]"
    in_the_way.write_text("a file")
    monkeypatch.setenv("AUDIENCE_HOME", str(in_the_way))
    monkeypatch.setenv("LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("AUDIENCE_TARGET", "dev")
    ended = CliRunner().invoke(app, ["refresh"])
    assert ended.exit_code == 1
    assert "Stopped:" in ended.output
    assert str(in_the_way) in ended.output
    assert "the next run goes on where this one stopped" in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_under_dbts_log_prints_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("on a full disk")
    logger.propagate = False
    full = logging.FileHandler("/dev/full")
    logger.addHandler(full)
    try:
        with lines_that_cannot_be_logged_dropped():
            logger.error("lost")
        assert "Traceback" not in capfd.readouterr().err
        logger.error("lost")
        assert "No space left on device" in capfd.readouterr().err
    finally:
        logger.removeHandler(full)
        with suppress(OSError):
            full.close()


@pytest.mark.parametrize(
    "said",
    [
        'IO Error: The file "w" exists, but it is not a valid DuckDB database file!',
        "model a: IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 3",
        "Serialization Error: Failed to deserialize: field id mismatch",
    ],
)
def test_what_duckdb_says_of_damage_sets_the_warehouse_aside(tmp_path: Path, said: str) -> None:
    home = Home(tmp_path)
    home.warehouse.write_text("damaged")
    home.warehouse.with_name("warehouse.duckdb.wal").write_text("its log")
    assert "warehouse.duckdb.damaged" in (set_aside_damaged(home.warehouse, said) or "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["warehouse.duckdb.damaged", "warehouse.duckdb.damaged.wal"]


@pytest.mark.parametrize(
    "said", ["IO Error: Could not set lock on file", "No space left on device", "Binder Error: no such column"]
)
def test_no_other_error_costs_the_warehouse(tmp_path: Path, said: str) -> None:
    home = Home(tmp_path)
    home.warehouse.write_text("sound")
    assert set_aside_damaged(home.warehouse, said) is None
    assert home.warehouse.exists()
