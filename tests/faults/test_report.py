"""Ratios and tables of a benchmark, from measurements made up by hand."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console

from benchmarks.__main__ import measure, planned, recorded, resumed
from benchmarks.measure import Machine, Measurement
from benchmarks.ratios import Ratio, beyond_ratios, growth_ratios, history_ratios, size_ratios
from benchmarks.report import STEPS, chart_lines, markdown, show
from benchmarks.scenarios import Measured, Size

SECONDS = {"floor": 7.0, "ingest": 21.0, "tolerant-reader": 14.0, "tolerant-text": 30.0, "models": 28.0, "data tests": 9.0}
REFRESHES = {"full refresh": 110.0, "start-up": 10.0, "new day": 20.0, "nothing new": 4.0}


def measurement(name: str, seconds: float) -> Measurement:
    slowest = [{"name": "events", "type": "model", "seconds": 3.0}]
    return Measurement(
        name, seconds, seconds * 2, 2**30, (0.5, 0.7), {"slowest": slowest, "model_seconds": 1.0, "test_seconds": 2.0}
    )


def measured(size: Size, seconds: dict[str, float]) -> Measured:
    found = Measured(size, landed_lines=size.events, landed_bytes=size.events * 470)
    for name in STEPS:
        if name in seconds:
            found.add(measurement(name, seconds[name] * 1.5))
            found.add(measurement(name, seconds[name]))
    found.lossless = [{"name": "records", "landed": 5, "kept": 5, "holds": True}]
    return found


@pytest.fixture
def sizes() -> list[Measured]:
    everything = {**SECONDS, **REFRESHES, "lossless": 1.0}
    return [
        measured(Size(1_000, 30), everything),
        measured(Size(10_000, 30), everything),
        measured(Size(10_000, 300), {**REFRESHES, "start-up": 14.0, "new day": 25.0}),
    ]


def by_name(ratios: list[Ratio]) -> dict[str, Ratio]:
    return {ratio.name: ratio for ratio in ratios}


def test_the_faster_round_counts_and_goals_are_at_most(sizes: list[Measured]) -> None:
    ratios = by_name(list(size_ratios(sizes[1])))
    assert ratios["ingest / floor"].value == pytest.approx(3.0)
    assert ratios["ingest / floor"].is_met is False
    assert ratios["models / floor"].value == pytest.approx(4.0)
    assert ratios["models / floor"].is_met
    assert Ratio("as much as may be", 2.2, 2.2).is_met
    assert ratios["nothing new"].value == pytest.approx(4.0)


def test_a_load_is_held_against_the_faster_peer(sizes: list[Measured]) -> None:
    faster = by_name(list(size_ratios(sizes[1])))["ingest / faster tolerant peer (tolerant-reader)"]
    assert faster.value == pytest.approx(1.5)
    assert faster.is_met is False


def test_a_new_day_is_measured_beyond_the_start_up(sizes: list[Measured]) -> None:
    day = by_name(list(size_ratios(sizes[1])))["new day of 30 / full refresh, beyond start-up"]
    assert day.value == pytest.approx((20 - 10) / (110 - 10))
    assert day.is_met


def test_each_history_has_its_own_start_up(sizes: list[Measured]) -> None:
    in_all, beyond = history_ratios(sizes[0], sizes[2])
    assert in_all.value == pytest.approx(25 / 20)
    assert beyond.value == pytest.approx((25 - 14) / (20 - 10))


def test_what_is_lost_in_the_noise_is_no_number(sizes: list[Measured]) -> None:
    quick = measured(Size(1_000, 30), {**SECONDS, **REFRESHES, "lossless": 1.0, "new day": 9.0})
    beyond = list(history_ratios(quick, sizes[2]))[1]
    assert math.isnan(beyond.value)
    assert beyond.is_met is None
    page = markdown(Machine.here(), [quick, *sizes[1:]], datetime(2026, 11, 22, tzinfo=UTC))
    assert "| noise |" in page
    assert "nan" not in page


def test_all_numbers_are_kept_as_plain_json(sizes: list[Measured]) -> None:
    record = json.loads(json.dumps(recorded(Machine.here(), sizes, [], datetime(2026, 11, 22, tzinfo=UTC))))
    assert record["is_lossless"]
    assert len(record["measured"]["10000x30"]["rounds"]["ingest"]) == 2


def test_a_load_that_nobody_proved_is_not_lossless(sizes: list[Measured]) -> None:
    unproved = measured(Size(50_000, 30), {"ingest": 84.0, "full refresh": 660.0, "nothing new": 4.0})
    unproved.lossless = []
    assert not recorded(Machine.here(), [*sizes, unproved], [], datetime(2026, 11, 22, tzinfo=UTC))["is_lossless"]


def test_what_was_written_down_is_read_again_as_it_was(sizes: list[Measured]) -> None:
    record = json.loads(json.dumps(recorded(Machine.here(), sizes[:1], [], datetime(2026, 11, 22, tzinfo=UTC))))
    assert Measured.recorded(record["measured"]["1000x30"]) == sizes[0]


def test_a_size_already_measured_is_not_measured_again(sizes: list[Measured], tmp_path: Path) -> None:
    done = {each.size.name: each for each in sizes}
    assert list(measure(tmp_path, planned(10_000, None), done, lambda *_: None)) == sizes


def test_numbers_of_another_machine_are_not_gone_on_with(sizes: list[Measured], tmp_path: Path) -> None:
    machine = Machine.here()
    there = tmp_path / "there.json"
    there.write_text(
        json.dumps(recorded(replace(machine, cores=machine.cores + 1), sizes, [], datetime(2026, 11, 22, tzinfo=UTC)))
    )
    with pytest.raises(typer.BadParameter, match="another machine"):
        resumed(there, machine)


def test_a_size_beyond_is_compared_with_the_large_one(sizes: list[Measured]) -> None:
    beyond = measured(Size(50_000, 30), {"ingest": 84.0, "lossless": 1.0, "full refresh": 660.0, "nothing new": 4.0})
    ratios = by_name(list(beyond_ratios(sizes[1], beyond)))
    assert ratios["ingest: growth over 5 times the events, divided by 5"].value == pytest.approx(84 / 21 / 5)
    assert ratios["full refresh: growth over 5 times the events, divided by 5"].is_met is False
    page = markdown(Machine.here(), [*sizes, beyond], datetime(2026, 11, 22, tzinfo=UTC))
    assert "beyond CPU s" in page
    assert 'ARGS="--beyond 50000"' in page


def test_terminal_and_page_show_every_step_and_a_missed_goal(sizes: list[Measured]) -> None:
    output = StringIO()
    show(Console(file=output, width=200), Machine.here(), sizes)
    page = markdown(Machine.here(), sizes, datetime(2026, 11, 22, tzinfo=UTC))
    for text in (*STEPS, *REFRESHES, "NO"):
        assert text in output.getvalue()
        assert text in page


def test_growth_is_divided_by_that_of_the_events(sizes: list[Measured]) -> None:
    ratios = by_name(list(growth_ratios(sizes[0], sizes[1])))
    assert ratios["ingest: growth over 10 times the events, divided by 10"].value == pytest.approx(0.1)


def test_the_chart_shows_each_number_that_has_a_goal_as_a_multiple_of_it() -> None:
    lines = chart_lines([Ratio("ingest / floor", 3.3, 2.2), Ratio("start-up", 40.0, None), Ratio("nothing new", 1.0, 10.0)])
    assert '    x-axis ["ingest / floor", "nothing new"]' in lines
    assert "    bar [1.50, 0.10]" in lines
    assert "    line [1, 1]" in lines
