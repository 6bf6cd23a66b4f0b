"""Who visits, when, and with what device: every attribute is a pure function of the visit's day and slot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.simulator import randomness as rnd
from ingestion.simulator.catalog import AUDIENCES
from ingestion.simulator.randomness import Integers, Keys
from ingestion.simulator.settings import Settings
from ingestion.simulator.world import Flags, World

DAY = 86_400_000
"""Milliseconds in a day."""

_HOURS = (5, 3, 2, 2, 2, 3, 6, 12, 22, 30, 33, 34, 36, 34, 32, 31, 32, 35, 40, 48, 52, 46, 28, 12)
_WEEKDAYS = (104, 106, 105, 103, 98, 90, 94)
_RETURN_AFTER = (30, 18, 12, 9, 7, 6, 8, 4, 3, 2, 2, 1, 1)  # weights of 1, 2, ... 13 days
DEVICES = (
    ("mobile", "Android", "Chrome"), ("mobile", "iOS", "Safari"), ("desktop", "Windows", "Chrome"),
    ("desktop", "Windows", "Edge"), ("desktop", "macOS", "Safari"), ("desktop", "Linux", "Firefox"),
    ("tablet", "iOS", "Safari"),
)  # fmt: skip
_DEVICE_WEIGHTS = (30, 24, 18, 9, 9, 4, 6)
COUNTRIES = ("DE", "FR", "GB", "US", "IT", "ES", "PL", "NL", "AT", "CH")
_COUNTRY_WEIGHTS = (24, 16, 14, 12, 9, 8, 6, 5, 3, 3)
VERSIONS = ("4.1.0", "4.2.3", "4.3.0")
_LOGGED_IN = (50_000, 950_000, 970_000, 150_000)  # by audience, millionths


@dataclass(frozen=True)
class Visits:
    """Columns over visits (page loads); all of one shape."""

    day: Integers  # days since 1970-01-01
    slot: Integers
    key: Keys
    start: Integers  # milliseconds since the epoch, true time
    workspace: Integers
    device: Keys
    user: Keys
    logged_in: Flags
    audience: Integers
    video: Integers
    context: Integers  # row of DEVICES
    country: Integers
    version: Integers
    campaign: Integers  # -1: none
    variant: Integers  # 0 control, 1 treatment
    consent: Integers  # 0 unknown, 1 none, 2 analytics, 3 analytics and marketing
    skew: Integers  # milliseconds the client's clock is ahead
    latency: Integers
    ability: Integers  # 0 .. 1_000_000
    is_bot: Flags
    is_resumed: Flags
    is_late: Flags
    is_slow_buyer: Flags

    @property
    def crosses_days(self) -> Flags:
        """Visits that may deliver records more than a day after they began."""
        return self.is_resumed | self.is_late | self.is_slow_buyer

    def take(self, rows: Flags | Integers) -> Visits:
        """The given rows (mask or numbers)."""
        return Visits(**{name: column[rows] for name, column in vars(self).items()})


def visits_on(settings: Settings, day: int) -> int:
    """Number of visits that begin on a day (days since the epoch)."""
    return max(settings.visits_per_day * _WEEKDAYS[(day + 3) % 7] // 100, settings.workspaces)


def starts(settings: Settings, day: int, slots: Integers) -> Integers:
    """Milliseconds since the epoch at which each slot's visit begins: rising with the slot, following the hours."""
    count = visits_on(settings, day)
    days = np.full(slots.shape, day, dtype=np.int64)
    jitter = rnd.draw(rnd.slot_keys(settings.seed, days, slots), "start") >> 12
    edges = np.cumsum(np.array((0, *_HOURS), dtype=np.int64)) * (1 << 20)
    place = ((slots << 20) + jitter) * sum(_HOURS) // count
    hour = np.searchsorted(edges, place, side="right") - 1
    weight = np.array(_HOURS, dtype=np.int64)[hour] << 20
    return day * DAY + hour * 3_600_000 + (place - edges[hour]) * 3_600_000 // weight


