"""What each published file was when it was published, so that a damaged one is noticed: size, time and SHA-256 by name.

A run that finds the current snapshot damaged publishes another; a publish that goes on from the generation before reads it whole first,
for a copy would carry the damage on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from ingestion import durable
from ingestion.home import Home
from serving.generations import GENERATION, current_snapshot, generations


def seals_path(home: Home) -> Path:
    """Where they lie: beside the published folder, which holds nothing but what readers open."""
    return home.root / "published.seals.json"


def read_seals(home: Home) -> dict[str, Any]:
    """Seals by file name; none where there are none that can be read."""
    try:
        found = json.loads(seals_path(home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def seal(home: Home, path: Path, name: str) -> None:
    """Note what the file at ``path`` is, which readers will know as ``name``; names that are gone are forgotten."""
    held = {each.name for each in generations(home.published).values()}
    kept = {known: told for known, told in read_seals(home).items() if known in held}
    durable.write_text(
        seals_path(home), json.dumps({**kept, name: {**appearance(path), "sha256": digest(path)}}, indent=1) + "\n"
    )


def is_sound(home: Home, path: Path, *, thoroughly: bool = False) -> bool:
    """Whether a published file is what was published: by size and time of change, and where those differ by its bytes.

    thoroughly: by its bytes in any case. One that was never sealed, by an older release, is taken for sound where it opens.
    """
    if GENERATION.fullmatch(path.name) is None or path.parent != home.published.resolve() or not path.is_file():
        return False
    told = read_seals(home).get(path.name)
    if not isinstance(told, Mapping) or "sha256" not in told:
        return opens(path)
    is_untouched = all(told.get(key) == value for key, value in appearance(path).items())
    return (is_untouched and not thoroughly) or digest(path) == told["sha256"]


def damage(home: Home) -> str | None:
    """A sentence about the current snapshot where it is not what was published; None where it is, or where nothing is published."""
    link = home.published / "marts.duckdb"
    if not link.exists() and not link.is_symlink():
        return None
    path = current_snapshot(home)
    if path is not None and is_sound(home, path):
        return None
    return f"The snapshot {link} is damaged or leads to something else than a published file: it is published again."


def sound_generation(home: Home) -> Path | None:
    """The newest generation that is sound to its last byte, the current one before others; None where there is none."""
    current = current_snapshot(home)
    found = [*([current] if current else []), *reversed(generations(home.published).values())]
    return next((path for path in dict.fromkeys(each.resolve() for each in found) if is_sound(home, path, thoroughly=True)), None)


def is_sealed(home: Home, path: Path) -> bool:
    """Whether it is known what a published file was."""
    return path.name in read_seals(home)


def opens(path: Path) -> bool:
    """Whether DuckDB reads what the next publish needs of a file: its own books, and what changed in the exports."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            for table in ("_meta.publication", "exports.crm_delta"):
                try:
                    connection.execute(f"select sum(hash(rows)) from {table} as rows").fetchall()
                except duckdb.CatalogException:
                    # Of a release that kept none.
                    continue
    except duckdb.Error:
        return False
    return True


def appearance(path: Path) -> dict[str, int]:
    """Size in bytes and time of the last change in nanoseconds."""
    status = path.stat()
    return {"bytes": status.st_size, "modified_ns": status.st_mtime_ns}


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
