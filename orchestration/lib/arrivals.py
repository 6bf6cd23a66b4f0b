"""What has landed and was not loaded yet, by listing alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from ingestion import catalog
from ingestion.home import Home
from ingestion.landing import CATALOG, Index, LandedFile, Landing, Mark
from ingestion.mapping.recipe import RecipeError
from ingestion.mapping.shelf import NoRecipeError, Shelf
from ingestion.sources import registered


@dataclass(frozen=True)
class Arrival:
    """A landed file, the version of the shape that a run would give it, and the load it is already, in another shape."""

    file: LandedFile
    shape_version: int
    known_as: str


def arrivals(landing_uri: str, home: Home) -> list[Arrival]:
    """Whole files of the landing zone that the landing index does not know in this version and shape, by name.

    A name the index lacks may still hold bytes that were loaded under another; the run finds that out. A file that waits for its
    recipe is no arrival; one whose recipe changed is.
    """
    landing = Landing.at(landing_uri)
    index, shelf = Index.open(home), Shelf.of(home)

    def shape(name: str) -> int | None:
        source = name.partition("/")[0]
        try:
            return catalog.SHAPE_VERSION if source == CATALOG else shelf.shaping(registered()[source], name).shape_version
        except (NoRecipeError, RecipeError):
            return None

    def is_known(name: str, mark: Mark) -> bool:
        version = shape(name)
        return version is None or index.load_of(landing.full(name), mark, version) is not None

    listing = landing.listing(list(registered()), None, is_known)
    return [
        Arrival(file, shape(file.name) or 0, str(index.entries.get(landing.full(file.name), {}).get("load_id", "")))
        for file in listing.files
        if not is_known(file.name, file.mark)
    ]


def digest(found: Iterable[Arrival]) -> str:
    """A hash of names, versions and shapes: the same while the same files wait."""
    text = "\n".join(
        sorted(
            f"{each.file.name}\0{each.file.mark.size}\0{each.file.mark.version}\0{each.shape_version}\0{each.known_as}"
            for each in found
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
