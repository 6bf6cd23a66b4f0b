"""Books of the lake that a disk or a person has damaged: set aside with the rows they covered, so that nothing counts twice.

A crash leaves no such thing (every file of the books is whole or absent). Nothing is thrown away: what is taken out lies in
``bronze/_damaged``, and landed files that are still there are loaded again by the same run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion import durable, journal, manifest
from ingestion.home import Home
from ingestion.shape import quoted
from ingestion.workbench import PARQUET

JOURNALS = (journal.COMMIT, journal.MERGE, journal.REPLACEMENT)


def damaged_folder(home: Home) -> Path:
    """Where damaged books and the rows they covered are kept; no reader's pattern matches it."""
    return home.bronze / "_damaged"


def begin(home: Home) -> None:
    """Note that rows without books are to be set aside: a run that dies before that is done leaves it to the next."""
    durable.make_folder(damaged_folder(home))
    _mark(home).touch()
    durable.force_folder(damaged_folder(home))


def is_owed(home: Home) -> bool:
    """Whether books were set aside, and their rows not yet."""
    return _mark(home).exists()


def end(home: Home) -> None:
    """Note that it is done."""
    _mark(home).unlink(missing_ok=True)


def _mark(home: Home) -> Path:
    return damaged_folder(home) / "_unfinished"


def discard(home: Home) -> int:
    """Remove what was set aside; how many files it was."""
    folder = damaged_folder(home)
    number = sum(path.is_file() for path in folder.glob("*") if path != _mark(home))
    shutil.rmtree(folder, ignore_errors=True)
    return number


def set_aside_books(home: Home) -> list[str]:
    """Move manifests and journals that cannot be read out of the way; what was moved, relative to bronze. For the holder of the lock."""
    moved = []
    for path in (*sorted(home.manifests.glob("*/*.json")), *(home.bronze / name for name in JOURNALS)):
        if path.parent.name == "schema" or path.name.startswith(".") or not path.exists() or _is_readable(path):
            continue
        begin(home)
        moved.append(path.relative_to(home.bronze).as_posix())
        _set_aside(home, path)
    return moved


def _is_readable(path: Path) -> bool:
    """Whether a manifest or a journal says what it is there to say."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.name in JOURNALS:
            return journal.is_decision(path.name, text)
        manifest.parse(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _set_aside(home: Home, path: Path) -> None:
    folder = damaged_folder(home)
    durable.make_folder(folder)
    os.replace(path, folder / f"{uuid4().hex[:8]}.{path.parent.name}.{path.name}")
    durable.force_folder(folder)


def take_back_rows(con: duckdb.DuckDBPyConnection, home: Home, orphans: Iterable[Path]) -> int:
    """Set aside the rows that no books cover: whole files, and of shared files those of loads that do not name them. How many files.

    orphans: Parquet files that no live load names.
    """
    taken = 0
    for path in orphans:
        _set_aside(home, path)
        taken += 1
    named: dict[str, set[str]] = {}
    known: set[str] = set()
    for each in manifest.every(home):
        known.add(each.load_id)
        for name in each.files:
            named.setdefault(name, set()).add(each.load_id)
    for name, loads in sorted(named.items()):
        path = home.bronze / name
        held = {load for (load,) in _run(con, "select distinct load_id from read_parquet(?, hive_partitioning = false)", path)}
        if strangers := held - loads:
            _take_out(con, home, path, loads, strangers - known)
            taken += 1
    return taken


def _take_out(con: duckdb.DuckDBPyConnection, home: Home, path: Path, kept: set[str], lost: set[str]) -> None:
    """Rewrite a file with the rows of some loads only; those of loads that have no books at all are kept aside first."""
    rows = "select * from read_parquet(?, hive_partitioning = false)"
    made = home.staging / f"{uuid4().hex}.parquet"
    for loads, target in ((lost, damaged_folder(home) / f"{uuid4().hex[:8]}.{path.parent.name}.{path.name}"), (kept, path)):
        if loads:
            durable.make_folder(made.parent)
            durable.make_folder(target.parent)
            listed = ", ".join(quoted(load) for load in sorted(loads))
            _run(con, f"copy ({rows} where load_id in ({listed})) to {quoted(str(made))} ({PARQUET})", path)
            durable.publish(made, target)


def _run(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> list[tuple[str]]:
    literal = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
    return con.execute(sql, [literal]).fetchall()
