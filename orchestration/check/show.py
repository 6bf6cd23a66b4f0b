"""What a check found, as a person reads it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ingestion.showing import shown
from orchestration.check.findings import Findings, Note, of_group

MOST_FILES, MOST_WORDS, MOST_KEYS = 20, 40, 15


def show(console: Console, findings: Findings) -> None:
    """Print the findings, group by group, and the verdict at the end."""
    if not findings.files and not findings.failed:
        console.print(f"Nothing to check in {shown(findings.landing)}: no file that a source takes.")
    for group in findings.groups():
        console.rule(f"[bold]{shown(group)}", align="left")
        show_files(console, findings, group)
        show_span(console, findings, group)
        show_refusals(console, findings, group)
        show_words(console, findings, group)
        show_fields(console, findings, group)
        show_kept(console, findings, group)
    console.rule("[bold]in short", align="left")
    for style, title, notes in (
        ("red", "Cannot be read", findings.failed),
        ("yellow", "Left alone", findings.left_alone),
        ("yellow", "Look at", findings.notes),
    ):
        show_notes(console, style, title, notes)
    show_verdict(console, findings)


def table_of(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """An empty table in the house's looks; the columns named in `numbers` are set to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def show_files(console: Console, findings: Findings, group: str) -> None:
    """The books of each file."""
    books = of_group(findings.files, group)
    counts = ("lines", "accepted", "rejected", "blank")
    table = table_of("file", *counts, numbers=counts)
    for each in books[:MOST_FILES]:
        table.add_row(shown(each.path), *(f"{getattr(each, name):,}" for name in counts), style="red" if each.rejected else None)
    if len(books) > 1:
        table.add_row(f"[bold]{len(books)} files", *(f"[bold]{sum(getattr(each, name) for each in books):,}" for name in counts))
    console.print(table)


def show_span(console: Console, findings: Findings, group: str) -> None:
    """When, who and what."""
    for span in of_group(findings.spans, group):
        repeats = f", {span.repeats:,} delivered again" if span.repeats else ""
        console.print(f"{span.first} to {span.last}: {span.viewers:,} viewers, {span.videos:,} videos{repeats}")


def show_refusals(console: Console, findings: Findings, group: str) -> None:
    """What would be refused, and the remedy."""
    refused = of_group(findings.refusals, group)
    if not refused:
        return
    table = table_of("refused", "records", "for example", "remedy", numbers=("records",))
    for each in refused:
        table.add_row(f"[red]{shown(each.reason)}", f"{each.records:,}", shown(each.example), shown(each.remedy))
    console.print(table)


def show_words(console: Console, findings: Findings, group: str) -> None:
    """What happened, in the records' words and in ours."""
    words = of_group(findings.words, group)
    if not words:
        return
    table = table_of("told", "event_type", "records", "", numbers=("records",))
    for each in words[:MOST_WORDS]:
        table.add_row(
            shown(each.told),
            shown(each.event_type),
            f"{each.records:,}",
            shown(each.advice),
            style="yellow" if each.advice else None,
        )
    console.print(table)
    if len(words) > MOST_WORDS:
        console.print(f"and {len(words) - MOST_WORDS} words more (--json has all)")


def show_fields(console: Console, findings: Findings, group: str) -> None:
    """Which fields are filled, and which never."""
    fields = of_group(findings.fields, group)
    filled = [f"{each.field} {percent(each.share)}" for each in fields if each.records]
    never = [each.field for each in fields if not each.records]
    if fields:
        console.print(f"[dim]filled[/]  {', '.join(filled)}")
        console.print(f"[dim]never[/]   {', '.join(never)}")


def percent(share: float) -> str:
    """A share that is not rounded up to all."""
    return "100 %" if share == 1 else f"{min(share * 100, 99.9):.1f} %"


def show_kept(console: Console, findings: Findings, group: str) -> None:
    """What is kept beside the fields."""
    for where, meaning in (("extra", "unknown keys and values that fit no field"), ("properties", "what no field takes")):
        keys = [each for each in of_group(findings.kept, group) if each.where == where]
        if keys:
            told = ", ".join(f"{each.key} {each.records:,}" for each in keys[:MOST_KEYS])
            more = f", and {len(keys) - MOST_KEYS} more" if len(keys) > MOST_KEYS else ""
            console.print(f"[dim]kept in {where} ({meaning})[/]  {shown(told)}{more}")


def show_notes(console: Console, style: str, title: str, notes: list[Note]) -> None:
    """Notes of one kind."""
    for note in notes:
        console.print(f"[{style}]{title}:[/] {shown(note.about)}: {shown(note.text)}")


def show_verdict(console: Console, findings: Findings) -> None:
    """One sentence."""
    lines, accepted = (sum(getattr(each, name) for each in findings.files) for name in ("lines", "accepted"))
    refused = sum(each.records for each in findings.refusals)
    unmapped = sum(each.records for each in findings.unmapped)
    console.print(f"{lines:,} lines: {accepted:,} accepted, {refused:,} records refused, {unmapped:,} kept as `other`.")
    if findings.is_refused:
        console.print("[red]Something would be refused.[/] Nothing was loaded.")
    elif findings.is_noted:
        console.print("[yellow]All would be taken; look at the notes.[/] Nothing was loaded.")
    elif findings.files:
        console.print("[green]All would be taken and understood.[/] Nothing was loaded; `make run` with the same LANDING does.")
