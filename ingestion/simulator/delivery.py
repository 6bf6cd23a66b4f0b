"""From what happened to what arrives: order, sending, clocks, lateness, duplicates and broken lines."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ingestion.simulator import randomness as rnd
from ingestion.simulator.audience import DAY, Visits
from ingestion.simulator.records import Events, join, take
from ingestion.simulator.settings import Settings
from ingestion.simulator.world import KIND


class Defect(IntEnum):
    """What is odd about a line. From TRUNCATED on it is no record, and stands beside the record it was made of."""

    NONE = 0
    UNKNOWN_FIELDS = 1
    TEXT_NUMBER = 2
    TRUNCATED = 3
    NOT_JSON = 4
    NO_TIME = 5


class Copy(IntEnum):
    """Why a line exists."""

    ORIGINAL = 0
    DUPLICATE = 1


def delivered(settings: Settings, visits: Visits, events: Events) -> dict[str, np.ndarray]:
    """The lines that servers receive: events in each playback's order with all delivery columns filled.

    Lines of one visit do not depend on the other visits given.
    """
    rates = settings.rates
    lines = _in_order(visits, events)
    lines["known"] = _knows_user(visits, lines)
    keys = visits.key[lines["visit"]]
    order = lines["order"].astype(np.int64)

    stray = take(lines, rnd.chance(keys, "stray", rates.unknown_types, order))
    for absent in ("position", "seek_from", "rate", "element", "to_node", "option", "x", "y", "cents", "covered"):
        stray[absent] = np.full_like(stray[absent], -1)
    stray["kind"] = np.full_like(stray["kind"], KIND["hologram_tap"])
    stray["order"] = stray["order"] + 100_000
    lines = join([lines, stray])
    keys, order = visits.key[lines["visit"]], lines["order"].astype(np.int64)

    defect = np.where(rnd.chance(keys, "fields", rates.unknown_fields, order), Defect.UNKNOWN_FIELDS, Defect.NONE)
    states_position = (lines["position"] >= 0) & (lines["kind"] != KIND["seek"])
    text = states_position & rnd.chance(keys, "text", rates.text_numbers, order)
    lines["defect"] = np.where(text, Defect.TEXT_NUMBER, defect).astype(np.int8)
    lines |= _sent(visits, lines)

    again = rnd.chance(keys, "again", rates.duplicates, order)
    copies = take(lines, again)
    wait = rnd.between(keys[again], "again-after", 1_000, 20_000, order[again])
    wait += np.where(rnd.chance(keys[again], "again-late", 50_000, order[again]), DAY // 2, 0)
    copies["sent"] = copies["sent"] + wait
    copies["received"] = copies["received"] + wait
    copies["copy"] = np.full(len(wait), Copy.DUPLICATE, dtype=np.int8)

    broken = rnd.chance(keys, "broken", rates.malformed, order)
    wrecks = take(lines, broken)
    kinds = rnd.pick(keys[broken], "how-broken", (3, 1, 1), order[broken])
    wrecks["defect"] = (Defect.TRUNCATED + kinds).astype(np.int8)
    lines["copy"] = np.full(len(order), Copy.ORIGINAL, dtype=np.int8)
    wrecks["copy"] = np.full(int(broken.sum()), Copy.ORIGINAL, dtype=np.int8)
    return join([lines, copies, wrecks])


def _in_order(visits: Visits, events: Events) -> dict[str, np.ndarray]:
    """Events by visit and true time (then by how they were recorded), numbered from 0 in each visit."""
    when = events["at"] - visits.start[events["visit"]]
    ranks = np.argsort((events["visit"].astype(np.int64) << 36) + when, kind="stable")
    lines = take(events, ranks)
    count = np.bincount(lines["visit"], minlength=len(visits.key))
    first = np.cumsum(count) - count
    lines["order"] = (np.arange(len(ranks)) - first[lines["visit"]]).astype(np.int32)
    return lines


def _knows_user(visits: Visits, lines: Events) -> np.ndarray:
    """1 for records of logged-in viewers, and for those from an identify event on."""
    since = np.full(len(visits.key), np.iinfo(np.int64).max)
    identifies = lines["kind"] == KIND["identify"]
    np.minimum.at(since, lines["visit"][identifies], lines["at"][identifies])
    return (visits.logged_in[lines["visit"]] | (lines["at"] >= since[lines["visit"]])).astype(np.int8)


def _sent(visits: Visits, lines: Events) -> dict[str, np.ndarray]:
    """When each record was sent and received, both by a true clock.

    Latency is one number per visit, so that clock correction keeps a playback's order. The tail of a late visit goes
    out in one delivery, one to two days after its last event.
    """
    visit = lines["visit"]
    keys, order = visits.key[visit], lines["order"].astype(np.int64)
    sent = lines["at"] + rnd.between(keys, "queue", 0, 1_500, order)
    count = np.bincount(visit, minlength=len(visits.key))
    cut = rnd.between(visits.key, "late-from", 0, count)
    last = np.zeros(len(visits.key), dtype=np.int64)
    np.maximum.at(last, visit, lines["at"])
    flush = last + rnd.between(visits.key, "late-by", DAY, 2 * DAY)
    is_late = visits.is_late[visit] & (order >= cut[visit])
    sent = np.where(is_late, flush[visit], sent)
    return {"sent": sent, "received": sent + visits.latency[visit] + np.where(is_late, order % 100_000, 0)}
