"""What a person sees in the terminal: progress while a run works, and a short summary at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingestion.keeping import open_places
from ingestion.report import Progress as LandingProgress
from ingestion.showing import shown, visible
from orchestration.headlines import Headlines, read_headlines
from orchestration.lib.dbt import NodeProgress
from orchestration.lib.environment import Environment
from orchestration.lib.ledger import balances
from orchestration.refresh import Listener, RefreshReport

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Stage:
    """One line of the progress display."""

    progress: Progress
    label: str
    task: TaskID | None = None

    def show(self, done: int, total: int | None, detail: str) -> None:
        """Move the line to ``done`` of ``total`` and name what is being worked on."""
        if self.task is None:
            self.task = self.progress.add_task(self.label, total=total, detail="")
            if not console.is_terminal:
                console.print(f"{self.label} ...")
        self.progress.update(self.task, completed=done, total=total, detail=visible(detail[:60]))

    def finish(self) -> None:
        """Fill the line's bar, where it was begun."""
        if self.task is not None:
            total = self.progress.tasks[self.task].total
            self.progress.update(self.task, completed=total or 1, total=total or 1, detail="")


@contextmanager
def live_listener() -> Iterator[Listener]:
    """A listener that draws one progress line per stage; a log that is no terminal gets one line per stage."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<22}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        landing = Stage(progress, "Loading logs")
        building = Stage(progress, "Building and testing")
        publishing = Stage(progress, "Publishing")
        dashboard = Stage(progress, "Dashboard")

        def on_landing(step: LandingProgress) -> None:
            landing.show(step.files_done, step.files, f"{step.lines:,} lines  {Path(step.path).name}")

        def on_node(step: NodeProgress) -> None:
            landing.finish()
            building.show(step.index - 1, step.total, step.name)

        def on_publish(done: int, total: int, table: str) -> None:
            building.finish()
            publishing.show(done, total, table)

        def on_site(step: str) -> None:
            publishing.finish()
            dashboard.show(0, None, step)

        yield Listener(on_landing, lambda reason: console.print(f"[yellow]{shown(reason)}"), on_node, on_publish, on_site)
        for stage in (landing, building, publishing, dashboard):
            stage.finish()


def show_summary(environment: Environment, report: RefreshReport) -> None:
    """Print what was done, the books of every source, the headline numbers and where to look next."""
    show_ledger(environment)
    headlines = read_headlines(environment.home)
    if headlines:
        show_headlines(headlines)
    show_outcome(report)
    show_open_places(environment)
    show_next(environment)


def show_ledger(environment: Environment) -> None:
    """Print lines = accepted + rejected + blank + erased for every source."""
    table = Table(title="Records", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("source", "files", "lines", "= accepted", "+ rejected", "+ blank", "+ erased"):
        table.add_column(name, justify="left" if name == "source" else "right")
    for balance in balances(environment.home):
        counts = (balance.loads, balance.lines, balance.accepted, balance.rejected, balance.blank, balance.erased)
        style = None if balance.is_balanced else "red"
        table.add_row(balance.source, *(f"{count:,}" for count in counts), style=style)
    console.print(table)


def show_headlines(headlines: Headlines) -> None:
    """Print the numbers most people came for."""
    table = Table(title="Audience", title_justify="left", title_style="bold", box=None, show_header=False)
    for label, value in headlines.labelled():
        table.add_row(label, f"[bold]{value}", style=None)
    console.print()
    console.print(table)


def show_outcome(report: RefreshReport) -> None:
    """Print what this run did, why, and how long each step took."""
    console.print()
    if report.landed.damage:
        console.print("[yellow]Set aside:[/]", shown(report.landed.damage))
    for failure in report.landed.failed:
        console.print("[red]Not loaded:[/]", shown(f"{failure.path}: {failure.reason}"))
    for stranger in report.landed.unknown:
        console.print("[yellow]Left alone:[/]", shown(f"{stranger.name}: {stranger.reason}"))
    if report.landed.waiting:
        console.print(f"{len(report.landed.waiting)} files are still being written; the next run takes them.")
    if report.site_problem:
        console.print("[yellow]The dashboard is not up to date;[/] the marts are published.", shown(report.site_problem))
    if report.plan.is_nothing:
        console.print("[green]Nothing new:[/] the published marts already show everything that has landed.")
        return
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in report.seconds.items())
    if report.built:
        models, tests = report.built.count("model"), report.built.count("test")
        console.print(
            f"[green]Built[/] {models} models and passed {tests} tests on their data, because {shown(report.plan.reason or '')}."
        )
        for node in report.built.warned:
            console.print(f"[yellow]Warning:[/] {shown(node.name)}: {shown(node.message)}")
    console.print(f"[green]Done:[/] {steps}")


def show_open_places(environment: Environment) -> None:
    """Print which personal files every account of this machine may read."""
    if found := open_places(environment.home):
        names = ", ".join(path.name for path in found)
        root = environment.home.root
        console.print(
            f"[red]Others on this machine may read[/] {shown(names)}: chmod -R go-rwx {shown(str(root))} (docs/security.md)"
        )


def show_next(environment: Environment) -> None:
    """Print where the results lie and how to look at them."""
    console.print(f"Snapshot  {environment.home.published / 'marts.duckdb'}", markup=False)
    console.print(f"For CRM   {environment.home.exports}", markup=False)
    if (environment.home.site / "index.html").exists():
        console.print("Dashboard make dashboard    (serves it on http://127.0.0.1:8080)")
    console.print("Look      make serve        (pipeline, tests and data in the browser)")
    if environment.is_demo:
        console.print("Own logs  make run LANDING=/path/to/logs")
