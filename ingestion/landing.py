"""What has landed: files under a landing URI that are new, whole and of a known kind."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import posixpath
import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from ingestion import durable
from ingestion.home import Home
from ingestion.keeping import without_password
from ingestion.local_files import files_below
from ingestion.stores import file_system
from ingestion.trouble import UnreachableError

FORMATS = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".log": "ndjson",
    ".tsv": "ndjson",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""Endings, and how the file is read; `ndjson` is one record a line, whatever a source makes of the line."""
ARCHIVES = (".gz", ".zst")
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
CATALOG = "catalog"

RECENT_SECONDS = 60.0
"""A file modified this recently is looked at twice."""
SETTLE_SECONDS = 1.0
"""How long apart."""
READ_BYTES = 2**22
ENTRY = {"mark", "shape_version", "load_id"}
"""What the index remembers of a file."""


@dataclass(frozen=True)
class Mark:
    """What a listing says of a file's version: equal marks, equal bytes."""

    size: int
    version: str
    modified: float


@dataclass(frozen=True)
class LandedFile:
    """A file below the landing zone. name: its path relative to it, with forward slashes. source: the first folder of it."""

    name: str
    source: str
    format: str
    mark: Mark


@dataclass(frozen=True)
class LeftAlone:
    """A file or folder that is not loaded, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """One look at the landing zone."""

    files: tuple[LandedFile, ...]
    waiting: tuple[LeftAlone, ...]
    unknown: tuple[LeftAlone, ...]


class ChangedWhileReadingError(Exception):
    """The file's bytes moved under the reader; it is left for the next run."""


@dataclass(frozen=True)
class Landing:
    """A landing zone on any fsspec file system."""

    fs: Any
    root: str

    @classmethod
    def at(cls, uri: str) -> Landing:
        """The landing zone at a local path or URI.

        Raises:
            ValueError: the URI holds a password.
            UnreachableError: nothing here reads such URIs.
        """
        return cls(*file_system(without_password(uri, "LANDING")))

    @property
    def is_local(self) -> bool:
        """Whether files can be read where they lie."""
        return isinstance(self.fs, LocalFileSystem)

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        """Turn the errors that every kind of store has of its own, and the network's, into one that says what is not reached."""
        try:
            yield
        except (FileNotFoundError, PermissionError, ChangedWhileReadingError):
            raise
        except Exception as error:
            if self.is_local:
                raise
            said = str(error).strip().splitlines()[0] if str(error).strip() else "no answer in time"
            raise UnreachableError(f"{self.root} cannot be reached ({type(error).__name__}: {said}).") from error

    def full(self, name: str) -> str:
        """The file system's path of a file below the root."""
        return f"{self.root}/{name}"

    def listing(
        self,
        sources: Sequence[str],
        wanted: Sequence[str] | None,
        unchanged: Callable[[str, Mark], bool],
        settle_seconds: float = SETTLE_SECONDS,
    ) -> Listing:
        """All loadable files of the `sources` (those `wanted`, where given) and of the catalog, sorted by name.

        unchanged: whether a file of this name and mark was loaded before; it is then not looked at twice.
        """
        chosen = set(sources if wanted is None else wanted) | ({CATALOG} if wanted is None else set())
        files, waiting, unknown = [], [], []
        entries, odd = self._entries()
        for name, mark in entries.items():
            folder, _, rest = name.partition("/")
            if any(part.startswith((".", "_")) for part in name.split("/")):
                continue
            if not rest:
                unknown.append(
                    LeftAlone(name, "It lies outside every source folder. Move it into one of: " + ", ".join([*sources, CATALOG]))
                )
            elif folder not in (*sources, CATALOG):
                unknown.append(LeftAlone(f"{folder}/", "No source has this name. Known: " + ", ".join([*sources, CATALOG])))
            elif folder not in chosen:
                continue
            elif name.lower().endswith(UNFINISHED):
                waiting.append(LeftAlone(name, "Its name says that it is still being uploaded."))
            elif (kind := format_of(name)) is None:
                unknown.append(LeftAlone(name, f"Unknown ending. Known: {', '.join(FORMATS)}, each plain, .gz or .zst"))
            else:
                files.append(LandedFile(name, folder, kind, mark))
        unknown += [LeftAlone(name, reason) for name, reason in sorted(odd.items()) if name.partition("/")[0] in chosen]
        settled, growing = self._settled(files, unchanged, settle_seconds)
        return Listing(tuple(settled), tuple(waiting + growing), tuple(dict.fromkeys(unknown)))

    def _settled(
        self, files: list[LandedFile], unchanged: Callable[[str, Mark], bool], settle_seconds: float
    ) -> tuple[list[LandedFile], list[LeftAlone]]:
        newest = time.time() - RECENT_SECONDS
        recent = [file for file in files if file.mark.modified > newest and not unchanged(file.name, file.mark)]
        if not recent:
            return files, []
        time.sleep(settle_seconds)
        again, _ = self._entries()
        growing = {file.name for file in recent if again.get(file.name) != file.mark}
        settled = [file for file in files if file.name not in growing]
        return settled, [LeftAlone(name, "It is still growing.") for name in sorted(growing)]

    def _entries(self) -> tuple[dict[str, Mark], dict[str, str]]:
        """The files with their marks, and what else lies there with the reason why it is left alone."""
        if self.is_local:
            found, odd = files_below(Path(self.root))
            return {name: _local_mark(status) for name, status in found.items()}, odd
        self.fs.invalidate_cache()
        try:
            with self._asked():
                found = self.fs.find(self.root, detail=True)
        except FileNotFoundError:
            return {}, {}
        start = len(self.root) + 1
        marks = {path[start:]: _mark(info) for path, info in found.items() if info["type"] == "file" and len(path) > start}
        return dict(sorted(marks.items())), {}

    def mark(self, file: LandedFile) -> Mark:
        """The file's version now. Raises FileNotFoundError where it is gone."""
        if self.is_local:
            return _local_mark(Path(self.full(file.name)).stat())
        self.fs.invalidate_cache()
        with self._asked():
            return _mark(self.fs.info(self.full(file.name)))

    def fetch(self, file: LandedFile, folder: Path) -> tuple[Path, str]:
        """A local path of the file's bytes, and their SHA-256. A remote file is copied into `folder`, which is made, once.

        Raises ChangedWhileReadingError where the bytes are not those that were listed.
        """
        digest = hashlib.sha256()
        size = 0
        local = Path(self.full(file.name)) if self.is_local else folder / "landed"
        if not self.is_local:
            folder.mkdir(parents=True)
        with contextlib.nullcontext() if self.is_local else local.open("wb") as copy:
            for block in self._blocks(file):
                digest.update(block)
                size += len(block)
                if copy is not None:
                    copy.write(block)
        if size != file.mark.size or self.mark(file) != file.mark:
            raise ChangedWhileReadingError(file.name)
        return local, digest.hexdigest()

    def _blocks(self, file: LandedFile) -> Iterator[bytes]:
        """A file's bytes; only what the store does is taken for its trouble, not what becomes of the bytes."""
        options = {} if self.is_local else {"block_size": READ_BYTES}
        with self._asked():
            stream = self.fs.open(self.full(file.name), "rb", **options)
        with stream:
            while True:
                with self._asked():
                    block = stream.read(READ_BYTES)
                if not block:
                    return
                yield block


