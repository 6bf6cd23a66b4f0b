"""The findings of a parity run as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from benchmarks.measure import Machine
from cluster.settings import Sizes

if TYPE_CHECKING:
    from benchmarks.parity import Scenario, Step

MEGABYTE = 1e6


def page(scenarios: Sequence[Scenario], sizes: Sizes, machine: Machine, began: datetime) -> str:
    """The whole page."""
    return (
        "\n".join(
            [
                *head(sizes, machine, began),
                *sizes_table(scenarios),
                *costs_table(scenarios),
                *marginal(scenarios),
                *verdicts(scenarios),
            ]
        )
        + "\n"
    )


def head(sizes: Sizes, machine: Machine, began: datetime) -> Iterator[str]:
    """What was run, and on what."""
    yield "# The same tables from two engines"
    yield ""
    yield (
        f"Written by `make cluster-parity` on {began:%Y-%m-%d}: {machine.system}, {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_bytes / 2**30:.0f} GiB, Python {machine.python}, DuckDB {machine.duckdb}, dbt {machine.dbt}."
    )
    yield (
        f"Spark: a standalone cluster on this machine, {sizes.workers} workers of {sizes.cores} core and {sizes.executor_memory}, "
        f"a Thrift server of {sizes.driver_memory}. Each build is `python -m orchestration refresh`: loading, models, data tests, publish."
    )
    yield ""


def sizes_table(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What was built."""
    yield "| records | lines | landed, MB | bronze, MB | bytes of bronze per line |"
    yield "|---|--:|--:|--:|--:|"
    for scenario in scenarios:
        landed, bronze = scenario.landed_bytes / MEGABYTE, scenario.bronze_bytes / MEGABYTE
        each = scenario.bronze_bytes / max(scenario.lines, 1)
        yield f"| {scenario.name} | {scenario.lines:,} | {landed:,.1f} | {bronze:,.1f} | {each:,.0f} |"
    yield ""


def costs_table(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What each build took. Events a second are of a full build."""
    yield "| build | DuckDB, s | CPU s | Spark, s | CPU s, cluster | events a second, DuckDB / Spark | load before and after |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for scenario in scenarios:
        for step in scenario.steps:
            speed = "" if step.name != "in full" else speeds(scenario.lines, step)
            load = f"{step.spark.load[0]:.1f}, {step.spark.load[1]:.1f}"
            yield (
                f"| {scenario.name}, {step.name} | {step.duckdb.seconds:,.1f} | {step.duckdb.cpu_seconds:,.1f} "
                f"| {step.spark.seconds:,.1f} | {step.cluster_cpu_seconds:,.1f} | {speed} | {load} |"
            )
    yield ""


def marginal(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What a million events more cost Spark, where two audiences of different size were built in full without a loss."""
    full = [
        (scenario.lines, step) for scenario in scenarios for step in scenario.steps if step.name == "in full" and scenario.add_day
    ]
    if len(full) < 2 or full[-1][0] <= full[0][0]:
        return
    (few, small), (many, large) = full[0], full[-1]
    each = (large.cluster_cpu_seconds - small.cluster_cpu_seconds) / (many - few) * 1e6
    fixed = small.cluster_cpu_seconds - each * few / 1e6
    yield f"A million events more cost Spark's processes {each:,.0f} CPU seconds, a run of nothing about {fixed:,.0f}."
    yield ""


def speeds(lines: int, step: Step) -> str:
    """Events a second on both engines."""
    return f"{lines / step.duckdb.seconds:,.0f} / {lines / step.spark.seconds:,.0f}"


def verdicts(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What was compared, and what differs."""
    yield "| build | tables | rows compared | empty tables | tables that differ | killed |"
    yield "|---|--:|--:|--:|--:|---|"
    for scenario in scenarios:
        for step in scenario.steps:
            found = step.compared
            yield (
                f"| {scenario.name}, {step.name} | {found.tables} | {found.rows:,} | {len(found.empty)} | {found.different_tables} "
                f"| {step.killed or ''} |"
            )
    yield ""
    yield "Floating-point numbers are equal within 1e-9, everything else exactly. Keys that end in `_key` are an engine's own, and"
    yield "`loaded_at` and `crm_delta` tell of a run, not of the records: they are left out."
    for scenario in scenarios:
        for step in scenario.steps:
            if step.compared.differences:
                yield ""
                yield f"{scenario.name}, {step.name}:"
                yield ""
                yield "```"
                yield from step.compared.differences
                yield "```"
