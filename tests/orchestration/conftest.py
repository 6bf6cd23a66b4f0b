"""A small landed audience, and the command line as a person runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingestion.simulator import simulate

REPOSITORY = Path(__file__).parents[2]
FIRST_DAY = date(2026, 10, 1)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of logs, of which the last is kept back beside the landing zone."""
    folder = tmp_path_factory.mktemp("landed") / "landing"
    simulate(folder, events=3_000, days=3, start=FIRST_DAY, seed=11)
    (folder / "native" / "2026-10-03").rename(folder.parent / "late")
    return folder


@pytest.fixture(scope="module")
def start(landing: Path) -> Start:
    """Start ``python -m orchestration ...`` on a home beside the landing zone."""

    def run(*arguments: str) -> "subprocess.Popen[str]":
        environment = {**os.environ, "AUDIENCE_HOME": str(landing.parent / "home"), "LANDING": str(landing)}
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration", *arguments],
            cwd=REPOSITORY,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    return run


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a run that must end well; what it said."""
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    return output
