"""Who on this machine may read what is written: the account that runs the pipeline, and nobody else until somebody says so."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from ingestion.home import Home

OTHERS = 0o077
# What a container runtime puts here is readable by all in its container, where nobody else is.
MOUNTED = Path("/run")


def keep_private() -> None:
    """From now on every file and folder that this process and its children make is for its own account alone."""
    os.umask(os.umask(OTHERS) | OTHERS)


def let_read(path: Path) -> None:
    """Open a file or folder to be read by others, as far as they may enter the folders above."""
    path.chmod(0o755 if path.is_dir() else 0o644)


def is_open_to_others(path: Path) -> bool:
    """Whether accounts other than its owner's may read or change a file of secrets. One mounted by a container runtime counts as closed."""
    return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS) and not path.resolve().is_relative_to(MOUNTED)


def personal_places(home: Home) -> list[Path]:
    """What of a home holds records or names of people, or secrets; the site, which holds aggregates, is not among it."""
    folders = ("dagster", "dbt", "deliveries", "superset", "landing", "spark", "spill", "check")
    areas = (home.bronze, home.quarantine, home.warehouse, home.published, home.exports, home.api, home.privacy)
    return [*areas, *(home.root / name for name in folders), home.root / "deliveries.yml"]


def open_places(home: Home) -> list[Path]:
    """Those of them that every account of this machine may read: homes of earlier versions were made so."""
    if not home.root.exists() or not home.root.stat().st_mode & stat.S_IXOTH:
        return []
    return [path for path in personal_places(home) if path.exists() and path.stat().st_mode & stat.S_IROTH]


def without_password(location: str, variable: str) -> str:
    """A landing zone's address, which is shown in logs, messages and Dagster's pages.

    Raises:
        ValueError: it holds a password.
    """
    if found := re.search(r"(\w+)://[^/?#@]*:[^/@]+@", location):
        protocol = found.group(1)
        raise ValueError(
            f"{variable} holds a password, and addresses are shown in logs: leave it out, and set FSSPEC_{protocol.upper()}_PASSWORD "
            "or write it into a file below ~/.config/fsspec."
        )
    return location
