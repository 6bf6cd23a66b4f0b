"""Landed files written anew without the records of erased people; where that cannot be done, their exact names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa

from ingestion import aliases, catalog, durable, lake, manifest, pages, records, shape, tabular
from ingestion.bronze import Landed, staging_folder
from ingestion.decode import Decoded, codec_of
from ingestion.home import Home
from ingestion.landing import CATALOG, READ_BYTES, Index, LandedFile, Landing
from ingestion.lines import CHUNK_BYTES, Lines, split
from ingestion.locking import bronze_lock
from ingestion.manifest import Manifest
from ingestion.mapping.recipe import RecipeError
from ingestion.mapping.shelf import NoRecipeError, Shelf
from ingestion.sources import Source, registered
from ingestion.workbench import LINE_MASK, Work, Workbench, connection

LINE_FORMATS = ("ndjson", "json")
LONGEST_LINE = 2**30


@dataclass(frozen=True)
class Holding:
    """A landed file that held records of erased people. why_not: None where it was rewritten, else why a person must do it."""

    uri: str
    records: int
    why_not: str | None


@dataclass
class RewritingReport:
    """Every landed file in which an erased person was found."""

    files: list[Holding] = field(default_factory=list)

    @property
    def left(self) -> list[Holding]:
        """Those that still hold them."""
        return [each for each in self.files if each.why_not]


def rewrite_landing(landing: str, home: Home, *, only_report: bool = False) -> RewritingReport:
    """Take the records that tombstones forbid out of the landed files that brought them.

    Lines of text on a local disk are rewritten, compressed as they were, and stay the loads they are; of other files the names are
    reported, as of all with `only_report`. Every file of a load in whose books something is erased is read once.
    """
    report = RewritingReport()
    zone = Landing.at(landing)
    with bronze_lock(home), connection(home) as con:
        lake.sweep(home)
        index = Index.open(home)
        listing = zone.listing(list(registered()), None, lambda name, mark: True)
        erased = {each.load_id: each for each in manifest.every(home) if each.erased}
        for file in listing.files:
            entry = index.entries.get(zone.full(file.name))
            load = erased.get(str(entry["load_id"])) if entry else None
            if load:
                _rewrite(con, zone, home, index, file, load, report, only_report=only_report)
        index.save(zone.root, {zone.full(file.name) for file in listing.files})
    return report


def _rewrite(
    con: duckdb.DuckDBPyConnection,
    zone: Landing,
    home: Home,
    index: Index,
    file: LandedFile,
    load: Manifest,
    report: RewritingReport,
    *,
    only_report: bool,
) -> None:
    with staging_folder(home) as folder:
        path, content = zone.fetch(file, folder / "fetched")
        landed = Landed(path, file.name, file.format, content, file.mark.size)
        try:
            shaped_by = _shaped_by(home, file)
            unkept = _unkept_lines(con, landed, file.source, shaped_by, folder)
        except (NoRecipeError, RecipeError) as error:
            report.files.append(Holding(zone.full(file.name), load.erased, f"it cannot be read: {error}"))
            return
        if not unkept:
            return
        why_not = "only a report was asked for" if only_report else _why_not(zone, file, path)
        if why_not is None:
            made = Path(f"{path}.{uuid4().hex}.tmp")
            try:
                why_not = _write_without(shaped_by, Decoded(path, codec_of(path, file.name)), file.format, unkept, made)
                if why_not is None:
                    _acknowledge(home, landed, made, load)
                    made.chmod(path.stat().st_mode)
                    durable.publish(made, path)
            finally:
                made.unlink(missing_ok=True)
            index.remember(zone.full(file.name), zone.mark(file), load.shape_version, load.load_id)
    report.files.append(Holding(zone.full(file.name), len(unkept), why_not))


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


def _acknowledge(home: Home, landed: Landed, made: Path, load: Manifest) -> None:
    """Note, before the file is replaced, that its new bytes are the load they were: no later run loads them again."""
    with made.open("rb") as file:
        digest = sha256()
        while block := file.read(READ_BYTES):
            digest.update(block)
    content = digest.hexdigest()
    if load.source == CATALOG:
        successor = catalog.load_id(Landed(made, landed.name, landed.format, content, made.stat().st_size))
    else:
        successor = manifest.load_id(load.source, load.shape_version, content)
    aliases.acknowledge(home, load, successor, made.stat().st_size)
