"""The DuckDB connection in which lines become rows: staged, judged, and written as Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

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
INSERT_BYTES = 16 * 2**20
"""Smaller chunks wait for one another: planning a statement of sixty columns takes as long as reading 3 MB."""
PLACE_BITS = 40
"""Staged line numbers carry the load's place on the bench above this many bits."""
LINE_MASK = (1 << PLACE_BITS) - 1
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
class Shaped:
    """One load on the bench: how many of its lines ended how, its rows by event date, and the Parquet files that hold them.

    path: what the quarantine calls the file.
    """

    load_id: str
    path: str
    lines: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0
    erased: int = 0
    by_date: dict[str, int] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    rejects: Path | None = None


@dataclass
class Workbench:
    """Shapes the lines of one load after another, so that many small files cost as few statements as one large one.

    Parquet files appear under `folder` as `event_date=.../<name>.<n>.parquet`, shared by the loads on the bench. first_part: the first <n>.
    """

    con: duckdb.DuckDBPyConnection
    source: Source
    folder: Path
    name: str
    first_part: int = 0
    loads: list[Shaped] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    _waiting: list[pa.Table] = field(default_factory=list)
    _waiting_bytes: int = 0
    _staged_bytes: int = 0

    def __post_init__(self) -> None:
        self.run(shape.create_staged(self.source))
        self.run(
            "create or replace temp table rejects (line_number BIGINT, reason VARCHAR, detail VARCHAR, raw BLOB);"
            "create or replace temp table loads (place BIGINT, load_id VARCHAR, path VARCHAR)"
        )

    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute one statement to its end."""
        return self.con.execute(sql, list(values) or None).fetchall()

    def begin(self, load_id: str, path: str) -> Shaped:
        """Take the next load onto the bench: what is added from here on is its own."""
        self.run("insert into loads values (?, ?, ?)", len(self.loads), load_id, path)
        self.loads.append(Shaped(load_id, path))
        return self.loads[-1]

    @property
    def _place(self) -> int:
        return (len(self.loads) - 1) << PLACE_BITS

    def add(self, lines: Lines) -> None:
        """Stage a chunk of lines; write out what is staged once it is large."""
        self.loads[-1].lines += lines.table.num_rows
        table = lines.table
        if self._place:
            table = table.set_column(0, "line_number", pc.add(table.column("line_number"), self._place))
        if lines.is_text:
            self._waiting.append(table)
        else:
            self._insert()
            self._stage_bytes(table)
        self._waiting_bytes += lines.bytes
        self._staged_bytes += lines.bytes
        if self._waiting_bytes >= INSERT_BYTES:
            self._insert()
        if self._staged_bytes >= FLUSH_BYTES:
            self.flush()

    def reject(self, line_number: int, reason: str, detail: str, raw: bytes) -> None:
        """Quarantine one line that never became text."""
        self.loads[-1].lines += 1
        self.run("insert into rejects values (?, ?, ?, ?)", self._place + line_number, reason, detail, raw)

    def _insert(self) -> None:
        if self._waiting:
            self.con.register("chunk", pa.concat_tables(self._waiting))
            self.run(f"insert into staged {shape.exact_select(self.source)}")
            self.con.unregister("chunk")
        self._waiting, self._waiting_bytes = [], 0

    def _stage_bytes(self, table: pa.Table) -> None:
        """Stage those lines of `table` that are UTF-8, and quarantine the others."""
        self.con.register("chunk", table)
        detail = quoted("The line is not valid UTF-8. Encode the file as UTF-8 and land it again.")
        self.run(
            f"insert into rejects select line_number, 'invalid_utf8', {detail}, line[:-2] from chunk where not is_utf8(line)"
        )
        view = "(select line_number, try(decode(line)) as line from chunk where is_utf8(line))"
        self.run(f"insert into staged {shape.exact_select(self.source, view)}")
        self.con.unregister("chunk")

    def flush(self) -> None:
        """Write staged rows to Parquet files, one a date, and judge the odd lines among them."""
        self._insert()
        names = ", ".join(identifier(name) for name in shape.row_columns(self.source))
        rows = f"select {names} from staged where odd is null"
        odd = self.run(
            "create or replace temp table odd_lines as select line_number, odd as line from staged where odd is not null"
        )
        if odd[0][0]:
            self.run("delete from staged where odd is not null")
            self.run(f"insert into staged {shape.exact_select(self.source, 'odd_lines', second_look=True)}")
            rows += self._judge(names)
        self.write_rows(rows)
        self.run("truncate staged")
        self._staged_bytes = 0

    def _judge(self, names: str) -> str:
        """Read what is still odd by the tolerant rules; the rest of the query of the rows. What cannot be read is quarantined."""
        odd = self.run("create or replace temp table odd_lines as select line_number, odd from staged where odd is not null")
        if not odd[0][0]:
            return ""
        columns = ", ".join(identifier(name) for name in (*shape.row_columns(self.source), "reason", "detail", "odd"))
        self.run(f"create or replace temp table judged as select * from ({tolerant_select(self.source)}) as judged({columns})")
        for place, count in self.run(
            f"select line_number >> {PLACE_BITS}, count(*) from judged where reason = 'blank' group by 1"
        ):
            self.loads[place].blank += count
        self.run(
            "insert into rejects select line_number, reason, detail, encode(rtrim(odd, chr(10))) from judged where reason <> 'blank'"
        )
        return f" union all select {names} from judged where reason is null"

    def write_rows(self, rows: str) -> None:
        """Write the rows that the query `rows` gives to Parquet files, one a date."""
        counts = self.run(
            f"select event_date::varchar, line_number >> {PLACE_BITS}, count(*) from ({rows}) group by all order by all"
        )
        files = {date: self._write_date(rows, date) for date in dict.fromkeys(date for date, _, _ in counts)}
        for date, place, count in counts:
            load = self.loads[place]
            load.accepted += count
            load.by_date[date] = load.by_date.get(date, 0) + count
            load.files.append(files[date])

    def _write_date(self, rows: str, date: str) -> Path:
        target = self.folder / f"event_date={date}" / f"{self.name}.{self.first_part + len(self.files)}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(identifier(name) for name in self.source.columns)
        self.run(
            f"""copy (
                select {self.load_ids()} as load_id, line_number & {LINE_MASK} as line_number, {columns}
                from ({rows}) where event_date = date {quoted(date)}
            ) to {quoted(str(target))} ({PARQUET})"""
        )
        self.files.append(target)
        return target

    def load_ids(self) -> str:
        """Expression for the load_id of a staged row."""
        names = ", ".join(quoted(load.load_id) for load in self.loads)
        return names if len(self.loads) == 1 else f"([{names}])[1 + (line_number >> {PLACE_BITS})]"

    def finish(self) -> list[Shaped]:
        """Write what remains, and each load's rejected lines to a file of their own."""
        self.flush()
        for place, count in self.run(f"select line_number >> {PLACE_BITS}, count(*) from rejects group by 1"):
            load = self.loads[place]
            load.rejected = count
            load.rejects = self.folder / f"{load.load_id}.rejects.parquet"
            text = f"left(coalesce(try(decode(raw)), raw::varchar), {RAW_TEXT_CHARACTERS})"
            self.run(
                f"""copy (
                    select load_id, {quoted(self.source.name)} as source, path, line_number & {LINE_MASK} as line_number,
                        reason, detail, raw, {text} as raw_text, null::date as event_date
                    from rejects join loads on place = line_number >> {PLACE_BITS} where place = {place} order by line_number
                ) to {quoted(str(load.rejects))} ({PARQUET})"""
            )
        return self.loads


def write_empty(con: duckdb.DuckDBPyConnection, columns: dict[str, str], target: Path) -> None:
    """A Parquet file with `columns` and no rows."""
    nulls = ", ".join(f"null::{kind} as {identifier(name)}" for name, kind in columns.items())
    con.execute(f"copy (select {nulls} limit 0) to {quoted(str(target))} ({PARQUET})").fetchall()
