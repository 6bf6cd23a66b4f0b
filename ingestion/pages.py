"""Pages: JSON objects in which one key holds a list of records, as an export or a batched request writes them.

Each record of a page becomes a line of its own and takes the next number; an empty page is a blank line. Lines that are no pages cost a
look at their first bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.lines import BATCH_ROWS, Broken, Lines, Oversized
from ingestion.shape import MAX_LINE_BYTES, quoted
from ingestion.sources import Source

HEAD_BYTES = 512
"""A line is a page only where the key stands within its first bytes."""
DOCUMENT_HEAD_BYTES = 2**16
"""Likewise for a page that is written over many lines."""


@dataclass(frozen=True)
class Unfolded:
    """What some lines hold. Arrays have a value a line.

    numbers: of the lines, in the file. counts: how many numbers each takes: 1, and a page its records, at least 1.
    is_page: whether it was read as a page. is_broken: whether it begins as a page and is no JSON.
    records: columns place (of the line), number (in the page, from 0), line.
    """

    numbers: np.ndarray
    counts: np.ndarray
    is_page: np.ndarray
    is_broken: np.ndarray
    records: pa.Table

    @cached_property
    def shifts(self) -> np.ndarray:
        """By how much the numbers of each line move because of the pages before it; one more value for what follows."""
        return np.concatenate([[0], np.cumsum(self.counts - 1)])

    def shift_of(self, number: int) -> int:
        """By how much the number of a line that stands between these moves."""
        return int(self.shifts[np.searchsorted(self.numbers, number)])


def begins_page(key: str, head: bytes) -> bool:
    """Whether text that begins with `head` seems to be a page."""
    return re.search(rb'\A\s*\{.*?"%s"\s*:\s*\[' % re.escape(key.encode()), head, re.DOTALL) is not None


def is_document(key: str, head: bytes) -> bool:
    """Whether a file that begins with `head` seems to be one page over many lines: its first line is open."""
    first, end, _ = head.lstrip().partition(b"\n")
    return bool(end) and first.rstrip().endswith((b"{", b"[", b",", b":")) and begins_page(key, head)


def unfolded(
    source: Source, parts: Iterable[Lines | Oversized | Broken], head_bytes: int = HEAD_BYTES, limit: int = MAX_LINE_BYTES
) -> Iterator[Lines | Oversized | Broken]:
    """The parts of a file with each record of its pages as a line, everything numbered anew where pages come before it.

    A page has its key within `head_bytes`, and at most `limit` bytes.
    """
    key = source.page_key or ""
    shift = 0
    late: list[Oversized] = []
    for part in parts:
        if isinstance(part, Oversized):
            # It stands somewhere among the lines that come next.
            late.append(part)
            continue
        found = unfold(source, part, head_bytes, limit) if isinstance(part, Lines) else None
        for each in late:
            yield _oversized(key, each, each.line_number + shift + (found.shift_of(each.line_number) if found else 0))
        late = []
        if isinstance(part, Broken):
            yield Broken(part.line_number + shift, part.tail, part.failure, part.reason)
        elif found is None:
            yield _moved(part, shift)
        else:
            yield from _renumbered(key, part, found, shift)
            shift += int(found.shifts[-1])
    for each in late:
        yield _oversized(key, each, each.line_number + shift)


def unfold(source: Source, lines: Lines, head_bytes: int = HEAD_BYTES, limit: int = MAX_LINE_BYTES) -> Unfolded | None:
    """What `lines` hold, or None where none of them can be a page. Those longer than `limit` bytes are none."""
    key = source.page_key or ""
    text = lines.table.column("line").cast(pa.binary())
    may_be = pc.match_substring(pc.binary_slice(text, 0, head_bytes), f'"{key}"')
    if not pc.any(may_be).as_py():
        return None
    may_be = pc.and_(may_be, pc.less_equal(pc.binary_length(text), limit + 1))
    places = np.flatnonzero(may_be.to_numpy())
    pages = pa.table({"place": pa.array(places, pa.int64()), "bytes": text.take(pa.array(places, pa.int64())).combine_chunks()})
    with duckdb.connect(config={"threads": "1"}) as con:
        con.register("pages", pages)
        # One that is not UTF-8 stays as it is.
        con.execute("create table read as select place, try(decode(bytes)) as line from pages")
        valid = "(select place, case when json_valid(line) then line else 'null' end as line from read)"
        con.execute(
            f"""create table records as
            select place, {_shared(source)} as shared, json_transform(records, '["JSON"]') as each
            from (select place, line, json_extract(line, {quoted(_path(key))}) as records from {valid})
            where json_type(records) = 'ARRAY'"""
        )
        made = con.sql(
            f"""select place, unnest(range(len(each))) as number, unnest(list_transform(each, lambda e: {_with_shared(source)})) as line
            from records where len(each) > 0
            union all
            select place, 0, chr(10) from records where len(each) = 0"""
        ).to_arrow_table()
        invalid = con.sql("select place from read where not json_valid(line)").to_arrow_table().column("place").to_numpy()
    size = len(lines.table)
    counts, is_page, is_broken = np.ones(size, np.int64), np.zeros(size, bool), np.zeros(size, bool)
    if len(made):
        counts = np.maximum(np.bincount(made.column("place").to_numpy(), minlength=size), 1).astype(np.int64)
        is_page[made.column("place").to_numpy()] = True
    for place in invalid.tolist():
        is_broken[place] = begins_page(key, text[place].as_py()[:DOCUMENT_HEAD_BYTES])
    return Unfolded(lines.table.column("line_number").to_numpy(), counts, is_page, is_broken, made)


def _shared(source: Source) -> str:
    """List of the members that the page gives to its records: their keys and JSON texts."""
    members = ", ".join(
        f"{{'key': {quoted(key)}, 'path': {quoted(_path(key))}, 'json': json_extract(line, {quoted(_path(key))})::varchar}}"
        for key in source.page_members
    )
    return f"[{members}]"


def _with_shared(source: Source) -> str:
    """Expression for the line of a record `e`."""
    text = "coalesce(e::varchar, 'null')"
    if not source.page_members:
        return f"{text} || chr(10)"
    missing = "list_filter(shared, lambda m: m.json is not null and not coalesce(json_exists(e, m.path), false))"
    given = f"list_transform({missing}, lambda m: to_json(m.key)::varchar || ':' || m.json)"
    joined = f"case when {text} = '{{}}' then '' else ',' end"
    return f"""case when json_type(e) = 'OBJECT' and len({missing}) > 0
        then '{{' || array_to_string({given}, ',') || {joined} || substr({text}, 2) else {text} end || chr(10)"""


def _path(key: str) -> str:
    return f"$.{json.dumps(key)}"


def _renumbered(key: str, part: Lines, found: Unfolded, shift: int) -> Iterator[Lines | Broken]:
    first = found.numbers + shift + found.shifts[:-1]
    kept = ~(found.is_page | found.is_broken)
    table = part.table.set_column(0, "line_number", pa.array(first)).filter(pa.array(kept))
    if len(table):
        yield Lines(_batched(table), part.bytes, part.is_text)
    if len(found.records):
        places = found.records.column("place").to_numpy()
        made = pa.table(
            {
                "line_number": pa.array(first[places] + found.records.column("number").to_numpy()),
                "line": found.records.column("line"),
            }
        )
        yield Lines(_batched(made), 0 if len(table) else part.bytes, True)
    for place in np.flatnonzero(found.is_broken):
        text = part.table.column("line").cast(pa.binary())[int(place)].as_py()
        detail = (
            f"It begins as a page of records (its key is {key}) and is not valid JSON, so that no record of it can be read."
            " Fetch the page again, whole, or send one complete JSON object a line."
        )
        yield Broken(int(first[place]), text.rstrip(b"\n"), detail, "not_json")


def _moved(part: Lines, shift: int) -> Lines:
    if not shift:
        return part
    numbers = pc.add(part.table.column("line_number"), shift)
    return Lines(part.table.set_column(0, "line_number", numbers), part.bytes, part.is_text)


def _oversized(key: str, part: Oversized, number: int) -> Oversized | Broken:
    if not begins_page(key, part.head[:DOCUMENT_HEAD_BYTES]):
        return Oversized(number, part.length, part.head)
    detail = (
        f"The line is a page of {part.length} bytes; the limit is {MAX_LINE_BYTES}, and its first {len(part.head)} are kept."
        " Fetch smaller pages, or write one record a line (NDJSON), and land it again."
    )
    return Broken(number, part.head, detail, "array_too_large")


def _batched(table: pa.Table) -> pa.Table:
    return pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS), table.schema)


def without(source: Source, lines: Lines, found: Unfolded | None, unkept: np.ndarray, shift: int) -> list[pa.Array] | None:
    """Those of `lines` that hold none of the records numbered in `unkept`, pages without the records they lose; arrays of text or bytes.

    found: what `unfold` said of the lines. shift: by how much pages before them move their numbers. None where a page cannot be rewritten.
    """
    texts = lines.table.column("line").combine_chunks()
    numbers = lines.table.column("line_number").to_numpy() + shift
    if found is None:
        return [texts.filter(pa.array(~np.isin(numbers, unkept)))]
    first = numbers + found.shifts[:-1]
    pieces, begin = [], 0
    gone = np.isin(first, unkept) & ~found.is_page
    for place in np.flatnonzero(found.is_page).tolist():
        held = np.flatnonzero(np.isin(first[place] + np.arange(found.counts[place]), unkept)).tolist()
        if not held:
            continue
        text = texts[place].as_py()
        page = _page_without(
            source.page_key or "", text if isinstance(text, str) else text.decode(), held, int(found.counts[place])
        )
        if page is None:
            return None
        pieces += [texts[begin:place].filter(pa.array(~gone[begin:place])), pa.array([page.encode()], pa.binary())]
        begin = place + 1
    return [*pieces, texts[begin:].filter(pa.array(~gone[begin:]))]


def _page_without(key: str, text: str, unkept: Sequence[int], count: int) -> str | None:
    """The page `text` without some of its `count` records, every other character as it is; None where they are not found."""
    opening, spans = _record_spans(key, text)
    if len(spans) != count:
        return None
    starts = [opening, *(end for _, end in spans[:-1])]
    kept = [place for place in range(count) if place not in unkept]
    # A record brings the comma and the white space before it; the first one that stays, the white space before the first.
    pieces = [text[starts[place] : spans[place][1]] for place in kept]
    if kept:
        begin, end = spans[kept[0]]
        pieces[0] = text[opening : spans[0][0]] + text[begin:end]
    return "".join([text[:opening], *pieces, text[spans[-1][1] :]])


def _record_spans(key: str, text: str) -> tuple[int, list[tuple[int, int]]]:
    """Where the list below `key` begins, and where each of its records does and ends."""
    decoder, between = json.JSONDecoder(strict=False), re.compile(r"[\s,:]*")

    def next_value(at: int) -> int:
        match = between.match(text, at)
        return match.end() if match else at

    spans: list[tuple[int, int]] = []
    try:
        at = next_value(next_value(0) + 1)
        while text[at] != "}":
            name, at = decoder.raw_decode(text, at)
            at = next_value(at)
            if name == key and text[at] == "[":
                opening = at + 1
                at = next_value(opening)
                while text[at] != "]":
                    _, end = decoder.raw_decode(text, at)
                    spans.append((at, end))
                    at = next_value(end)
                return opening, spans
            _, at = decoder.raw_decode(text, at)
            at = next_value(at)
    except (ValueError, IndexError, RecursionError):
        # A record of ten thousand levels is valid to DuckDB, and too deep for Python: its file is named, and the erasure goes on.
        pass
    return 0, []
