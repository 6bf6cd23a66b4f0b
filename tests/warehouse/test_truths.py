"""One audience with everything planted and two with nothing; the long version is `make truths`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.audiences import Crowd, Told, crowds, tell
from benchmarks.truth_checks import HARDLY_ANY, MOST, BrokenSealError, sealed
from ingestion.simulator import simulate

SEED = 8


def told(folder: Path, crowd: Crowd) -> Told:
    return tell(folder, crowd, SEED)


@pytest.fixture(scope="module")
def campaign() -> list[Crowd]:
    return crowds(audiences=1, planted_events=250_000, plain_events=30_000, decisive=1, decisive_events=1)


@pytest.fixture(scope="module")
def planted(campaign: list[Crowd], tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(tmp_path_factory.mktemp("planted"), campaign[0])


@pytest.fixture(scope="module")
def plain(campaign: list[Crowd], tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(tmp_path_factory.mktemp("plain"), replace(campaign[1], audiences=2))


def test_everything_planted_is_found_and_nothing_beside_it(planted: Told) -> None:
    assert [answer for answer in planted.answers if answer.is_met is False] == []
    assert {answer.check.truth for answer in planted.answers if answer.is_met} == {
        "drop_off", "unmarked_object", "better_variant", "hard_question", "unvisited_node",
    }  # fmt: skip


def test_nothing_is_found_where_nothing_is_planted(plain: Told) -> None:
    assert [answer for answer in plain.answers if answer.is_met is False] == []
    assert {answer.of for answer in plain.answers} == {2}


def test_there_was_something_to_find_and_nothing_to_find(planted: Told, plain: Told) -> None:
    assert planted.counts["clicks_on_unmarked_object"] > 30
    assert planted.counts["visits_of_unvisited_node"] == 0
    assert plain.counts["visits_of_unvisited_node"] > 0


def test_a_bound_is_taken_to_its_strict_side() -> None:
    assert [MOST.limit(of) for of in (1, 3, 20, 100)] == [1, 3, 18, 90]
    assert [HARDLY_ANY.limit(of) for of in (1, 3, 20, 100)] == [0, 0, 1, 5]
    assert MOST.allows(90, 100)
    assert not MOST.allows(89, 100)
    assert HARDLY_ANY.allows(5, 100)
    assert not HARDLY_ANY.allows(6, 100)


def test_truths_changed_after_the_simulation_are_refused(tmp_path: Path) -> None:
    simulate(tmp_path / "landing", events=500, days=1)
    file = tmp_path / "truths" / "truths.json"
    content = json.loads(file.read_text())
    assert sealed(tmp_path / "truths")["parameters"]["events"] == 500
    file.write_text(json.dumps(content | {"planted": {}}))
    with pytest.raises(BrokenSealError):
        sealed(tmp_path / "truths")
