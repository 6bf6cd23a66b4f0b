"""Random visits in which people do things: click beside and on boxes, answer, skip, rate, buy and return what they bought.

They draw from a generator of their own, so that the playbacks of a stream stay what its seed made them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.property.mutations import Record, delivered, rarely

ELEMENTS = ("a", "b", "c", "d", "e")
ELEMENT_TYPES = ("hotspot", "cta", "product", "question", "question", "question", "poll", "survey", "CTA", None)
BOXES = ((0.2, 0.2, 0.2, 0.1), (0.2, 0.2, 0.2, 0.1), (0.5, 0.4, 0.3, 0.3), (0.9, 0.0, 0.1, 0.1), (0.0, 0.95, 1.0, 0.05))
WINDOWS = ((None, None), (5.0, 12.0), (5.0, 12.0), (10.0, None), (None, 8.5), (30.0, 30.5))
REACHES = (0.0, 0.0, 0.05, 0.050001, 0.04, 0.2)
# On the grid of hundredths on which segments are compared: the milliseconds beside an edge are tried by hand.
PATIENCES = (0.0, 1.0, 2.0, 2.02, 6.0)
STEPS = (0.0, 0.02, 1.0, 2.5, 4.0, 9.98)
BEGINNINGS = (0.0, 0.0, 1.0, 2.0, 20.0, 26.0, 48.0, 90.0, 167.0, 200.0)
# A list with a null in it does not get past ingestion (docs/lake.md).
RESPONSES: tuple[Any, ...] = (
    ["o1"], ["o1"], ["o2"], ["o1", "o2"], ["yes"], [" yes ", "o1"], ["no"], ["0"], ["3"], ["5"], ["7"], ["9"], ["10"], ["11"],
    [" 4.5 "], ["nine"], ["well\nsaid", "twice"], [""], [], None,
)  # fmt: skip
VALUES = (None, 10, 19.99, -5.5, 0, 0.01, 100.000001, 7)
CURRENCIES = (None, "EUR", "EUR", "eur", " usd ", "USD", " ")
PROPERTIES: tuple[Any, ...] = (
    None, {"goal": "buy"}, {"goal": " ", "goal_id": "g", "kind": "sale"}, {"order_id": 12}, {"type": " trial ", "transaction_id": "t-1"},
)  # fmt: skip
SINCE_A_VISIT = (
    timedelta(), timedelta(microseconds=1), timedelta(seconds=30), timedelta(hours=2), timedelta(days=2), timedelta(days=6),
    timedelta(days=7), timedelta(days=7, microseconds=1), timedelta(days=7, seconds=10),
)  # fmt: skip
DEEDS = (
    "element_click", "cta_click", "product_click", "add_to_cart", "chapter_select", "share", "branch_choice", "form_submit",
    "surface_click", "surface_click", "surface_click", "question_answer", "question_answer", "question_answer",
    "poll_answer", "survey_response", "survey_response", "element_skip", "question_skip", "heartbeat", "heartbeat",
)  # fmt: skip
SHOWINGS = ("element_shown", "element_shown", "form_shown", "question_shown", "element_hidden")


@dataclass(frozen=True)
class Visitor:
    """Whose visit it is, of what, and where they came from."""

    fields: Record
    reports_showings: bool


def random_visitor(random: Random, prefix: str) -> Visitor:
    """One of the stream's few people on one of its few devices, in one of its two videos."""
    fields = {
        "device_id": random.choice([f"{prefix}d1", f"{prefix}d2", f"{prefix}d3", f"{prefix}d3", None]),
        "user_id": random.choice([f"{prefix}u1", f"{prefix}u2", None, None]),
        "playback_id": random.choice([f"{prefix}p1", f"{prefix}i1", f"{prefix}i2", None]),
        "video_id": random.choice([f"{prefix}v1", f"{prefix}v1", f"{prefix}v2"]),
        "node_id": random.choice(["n1", "n1", "n1", "n2", None]),
        "utm_campaign": random.choice(["utm_campaign-1", "utm_campaign-2", None]),
        "country": random.choice(["country-1", None]),
    }
    if not any(fields[name] for name in ("device_id", "user_id", "playback_id")):
        fields["device_id"] = f"{prefix}d1"
    return Visitor(fields, rarely(random, 0.4))


def random_place(random: Random) -> Record:
    """A place at, beside or away from the edges of some box, at, beside or away from the edges of some window."""
    left, top, width, height = random.choice(BOXES)
    reach = random.choice(REACHES)
    x = random.choice([left - reach, left + width / 2, left + width / 2, left + width + reach])
    y = random.choice([top - random.choice([0.0, reach]), top + height / 2, top + height / 2, top + height + reach])
    begin, end = random.choice(WINDOWS)
    patience = random.choice(PATIENCES)
    at = random.choice([(begin or 0.0) - patience, (begin or 0.0) + 0.5, (10.0 if end is None else end) + patience])
    place = {"x": x, "y": y, "position_seconds": at}
    if rarely(random, 0.1):
        place[random.choice(["x", "y", "position_seconds"])] = random.choice([None, -0.1, 640, 1, 0])
    return place


