"""Files that are either whole or absent, whatever dies in between."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents, each entry forced to disk."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        force_folder(each.parent)


def force_file(path: Path) -> None:
    """Wait until the bytes of `path` are on disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def force_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def force_tree(folder: Path) -> None:
    """Wait until `folder` and everything below it are on disk."""
    for path in (folder, *folder.rglob("*")):
        force_folder(path) if path.is_dir() else force_file(path)


def publish(made: Path, target: Path) -> None:
    """Give the finished file `made` its final name, replacing what had it; both lie on one file system."""
    force_file(made)
    make_folder(target.parent)
    os.replace(made, target)
    force_folder(target.parent)


def write_text(target: Path, text: str, *, durable: bool = True) -> None:
    """Write `text` to `target` in one step for any reader; forced to disk first unless the file is only a cache."""
    make_folder(target.parent)
    made = target.parent / f".{uuid4().hex}.tmp"
    try:
        made.write_text(text, encoding="utf-8")
        if durable:
            publish(made, target)
        else:
            os.replace(made, target)
    finally:
        made.unlink(missing_ok=True)


def write_secret(target: Path, text: str) -> None:
    """Write a file that only its owner can read; it is never there with other rights."""
    make_folder(target.parent)
    made = target.parent / f".{uuid4().hex}.tmp"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    publish(made, target)
