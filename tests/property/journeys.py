"""Random ways through a branching story: choices before and after the move, jumps, loops, replays, and what they lead to.

What `playbacks.py` draws event by event seldom makes a path; here a person walks from node to node, reported well or
badly. Every draw comes from a generator of its own, so that the rest of a stream stays as its seed makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.property.mutations import delivered, duplicated, rarely

Record = dict[str, Any]
Said = list[tuple[float, Record]]

PLACES = ("n1", "n2", "n3")
SHARE_OF_STREAMS = 0.6
INSTANTS = (0.0, 0.0, 0.02, 1.0, 4.0, 10.0)
BREAKS = (20.0, 600.0, 1800.02, 7200.0, 86400.0)
CLICKS = ("element_click", "cta_click", "product_click", "add_to_cart", "form_submit", "question_answer", "share")


@dataclass(frozen=True)
class Traveller:
    """Whose events they are, and in which video."""

    device: str | None
    user: str | None
    playback: str | None
    video: str


def random_traveller(random: Random, prefix: str) -> Traveller:
    """One of the stream's few people and devices; seldom one that only a playback names."""
    device = random.choice([f"{prefix}d1", f"{prefix}d2", f"{prefix}d3", None])
    user = random.choice([None, None, f"{prefix}u1", f"{prefix}u2"])
    playback = random.choice([None, f"{prefix}p1", f"{prefix}p4"])
    if device is None and user is None and playback is None:
        device = f"{prefix}d1"
    return Traveller(device, user, playback, random.choice([f"{prefix}v1", f"{prefix}v2"]))


def move(random: Random, origin: str | None, target: str) -> Said:
    """What is reported of going from one node to another: a choice before or after the move, a jump, or only the move."""
    wait = random.choice(INSTANTS)
    door: Record = {"event_type": "node_enter", "node_id": target}
    choice: Record = {"event_type": "branch_choice", "node_id": origin, "to_node_id": target}
    if rarely(random, 0.5):
        choice["element_id"] = random.choice("ab")
    if rarely(random, 0.4):
        choice["position_seconds"] = random.choice([0.0, 8.0, 18.0])
    manner = random.random()
    if manner < 0.20:
        return [(wait, choice), (random.choice(INSTANTS), door)]
    if manner < 0.40:
        return [(wait, door), (random.choice(INSTANTS), choice)]
    if manner < 0.55:
        # The element says where it leads only in the catalog, if anywhere.
        kind = random.choice(["element_click", "branch_choice", "cta_click"])
        click = {"event_type": kind, "node_id": origin, "element_id": random.choice("ab")}
        return [(wait, click), (random.choice(INSTANTS), door)]
    if manner < 0.65:
        return [(wait, {"event_type": "chapter_select", "node_id": random.choice([origin, target])}), (0.0, door)]
    if manner < 0.75:
        leap = {"event_type": "seek", "node_id": target, "position_from_seconds": 9.0, "position_to_seconds": 3.0}
        return [(wait, leap)]
    return [(wait, door), (0.02, dict(door))] if rarely(random, 0.3) else [(wait, door)]


def stay(random: Random, node: str) -> Said:
    """What is reported from inside a node: playing, clicking, its end, or nothing."""
    said: Said = []
    position = random.choice([0.0, 0.0, 0.5, 1.02, 5.0])
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        kind = random.choice(["play", "heartbeat", "heartbeat", "pause", "resume", "question_shown", *CLICKS])
        record: Record = {"event_type": kind, "node_id": node, "position_seconds": position}
        if kind in CLICKS:
            record["element_id"] = random.choice(["a", "b", None])
            record["destination_url"] = random.choice([None, "https://shop.example/"])
        step = random.choice(INSTANTS)
        said.append((step, record))
        position = round(position + step, 3)
    if rarely(random, 0.35):
        said.append((random.choice(INSTANTS), {"event_type": "ended", "node_id": node, "position_seconds": position}))
    return said


def way(random: Random) -> Said:
    """One walk through the story: mostly a few nodes, seldom more than a screen shows."""
    said: Said = []
    origin: str | None = None
    for _ in range(25 if rarely(random, 0.04) else random.choice([1, 2, 3, 3, 4, 6])):
        target = random.choice(PLACES)
        if origin is None:
            said.append((0.0, {"event_type": random.choice(["impression", "play", "node_enter"]), "node_id": target}))
        else:
            said += move(random, origin, target)
        said += stay(random, target)
        origin = target
    if rarely(random, 0.4):
        said.append((random.choice(INSTANTS), {"event_type": random.choice(["exit", "ended", "pause"]), "node_id": origin}))
    return said


def afterwards(random: Random) -> Said:
    """What may follow a walk: pages and conversions, of the video or of none."""
    kinds = random.choice([[], ["conversion"], ["page_view", "conversion"], ["conversion", "conversion"]])
    return [
        (random.choice([*INSTANTS, 600.0, 3600.0]), {"event_type": kind, "is_of_video": rarely(random, 0.4)}) for kind in kinds
    ]


def random_journeys(seed: int, workspace: str | None, prefix: str, start: datetime) -> list[Record]:
    """The journeys of a stream as delivered (copies included), for most streams; their times are datetimes."""
    random = Random(f"journeys {seed}")
    if not rarely(random, SHARE_OF_STREAMS):
        return []
    records: list[Record] = []
    moment = start + timedelta(seconds=random.choice([0.0, 30.0, 1800.0, 86400.0]))
    traveller = random_traveller(random, prefix)
    for _ in range(random.choice([1, 2, 3, 4])):
        if rarely(random, 0.6):
            traveller = random_traveller(random, prefix)
        context = {
            column: f"{column}-{random.randint(1, 2)}"
            for column in ("device_type", "country", "utm_campaign")
            if rarely(random, 0.4)
        }
        for step, fields in [*way(random), *afterwards(random)]:
            moment += timedelta(seconds=step)
            said = {**fields}
            of_video = said.pop("is_of_video", True)
            whose = {"device_id": traveller.device, "user_id": traveller.user, "playback_id": traveller.playback}
            named = {
                "event_id": f"j{len(records)}",
                "workspace_id": workspace,
                **whose,
                "video_id": traveller.video if of_video else None,
                **context,
                **said,
            }
            records.append(delivered(random, named, moment))
        moment += timedelta(seconds=random.choice(BREAKS))
    return duplicated(random, records, prefix)
