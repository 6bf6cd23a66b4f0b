"""Whether this release may write a lake: one that a newer release wrote is refused before anything of it is touched.

An older release would take files of a newer one for rests of a killed run and remove them, and load landed files anew in an older shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingestion import catalog, durable, manifest
from ingestion.home import Home
from ingestion.landing import CATALOG
from ingestion.manifest import Manifest
from ingestion.sources import registered

LAYOUT = 1
"""Raised when files of the lake are laid out so that an earlier release would misread them. Lakes without the record have layout 1."""
RECORD = "_layout.json"
REMEDY = "Run the release that wrote it, or a newer one; to go back, restore a backup that this release made (make restore)."


class NewerLakeError(ValueError):
    """The lake was written by a newer release; the message says what it holds that this one does not know."""


@dataclass(frozen=True)
class Stranger:
    """Something of a lake that this release does not know, in words."""

    what: str


def strangers(home: Home, loads: Iterable[Manifest] | None = None) -> list[Stranger]:
    """What a newer release left in the lake: another layout, sources or shapes that are not of this release.

    loads: those that are asked; all of them where None.

    Raises:
        DamagedLakeError: a manifest cannot be read.
    """
    found: list[Stranger] = []
    layout = layout_of(home)
    if layout is not None and layout > LAYOUT:
        found.append(Stranger(f"its layout is {layout}, this release knows up to {LAYOUT}"))
    known = {name: source.shape_version for name, source in registered().items() if not source.has_recipes}
    known[CATALOG] = catalog.SHAPE_VERSION
    shapes: dict[str, int] = {}
    for load in manifest.every(home) if loads is None else loads:
        if load.status == manifest.LOADED:
            shapes[load.source] = max(shapes.get(load.source, 0), load.shape_version)
    for name, shape in sorted(shapes.items()):
        if name not in registered() and name != CATALOG:
            found.append(Stranger(f"it has loads of the source {name!r}, which this release does not know"))
        elif name in known and shape > known[name]:
            found.append(Stranger(f"loads of {name!r} have shape {shape}, this release makes shape {known[name]}"))
    return found


def check(home: Home) -> None:
    """Refuse a lake that this release would damage; note its layout where nobody did. For the holder of bronze's lock.

    Damaged books say nothing here: a sweep sets them aside.

    Raises:
        NewerLakeError: a newer release wrote it; nothing was touched.
    """
    found = strangers(home, manifest.readable(home))
    if found:
        raise NewerLakeError(f"{home.root} was written by a newer release: {'; '.join(each.what for each in found)}. {REMEDY}")
    if layout_of(home) is None:
        durable.write_text(path_of(home), json.dumps({"layout": LAYOUT}) + "\n")


def layout_of(home: Home) -> int | None:
    """The layout of a lake; None where its record is missing or damaged."""
    try:
        return int(json.loads(path_of(home).read_text(encoding="utf-8"))["layout"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def path_of(home: Home) -> Path:
    """Where the layout is noted."""
    return home.bronze / RECORD
