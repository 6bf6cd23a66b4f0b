"""One run over a landing zone: find what is new, load it file by file, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import duckdb

from ingestion import aliases, bronze, catalog, journal, lake, manifest
from ingestion.bronze import Landed
from ingestion.home import Home
from ingestion.landing import CATALOG, SETTLE_SECONDS, ChangedWhileReadingError, Index, LandedFile, Landing, LeftAlone, Mark
from ingestion.locking import bronze_lock
from ingestion.manifest import Manifest
from ingestion.mapping.recipe import RecipeError
from ingestion.mapping.shelf import NoRecipeError, Shelf, folder_of, is_known
from ingestion.report import Failure, LandingReport, Progress
from ingestion.sources import Source, registered
from ingestion.trouble import TROUBLE, UnreachableError, explained
from ingestion.workbench import connection

BATCH_FILES, BATCH_BYTES = 256, 512 * 2**20
"""Files that go through the same statements, which cost a tenth of a second each; their archives unpack to more."""


def load_landing(
    landing: str,
    home: Home,
    *,
    sources: Sequence[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
    settle_seconds: float = SETTLE_SECONDS,
    most_lines: int | None = None,
) -> LandingReport:
    """Load every new, whole file below `landing` (a path or any fsspec URI) into bronze.

    sources: names of the sources to load, or "catalog"; all of them where None. Raises ValueError for an unknown one.
    on_progress: called after every chunk and every file. on_wait: told, in a sentence, that another run is waited for.
    settle_seconds: how long a file modified within the last minute is watched for growth.
    most_lines: of each file only so many lines: for a look at it in a home that is thrown away.
    """
    started = time.monotonic()
    check_sources(sources)
    with bronze_lock(home, on_wait):
        run = Run(Landing.at(landing), home, on_progress or (lambda progress: None), most_lines)
        fresh, present = run.survey(sources, settle_seconds)
        try:
            run.load(fresh)
        finally:
            listed = [*registered(), CATALOG] if sources is None else sources
            run.index.save(run.landing.root, {run.landing.full(name) for name in present}, listed)
    run.report.seconds = time.monotonic() - started
    return run.report


def check_sources(sources: Sequence[str] | None) -> None:
    """Raise ValueError where one of the names is no source's."""
    known = registered()
    if strangers := set(sources or ()) - set(known) - {CATALOG}:
        raise ValueError(f"unknown source {', '.join(sorted(strangers))}; known: {', '.join([*known, CATALOG])}")