def _local_mark(status: os.stat_result) -> Mark:
    return Mark(status.st_size, f"{status.st_ino}:{status.st_mtime_ns}", status.st_mtime)


def format_of(name: str) -> str | None:
    """The record format that a file name promises, or None."""
    stem = name.lower()
    for archive in ARCHIVES:
        stem = stem.removesuffix(archive)
    return FORMATS.get(posixpath.splitext(stem)[1])


def _mark(info: dict[str, Any]) -> Mark:
    """The mark in a remote listing. Some file systems give a time as a number in listings and as a datetime elsewhere."""
    modified = info.get("LastModified") or info.get("last_modified") or info.get("mtime") or info.get("created") or 0.0
    seconds = modified.timestamp() if isinstance(modified, datetime) else modified
    if isinstance(seconds, int | float):
        return Mark(int(info.get("size") or 0), str(info.get("ETag") or info.get("etag") or f"{seconds:.6f}"), float(seconds))
    return Mark(int(info.get("size") or 0), str(info.get("ETag") or info.get("etag") or seconds), 0.0)


@dataclass
class Index:
    """Which landed file was loaded as what: a cache that makes unchanged files free. Losing it costs one reading of the landing zone."""

    path: Path
    entries: dict[str, dict[str, Any]]

    @classmethod
    def open(cls, home: Home) -> Index:
        """The index of this home; empty where there is none or it cannot be read."""
        path = home.bronze / "landing_index.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            found = None
        entries = found if isinstance(found, dict) else {}
        return cls(path, {uri: entry for uri, entry in entries.items() if isinstance(entry, dict) and entry.keys() >= ENTRY})

    def without_books(self, known: Container[str]) -> bool:
        """Whether it remembers a load that is not among the known ones: somebody took away that load's books."""
        return any(entry["load_id"] not in known for entry in self.entries.values())

    def load_of(self, uri: str, mark: Mark, shape_version: int) -> str | None:
        """The load that this version of the file became, under this version of the shape."""
        entry = self.entries.get(uri)
        same = entry is not None and entry["mark"] == asdict(mark) and entry["shape_version"] == shape_version
        return entry["load_id"] if same and entry else None

    def is_as_loaded(self, uri: str, mark: Mark) -> bool:
        """Whether the file has still the bytes that became what is remembered of it."""
        entry = self.entries.get(uri)
        return entry is not None and entry["mark"] == asdict(mark)

    def remember(self, uri: str, mark: Mark, shape_version: int, load_id: str) -> None:
        """Note what a file became."""
        self.entries[uri] = {"mark": asdict(mark), "shape_version": shape_version, "load_id": load_id}

    def save(self, root: str, present: Iterable[str], sources: Collection[str] | None = None) -> None:
        """Write the index, without files that have left the landing zone at `root`.

        present: the files that were listed. sources: the first folders that were looked into, or those of `present` where not given;
        what is remembered of other folders stays, since nobody looked whether it is still there.
        """
        kept = set(present)
        looked_into = {_folder(root, uri) for uri in kept} if sources is None else set(sources)
        entries = {uri: entry for uri, entry in self.entries.items() if uri in kept or _folder(root, uri) not in looked_into}
        text = json.dumps(entries)
        if not self.path.exists() or self.path.read_bytes() != text.encode():
            durable.write_text(self.path, text, durable=False)


def _folder(root: str, uri: str) -> str | None:
    """The first folder of a file below `root`; None for a file of another landing zone."""
    return uri[len(root) + 1 :].partition("/")[0] if uri.startswith(root + "/") else None
