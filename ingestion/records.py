"""The records of a landed file, whatever its format, as numbered lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingestion import pages, tabular
from ingestion.decode import Decoded, codec_of
from ingestion.lines import BYTE_ORDER_MARK, CHUNK_BYTES, Broken, Lines, Oversized, split
from ingestion.shape import KEPT_OF_LONG_LINE, MAX_LINE_BYTES
from ingestion.sources import Source

Part = Lines | Oversized | Broken

MAX_ARRAY_BYTES = 256 * 2**20
"""A `.json` file that is one array is read whole; a larger one is rejected."""


def read(source: Source, path: Path, name: str, kind: str, spool: Path) -> Iterator[Part]:
    """The records of the file at `path`, landed as `name`, in parts.

    kind: ndjson, json (lines, one array or one page), csv or parquet. spool: a folder for what must be unpacked first.
    """
    decoded = Decoded(path, codec_of(path, name))
    if kind == "parquet":
        return tabular.parquet_parts(source, decoded, spool)
    if kind == "csv":
        return tabular.csv_parts(source, decoded)
    if kind == "json" and holds_array(decoded):
        elements = tabular.array_parts(Decoded(path, decoded.codec), MAX_ARRAY_BYTES)
        return pages.unfolded(source, elements) if source.page_key else elements
    if kind == "json" and is_document(source, decoded):
        whole = tabular.document_parts(Decoded(path, decoded.codec), MAX_ARRAY_BYTES)
        return pages.unfolded(source, whole, pages.DOCUMENT_HEAD_BYTES, MAX_ARRAY_BYTES)
    lines = split(decoded.blocks(CHUNK_BYTES), MAX_LINE_BYTES, KEPT_OF_LONG_LINE, lambda: decoded.failure)
    return pages.unfolded(source, lines) if source.page_key else lines


def holds_array(decoded: Decoded) -> bool:
    """Whether a `.json` file seems to be one array."""
    return _head(decoded, 4096).startswith(b"[")


def is_document(source: Source, decoded: Decoded) -> bool:
    """Whether a `.json` file seems to be one page over many lines."""
    return source.page_key is not None and pages.is_document(source.page_key, _head(decoded, pages.DOCUMENT_HEAD_BYTES))


def _head(decoded: Decoded, size: int) -> bytes:
    head = next(Decoded(decoded.path, decoded.codec).blocks(size), b"")
    return head.removeprefix(BYTE_ORDER_MARK).lstrip()