def _device_slots(settings: Settings, days: Integers, slots: Integers) -> tuple[Integers, Integers]:
    """The day and slot in which each visit's device was first seen: its own, or one of up to 13 days before."""
    keys = rnd.slot_keys(settings.seed, days, slots)
    back = rnd.pick(keys, "return-after", _RETURN_AFTER) + 1
    counts = {int(day): visits_on(settings, int(day)) for day in np.unique(days - back)}
    count = np.array([counts[int(day)] for day in np.unique(days - back)], dtype=np.int64)
    rows = count[np.searchsorted(np.unique(days - back), days - back)] // settings.workspaces
    earlier = rnd.between(keys, "return-slot", 0, rows) * settings.workspaces + slots % settings.workspaces
    returns = rnd.chance(keys, "returns", settings.rates.returning)
    return np.where(returns, days - back, days), np.where(returns, earlier, slots)


def visits(settings: Settings, world: World, days: Integers, slots: Integers) -> Visits:
    """The visits in the given slots; days and slots have one shape."""
    rates, workspaces = settings.rates, settings.workspaces
    keys = rnd.slot_keys(settings.seed, days, slots)
    second = rnd.chance(keys, "second", rates.second_view) & (slots >= workspaces)
    second &= ~rnd.chance(rnd.slot_keys(settings.seed, days, slots - workspaces * second), "second", rates.second_view)
    lead = slots - workspaces * second
    start = np.empty(slots.shape, dtype=np.int64)
    for day in np.unique(days):
        rows = days == day
        start[rows] = starts(settings, int(day), lead[rows])
    start += np.where(second, rnd.between(keys, "second-after", 120_000, 900_000), 0)
    if settings.files_per_day > 1:  # a visit may not begin before its file does
        for day in np.unique(days):
            rows = days == day
            start[rows] = np.maximum(start[rows], starts(settings, int(day), slots[rows]))

    device_day, device_slot = _device_slots(settings, days, lead)
    device = rnd.mix(rnd.slot_keys(settings.seed, device_day, device_slot) + np.uint64(1))
    has_twin = rnd.chance(device, "two-devices", rates.two_devices) & (device_slot >= workspaces)
    user = rnd.mix(rnd.slot_keys(settings.seed, device_day, device_slot - workspaces * has_twin) + np.uint64(2))
    guest = rnd.chance(device, "shared", rates.shared_devices) & rnd.chance(keys, "guest", 400_000)
    user = np.where(guest, rnd.mix(user + np.uint64(3)), user)

    audience = rnd.pick(device, "audience", settings.audience_weights)
    video = np.zeros(slots.shape, dtype=np.int64)
    for number in range(len(AUDIENCES)):
        shelf = np.flatnonzero(world.video_audience == number)
        weights = tuple(world.videos[i].weight for i in shelf)
        rows = audience == number
        video[rows] = shelf[rnd.pick(keys[rows], "video", weights)]
    is_bot = rnd.chance(device, "bot", rates.bots)
    drawn_in = (audience == 0) | (audience == 3)
    campaign = np.where(drawn_in & rnd.chance(keys, "campaign", 600_000), rnd.pick(keys, "which-campaign", (4, 5, 6, 2)), -1)
    skewed = rnd.chance(device, "skewed", rates.skewed_clocks)
    skew = rnd.between(device, "skew", 120_000, 10_800_000) * np.where(rnd.chance(device, "fast", 500_000), 1, -1)
    return Visits(
        day=days, slot=slots, key=keys, start=start, workspace=slots % workspaces, device=device, user=user,
        logged_in=rnd.chance(device, "logged-in", np.array(_LOGGED_IN, dtype=np.int64)[audience]) & ~is_bot,
        audience=audience, video=video, context=rnd.pick(device, "device", _DEVICE_WEIGHTS),
        country=rnd.pick(device, "country", _COUNTRY_WEIGHTS), version=rnd.pick(device, "version", (20, 45, 35)),
        campaign=campaign, variant=rnd.pick(device, "variant", (1, 1)),
        consent=rnd.pick(device, "consent", (25, 15, 25, 35)), skew=np.where(skewed, skew, 0),
        latency=40 + rnd.exponential(keys, "latency", 160), ability=rnd.between(user, "ability", 0, 1_000_001),
        is_bot=is_bot,
        is_resumed=rnd.chance(keys, "resumed", rates.resumed) & ~is_bot,
        is_late=rnd.chance(keys, "late", rates.late_visits),
        is_slow_buyer=rnd.chance(keys, "slow-buyer", rates.slow_buyers),
    )  # fmt: skip
