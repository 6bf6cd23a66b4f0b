"""Where backups lie: every content once, named by its SHA-256, and one list of files for each moment that can be restored.

objects/<first two digits>/<sha256>
points/<moment>-<first 16 digits of the list's own sha256>.json
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from fsspec.implementations.local import LocalFileSystem

from ingestion import durable
from ingestion.stores import file_system

FORMAT = 1
BLOCK_BYTES = 2**22


class BackupError(RuntimeError):
    """A backup cannot be made or restored; the message names the file and the remedy."""


@dataclass(frozen=True)
class StoredFile:
    """One file of a home. path: relative to it, with forward slashes. mode: permission bits. mtime_ns: as it was when it was copied."""

    path: str
    sha256: str
    bytes: int
    mode: int
    mtime_ns: int


@dataclass(frozen=True)
class Point:
    """A moment that can be restored.

    layout: of the lake (`ingestion.layout`). erased: how many tombstones the lake had seen. pseudonyms: the fingerprint of the key that
    made its pseudonyms, or `none`. loads: how many counted.
    """

    format: int
    made_at: str
    release: str
    layout: int
    erased: int
    pseudonyms: str
    loads: int
    files: tuple[StoredFile, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    def as_json(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), indent=0) + "\n"


@dataclass(frozen=True)
class Store:
    """A folder or bucket of backups. folder: the file system's own path of it."""

    fs: Any
    folder: str
    uri: str

    @classmethod
    def at(cls, uri: str) -> Store:
        """The store at a path or fsspec URI.

        Raises:
            UnreachableError: nothing here writes to such URIs.
        """
        fs, folder = file_system(uri)
        return cls(fs, folder, uri if "://" in uri else folder)

    @property
    def is_local(self) -> bool:
        """Whether it lies on a disk of this machine."""
        return isinstance(self.fs, LocalFileSystem)

    def points(self) -> list[str]:
        """The names of all moments, oldest first."""
        return sorted(posixpath.basename(path).removesuffix(".json") for path in self._listed("points") if path.endswith(".json"))

    def objects(self) -> dict[str, int]:
        """Bytes of every stored content by its hash."""
        self.fs.invalidate_cache()
        try:
            found = self.fs.find(f"{self.folder}/objects", detail=True)
        except FileNotFoundError:
            return {}
        return {posixpath.basename(path): int(info["size"]) for path, info in found.items() if not path.endswith(".part")}

    def read_point(self, name: str) -> Point:
        """A moment by its name.

        Raises:
            BackupError: it is not there, is damaged, or was made by a newer release.
        """
        path = f"{self.folder}/points/{name}.json"
        try:
            text = self.fs.cat_file(path)
        except FileNotFoundError as error:
            raise BackupError(f"{self.uri} has no backup {name}; it has {', '.join(self.points()) or 'none'}.") from error
        if hashlib.sha256(text).hexdigest()[:16] != name.rpartition("-")[2]:
            raise BackupError(
                f"{path} is damaged: its bytes are not those that were written. Restore an earlier one: --at <moment>."
            )
        said = json.loads(text)
        if said["format"] > FORMAT:
            raise BackupError(f"{path} was written by a newer release ({said['release']}): restore it with that one.")
        return Point(**{**said, "files": tuple(StoredFile(**file) for file in said["files"])})

    def write_point(self, point: Point) -> str:
        """Store a moment; its name. All it names must be there before: this is what makes the backup one."""
        text = point.as_json().encode()
        moment = point.made_at.replace(":", "-")
        name = f"{moment}-{hashlib.sha256(text).hexdigest()[:16]}"
        self._put_bytes(text, f"points/{name}.json")
        return name

    def put(self, source: Path, sha256: str) -> None:
        """Store a content.

        Raises:
            BackupError: the bytes that were copied are not those of the hash.
        """
        target = self.object_path(sha256)
        if not self.is_local:
            self.fs.put_file(str(source), target)
            return
        aside = Path(f"{target}.{uuid4().hex}.part")
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            if copied(source, aside) != sha256:
                raise BackupError(f"{source} changed while it was copied: run the backup again.")
            durable.publish(aside, Path(target))
        finally:
            aside.unlink(missing_ok=True)

    def fetch(self, file: StoredFile, target: Path) -> None:
        """Write a file of a backup to `target`, whose folder is made.

        Raises:
            BackupError: its content is missing or damaged; nothing is left at `target`.
        """
        path = self.object_path(file.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            digest = hashlib.sha256()
            with self.fs.open(path, "rb") as stream, target.open("wb") as made:
                while block := stream.read(BLOCK_BYTES):
                    digest.update(block)
                    made.write(block)
        except FileNotFoundError as error:
            raise BackupError(f"{file.path}: its content {path} is missing from the backup.") from error
        if digest.hexdigest() != file.sha256:
            target.unlink()
            raise BackupError(f"{file.path}: its content {path} is damaged, its bytes are not those that were written.")

    def remove(self, names: Iterable[str]) -> tuple[int, list[str]]:
        """Remove moments, then contents that no other moment names: how many contents went, and the moments whose lists are damaged.

        While there is one of those no content goes, since nobody knows what it names.
        """
        for name in names:
            self.fs.rm_file(f"{self.folder}/points/{name}.json")
        needed: set[str] = set()
        damaged = []
        for name in self.points():
            try:
                needed |= {file.sha256 for file in self.read_point(name).files}
            except BackupError:
                damaged.append(name)
        gone = set() if damaged else self.objects().keys() - needed
        for sha256 in gone:
            self.fs.rm_file(self.object_path(sha256))
        return len(gone), damaged

    def object_path(self, sha256: str) -> str:
        """Where a content lies."""
        return f"{self.folder}/objects/{sha256[:2]}/{sha256}"

    def _listed(self, folder: str) -> list[str]:
        self.fs.invalidate_cache()
        try:
            return [str(path) for path in self.fs.ls(f"{self.folder}/{folder}", detail=False)]
        except FileNotFoundError:
            return []

    def _put_bytes(self, content: bytes, name: str) -> None:
        target = f"{self.folder}/{name}"
        if not self.is_local:
            self.fs.pipe_file(target, content)
            return
        aside = Path(f"{target}.part")
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        durable.publish(aside, Path(target))


def copied(source: Path, target: Path) -> str:
    """Copy a file, readable by its owner alone; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    target.touch(mode=0o600)
    with source.open("rb") as stream, target.open("wb") as made:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
            made.write(block)
    return digest.hexdigest()


def hashed(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
