"""The hand-made story of tests/fixtures, to the numbers its README states."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.oracle.catalog import Catalog, Snapshot
from tests.oracle.expected import Expected, expect
from tests.oracle.stories import spans

STORY = Path(__file__).parents[1] / "fixtures" / "story"


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]  # one line was torn off


@pytest.fixture(scope="module")
def story() -> Expected:
    records = [record for path in sorted(STORY.glob("native/*.ndjson")) for record in lines(path)]
    catalog = Catalog([Snapshot(path.stem, None, lines(path)) for path in STORY.glob("catalog/*.ndjson")])
    return expect(records, catalog)


def test_what_everyone_watched(story):
    assert sorted(spans(story)) == [
        ("left", 0, 10),
        ("right", 0, 10),
        ("right", 0, 30),
        ("safety", 0, 17),
        ("safety", 0, 20),
        ("start", 0, 5),
        ("start", 0, 8),
        ("start", 0, 15.5),
        ("start", 0, 16),
        ("start", 0, 16),
        ("start", 0, 16),
        ("start", 0, 20),
        ("start", 8, 13),
        ("start", 18, 20),
    ]
    assert sorted(spans(story, "declared")) == [("safety", 0, 10), ("safety", 12, 17)]


def test_who_the_viewers_are(story):
    known = {"user:ann", "user:cleo", "user:eve", "user:gil"}
    assert {name for _, name in story.viewer_rows()} == known | {"device:ben-laptop", "device:dan-tablet"}
    assert [each.reason for each in story.rejected] == ["missing_viewer", "missing_event_type"]
    assert len(story.events) == 58


def test_the_first_day_of_the_tour(story):
    row = story.kpi_video_daily()["harbour", "tour", date(2026, 10, 5)]
    expected = {
        "view_count": 4,
        "impressions": 4,
        "implied_impressions": 2,
        "plays": 3,
        "unique_viewers": 3,
        "unique_authenticated_viewers": 2,
        "unique_viewers_anonymous_as_one": 3,
        "watch_seconds": 76.5,
        "average_view_seconds": 25.5,
        "engaged_viewers": 1,
        "attention_rate": 0.85,
        "completed_viewers": 1,
        "completed_viewers_by_position": 1,
        "completed_viewers_by_coverage": 1,
        "completed_viewers_by_event": 1,
        "sessions_with_play": 3,
        "bounces": 2,
        "quick_bounces": 2,
    }
    assert {name: row[name] for name in expected} == expected


def test_the_second_day_of_the_tour(story):
    row = story.kpi_video_daily()["harbour", "tour", date(2026, 10, 6)]
    expected = {
        "view_count": 2,
        "unique_viewers": 2,
        "watch_seconds": 46,
        "attention_rate": 0.92,
        "engaged_viewers": 2,
        "completed_viewers": 1,
        "sessions_with_play": 3,
        "bounces": 2,
        "quick_bounces": 0,
    }
    assert {name: row[name] for name in expected} == expected


def test_retention_at_the_quay(story):
    curve = {key[3]: row["watching"] for key, row in story.retention_curve().items() if key[2] == "start"}
    assert [curve[second] for second in (0, 15, 16, 19)] == [6, 6, 2, 2]
