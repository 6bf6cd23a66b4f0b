"""One strike of every fault that costs little; `make faults` tries all of them, hundreds of times."""

import random
from pathlib import Path

import pytest

from benchmarks.faults.campaign import FAULTS, Strike, campaign, schedule, strike
from benchmarks.faults.folders import without_mounts
from benchmarks.faults.installation import Installation
from benchmarks.faults.prepared import Prepared, prepare
from benchmarks.faults.proofs import closed_books, open_books
from benchmarks.faults.scene import Fault, Scene, Stage
from benchmarks.faults.services import services
from ingestion.load import load_landing

SEED = 5
# A home that turns read-only needs several tries to meet a run; a folder that cannot be written is the same to it.
CHEAP = [fault for fault in FAULTS if fault.stage is Stage.LOAD and fault.name != "readonly"]
COSTLY = [fault for fault in FAULTS if fault.stage is not Stage.LOAD]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("faults") / "prepared", builds=False)


def struck(fault: Fault, prepared: Prepared, folder: Path, tries: int = 2) -> Strike:
    """The first strike of a fault that meets its run."""
    if reason := fault.unavailable():
        pytest.skip(reason)
    with services() as started:
        for number in range(1, tries + 1):
            scene = Scene(Installation(folder / str(number)), prepared, fault.stage, random.Random(f"{SEED}/{number}"), started)
            done = strike(scene, fault, number)
            if done.struck or done.problems or done.unhealed:
                return done
    pytest.skip(f"none of {tries} strikes met its moment")


@pytest.mark.parametrize("fault", CHEAP, ids=lambda fault: fault.key)
def test_a_load_survives_it_and_the_next_run_heals_it(fault: Fault, prepared: Prepared, tmp_path: Path) -> None:
    done = struck(fault, prepared, tmp_path)
    assert (done.where, [*done.problems, *done.unhealed]) == (done.where, [])


@pytest.fixture
def loaded(prepared: Prepared, tmp_path: Path) -> Installation:
    made = Installation(tmp_path / "loaded")
    made.copy_from(prepared.bases[Stage.LOAD])
    assert load_landing(str(made.landing), made.home).failed == []
    return made


def test_the_proof_holds_for_an_undisturbed_load(loaded: Installation, prepared: Prepared) -> None:
    assert closed_books(loaded.home.root, loaded.landing, prepared.lake) == []


def test_a_row_that_counts_twice_is_noticed_at_once(loaded: Installation) -> None:
    found = next(path for path in (loaded.home.bronze / "native").rglob("*.parquet") if path.name != "schema.parquet")
    found.with_name("again.parquet").write_bytes(found.read_bytes())
    assert any("000.ndjson" in problem for problem in open_books(loaded.home.root))


def test_a_load_that_is_lost_is_noticed(loaded: Installation, prepared: Prepared) -> None:
    next(path for path in (loaded.home.manifests / "native").iterdir()).unlink()
    assert closed_books(loaded.home.root, loaded.landing, prepared.lake)


@pytest.mark.skipif(without_mounts() is not None, reason="nothing can be mounted here")
def test_a_disk_that_was_large_enough_has_not_struck(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.faults import folders

    monkeypatch.setitem(folders.ROOM_BYTES, Stage.LOAD, 2**30)

    class Generous(random.Random):
        def random(self) -> float:
            return 0.9

        def randrange(self, *arguments: int) -> int:  # type: ignore[override]
            return 2**26

    fault = next(each for each in FAULTS if each.key == "disk-load")
    with services() as started:
        done = strike(Scene(Installation(tmp_path / "scene"), prepared, fault.stage, Generous(), started), fault, 1)
    assert (done.struck, done.problems, done.unhealed) == (False, [], [])


def test_strikes_are_spread_by_shares_and_numbered() -> None:
    planned = schedule(FAULTS, 300)
    assert {fault.key for fault, _ in planned} == {fault.key for fault in FAULTS}
    by_fault = {fault.key: [number for each, number in planned if each == fault] for fault in FAULTS}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_fault.values())
    assert len(by_fault["kill-load"]) > len(by_fault["warehouse-build"])


@pytest.mark.campaign
def test_builds_and_publishes_survive_it_too(tmp_path: Path) -> None:
    faults = [fault for fault in COSTLY if not fault.unavailable()]
    ready = prepare(tmp_path / "prepared", builds=True)
    ended = list(campaign(tmp_path, ready, schedule(faults, 2 * len(faults)), SEED, workers=2))
    assert [
        (each.fault.key, each.number, [*each.problems, *each.unhealed]) for each in ended if each.problems or each.unhealed
    ] == []
