"""Where everything this installation writes lies on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_ROOT = "var"
NO = ("off", "no", "0", "false")
"""How an environment variable says no, in any case."""


@dataclass(frozen=True)
class Home:
    """The folder `AUDIENCE_HOME` and the places inside it; nothing is created by naming them."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """`AUDIENCE_HOME`, or `./var` where it is unset or empty; always absolute."""
        return cls(Path(os.environ.get("AUDIENCE_HOME") or DEFAULT_ROOT).expanduser().absolute())

    @property
    def landing(self) -> Path:
        """Where the simulator writes, and the default of `LANDING`."""
        return self.root / "landing"

    @property
    def bronze(self) -> Path:
        """The lossless lake: Parquet by source and event date, and the manifests."""
        return self.root / "bronze"

    @property
    def quarantine(self) -> Path:
        """Rejected records with their bytes, line number and reason."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt alone writes."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Read-only snapshots of the marts."""
        return self.root / "published"

    @property
    def exports(self) -> Path:
        """Files for other systems."""
        return self.root / "exports"

    @property
    def site(self) -> Path:
        """The static dashboard."""
        return self.root / "site"

    @property
    def api(self) -> Path:
        """Digests of the API's tokens and the key that signs its cursors: nobody else's to read."""
        return self.root / "api"

    @property
    def privacy(self) -> Path:
        """The privacy key, tombstones of erased people, and requests that wait; for the owner's eyes only."""
        return self.root / "privacy"

    @property
    def locks(self) -> Path:
        """Operating-system lock files, one per resource."""
        return self.root / "locks"

    @property
    def manifests(self) -> Path:
        """One JSON object per load: the commit of its rows."""
        return self.bronze / "_manifests"

    @property
    def staging(self) -> Path:
        """Half-made files; emptied at the start of every run."""
        return self.bronze / "_staging"


def is_on(variable: str, *, otherwise: bool) -> bool:
    """Whether an environment variable switches something on: any value but those of `NO` does; `otherwise` where unset or empty."""
    said = os.environ.get(variable, "").strip().lower()
    return said not in NO if said else otherwise


def recipes_of(home: Home) -> Path:
    """The folder of mapping recipes: `AUDIENCE_RECIPES`, or `recipes` under `home` where it is unset or empty; always absolute."""
    return Path(os.environ.get("AUDIENCE_RECIPES") or home.root / "recipes").expanduser().absolute()


def landing_from_environment(home: Home) -> str:
    """`LANDING` (any fsspec URI), or `landing` under `home` where it is unset or empty."""
    return os.environ.get("LANDING") or str(home.landing)
