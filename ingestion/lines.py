"""Bytes into numbered lines, as Arrow arrays over the bytes themselves: no copy, no loop over records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CHUNK_BYTES = 8 * 2**20
"""Bytes read at once: few enough to stay in the processor's cache until they are shaped."""
BATCH_ROWS = 20_000
"""Rows a record batch: DuckDB scans batches in parallel."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Oversized:
    """A line longer than the limit: its number, its length in bytes, and its first bytes."""

    line_number: int
    length: int
    head: bytes


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of one file.

    table: line_number BIGINT, line VARCHAR where all of it is valid UTF-8, else BLOB; in batches.
    """

    table: pa.Table
    bytes: int
    is_text: bool


@dataclass(frozen=True)
class Broken:
    """The part of a file that cannot be read: the bytes that are left of it, a sentence that says why, and the code of the reason."""

    line_number: int
    tail: bytes
    failure: str
    reason: str


def split(
    blocks: Iterable[bytes], limit: int, kept: int, failure: Callable[[], str | None] = lambda: None
) -> Iterator[Lines | Oversized | Broken]:
    """Cut a stream of byte blocks into lines of at most `limit` bytes; of a longer one `kept` bytes are passed on.

    A line ends at LF, which it keeps; the last one may end with the stream. A byte order mark at the start is no part of the first line.
    failure: asked once the blocks are exhausted; where it gives a reason, the unfinished line comes as `Broken`.
    """
    carry, number, skipping, first = b"", 1, 0, True
    head = b""
    for block in blocks:
        if skipping:
            end = block.find(b"\n")
            if end < 0:
                skipping += len(block)
                continue
            yield Oversized(number, skipping + end, head)
            number, skipping, block = number + 1, 0, block[end + 1 :]
        data = carry + block if carry else block
        if first and len(data) >= len(BYTE_ORDER_MARK):
            data, first = data.removeprefix(BYTE_ORDER_MARK), False
        cut = data.rfind(b"\n") + 1
        carry = data[cut:]
        if cut:
            lines = _lines(data, cut, number)
            number += lines.table.num_rows
            yield from _within(lines, data, limit, kept)
        if len(carry) > limit:
            skipping, head, carry = len(carry), carry[:kept], b""
    if reason := failure():
        detail = f"The archive ends or breaks here ({reason}). The lines before it are kept; upload the whole file again."
        yield Broken(number, head if skipping else carry, detail, "undecodable_tail")
    elif skipping:
        yield Oversized(number, skipping, head)
    elif carry := (carry.removeprefix(BYTE_ORDER_MARK) if first else carry):
        yield _lines(carry + b"\n", len(carry) + 1, number)


def _within(lines: Lines, data: bytes, limit: int, kept: int) -> Iterator[Lines | Oversized]:
    """`lines` without those over the limit, which come first."""
    if lines.bytes <= limit:
        yield lines
        return
    lengths = pc.binary_length(lines.table.column("line")).to_numpy()
    over = np.flatnonzero(lengths > limit + 1)
    starts = np.cumsum(lengths) - lengths
    for row in over:
        start, length = int(starts[row]), int(lengths[row]) - 1
        yield Oversized(lines.table.column("line_number")[int(row)].as_py(), length, data[start : start + kept])
    if len(over):
        table = lines.table.filter(pa.array(lengths <= limit + 1))
        lines = Lines(pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS), table.schema), lines.bytes, lines.is_text)
    if lines.table.num_rows:
        yield lines


def _lines(data: bytes, size: int, first_number: int) -> Lines:
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8, count=size) == 10).astype(np.int32)
    offsets = np.empty(len(ends) + 1, dtype=np.int32)
    offsets[0], offsets[1:] = 0, ends + 1
    numbers = pa.array(np.arange(first_number, first_number + len(ends), dtype=np.int64))
    buffers = (pa.py_buffer(offsets), pa.py_buffer(data))
    lines: pa.Array = pa.StringArray.from_buffers(len(ends), *buffers)
    is_text = True
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        lines, is_text = pa.BinaryArray.from_buffers(pa.binary(), len(ends), [None, *buffers]), False
    table = pa.table({"line_number": numbers, "line": lines})
    return Lines(pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS)), size, is_text)
