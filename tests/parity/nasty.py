"""Hand-made records on which two engines are likeliest to disagree: text, numbers, clocks, ties, nulls, declared ranges.

Each stream has a stretch of time of its own, so that it meets no other. `FIRST` lands before the full build, `SECOND` before
the incremental one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.parity.statements import FIRST_STATEMENTS, SECOND_STATEMENTS

Record = dict[str, Any]


def at(second: float, day: str = "2026-09-01", clock: str = "10") -> str:
    """A moment so many seconds into an hour of a day."""
    whole, part = divmod(round(second * 1_000_000), 1_000_000)
    return f"{day}T{clock}:{whole // 60:02d}:{whole % 60:02d}.{part:06d}Z"


def event(name: str, kind: str | None, second: float, **fields: Any) -> Record:
    """A native record, received a moment after it happened."""
    moment = fields.pop("occurred_at", at(second))
    return {"event_id": name, "event_type": kind, "occurred_at": moment, "received_at": moment, "video_id": "v"} | fields


def text_records() -> Iterable[Record]:
    """Identifiers and types that each engine could trim, lower, escape or order in its own way."""
    names = [
        " padded ", "\u00a0nbsp\u00a0", "\u2003em\u2003", "\ttab\t", "e\u0301", "\u00e9", "\U0001f3ac", "pipe|pipe", "it's", 'quo"te',
        "back\\slash", "per%cent%s", "\u0130stanbul", "stra\u00dfe", "new\nline", "bell\u0007", "A", "a", "Z", "_", "null", "0", "-0",
    ]  # fmt: skip
    for number, name in enumerate(names):
        common = {"device_id": name, "video_id": name, "playback_id": f"p{name}", "utm_campaign": name, "page_url": name}
        yield event(f"text {name}", "play", number * 2, position_seconds=0, **common)
        yield event(f"text {name} 2", "element_click", number * 2 + 1.5, element_id=name, response=[name, name], **common)
    kinds = [
        " Play ", "PLAY", "\u00a0play", "PLAY\u0130", "\u0130MPRESS\u0130ON", "made_up", "", "  ", "play\t", "\u03a3\u0391\u03a3", None,
    ]  # fmt: skip
    for number, kind in enumerate(kinds):
        said = {"k": kind, "n": [1.50, 1e-7, True, None]}
        yield event(f"type {number}", kind, number, device_id="types", properties=said)
    owners = [{}, {"device_id": "  "}, {"device_id": "\u00a0"}, {"user_id": "only user"}, {"playback_id": "only playback"}]
    for number, owner in enumerate(owners):
        yield event(f"owner {number}", "play", number, position_seconds=1, extra_field={"a": "\u00e9'\"\\"}, **owner)


def number_records() -> Iterable[Record]:
    """Positions, rates and amounts at the edges of what is plausible and of what rounds."""
    positions = [
        0, -0.0, -1, 1e-7, 0.0005, 1.0005, 1.005, 2.6755, 0.1 + 0.2, 86400, 86400.001, 1e300, 12.3456789, "7.5", "7,5", "NaN",
        33.333333333333336,
    ]  # fmt: skip
    for number, position in enumerate(positions):
        yield event(
            f"position {number}", "heartbeat", number * 3.3333, device_id="numbers", playback_id="n", position_seconds=position
        )
    for number, rate in enumerate([0, -1, 0.25, 1, 1.25, 2, 16, 16.0001, "1.5"]):
        common = {"device_id": f"rate {number}", "duration_seconds": 61.7, "playback_rate": rate}
        yield event(f"rate {number}", "play", 0, position_seconds=0.3333, **common)
        yield event(f"rate {number} 2", "pause", 7.7777, position_seconds=55.5555, **common)
        yield event(f"rate {number} 3", "ended", 9, **common)
    amounts = [0, 1, 0.1, 19.99, 0.1234565, 0.1234575, 12345678901234.123456, -3.5, "12.50", 1e-9, "x", True]
    flags = ["true", "false", True, "yes", 1, 0, None, "t"]
    for number, value in enumerate(amounts):
        bought = {"element_id": "e", "value": value, "currency": "EUR", "x": 0.1 * number, "y": 1 / 3, "position_seconds": number}
        scored = {"score": number / 7, "max_score": 3, "is_correct": flags[number % len(flags)]}
        yield event(f"value {number}", "product_click", number, device_id="shop", **bought, **scored)


def clock_records() -> Iterable[Record]:
    """Wrong, missing and borderline clocks."""
    moments = [
        ("2026-09-02T23:59:59.999999Z", "2026-09-03T00:00:00Z"), ("2026-09-03T01:30:00+02:00", "2026-09-02T23:30:01Z"),
        ("2026-02-29T10:00:00Z", "2026-03-01T10:00:00Z"), ("2024-02-29T23:59:59.5Z", "2024-03-01T00:00:00Z"),
        (None, "2026-09-03T12:00:00.123456Z"),
        ("2026-12-24T00:00:00Z", "2026-09-04T00:00:00Z"), ("2026-01-01T00:00:00Z", "2026-09-04T00:00:00.000001Z"),
        ("1999-12-31T23:59:59Z", None), ("2100-01-01T00:00:00Z", None), ("1582-10-10T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None), ("9999-12-31T23:59:59Z", "2026-09-05T00:00:00Z"), (1788253200.25, "2026-09-01T09:00:00Z"),
    ]  # fmt: skip
    for number, (own, received) in enumerate(moments):
        yield event(f"clock {number}", "play", 0, device_id="clocks", position_seconds=number, occurred_at=own) | {
            "received_at": received
        }
    for number, skew in enumerate([59.999999, 60, 60.000001, 3600, -7200]):
        hours, rest = divmod(36000 + skew, 3600)
        received = f"2026-09-06T{int(hours):02d}:{int(rest // 60):02d}:{rest % 60:09.6f}Z"
        own = {"occurred_at": "2026-09-06T09:59:58.5Z", "sent_at": "2026-09-06T10:00:00Z", "received_at": received}
        yield event(f"skew {number}", "play", 0, device_id=f"skew {number}", position_seconds=0) | own


def tie_records() -> Iterable[Record]:
    """Events at one moment, told apart by a sequence number that may be missing, or by their ids' bytes; and repeated ids."""
    names = [(None, "b"), (None, "a"), (2, "z"), (1, "y"), (1, "Y"), (-5, "\u00e9"), (1, "\U0001f3ac"), (1, "\uffee")]
    for number, (sequence, name) in enumerate(names):
        yield event(
            f"tie {name}", "play" if number % 2 else "pause", 30, device_id="ties", user_id=f"u{number % 3}" if number else None,
            sequence_number=sequence, position_seconds=number, utm_source=None if number < 3 else f"s{number}", browser=name,
        )  # fmt: skip
    same: Record = event("repeated", "play", 60, device_id="copies", position_seconds=1)
    yield same | {"received_at": at(62), "user_id": "late"}
    yield same | {"received_at": at(61), "user_id": None, "position_seconds": 3}
    yield same | {"received_at": at(61), "user_id": "b", "position_seconds": 2}
    yield same | {"received_at": at(61), "user_id": "B", "position_seconds": None}
    yield same | {"received_at": None, "user_id": "a"}
    yield same | {"occurred_at": "2026-08-31T10:00:00Z", "received_at": at(61)}
    yield {name: value for name, value in same.items() if name != "event_id"}
    yield {name: value for name, value in same.items() if name != "event_id"}


