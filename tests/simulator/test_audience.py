from __future__ import annotations

import itertools
import json
import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from tests.oracle.catalog import Catalog
from tests.oracle.records import VOCABULARY, events_of
from tests.oracle.segments import watched
from tests.oracle.sequences import sessions_of, views_of
from tests.simulator.conftest import EVENTS_PER_DAY, Run, run

RATES = {"duplicates": 0.01, "malformed": 0.0005, "unknown_types": 0.001, "unknown_fields": 0.005}


def within(count: int, of: int, rate: float) -> bool:
    """Whether a count of independent trials lies within five standard deviations of what its rate promises."""
    return abs(count - of * rate) <= 5 * math.sqrt(of * rate * (1 - rate))


def views(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ds.dataset(run.root / "truths" / "views").to_table().to_pylist()
    return rows


def undelivered(run: Run) -> set[str]:
    return set(ds.dataset(run.root / "truths" / "undelivered.parquet").to_table()["playback_id"].to_pylist())


def by_playback(run: Run) -> dict[str, list[dict[str, Any]]]:
    """Each playback's records once, in the player's order."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for record in run.records():
        if "playback_id" in record:
            found[record["playback_id"]][record["event_id"]] = record
    return {name: sorted(records.values(), key=lambda r: r["sequence_number"]) for name, records in found.items()}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_there_are_about_as_many_lines_as_asked_for(demo: Run) -> None:
    assert abs(len(demo.lines()) - 10 * EVENTS_PER_DAY) < EVENTS_PER_DAY


@pytest.mark.parametrize(("truth", "rate"), RATES.items())
def test_oddities_come_at_their_rate(demo: Run, truth: str, rate: float) -> None:
    assert within(demo.truths["counts"][truth], len(demo.lines()), rate)


def test_visits_play_resume_and_come_late_at_their_rates(demo: Run) -> None:
    rows = views(demo)
    assert within(sum(row["is_resumed"] for row in rows), len(rows), 0.02)
    assert within(sum(row["is_late"] for row in rows), len(rows), 0.024)
    people = [row for row in rows if not row["is_bot"] and not row["is_resumed"]]
    assert within(sum(row["is_played"] for row in people), len(people), 0.78)


def test_about_one_record_in_a_hundred_is_late(demo: Run) -> None:
    late = [r for r in demo.records() if moment(r["received_at"]) - moment(r["sent_at"]) < timedelta(minutes=1)
            and moment(r["received_at"]) - moment(r["occurred_at"]) > timedelta(days=1)]  # fmt: skip
    assert 0.005 < len(late) / len(demo.records()) < 0.015
    assert all(moment(r["received_at"]) - moment(r["occurred_at"]) < timedelta(days=9) for r in late)


def test_the_sealed_counts_are_those_of_the_files(demo: Run) -> None:
    counts, lines, records = demo.truths["counts"], demo.lines(), demo.records()
    assert counts["lines"] == len(lines)
    assert counts["malformed"] == len(lines) - len(records)
    ids = Counter(r["event_id"] for r in records)
    assert counts["duplicates"] >= len(records) - len(ids) > 0.9 * counts["duplicates"]  # some originals arrive too late
    assert counts["unknown_types"] == sum(r["event_type"] not in VOCABULARY for r in records)
    assert counts["unknown_fields"] == sum("player_hints" in r for r in records)
    assert counts["text_numbers"] == sum(isinstance(r.get("position_seconds"), str) for r in records)
    assert counts["visits"] == len(views(demo))
    assert demo.truths["lines_by_kind"] == Counter(r["event_type"] for r in records)


def test_records_say_only_what_they_know(demo: Run) -> None:
    assert not any(value is None for record in demo.records() for value in record.values())


def test_a_view_watches_what_its_truth_says(demo: Run) -> None:
    records = [{**r, "position_seconds": float(r["position_seconds"])} if "position_seconds" in r else r for r in demo.records()]
    truths, unfinished = {row["playback_id"]: row for row in views(demo)}, undelivered(demo)
    compared = 0
    for view in views_of(sessions_of(events_of(records)[0])):
        if view.playback_id is None or view.playback_id in unfinished:
            continue
        measured, truth = watched(view, Catalog()), truths[view.playback_id]
        assert round(measured.watch_seconds * 1000) == truth["proven_milliseconds"]
        assert round(measured.unique_watched_seconds * 1000) == truth["proven_unique_milliseconds"]
        assert truth["proven_milliseconds"] <= truth["watched_milliseconds"]
        compared += 1
    assert compared > 2_500


def test_a_branch_choice_leads_to_its_node_and_names_an_element_only_when_a_person_made_it(demo: Run) -> None:
    made = defaults = 0
    for records in by_playback(demo).values():
        for here, then in itertools.pairwise(records):
            if here["event_type"] == "branch_choice" and then["sequence_number"] == here["sequence_number"] + 1:
                assert (then["event_type"], then["node_id"], float(then["position_seconds"])) == (
                    "node_enter",
                    here["to_node_id"],
                    0,
                )
                made += "element_id" in here
                defaults += "element_id" not in here
    assert within(made, made + defaults, 0.78)


def test_resumed_playbacks_go_on_one_to_five_days_later(demo: Run) -> None:
    playbacks, unfinished = by_playback(demo), undelivered(demo)
    resumed = [row["playback_id"] for row in views(demo) if row["is_resumed"] and row["playback_id"] not in unfinished]
    assert resumed
    for name in resumed:
        times = [moment(r["occurred_at"]) for r in playbacks[name]]
        assert timedelta(days=1) <= max(b - a for a, b in itertools.pairwise(times)) < timedelta(days=6)


def test_devices_come_a_few_times_within_a_fortnight(demo: Run) -> None:
    starts: dict[str, list[datetime]] = defaultdict(list)
    for row in views(demo):
        starts[row["device_id"]].append(row["started_at"])
    assert max(max(times) - min(times) for times in starts.values()) < timedelta(days=14)
    assert 1.2 < len(views(demo)) / len(starts) < 2
    assert max(map(len, starts.values())) < 20


def test_bots_click_by_the_hundred_and_watch_nothing(demo: Run) -> None:
    bots = [row for row in views(demo) if row["is_bot"]]
    assert bots
    assert not any(row["watched_milliseconds"] for row in bots)
    playbacks, unfinished = by_playback(demo), undelivered(demo)
    assert all(len(playbacks[row["playback_id"]]) > 150 for row in bots if row["playback_id"] not in unfinished)


def test_planted_truths_show_in_the_logs(demo: Run) -> None:
    counts = demo.truths["counts"]
    assert counts["visits_of_unvisited_node"] == 0
    assert counts["hard_question_right"] / counts["hard_question_answers"] < 0.4
    assert counts["exits_in_drop_off_second"] > 0.1 * counts["exits_in_drop_off_node"]
    assert counts["clicks_on_unmarked_object"] > 5


def test_without_planting_the_logs_are_clean_and_hold_no_truth(plain: Run) -> None:
    counts = plain.truths["counts"]
    for odd in (
        "malformed",
        "duplicates",
        "late",
        "unknown_types",
        "unknown_fields",
        "text_numbers",
        "bot_lines",
        "skewed_lines",
    ):
        assert counts[odd] == 0, odd
    assert counts["visits_is_resumed"] == counts["visits_is_late"] == counts["visits_is_bot"] == 0
    assert counts["visits_of_unvisited_node"] > 0
    assert counts["hard_question_right"] / counts["hard_question_answers"] > 0.6
    assert counts["exits_in_drop_off_second"] < 0.05 * counts["exits_in_drop_off_node"]
    assert counts["clicks_on_unmarked_object"] < 3
    assert not any(truth["is_planted"] for truth in plain.truths["planted"].values())
    assert len(plain.lines()) == len(plain.records())
    assert counts["watched_milliseconds"] == counts["proven_milliseconds"]


def test_the_weights_of_the_audiences_say_whose_videos_are_watched(tmp_path: Path) -> None:
    learning = run(tmp_path, days=2, events=4_000, audience_weights=(0, 1, 0, 0))
    assert {record["video_id"] for record in learning.records() if "video_id" in record} == {"ladder-safety", "data-basics"}


def test_a_day_on_which_nobody_plays_holds_impressions_alone(tmp_path: Path) -> None:
    quiet = run(tmp_path, days=30, events=60)
    days: dict[str, set[str]] = defaultdict(set)
    for record in quiet.records():
        days[record["received_at"][:10]].add(record["event_type"])
    assert len(days) == 30
    assert {"impression"} in days.values()


def test_one_element_lies_elsewhere_in_the_second_catalog(demo: Run) -> None:
    before, after = demo.catalog("elements.ndjson"), demo.catalog("elements/as_of=2026-10-06/elements.ndjson")
    moved = [now["element_id"] for was, now in zip(before, after, strict=True) if was != now]
    assert moved == ["buy-now"] == [each["element_id"] for each in demo.truths["catalog_change"]["moved"]]


def test_everything_the_logs_name_is_in_the_catalog(demo: Run) -> None:
    nodes = {(row["video_id"], row["node_id"]) for row in demo.catalog("nodes.ndjson")}
    elements = {(row["video_id"], row["element_id"]) for row in demo.catalog("elements.ndjson")}
    options = {row["option_id"] for row in demo.catalog("options.ndjson")}
    edges = {(row["from_node_id"], row["to_node_id"]) for row in demo.catalog("edges.ndjson")}
    for r in demo.records():
        assert "node_id" not in r or (r["video_id"], r["node_id"]) in nodes
        assert "video_id" not in r or "element_id" not in r or (r["video_id"], r["element_id"]) in elements
        assert set(r.get("response", ())) <= options or r["element_id"] == "chart-comment"
        assert "to_node_id" not in r or (r["node_id"], r["to_node_id"]) in edges


def test_the_catalog_gives_no_truth_away(demo: Run) -> None:
    behaviour = {"weight", "mastery", "attraction", "patience", "moved_box", "lure"}
    for file in (demo.landing / "catalog").rglob("*.ndjson"):
        assert not any(behaviour & json.loads(line).keys() for line in file.read_text().splitlines())
