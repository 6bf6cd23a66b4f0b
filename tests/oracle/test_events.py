"""Rules 1 to 6: clocks, rejections, types and duplicates."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.oracle.records import corrected_clock
from tests.oracle.stories import NOON, at, said, told


@pytest.mark.parametrize(
    ("own", "sent", "received", "clock", "source"),
    [
        (0, None, None, 0, "client"),
        (0, 5, 65, 0, "client"),
        (0, 5, 65.000001, 60.000001, "skew_corrected"),
        (7200, 7200, 0, 0, "skew_corrected"),
        (None, 5, 90, 90, "received"),
        (86400, None, 0, 86400, "client"),
        (86400.000001, None, 0, 0, "received"),
        (-90 * 86400, None, 0, -90 * 86400, "client"),
        (-90 * 86400 - 1, None, 0, 0, "received"),
        (0, 0, 13 * 86400, 13 * 86400, "skew_corrected"),
        (0, 13 * 86400, 13 * 86400, 0, "client"),
    ],
)
def test_a_clock_is_believed_within_its_bounds(own, sent, received, clock, source):
    def moment(seconds):
        return None if seconds is None else NOON + timedelta(seconds=seconds)

    assert corrected_clock(moment(own), moment(sent), moment(received)) == (moment(clock), source)


def test_the_event_date_is_that_of_the_clock_as_written():
    (event,) = told(said("play", 0, sent_at=at(0), received_at=at(86400 * 20))).events
    assert event.key[2] == NOON.date()
    assert event.occurred_at == NOON + timedelta(days=20)


def test_the_first_reason_that_applies_is_the_one_given():
    expected = told(
        said(" ", 0, device_id=" "),
        said("play", 1, device_id=" "),
        said("play", 2, occurred_at="2004-12-31T23:59:59Z"),
        said("play", 3, occurred_at="2100-01-01T00:00:00Z"),
        said("play", 4, occurred_at="2005-01-01T00:00:00Z"),
    )
    assert [each.reason for each in expected.rejected] == [
        "missing_event_type",
        "missing_viewer",
        "implausible_time",
        "implausible_time",
    ]
    assert len(expected.events) == 1


def test_an_unknown_type_is_kept_as_other_under_its_name():
    (event,) = told(said(" Wobble ", 0)).events
    assert (event.event_type, event.original_event_type) == ("other", "wobble")


def test_blank_identifiers_are_null_and_defaults_apply():
    (event,) = told(said("play", 0, workspace_id="  ", node_id="", user_id=" u ")).events
    assert (event.workspace_id, event.get("node_id"), event.get("user_id")) == ("default", "v", "u")


def test_implausible_numbers_are_null():
    (event,) = told(said("play", 0, -1, duration_seconds=0, playback_rate=17)).events
    assert [event.get(name) for name in ("position_seconds", "duration_seconds", "playback_rate")] == [None] * 3


def test_of_two_copies_the_one_received_first_wins_and_one_never_received_loses():
    copies = [
        said("play", 0, event_id="e", device_id="late", received_at=at(9)),
        said("play", 0, event_id="e", device_id="early", received_at=at(3)),
        said("play", 0, event_id="e", device_id="a", received_at=None),
    ]
    for order in (copies, copies[::-1]):
        (event,) = told(*order).events
        assert event.get("device_id") == "early"


def test_copies_received_together_are_decided_by_the_smallest_fields():
    (event,) = told(said("play", 0, 8, event_id="e"), said("play", 0, 7, event_id="e")).events
    assert event.get("position_seconds") == 7


def test_a_copy_without_a_type_is_rejected_and_its_twin_lives():
    expected = told(said("play", 0, event_id="e", received_at=at(5)), said("", 0, event_id="e", received_at=at(1)))
    assert (len(expected.events), len(expected.rejected)) == (1, 1)


def test_one_id_on_two_dates_is_two_events():
    expected = told(said("play", 0, event_id="e"), said("play", 86400, event_id="e"))
    assert len(expected.events) == 2


def test_no_time_at_all_never_reaches_the_models():
    assert told(said("play", 0, occurred_at=None)).events == []
    assert told(said("play", 0, occurred_at=None, received_at=at(0))).events[0].occurred_at == datetime(2026, 10, 5, 12)
