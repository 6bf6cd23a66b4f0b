"""A few runs killed at random moments; the long version is `make kill`."""

import random
from pathlib import Path

import pytest

from benchmarks.kill import Verdict, campaign, split

KILLS = 4


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return campaign(tmp_path_factory.mktemp("killed"), times=KILLS, events=4_000, days=4, seed=3)


def test_runs_were_killed_before_they_ended(verdict: Verdict) -> None:
    assert sum(strike.where is not None for strike in verdict.strikes) == KILLS


def test_one_clean_run_after_them_gives_the_marts_of_an_undisturbed_build(verdict: Verdict) -> None:
    assert verdict.differences == []


def test_instalments_deliver_every_file_once() -> None:
    files = [Path(str(number)) for number in range(9)]
    parts = split(files, 4, random.Random(1))
    assert sorted(file for part in parts for file in part) == sorted(files)
    assert len(parts) == 4
    assert all(parts)
