"""The site's code, built by Vite once per state of its sources: HTML, CSS and JavaScript without any data."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from ingestion import durable
from serving.dashboard.node import Node, find_node, last_lines

SOURCES = Path(__file__).parent / "site"
# Beside the virtual environment: it belongs to the checkout, not to an installation's data.
CACHE = Path(__file__).parents[2] / ".cache" / "dashboard"
KEEP = 3
# What npm and Vite make; not sources.
MADE = ("node_modules", "dist")


class BuildError(RuntimeError):
    """The site could not be built; the message ends with what npm or Vite said."""


def source_files(sources: Path = SOURCES) -> list[Path]:
    """Everything that the built site depends on, in a fixed order."""
    return sorted(path for path in sources.rglob("*") if path.is_file() and path.relative_to(sources).parts[0] not in MADE)


def content_hash(paths: Sequence[Path], root: Path) -> str:
    """A hash of the names and contents of files, 16 hexadecimal digits."""
    known = sha256()
    for path in paths:
        content = path.read_bytes()
        known.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return known.hexdigest()[:16]


def source_hash() -> str:
    """What the built site is known by."""
    return content_hash(source_files(), SOURCES)


def build(cache: Path = CACHE) -> Path:
    """The folder of the built site, from the cache where its sources were built before.

    Raises:
        NodeMissingError: there is no Node, and none could be installed.
        BuildError: npm or Vite failed, or the cache is not this account's to use.
    """
    target = cache / f"dist-{source_hash()}"
    try:
        if not target.is_dir():
            cache.mkdir(parents=True, exist_ok=True)
            with FileLock(cache / "build.lock"):
                if not target.is_dir():
                    make(find_node(cache), cache / "work", target)
                    prune(cache)
        # One that another account built may be closed to this one.
        (target / "index.html").open("rb").close()
    except OSError as error:
        raise BuildError(
            f"The dashboard's code could not be built in, or read from, {cache}: {error}\n"
            "Give the folder to the account that runs this, or leave the dashboard out with AUDIENCE_SITE=off."
        ) from error
    # Used last, for who prunes; one that may only be read is as good.
    with suppress(OSError):
        os.utime(target)
    return target


def packages(cache: Path = CACHE) -> Path:
    """The folder of the installed npm packages, for the tests' tools among them. Builds first."""
    modules = cache / "work" / "node_modules"
    if not modules.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "build.lock"):
            install(find_node(cache), copy_sources(cache / "work"))
    return modules


def make(node: Node, work: Path, target: Path) -> None:
    """Copy the sources, install what they need, build aside and move the result in its place."""
    copy_sources(work)
    install(node, work)
    aside = target.with_name(f"{target.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    call(node, [*node.npm, "run", "--silent", "build", "--", "--outDir", str(aside), "--emptyOutDir"], work)
    # Whoever finds it under its name believes it.
    durable.force_tree(aside)
    aside.rename(target)


def copy_sources(work: Path) -> Path:
    """The sources as they are now in a folder of their own: a checkout may be read-only, and two builds never meet."""
    for path in work.iterdir() if work.is_dir() else []:
        if path.name not in MADE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in source_files():
        copy = work / path.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return work


def install(node: Node, work: Path) -> None:
    """The packages of the lock file, each checked by its hash; once per lock."""
    lock = (work / "package-lock.json").read_text()
    stamp = work / "node_modules" / ".audience-lock"
    if stamp.exists() and stamp.read_text() == lock:
        return
    call(node, [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], work)
    stamp.write_text(lock)


def call(node: Node, command: Sequence[str], folder: Path) -> str:
    """Run a program of the build; what it said.

    Raises:
        BuildError: it failed.
    """
    environment: Mapping[str, str] = {**node.environment(), "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
    said = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    if said.returncode:
        raise BuildError(f"{' '.join(map(str, command))} failed:\n{last_lines(said.stdout + said.stderr, 15)}")
    return said.stdout


def prune(cache: Path) -> None:
    """Keep the sites that were used last, and those that only another account may remove."""
    found = sorted(cache.glob("dist-????????????????"), key=lambda path: path.stat().st_mtime)
    for path in found[:-KEEP]:
        shutil.rmtree(path, ignore_errors=True)
