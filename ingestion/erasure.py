"""Records that must not be kept, taken out of bronze, quarantine and catalog: files are written anew without them, in one step.

Whom it concerns say the tombstones. What is done here is what loading would have done, had the tombstones been there before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from ingestion import catalog, durable, journal, lake, manifest, repair, tombstones
from ingestion.home import Home
from ingestion.landing import CATALOG
from ingestion.locking import bronze_lock
from ingestion.manifest import DateRows, Manifest
from ingestion.shape import quoted
from ingestion.sources import People, registered
from ingestion.workbench import PARQUET, connection


@dataclass
class ErasureReport:
    """What was taken out. records: by source; quarantined: rejected records; files: rewritten; loads: ids of those that changed.

    discarded: files of damaged books and of the rows that they covered, which were removed.
    """

    records: Counter[str] = field(default_factory=Counter)
    quarantined: int = 0
    files: int = 0
    loads: list[str] = field(default_factory=list)
    discarded: int = 0

    @property
    def loss(self) -> str | None:
        """What was removed without anybody knowing whose it was, as a sentence; None where nothing was."""
        if not self.discarded:
            return None
        return (
            f"{self.discarded} files of damaged books and of the rows that they covered (bronze/_damaged) were removed: nobody can "
            "tell whose rows they are. What of them does not lie in the landing zone any more is gone."
        )

    @property
    def is_empty(self) -> bool:
        """Whether there was nobody to erase."""
        return not self.loads and not self.files


def is_applied(home: Home) -> bool:
    """Whether this lake holds nothing that the tombstones forbid, as far as it was told of them."""
    return set(tombstones.read(home).said.splitlines()) <= set(tombstones.applied(home))


def erase(home: Home) -> ErasureReport:
    """Take everything out of the lake that the tombstones forbid to keep. Safe to repeat, and to kill at any moment."""
    report = ErasureReport()
    with bronze_lock(home), connection(home) as con:
        lake.sweep(home)
        # Rows whose books were damaged cannot be told from those of the erased by any books: all of them go.
        report.discarded = repair.discard(home)
        lake.prepare(con, home)
        held = tombstones.read(home)
        if not held.are_none:
            for source in registered().values():
                _erase_rows(con, home, source.name, source.people, report, is_dated=True)
                _erase_rejects(con, home, source.name, held.keep_from, report)
            _erase_rows(con, home, CATALOG, catalog.PEOPLE, report, is_dated=False)
            _erase_rejects(con, home, CATALOG, held.keep_from, report)
        durable.write_text(home.bronze / tombstones.APPLIED, held.said)
    return report


def _erase_rows(
    con: duckdb.DuckDBPyConnection, home: Home, source: str, people: People, report: ErasureReport, *, is_dated: bool
) -> None:
    """Rewrite those bronze files of a source that hold such records, whatever became of the loads they are of."""
    paths = sorted(path for path in (home.bronze / source).glob("*/*.parquet") if path.name != "schema.parquet")
    if not paths:
        return
    con.execute("set variable bronze_files = ?", [[lake.glob_literal(str(path)) for path in paths]]).fetchall()
    rows = "from read_parquet(getvariable('bronze_files'), hive_partitioning = {}, filename = true, union_by_name = true)"
    date = "event_date" if is_dated else "null::date as event_date"
    query = (
        f"select * exclude (event_date), {date} {rows.format('true')}" if is_dated else f"select *, {date} {rows.format('false')}"
    )
    if not tombstones.recognise(con, people, query, "filename, load_id, line_number, event_date", is_dated=is_dated):
        return
    counts = con.execute("select load_id, event_date::varchar, count(*) from unkept group by all").fetchall()
    rewritten = dict(_rewritten(con, home))
    report.files += len(rewritten)
    report.records[source] += sum(count for _, _, count in counts)
    changed = []
    for load in _live(home, source):
        lost = {day: count for load_id, day, count in counts if load_id == load.load_id}
        files = tuple(sorted(filter(None, (rewritten.get(name, name) for name in load.files))))
        if lost or files != tuple(sorted(load.files)):
            changed.append(_without(load, sum(lost.values()), 0, lost, files))
            report.loads.append(load.load_id)
    renamed = {new: f"{new}.next" for new in rewritten.values() if new}
    journal.replace_files(home, journal.Replacement("bronze", renamed, tuple(rewritten), tuple(changed)))


def _rewritten(con: duckdb.DuckDBPyConnection, home: Home) -> Iterator[tuple[str, str | None]]:
    """Write each file that holds such records again, beside it under a new name; old and new name, None where nothing is left."""
    for (path,) in con.execute("select distinct filename from unkept order by 1").fetchall():
        old = Path(path)
        new = old.with_name(f"{uuid4().hex}.0.parquet")
        waiting = old.with_name(f"{new.name}.next")
        written = con.execute(
            f"""copy (
                select * from read_parquet({quoted(lake.glob_literal(path))}, hive_partitioning = false) as kept
                where not exists (
                    from unkept where filename = {quoted(path)} and unkept.load_id = kept.load_id and unkept.line_number = kept.line_number
                )
            ) to {quoted(str(waiting))} ({PARQUET})"""
        ).fetchall()[0][0]
        durable.force_file(waiting)
        if not written:
            waiting.unlink()
        yield old.relative_to(home.bronze).as_posix(), new.relative_to(home.bronze).as_posix() if written else None


def _erase_rejects(
    con: duckdb.DuckDBPyConnection, home: Home, source: str, keep_from: date | None, report: ErasureReport
) -> None:
    """Rewrite those quarantine files of a source that hold such records; what could not be read is as old as its load."""
    loads = {load.load_id: load for load in _live(home, source) if load.rejected}
    paths = [home.quarantine / source / f"{load}.parquet" for load in loads]
    if not paths:
        return
    con.execute("set variable quarantine_files = ?", [[lake.glob_literal(str(path)) for path in paths]]).fetchall()
    rows = "select * from read_parquet(getvariable('quarantine_files'), hive_partitioning = false)"
    found = tombstones.recognise(con, tombstones.QUARANTINED, rows, "load_id, line_number", is_dated=False)
    too_old = [load for load, each in loads.items() if keep_from and each.loaded_at < keep_from.isoformat()]
    if too_old:
        con.execute(
            f"insert into unkept select load_id, line_number from ({rows}) where load_id in (select unnest(?))", [too_old]
        )
    elif not found:
        return
    changed, renamed, removed = [], {}, []
    for load_id, count in con.execute("select load_id, count(distinct line_number) from unkept group by 1 order by 1").fetchall():
        name = f"{source}/{load_id}.parquet"
        after = _without(loads[load_id], 0, count, {}, loads[load_id].files)
        changed.append(after)
        if after.rejected:
            kept = f"from read_parquet({quoted(lake.glob_literal(str(home.quarantine / name)))}, hive_partitioning = false)"
            waiting = home.quarantine / f"{name}.next"
            con.execute(
                f"""copy (
                    select * {kept} where line_number not in (select line_number from unkept where load_id = {quoted(load_id)})
                ) to {quoted(str(waiting))} ({PARQUET})"""
            ).fetchall()
            durable.force_file(waiting)
            renamed[name] = f"{name}.next"
        else:
            removed.append(name)
        report.quarantined += count
        report.files += 1
        report.loads.append(load_id)
    journal.replace_files(home, journal.Replacement("quarantine", renamed, tuple(removed), tuple(changed)))


def _live(home: Home, source: str) -> list[Manifest]:
    return [each for each in manifest.every(home, source) if each.status == manifest.LOADED]


def _without(load: Manifest, rows: int, rejects: int, by_date: dict[Any, int], files: tuple[str, ...]) -> Manifest:
    """A load's books after some of its records were erased; its rows changed, and so does its content_id."""
    return replace(
        load,
        content_id=f"{load.load_id}:{load.replays + 1}" if rows or rejects else load.content_id,
        accepted=load.accepted - rows,
        rejected=load.rejected - rejects,
        erased=load.erased + rows + rejects,
        rows_by_date=tuple(
            DateRows(each.event_date, each.rows - by_date.get(each.event_date, 0))
            for each in load.rows_by_date
            if each.rows > by_date.get(each.event_date, 0)
        ),
        files=files,
    )
