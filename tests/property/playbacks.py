"""Random playbacks: what a player and the person before it say, plausible and not."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.property.mutations import rarely

Record = dict[str, Any]

STEPS = (0.0, 0.0, 0.02, 1.0, 2.5, 4.0, 9.98, 10.0, 10.0, 10.0, 12.0, 25.0, 61.0)
PAUSES = (600.0, 1799.98, 1800.0, 1800.02, 7200.0, 86400.0, 3 * 86400.0, 7 * 86400.0, 7 * 86400.0 + 0.02, 8 * 86400.0)
RATES = (0.5, 1.0, 1.25, 1.5, 2.0)
INTERACTIONS = (
    "element_click", "cta_click", "product_click", "add_to_cart", "form_submit", "question_answer", "poll_answer",
    "survey_response", "chapter_select", "share", "branch_choice",
)  # fmt: skip
BYSTANDERS = (
    "impression", "volume_change", "fullscreen_change", "element_shown", "element_hidden", "element_skip",
    "form_shown", "question_shown", "question_skip", "surface_click", "error", "other", "mystery_event",
    " Play ", "PAUSE", "page_view", "identify", "conversion",
)  # fmt: skip
PLAYER = ("play", "pause", "resume", "seek", "heartbeat", "heartbeat", "heartbeat", "rate_change", "buffer_start",
          "buffer_end", "node_enter", "ended", "exit")  # fmt: skip
CONTEXT = (
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer", "page_url", "experiment_id",
    "variant_id", "device_type", "os", "browser", "country", "player_version",
)  # fmt: skip


@dataclass
class Playhead:
    """Where a simulated player stands: what the next event of a plausible playback would say."""

    device: str | None
    user: str | None
    playback: str | None
    video: str | None
    node: str | None
    position: float = 0.0
    rate: float = 1.0
    playing: bool = False


def random_playhead(random: Random, prefix: str) -> Playhead:
    """A new visit: known and unknown devices, users and playbacks in every combination."""
    device = random.choice([f"{prefix}d1", f"{prefix}d1", f"{prefix}d2", f"{prefix}d3", None])
    user = random.choice([f"{prefix}u1", f"{prefix}u2", None, None, None])
    playback = random.choice([f"{prefix}p1", f"{prefix}p2", f"{prefix}p3", None, None])
    if device is None and user is None and playback is None and not rarely(random, 0.1):
        device = f"{prefix}d1"
    video = random.choice([f"{prefix}v1", f"{prefix}v1", f"{prefix}v2"])
    node = random.choice(["n1", "n2", "n3", None, None])
    return Playhead(device, user, playback, video, node, rate=random.choice((1.0, 1.0, 1.0, *RATES)))


def advanced(random: Random, head: Playhead, seconds: float) -> float:
    """The position after some wall time; now and then a player's clock says something else."""
    if rarely(random, 0.06):
        return random.choice([0.0, 3.0, 12.5, 20.0, 37.98, 60.0, 95.0])
    return round(head.position + (min(seconds, 90.0) * head.rate if head.playing else 0.0), 3)


def player_event(random: Random, head: Playhead, kind: str) -> Record:
    """The fields one player event adds, and its effect on the playhead."""
    record: Record = {"position_seconds": head.position}
    if kind in ("play", "resume", "heartbeat", "buffer_end"):
        head.playing = True
    elif kind in ("pause", "buffer_start", "ended", "exit"):
        head.playing = False
    elif kind == "seek":
        target = random.choice([0.0, 5.0, 18.5, 30.0, 55.0, 90.0])
        record = {"position_from_seconds": head.position, "position_to_seconds": target}
        if rarely(random, 0.2):
            del record[random.choice(list(record))]
        if rarely(random, 0.2):
            record["position_seconds"] = random.choice([head.position, target])
        head.position = target
    elif kind == "rate_change":
        head.rate = random.choice(RATES)
        record["playback_rate"] = head.rate
    elif kind == "node_enter":
        head.node, head.position = random.choice(["n1", "n2", "n3", None]), 0.0
        record = {"position_seconds": 0.0} if rarely(random, 0.5) else {}
    if rarely(random, 0.12):
        record.pop("position_seconds", None)
    return record


