"""A page as JSON, CSV or Arrow: what the database makes of each column, and how the rows become bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.csv

from serving.api.catalog import Column
from serving.api.problems import not_acceptable
from serving.cells import formula_safe

ROWS_A_CHUNK = 5_000


class Format(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv",
    Format.ARROW: "application/vnd.apache.arrow.stream",
}


@dataclass(frozen=True)
class Page:
    """Rows of one generation. head: what JSON says beside them, and Arrow in its schema's metadata."""

    rows: pa.Table
    head: Mapping[str, Any]


def negotiated(chosen: Format | None, accept: str | None) -> Format:
    """The format that a client wants: by name, else the best of its ``Accept``, JSON where it does not care.

    Raises:
        ProblemError: 406, it accepts none of ours.
    """
    if chosen is not None:
        return chosen
    if not accept:
        return Format.JSON
    ranges = [media_range(part) for part in accept.split(",") if part.strip()]
    weights = {format_: weight(media_type, ranges) for format_, media_type in MEDIA_TYPES.items()}
    best = max(weights, key=lambda format_: weights[format_])
    if weights[best] <= 0:
        raise not_acceptable(accept[:200], ", ".join(MEDIA_TYPES.values()))
    return best


def media_range(text: str) -> tuple[str, float]:
    """A part of ``Accept``: its media range, and how much it is wanted."""
    message = Message()
    message["content-type"] = text.strip()
    quality = message.get_param("q", "1")
    try:
        wanted = float(quality) if isinstance(quality, str) else 0.0
    except ValueError:
        wanted = 0.0
    return text.partition(";")[0].strip().lower(), wanted


def weight(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """How much a media type is wanted: what is said of it most precisely counts (RFC 9110, 12.5.1)."""
    for candidate in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        said = [wanted for name, wanted in ranges if name == candidate]
        if said:
            return max(said)
    return 0.0


def cells(format_: Format, columns: Sequence[Column]) -> str:
    """What is selected for a format: the columns as they are for Arrow, as text where CSV needs it, or one JSON object a row."""
    if format_ is Format.JSON:
        fields = ", ".join(f"{column.sql} := {json_value(column)}" for column in columns)
        return f"to_json(struct_pack({fields}))::varchar as object"
    if format_ is Format.CSV:
        return ", ".join(f"{csv_cell(column)} as {column.sql}" for column in columns)
    return ", ".join(column.sql for column in columns)


def json_value(column: Column) -> str:
    """A column as JSON can say it: times in ISO 8601, and null for what is no number to JSON (NaN, infinity)."""
    if column.family in ("FLOAT", "DOUBLE"):
        return f"case when isfinite({column.sql}) then {column.sql} end"
    if column.family == "BLOB":
        return f"base64({column.sql})"
    return iso_time(column) or column.sql


def csv_cell(column: Column) -> str:
    """A column as a CSV cell; whatever is text is safe to open in a spreadsheet."""
    if column.family in ("FLOAT", "DOUBLE", "BOOLEAN", "DATE", "DECIMAL") or column.family.endswith("INT"):
        return column.sql
    if column.family == "INTEGER":
        return column.sql
    if column.family == "BLOB":
        return formula_safe(f"base64({column.sql})")
    return iso_time(column) or formula_safe(f"cast({column.sql} as varchar)")


def iso_time(column: Column) -> str | None:
    """A point in time as ``2026-10-31T12:00:00Z``; None for other types. Times without a zone are UTC in every mart."""
    if column.family == "TIMESTAMP WITH TIME ZONE":
        return f"replace(cast({column.sql} at time zone 'UTC' as varchar), ' ', 'T') || 'Z'"
    if column.family.startswith("TIMESTAMP"):
        return f"replace(cast({column.sql} as varchar), ' ', 'T') || 'Z'"
    return None


def json_chunks(page: Page) -> Iterator[bytes]:
    """``{<head>, "rows": [...]}``; the objects are texts already."""
    head = json.dumps(page.head, ensure_ascii=False, separators=(",", ":"))
    yield f'{head[:-1]},"rows":['.encode()
    separator = ""
    for batch in page.rows.to_batches(max_chunksize=ROWS_A_CHUNK):
        yield (separator + ",".join(batch.column(0).to_pylist())).encode("utf-8", "replace")
        separator = ","
    yield b"]}"


def csv_chunks(page: Page) -> Iterator[bytes]:
    """RFC 4180 with a header; texts are quoted, null is an empty cell."""
    sink = io.BytesIO()
    rows = page.rows.cast(pa.schema([(field.name, csv_type(field.type)) for field in page.rows.schema]))
    with pyarrow.csv.CSVWriter(sink, rows.schema) as writer:
        for batch in rows.to_batches(max_chunksize=ROWS_A_CHUNK):
            writer.write_batch(batch)
            yield drained(sink)
    yield drained(sink)


def csv_type(of: pa.DataType) -> pa.DataType:
    """The type that the CSV writer takes for one of Arrow's."""
    return pa.string() if pa.types.is_decimal(of) else of


def arrow_chunks(page: Page) -> Iterator[bytes]:
    """An Arrow IPC stream, the head in its schema's metadata."""
    sink = io.BytesIO()
    metadata = {key: "" if value is None else str(value) for key, value in page.head.items()}
    schema = page.rows.schema.with_metadata(metadata)
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in page.rows.to_batches(max_chunksize=ROWS_A_CHUNK):
            writer.write_batch(batch)
            yield drained(sink)
    yield drained(sink)


def drained(sink: io.BytesIO) -> bytes:
    """What was written, taken out."""
    content = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return content


CHUNKS: Mapping[Format, Callable[[Page], Iterator[bytes]]] = {
    Format.JSON: json_chunks,
    Format.CSV: csv_chunks,
    Format.ARROW: arrow_chunks,
}
