from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from ingestion.simulator import Settings, simulate
from tests.simulator.conftest import EVENTS_PER_DAY, Run, run

GOLDEN = "76a9d1c335ee755fa332231fe9a9342ab274a1b918d154821807d528667b9550"
"""Digest of a small landing. It changes only when the audience itself is changed on purpose."""


def test_the_same_seed_gives_the_same_bytes(demo: Run, tmp_path: Path) -> None:
    assert run(tmp_path).digests() == demo.digests()


def test_the_bytes_are_those_of_every_other_machine(tmp_path: Path) -> None:
    digests = run(tmp_path, days=3, events=6_000).digests()
    assert hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest() == GOLDEN


def test_another_seed_gives_another_audience(demo: Run, tmp_path: Path) -> None:
    other = run(tmp_path, seed=8)
    assert not {r["event_id"] for r in other.records()} & {r["event_id"] for r in demo.records()}


@pytest.mark.parametrize("day", [1, 4, 10])
def test_one_day_made_alone_is_that_day_of_the_whole(demo: Run, tmp_path: Path, day: int) -> None:
    alone = run(tmp_path, only_day=day).digests()
    assert len(alone) == 1
    assert alone.items() <= demo.digests().items()


def test_a_day_added_to_a_landing_leaves_the_days_before_it_alone(tmp_path: Path) -> None:
    grown = run(tmp_path / "grown", days=10)
    before = grown.digests()
    simulate(grown.landing, events=EVENTS_PER_DAY * 10, days=10, only_day=11)
    assert before.items() < grown.digests().items()
    at_once = run(tmp_path / "once", days=11).digests()
    native = {name: digest for name, digest in grown.digests().items() if name.startswith("native/")}
    assert native.items() <= at_once.items()


def test_the_views_of_an_added_day_are_sealed_like_those_of_the_whole(demo: Run, tmp_path: Path) -> None:
    alone = run(tmp_path, only_day=7)
    (sealed,) = (alone.root / "truths" / "views").iterdir()
    rows = ds.dataset(sealed).to_table().to_pylist()
    assert rows == ds.dataset(demo.root / "truths" / "views" / sealed.name).to_table().to_pylist()


def test_a_day_of_several_files_is_in_the_order_of_reception(tmp_path: Path) -> None:
    day = run(tmp_path, days=1, events=650_000)
    assert len(day.files()) == 3
    received = [record["received_at"] for record in day.records()]
    assert received == sorted(received)
    assert all(moment.startswith("2026-10-01") for moment in received)


def test_compressed_logs_hold_the_same_lines(demo: Run, tmp_path: Path) -> None:
    packed = run(tmp_path, compress=True)
    assert {file.suffix for file in packed.files()} == {".gz"}
    assert packed.lines() == demo.lines()


def test_workspaces_share_neither_devices_nor_users(tmp_path: Path) -> None:
    records = run(tmp_path, workspaces=12).records()
    assert len({r["workspace_id"] for r in records}) == 12
    for name in ("device_id", "user_id", "playback_id"):
        owners = {(r[name], r["workspace_id"]) for r in records if name in r}
        assert len(owners) == len({owned for owned, _ in owners}), name


@pytest.mark.parametrize("wrong", [{"events": 0}, {"days": 0}, {"workspaces": 0}, {"plant": frozenset({"ghosts"})}])
def test_impossible_settings_are_refused_with_a_reason(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|choose from"):
        Settings(**({"events": 10} | wrong))  # type: ignore[arg-type]


def test_days_count_from_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="counts from 1"):
        simulate(tmp_path / "landing", events=100, only_day=0)
