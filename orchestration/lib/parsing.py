"""What dbt learned of the project: parsed once for each state of the code, whatever the home.

A parse takes 13 s of processor time, and dbt makes it anew for another home and for every other set of vars (2026-11). It is a function
of the code alone, since the models name no place: what lies where is said by `register_bronze` at the start of a run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from orchestration.lib.dbt import invoke
from orchestration.lib.environment import DBT_PROJECT, PROFILES, REPOSITORY, Environment
from orchestration.lib.fingerprint import code_hash

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

MANIFEST = "manifest.json"
PARSED = "partial_parse.msgpack"
ARTEFACTS = (MANIFEST, "semantic_manifest.json", PARSED)
STAMP = "manifest.code_hash"
SHELF = REPOSITORY / ".cache" / "dbt" / "parsed"
"""Parses by the hash of their code, for all homes that this checkout serves; a checkout that may not be written has none."""
KEPT = 4


def manifest_path(environment: Environment) -> Path:
    """dbt's manifest of the project as it is now, below the home.

    Raises:
        BuildError: the project does not parse.
    """
    folder = environment.dbt_target_path
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / STAMP
    # Dagster loads definitions in several processes at once.
    with FileLock(folder / "manifest.lock"):
        parse = name_of(code_hash(DBT_PROJECT, [PROFILES], {}, environment.engine), environment)
        if not (is_whole(folder) and stamp.exists() and stamp.read_text() == parse):
            stamp.unlink(missing_ok=True)
            if not take(SHELF / parse, folder):
                invoke(environment, ["parse"])
                put(folder, SHELF / parse)
            stamp.write_text(parse)
    return folder / MANIFEST


def built_manifest(environment: Environment, code: str) -> Path | None:
    """The home's manifest where it is of the code of this hash, as a finished build names it; None where newer code was parsed since."""
    stamp = environment.dbt_target_path / STAMP
    return stamp.with_name(MANIFEST) if stamp.exists() and stamp.read_text() == name_of(code, environment) else None


def name_of(code: str, environment: Environment) -> str:
    """What a parse of the code of this hash is called."""
    return f"{code}-{environment.target}"


def parsed_manifest(environment: Environment) -> Manifest:
    """The manifest as dbt itself holds it.

    Raises:
        BuildError: the project does not parse.
    """
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack((manifest_path(environment).with_name(PARSED)).read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]  # what macros see as `graph`: dbt too makes it after reading
    return manifest


def is_whole(folder: Path) -> bool:
    """Whether everything that a parse leaves is there."""
    return all((folder / name).exists() for name in ARTEFACTS)


def take(kept: Path, folder: Path) -> bool:
    """Copy a kept parse into a home; whether there was one."""
    if not is_whole(kept):
        return False
    for name in ARTEFACTS:
        shutil.copyfile(kept / name, folder / name)
    return True


def put(folder: Path, kept: Path) -> None:
    """Keep a home's parse for others, whole or not at all, and forget those of older code."""
    # A checkout that may not be written keeps nothing, and each home parses for itself.
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent.parent) as scratch:
            aside = Path(scratch) / kept.name
            aside.mkdir()
            for name in ARTEFACTS:
                shutil.copyfile(folder / name, aside / name)
            os.rename(aside, kept)
        others = sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
