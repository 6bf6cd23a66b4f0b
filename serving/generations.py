"""The files that published snapshots lie in: one per generation, and the link that readers follow.

``published/marts.duckdb`` is a relative symlink to the newest ``marts.<generation>.duckdb``. Readers open the resolved path
(``current_snapshot``), since one process that opens the link twice while an old handle is alive is given the old data again.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import duckdb

from ingestion.home import Home

# Readers that opened a generation keep it (POSIX); those between resolving and opening get this many publishes of time.
KEEP = 3
LINK = "marts.duckdb"
GENERATION = re.compile(r"marts\.(\d+)\.duckdb")


class NothingPublishedError(RuntimeError):
    """There is no snapshot to read; the message says what to do."""


def current_snapshot(home: Home) -> Path | None:
    """The generation that readers should open now, as a resolved path, or None before the first publish."""
    link = home.published / LINK
    return link.resolve() if link.exists() else None


def published_snapshot(home: Home) -> Path:
    """The generation that readers should open now, as a resolved path.

    Raises:
        NothingPublishedError: before the first publish.
    """
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingPublishedError(f"Nothing is published in {home.published}: run `make run` first.")
    return snapshot


def newest_readable(home: Home) -> Path | None:
    """The newest generation that can be read, or None: what changed since is told beside it. Readers may be shown none at all."""
    for path in reversed(list(generations(home.published).values())):
        try:
            with duckdb.connect(path, read_only=True) as connection:
                connection.execute("select count(*) from _meta.publication").fetchall()
        except duckdb.Error:
            continue
        return path
    return None


def generations(folder: Path) -> dict[int, Path]:
    """Published files by generation, oldest first."""
    found = ((GENERATION.fullmatch(path.name), path) for path in folder.iterdir())
    return dict(sorted((int(match.group(1)), path) for match, path in found if match))


def sweep(folder: Path) -> None:
    """Remove what a killed publish left behind."""
    for path in folder.glob(".marts.*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def switch(folder: Path, name: str) -> None:
    """Point the link at a generation in one step; relative, so that the folder can be moved or mounted elsewhere."""
    link = folder / ".marts.link"
    link.symlink_to(name)
    os.replace(link, folder / LINK)
    flush(folder)


def prune(folder: Path, keep: int) -> None:
    """Remove all but the newest ``keep`` generations."""
    for path in list(generations(folder).values())[: -max(keep, 1)]:
        path.unlink()


def flush(path: Path) -> None:
    """Force a file or a folder's entries to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
