"""``python -m benchmarks.upgrade``: homes that earlier releases made, under the code of today; and a home of today under a release to come.

Earlier releases come out of the repository's own history, and run in the environment of today.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.faults.prepared import simulated
from benchmarks.marts import differences
from benchmarks.measure import REPOSITORY, Machine, StepError
from benchmarks.report import wide_console
from ingestion.home import Home
from serving.generations import current_snapshot

PARTS = ("ingestion", "orchestration", "serving", "dbt_project", "profiles.yml", "pyproject.toml")
# Ends of the first day's models, before serving and privacy, and before emitters other than native and xAPI.
EARLIER = ("f4b8699", "d5d25e0", "72b1fb5")
GONE = "survey_distribution"
ADDED = "is_first_of_month"
WORD = "applause"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Upgrade:
    """One home under the code of today. tables: those that differ from a fresh home's, books of loads apart."""

    made_by: str
    what: str
    seconds: float
    reason: str
    tables: Sequence[str]


def run(code: Path, home: Path, landing: Path, *arguments: str) -> str:
    """Run ``python -m orchestration`` of a code folder on a home; what it said.

    Raises:
        StepError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", *(arguments or ("refresh",))],
        cwd=code,
        env={**os.environ, "AUDIENCE_HOME": str(home), "LANDING": str(landing), "AUDIENCE_SITE": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode:
        raise StepError(f"{' '.join(arguments) or 'refresh'} of {code.name} ended with {done.returncode}:\n{said}")
    return said


def earlier_release(commit: str, target: Path) -> Path:
    """The code of a commit, in a folder."""
    target.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=REPOSITORY, capture_output=True, check=True)
    subprocess.run(["tar", "x"], cwd=target, input=archive.stdout, check=True)
    return target


def next_release(target: Path) -> Path:
    """The code of today with what a release may bring: a column of an incremental mart, a word in a seed, a field of the envelope; and
    one mart that is gone.
    """
    target.mkdir(parents=True)
    for name in PARTS:
        part = REPOSITORY / name
        if part.is_dir():
            shutil.copytree(part, target / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "target", "logs"))
        else:
            shutil.copy2(part, target / name)
    models = target / "dbt_project" / "models"
    column = f"date_day = cast(date_trunc('month', date_day) as date) as {ADDED}"
    change(models / "marts/kpis/kpi_workspace_daily.sql", "select * from final", f"select *, {column} from final")
    written = f'      - {{name: {ADDED}, data_type: boolean, description: "It is the first of a month."}}\n'
    shown = models / "marts/kpis/_kpis__models.yml"
    text = shown.read_text()
    head, found, rest = text.partition("  - name: kpi_workspace_daily\n")
    block, following, tail = rest.partition("\n  - name: ")
    shown.write_text(f"{head}{found}{block.rstrip()}\n{written}{following}{tail}")
    (models / f"marts/interactivity/{GONE}.sql").unlink()
    change(
        target / "dbt_project/macros/incremental/commit_after_everything.sql", f"    -- depends_on: {{{{ ref('{GONE}') }}}}\n", ""
    )
    cut(models / "marts/interactivity/_questions__models.yml", rf"  - name: {GONE}\n")
    cut(models / "marts/interactivity/_questions__unit_tests.yml", rf"  - name: \w+\n(?:    [^\n]*\n)*?    model: {GONE}\n")
    words = target / "dbt_project/seeds/event_types.csv"
    words.write_text(words.read_text().rstrip("\n") + f"\n{WORD},true,false,false,,false,true,true,the viewer clapped\n")
    change(
        target / "ingestion/sources/native.py",
        '("object", "properties"),',
        f'("text", "{WORD}_kind"),\n    ("object", "properties"),',
    )
    change(target / "ingestion/sources/native.py", "shape_version=2", "shape_version=3")
    return target


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there.

    Raises:
        StepError: it is not.
    """
    text = path.read_text()
    if old not in text:
        raise StepError(f"{path} has no {old!r}: the release to come must be described anew.")
    path.write_text(text.replace(old, new, 1))


def cut(path: Path, beginning: str) -> None:
    """Take an entry out of a list in a YAML file, up to the next one.

    Raises:
        StepError: there is none.
    """
    text, count = re.subn(rf"{beginning}(?:(?!  - name: )[^\n]*\n?)*", "", path.read_text(), count=1)
    if not count:
        raise StepError(f"{path} has no {beginning!r}: the release to come must be described anew.")
    path.write_text(text)


def compared(home: Path, fresh: Path) -> list[str]:
    """The tables in which two homes differ; which loads a home went through is its own history."""
    left, right = (current_snapshot(Home(each)) for each in (home, fresh))
    if left is None or right is None:
        raise StepError(f"Nothing was published in {home} or {fresh}")
    return [each.table for each in differences(left, right) if each.table != "quality.load"]


