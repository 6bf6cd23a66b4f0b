"""The thresholds of docs/definitions.md, at the values the document states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Settings:
    """Every threshold a rule names; the units are in the names."""

    clock_skew: timedelta = timedelta(seconds=60)
    clock_ahead: timedelta = timedelta(days=1)
    clock_behind: timedelta = timedelta(days=90)
    earliest_event: datetime = datetime(2005, 1, 1)
    latest_event: datetime = datetime(2100, 1, 1)
    longest_identifier: int = 1000
    session_gap: timedelta = timedelta(minutes=30)
    view_gap: timedelta = timedelta(days=7)
    segment_tolerance_seconds: float = 1.0
    heartbeat_interval_seconds: float = 10.0
    join_tolerance_seconds: float = 0.001
    longest_node_seconds: float = 86400.0
    completion_coverage: float = 0.95
    ending_reach: float = 0.95
    threshold_tolerance: float = 0.0005
    quick_bounce: timedelta = timedelta(seconds=10)


DEFAULTS = Settings()


def to_milliseconds(seconds: float) -> float:
    """Seconds rounded to three decimals, halves up (rule 21)."""
    scaled = seconds * 1000.0
    whole = int(abs(scaled) + 0.5)
    return (whole if scaled >= 0 else -whole) / 1000.0
