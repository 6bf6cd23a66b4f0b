"""Making a backup: one moment of the home, of which only what is new is copied."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ingestion import layout, manifest, tombstones
from ingestion.home import Home
from orchestration.backup.pin import pinned
from orchestration.backup.store import FORMAT, BackupError, Point, Store, StoredFile, hashed
from orchestration.lib.environment import REPOSITORY
from orchestration.lib.locking import OnWait

COPIES_AT_ONCE = 4
OnCopy = Callable[[int, int], None]


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds (files, bytes) and what had to be copied for it (new_files, new_bytes); removed: contents that went.

    damaged: lists of earlier moments that cannot be read; while there are any, no content goes, for they may name it.
    """

    name: str
    point: Point
    new_files: int
    new_bytes: int
    removed: int
    seconds: float
    damaged: Sequence[str] = ()


def back_up(
    home: Home,
    target: str,
    *,
    keep: int | None = None,
    with_warehouse: bool = False,
    on_wait: OnWait | None = None,
    on_copy: OnCopy | None = None,
) -> BackupReport:
    """Copy one moment of a home to a folder or fsspec URI; loads and builds may go on meanwhile.

    Args:
        home: of whom.
        target: where; several moments share it.
        keep: moments that stay, this one included; all where None.
        with_warehouse: the warehouse and the snapshot too, which otherwise are made anew after a restore.
        on_wait: told whom it waits for.
        on_copy: told (files done, files in all).

    Raises:
        BackupError: there is nothing to back up, the target lies in the home, or another backup is at work.
        NewerLakeError, DamagedLakeError: a lake that cannot be understood is not taken for a good one.
    """
    began = time.monotonic()
    store = Store.at(target)
    if not home.bronze.exists():
        raise BackupError(f"{home.root} holds no lake: nothing was backed up. Name the home in AUDIENCE_HOME.")
    if store.is_local and Path(store.folder).is_relative_to(home.root):
        raise BackupError(f"{target} lies in the home that is backed up: name a folder elsewhere, best on another disk.")
    home.locks.mkdir(parents=True, exist_ok=True)
    try:
        with (
            FileLock(home.locks / "backup.lock", blocking=False),
            pinned(home, with_warehouse=with_warehouse, on_wait=on_wait) as folder,
        ):
            point, new = copy_moment(Home(folder), store, on_copy)
            name = store.write_point(point)
            removed, damaged = store.remove(store.points()[:-keep]) if keep else (0, [])
    except Timeout as error:
        raise BackupError(f"Another backup of {home.root} is at work: wait for it to end.") from error
    except FileNotFoundError as error:
        raise BackupError(
            f"{error.filename} went while it was copied, as an erasure removes it: run the backup again."
        ) from error
    return BackupReport(name, point, len(new), sum(file.bytes for file in new), removed, time.monotonic() - began, damaged)


def copy_moment(moment: Home, store: Store, on_copy: OnCopy | None) -> tuple[Point, list[StoredFile]]:
    """Copy what the store lacks of a home that nobody changes; the point that names all files, and those that were copied.

    Raises:
        NewerLakeError, DamagedLakeError: it is no lake of this release.
    """
    strange = layout.strangers(moment)
    if strange:
        raise layout.NewerLakeError(
            f"Not backed up: a newer release wrote this lake ({'; '.join(each.what for each in strange)}). Back it up with that release."
        )
    if store.is_local:
        Path(store.folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    # A file that is as it was has the hash it had: of a lake that grows by a day only the day is read.
    known = {file.path: file for file in last_files(store)}
    held = store.objects()
    paths = sorted(path for path in moment.root.rglob("*") if path.is_file())
    files = [described(path, moment.root, known) for path in paths]
    new = [
        (file, path)
        for file, path in {file.sha256: (file, path) for file, path in zip(files, paths, strict=True)}.values()
        if held.get(file.sha256) != file.bytes
    ]
    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(lambda each: store.put(each[1], each[0].sha256), new), 1):
            if on_copy:
                on_copy(done, len(new))
    loads = sum(load.status == manifest.LOADED for load in manifest.every(moment))
    point = Point(
        FORMAT,
        manifest.now(),
        release(),
        layout.layout_of(moment) or layout.LAYOUT,
        len(tombstones.applied(moment)),
        "".join(lines_of(moment.bronze / "_pseudonyms.txt")) or "none",
        loads,
        tuple(files),
    )
    return point, [file for file, _ in new]


def last_files(store: Store) -> tuple[StoredFile, ...]:
    """The files of the newest moment; none where its list is damaged, which only costs reading them all again."""
    points = store.points()
    try:
        return store.read_point(points[-1]).files if points else ()
    except BackupError:
        return ()


def described(path: Path, root: Path, known: dict[str, StoredFile]) -> StoredFile:
    """A file with its hash, which is computed only where it is not as it was in the backup before."""
    status, name = path.stat(), path.relative_to(root).as_posix()
    before = known.get(name)
    unchanged = before is not None and (before.bytes, before.mtime_ns) == (status.st_size, status.st_mtime_ns)
    sha256 = before.sha256 if before is not None and unchanged else hashed(path)
    return StoredFile(name, sha256, status.st_size, status.st_mode & 0o777, status.st_mtime_ns)


def lines_of(path: Path) -> list[str]:
    """The lines of a text, none where it is not there."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def release() -> str:
    """The version of this product."""
    return str(tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"])


def target_from_environment() -> str | None:
    """Where backups go when nobody says: `AUDIENCE_BACKUP`."""
    return os.environ.get("AUDIENCE_BACKUP") or None