def random_answer(random: Random) -> Record:
    """What was answered, and how the emitter graded it, if at all."""
    answer: Record = {"response": random.choice(RESPONSES)}
    if rarely(random, 0.3):
        answer["score"] = random.choice([0, 0.5, 1, 5, 10, -1, 2e9])
    if rarely(random, 0.3):
        answer["max_score"] = random.choice([0, 1, 10])
    if rarely(random, 0.2):
        answer["is_correct"] = random.choice([True, False])
    return answer


def random_deed(random: Random, kind: str) -> Record:
    """One thing done, with or without the element it was done to and the node it was done in."""
    deed: Record = {"event_type": kind}
    if kind == "heartbeat":
        return deed
    if kind != "surface_click" or rarely(random, 0.15):
        deed["element_id"] = random.choice(ELEMENTS)
    if rarely(random, 0.5):
        deed["element_type"] = random.choice(ELEMENT_TYPES)
    if rarely(random, 0.15):
        deed["destination_url"] = random.choice(["https://shop.example/1", "https://shop.example/2"])
    if rarely(random, 0.1) or kind == "branch_choice":
        deed["to_node_id"] = random.choice(["n1", "n2"])
    if kind == "surface_click" or rarely(random, 0.4):
        deed |= random_place(random)
    if kind in ("question_answer", "poll_answer", "survey_response"):
        deed |= random_answer(random)
    if rarely(random, 0.08):
        deed["element_id"] = None
    if rarely(random, 0.25):
        deed["node_id"] = random.choice([None, "n2"])
    return deed


def random_visit(random: Random, visitor: Visitor) -> list[tuple[float, Record]]:
    """What one visit says: (seconds since the event before, fields)."""
    said: list[tuple[float, Record]] = [(0.0, {"event_type": "impression"})] if rarely(random, 0.3) else []
    position = 0.0
    if rarely(random, 0.8):
        said.append((0.0, {"event_type": "play", "position_seconds": 0.0, "duration_seconds": 40}))
    for _ in range(random.choice([0, 2, 4, 8, 12])):
        step = random.choice(STEPS)
        position = round(position + step, 3)
        if visitor.reports_showings and rarely(random, 0.4):
            said.append((0.0, random_deed(random, random.choice(SHOWINGS))))
        said.append((step, {"position_seconds": position} | random_deed(random, random.choice(DEEDS))))
    said.append(
        (10.0, {"event_type": random.choice(["heartbeat", "pause", "ended"]), "position_seconds": round(position + 10.0, 3)})
    )
    return [(step, {**visitor.fields, **fields}) for step, fields in said]


def random_conversion(random: Random, visitor: Visitor) -> Record:
    """A purchase, a refund or a lead, of the visitor or of somebody else on the same device."""
    fields = {name: visitor.fields[name] for name in ("device_id", "user_id", "playback_id")}
    if rarely(random, 0.2) and fields["device_id"]:
        fields["user_id"] = None
    return {
        **fields,
        "event_type": "conversion",
        "video_id": random.choice([None, visitor.fields["video_id"]]),
        "value": random.choice(VALUES),
        "currency": random.choice(CURRENCIES),
        "properties": random.choice(PROPERTIES),
    }


def random_visits(random: Random, prefix: str, start: datetime) -> list[tuple[datetime, Record]]:
    """A few visits, some at the very same moment, and what was bought after them."""
    said: list[tuple[datetime, Record]] = []
    begin, visitor = start, random_visitor(random, prefix)
    for _ in range(random.choice([0, 1, 2, 3, 4, 6])):
        if rarely(random, 0.85):
            begin = start + timedelta(hours=random.choice(BEGINNINGS), seconds=random.choice([0, 3, 600]))
        if rarely(random, 0.6):
            visitor = random_visitor(random, prefix)
        moment = begin
        for step, fields in random_visit(random, visitor):
            moment += timedelta(seconds=step)
            said.append((moment, fields))
        while rarely(random, 0.55):
            said.append((begin + random.choice(SINCE_A_VISIT), random_conversion(random, visitor)))
    return said