def reason_of(said: str) -> str:
    """Why a run built."""
    found = re.search(r"because (.*?)\.?\n", said)
    return found[1] if found else ""


def upgrades(folder: Path, events: int, days: int, commits: Sequence[str]) -> list[Upgrade]:
    """Every earlier release's home under the code of today: with the logs still landed, and with none of them."""
    source = folder / "source"
    simulated(source, events, days)
    nothing = folder / "nothing"
    nothing.mkdir()
    fresh = folder / "fresh"
    run(REPOSITORY, fresh, source)
    found = []
    for commit in commits:
        old = folder / commit / "home"
        run(earlier_release(commit, folder / commit / "code"), old, source)
        for what, landing in (("logs still landed", source), ("logs gone", nothing)):
            home = folder / commit / what.replace(" ", "-")
            shutil.copytree(old, home, symlinks=True)
            began = time.monotonic()
            said = run(REPOSITORY, home, landing)
            tables = [each for each in compared(home, fresh) if what != "logs gone" or each != "quality.rejected_event"]
            found.append(Upgrade(commit, what, time.monotonic() - began, reason_of(said), tables))
        shutil.rmtree(folder / commit)
    began = time.monotonic()
    said = run(next_release(folder / "next"), fresh, source)
    found.append(Upgrade("today", "a release to come", time.monotonic() - began, reason_of(said), missing_changes(fresh)))
    return found


def missing_changes(home: Path) -> list[str]:
    """Which of the changes of the release to come the published marts and the warehouse do not show."""
    wrong = []
    snapshot = current_snapshot(Home(home))
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        ((nulls, rows),) = connection.execute(
            f"select count(*) filter (where {ADDED} is null), count(*) from kpis.kpi_workspace_daily"
        ).fetchall()
        tables = {name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()}
    if nulls or not rows:
        wrong.append(f"{ADDED}: {nulls} of {rows} rows are null")
    with duckdb.connect(str(Home(home).warehouse), read_only=True) as connection:
        tables |= {name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()}
        words = connection.execute("select count(*) from reference.event_types where event_type = ?", [WORD]).fetchall()
    if GONE in tables:
        wrong.append(f"{GONE} is still there")
    if words != [(1,)]:
        wrong.append(f"the seed has no {WORD}")
    return wrong


def report(found: Sequence[Upgrade], events: int, days: int) -> str:
    """The upgrades as Markdown."""
    machine = Machine.here()
    rows = [
        f"| {each.made_by} | {each.what} | {each.seconds:.1f} | {each.reason} | {', '.join(each.tables) or 'none'} |"
        for each in found
    ]
    return "\n".join(
        [
            "# Upgrades",
            "",
            f'Done on {datetime.now(UTC).date()} with `make upgrade-drill ARGS="--events {events} --days {days}"`: {machine.system}, '
            f"{machine.cores} cores, Python {machine.python}, DuckDB {machine.duckdb}, dbt {machine.dbt}. What it is about: "
            "`docs/production.md`.",
            "",
            "Each home was made by the release in the first column, then given one `make run` of today's. Its marts are compared, table by "
            "table and row by row, with those of a home that today's release made from nothing. Which loads a home went through "
            "(`quality.load`), and the ids of loads where the logs are gone (`quality.rejected_event`), are its own history.",
            "",
            "| made by | then | seconds | built because | differs in |",
            "| --- | --- | ---: | --- | --- |",
            *rows,
            "",
        ]
    )


@app.command()
def main(
    events: Annotated[int, typer.Option(min=1_000, help="Simulated events.")] = 20_000,
    days: Annotated[int, typer.Option(min=1, help="Days they are spread over.")] = 5,
    commit: Annotated[list[str] | None, typer.Option(help="Of an earlier release (repeatable).")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where a scratch folder is made; kept where something failed.")] = None,
    report_to: Annotated[Path, typer.Option("--report", help="The report.")] = REPOSITORY / "benchmarks" / "UPGRADE.md",
) -> None:
    """Upgrade homes of earlier releases and compare; exits with 1 where a table differs."""
    console = wide_console()
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="upgrade-", dir=folder))
    try:
        found = upgrades(place, events, days, commit or EARLIER)
    except StepError as error:
        console.print(f"[red]Failed[/] (kept: {place})")
        console.print(str(error), markup=False)
        raise typer.Exit(1) from error
    text = report(found, events, days)
    console.print(text, markup=False)
    report_to.write_text(text)
    if any(each.tables for each in found):
        console.print(f"Kept: {place}")
        raise typer.Exit(1)
    shutil.rmtree(place)


if __name__ == "__main__":
    app()
