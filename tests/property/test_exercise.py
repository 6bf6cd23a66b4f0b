"""A trial's streams bring about everything that the rules of paths and funnels speak of."""

from __future__ import annotations

import pytest

from tests.oracle.expected import Expected
from tests.property.exercise import OF_FUNNELS, OF_PATHS, exercised
from tests.property.streams import SLOTS
from tests.property.trial import expected_of, random_streams

FEWEST = 3


@pytest.fixture(scope="module")
def trial() -> Expected:
    return expected_of(random_streams(range(1, 1 + SLOTS)))


@pytest.mark.parametrize("happening", [*OF_PATHS, *OF_FUNNELS])
def test_every_branch_of_the_rules_decides_something(trial: Expected, happening: str):
    assert exercised(trial)[happening] >= FEWEST


def test_every_table_of_paths_and_funnels_has_rows_of_every_kind(trial: Expected):
    transitions = trial.path_transition().values()
    for count in ("chosen_count", "default_count", "jump_count", "unknown_count", "ended_count", "dead_end_count"):
        assert sum(row[count] for row in transitions) > 0, count
    assert any(row["path_rank"] > 1 for row in trial.path_summary().values())
    assert any(row["next_event_viewers"] for row in trial.funnel_step().values())
    assert any(0 < row["survival"] < 1 for row in trial.survival_curve().values())
    nodes = [*trial.node_performance().values(), *trial.kpi_node_daily().values()]
    for measure in ("plays", "loop_visits", "drop_offs", "completed_visits", "hotspot_clicks", "average_watched_share"):
        assert any(row[measure] for row in nodes), measure


def test_whoever_arrives_at_a_node_leaves_it(trial: Expected):
    arrivals, departures = {}, {}
    for (workspace, video, origin, target), row in trial.path_transition().items():
        arrivals[workspace, video, target] = arrivals.get((workspace, video, target), 0) + row["transition_count"]
        departures[workspace, video, origin] = departures.get((workspace, video, origin), 0) + row["transition_count"]
    assert {key: count for key, count in arrivals.items() if count} == {key: count for key, count in departures.items() if count}