def range_records() -> Iterable[Record]:
    """What players declare as covered, and what they should not have."""
    declared: list[Any] = [
        [[0, 10], [5, 12.5]], [[0, 10], [10, 20], [20.0005, 30]], [[30, 20]], [[-1, 5]], [[3]], [[1, None]], [[0, 86401]], [], None,
        [[0, 1], [2]],
        [["0", "4.5"]], "[[0,4]]", [[1, 2, 3]], "junk", [[0.1, 0.1]], [[0, 1e3]], [[59.9994, 60.0006]], [1, 2], [[0, 5], "x"],
    ]  # fmt: skip
    for number, ranges in enumerate(declared):
        common = {"device_id": f"ranges {number}", "video_id": "declared", "played_ranges": ranges, "duration_seconds": 60}
        yield event(f"ranges {number}", "play", 0, position_seconds=0, **common)
        done = {"is_completion": number % 2 == 0, "completion_threshold": 0.8}
        yield event(f"ranges {number} 2", "exit", 40, position_seconds=40, reported_watch_seconds=number, **done, **common)


def moving_records() -> Iterable[Record]:
    """A view that will turn out to have begun the day before, alone in its dates, and a session that two late events will bridge."""
    alone = {"device_id": "mover", "playback_id": "moving", "video_id": "moved"}
    yield event("moving 1", "play", 0, occurred_at="2015-03-02T00:00:05Z", position_seconds=15, **alone)
    yield event("moving 2", "pause", 0, occurred_at="2015-03-02T00:00:25Z", position_seconds=35, **alone)
    yield event("neighbour", "play", 0, occurred_at="2016-03-02T00:00:05Z", device_id="neighbour", position_seconds=0)
    yield event("bridged 1", "play", 0, occurred_at="2016-03-01T23:00:00Z", device_id="bridged", position_seconds=0)
    yield event("bridged 2", "pause", 0, occurred_at="2016-03-02T00:05:00Z", device_id="bridged", position_seconds=9)
    yield event(
        "shared 1", "play", 0, occurred_at="2017-01-01T10:00:00Z", device_id="shared", user_id="first", position_seconds=0
    )
    yield event("shared 2", "play", 0, occurred_at="2017-01-05T10:00:00Z", device_id="shared", position_seconds=0)


