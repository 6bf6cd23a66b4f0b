"""The job `load` as a run on Spark starts it: processes of Dagster, one of which is killed."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from ingestion import manifest
from ingestion.home import Home
from ingestion.load import load_landing
from orchestration.lib.environment import Environment
from orchestration.lib.spreading import load_spread

PATIENCE_SECONDS = 120


class Assassin(threading.Thread):
    """Kills a process of this one's that is loading a share. Until then no loader may commit, so that none is done before it is found."""

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self.home, self.killed = home, 0

    def run(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        self.home.locks.mkdir(parents=True)
        with FileLock(self.home.locks / "commit.lock"):
            while not self.killed and time.monotonic() < until:
                # The survey, too, holds the lake, but stages nothing.
                if any(self.home.staging.glob("*/*")):
                    self.killed = next((child.pid for child in psutil.Process().children(recursive=True) if is_killed(child)), 0)
                time.sleep(0.05)


def is_killed(child: psutil.Process) -> bool:
    """Whether a process was one of Dagster's that holds the lake as a loader, and is no more."""
    try:
        if "spawn_main" not in " ".join(child.cmdline()) or not any("bronze.lock" in file.path for file in child.open_files()):
            return False
        child.kill()
    except psutil.Error:
        return False
    return True


def books(home: Home) -> list[tuple[str, str, int]]:
    return sorted((each.source, each.content_id, each.accepted) for each in manifest.every(home))


@pytest.fixture
def environment(tmp_path: Path, landing: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    home = tmp_path / "home"
    values = {
        "AUDIENCE_HOME": str(home),
        "LANDING": str(landing),
        "AUDIENCE_TARGET": "dev",
        "DAGSTER_HOME": str(home / "dagster"),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Environment.read()


def test_a_share_whose_process_is_killed_is_loaded_all_the_same(environment: Environment, tmp_path: Path) -> None:
    alone = Home(tmp_path / "alone")
    load_landing(environment.landing, alone)
    assassin = Assassin(environment.home)
    assassin.start()
    report = load_spread(environment, 2)
    assassin.join()
    assert assassin.killed
    assert report.failed == []
    assert books(environment.home) == books(alone)
    again = load_spread(environment, 2)
    assert again.loads == 0
    assert len(again.skipped) == len(books(alone))
