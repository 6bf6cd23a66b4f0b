"""What has landed and was not loaded yet, by listing alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ingestion.home import Home
from ingestion.landing import CATALOG, Index, LandedFile, Landing
from ingestion.sources import registered


def arrivals(landing_uri: str, home: Home) -> list[LandedFile]:
    """Whole files of the landing zone that the landing index does not know in this version, by name.

    A name the index lacks may still hold bytes that were loaded under another; the run finds that out.
    """
    landing = Landing.at(landing_uri)
    index = Index.open(home)
    known = {uri: entry["mark"] for uri, entry in index.entries.items()}

    def is_known(file: LandedFile) -> bool:
        mark = file.mark
        return known.get(landing.full(file.name)) == {"size": mark.size, "version": mark.version, "modified": mark.modified}

    listing = landing.listing(list(registered()), None, lambda name, mark: is_known(LandedFile(name, CATALOG, "", mark)))
    return [file for file in listing.files if not is_known(file)]


def digest(files: Iterable[LandedFile]) -> str:
    """A hash of names and versions: the same while the same files wait."""
    text = "\n".join(sorted(f"{file.name}\0{file.mark.size}\0{file.mark.version}" for file in files))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
