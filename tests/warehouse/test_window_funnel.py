"""Funnels against ClickHouse's windowFunnel, event by event, on random streams of steps."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pytest

from tests.property.warehouse import Warehouse

COMPILED = "target/compiled/audience/models/intermediate/funnels/int_funnel_chains.sql"
SECOND = 1_000_000
STREAMS = 3000

Hit = tuple[int, int]  # step from 1, second
Chain = tuple[int, int, dict[int, int]]  # entered step, furthest step, second of each step


@dataclass(frozen=True)
class Funnel:
    """How the steps of a stream are to be followed."""

    steps: int
    window: int
    is_ordered: bool
    is_strict: bool
    is_increasing: bool
    is_closed: bool


def window_funnel(hits: Sequence[Hit], funnel: Funnel, steps: int) -> list[int]:
    """The seconds of the chain that windowFunnel reports the length of, one event after the other as ClickHouse goes.

    Its strict_order asks for conditions that no event of the stream meets to end it; here every event is a step.
    """
    latest: list[list[int] | None] = [None] * steps
    longest: list[int] = []
    for step, second in hits:
        before = latest[step - 2] if step > 1 else []
        if before is None:
            if funnel.is_strict and latest[0] is not None:
                break
            continue
        if step > 1 and (second > before[0] + funnel.window or (funnel.is_increasing and second <= before[-1])):
            continue
        chain = [*before, second]
        latest[step - 1] = chain
        if len(chain) > len(longest):
            longest = chain
        if step == steps:
            break
    return longest


def best_chain(hits: Sequence[Hit], funnel: Funnel) -> Chain | None:
    """How far a viewer got by rules 62 and 63."""
    if not funnel.is_ordered:
        return most_steps(hits, funnel)
    best: Chain | None = None
    for entry in range(1, 2 if funnel.is_closed else funnel.steps + 1):
        seconds = window_funnel([(step - entry + 1, at) for step, at in hits if step >= entry], funnel, funnel.steps - entry + 1)
        furthest = entry + len(seconds) - 1
        if seconds and (best is None or furthest > best[1]):
            best = entry, furthest, {entry + i: at for i, at in enumerate(seconds)}
    return best


def most_steps(hits: Sequence[Hit], funnel: Funnel) -> Chain | None:
    """The first stretch of one window that holds the most different steps."""
    best: dict[int, int] = {}
    for first, (_, begin) in enumerate(hits):
        taken: dict[int, int] = {}
        for step, at in hits[first:]:
            if at <= begin + funnel.window:
                taken.setdefault(step, at)
        if len(taken) > len(best):
            best = taken
    return (1, len(best), best) if best else None


def streams(seed: int) -> Iterator[tuple[Funnel, list[Hit]]]:
    """Few seconds and many hits, so that ties, repetitions and windows that just end are common."""
    chance = random.Random(seed)
    for _ in range(STREAMS):
        funnel = Funnel(
            steps=chance.randint(1, 10 if chance.random() < 0.1 else 5), window=chance.randint(1, 12), is_ordered=chance.random() < 0.85,
            is_strict=chance.random() < 0.4, is_increasing=chance.random() < 0.3, is_closed=chance.random() < 0.7,
        )  # fmt: skip
        seconds = sorted(chance.randint(0, 20) for _ in range(chance.randint(1, 16)))
        yield funnel, [(chance.randint(1, funnel.steps), second) for second in seconds]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_funnel_is_clickhouses_window_funnel(warehouse: Warehouse, seed: int) -> None:
    warehouse.must(warehouse.dbt("compile", "--no-introspect", "--select", "int_funnel_chains"))  # with all ten steps
    cases = list(streams(seed))
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("create schema warehouse.intermediate")
        connection.execute(
            "create table warehouse.intermediate.int_funnel_steps (workspace_id varchar, goal_id varchar, window_hours double,"
            " is_ordered boolean, is_strict boolean, is_increasing boolean, is_closed boolean, step_count bigint)"
        )
        connection.execute(
            "create table warehouse.intermediate.int_funnel_hits (workspace_id varchar, goal_id varchar, funnel_key bigint,"
            " viewer_key bigint, hit_number bigint, position bigint, occurred_at timestamp)"
        )
        connection.executemany(
            "insert into warehouse.intermediate.int_funnel_steps values ('w', ?, ?, ?, ?, ?, ?, ?)",
            [
                (str(key), f.window / 3600, f.is_ordered, f.is_strict, f.is_increasing, f.is_closed, f.steps)
                for key, (f, _) in enumerate(cases)
            ],
        )
        connection.executemany(
            "insert into warehouse.intermediate.int_funnel_hits values ('w', ?, ?, 1, ?, ?, make_timestamp(?))",
            [
                (str(key), key, number, step, second * SECOND)
                for key, (_, hits) in enumerate(cases)
                for number, (step, second) in enumerate(hits, start=1)
            ],
        )
        rows = connection.sql((warehouse.root / COMPILED).read_text()).to_arrow_table().to_pylist()
    found = {
        row["funnel_key"]: (
            row["entry_position"],
            row["furthest_position"],
            {step: row[f"step_{step}_at"] // SECOND for step in range(1, 11) if row[f"step_{step}_at"] is not None},
        )
        for row in rows
    }
    expected = {key: chain for key, (funnel, hits) in enumerate(cases) if (chain := best_chain(hits, funnel))}
    assert [
        (cases[key], found.get(key), expected.get(key)) for key in range(STREAMS) if found.get(key) != expected.get(key)
    ] == []
