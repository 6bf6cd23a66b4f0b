"""Landed files written anew without the records of erased people; where that cannot be done, their exact names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa

from ingestion import aliases, catalog, durable, identity, lake, manifest, pages, records, shape, tabular, tombstones
from ingestion.bronze import Landed, staging_folder
from ingestion.decode import Decoded, codec_of
from ingestion.home import Home
from ingestion.landing import CATALOG, READ_BYTES, ChangedWhileReadingError, Index, LandedFile, Landing
from ingestion.lines import CHUNK_BYTES, Lines, split
from ingestion.locking import bronze_lock
from ingestion.manifest import Manifest
from ingestion.mapping.recipe import RecipeError
from ingestion.mapping.shelf import NoRecipeError, Shelf
from ingestion.sources import Source, registered
from ingestion.tombstones import Identifier
from ingestion.trouble import TROUBLE, UnreachableError, explained
from ingestion.workbench import LINE_MASK, Work, Workbench, connection

LINE_FORMATS = ("ndjson", "json")
LONGEST_LINE = 2**30


@dataclass(frozen=True)
class Holding:
    """A landed file that held records of erased people. why_not: None where it was rewritten, else why a person must do it.

    is_asked_for: whether some of the records are of the people who were asked for, or nobody can tell.
    """

    uri: str
    records: int
    why_not: str | None
    is_asked_for: bool = True


@dataclass
class RewritingReport:
    """Every landed file in which an erased person was found."""

    files: list[Holding] = field(default_factory=list)

    @property
    def left(self) -> list[Holding]:
        """Those that still hold them."""
        return [each for each in self.files if each.why_not]

    @property
    def unfinished(self) -> list[Holding]:
        """Those that still hold the people who were asked for: their erasure is not done."""
        return [each for each in self.left if each.is_asked_for]


def rewrite_landing(
    landing: str, home: Home, *, only_report: bool = False, people: Sequence[Identifier] | None = None
) -> RewritingReport:
    """Take the records that tombstones forbid out of the landed files that brought them.

    Lines of text on a local disk are rewritten, compressed as they were, and stay the loads they are; of other files the names are
    reported, as of all with `only_report`. Every file of a load in whose books something is erased is read once. A file that cannot be
    read or written is reported too, and holds up nothing else.

    people: who is asked for now, since files may be left that hold others of before; everybody where None.
    """
    report = RewritingReport()
    zone = Landing.at(landing)
    with bronze_lock(home), connection(home) as con:
        lake.sweep(home)
        index = Index.open(home)
        listing = zone.listing(list(registered()), None, lambda name, mark: True)
        books = {each.load_id: each for each in manifest.every(home) if each.erased or each.superseded_by}
        rewriting = _Rewriting(con, zone, home, index, report, only_report, _hashes(home, people))
        try:
            for file in listing.files:
                entry = index.entries.get(zone.full(file.name))
                load = _in_force(books, str(entry["load_id"])) if entry else None
                if load and load.erased:
                    rewriting.look_at(file, load)
        finally:
            index.save(zone.root, {zone.full(file.name) for file in listing.files}, [*registered(), CATALOG])
    return report


def _in_force(books: Mapping[str, Manifest], load_id: str) -> Manifest | None:
    """The load whose rows stand for a landed file that is known as this load: a rewritten file's own load has none.

    books: of the loads that have a successor or erased records; None for any other.
    """
    passed: set[str] = set()
    load = books.get(load_id)
    while load and load.superseded_by and load.load_id not in passed:
        passed.add(load.load_id)
        load = books.get(load.superseded_by)
    return load


def _hashes(home: Home, people: Sequence[Identifier] | None) -> list[str] | None:
    """How tombstones may name these people."""
    if people is None:
        return None
    key = identity.privacy_key(home)
    forms = {form for each in people for form in (each.normal, identity.pseudonym_of(key, each.normal))}
    return sorted(identity.keyed_hash(key, form) for form in forms)


@dataclass
class _Rewriting:
    """One pass over a landing zone.

    asked_for: hashes of the people who are asked for now, None for everybody. done: what was rewritten, by where it lies: links may lead
    to it from several names. unreachable: what the store said when it did not answer.
    """

    con: duckdb.DuckDBPyConnection
    zone: Landing
    home: Home
    index: Index
    report: RewritingReport
    only_report: bool
    asked_for: list[str] | None
    done: set[Path] = field(default_factory=set)
    unreachable: str | None = None

    def look_at(self, file: LandedFile, load: Manifest) -> None:
        """Rewrite a file where that must be; what the machine or somebody else does to it is told of it alone."""
        uri = self.zone.full(file.name)
        why_not = self.unreachable
        if why_not is None and not self.index.is_as_loaded(uri, file.mark):
            # What was appended since is in no load: rewritten and known as this one, it would never be loaded.
            why_not = "it has changed since it was loaded: ask again"
        if why_not is None:
            try:
                if held := self._rewritten(file, load):
                    self.report.files.append(held)
                return
            except (NoRecipeError, RecipeError) as error:
                why_not = f"it cannot be read: {error}"
            except (*TROUBLE, ChangedWhileReadingError) as error:
                why_not = _failure(error)
                if isinstance(error, UnreachableError):
                    # The store has been asked several times: the other files would only wait as long.
                    self.unreachable = why_not
        self.report.files.append(Holding(uri, load.erased, why_not))

    def _rewritten(self, file: LandedFile, load: Manifest) -> Holding | None:
        """What a file held and what became of it; None where it holds nobody."""
        uri = self.zone.full(file.name)
        # What a link leads to is rewritten: replacing the link would leave the records where they are.
        target = Path(uri).resolve() if self.zone.is_local else None
        is_done = target in self.done
        if is_done:
            file = replace(file, mark=self.zone.mark(file))
        with staging_folder(self.home) as folder:
            path, content = self.zone.fetch(file, folder / "fetched")
            landed = Landed(path, file.name, file.format, content, file.mark.size)
            shaped_by = _shaped_by(self.home, file)
            unkept = _unkept_lines(self.con, landed, file.source, shaped_by, folder)
            if not unkept:
                if is_done:
                    self._acknowledge(file, content, load)
                return None
            why_not = "only a report was asked for" if self.only_report else _why_not(self.zone, file, path)
            if why_not is None and target is not None:
                why_not = self._replaced(file, load, target, shaped_by, unkept)
            is_asked_for = why_not is None or self._is_asked_for(landed, file.source, shaped_by, folder)
        return Holding(uri, len(unkept), why_not, is_asked_for)

    def _replaced(self, file: LandedFile, load: Manifest, target: Path, shaped_by: Source, unkept: Sequence[int]) -> str | None:
        """Put a file without the records numbered in `unkept` in the place of `target`; or why that cannot be done."""
        made = Path(f"{target}.{uuid4().hex}.tmp")
        try:
            # Made by Python first, whose errors name the place; Arrow's do not.
            made.touch(exist_ok=False)
            why_not = _write_without(shaped_by, Decoded(target, codec_of(target, file.name)), file.format, unkept, made)
            if why_not is None:
                made.chmod(target.stat().st_mode)
                if self.zone.mark(file) != file.mark:
                    # Whoever appended to it meanwhile must find it again.
                    raise ChangedWhileReadingError(file.name)
                content, size = _content(made), made.stat().st_size
                self._note(file, content, size, load)
                durable.publish(made, target)
                self.done.add(target)
                self.index.remember(self.zone.full(file.name), self.zone.mark(file), load.shape_version, load.load_id)
        except (*TROUBLE, ChangedWhileReadingError) as error:
            why_not = _failure(error)
        finally:
            # It is not there any more, or where nothing can be written it never was.
            with suppress(OSError):
                made.unlink()
        return why_not

    def _acknowledge(self, file: LandedFile, content: str, load: Manifest) -> None:
        """Note of a file that was rewritten under another name that it is still its load."""
        self._note(file, content, file.mark.size, load)
        self.index.remember(self.zone.full(file.name), file.mark, load.shape_version, load.load_id)

    def _note(self, file: LandedFile, content: str, size: int, load: Manifest) -> None:
        """Note, before a file is replaced, that its new bytes are the load they were: no later run loads them again."""
        if load.source == CATALOG:
            successor = catalog.load_id(Landed(Path(file.name), file.name, file.format, content, size))
        else:
            successor = manifest.load_id(load.source, load.shape_version, content)
        aliases.acknowledge(self.home, load, successor, size)

    def _is_asked_for(self, landed: Landed, source: str, shaped_by: Source, folder: Path) -> bool:
        """Whether the erased people of a file include somebody who is asked for now."""
        if self.asked_for is None:
            return True
        try:
            self.con.execute("delete from tombstones where not list_contains(?, hash)", [self.asked_for]).fetchall()
            self.con.execute("set variable keep_from = null").fetchall()
            return bool(_unkept_lines(self.con, landed, source, shaped_by, folder))
        finally:
            tombstones.prepare(self.con, self.home)


def _failure(error: Exception) -> str:
    """Why a file could not be rewritten, as the end of a sentence."""
    if isinstance(error, ChangedWhileReadingError | FileNotFoundError):
        return "it changed or left while it was being looked at: ask again"
    return f"it cannot be read or rewritten: {explained(error).removesuffix('.')}"


def _unkept_lines(con: duckdb.DuckDBPyConnection, landed: Landed, source: str, shaped_by: Source, folder: Path) -> list[int]:
    """Numbers of the lines that loading the file would not keep."""
    bench = (catalog.CatalogBench if source == CATALOG else Workbench)(con, shaped_by, folder, "again")
    bench.shape([Work("again", landed.name, records.read(shaped_by, landed.path, landed.name, landed.format, folder))])
    return sorted(line & LINE_MASK for line in bench.erased_lines)


def _shaped_by(home: Home, file: LandedFile) -> Source:
    """How the file's lines become rows. Raises NoRecipeError and RecipeError where nobody can tell."""
    return catalog.ROWS if file.source == CATALOG else Shelf.of(home).shaping(registered()[file.source], file.name)


