"""The SQL that reads lines at full speed, written from a source's declaration.

One typed `json_transform` a line, and a proof, row by row, that nothing was lost: as many values as keys, and every value as its column
holds it. Explicit nulls and unknown keys cost a second look at the line; one that has no proof then goes whole to `tolerant`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ingestion.sources import Field, Kind, Source

MACROS = (Path(__file__).parent / "tolerant.sql").read_text(encoding="utf-8")

MAX_LINE_BYTES = 64 * 2**20
"""A longer line is rejected; its first `KEPT_OF_LONG_LINE` bytes are kept."""
KEPT_OF_LONG_LINE = 2**20

TRIMMED = "trim({0}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(65279))"
FIRST_INSTANT = "timestamp '0001-01-01'"
LARGEST_EXACT_DOUBLE = 2**53

# Kinds whose typed reading would round or guess are read as text (or as double) first.
_READ_AS: dict[Kind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "DOUBLE",
    "flag": "VARCHAR",
    "decimal": "VARCHAR",
    "time": "VARCHAR",
    "strings": "JSON",
    "ranges": "JSON",
    "object": "JSON",
}
_NUMBER = r"-?\d+(\.\d+)?"
_EXACT_STRINGS = r'\[\]|\["[^"\\]*"(,"[^"\\]*")*\]'
_EXACT_RANGES = rf"\[\]|\[\[{_NUMBER},{_NUMBER}\](,\[{_NUMBER},{_NUMBER}\])*\]"


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def row_columns(source: Source) -> dict[str, str]:
    """Columns of a shaped row before it is filed: line_number, the source's own, event_date."""
    return {"line_number": "BIGINT", **source.columns, "event_date": "DATE"}


def known_keys(source: Source) -> str:
    """The keys that have columns, as an SQL list."""
    return "[" + ", ".join(quoted(field.record_key) for field in source.fields) + "]"


def given_or_hashed(source: Source, name: str, value: str, line: str) -> str:
    """`value`, or for the source's id column a hash of the trimmed `line` where there is none."""
    if name != source.id_column:
        return value
    return f"case when {value} is null or {value} = '' then 'sha256:' || sha256({TRIMMED.format(line)}) else {value} end"


def filed_under(source: Source, occurred: str, received: str) -> str:
    """The event date of a record: of its own clock as written, else of its receive time."""
    return f"cast(coalesce({occurred}, {received}) as date)" if source.is_dated else "null::date"


@cache
def create_staged(source: Source) -> str:
    """Statement that makes `staged`: exact rows, and odd lines whole in `odd`."""
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in row_columns(source).items())
    return f"create or replace table staged ({columns}, odd VARCHAR)"


@cache
def exact_select(source: Source, view: str = "chunk", *, second_look: bool = False) -> str:
    """Select from `view` (line_number, line) the columns of `staged`.

    second_look: also take lines with explicit nulls or unknown keys, and read carefully; dearer, so only for lines that failed without it.
    Rows that are not exact hold what was read of them; their `odd` says to pass them over.
    """
    schema = json.dumps({field.record_key: _READ_AS[field.kind] for field in source.fields})
    values = [given_or_hashed(source, field.name, _value(field), "line") for field in source.fields]
    if source.raw_column:
        # trim costs more than reading the record (2026-11: 0.7 s of 100 MB, 0.01 s so)
        values.append(
            f"case when starts_with(record, '{{') and ends_with(record, '}}') then record else {TRIMMED.format('record')} end"
        )
    if source.extra_column:
        members = "list_transform(strangers, lambda e: member(e.key, e.value::varchar))"
        values.append(
            f"case when len(strangers) > 0 then '{{' || array_to_string({members}, ',') || '}}' end" if second_look else "null"
        )
    times = "".join(f", quick_time_of({_read(field)}) as {_time(field.name)}" for field in source.fields if field.kind == "time")
    flat = "".join(f", s.{identifier(field.record_key)} as {_read(field)}" for field in source.fields)
    line_sql = source.careful_line_sql or source.line_sql if second_look else source.line_sql
    read = f"(select line_number, line, record, json_keys(record) as keys{flat} {_parsed(schema, view, line_sql)})"
    counted = f"(select *, {_count(source)} as said{times} from {read})"
    if second_look:
        counted = _with_strangers(source, counted)
    return f"""
select line_number, {", ".join(values)}, {filed_under(source, _time(source.occurred), _time(source.received))} as event_date,
    case when not exact then line end as odd
from (select *, coalesce({_all(_exactness(source, second_look))}, false) as exact from {counted})"""