def interaction_event(random: Random, head: Playhead, kind: str) -> Record:
    """The fields an interaction adds."""
    record: Record = {"position_seconds": head.position} if rarely(random, 0.6) else {}
    if kind == "branch_choice":
        record["to_node_id"] = random.choice(["n1", "n2", "n3"])
    if rarely(random, 0.6):
        record["element_id"] = random.choice(["a", "b", " "])
    if rarely(random, 0.2):
        record["destination_url"] = "https://shop.example/"
    if kind in ("question_answer", "poll_answer"):
        record["response"] = [random.choice(["yes", "no"])]
    return record


def oddities(random: Random, head: Playhead, record: Record) -> None:
    """Fields that any event may carry: durations, rates, declared ranges, completion, context, nonsense."""
    if rarely(random, 0.3):
        record["duration_seconds"] = random.choice([20, 40, 40.0, 60, 100, 0, -1, 90000])
    if rarely(random, 0.08):
        record["playback_rate"] = random.choice([head.rate, 1.0, 2.0, 0, 17, -1])
    if rarely(random, 0.05):
        record["played_ranges"] = random.choice(
            [[[0, 10]], [[0, 10], [10, 20]], [[5, 12.5], [30, 38]], [[8, 8]], [[-1, 4]], [[0, 96.5]], [[3]], [[0, 90000]], []]
        )
    if rarely(random, 0.03):
        record["is_completion"] = random.choice([True, True, False])
    if rarely(random, 0.04):
        record["completion_threshold"] = random.choice([0.5, 0.8, 0.95])
    if rarely(random, 0.05):
        record["reported_watch_seconds"] = random.choice([3, 12.5, 40, 0, -1, 90000])
    if rarely(random, 0.03):
        record["position_seconds"] = random.choice([-1, 0, 200.0, 86400.5])
    if rarely(random, 0.15):
        column = random.choice(CONTEXT)
        record[column] = f"{column}-{random.randint(1, 2)}"
    if rarely(random, 0.3):
        record["sequence_number"] = random.randint(1, 4)


def as_seen_on(head: Playhead, fields: Record) -> Record:
    """The fields with whose they are and where they happened."""
    return {
        **fields,
        "device_id": head.device,
        "user_id": head.user,
        "playback_id": head.playback,
        "video_id": head.video,
        "node_id": head.node,
    }


def random_event(random: Random, head: Playhead) -> Record:
    """One event of a playback."""
    drawn = random.random()
    if drawn < 0.68:
        kind = random.choice(PLAYER)
        record = player_event(random, head, kind)
    elif drawn < 0.84:
        kind = random.choice(INTERACTIONS)
        record = interaction_event(random, head, kind)
    else:
        kind = random.choice(BYSTANDERS)
        record = {}
    record["event_type"] = kind
    if rarely(random, 0.01):
        record["event_type"] = random.choice([None, " "])
    oddities(random, head, record)
    record = as_seen_on(head, record)
    if rarely(random, 0.2):
        record["user_id"] = None
    if rarely(random, 0.05) or kind == "page_view":
        record["video_id"] = None
    if kind == "identify" and head.device:
        record["user_id"] = f"{head.device[: head.device.index('d')]}u{random.randint(1, 2)}"
    if rarely(random, 0.02):
        record[random.choice(["device_id", "user_id", "playback_id", "video_id"])] = "  "
    return record


def faithful_playback(random: Random, head: Playhead) -> list[tuple[float, Record]]:
    """A playback as a good player reports it: (seconds since the event before, fields), from play to the end.

    Some stop halfway, some skip, some choose a branch and go on in the next node.
    """
    length = random.choice([20.0, 40.0])
    said: list[tuple[float, Record]] = [(0.0, {"event_type": "impression"})] if rarely(random, 0.5) else []
    said.append((0.5, {"event_type": "play", "position_seconds": 0.0, "duration_seconds": length}))
    position = 0.0
    while position < length:
        position += 10.0
        if rarely(random, 0.1):
            said.append((4.0, {"event_type": "exit", "position_seconds": position - 6.0}))
            return said
        kind = "heartbeat" if position < length else random.choice(["ended", "branch_choice", "pause"])
        said.append((10.0 / head.rate, {"event_type": kind, "position_seconds": position}))
    if rarely(random, 0.4):
        said.append((1.0, {"event_type": "play", "position_seconds": 0.0}))
        said.append((8.0 / head.rate, {"event_type": "pause", "position_seconds": 8.0}))
    return said
