"""The registry: every module of this package that has a `SOURCE` is a source."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from ingestion.sources.base import Field, Kind, People, Source

__all__ = ["Field", "Kind", "People", "Source", "registered"]


RESERVED = {"catalog", "schema"}


@cache
def registered() -> dict[str, Source]:
    """All sources by name, in alphabetical order. Adding one is adding a module here.

    Raises ValueError where two modules claim one name, or a name cannot be a folder of bronze.
    """
    found: dict[str, Source] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        source = getattr(importlib.import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if not isinstance(source, Source):
            continue
        if source.name in found or source.name in RESERVED or not source.name.isidentifier():
            raise ValueError(f"source name {source.name!r} is taken, reserved or not a plain word")
        found[source.name] = source
    return dict(sorted(found.items()))