def _parsed(schema: str, view: str, line_sql: str) -> str:
    """From clause with line_number, line, record and the typed struct `s`.

    Malformed text is replaced before it is read: one malformed record inside TRY costs its whole vector (2026-11: 0.2 % of them, 17 times
    slower), a CASE around a struct copies all of it. For the same reason the struct's members become columns before they are tested.
    """
    return f"""from (select *, json_transform(record, {quoted(schema)}) as s
        from (select line_number, line, case when json_valid(record) then record else 'null' end as record
            from (select line_number, line, {line_sql} as record from {view})))"""


def _with_strangers(source: Source, counted: str) -> str:
    known = known_keys(source)
    return f"""(select *, list_filter(map_entries(m), lambda e: not list_contains({known}, e.key)) as strangers,
        len(list_filter(map_entries(m), lambda e: e.value is not null and list_contains({known}, e.key))) as live
    from (select *, case when len(list_distinct(keys)) = len(keys) then json_transform(record, '"MAP(VARCHAR,JSON)"') end as m
        from {counted}))"""


def _exactness(source: Source, second_look: bool) -> list[str]:
    """Predicates that together prove that the typed reading of a line lost nothing."""
    proofs = []
    for field in source.fields:
        if field.kind == "time":
            read = _read(field)
            proofs.append(f"({read} is null or {_time(field.name)} is not null and quick_time_is_whole({read}))")
    if source.is_dated:
        proofs.append(f"coalesce({_time(source.occurred)}, {_time(source.received)}) >= {FIRST_INSTANT}")
    if source.raw_column:
        return [*proofs, "json_type(record) = 'OBJECT'", "len(list_distinct(keys)) = len(keys)"]
    proofs.append("live = said" if second_look and source.extra_column else "len(keys) = said")
    numeric = [field for field in source.fields if field.kind in ("number", "integer")]
    if numeric:
        numbers = ", ".join(_read(field) for field in numeric)
        bound = LARGEST_EXACT_DOUBLE
        proofs.append(f"coalesce(greatest({numbers}) < {bound} and least({numbers}) > -{bound}, true)")
        # JSON's true reads as the number 1: lines that hold a boolean at all are looked at again.
        paths = ", ".join(quoted(f"$.{json.dumps(field.record_key)}") for field in numeric)
        types = f"list_contains(json_type(record, [{paths}]), 'BOOLEAN')"
        proofs.append(f"case when contains(line, 'true') or contains(line, 'false') then not {types} else true end")
    return proofs + [proof for field in source.fields for proof in _fits(field)]


def _fits(field: Field) -> list[str]:
    read = _read(field)
    match field.kind:
        case "integer":
            return [f"coalesce({read} = floor({read}), true)"]
        case "flag":
            return [f"coalesce({read} in ('true', 'false'), true)"]
        case "decimal":
            return [f"case when {read} is null then true else decimal_is_whole({read}) end"]
        case "text":
            # A nested value would read as its text; `[` and `{` differ in one bit.
            return [f"({read} is null or (ascii({read}) | 32) <> {ord('{')})"]
        case "strings" | "ranges":
            pattern = _EXACT_STRINGS if field.kind == "strings" else _EXACT_RANGES
            return [f"case when {read} is null then true else regexp_full_match({read}, {quoted(pattern)}) end"]
        case "object":
            return [f"coalesce(starts_with({read}, '{{'), true)"]
        case _:
            return []


def _all(predicates: list[str]) -> str:
    return "\n    and ".join(predicates)


def _count(source: Source) -> str:
    return " + ".join(f"({_read(field)} is not null)::int" for field in source.fields)


def _read(field: Field) -> str:
    return identifier(f"read {field.name}")


def _time(name: str) -> str:
    return identifier(f"time of {name}")


def _value(field: Field) -> str:
    if field.kind == "time":
        return _time(field.name)
    if field.kind in ("integer", "flag", "decimal"):
        return f"try_cast({_read(field)} as {field.sql_type})"
    return f"{_read(field)}::varchar" if field.kind in ("strings", "ranges", "object") else _read(field)
