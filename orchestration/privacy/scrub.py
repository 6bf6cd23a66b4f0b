"""What is left of a person outside of the data: run histories, logs and caches."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from orchestration.backup import pin as backup
from orchestration.check import run as check
from orchestration.lib.environment import Environment
from orchestration.privacy.trace import Trace, sqlite_hits, trace
from serving.sql import quoted

ERASED = "erased"


def forget_derived(environment: Environment) -> None:
    """Remove what the next run makes anew from the lake: the warehouse, Spark's tables below the home, dbt's working files, what a killed
    build has spilled, exports, the site, the planted truths.

    They are rebuilt and not changed: a database that a row is deleted from keeps its bytes.
    """
    home = environment.home
    # With its log, and one that was damaged and set aside.
    for path in (*home.root.glob(f"{home.warehouse.name}*"), home.root / "warehouse.state.json"):
        path.unlink(missing_ok=True)
    # A backup or a check that is under way ends there: it would take the erased along.
    caches = ("spill", "metrics", "truths", backup.FOLDER, check.FOLDER)
    folders = (
        environment.dbt_target_path,
        environment.dagster_target_path,
        environment.dbt_log_path,
        home.exports,
        home.site,
        home.root / "spark" / "warehouse",
        home.root / "spark" / "handover",
        *(home.root / name for name in caches),
    )
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def scrub_histories(environment: Environment, words: Sequence[str]) -> list[Trace]:
    """Take the words out of run histories and logs: in SQLite databases they are replaced, text files that hold them are removed.

    Returns what was changed.
    """
    found, _ = trace([environment.dagster_home, environment.home.root / "logs", environment.home.root / "deliveries"], words)
    for path in dict.fromkeys(each.path for each in found):
        if is_sqlite(path):
            replace_in_sqlite(path, words)
        else:
            path.unlink()
    return found


def replace_in_sqlite(path: Path, words: Sequence[str]) -> None:
    """Write `erased` for the words wherever a SQLite database holds them, and rewrite its file, free pages included."""
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        connection.execute("pragma secure_delete = on")
        for (table,) in connection.execute("select name from sqlite_master where type = 'table' order by 1").fetchall():
            for _, column, *_ in connection.execute(f"pragma table_info({quoted(table)})").fetchall():
                for word in words:
                    connection.execute(
                        f"update {quoted(table)} set {quoted(column)} = replace({quoted(column)}, ?, ?) "
                        f"where typeof({quoted(column)}) = 'text' and instr({quoted(column)}, ?)",
                        [word, ERASED, word],
                    )
            # In another case, or inside bytes, it cannot be replaced: the row goes.
            connection.execute(f"delete from {quoted(table)} where {sqlite_hits(connection, table, words)}")
        connection.commit()
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")


def is_sqlite(path: Path) -> bool:
    """Whether a file is a SQLite database."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"
