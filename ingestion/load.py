"""One run over a landing zone: find what is new, load it file by file, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import duckdb

from ingestion import bronze, catalog, lake, manifest
from ingestion.bronze import Landed
from ingestion.home import Home
from ingestion.landing import CATALOG, SETTLE_SECONDS, ChangedWhileReadingError, Index, LandedFile, Landing, LeftAlone, Mark
from ingestion.locking import bronze_lock
from ingestion.manifest import Manifest
from ingestion.report import Failure, LandingReport, Progress
from ingestion.sources import registered
from ingestion.workbench import connection


def load_landing(
    landing: str,
    home: Home,
    *,
    sources: Sequence[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    settle_seconds: float = SETTLE_SECONDS,
) -> LandingReport:
    """Load every new, whole file below `landing` (a path or any fsspec URI) into bronze.

    sources: names of the sources to load, or "catalog"; all of them where None. Raises ValueError for an unknown one.
    on_progress: called after every chunk and every file.
    settle_seconds: how long a file modified within the last minute is watched for growth.
    """
    known = registered()
    if strangers := set(sources or ()) - set(known) - {CATALOG}:
        raise ValueError(f"unknown source {', '.join(sorted(strangers))}; known: {', '.join([*known, CATALOG])}")
    with bronze_lock(home):
        return _Run(Landing.at(landing), home, on_progress or (lambda progress: None)).over(sources, settle_seconds)


class _Run:
    def __init__(self, landing: Landing, home: Home, on_progress: Callable[[Progress], None]) -> None:
        self.landing, self.home, self.on_progress = landing, home, on_progress
        self.report = LandingReport()
        self.index = Index.open(home)
        self.done_files = self.done_bytes = self.all_files = self.all_bytes = 0

    def over(self, sources: Sequence[str] | None, settle_seconds: float) -> LandingReport:
        started = time.monotonic()
        self.report.swept = lake.sweep(self.home)
        listing = self.landing.listing(
            list(registered()), sources, lambda name, mark: self._known_load(name, mark) is not None, settle_seconds
        )
        self.report.waiting += listing.waiting
        self.report.unknown += listing.unknown
        fresh = [file for file in listing.files if self._known_load(file.name, file.mark) is None]
        new = {file.name for file in fresh}
        self.report.skipped += [file.name for file in listing.files if file.name not in new]
        self.all_files, self.all_bytes = len(fresh), sum(file.mark.size for file in fresh)
        with connection(self.home) as con:
            lake.prepare(con, self.home)
            for file in fresh:
                self._load(con, file)
                self.done_files += 1
                self.done_bytes += file.mark.size
                self._tell(file.name)
        self.index.save(self.landing.root, {self.landing.full(file.name) for file in listing.files})
        self.report.seconds = time.monotonic() - started
        return self.report

    def _tell(self, path: str, lines: int = 0) -> None:
        self.on_progress(
            Progress(path, self.done_files, self.all_files, self.done_bytes, self.all_bytes, self.report.lines + lines)
        )

    def _known_load(self, name: str, mark: Mark) -> str | None:
        """The committed load of a file that has not changed since."""
        source = name.partition("/")[0]
        load = self.index.load_of(self.landing.full(name), mark, _shape_version(source))
        return load if load and manifest.find(self.home, source, load) else None

    def _load(self, con: duckdb.DuckDBPyConnection, file: LandedFile) -> None:
        started = time.monotonic()
        if file.source == CATALOG and catalog.entity_of(file.name) is None:
            self.report.unknown.append(LeftAlone(file.name, f"It names no catalog entity. Known: {', '.join(catalog.ENTITIES)}"))
            return
        try:
            with bronze.staging_folder(self.home) as folder:
                path, content = self.landing.fetch(file, folder)
                landed = Landed(path, file.name, file.format, content, file.mark.size)
                made = self._commit(con, file, landed)
        except (ChangedWhileReadingError, FileNotFoundError):
            self.report.waiting.append(LeftAlone(file.name, "It changed while it was being read."))
        except (OSError, duckdb.Error, ValueError) as error:
            self.report.failed.append(Failure(file.name, f"{type(error).__name__}: {error}"))
        else:
            if made is None:
                self.report.skipped.append(file.name)
            else:
                self.report.loaded(made, time.monotonic() - started)

    def _commit(self, con: duckdb.DuckDBPyConnection, file: LandedFile, landed: Landed) -> Manifest | None:
        """The new load, or None where these bytes were loaded before under any name."""
        version = _shape_version(file.source)
        is_catalog = file.source == CATALOG
        load = catalog.load_id(landed) if is_catalog else manifest.load_id(file.source, version, landed.content)
        known = manifest.find(self.home, file.source, load)
        made = None
        if known is None:
            lines = 0

            def count(more: int, _bytes: int) -> None:
                nonlocal lines
                lines += more
                self._tell(file.name, lines)

            if is_catalog:
                made = catalog.load_file(con, self.home, landed, lambda: self._unchanged(file), count)
            else:
                made = bronze.load_file(con, self.home, registered()[file.source], landed, lambda: self._unchanged(file), count)
        self.index.remember(self.landing.full(file.name), file.mark, version, load)
        return made

    def _unchanged(self, file: LandedFile) -> None:
        if self.landing.is_local and self.landing.mark(file) != file.mark:
            raise ChangedWhileReadingError(file.name)


def _shape_version(source: str) -> int:
    return catalog.SHAPE_VERSION if source == CATALOG else registered()[source].shape_version
