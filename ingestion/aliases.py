"""Which landed files an erasure rewrote, and the loads they are: kept beside the tombstones, so that a restored lake knows it too.

A backup from before the erasure holds the load of the file as it was. Without this the rewritten file would be loaded beside it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ingestion import durable, manifest, tombstones
from ingestion.home import Home
from ingestion.manifest import Manifest


@dataclass(frozen=True)
class Alias:
    """A rewritten file's own load id (`successor`) and size, and the load whose records it holds. No name of anybody."""

    source: str
    successor: str
    bytes: int
    load_id: str


def acknowledge(home: Home, load: Manifest, successor: str, size: int) -> None:
    """Note that other bytes hold no more than `load` does: in the lake, and for a lake that is restored later."""
    alias = Alias(load.source, successor, size, load.load_id)
    known = read(home)
    if alias not in known:
        text = "".join(json.dumps(asdict(each)) + "\n" for each in [*known, alias])
        durable.write_secret(path_of(home), text)
    _write(home, alias, load)


def recall(home: Home) -> int:
    """Tell a lake that is older than rewritten files which loads they are; how many were told. For the holder of bronze's lock."""
    told = 0
    for alias in read(home):
        if manifest.path_of(home, alias.source, alias.successor).exists():
            continue
        load = manifest.find(home, alias.source, alias.load_id)
        if load is not None:
            _write(home, alias, load)
            told += 1
    return told


def read(home: Home) -> list[Alias]:
    """All that were noted, in their order.

    Raises:
        DamagedLakeError: the file holds something else.
    """
    path = path_of(home)
    if not path.exists():
        return []
    try:
        return [Alias(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (ValueError, TypeError) as error:
        raise manifest.DamagedLakeError(
            f"{path} is damaged ({error}): put it back from where you keep the tombstones, or delete it; "
            "after a restore, files that an erasure rewrote would then be loaded again."
        ) from error


def path_of(home: Home) -> Path:
    """Beside the tombstones, wherever these are."""
    return tombstones.path_of(home).with_name("rewritten.ndjson")


def _write(home: Home, alias: Alias, load: Manifest) -> None:
    if manifest.find(home, alias.source, alias.successor) is None:
        manifest.write(home, manifest.alias(load, alias.successor, alias.bytes))
