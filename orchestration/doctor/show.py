"""A diagnosis, as a person reads it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.doctor.findings import Area, Diagnosis, Finding, Severity, megabytes

MARKS = {Severity.OK: "[green]ok[/]", Severity.NOTE: "[yellow]note[/]", Severity.PROBLEM: "[red]problem[/]"}


def show(console: Console, diagnosis: Diagnosis) -> None:
    """Print every area, and the verdict at the end."""
    console.print(f"[bold]{escape(diagnosis.home)}[/], logs from {escape(diagnosis.landing)}")
    for area in diagnosis.areas:
        show_area(console, area)
    console.rule("[bold]in short", align="left")
    for severity in (Severity.PROBLEM, Severity.NOTE):
        for area, finding in diagnosis.findings(severity):
            show_finding(console, finding, f"{area.name}: ")
    if diagnosis.is_sound:
        console.print("[green]No problem was found.[/]")


def show_area(console: Console, area: Area) -> None:
    """Facts, tables and findings of one area."""
    console.rule(f"[bold]{escape(area.name)}", align="left")
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, value in area.facts.items():
        facts.add_row(f"[dim]{escape(label)}[/]", escape(shown(label, value)))
    if area.facts:
        console.print(facts)
    for rows in area.rows.values():
        if rows:
            table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
            for label, value in rows[0].items():
                table.add_column(label, justify="right" if isinstance(value, int | float) else "left")
            for row in rows:
                table.add_row(*(escape(shown(label, value)) for label, value in row.items()))
            console.print(table)
    for finding in area.findings:
        show_finding(console, finding)


def show_finding(console: Console, finding: Finding, prefix: str = "") -> None:
    """One line, and the remedy below it."""
    console.print(f"{MARKS[finding.severity]} {escape(prefix + finding.text)}")
    if finding.remedy:
        console.print(f"     -> {escape(finding.remedy)}")


def shown(label: str, value: Any) -> str:
    """A fact's value for a person."""
    if isinstance(value, int) and not isinstance(value, bool):
        return megabytes(value) if label.startswith("bytes") else f"{value:,}"
    return str(value)
