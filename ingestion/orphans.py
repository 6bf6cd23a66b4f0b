"""Parquet files in the lake that no load in force names: what a killed loader, or a load that was replaced, left there."""

from __future__ import annotations

from pathlib import Path

from ingestion import manifest
from ingestion.home import Home

SCHEMA_FILE = "schema.parquet"
"""No load's: it has no rows, and lets a reader's glob be certain of a match."""


def unnamed(home: Home) -> list[Path]:
    """Parquet files in bronze and quarantine that no live load names; what is half made or set aside (`_staging`, `_damaged`) is none."""
    live = [each for each in manifest.every(home) if each.status == manifest.LOADED]
    named = {home.bronze / name for each in live for name in each.files}
    named |= {home.quarantine / each.source / f"{each.load_id}.parquet" for each in live if each.rejected}
    return [
        path
        for area in (home.bronze, home.quarantine)
        for path in area.rglob("*.parquet")
        if path not in named and path.name != SCHEMA_FILE and not path.relative_to(area).parts[0].startswith("_")
    ]


def remove(home: Home) -> int:
    """Remove them; how many. For whoever alone may commit now: rows of a load at work are in place only while it commits."""
    found = unnamed(home)
    for path in found:
        path.unlink()
    return len(found)
