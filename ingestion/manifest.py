"""Load manifests: one JSON object a load. Writing one is what commits the load's rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from ingestion import durable
from ingestion.home import Home

LOADED, SUPERSEDED = "loaded", "superseded"


class DamagedLakeError(ValueError):
    """A file of the lake's books cannot be read; the message names it and the remedy. Nothing is written over it."""


@dataclass(frozen=True)
class DateRows:
    """Rows that a load put under one event date."""

    event_date: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What a load took in. lines = accepted + rejected + blank + erased, always.

    content_id: changes exactly when the load's rows change: load_id, a colon and how often they changed.
    path: the file below the landing zone it was first seen under. bytes: as landed, compressed or not.
    loaded_at: ISO 8601 UTC with Z. files: Parquet files that hold its rows, relative to bronze, shared ones after a compaction.
    """

    load_id: str
    source: str
    shape_version: int
    content_id: str
    path: str
    bytes: int
    lines: int
    accepted: int
    rejected: int
    blank: int
    erased: int
    loaded_at: str
    status: str = LOADED
    superseded_by: str | None = None
    entity: str | None = None
    as_of: str | None = None
    rows_by_date: tuple[DateRows, ...] = ()
    files: tuple[str, ...] = field(default=())

    @property
    def balances(self) -> bool:
        """Whether every line has exactly one outcome."""
        return self.lines == self.accepted + self.rejected + self.blank + self.erased

    @property
    def replays(self) -> int:
        """How often a replay or an erasure changed this load's rows."""
        return int(self.content_id.rpartition(":")[2])

    def as_json(self) -> str:
        """One line of JSON, keys in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"

    def superseded(self, load_id: str) -> Manifest:
        """The record that `load_id` took this load's place."""
        return replace(self, status=SUPERSEDED, superseded_by=load_id, files=())


def parse(text: str) -> Manifest:
    """The manifest written as `text`; keys of a later version are passed over. Raises ValueError for anything else."""
    record = json.loads(text)
    known = {each.name for each in fields(Manifest)}
    record = {key: value for key, value in record.items() if key in known}
    record["rows_by_date"] = tuple(DateRows(**each) for each in record["rows_by_date"])
    record["files"] = tuple(record["files"])
    return Manifest(**record)


def read(path: Path) -> Manifest:
    """The manifest in a file.

    Raises:
        DamagedLakeError: it holds none.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedLakeError(
            f"{path} is no manifest ({type(error).__name__}: {error}): any load sets it aside with its rows, and loads "
            "what is still landed again (python -m ingestion load); else restore a backup (make restore)."
        ) from error


def load_id(source: str, shape_version: int, content: str) -> str:
    """The identity of a load: 32 hex digits from its source, its shape's version and the SHA-256 of its bytes."""
    return hashlib.sha256(f"{source}\n{shape_version}\n{content}".encode()).hexdigest()[:32]


def now() -> str:
    """This moment as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def path_of(home: Home, source: str, load: str) -> Path:
    """Where a load's manifest lies."""
    return home.manifests / source / f"{load}.json"


def write(home: Home, manifest: Manifest, replaces: Manifest | None = None) -> None:
    """Commit `manifest`; with `replaces`, in the same instant as that load's rows stop counting.

    The new manifest is renamed onto the old one's name (readers look at contents, not names), and only then moved to its own.
    """
    if not manifest.balances:
        raise ValueError(f"load {manifest.load_id}: {manifest.lines} lines are not the sum of their outcomes")
    target = path_of(home, manifest.source, manifest.load_id)
    if replaces is None:
        durable.write_text(target, manifest.as_json())
        return
    shared = path_of(home, replaces.source, replaces.load_id)
    durable.write_text(shared, manifest.as_json())
    shared.rename(target)
    durable.force_folder(target.parent)
    durable.write_text(shared, replaces.superseded(manifest.load_id).as_json())


def find(home: Home, source: str, load: str) -> Manifest | None:
    """The manifest of a load, or None where it was never committed."""
    try:
        return read(path_of(home, source, load))
    except FileNotFoundError:
        return None


def every(home: Home, source: str | None = None) -> Iterator[Manifest]:
    """All manifests, or those of one source, by source and load_id."""
    for path in sorted(home.manifests.glob(f"{source or '*'}/*.json")):
        if path.parent.name != "schema" and not path.name.startswith("."):
            yield read(path)


def readable(home: Home) -> Iterator[Manifest]:
    """All manifests but those that are damaged."""
    for path in sorted(home.manifests.glob("*/*.json")):
        if path.parent.name != "schema" and not path.name.startswith("."):
            with suppress(DamagedLakeError):
                yield read(path)


def alias(load: Manifest, load_id: str, size: int) -> Manifest:
    """The books of other bytes that hold no more than `load` does: known, and empty."""
    return replace(
        load.superseded(load.load_id),
        load_id=load_id,
        content_id=f"{load_id}:0",
        bytes=size,
        lines=0,
        accepted=0,
        rejected=0,
        blank=0,
        erased=0,
        rows_by_date=(),
    )


def finish_renames(home: Home) -> None:
    """Move manifests that a crash left under the name of the load they replaced."""
    for path in sorted(home.manifests.glob("*/*.json")):
        if path.parent.name == "schema" or path.name.startswith("."):
            continue
        manifest = read(path)
        if path.stem != manifest.load_id:
            path.rename(path.with_name(f"{manifest.load_id}.json"))
            durable.force_folder(path.parent)


def write_schema(home: Home) -> None:
    """Leave an all-null manifest, so that a reader's glob is never empty."""
    target = home.manifests / "schema" / "schema.json"
    text = json.dumps({each.name: None for each in fields(Manifest)}) + "\n"
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        durable.write_text(target, text)
