"""CSV, Parquet and JSON arrays, record by record, as lines of JSON: one path from there on for every format."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from ingestion.decode import Decoded
from ingestion.lines import BATCH_ROWS, Broken, Lines
from ingestion.shape import quoted
from ingestion.sources import Source

PARQUET_ROWS = 65_536
CSV_BLOCK_BYTES = 32 * 2**20
"""Also the longest CSV record."""
UNPACKED_BYTES, UNPACKED_TIMES = 2**28, 64
"""What a compressed Parquet file may unpack to, the larger of the two: a megabyte of gzip may hold a gigabyte and fill the disk."""
DELIMITERS = ",;\t|"


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(MARK + byte) for byte in error.object[error.start : error.end]), error.end


MARK = 0xF700
"""Bytes that are no UTF-8 stand as characters of the private use area from here on while CSV is parsed; its parser drops such rows."""
MARKED = f"[{chr(MARK + 0x80)}-{chr(MARK + 0xFF)}]"
codecs.register_error("mark_bytes", _mark_bytes)


def _unmarked(text: str) -> bytes:
    """The bytes that were read as `text`."""
    return b"".join(
        part.encode() if number % 2 == 0 else bytes(ord(character) - MARK for character in part)
        for number, part in enumerate(re.split(f"({MARKED}+)", text))
    )


class _Stream(io.RawIOBase):
    """Decoded blocks as a file object of valid UTF-8, without the unfinished line at the end of a broken archive.

    is_marked: whether bytes have been marked by then.
    """

    def __init__(self, decoded: Decoded) -> None:
        self._decoded, self._blocks = decoded, decoded.blocks(2**22)
        self._ready = self.unfinished = b""
        self.is_marked = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            block = next(self._blocks, None)
            if block is None:
                if self._decoded.failure is None:
                    self._ready, self.unfinished = self._valid(self.unfinished), b""
                break
            data = self.unfinished + block
            cut = data.rfind(b"\n") + 1
            self._ready, self.unfinished = self._valid(data[:cut]), data[cut:]
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _valid(self, data: bytes) -> bytes:
        try:
            data.decode()
        except UnicodeDecodeError:
            self.is_marked = True
            return data.decode("utf-8", "mark_bytes").encode()
        return data


def _select(sql: str, *values: object, **tables: pa.Table) -> pa.Table:
    # A connection of its own: records are read in the middle of the statement that shapes them.
    with duckdb.connect(config={"threads": "1"}) as con:
        for name, table in tables.items():
            con.register(name, table)
        return con.sql(sql, params=list(values)).to_arrow_table()


def as_lines(source: Source, table: pa.Table, numbers: np.ndarray, parse_text: bool) -> Lines:
    """Rows as JSON objects without their nulls.

    parse_text: whether text that is JSON itself fills the columns that are lists or objects, as in CSV.
    """
    parsed = {field.record_key for field in source.fields if parse_text and field.kind in ("strings", "ranges", "object")}
    # Columns go by their place: names may differ in case alone, or hold what SQL cannot.
    cells = table.rename_columns([f"c{place}" for place in range(table.num_columns)])
    cells = cells.append_column("line_number", pa.array(numbers))
    members = [_member(name, f"c{place}", name in parsed) for place, name in enumerate(table.column_names)]
    line = f"'{{' || concat_ws(',', {', '.join(members) or 'null'}) || '}}' || chr(10)"
    made = _select(f"select line_number::bigint as line_number, {line} as line from cells", cells=cells)
    size = made.column("line").nbytes
    return Lines(pa.Table.from_batches(made.to_batches(max_chunksize=BATCH_ROWS), made.schema), size, True)


def _member(name: str, column: str, is_parsed: bool) -> str:
    value = f"to_json({column})::varchar"
    if is_parsed:
        value = f"case when left(ltrim({column}), 1) in ('{{', '[') and json_valid({column}) then {column} else {value} end"
    return f"case when {column} is not null then {quoted(json.dumps(name) + ':')} || {value} end"


def csv_parts(source: Source, decoded: Decoded) -> Iterator[Lines | Broken]:
    """The records of a CSV file with a header, numbered from 1; every value is text, an empty one null, line feeds may stand in quotes."""
    probe = io.BufferedReader(_Stream(Decoded(decoded.path, decoded.codec)), 2**16)
    header = probe.peek(1).split(b"\n", 1)[0]
    if not header.strip():
        return
    delimiter = max(DELIMITERS, key=lambda each: header.count(each.encode()))
    misshapen: list[pyarrow.csv.InvalidRow] = []

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        misshapen.append(row)
        return "skip"

    stream = _Stream(decoded)
    done = 0
    try:
        names = pyarrow.csv.open_csv(probe, *_csv_options(delimiter, lambda row: "skip")).schema.names
        if len(set(names)) < len(names):
            raise pa.ArrowInvalid("its header names a column twice")
        if any(re.search(MARKED, name) for name in names):
            raise pa.ArrowInvalid("its header is not valid UTF-8")
        reader = pyarrow.csv.open_csv(
            io.BufferedReader(stream, 2**20),
            *_csv_options(delimiter, set_aside),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for batch in reader:
            odd = np.array([row.number - 1 for row in misshapen], dtype=np.int64)
            numbers = np.setdiff1d(np.arange(done + 1, done + 1 + batch.num_rows + len(odd)), odd)[: batch.num_rows]
            done = int(numbers[-1]) if len(numbers) else done
            lines = as_lines(source, pa.Table.from_batches([batch]), numbers, parse_text=True)
            yield from _unmarked_lines(lines) if stream.is_marked else [lines]
    except pa.ArrowInvalid as error:
        done = max([done, *(row.number - 1 for row in misshapen)]) + 1
        yield Broken(
            done,
            b"",
            f"The file cannot be read as CSV from here on: {error}. The records before are kept; correct the file and land it again.",
            "unreadable_file",
        )
    for row in misshapen:
        found = f"The row has {row.actual_columns} values where the header has {row.expected_columns} columns."
        detail = f"{found} Quote values that hold the delimiter or a line feed."
        yield Broken(row.number - 1, _unmarked(row.text), detail, "csv_row_shape")
    if decoded.failure:
        last = max([done, *(row.number - 1 for row in misshapen)])
        detail = f"The archive ends or breaks here ({decoded.failure}). The records before are kept; upload the whole file again."
        yield Broken(last + 1, stream.unfinished, detail, "undecodable_tail")


def _csv_options(
    delimiter: str, on_misshapen: Callable[[pyarrow.csv.InvalidRow], str]
) -> tuple[pyarrow.csv.ReadOptions, pyarrow.csv.ParseOptions]:
    # The number of a misshapen row is known only when one thread reads.
    reading = pyarrow.csv.ReadOptions(block_size=CSV_BLOCK_BYTES, use_threads=False)
    return reading, pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=on_misshapen)


def _unmarked_lines(lines: Lines) -> Iterator[Lines | Broken]:
    """The lines without marks; the others are not UTF-8."""
    marked = pc.match_substring_regex(lines.table.column("line"), MARKED)
    yield Lines(lines.table.filter(pc.invert(marked)), lines.bytes, True)
    for row in lines.table.filter(marked).to_pylist():
        detail = "The record is not valid UTF-8. Encode the file as UTF-8 and land it again."
        yield Broken(row["line_number"], _unmarked(row["line"].rstrip("\n")), detail, "invalid_utf8")


def parquet_parts(source: Source, decoded: Decoded, spool: Path) -> Iterator[Lines | Broken]:
    """The rows of a Parquet file, numbered from 1. A compressed one is unpacked below `spool` first, for Parquet is read from its end."""
    path = decoded.path
    if decoded.codec:
        path = spool / "unpacked.parquet"
        limit = max(UNPACKED_BYTES, UNPACKED_TIMES * decoded.path.stat().st_size)
        with path.open("wb") as file:
            for block in decoded.blocks(2**22):
                if file.tell() + len(block) > limit:
                    detail = (
                        f"The archive unpacks to more than {limit} bytes, {UNPACKED_TIMES} times its own size."
                        " Parquet is compressed within: land the file as it is, unpacked."
                    )
                    yield Broken(1, b"", detail, "archive_too_large")
                    return
                file.write(block)
    if path.stat().st_size == 0:
        return
    done = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(PARQUET_ROWS):
                numbers = np.arange(done + 1, done + 1 + batch.num_rows)
                done += batch.num_rows
                yield as_lines(source, pa.Table.from_batches([batch]), numbers, parse_text=False)
    except (pa.ArrowInvalid, OSError) as error:
        detail = f"The file cannot be read as Parquet from here on: {error}. Land it again, whole."
        yield Broken(done + 1, b"", detail, "unreadable_file")


def array_parts(decoded: Decoded, limit: int) -> Iterator[Lines | Broken]:
    """The elements of a JSON array of at most `limit` bytes, numbered from 1."""
    text = _whole(decoded, limit, "array")
    if isinstance(text, Broken):
        yield text
        return
    sql = """select line_number, coalesce(element::varchar, 'null') || chr(10) as line
        from (
            select unnest(each) as element, unnest(range(1, len(each) + 1)) as line_number
            from (select json_transform(?, '["JSON"]') as each)
        )"""
    try:
        made = _select(sql, text)
    except duckdb.Error as error:
        detail = f"The file begins as a JSON array but is none: {str(error)[:200]}. Send a complete array, or one object a line."
        yield Broken(1, text.encode(), detail, "undecodable_tail" if decoded.failure else "not_json")
        return
    yield Lines(pa.Table.from_batches(made.to_batches(max_chunksize=BATCH_ROWS), made.schema), made.column("line").nbytes, True)


def document_parts(decoded: Decoded, limit: int) -> Iterator[Lines | Broken]:
    """The one JSON object of a file of at most `limit` bytes, whatever line feeds it holds, as a line."""
    text = _whole(decoded, limit, "page")
    if isinstance(text, Broken):
        yield text
    elif decoded.failure:
        detail = f"The archive ends or breaks within its page ({decoded.failure}). Upload the whole file again."
        yield Broken(1, text.encode(), detail, "undecodable_tail")
    else:
        table = pa.table({"line_number": pa.array([1], pa.int64()), "line": pa.array([text])})
        yield Lines(table, table.nbytes, True)


def _whole(decoded: Decoded, limit: int, what: str) -> str | Broken:
    """The text of a file that must be read at once, and is at most `limit` bytes."""
    content = bytearray()
    for block in decoded.blocks(2**22):
        content += block
        if len(content) > limit:
            detail = f"The file is one JSON {what} of more than {limit} bytes. Write its records one a line (NDJSON) and land it again."
            return Broken(1, bytes(content[: 2**20]), detail, "array_too_large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"The {what} is not valid UTF-8: {error}. Encode the file as UTF-8 and land it again."
        return Broken(1, bytes(content), detail, "invalid_utf8")
