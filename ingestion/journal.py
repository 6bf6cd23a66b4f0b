"""Steps that span several files: decided in one write, then carried out, and carried out again after a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from ingestion import durable, manifest, orphans
from ingestion.home import Home
from ingestion.manifest import Manifest

COMMIT, MERGE, REPLACEMENT = "_commit.json", "_compaction.json", "_erasure.json"


def finish(home: Home) -> None:
    """Carry out whatever was decided before a crash. For the holder of bronze's lock."""
    manifest.finish_renames(home)
    _finish_commit(home)
    _finish_merge(home)
    _finish_replacement(home)
    _finish_replays(home)


def is_decision(name: str, text: str) -> bool:
    """Whether a journal's text can be carried out. Raises ValueError, KeyError or TypeError where it cannot, or returns False."""
    decided = json.loads(text)
    if name == COMMIT:
        for each in decided:
            manifest.parse(json.dumps(each["manifest"]))
        return isinstance(decided, list) and all("replaces" in each for each in decided)
    if name == MERGE:
        return set(decided) >= {"source", "merged", "files", "loads"}
    for each in decided["manifests"]:
        manifest.parse(json.dumps(each))
    return set(decided) >= {"area", "renamed", "removed"}


@contextmanager
def committing(home: Home) -> Iterator[None]:
    """Hold the right to commit loads. Where the holder before died with it, what it had decided is carried out first.

    Rows that it put in place and did not decide on go: another file may bring the same bytes now, and they would count twice.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    unfinished = home.locks / "commit.unfinished"
    with FileLock(home.locks / "commit.lock"):
        if unfinished.exists():
            finish(home)
            orphans.remove(home)
        unfinished.touch()
        yield
        unfinished.unlink(missing_ok=True)


def commit(home: Home, made: Sequence[Manifest], replaced: Sequence[Manifest | None]) -> None:
    """Commit loads together, each in the place of the load in `replaced`, if any. Their Parquet files are already in place.

    Within `committing`, or for the holder of bronze's lock.
    """
    if len(made) == 1:
        manifest.write(home, made[0], replaces=replaced[0])
        return
    decided = [
        {"manifest": asdict(each), "replaces": old.load_id if old else None} for each, old in zip(made, replaced, strict=True)
    ]
    durable.write_text(home.bronze / COMMIT, json.dumps(decided))
    _finish_commit(home)


def _finish_commit(home: Home) -> None:
    journal = home.bronze / COMMIT
    if not journal.exists():
        return
    for each in json.loads(journal.read_text(encoding="utf-8")):
        made = manifest.parse(json.dumps(each["manifest"]))
        old = manifest.find(home, made.source, each["replaces"]) if each["replaces"] else None
        manifest.write(home, made, replaces=old if old and old.status == manifest.LOADED else None)
    journal.unlink()
    durable.force_folder(home.bronze)


def pending_quarantine(home: Home, load: Manifest) -> Path:
    """Where the quarantine a replay leaves waits for the replay's commit; no reader's pattern matches it."""
    return home.quarantine / load.source / f"{load.load_id}.{load.replays}.pending"


def _finish_replays(home: Home) -> None:
    """Put pending quarantines in place where their replay was committed; drop the others."""
    for path in sorted(home.quarantine.glob("*/*.pending")):
        load_id, number, _ = path.name.split(".")
        load = manifest.find(home, path.parent.name, load_id)
        if load and load.replays == int(number):
            os.replace(path, path.with_name(f"{load_id}.parquet"))
            durable.force_folder(path.parent)
        else:
            path.unlink()


@dataclass(frozen=True)
class Merge:
    """A compaction that has been decided: `merged` takes the place of `files` in the manifests of `loads`. Paths are relative to bronze."""

    source: str
    merged: str
    files: tuple[str, ...]
    loads: tuple[str, ...]


def merge(home: Home, decided: Merge) -> None:
    """Decide a compaction and carry it out."""
    durable.write_text(home.bronze / MERGE, json.dumps(asdict(decided)))
    _finish_merge(home)


def _finish_merge(home: Home) -> None:
    """Carry out the compaction that the journal holds, if any. Every step may be repeated.

    A manifest names either the old files or the merged one, so a reader that matches (load_id, file) sees every row once at any moment.
    """
    journal = home.bronze / MERGE
    if not journal.exists():
        return
    decided = json.loads(journal.read_text(encoding="utf-8"))
    merged, old = home.bronze / decided["merged"], set(decided["files"])
    waiting = merged.with_name(merged.name + ".next")
    if waiting.exists():
        os.replace(waiting, merged)
        durable.force_folder(merged.parent)
    for load_id in decided["loads"]:
        load = manifest.find(home, decided["source"], load_id)
        if load and old & set(load.files):
            kept = tuple(name for name in load.files if name not in old)
            manifest.write(home, replace(load, files=tuple(sorted({*kept, decided["merged"]}))))
    for name in old:
        (home.bronze / name).unlink(missing_ok=True)
    durable.force_folder(merged.parent)
    journal.unlink()
    durable.force_folder(home.bronze)


@dataclass(frozen=True)
class Replacement:
    """An erasure that has been decided. Paths are relative to `area`, bronze or quarantine.

    renamed: by final name the name under which the new file waits; removed: files that go; manifests: the loads' books afterwards.
    """

    area: str
    renamed: Mapping[str, str]
    removed: tuple[str, ...]
    manifests: tuple[Manifest, ...]


def replace_files(home: Home, decided: Replacement) -> None:
    """Decide an erasure and carry it out."""
    durable.write_text(home.bronze / REPLACEMENT, json.dumps(asdict(decided)))
    _finish_replacement(home)


def _finish_replacement(home: Home) -> None:
    """Carry out the erasure that the journal holds, if any. Every step may be repeated."""
    journal = home.bronze / REPLACEMENT
    if not journal.exists():
        return
    decided = json.loads(journal.read_text(encoding="utf-8"))
    area = home.bronze if decided["area"] == "bronze" else home.quarantine
    for final, waiting in decided["renamed"].items():
        if (area / waiting).exists():
            os.replace(area / waiting, area / final)
            durable.force_folder((area / final).parent)
    for each in decided["manifests"]:
        manifest.write(home, manifest.parse(json.dumps(each)))
    for name in decided["removed"]:
        (area / name).unlink(missing_ok=True)
    journal.unlink()
    durable.force_folder(home.bronze)
