"""Privacy, runs and disk: what an operator owes, what happened last, and whether the next run has room."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ingestion import identity, tombstones
from ingestion.home import Home
from orchestration.doctor.findings import Area, megabytes
from orchestration.doctor.published import snapshot_bytes
from orchestration.lib.environment import Environment
from orchestration.privacy import owed, requests
from serving.generations import current_snapshot

WAREHOUSE_BYTES_PER_LANDED_BYTE = 2.4
"""What lake, warehouse, spill and two snapshots take at the fullest moment, where nothing is there to measure (docs/production.md)."""
LEAST_FREE_BYTES = 1_000_000_000
RUNS = 5


def examine_privacy(home: Home) -> Area:
    """Erasures that are owed or asked for, and where key and tombstones lie."""
    area = Area("privacy")
    waiting = len(list(requests.folder(home).glob("*.json")))
    if waiting:
        area.note(f"{waiting} requests for an erasure wait.", "make serve (its sensor carries them out), or make erase")
    path = tombstones.path_of(home)
    if not path.exists():
        if tombstones.applied(home):
            area.problem(
                f"This lake was erased from, and there are no tombstones at {path}: nothing is loaded, "
                "since late files would let the erased in again.",
                f"put the tombstones back, or name them: {tombstones.VARIABLE}=/path/to/tombstones.json",
            )
        return area
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        area.facts |= {"erased names": len(stored["stones"]), "records kept from": stored["keep_from"] or "the beginning"}
        is_owed = stored["stones"] and not has_key(home)
        if is_owed:
            area.problem(
                f"{path} holds tombstones, and there is no key: nobody in it is recognised.",
                f"give {identity.VARIABLE} as it was",
            )
        elif owed.is_owed(home):
            area.problem("Erasures are owed: a run was killed over one, or a backup was restored.", "make run")
        else:
            area.ok("Every erasure is carried out.")
    except identity.PrivacyKeyError as error:
        area.problem(str(error), f"give {identity.VARIABLE} as it was")
    except (ValueError, KeyError, TypeError, OSError) as error:
        area.problem(f"{path} cannot be read ({error!r}).", "put the tombstones back from where you keep them")
    if path.is_relative_to(home.root):
        area.note(
            "Key and tombstones lie in the home: a backup leaves them out, and they are lost with it.",
            f"keep them elsewhere: {tombstones.VARIABLE}, {identity.VARIABLE} (docs/privacy.md)",
        )
    return area


def has_key(home: Home) -> bool:
    """Whether there is a privacy key; none is made by asking."""
    return identity.VARIABLE in os.environ or (home.privacy / "key").exists()


def examine_runs(environment: Environment) -> Area:
    """What dbt did last, and Dagster's last runs."""
    area = Area("last runs")
    results = max(
        (folder / "run_results.json" for folder in (environment.dbt_target_path, environment.dagster_target_path)),
        key=lambda path: path.stat().st_mtime if path.exists() else 0.0,
    )
    if results.exists():
        tell_dbt_run(area, results)
    history = environment.dagster_home / "history" / "runs.db"
    if history.exists():
        tell_dagster_runs(area, history)
    return area


def tell_dbt_run(area: Area, results: Path) -> None:
    """The last dbt command: when, how long, what failed."""
    try:
        said = json.loads(results.read_text())
        nodes = {node["unique_id"]: node["status"] for node in said["results"]}
        area.facts |= {
            "dbt ended": said["metadata"]["generated_at"],
            "dbt seconds": round(said["elapsed_time"], 1),
            "dbt nodes": len(nodes),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        area.note(f"{results} cannot be read ({error!r}); the next run writes it anew.")
        return
    failed = [name for name, status in nodes.items() if status in ("error", "fail", "runtime error")]
    if failed:
        area.problem(
            f"The last dbt run failed at {', '.join(failed[:3])}.",
            "see dbt/logs/dbt.log in the home, mend data or model, make run",
        )


def tell_dagster_runs(area: Area, history: Path) -> None:
    """The newest runs of Dagster's own history, where it is kept in SQLite."""
    # Without a log beside it the file is read as it stands: otherwise SQLite would make files beside it.
    mode = "mode=ro" if history.with_name(history.name + "-wal").exists() else "immutable=1"
    try:
        with closing(sqlite3.connect(f"{history.as_uri()}?{mode}", uri=True, timeout=2)) as connection:
            rows = connection.execute(
                "select run_id, pipeline_name, status, start_time, end_time from runs order by id desc limit ?", [RUNS]
            ).fetchall()
    except sqlite3.Error as error:
        area.note(f"{history} cannot be read ({error}).", "look into the Dagster UI")
        return
    area.rows["dagster"] = [
        {
            "run": run_id[:8],
            "job": job,
            "status": status,
            "began (UTC)": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds") if began else "",
            "seconds": round(ended - began, 1) if began and ended else "",
        }
        for run_id, job, status, began, ended in rows
    ]
    if rows and rows[0][2] == "FAILURE":
        area.problem(f"Dagster's last run ({rows[0][1]}, {rows[0][0][:8]}) failed.", "make serve, and look at its page")


def examine_disk(environment: Environment, landed_bytes: int) -> Area:
    """Free space, and what a full build would take.

    Args:
        environment: whose home.
        landed_bytes: bytes of all loads, as landed.
    """
    area, home = Area("disk"), environment.home
    place = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    usage = shutil.disk_usage(place)
    snapshot = snapshot_bytes(current_snapshot(home))
    warehouse = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    # Old tables stay until new ones are in their place, and the next snapshot lies beside the current one.
    needed = warehouse + snapshot if warehouse and snapshot else int(landed_bytes * WAREHOUSE_BYTES_PER_LANDED_BYTE)
    area.facts |= {
        "bytes free": usage.free,
        "bytes in all": usage.total,
        "bytes a full build may take beside what is there": needed,
    }
    if usage.free < needed:
        area.problem(
            f"{megabytes(usage.free)} are free; a full build may take {megabytes(needed)} more.",
            f"make room on the disk of {home.root}, or move the home (docs/production.md)",
        )
    elif usage.free < LEAST_FREE_BYTES:
        area.problem(f"Only {megabytes(usage.free)} are free.", f"make room on the disk of {home.root}")
    else:
        area.ok(f"There is room for a full build ({megabytes(needed)} of {megabytes(usage.free)}).")
    return area
