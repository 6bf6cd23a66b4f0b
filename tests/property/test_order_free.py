"""Any shuffling, splitting, repetition or lateness of the same records, with crashes, ends in the same marts.

One schedule carries many random streams, one workspace each; see `campaign` for more of them and `shrink` for one alone.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.expected import expect
from tests.property.built import TABLES, expected_table
from tests.property.comparison import table_differences
from tests.property.schedule import FEWEST_RUNS
from tests.property.streams import SLOTS, Stream, streams
from tests.property.trial import random_streams, try_streams

STREAMS = SLOTS // 2
"""A campaign takes them all: the oracle's share of the time grows with them."""
SEEDS = st.integers(min_value=1, max_value=2**31)


@settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(first=SEEDS)
def test_every_order_of_arrival_ends_in_the_marts_of_one_refresh_and_of_the_oracle(first):
    seeds = range(first, first + STREAMS)
    with tempfile.TemporaryDirectory() as scratch:
        verdict = try_streams(first, random_streams(seeds), Path(scratch), FEWEST_RUNS)
    assert verdict.is_good, verdict.report()


@settings(max_examples=60, deadline=None)
@given(stream=streams(), random=st.randoms(use_true_random=False))
def test_the_oracle_itself_is_free_of_order_and_repetition(stream: Stream, random):
    repeated = [*stream.records, *random.choices(stream.records, k=3)]
    random.shuffle(repeated)
    shuffled, straight = expect(repeated, stream.catalog), expect(stream.records, stream.catalog)
    for table in TABLES:
        assert table_differences(table.name, expected_table(straight, table), expected_table(shuffled, table)) == []


@settings(max_examples=60, deadline=None)
@given(stream=streams())
def test_the_oracle_keeps_its_own_laws(stream: Stream):
    for facts in expect(stream.records, stream.catalog).views:
        watched = facts.watched
        assert watched.percent_watched is None or 0 <= watched.percent_watched <= 1
        assert watched.unique_watched_seconds <= watched.watch_seconds + 1e-6
        highest = max([1.0, *(item.rate_after for item in watched.evidence)])
        for part in watched.derived:
            beats = len(watched.evidence)
            assert part.length <= (part.play_wall_seconds or 0) * highest + beats * 1.0 + 0.002
