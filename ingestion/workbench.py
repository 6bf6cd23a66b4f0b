"""The DuckDB connection in which lines become rows: staged, judged, and written as Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingestion import shape
from ingestion.home import Home
from ingestion.lines import Lines
from ingestion.shape import identifier, quoted
from ingestion.sources import Source
from ingestion.tolerant import tolerant_select

MEMORY_LIMIT = "2600MB"
"""Of DuckDB alone; the process stays below 4 GB, whatever the size of a file."""
FLUSH_BYTES = 512 * 2**20
"""Bytes of lines staged before rows are written: bounds memory, and makes Parquet files large."""

QUARANTINE_COLUMNS = {
    "load_id": "VARCHAR",
    "source": "VARCHAR",
    "path": "VARCHAR",
    "line_number": "BIGINT",
    "reason": "VARCHAR",
    "detail": "VARCHAR",
    "raw": "BLOB",
    "raw_text": "VARCHAR",
    "event_date": "DATE",
}
RAW_TEXT_CHARACTERS = 65_536
PARQUET = "format parquet, compression zstd"


@contextmanager
def connection(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory DuckDB that spills below `home`, in UTC, with the macros of `tolerant.sql`."""
    spill = home.staging / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(spill),
        "preserve_insertion_order": "false",
    }
    with duckdb.connect(config=config) as opened:
        opened.execute("set TimeZone = 'UTC'").fetchall()
        opened.execute(shape.MACROS).fetchall()
        yield opened
    shutil.rmtree(spill, ignore_errors=True)


@dataclass
class Outcome:
    """How many lines ended how, and the rows by event date."""

    lines: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0
    erased: int = 0
    by_date: dict[str, int] = field(default_factory=dict)


@dataclass
class Workbench:
    """Shapes the lines of one load. Parquet files appear under `folder` as `event_date=.../<load_id>.<n>.parquet`.

    path: what the quarantine calls the file. first_part: the <n> of its first Parquet file.
    """

    con: duckdb.DuckDBPyConnection
    source: Source
    load_id: str
    path: str
    folder: Path
    first_part: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    files: list[Path] = field(default_factory=list)
    _staged_bytes: int = 0

    def __post_init__(self) -> None:
        self.run(shape.create_staged(self.source))
        columns = ", ".join(f"{name} {kind}" for name, kind in QUARANTINE_COLUMNS.items())
        self.run(f"create or replace temp table rejects ({columns})")

    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute one statement to its end."""
        return self.con.execute(sql, list(values) or None).fetchall()

    def add(self, lines: Lines) -> None:
        """Stage a chunk of lines; write out what is staged once it is large."""
        self.con.register("chunk", lines.table)
        view = "chunk"
        if not lines.is_text:
            self._reject_undecodable()
            view = "(select line_number, try(decode(line)) as line from chunk where is_utf8(line))"
        self.run(f"insert into staged {shape.exact_select(self.source, view)}")
        self.con.unregister("chunk")
        self.outcome.lines += lines.table.num_rows
        self._staged_bytes += lines.bytes
        if self._staged_bytes >= FLUSH_BYTES:
            self.flush()

    def reject(self, line_number: int, reason: str, detail: str, raw: bytes) -> None:
        """Quarantine one line that never became text."""
        self.outcome.lines += 1
        self.outcome.rejected += 1
        self._insert_rejects(
            "select ?::bigint as line_number, ?::varchar as reason, ?::varchar as detail, ?::blob as raw",
            line_number,
            reason,
            detail,
            raw,
        )

    def _reject_undecodable(self) -> None:
        detail = "The line is not valid UTF-8. Encode the file as UTF-8 and land it again."
        count = self._insert_rejects(
            f"select line_number, 'invalid_utf8' as reason, {quoted(detail)} as detail, line[:-2] as raw from chunk where not is_utf8(line)"
        )
        self.outcome.rejected += count

    def _insert_rejects(self, select: str, *values: object) -> int:
        text = f"left(coalesce(try(decode(raw)), raw::varchar), {RAW_TEXT_CHARACTERS})"
        sql = f"insert into rejects select ?, ?, ?, line_number, reason, detail, raw, {text}, null from ({select})"
        return int(self.run(sql, self.load_id, self.source.name, self.path, *values)[0][0])

    def flush(self) -> None:
        """Write staged rows to Parquet files, one a date, and judge the odd lines among them."""
        names = ", ".join(identifier(name) for name in shape.row_columns(self.source))
        rows = f"select {names} from staged where odd is null"
        self.run("create or replace temp table odd_lines as select line_number, odd as line from staged where odd is not null")
        if self.run("select count(*) from odd_lines")[0][0]:
            self.run("delete from staged where odd is not null")
            self.run(f"insert into staged {shape.exact_select(self.source, 'odd_lines', second_look=True)}")
            rows += f" union all {self._judge(names)}"
        self.write_rows(rows)
        self.run(shape.create_staged(self.source))
        self._staged_bytes = 0

    def _judge(self, names: str) -> str:
        """Read what is still odd by the tolerant rules; the query of the rows among it. The rest is counted and quarantined."""
        self.run("create or replace temp table odd_lines as select line_number, odd from staged where odd is not null")
        columns = ", ".join(identifier(name) for name in (*shape.row_columns(self.source), "reason", "detail", "odd"))
        self.run(f"create or replace temp table judged as select * from ({tolerant_select(self.source)}) as judged({columns})")
        self.outcome.blank += self.run("select count(*) from judged where reason = 'blank'")[0][0]
        self.outcome.rejected += self._insert_rejects(
            "select line_number, reason, detail, encode(rtrim(odd, chr(10))) as raw from judged where reason <> 'blank'"
        )
        return f"select {names} from judged where reason is null"

    def write_rows(self, rows: str) -> None:
        """Write the rows that the query `rows` gives to Parquet files, one a date."""
        for date, count in self.run(f"select event_date::varchar, count(*) from ({rows}) group by 1 order by 1"):
            self._write_date(rows, date, count)

    def _write_date(self, rows: str, date: str, count: int) -> None:
        target = self.folder / f"event_date={date}" / f"{self.load_id}.{self.first_part + len(self.files)}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(identifier(name) for name in ("line_number", *self.source.columns))
        self.run(
            f"""copy (
                select {quoted(self.load_id)} as load_id, {columns} from ({rows}) where event_date = date {quoted(date)}
            ) to {quoted(str(target))} ({PARQUET})"""
        )
        self.files.append(target)
        self.outcome.accepted += count
        self.outcome.by_date[date] = self.outcome.by_date.get(date, 0) + count

    def finish(self) -> Path | None:
        """Write what remains; the file of rejected lines, if there are any."""
        self.flush()
        if not self.outcome.rejected:
            return None
        target = self.folder / "quarantine.parquet"
        self.run(f"copy (from rejects order by line_number) to {quoted(str(target))} ({PARQUET})")
        return target


def write_empty(con: duckdb.DuckDBPyConnection, columns: dict[str, str], target: Path) -> None:
    """A Parquet file with `columns` and no rows."""
    nulls = ", ".join(f"null::{kind} as {identifier(name)}" for name, kind in columns.items())
    con.execute(f"copy (select {nulls} limit 0) to {quoted(str(target))} ({PARQUET})").fetchall()
