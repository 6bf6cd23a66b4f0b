"""Logs of any shape, each folder mapped to the envelope by a recipe of its own (`ingestion.mapping`, docs/sources/mapping.md)."""

from __future__ import annotations

from dataclasses import replace

from ingestion.sources import native
from ingestion.sources.base import Field

SOURCE = replace(
    native.SOURCE,
    name="mapped",
    fields=(Field("recipe", "text"), *native.SOURCE.fields),
    has_recipes=True,
)
