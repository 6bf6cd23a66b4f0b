"""The campaign's page: how often each fault was tried, struck, was survived and healed, and what the runs said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from benchmarks.faults.campaign import Strike
from benchmarks.faults.scene import Fault
from benchmarks.measure import Machine
from benchmarks.report import Grid, grid_lines

HEADER = ("fault", "while", "tried", "struck", "survived", "healed by the next run", "seconds each")


def count_row(fault: Fault, strikes: Sequence[Strike]) -> list[str]:
    """One fault's counts: survived and healed are of those that struck."""
    mine = [each for each in strikes if each.fault == fault]
    struck = [each for each in mine if each.struck]
    seconds = sum(each.seconds for each in mine) / len(mine) if mine else 0.0
    counts = (len(mine), len(struck), sum(each.is_survived for each in struck), sum(each.is_healed for each in struck))
    return [fault.title, fault.stage.value, *(str(count) for count in counts), f"{seconds:.0f}"]


def counts(faults: Sequence[Fault], strikes: Sequence[Strike]) -> Grid:
    """All faults' counts and their sum."""
    struck = [each for each in strikes if each.struck]
    sums = (len(strikes), len(struck), sum(each.is_survived for each in struck), sum(each.is_healed for each in struck))
    rows = [count_row(fault, strikes) for fault in faults]
    return Grid("Strikes", HEADER, [*rows, ["all", "", *(str(one) for one in sums), ""]], read=2)


def page(
    machine: Machine,
    faults: Sequence[Fault],
    skipped: Sequence[tuple[Fault, str]],
    strikes: Sequence[Strike],
    command: str,
    now: datetime,
) -> str:
    """The report as Markdown."""
    lines = [
        "# The fault campaign",
        "",
        f"Made by `{command}` on {now:%Y-%m-%d}: {machine.system}, {machine.cores} cores, Python {machine.python}, "
        f"DuckDB {machine.duckdb}, dbt {machine.dbt}. What is done and proved: [docs/benchmarks.md](../docs/benchmarks.md#faults).",
        "",
        "A fault that missed its moment four times (the run had ended, the disk was large enough) is tried but has not struck;",
        "survived and healed are of those that struck. Survived: nothing lost, nothing twice, readers saw whole snapshots, every",
        "failure ended with 1 and a sentence. Healed: one undisturbed run, and everything is as if there had been no fault.",
        "",
        *grid_lines(counts(faults, strikes)),
        "",
    ]
    lines += [f"Not tried: {fault.title} ({fault.stage.value}): {reason}." for fault, reason in skipped]
    failed = [each for each in strikes if each.problems or each.unhealed]
    if failed:
        lines += ["", "## What did not hold", ""]
        lines += [
            f"- {each.fault.key} {each.number} ({each.where}): {'; '.join([*each.problems, *each.unhealed])[:600]}"
            for each in failed
        ]
    lines += ["", "## When it struck, and what the runs said", ""]
    for fault in faults:
        mine = [each for each in strikes if each.fault == fault and each.struck]
        if mine:
            lines += [f"### {fault.title}, while {fault.stage.value}", "", *told(mine), ""]
    return "\n".join(lines).rstrip() + "\n"


def told(strikes: Sequence[Strike]) -> list[str]:
    """The moments of one fault, most frequent first, and the distinct sentences that its runs said."""
    moments: dict[str, int] = {}
    sentences: dict[str, int] = {}
    for each in strikes:
        moments[each.where] = moments.get(each.where, 0) + 1
        for sentence in each.said:
            sentences[sentence] = sentences.get(sentence, 0) + 1
    by_count = sorted(moments.items(), key=lambda item: (-item[1], item[0]))
    lines = [
        "Moments: " + "; ".join(f"{where} ({count})" for where, count in by_count[:12]) + ("; …" if len(by_count) > 12 else ""),
        "",
    ]
    said = sorted(sentences.items(), key=lambda item: (-item[1], item[0]))
    return [*lines, *(f"- {count} × `{sentence.replace('`', chr(39))}`" for sentence, count in said[:15])]