def a_class(random: Random, prefix: str, start: datetime) -> list[tuple[datetime, Record]]:
    """People answering the same three questions, at times enough for a correlation to mean something, and drawn to one mistake."""
    said: list[tuple[datetime, Record]] = []
    is_graded = rarely(random, 0.3)
    for number in range(random.choice([12, 29, 30, 34])):
        skill = random.random()
        for second, element in enumerate(("a", "b", "c")):
            knows = random.random() < skill
            answer: Record = {
                "event_type": "question_answer",
                "device_id": f"{prefix}pupil{number}",
                "video_id": f"{prefix}v1",
                "element_id": element,
            }
            answer |= (
                {"is_correct": knows} if is_graded else {"response": ["o1" if knows else random.choice(["o2", "o2", "o2", "o3"])]}
            )
            said.append((start + timedelta(seconds=number * 4 + second), answer))
    return said


def a_crowd(random: Random, prefix: str, start: datetime) -> list[tuple[datetime, Record]]:
    """Several people who click on the same nothing, some of them more than once."""
    said: list[tuple[datetime, Record]] = []
    for number in range(random.choice([2, 3, 5, 8, 12])):
        whose = {"device_id": f"{prefix}guest{number}", "video_id": f"{prefix}v2", "node_id": "n1"}
        moment = start + timedelta(minutes=number)
        said.append((moment, {**whose, "event_type": "play", "position_seconds": 0.0}))
        for click in range(random.choice([1, 1, 2, 3])):
            place = {"x": random.choice([0.61, 0.63, 0.66]), "y": 0.12, "position_seconds": random.choice([21.0, 21.5, 23.98])}
            said.append((moment + timedelta(seconds=20 + click), {**whose, "event_type": "surface_click", **place}))
    return said


def a_search(random: Random, prefix: str, start: datetime) -> list[tuple[datetime, Record]]:
    """Somebody who clicks all over a node in search of something to click on."""
    whose = {"device_id": f"{prefix}seeker", "video_id": f"{prefix}v1", "node_id": "n1"}
    said: list[tuple[datetime, Record]] = [(start, {**whose, "event_type": "play", "position_seconds": 0.0})]
    for number in range(random.choice([5, 12])):
        said.append((start + timedelta(seconds=number), {**whose, "event_type": "surface_click", **random_place(random)}))
    return said


def a_learner(random: Random, prefix: str, start: datetime) -> list[tuple[datetime, Record]]:
    """Somebody who watches a whole video, answers what it asks, and comes back to answer better."""
    whose = {
        "user_id": f"{prefix}{random.choice(['u1', 'u2', 'u3'])}",
        "video_id": f"{prefix}{random.choice(['v1', 'v1', 'v2'])}",
    }
    said: list[tuple[datetime, Record]] = [
        (start, {**whose, "event_type": "play", "position_seconds": 0.0, "duration_seconds": 20}),
        (start + timedelta(seconds=20), {**whose, "event_type": "ended", "position_seconds": 20.0}),
    ]
    for second, element in enumerate(("a", "b", "c")):
        for lesson in range(random.choice([0, 1, 2])):
            answer = {**whose, "event_type": "question_answer", "element_id": element, **random_answer(random)}
            if rarely(random, 0.5):
                answer["is_correct"] = rarely(random, 0.5)
            said.append((start + timedelta(hours=lesson, seconds=2 + second), answer))
    return said


def a_regular(random: Random, prefix: str, start: datetime) -> list[tuple[datetime, Record]]:
    """Somebody with more views than are looked at, and a conversion after them."""
    whose = {"device_id": f"{prefix}regular", "video_id": f"{prefix}v1"}
    said: list[tuple[datetime, Record]] = [
        (start + timedelta(minutes=number), {**whose, "event_type": "play", "playback_id": f"{prefix}r{number}"})
        for number in range(random.choice([99, 100, 103]))
    ]
    bought = {"event_type": "conversion", "device_id": whose["device_id"], "value": 19.99, "currency": "EUR"}
    return [*said, (start + timedelta(hours=20), bought)]


def interactive_records(seed: int, workspace: str | None, prefix: str, start: datetime) -> list[Record]:
    """The records of a stream's interactive visits, as delivered; times are still datetimes."""
    random = Random(f"stream {seed}, interactive")
    said = random_visits(random, prefix, start)
    for share, gathering in ((0.3, a_search), (0.3, a_learner), (0.12, a_class), (0.12, a_crowd), (0.02, a_regular)):
        if rarely(random, share):
            said += gathering(random, prefix, start + timedelta(days=random.choice([0, 1, 3])))
    records: list[Record] = []
    for number, (moment, fields) in enumerate(said):
        named = {"event_id": f"i{number}", "workspace_id": workspace, **fields}
        # Most arrive as they should: what a wrong clock does is tried elsewhere, and would leave few edges to meet.
        is_plain = rarely(random, 0.7)
        records.append({**named, "occurred_at": moment} if is_plain else delivered(random, named, moment))
        if rarely(random, 0.05):
            records.append(dict(records[-1]))
    return records
