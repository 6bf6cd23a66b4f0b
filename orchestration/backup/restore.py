"""Restoring a backup: into an empty home, whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ingestion import durable, identity, layout, tombstones
from ingestion.home import Home
from ingestion.locking import bronze_lock
from orchestration.backup.backup import COPIES_AT_ONCE, OnCopy
from orchestration.backup.store import BackupError, Point, Store, StoredFile
from serving.generations import generations, switch

ASIDE = "restore.new"
DONE = ".complete"
# What a restored home must not hold yet; landed files, the privacy folder and run histories may be there before.
RESTORED = (
    "bronze", "quarantine", "recipes", "api", "deliveries", "deliveries.yml", "warehouse.duckdb", "warehouse.duckdb.wal",
    "warehouse.state.json", "published",
)  # fmt: skip


@dataclass(frozen=True)
class RestoreReport:
    """What was restored (or, of a check alone, looked at)."""

    name: str
    point: Point
    seconds: float


def restore(
    home: Home, source: str, *, at: str | None = None, without_privacy: bool = False, on_copy: OnCopy | None = None
) -> RestoreReport:
    """Write a backup into an empty home. Every file is checked by its hash before the first is put in its place.

    Args:
        home: where to; must not hold a lake, a warehouse or anything else that is restored.
        source: the folder or fsspec URI of the backups.
        at: the beginning of a moment's name; the newest where None.
        without_privacy: also where tombstones or the key of pseudonyms are lost.
        on_copy: told (files done, files in all).

    Raises:
        BackupError: there is no such backup, something of it is damaged, or the home is not empty; the home is as it was.
    """
    began = time.monotonic()
    store = Store.at(source)
    name = chosen(store, at)
    point = store.read_point(name)
    if point.layout > layout.LAYOUT:
        raise BackupError(f"The lake in {name} was written by a newer release ({point.release}): restore it with that one.")
    aside = home.root / ASIDE
    is_ready = (aside / DONE).exists() and (aside / DONE).read_text() == name
    if not is_ready:
        refuse_unless_empty(home, point)
        refuse_lost_privacy(home, point, without_privacy)
        refuse_without_room(home, point)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True, mode=0o700)
        try:
            fetch_all(store, point, aside, on_copy)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        if without_privacy and not tombstones.path_of(home).exists():
            # Whom it must not take in nobody knows any more: with the memory of them it would take in nothing.
            (aside / "bronze" / tombstones.APPLIED).unlink(missing_ok=True)
        (aside / DONE).write_text(name)
    put_in_place(home, aside)
    return RestoreReport(name, point, time.monotonic() - began)


def check(source: str, scratch: Path, *, at: str | None = None, on_copy: OnCopy | None = None) -> RestoreReport:
    """Read every file of a backup and compare its hash; nothing stays in `scratch`.

    Raises:
        BackupError: something of it is missing or damaged; the message names the file.
    """
    began = time.monotonic()
    store = Store.at(source)
    name = chosen(store, at)
    point = store.read_point(name)

    def look(numbered: tuple[int, StoredFile]) -> None:
        number, file = numbered
        place = scratch / str(number)
        store.fetch(file, place)
        place.unlink()

    once = {file.sha256: file for file in point.files}
    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(look, enumerate(once.values())), 1):
            if on_copy:
                on_copy(done, len(once))
    return RestoreReport(name, point, time.monotonic() - began)


def chosen(store: Store, at: str | None) -> str:
    """The name of the newest backup, or of the newest whose moment begins with `at`.

    Raises:
        BackupError: there is none.
    """
    names = store.points()
    wanted = [name for name in names if name.startswith((at or "").replace(":", "-"))]
    if not wanted:
        raise BackupError(f"{store.uri} holds no backup{f' of {at}' if at else ''}; it has {', '.join(names) or 'none at all'}.")
    return wanted[-1]


def refuse_unless_empty(home: Home, point: Point) -> None:
    """Raise BackupError where a restore would write over something."""
    brought = {Path(file.path).parts[0] for file in point.files}
    there = [name for name in (*RESTORED, *sorted(brought - set(RESTORED))) if holds_something(home.root / name)]
    if there:
        raise BackupError(
            f"{home.root} is not empty: it holds {', '.join(there)}. Restore into another AUDIENCE_HOME, or move these away first."
        )


def holds_something(path: Path) -> bool:
    """Whether there is a file, or a folder with a file in it."""
    return path.is_file() or (path.is_dir() and any(each.is_file() for each in path.rglob("*")))


def refuse_lost_privacy(home: Home, point: Point, is_accepted: bool) -> None:
    """Raise BackupError where the lake was erased from or pseudonymised and what is needed for that is not here."""
    if is_accepted:
        return
    path = tombstones.path_of(home)
    if point.erased and not path.exists():
        raise BackupError(
            f"People were erased from this lake, and {path} is not there: late files would let them in again. Put the tombstones back, or "
            f"name them in {tombstones.VARIABLE}, with the key in {identity.VARIABLE}; where they are lost: --without-privacy."
        )
    if point.pseudonyms != identity.NO_PSEUDONYMS:
        has_key = identity.VARIABLE in os.environ or (home.privacy / "key").exists()
        if not has_key or identity.key_fingerprint(identity.privacy_key(home)) != point.pseudonyms:
            raise BackupError(
                "The ids in this lake are pseudonyms of another key than the one here: one person would get two names. "
                f"Give the key of then in {identity.VARIABLE} or {home.privacy / 'key'}; where it is lost: --without-privacy."
            )


def refuse_without_room(home: Home, point: Point) -> None:
    """Raise BackupError where the disk is too full for it."""
    place = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < point.bytes:
        raise BackupError(
            f"{place} has {free:,} bytes free, the backup has {point.bytes:,}: make room, or name another AUDIENCE_HOME."
        )


def fetch_all(store: Store, point: Point, aside: Path, on_copy: OnCopy | None) -> None:
    """Write all files of a point below `aside`, and see that this release understands the lake.

    Raises:
        BackupError: one is missing or damaged, would lie outside, or is of a newer release.
    """

    def fetch(file: StoredFile) -> None:
        target = aside / file.path
        if not target.resolve().is_relative_to(aside.resolve()):
            raise BackupError(f"{file.path} would lie outside of the home: this is no backup of ours.")
        store.fetch(file, target)
        target.chmod(file.mode)
        os.utime(target, ns=(file.mtime_ns, file.mtime_ns))

    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(fetch, point.files), 1):
            if on_copy:
                on_copy(done, len(point.files))
    strange = layout.strangers(Home(aside))
    if strange:
        raise BackupError(
            f"A newer release wrote this lake: {'; '.join(each.what for each in strange)}. Restore it with that one."
        )


def put_in_place(home: Home, aside: Path) -> None:
    """Move everything from aside to its place, the lake last; may be repeated after a crash.

    Raises:
        BackupError: something was written in its place since.
    """
    os.sync()
    with bronze_lock(home):
        # Recipes may lie in a folder of any name below the home.
        names = [path.name for path in aside.iterdir() if path.name != DONE]
        for name in sorted(names, key=lambda each: each == "bronze"):
            made, target = aside / name, home.root / name
            if holds_something(target):
                raise BackupError(f"{target} was written while the restore was away: move it away, then restore again.")
            if target.is_dir():
                shutil.rmtree(target)
            made.rename(target)
        # With the warehouse the whole snapshot came, and readers may have it at once; what came alone remembers, and is not shown.
        if home.warehouse.exists() and home.published.exists():
            switch(home.published, generations(home.published).popitem()[1].name)
        durable.force_folder(home.root)
        shutil.rmtree(aside)
