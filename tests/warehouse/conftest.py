"""One warehouse for all tests here: parsed, seeded and filled once, and put back to where a test wants to begin."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.property.warehouse import Warehouse
from tests.warehouse.stories import PLAYED_FIRST, PLAYED_SECOND, deliver, run

KEPT = ("warehouse.duckdb", "landing", "bronze", "quarantine")


def keep(warehouse: Warehouse, name: str) -> None:
    """Keep the installation as it is now, under a name."""
    duckdb.connect(str(warehouse.home.warehouse)).close()  # what a killed child left in the database's log goes into its file
    for part in KEPT:
        copy(warehouse.root / part, warehouse.root / "kept" / name / part)


def restore(warehouse: Warehouse, name: str) -> Warehouse:
    """Put the installation back to what was kept under a name."""
    warehouse.home.warehouse.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)
    warehouse.log.unlink(missing_ok=True)
    for part in KEPT:
        copy(warehouse.root / "kept" / name / part, warehouse.root / part)
    return warehouse


def copy(origin: Path, target: Path) -> None:
    """Make a file or a folder like another one, or absent where that is."""
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, target)
    elif origin.exists():
        shutil.copy(origin, target)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """An installation that remembers itself before and after two days by two devices were built."""
    warehouse = Warehouse(tmp_path_factory.mktemp("warehouse") / "home")
    warehouse.seed()
    keep(warehouse, "first day")
    deliver(warehouse, "first", *PLAYED_FIRST)
    deliver(warehouse, "second", *PLAYED_SECOND)
    run(warehouse)
    keep(warehouse, "two days")
    return warehouse


@pytest.fixture
def warehouse(kept: Warehouse) -> Warehouse:
    """An installation that knows the vocabulary and nothing else."""
    return restore(kept, "first day")


@pytest.fixture
def two_days(kept: Warehouse) -> Warehouse:
    """Two days by two devices, a file each, built."""
    return restore(kept, "two days")
