"""CSV, Parquet and JSON arrays, record by record, as lines of JSON: one path from there on for every format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ingestion.decode import Decoded
from ingestion.lines import BATCH_ROWS, Broken, Lines
from ingestion.shape import identifier, quoted
from ingestion.sources import Source

PARQUET_ROWS = 65_536
CSV_BLOCK_BYTES = 32 * 2**20
"""Also the longest CSV record."""
DELIMITERS = ",;\t|"


class _Stream(io.RawIOBase):
    """Decoded blocks as a file object, without the unfinished line at the end of a broken archive."""

    def __init__(self, decoded: Decoded) -> None:
        self._decoded, self._blocks = decoded, decoded.blocks(2**22)
        self._ready = self.unfinished = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            block = next(self._blocks, None)
            if block is None:
                if self._decoded.failure is None:
                    self._ready, self.unfinished = self.unfinished, b""
                break
            data = self.unfinished + block
            cut = data.rfind(b"\n") + 1
            self._ready, self.unfinished = data[:cut], data[cut:]
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def as_lines(con: duckdb.DuckDBPyConnection, source: Source, table: pa.Table, numbers: np.ndarray, parse_text: bool) -> Lines:
    """Rows as JSON objects without their nulls.

    parse_text: whether text that is JSON itself fills the columns that are lists or objects, as in CSV.
    """
    structured = (
        {field.record_key for field in source.fields if field.kind in ("strings", "ranges", "object")} if parse_text else set()
    )
    # A name of its own among the table's columns, whatever they are called.
    place = "#" * (1 + max((len(name) for name in table.column_names), default=0))
    con.register("cells", table.append_column(place, pa.array(numbers)))
    members = []
    for name in table.column_names:
        column = identifier(name)
        value = f"to_json({column})::varchar"
        if name in structured:
            value = f"case when left(ltrim({column}), 1) in ('{{', '[') and json_valid({column}) then {column} else {value} end"
        members.append(f"case when {column} is not null then {quoted(json.dumps(name) + ':')} || {value} end")
    line = f"'{{' || concat_ws(',', {', '.join(members) or 'null'}) || '}}' || chr(10)"
    made = con.sql(f"select {identifier(place)}::bigint as line_number, {line} as line from cells").to_arrow_table()
    con.unregister("cells")
    size = made.column("line").nbytes
    return Lines(pa.Table.from_batches(made.to_batches(max_chunksize=BATCH_ROWS), made.schema), size, True)


def csv_parts(con: duckdb.DuckDBPyConnection, source: Source, decoded: Decoded) -> Iterator[Lines | Broken]:
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
        reader = pyarrow.csv.open_csv(
            io.BufferedReader(stream, 2**20),
            *_csv_options(delimiter, set_aside),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.binary()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for batch in reader:
            odd = np.array([row.number - 1 for row in misshapen], dtype=np.int64)
            numbers = np.setdiff1d(np.arange(done + 1, done + 1 + batch.num_rows + len(odd)), odd)[: batch.num_rows]
            done = int(numbers[-1]) if len(numbers) else done
            yield from _text_rows(con, source, pa.Table.from_batches([batch]), numbers)
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
        yield Broken(row.number - 1, row.text.encode(), detail, "csv_row_shape")
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


def _text_rows(con: duckdb.DuckDBPyConnection, source: Source, table: pa.Table, numbers: np.ndarray) -> Iterator[Lines | Broken]:
    text = pa.schema([(name, pa.string()) for name in table.column_names])
    try:
        yield as_lines(con, source, table.cast(text), numbers, parse_text=True)
        return
    except pa.ArrowInvalid:
        con.register("cells", table)
        readable = " and ".join(f"({identifier(name)} is null or is_utf8({identifier(name)}))" for name in table.column_names)
        good = con.sql(f"select {readable} as good from cells").to_arrow_table().column("good").combine_chunks()
        con.unregister("cells")
    mask = good.to_numpy(zero_copy_only=False)
    yield as_lines(con, source, table.filter(good).cast(text), numbers[mask], parse_text=True)
    broken = table.filter(pa.array(~mask))
    for number, row in zip(numbers[~mask], broken.to_pylist(), strict=True):
        detail = "The record is not valid UTF-8. Encode the file as UTF-8 and land it again."
        yield Broken(int(number), b",".join(value or b"" for value in row.values()), detail, "invalid_utf8")


def parquet_parts(con: duckdb.DuckDBPyConnection, source: Source, decoded: Decoded, spool: Path) -> Iterator[Lines | Broken]:
    """The rows of a Parquet file, numbered from 1. A compressed one is unpacked below `spool` first, for Parquet is read from its end."""
    path = decoded.path
    if decoded.codec:
        path = spool / "unpacked.parquet"
        with path.open("wb") as file:
            file.writelines(decoded.blocks(2**22))
    if path.stat().st_size == 0:
        return
    done = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(PARQUET_ROWS):
                numbers = np.arange(done + 1, done + 1 + batch.num_rows)
                done += batch.num_rows
                yield as_lines(con, source, pa.Table.from_batches([batch]), numbers, parse_text=False)
    except (pa.ArrowInvalid, OSError) as error:
        detail = f"The file cannot be read as Parquet from here on: {error}. Land it again, whole."
        yield Broken(done + 1, b"", detail, "unreadable_file")


def array_parts(con: duckdb.DuckDBPyConnection, decoded: Decoded, limit: int) -> Iterator[Lines | Broken]:
    """The elements of a JSON array of at most `limit` bytes, numbered from 1."""
    content = bytearray()
    for block in decoded.blocks(2**22):
        content += block
        if len(content) > limit:
            detail = f"The file is one JSON array of more than {limit} bytes. Write its elements one a line (NDJSON) and land it again."
            yield Broken(1, bytes(content[: 2**20]), detail, "array_too_large")
            return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Broken(
            1,
            bytes(content),
            f"The array is not valid UTF-8: {error}. Encode the file as UTF-8 and land it again.",
            "invalid_utf8",
        )
        return
    sql = """select line_number, element::varchar || chr(10) as line
        from (
            select unnest(each) as element, unnest(range(1, len(each) + 1)) as line_number
            from (select json_transform(?, '["JSON"]') as each)
        )"""
    try:
        made = con.sql(sql, params=[text]).to_arrow_table()
    except duckdb.Error as error:
        detail = f"The file begins as a JSON array but is none: {str(error)[:200]}. Send a complete array, or one object a line."
        yield Broken(1, bytes(content), detail, "undecodable_tail" if decoded.failure else "not_json")
        return
    yield Lines(pa.Table.from_batches(made.to_batches(max_chunksize=BATCH_ROWS), made.schema), len(content), True)
