"""The same story tells the same in every emitter's format, but for what is listed with its reason."""

from __future__ import annotations

import pytest

from tests.sources import pages
from tests.sources.one_story import STANDARD, Tellings, differences, emitters, reasons


def test_the_standard_tells_what_the_story_says(tellings: Tellings) -> None:
    told = tellings[STANDARD]
    watched = {
        (place.viewer, place.video): cells["unique_watched_seconds"] for place, cells in told.items() if place.table == "view"
    }
    assert watched == {("ann", "talk"): "45", ("ben", "tour"): "50", ("ann", "tour"): "60"}
    segments = {
        f"{place.viewer} {place.name} to {cells['to_seconds']}" for place, cells in told.items() if place.table == "segment"
    }
    assert segments == {
        "ann talk from 0 to 20", "ann talk from 20 to 30", "ann talk from 45 to 60", "ben intro from 0 to 30", "ben right from 0 to 20",
        "ann intro from 0 to 40", "ann left from 0 to 20",
    }  # fmt: skip
    done = {f"{place.name} {cells['element_id']}" for place, cells in told.items() if place.table == "interaction"}
    assert done == {"10:00:47 pulse", "11:00:12 map", "11:00:32 go-right", "12:00:11 next-stop", "12:00:51 book"}


@pytest.mark.parametrize("emitter", emitters())
def test_an_emitter_tells_the_same_but_for_what_is_explained(tellings: Tellings, emitter: str) -> None:
    known = reasons(emitter)
    found = differences(tellings[STANDARD], tellings[emitter])
    assert tellings[emitter], "it tells nothing at all"
    assert [each for each in found if not any(reason.explains(each) for reason in known)] == [], "differences without a reason"
    assert [reason for reason in known if not any(reason.explains(each) for each in found)] == [], "reasons without a difference"


def test_an_emitter_tells_the_same_however_its_records_were_delivered(delivered_in_halves: Tellings, tellings: Tellings) -> None:
    assert [emitter for emitter in tellings if delivered_in_halves[emitter] != tellings[emitter]] == []


def test_the_page_of_differences_is_of_today(tellings: Tellings) -> None:
    assert pages.DIFFERENCES.read_text() == pages.comparison(tellings), "run `make sources`"


def test_the_page_of_words_by_emitter_is_of_today() -> None:
    assert pages.SUPPORT.read_text() == pages.support(), "run `make sources`"
