"""What a run tells while it works and when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingestion.landing import LeftAlone
from ingestion.manifest import Manifest


@dataclass(frozen=True)
class Progress:
    """A moment of a run: the file at work and what is done. bytes: landed bytes, read of those to be read in this run."""

    path: str
    files_done: int
    files: int
    bytes_done: int
    bytes: int
    lines: int


@dataclass(frozen=True)
class Failure:
    """A file that could not be loaded now, and why; it is tried again by the next run."""

    path: str
    reason: str


@dataclass
class Totals:
    """Sums over loads. lines = accepted + rejected + blank + erased."""

    loads: int = 0
    lines: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0
    erased: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def add(self, manifest: Manifest) -> None:
        """Count one more load."""
        self.loads += 1
        for name in ("lines", "accepted", "rejected", "blank", "erased", "bytes"):
            setattr(self, name, getattr(self, name) + getattr(manifest, name))


LOADED_NEXT = "are loaded again by the next run"


def damage_found(books: Sequence[str], landed: str) -> str | None:
    """What was found damaged and what became of it, as a sentence; None where nothing was. landed: what files still there do."""
    if not books:
        return None
    rest = f"with the rows they covered: landed files that are still there {landed}. Of others the rows are there."
    return f"{', '.join(books)}: books of the lake that were damaged now lie in bronze/_damaged, {rest}"


@dataclass
class LandingReport(Totals):
    """The outcome of one run over a landing zone.

    manifests: the loads it made. skipped: files whose bytes were loaded before. waiting: files left for the next run, with the reason.
    unknown: files and folders no source claims. failed: files that could not be loaded. by_source: the totals of each source it loaded.
    swept: files of an interrupted run that were removed first. damaged: books that could not be read and were set aside, with the rows
    they covered, in `bronze/_damaged`. seconds: wall time.
    """

    manifests: list[Manifest] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    waiting: list[LeftAlone] = field(default_factory=list)
    unknown: list[LeftAlone] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    by_source: dict[str, Totals] = field(default_factory=dict)
    swept: int = 0
    damaged: list[str] = field(default_factory=list)

    def loaded(self, manifest: Manifest, seconds: float) -> None:
        """Count a load into the run and its source."""
        self.manifests.append(manifest)
        self.add(manifest)
        totals = self.by_source.setdefault(manifest.source, Totals())
        totals.add(manifest)
        totals.seconds += seconds

    @property
    def damage(self) -> str | None:
        """What was found damaged and what became of it, as a sentence; None where nothing was."""
        return damage_found(self.damaged, "were loaded again")

    @property
    def is_empty(self) -> bool:
        """Whether the run changed nothing."""
        return not self.manifests
