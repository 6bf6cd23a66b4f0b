"""The records of a landed file, whatever its format, as numbered lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ingestion import tabular
from ingestion.decode import Decoded, codec_of
from ingestion.lines import CHUNK_BYTES, Broken, Lines, Oversized, split
from ingestion.shape import KEPT_OF_LONG_LINE, MAX_LINE_BYTES
from ingestion.sources import Source

Part = Lines | Oversized | Broken

MAX_ARRAY_BYTES = 256 * 2**20
"""A `.json` file that is one array is read whole; a larger one is rejected."""


def read(source: Source, path: Path, name: str, kind: str, spool: Path) -> Iterator[Part]:
    """The records of the file at `path`, landed as `name`, in parts.

    kind: ndjson, json (lines or one array), csv or parquet. spool: a folder for what must be unpacked first.
    """
    decoded = Decoded(path, codec_of(path, name))
    if kind == "parquet":
        return tabular.parquet_parts(source, decoded, spool)
    if kind == "csv":
        return tabular.csv_parts(source, decoded)
    if kind == "json" and _first_character(decoded) == b"[":
        return tabular.array_parts(Decoded(path, decoded.codec), MAX_ARRAY_BYTES)
    return split(decoded.blocks(CHUNK_BYTES), MAX_LINE_BYTES, KEPT_OF_LONG_LINE, lambda: decoded.failure)


def first_lines(parts: Iterable[Part], most: int) -> Iterator[Part]:
    """The parts of a file until they hold `most` lines."""
    for part in parts:
        if most <= 0:
            return
        if isinstance(part, Lines):
            kept = part.table.slice(0, most)
            most -= kept.num_rows
            yield Lines(kept, part.bytes, part.is_text)
        else:
            most -= 1
            yield part


def _first_character(decoded: Decoded) -> bytes:
    head = next(Decoded(decoded.path, decoded.codec).blocks(4096), b"")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