class Run:
    """One look at a landing zone, or the loading of some of its files. report: what has happened; index: what files became."""

    def __init__(
        self,
        landing: Landing,
        home: Home,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        most_lines: int | None = None,
    ) -> None:
        self.landing, self.home, self.on_progress, self.most_lines = landing, home, on_progress, most_lines
        self.report = LandingReport()
        self.index = Index.open(home)
        self.shelf = Shelf.of(home)
        self.done_files = self.done_bytes = self.all_files = self.all_bytes = self.lines = 0

    def survey(self, sources: Sequence[str] | None, settle_seconds: float) -> tuple[list[LandedFile], list[str]]:
        """Tidy the lake and find what is new: those files, and the names of all that are there. For the holder of bronze's lock."""
        self._mend()
        aliases.recall(self.home)
        listing = self.landing.listing(
            list(registered()), sources, lambda name, mark: self._known_load(name, mark) is not None, settle_seconds
        )
        self.report.waiting += listing.waiting
        self.report.unknown += listing.unknown
        placed = [file for file in listing.files if self._has_a_place(file)]
        fresh = [file for file in placed if self._known_load(file.name, file.mark) is None]
        new = {file.name for file in fresh}
        self.report.skipped += [file.name for file in placed if file.name not in new]
        with connection(self.home) as con:
            lake.prepare(con, self.home)
        return fresh, [file.name for file in listing.files]

    def load(self, files: Sequence[LandedFile], loaders_here: int = 1) -> None:
        """Load files that a survey found. loaders_here: how many processes do so on this machine."""
        self.all_files, self.all_bytes = len(files), sum(file.mark.size for file in files)
        with connection(self.home, loaders_here) as con:
            for batch in _batches(files, self._shape_version):
                self._load(con, batch)

    def _mend(self) -> None:
        """Clear away what earlier runs left, and set aside what of the books is damaged."""
        swept = lake.mend(self.home)
        self.report.swept = swept.removed
        self.report.damaged += swept.damaged
        books = {path.stem for path in self.home.manifests.glob("*/*.json")}
        if self.index.without_books(books):
            self.report.damaged.append("manifests that are gone")
            self.report.swept += lake.mend(self.home, is_damaged=True).removed

    def _has_a_place(self, file: LandedFile) -> bool:
        if file.source == CATALOG:
            if not catalog.entity_of(file.name):
                stranger = LeftAlone(file.name, f"It names no catalog entity. Known: {', '.join(catalog.ENTITIES)}")
                self.report.unknown.append(stranger)
                return False
            return True
        try:
            self._shaping(file.name)
        except NoRecipeError as error:
            note = LeftAlone(folder_of(file.name), str(error))
            self.report.unknown += [] if note in self.report.unknown else [note]
            return False
        except RecipeError as error:
            failure = Failure(folder_of(file.name), str(error))
            self.report.failed += [] if failure in self.report.failed else [failure]
            return False
        return True

    def _shaping(self, name: str) -> Source:
        """The source that shapes a landed file of any source but the catalog."""
        return self.shelf.shaping(registered()[name.partition("/")[0]], name)

    def _shape_version(self, name: str) -> int:
        return catalog.SHAPE_VERSION if name.startswith(f"{CATALOG}/") else self._shaping(name).shape_version

    def _tell(self, path: str, more_lines: int = 0) -> None:
        self.lines += more_lines
        self.on_progress(Progress(path, self.done_files, self.all_files, self.done_bytes, self.all_bytes, self.lines))

    def _done(self, file: LandedFile) -> None:
        self.done_files += 1
        self.done_bytes += file.mark.size
        self._tell(file.name)

    def _known_load(self, name: str, mark: Mark) -> str | None:
        """The committed load of a file that has not changed since."""
        source = name.partition("/")[0]
        try:
            load = self.index.load_of(self.landing.full(name), mark, self._shape_version(name))
        except (NoRecipeError, RecipeError):
            return None
        return load if load and manifest.find(self.home, source, load) else None

    def _load(self, con: duckdb.DuckDBPyConnection, batch: list[LandedFile]) -> None:
        """Load files of one source together; where that fails, one by one, so that the fault is its file's alone."""
        started, lines = time.monotonic(), self.lines
        try:
            with bronze.staging_folder(self.home) as folder:
                made = self._commit(con, batch, folder)
        except UnreachableError:
            # The store itself has been asked several times: the other files would only wait as long.
            raise
        except bronze.LoadedMeanwhileError:
            self.lines = lines
            self._load(con, batch)
            return
        except (ChangedWhileReadingError, OSError, duckdb.Error, ValueError) as error:
            self.lines = lines
            if not isinstance(error, ChangedWhileReadingError):
                # What the attempt has moved into the lake already has the ids of loads that may yet come: nothing of it stays.
                with journal.committing(self.home):
                    lake.settle(self.home)
            if len(batch) > 1:
                for file in batch:
                    self._load(con, [file])
                return
            self._left(batch[0], error)
        else:
            loaded = {each.path for each in made}
            self.report.skipped += [file.name for file in batch if file.name not in loaded]
            seconds = time.monotonic() - started
            for each in made:
                self.report.loaded(each, seconds * each.lines / (sum(one.lines for one in made) or 1))
        for file in batch:
            self._done(file)

    def _left(self, file: LandedFile, error: Exception) -> None:
        if isinstance(error, ChangedWhileReadingError | FileNotFoundError):
            self.report.waiting.append(LeftAlone(file.name, "It changed while it was being read."))
        else:
            told = explained(error) if isinstance(error, TROUBLE) else f"{type(error).__name__}: {error}"
            self.report.failed.append(Failure(file.name, told))

    def _commit(self, con: duckdb.DuckDBPyConnection, batch: list[LandedFile], folder: Path) -> list[Manifest]:
        """The new loads; none for bytes that were loaded before under any name, or stand twice in the batch."""
        source, version = batch[0].source, self._shape_version(batch[0].name)
        is_catalog = source == CATALOG
        fresh: dict[str, Landed] = {}
        files = {file.name: file for file in batch}
        ids = {}
        for number, file in enumerate(batch):
            path, content = self.landing.fetch(file, folder / str(number))
            landed = Landed(path, file.name, file.format, content, file.mark.size)
            ids[file.name] = catalog.load_id(landed) if is_catalog else manifest.load_id(source, version, content)
            if not self._is_known(file, ids[file.name]):
                fresh.setdefault(ids[file.name], landed)

        def check(landed: Landed) -> None:
            self._unchanged(files[landed.name])

        def count(landed: Landed, lines: int) -> None:
            self._tell(landed.name, lines)

        made = []
        if fresh and is_catalog:
            made = [catalog.load_file(con, self.home, each, check, count) for each in fresh.values()]
        elif fresh:
            shaping = self._shaping(batch[0].name)
            made = bronze.load_batch(
                con,
                self.home,
                shaping,
                list(fresh.values()),
                check,
                count,
                self.most_lines,
                partial(is_known, self.home, shaping),
            )
        for file in batch:
            self.index.remember(self.landing.full(file.name), file.mark, version, ids[file.name])
        return made

    def _is_known(self, file: LandedFile, load: str) -> bool:
        if file.source == CATALOG:
            return manifest.find(self.home, CATALOG, load) is not None
        return is_known(self.home, self._shaping(file.name), load)

    def _unchanged(self, file: LandedFile) -> None:
        if self.landing.is_local and self.landing.mark(file) != file.mark:
            raise ChangedWhileReadingError(file.name)


def _batches(files: Sequence[LandedFile], shape_version: Callable[[str], int]) -> Iterator[list[LandedFile]]:
    """Small files of one source and shape together, a large one, or one of the catalog, alone."""
    batch: list[LandedFile] = []
    size = 0
    for file in files:
        full = len(batch) >= BATCH_FILES or size + file.mark.size > BATCH_BYTES
        strange = batch and (file.source != batch[0].source or shape_version(file.name) != shape_version(batch[0].name))
        if batch and (full or strange or file.source == CATALOG):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.mark.size
    if batch:
        yield batch
