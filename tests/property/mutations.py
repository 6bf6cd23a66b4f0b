"""What delivery does to records: clocks that are off, arrival days late, copies that disagree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

Record = dict[str, Any]

SMALL_DELAYS = (0.0, 0.1, 5.0, 59.98, 60.0)
CLOCK_ERRORS = (-3600.0, -60.02, 60.02, 95.0, 7200.0, -86400.0 * 20, 86400.0 * 3)


def rarely(random: Random, share: float) -> bool:
    """True in this share of cases."""
    return random.random() < share


def delivered(random: Random, record: Record, moment: Any) -> Record:
    """The record with its three times: what the client's clock said, when it sent, when it arrived.

    `moment` is when it truly happened, as a naive UTC datetime.
    """
    drawn = random.random()
    if drawn < 0.12:
        return {**record, "occurred_at": moment}
    if drawn < 0.17:
        return {**record, "received_at": moment}
    late = timedelta(days=random.choice([1, 2, 13])) if rarely(random, 0.12) else timedelta()
    delay = timedelta(seconds=random.choice(SMALL_DELAYS))
    received = moment + late + delay
    if drawn < 0.30:
        return {**record, "occurred_at": moment, "received_at": received}
    if drawn < 0.38:
        error = timedelta(seconds=random.choice(CLOCK_ERRORS))
        sent = moment + late + error
        return {**record, "occurred_at": moment + error, "sent_at": sent, "received_at": received}
    if drawn < 0.41:
        # The very edges of what a clock is believed, and what lies beyond them.
        ahead = random.choice(
            [timedelta(days=1), timedelta(days=1, microseconds=20), timedelta(days=2), -timedelta(days=90),
             -timedelta(days=90, microseconds=20), -timedelta(days=100)]
        )  # fmt: skip
        return {**record, "occurred_at": moment + ahead, "received_at": moment}
    if drawn < 0.415:
        wild = moment.replace(year=random.choice([1999, 2004, 2100]), month=1, day=1)
        return {**record, "occurred_at": wild, "received_at": random.choice([None, moment])}
    return {**record, "occurred_at": moment, "sent_at": moment + late, "received_at": received}


OTHERWISE: dict[str, tuple[Any, ...]] = {
    "position_seconds": (None, 0.0, 7.0, 33.0),
    "event_type": ("play", "pause", "page_view", "ended", None),
    "sequence_number": (None, 1, 9),
    "node_id": (None, "n1", "n2"),
}
WHOSE = ("device_id", "device_id", "user_id", "playback_id", "video_id")


def changed(random: Random, record: Record, prefix: str) -> Record:
    """A copy that disagrees with its original: in what it says, in whose it is, or only in when it arrived.

    Half of the copies arrived first, and so displace their original wherever they land.
    """
    copy = dict(record)
    drawn = random.random()
    if drawn < 0.4:
        field = random.choice(WHOSE)
        copy[field] = random.choice([None, f"{prefix}{field[0]}1", f"{prefix}{field[0]}2", f"{prefix}{field[0]}4"])
    elif drawn < 0.8:
        field = random.choice(list(OTHERWISE))
        copy[field] = random.choice(OTHERWISE[field])
    elif copy.get("received_at"):
        copy["received_at"] = random.choice([copy["received_at"] + timedelta(days=2), None])
    first = copy.get("received_at") or copy.get("occurred_at")
    if first is not None and rarely(random, 0.5):
        copy["received_at"] = first - timedelta(seconds=1)
    return copy


def duplicated(random: Random, records: Sequence[Record], prefix: str) -> list[Record]:
    """The records with some of them delivered again, word for word or saying something else."""
    found: list[Record] = []
    for record in records:
        found.append(record)
        while rarely(random, 0.12):
            found.append(dict(record) if rarely(random, 0.4) else changed(random, record, prefix))
    return found
