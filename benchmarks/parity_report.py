"""The findings of a parity run as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from benchmarks.measure import Machine
from cluster.settings import Sizes

if TYPE_CHECKING:
    from benchmarks.parity import Scenario, Step

MEGABYTE = 1e6


def page(scenarios: Sequence[Scenario], sizes: Sizes, machine: Machine) -> str:
    """The whole page."""
    return (
        "\n".join(
            [
                *head(scenarios, sizes, machine),
                *sizes_table(scenarios),
                *costs_table(scenarios),
                *marginal(scenarios),
                *verdicts(scenarios),
            ]
        )
        + "\n"
    )


def head(scenarios: Sequence[Scenario], sizes: Sizes, machine: Machine) -> Iterator[str]:
    """What was run, and on what."""
    days = " and ".join(sorted({scenario.found.day for scenario in scenarios}))
    yield "# The same tables from two engines"
    yield ""
    yield (
        f"Written by `make cluster-parity` on {days}: {machine.system}, {machine.processor}, {machine.cores} cores, "
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
        landed, bronze = scenario.found.landed_bytes / MEGABYTE, scenario.found.bronze_bytes / MEGABYTE
        each = scenario.found.bronze_bytes / max(scenario.found.lines, 1)
        yield f"| {scenario.name} | {scenario.found.lines:,} | {landed:,.1f} | {bronze:,.1f} | {each:,.0f} |"
    yield ""


def costs_table(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What each build took. Events a second are of a full build."""
    yield "| build | DuckDB, s | CPU s | Spark, s | CPU s, cluster | events a second, DuckDB / Spark | load before and after |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for scenario in scenarios:
        for step in scenario.found.steps:
            speed = "" if step.name != "in full" else speeds(scenario.found.lines, step)
            load = f"{step.spark.load[0]:.1f}, {step.spark.load[1]:.1f}"
            yield (
                f"| {scenario.name}, {step.name} | {step.duckdb.seconds:,.1f} | {step.duckdb.cpu_seconds:,.1f} "
                f"| {step.spark.seconds:,.1f} | {step.cluster_cpu_seconds:,.1f} | {speed} | {load} |"
            )
    yield ""


def marginal(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What a million events more cost Spark, where two audiences of different size were built in full without a loss."""
    full = [(each.found.lines, step) for each in scenarios if each.add_day for step in each.found.steps if step.name == "in full"]
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
        for step in scenario.found.steps:
            found = step.compared
            yield (
                f"| {scenario.name}, {step.name} | {found.tables} | {found.rows:,} | {len(found.empty)} | {found.different_tables} "
                f"| {step.killed or ''} |"
            )
    yield ""
    yield "Floating-point numbers are equal within 1e-9, everything else exactly. Keys that end in `_key` are an engine's own, and"
    yield "`loaded_at` and `crm_delta` tell of a run, not of the records: they are left out."
    for scenario in scenarios:
        for step in scenario.found.steps:
            if step.compared.differences:
                yield ""
                yield f"{scenario.name}, {step.name}:"
                yield ""
                yield "```"
                yield from step.compared.differences
                yield "```"
