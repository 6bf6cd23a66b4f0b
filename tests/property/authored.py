"""Random versions of what is authored beside the graph: elements, questions, options, videos, campaigns, assignments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.catalog import Snapshot
from tests.property.interactive import BOXES, ELEMENT_TYPES, ELEMENTS, WINDOWS
from tests.property.mutations import rarely

Row = dict[str, Any]
QUESTIONS = {"q1": "a", "q2": "b", "q3": "c", "e": None}
COSTS = (None, 0, 100, 49.99, 20, 3)
CURRENCIES = (None, "EUR", "EUR", " eur", "usd ")
OPTION_SETS: tuple[dict[str, str | None], ...] = (
    {"o1": "yes", "o2": "no", "o3": None},
    {"o1": "well", "o2": "badly", "o3": "not at all"},
    {"o1": "yes", "o2": " yes", "o3": "no", "o4": "nine"},
    {str(number): None for number in range(11)},
    {f"o{number}": str(number) for number in range(1, 6)},
    {"1": "bad", "2": "good", "o3": "7"},
)


def written(moment: datetime) -> str:
    """A moment as a catalog file spells it."""
    return moment.isoformat() + "Z"


def known(row: Row) -> Row:
    """The row without what it leaves open."""
    return {name: value for name, value in row.items() if value is not None}


def random_elements(random: Random, prefix: str, start: datetime) -> list[Row]:
    """Some elements, some of them with lines that hold one after or over another."""
    rows: list[Row] = []
    for element in ELEMENTS:
        for _ in range(random.choice([0, 1, 2, 2])):
            left, top, width, height = random.choice(BOXES)
            begin, end = random.choice(WINDOWS)
            since, until = (random.choice([None, None, 0, 1, 4]) for _ in range(2))
            rows.append(
                {
                    "video_id": random.choice([f"{prefix}v1", f"{prefix}v1", f"{prefix}v2"]),
                    "node_id": random.choice(["n1", "n1", "n1", "n2", f"{prefix}v1"]),
                    "element_id": element,
                    "element_type": random.choice(ELEMENT_TYPES),
                    "name": random.choice(["Buy", "Ask", None]),
                    "from_seconds": begin,
                    "to_seconds": end,
                    "box_x": left,
                    "box_y": top,
                    "box_width": width,
                    "box_height": random.choice([height, height, height, None]),
                    "to_node_id": random.choice(["n2", None, None]),
                    "destination_url": random.choice(["https://shop.example/3", None, None]),
                    "valid_from": None if since is None else written(start + timedelta(days=since)),
                    "valid_to": None if until is None else written(start + timedelta(days=until, hours=12)),
                }
            )
    return rows


def random_questions(random: Random, prefix: str, _: datetime) -> list[Row]:
    """Some questions, of one video, of any, of an element or of none."""
    return [
        {
            "question_id": question,
            "video_id": random.choice([f"{prefix}v1", f"{prefix}v1", f"{prefix}v2", None, None]),
            "element_id": element if rarely(random, 0.8) else random.choice([*ELEMENTS, None]),
            "text": random.choice(["Why?", None]),
            "topic": random.choice(["tides", "tides", "tides", "knots", None]),
            "scale": random.choice([*[None] * 8, "nps", "CSAT", "rating", "text", "stars"]),
            "max_score": random.choice([None, None, 0, 1, 10]),
        }
        for question, element in QUESTIONS.items()
        if rarely(random, 0.8)
    ]


def random_options(random: Random, _: str, __: datetime) -> list[Row]:
    """The options of some questions; of some the right one is known."""
    rows: list[Row] = []
    for question in QUESTIONS:
        if rarely(random, 0.7):
            options = random.choice(OPTION_SETS)
            right = random.choice([*options, *[next(iter(options))] * 3, None])
            for option, text in options.items():
                verdict = (option == right or None) if rarely(random, 0.7) else random.choice([True, False])
                rows.append({"question_id": question, "option_id": option, "text": text, "is_correct": right and verdict})
    return rows


def random_videos(random: Random, prefix: str, _: datetime) -> list[Row]:
    """The two videos, and one that nobody watches: what they cost and what they are for."""
    return [
        {
            "video_id": f"{prefix}{video}",
            "title": video,
            "kind": random.choice(["marketing", "Learning", None]),
            "cost": random.choice(COSTS),
            "currency": random.choice(CURRENCIES),
        }
        for video in ("v1", "v2", "v3")
        if rarely(random, 0.7)
    ]


def random_campaigns(random: Random, _: str, __: datetime) -> list[Row]:
    """Campaigns that views name, and one that none does."""
    return [
        {"campaign_id": f"utm_campaign-{number}", "cost": random.choice(COSTS), "currency": random.choice(CURRENCIES)}
        for number in (1, 2, 3)
        if rarely(random, 0.7)
    ]


def random_assignments(random: Random, prefix: str, start: datetime) -> list[Row]:
    """Who has to take which video until when; some are told twice."""
    return [
        {
            "user_id": f"{prefix}{random.choice(['u1', 'u2', 'u3'])}",
            "video_id": f"{prefix}{random.choice(['v1', 'v1', 'v2', 'v3'])}",
            "assigned_at": written(start - timedelta(days=2)),
            "due_at": random.choice([None, *(written(start + timedelta(days=days)) for days in (-1, 0, 0.5, 3, 6, 13))]),
            "org_unit": random.choice(["north", " south ", None]),
        }
        for _ in range(random.choice([3, 6, 9]))
    ]


ENTITIES: dict[str, Callable[[Random, str, datetime], list[Row]]] = {
    "elements": random_elements,
    "questions": random_questions,
    "options": random_options,
    "videos": random_videos,
    "campaigns": random_campaigns,
    "assignments": random_assignments,
}


def authored_snapshots(seed: int, workspace: str, prefix: str, start: datetime) -> list[Snapshot]:
    """No catalog for some streams; else, of most entities, one to three versions.

    Most of the first describe the beginning, so that the catalogs of many streams share a file.
    """
    random = Random(f"stream {seed}, authored")
    if rarely(random, 0.35):
        return []
    snapshots: list[Snapshot] = []
    for entity, random_rows in ENTITIES.items():
        if rarely(random, 0.2):
            continue
        moments: list[datetime | None] = [None if rarely(random, 0.8) else start - timedelta(days=3)]
        later = random.choice([[], [], [], [0.5], [2.5], [0.0, 4.0]])
        moments += [start + timedelta(days=days, seconds=10) for days in later]
        for moment in moments:
            rows = [known({"workspace_id": workspace, **row}) for row in random_rows(random, prefix, start)]
            if rows:
                snapshots.append(Snapshot(entity, moment, rows))
    return snapshots
