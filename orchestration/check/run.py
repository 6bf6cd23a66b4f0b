"""The check itself: a landing zone loaded into a home that is thrown away, and staged there by the models."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.home import Home, recipes_of
from ingestion.landing import CATALOG, Landing
from ingestion.load import load_landing
from ingestion.manifest import Manifest
from ingestion.mapping.shelf import Shelf
from orchestration.check.findings import FileBooks, Findings, Note
from orchestration.check.paths import unmet_paths
from orchestration.check.questions import ask, group_of
from orchestration.lib.dbt import run_dbt
from orchestration.lib.environment import Environment

FOLDER = "check"
"""Below the home: on a disk that is large enough for a lake, closed to other accounts, and searched and removed by an erasure."""
FORGOTTEN_SECONDS = 86_400
STAGED = (
    "build", "--select", "+events_staged", "+rejected_event", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test",
)  # fmt: skip
"""What a check builds: the events as staged, before duplicates are told apart, and what was refused."""


def check(
    environment: Environment,
    *,
    sources: Sequence[str] | None = None,
    most_lines: int | None = None,
    on_step: Callable[[str], None] = lambda step: None,
) -> Findings:
    """What the landing zone would become, with the recipes of this home. Nothing of it is kept, and nothing of the home is changed.

    sources: only these. most_lines: of each file only so many. on_step: told what is being done.
    Raises ValueError for an unknown source, BuildError where dbt fails.
    """
    with scratch_home(environment.home) as home, variables_as_they_were():
        os.environ["AUDIENCE_RECIPES"] = str(recipes_of(environment.home))
        # Nothing is kept, so that nobody need be pseudonymous or missing in it; and a scratch home has a key of its own.
        for name in ("AUDIENCE_PSEUDONYMISE", "AUDIENCE_TOMBSTONES"):
            os.environ.pop(name, None)
        aside = Environment(home, environment.landing, is_demo=False, target="dev")
        on_step("Reading the landing zone")
        report = load_landing(environment.landing, home, sources=sources, most_lines=most_lines)
        findings = Findings(environment.landing)
        findings.files += [
            FileBooks(group_of(each.path), each.path, each.lines, each.accepted, each.rejected, each.blank)
            for each in sorted(report.manifests, key=lambda each: each.path)
        ]
        findings.failed += [Note(each.path, each.reason) for each in report.failed]
        findings.left_alone += [Note(each.name, each.reason) for each in (*report.unknown, *report.waiting)]
        findings.left_alone += [Note(name, "It has the bytes of another file and counts once.") for name in report.skipped]
        shelf = Shelf.of(home)
        empty = [each for each in report.manifests if each.source == CATALOG and each.lines == each.blank]
        findings.notes += [of_empty_snapshot(each) for each in empty]
        events = [each for each in report.manifests if each.source != CATALOG]
        if report.manifests:
            on_step("Staging the events")
            run_dbt(aside, STAGED)
            ask(home.warehouse, events, shelf, findings)
        if any("/" in group_of(each.path) for each in events):
            on_step("Looking for what the recipes name")
            findings.notes += unmet_paths(Landing.at(environment.landing), shelf, home.staging / "spool", most_lines)
        return findings


def of_empty_snapshot(load: Manifest) -> Note:
    """What a catalog file without records does."""
    if load.as_of is None:
        text = "It has no records, and no moment in its path: it changes nothing. Name it by a moment, as 2026-10-09.json."
    else:
        text = (
            f"It has no records: from {load.as_of} (UTC) on there are no {load.entity} in any workspace that had some before. "
            "Leave it out if that is not meant."
        )
    return Note(load.path, text)


@contextmanager
def scratch_home(home: Home) -> Iterator[Home]:
    """An empty home that is removed afterwards, and with it what checks left that were killed a day ago or earlier."""
    place = home.root / FOLDER
    is_new = not home.root.exists()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in place.iterdir():
        if left.stat().st_mtime < time.time() - FORGOTTEN_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    try:
        with TemporaryDirectory(dir=place) as folder:
            yield Home(Path(folder))
    finally:
        # Another check may be at work there.
        with suppress(OSError):
            place.rmdir()
            if is_new:
                home.root.rmdir()


@contextmanager
def variables_as_they_were() -> Iterator[None]:
    """Give the process its environment variables back at the end."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
