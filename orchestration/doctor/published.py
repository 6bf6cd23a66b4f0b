"""What readers have: the snapshot, the files for CRM systems, the dashboard."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.home import Home
from orchestration.doctor.findings import Area
from orchestration.doctor.warehouse import hours_since
from orchestration.lib.state import Status, read_state
from serving.crm.files import BOOKS, unnamed
from serving.dashboard.site import is_wanted, read_current
from serving.generations import LINK, current_snapshot, generations
from serving.sql import quoted

STALE_HOURS = 50
"""As Dagster's freshness policies say it."""
EXAMPLES = 3


def examine_snapshot(home: Home) -> Area:
    """Whether the snapshot opens, is whole, and shows the last build."""
    area = Area("snapshot")
    files = generations(home.published) if home.published.is_dir() else {}
    snapshot = current_snapshot(home)
    if snapshot is None:
        if files or (home.published / LINK).is_symlink():
            area.problem(f"{home.published / LINK} leads to no snapshot: readers have nothing.", "make run")
        else:
            area.note("Nothing was published yet.", "make run")
        return area
    area.facts |= {"file": str(snapshot), "bytes": snapshot.stat().st_size, "generations kept": len(files)}
    try:
        with duckdb.connect(snapshot, read_only=True) as connection:
            examine_publication(area, connection, home)
            examine_tables(area, connection)
    except duckdb.Error as error:
        area.problem(f"{snapshot} cannot be read: {str(error).splitlines()[0]}", "make run (publishes a new one)")
    return area


def examine_publication(area: Area, connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Which build it shows, since when, and by which versions."""
    names = [row[0] for row in connection.execute("describe _meta.publication").fetchall()]
    said = dict(zip(names, connection.execute("select * from _meta.publication").fetchall()[0], strict=True))
    published_at: datetime = said["published_at"]
    age = hours_since(published_at)
    area.facts |= {
        "generation": said["generation"],
        "published at (UTC)": published_at.isoformat(timespec="seconds"),
        "age in hours": round(age, 1),
        "build": said["build_id"],
        "made with dbt-core": said["dbt_version"],
    }
    state = read_state(home)
    if state is not None and state.build_id != said["build_id"]:
        area.note(
            "It shows an earlier build than the warehouse's"
            + (", which is not finished." if state.status is not Status.BUILT else "."),
            "make run",
        )
    elif state is not None:
        area.ok("It shows the warehouse's last build.")
    if age > STALE_HOURS:
        area.note(f"Nothing was published for {age:,.0f} hours.", "make run; where nothing lands any more, that is all there is")


def examine_tables(area: Area, connection: duckdb.DuckDBPyConnection) -> None:
    """Whether every table has the rows that the snapshot's own books name."""
    listed = connection.execute("select schema_name, table_name, row_count from _meta.published_table order by all").fetchall()
    wrong = []
    for schema, table, rows in listed:
        ((found,),) = connection.execute(f"select count(*) from {quoted(schema)}.{quoted(table)}").fetchall()
        if found != rows:
            wrong.append(f"{schema}.{table} has {found:,} rows instead of {rows:,}")
    area.facts |= {"tables": len(listed), "rows": sum(rows for _, _, rows in listed)}
    if wrong:
        area.problem(f"It is not whole: {'; '.join(wrong[:EXAMPLES])}.", "python -m orchestration refresh --full")
    else:
        area.ok(f"All {len(listed)} tables have the rows that its books name.")


def examine_exports(home: Home) -> Area:
    """Whether the files for CRM systems are there and of the current snapshot."""
    area = Area("exports")
    snapshot = current_snapshot(home)
    books = home.exports / BOOKS
    if not books.exists():
        if snapshot is not None:
            area.note(f"There is no {books}: the files were never written.", "make run")
        return area
    try:
        said = json.loads(books.read_text())
        files = [(home.exports / file["name"], int(file["bytes"])) for file in said["files"]]
        shown = str(said["snapshot"])
        missing = unnamed(said["files"])
    except (ValueError, KeyError, TypeError) as error:
        area.problem(f"{books} is damaged ({error!r}).", f"rm {books}; make run")
        return area
    area.facts |= {"files": len(files), "bytes": sum(size for _, size in files), "snapshot": shown}
    wrong = [path for path, size in files if not path.exists() or path.stat().st_size != size]
    if wrong:
        area.problem(f"{wrong[0]} is missing or has another size than {BOOKS} says.", f"rm {books}; make run")
    elif snapshot is not None and shown != snapshot.name:
        area.note(f"They are of {shown}; {snapshot.name} is current.", "make run")
    elif missing:
        area.note(f"{BOOKS} does not name {missing[0]}: what lies there is of an older snapshot.", "make run")
    else:
        area.ok("All files are there, of the current snapshot.")
    return area


def examine_site(home: Home) -> Area:
    """Whether the dashboard shows the current snapshot."""
    area = Area("dashboard")
    if not is_wanted():
        area.facts["AUDIENCE_SITE"] = "off: runs leave it as it is"
        return area
    snapshot, current = current_snapshot(home), read_current(home)
    if current is None or not (home.site / "index.html").exists():
        if snapshot is not None:
            area.note("There is none.", "make dashboard")
        return area
    area.facts |= {"data": current.data, "snapshot": current.snapshot}
    if snapshot is not None and current.snapshot != snapshot.name:
        area.note(f"It shows {current.snapshot}; {snapshot.name} is current.", "make run")
    else:
        area.ok("It shows the current snapshot.")
    return area


def snapshot_bytes(path: Path | None) -> int:
    """Bytes of a snapshot, or none."""
    return path.stat().st_size if path is not None else 0
