"""Quarantined records, read again with today's rules: those that pass now move to bronze, under their old load."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import bronze, durable, journal, lake, manifest
from ingestion.bronze import staging_folder
from ingestion.home import Home
from ingestion.lines import BATCH_ROWS, Lines
from ingestion.locking import bronze_lock, builds_held_off
from ingestion.manifest import DateRows, Manifest
from ingestion.mapping.recipe import RecipeError
from ingestion.mapping.shelf import NoRecipeError, Shelf
from ingestion.shape import quoted
from ingestion.sources import Source, registered
from ingestion.workbench import PARQUET, Work, Workbench, connection

RESHAPED = ("not_json", "not_an_object", "duplicate_keys", "no_usable_time", "invalid_utf8")
"""Reasons that today's rules may lift. The others are of the file, not of the record: they need another upload."""
REPLAY_ROWS = 100_000


@dataclass
class ReplayReport:
    """loads: those that changed. tried, accepted, blank: quarantined records; the rest stays where it is.

    damaged: books that could not be read and were set aside first.
    """

    loads: list[str] = field(default_factory=list)
    tried: int = 0
    accepted: int = 0
    blank: int = 0
    damaged: Sequence[str] = ()


def replay(
    home: Home,
    *,
    sources: Sequence[str] | None = None,
    load_ids: Sequence[str] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> ReplayReport:
    """Read the quarantine of all loads, or of those named, again. Each load changes in one step, or not at all.

    on_wait: told, in a sentence, whom it waits for.
    Raises ValueError for an unknown source. Catalog files are replayed by landing them again.
    """
    known = registered()
    if strangers := set(sources or ()) - set(known):
        raise ValueError(f"unknown source {', '.join(sorted(strangers))}; known: {', '.join(known)}")
    report = ReplayReport()
    shelf = Shelf.of(home)
    with builds_held_off(home, on_wait), bronze_lock(home, on_wait), connection(home) as con:
        report.damaged = lake.mend(home).damaged
        lake.prepare(con, home)
        for each in list(manifest.every(home)):
            wanted = each.source in (sources or known) and (not load_ids or each.load_id in load_ids)
            if wanted and each.source in known and each.status == manifest.LOADED and each.rejected:
                with suppress(NoRecipeError, RecipeError):  # what nobody can read now stays where it is
                    _replay_load(con, home, shelf.shaping(known[each.source], each.path), each, report)
    return report


def _replay_load(con: duckdb.DuckDBPyConnection, home: Home, source: Source, load: Manifest, report: ReplayReport) -> None:
    quarantine = home.quarantine / load.source / f"{load.load_id}.parquet"
    listed = ", ".join(quoted(reason) for reason in RESHAPED)
    with staging_folder(home) as folder:
        first_part = 1 + max((_part(name) for name in load.files if Path(name).name.startswith(load.load_id)), default=-1)
        bench = Workbench(con, source, folder, load.load_id, first_part=first_part)
        quarantined = con.sql(
            f"select line_number, raw || '\\x0A'::blob as line from read_parquet(?) where reason in ({listed}) order by line_number",
            params=[lake.glob_literal(str(quarantine))],
        ).to_arrow_table()
        parts = (_lines(pa.Table.from_batches([batch])) for batch in quarantined.to_batches(max_chunksize=REPLAY_ROWS))
        (outcome,) = bench.shape([Work(load.load_id, load.path, parts)])
        report.tried += outcome.lines
        settled = outcome.accepted + outcome.blank + outcome.erased
        if settled == 0:
            return
        pending = folder / "pending"
        still_rejected = (
            f"union all from read_parquet({quoted(lake.glob_literal(str(outcome.rejects)))})" if outcome.rejects else ""
        )
        bench.run(
            f"""copy (
                select * from read_parquet({quoted(lake.glob_literal(str(quarantine)))}) where reason not in ({listed})
                {still_rejected} order by line_number
            ) to {quoted(str(pending))} ({PARQUET})"""
        )
        changed = replace(
            load,
            content_id=f"{load.load_id}:{load.replays + 1}",
            accepted=load.accepted + outcome.accepted,
            blank=load.blank + outcome.blank,
            rejected=load.rejected - settled,
            erased=load.erased + outcome.erased,
            rows_by_date=_added(load.rows_by_date, outcome.by_date),
        )
        left = journal.pending_quarantine(home, changed)
        durable.publish(pending, left)
        bronze.move_rows(home, source.name, folder, bench.files)
        manifest.write(home, replace(changed, files=load.files + bronze.bronze_names(source.name, folder, bench.files)))
        os.replace(left, quarantine)
        durable.force_folder(quarantine.parent)
    report.loads.append(load.load_id)
    report.accepted += outcome.accepted
    report.blank += outcome.blank


def _lines(table: pa.Table) -> Lines:
    """Quarantined bytes as lines; as text where all of them are UTF-8."""
    line = table.column("line").combine_chunks().cast(pa.binary())
    text = line.view(pa.string())
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        text = line
    numbered = pa.table({"line_number": table.column("line_number"), "line": text})
    return Lines(
        pa.Table.from_batches(numbered.to_batches(max_chunksize=BATCH_ROWS), numbered.schema), line.nbytes, text is not line
    )


def _part(name: str) -> int:
    """The <n> of `<load_id>.<n>.parquet`."""
    return int(Path(name).name.split(".")[1])


def _added(rows: tuple[DateRows, ...], more: dict[str, int]) -> tuple[DateRows, ...]:
    counts = Counter({each.event_date: each.rows for each in rows}) + Counter(more)
    return tuple(DateRows(date, count) for date, count in sorted(counts.items()))