def late_records() -> Iterable[Record]:
    """What makes the streams of `moving_records` and the copies other than they were."""
    alone = {"device_id": "mover", "playback_id": "moving", "video_id": "moved"}
    yield event("moving 0", "play", 0, occurred_at="2015-03-01T23:59:50Z", position_seconds=0, **alone)
    yield event("bridged 3", "heartbeat", 0, occurred_at="2016-03-01T23:29:59Z", device_id="bridged", position_seconds=4)
    yield event("bridged 4", "heartbeat", 0, occurred_at="2016-03-01T23:50:00Z", device_id="bridged", position_seconds=8)
    yield event(
        "shared 3", "identify", 0, occurred_at="2018-01-01T10:00:00Z", device_id="shared", user_id="second", video_id=None
    )
    yield event("repeated", "play", 60, device_id="copies", position_seconds=9) | {"received_at": at(60.5)}
    yield event("text  padded ", "pause", 44, device_id="padded", video_id="padded", playback_id="p padded ")


def ndjson(records: Iterable[Any]) -> str:
    """The records as landed, a line each."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


LENGTHS: list[Any] = [
    "abc", "1e2", "0", "-5", "1_000", "NaN", "Infinity", "12d", "0x10", True, None, 1.50, 90000, "+3", ".5", "5.", [1], {"a": 1.0},
]  # fmt: skip
CATALOG: list[Record] = [
    {"video_id": "v", "node_id": "v", "title": "V", "duration_seconds": "61.7"},
    {"video_id": "declared", "node_id": "declared", "title": "", "duration_seconds": 60},
    {"video_id": "moved", "node_id": "moved", "duration_seconds": " 40 "},
    *(
        {"video_id": "odd", "node_id": f"n{number}", "title": "\u00e9 'x'", "duration_seconds": value}
        for number, value in enumerate(LENGTHS)
    ),
]
CHANGED = [row | {"duration_seconds": 50} if row["video_id"] == "declared" else row for row in CATALOG if row["node_id"] != "n3"]
OFFERS: list[Any] = [
    ("12.5", "2026-10-01"), (0.1234565, "2026-10-01T10:00:00Z"), ("1e3", "2026-10-01T10:00:00+02:00"), ("abc", "10/01/2026"),
    ("-0.0000005", "2026-10-01 10:00"), (" 5 ", "2026-10-01T10"), ("1_0", ""), (None, None),
    ("99999999999999.999999", "2026-10-01 10:00:00.1234567"), ("999999999999999", "now"), (1e-7, "2026-1-2"), ("5d", "infinity"),
]  # fmt: skip
VIDEOS = [
    {"video_id": f"vid{number}", "title": 7, "cost": cost, "currency": "EUR", "published_at": published}
    for number, (cost, published) in enumerate(OFFERS)
]
CONTACTS = [
    {"user_id": f"u{number}", "email": f" \u00dcU{number}@W.example ", "account_id": f" a{number} ", "consent_marketing": said}
    for number, said in enumerate(["yes", "TRUE", "1", True, None, "maybe", "f", "on", " true ", "n", 0, "T"])
]
# Broken in every way that can be pointed at: ways to nowhere, questions without options, options without questions, goals without steps.
BROKEN: dict[str, list[Record]] = {
    "edges": [
        {"video_id": "v", "from_node_id": "v", "to_node_id": "nowhere \u00e9", "element_id": "b", "is_default": True},
        {"video_id": "v", "from_node_id": "v", "to_node_id": None},
        {"video_id": "v", "from_node_id": "v", "to_node_id": "declared", "is_default": "true"},
    ],
    "elements": [
        {"video_id": "v", "node_id": "gone", "element_id": "e", "from_seconds": 9, "to_seconds": "3"},
        {"video_id": "v", "node_id": "v", "element_id": "e", "valid_from": "2026-01-01", "valid_to": "2026-09-01"},
        {"video_id": "v", "node_id": "v", "element_id": "e", "valid_from": "2026-03-01"},
    ],
    "questions": [{"question_id": "q", "element_id": "none", "video_id": "v", "scale": "Stars"}, {"question_id": "q2"}],
    "options": [{"question_id": "lost", "option_id": "o"}, {"question_id": "q", "option_id": "o", "is_correct": False}],
    "goals": [{"goal_id": "empty"}, {"goal_id": "odd", "steps": [{"event_type": " PLAY "}, {"event_type": "levitate"}, {}]}],
    "experiments": [{"experiment_id": "x", "variants": [{"variant_id": " a ", "planned_share": "0.7"}, {"variant_id": "b"}]}],
    "assignments": [{"user_id": "u1", "video_id": "v", "assigned_at": "2026-02-02", "due_at": "2026-01-01"}],
    "accounts": [{"account_id": "a0", "name": "A"}],
}  # fmt: skip

RECORDS = [*text_records(), *number_records(), *clock_records(), *tie_records(), *range_records(), *moving_records()]
WITHDRAWN = "native/withdrawn.ndjson"
GONE = event("withdrawn", "play", 0, occurred_at="2014-01-01T10:00:00Z", device_id="withdrawn", position_seconds=0)

FIRST = {
    "native/nasty.ndjson": ndjson(RECORDS),
    WITHDRAWN: ndjson([GONE]),
    "xapi/nasty.ndjson": ndjson(FIRST_STATEMENTS),
    "catalog/nodes/as_of=2026-08-01/nasty.ndjson": ndjson(CATALOG),
    "catalog/videos/as_of=2026-08-01/nasty.ndjson": ndjson(VIDEOS),
    "catalog/contacts/as_of=2026-08-01/nasty.ndjson": ndjson(CONTACTS),
    **{f"catalog/{entity}/as_of=2026-08-01/nasty.ndjson": ndjson(rows) for entity, rows in BROKEN.items()},
}
SECOND = {
    "native/late.ndjson": ndjson(late_records()),
    "xapi/late.ndjson": ndjson(SECOND_STATEMENTS),
    "catalog/nodes/as_of=2026-08-20/nasty.ndjson": ndjson(CHANGED),
}