def _why_not(zone: Landing, file: LandedFile, path: Path) -> str | None:
    if not zone.is_local:
        return "it lies in an object store: replace the object"
    if file.format not in LINE_FORMATS:
        return f"a {file.format} file is not rewritten line by line: export it anew without the person"
    if records.holds_array(Decoded(path, codec_of(path, file.name))):
        return "it is one JSON array, not lines: export it anew without the person"
    return None


def _write_without(source: Source, decoded: Decoded, kind: str, unkept: Sequence[int], made: Path) -> str | None:
    """Write a text file but its records numbered in `unkept`, else as it is, compressed as before; or why that cannot be done."""
    numbers, shift = np.array(unkept), 0
    is_document = kind == "json" and records.is_document(source, decoded)
    limits = (pages.DOCUMENT_HEAD_BYTES, records.MAX_ARRAY_BYTES) if is_document else (pages.HEAD_BYTES, shape.MAX_LINE_BYTES)
    parts: Iterable[records.Part] = (
        tabular.document_parts(decoded, records.MAX_ARRAY_BYTES)
        if is_document
        else split(decoded.blocks(CHUNK_BYTES), LONGEST_LINE, 0, lambda: decoded.failure)
    )
    with pa.OSFile(str(made), "wb") as sink, pa.CompressedOutputStream(sink, decoded.codec) if decoded.codec else sink as out:
        for part in parts:
            if not isinstance(part, Lines):
                return "it is not readable to its end: upload it again without the person"
            found = pages.unfold(source, part, *limits) if source.page_key else None
            kept = pages.without(source, part, found, numbers, shift)
            if kept is None:
                return "its pages cannot be told apart: export it anew without the person"
            for texts in kept:
                out.write(_joined(texts))
            shift += int(found.shifts[-1]) if found else 0
    return None


def _joined(lines: pa.Array) -> pa.Buffer:
    """The bytes of lines that lie one behind the other."""
    _, offsets, text = lines.buffers()
    first, last = (np.frombuffer(offsets, dtype=np.int32)[[lines.offset, lines.offset + len(lines)]]).tolist()
    return text.slice(first, last - first)


def _content(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
