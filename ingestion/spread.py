"""A run over a landing zone divided among processes, on one machine or on many that share the lake's folder.

One process surveys, any number load a share each, one closes the books. Whatever dies, dies alone: its files are loaded when its share is
tried again, or by the next run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingestion.home import Home
from ingestion.landing import SETTLE_SECONDS, Index, LandedFile, Landing
from ingestion.load import Run, check_sources
from ingestion.locking import bronze_lock, loader_lock
from ingestion.report import LandingReport, Progress

SHARE_BYTES = 2**30
"""The most one share should hold: what is lost with a process is at most the reading of this."""


@dataclass(frozen=True)
class Share:
    """Files for one process. number: from 1."""

    number: int
    files: tuple[LandedFile, ...]

    @property
    def size_bytes(self) -> int:
        """As landed."""
        return sum(file.mark.size for file in self.files)


@dataclass(frozen=True)
class Survey:
    """What is new, divided. present: all files of the landing zone; report: what is known of it before anything is loaded."""

    shares: tuple[Share, ...]
    present: tuple[str, ...]
    report: LandingReport


@dataclass(frozen=True)
class Outcome:
    """What became of a share. remembered: entries for the landing index."""

    report: LandingReport
    remembered: Mapping[str, Mapping[str, Any]]


def survey(
    landing: str, home: Home, processes: int, *, sources: Sequence[str] | None = None, settle_seconds: float = SETTLE_SECONDS
) -> Survey:
    """List the landing zone and divide what is new; arguments and errors as of `load_landing`."""
    started = time.monotonic()
    check_sources(sources)
    with bronze_lock(home):
        run = Run(Landing.at(landing), home)
        fresh, present = run.survey(sources, settle_seconds)
    run.report.seconds = time.monotonic() - started
    return Survey(divide(fresh, processes), tuple(present), run.report)


def divide(files: Sequence[LandedFile], processes: int) -> tuple[Share, ...]:
    """Files in shares of about the same bytes: one a process, or more where they would hold more than `SHARE_BYTES`."""
    size = sum(file.mark.size for file in files)
    count = min(len(files), max(processes, -(-size // SHARE_BYTES)))
    held: list[list[LandedFile]] = [[] for _ in range(count)]
    filled = [0] * count
    for file in sorted(files, key=lambda file: (-file.mark.size, file.name)):
        least = filled.index(min(filled))
        held[least].append(file)
        # What opening costs counts too: a thousand empty files are work.
        filled[least] += file.mark.size + 2**16
    # In the order of names files of one source go through the same statements.
    return tuple(Share(number, tuple(sorted(each, key=lambda file: file.name))) for number, each in enumerate(held, 1))


def load_share(
    landing: str,
    home: Home,
    share: Share,
    *,
    loaders_here: int = 1,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Load a share's files while others load theirs. loaders_here: how many processes do so on this machine, and divide its memory."""
    started = time.monotonic()
    with loader_lock(home):
        run = Run(Landing.at(landing), home, on_progress)
        run.load(share.files, loaders_here)
    run.report.seconds = time.monotonic() - started
    uris = {run.landing.full(file.name) for file in share.files}
    return Outcome(run.report, {uri: entry for uri, entry in run.index.entries.items() if uri in uris})


def close_books(landing: str, home: Home, surveyed: Survey, outcomes: Sequence[Outcome]) -> LandingReport:
    """Note what files became, and tell of the run as of one."""
    place = Landing.at(landing)
    with bronze_lock(home):
        index = Index.open(home)
        for outcome in outcomes:
            index.entries.update({uri: dict(entry) for uri, entry in outcome.remembered.items()})
        index.save(place.root, {place.full(name) for name in surveyed.present})
    return together(surveyed.report, [outcome.report for outcome in outcomes])


def together(first: LandingReport, parts: Sequence[LandingReport]) -> LandingReport:
    """Reports of one run's parts as one. Its seconds are those of the survey and of the slowest part, which ran beside the others."""
    whole = LandingReport(swept=first.swept, skipped=list(first.skipped), waiting=list(first.waiting))
    whole.unknown, whole.failed, whole.damaged = list(first.unknown), list(first.failed), list(first.damaged)
    for part in parts:
        for load in part.manifests:
            whole.loaded(load, 0.0)
        for name, totals in part.by_source.items():
            held = whole.by_source[name]
            whole.by_source[name] = replace(held, seconds=held.seconds + totals.seconds)
        whole.skipped += part.skipped
        whole.waiting += part.waiting
        whole.unknown += part.unknown
        whole.failed += part.failed
    whole.seconds = first.seconds + max((part.seconds for part in parts), default=0.0)
    return whole
