"""The SQL that turns lines into bronze rows, written from a source's declaration.

Two steps. `exact_select` reads every line with one typed `json_transform` (2 million lines of 450 bytes: 3.5 s on 2 cores) and proves, row by
row, that nothing was lost; a line without that proof is passed on whole. `tolerant_select` reads those with the rules of `tolerant.sql`
(about eight times the work a line), keeps what does not fit in `extra`, and gives the rest a reason.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ingestion.sources import Field, Source

MACROS = (Path(__file__).parent / "tolerant.sql").read_text()

MAX_LINE_BYTES = 64 * 2**20
"""A longer line is rejected; its first `KEPT_OF_LONG_LINE` bytes are kept."""
KEPT_OF_LONG_LINE = 2**20

TRIMMED = "trim({0}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(65279))"
FIRST_INSTANT = "timestamp '0001-01-01'"
LARGEST_EXACT_DOUBLE = 2**53

_FAST_TYPES = {
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


@cache
def create_staged(source: Source) -> str:
    """Statement that makes `staged`: exact rows, and odd lines whole in `odd`."""
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in row_columns(source).items())
    return f"create or replace temp table staged ({columns}, odd VARCHAR)"


@cache
def exact_select(source: Source, view: str = "lines") -> str:
    """Select from `view` (line_number, line) the columns of `staged`."""
    schema = json.dumps({field.record_key: _FAST_TYPES[field.kind] for field in source.fields})
    shaped = [f"case when exact then {_fast_value(field)} end" for field in source.fields]
    if source.id_column:
        place = [field.name for field in source.fields].index(source.id_column)
        given = _fast(source.fields[place])
        shaped[place] = (
            f"case when not exact then null when {given} is null or {given} = '' then 'sha256:' || sha256({TRIMMED.format('line')}) else {given} end"
        )
    if source.raw_column:
        shaped.append(f"case when exact then {TRIMMED.format('record')} end")
    if source.extra_column:
        shaped.append("null")
    occurred, received = (_fast_value(_field(source, name)) for name in (source.occurred, source.received))
    rows = ",\n    ".join(shaped)
    return f"""
select line_number,
    {rows},
    case when exact then {_filed(source, f"coalesce({occurred}, {received})")} end as event_date,
    case when not exact then line end as odd
from (
    select line_number, line, record, s, coalesce({" and ".join(_exactness(source))}, false) as exact
    from (select line_number, line, record, json_valid(record) as is_json, {_if_json(f"json_transform(record, {quoted(schema)})", "json_valid(record)")} as s
        from (select line_number, line, {source.line_sql} as record from {view}))
)"""


def _filed(source: Source, time: str) -> str:
    return f"cast({time} as date)" if source.is_dated else "null::date"


def _if_json(expression: str, condition: str = "is_json") -> str:
    """`expression`, evaluated for valid JSON only: one malformed record inside TRY costs the whole vector (2026-11: 0.2 % of them, 17 times slower)."""
    return f"case when {condition} then {expression} end"


def _exactness(source: Source) -> list[str]:
    """Predicates that together prove that the typed reading of a line lost nothing."""
    by_kind: dict[str, list[str]] = {}
    for field in source.fields:
        by_kind.setdefault(field.kind, []).append(_fast(field))
    proofs = ["s is not null", f"strlen(line) <= {MAX_LINE_BYTES}"]
    times = [f"({name} is null or {_time_is_exact(name)})" for name in by_kind.get("time", [])]
    proofs += times
    if source.is_dated:
        proofs.append(f"coalesce({', '.join(_time(_fast(_field(source, name))) for name in (source.occurred, source.received))}) >= {FIRST_INSTANT}")
    keys = _if_json("json_keys(record)")
    if source.raw_column:
        return [*proofs, f"{_if_json('json_type(record)')} = 'OBJECT'", f"len(list_distinct({keys})) = len({keys})"]
    known = " + ".join(f"({_fast(field)} is not null)::int" for field in source.fields)
    proofs.append(f"({known}) = len({keys})")
    numbers = by_kind.get("number", []) + by_kind.get("integer", [])
    if numbers:
        proofs.append(f"coalesce(greatest({', '.join(numbers)}) < {LARGEST_EXACT_DOUBLE} and least({', '.join(numbers)}) > -{LARGEST_EXACT_DOUBLE}, true)")
        paths = ", ".join(quoted(f"$.{json.dumps(field.record_key)}") for field in source.fields if field.kind in ("number", "integer"))
        # A JSON true reads as the number 1: only lines that hold a boolean at all are looked at again.
        proofs.append(
            f"case when contains(line, 'true') or contains(line, 'false') then not list_contains({_if_json(f'json_type(record, [{paths}])')}, 'BOOLEAN') else true end"
        )
    proofs += [f"coalesce({name} = floor({name}), true)" for name in by_kind.get("integer", [])]
    proofs += [f"coalesce({name} in ('true', 'false'), true)" for name in by_kind.get("flag", [])]
    proofs += [
        f"case when {name} is null then true else length({name}) <= 32 and try_cast({name} as decimal(38, 18)) = try_cast({name} as decimal(20, 6)) end"
        for name in by_kind.get("decimal", [])
    ]
    # A nested value reads as its text.
    proofs += [f"coalesce(not ({name} >= '[' and {name} < '\\' or {name} >= '{{' and {name} < '|'), true)" for name in by_kind.get("text", [])]
    for kind, pattern in (("strings", _EXACT_STRINGS), ("ranges", _EXACT_RANGES)):
        proofs += [f"case when {name} is null then true else regexp_full_match({name}, {quoted(pattern)}) end" for name in by_kind.get(kind, [])]
    proofs += [f"coalesce(starts_with({name}, '{{'), true)" for name in by_kind.get("object", [])]
    return proofs


def _field(source: Source, name: str) -> Field:
    return next(field for field in source.fields if field.name == name)


def _fast(field: Field) -> str:
    return f"s.{identifier(field.record_key)}"


def _time(name: str) -> str:
    return f"try_cast({name} as timestamp)"


def _time_is_exact(name: str) -> str:
    return f"({name}[-1] = 'Z' and strlen({name}) <= 27 and {_time(name)} is not null)"


def _fast_value(field: Field) -> str:
    name = _fast(field)
    if field.kind == "time":
        return _time(name)
    if field.kind in ("integer", "flag", "decimal"):
        return f"try_cast({name} as {field.sql_type})"
    return f"{name}::varchar" if field.kind in ("strings", "ranges", "object") else name


_TOLERANT_VALUE = {
    "text": "text_of({0})",
    "number": "number_of({0})",
    "integer": "integer_of({0})",
    "flag": "flag_of({0})",
    "decimal": "decimal_of({0})",
    "time": "time_of({0})",
    "strings": "strings_of({0})",
    "ranges": "ranges_of({0})",
    "object": "object_of({0})",
}
_KEPT_WHOLE = {
    "number": f"abs({{1}}) < {LARGEST_EXACT_DOUBLE}",
    "decimal": "decimal_is_whole({0})",
    "time": "time_is_whole({0})",
}


def _given(field: Field) -> str:
    # As text: DuckDB would read the character that a JSON value is compared with as JSON too.
    return f"r.{identifier(field.record_key)}::varchar"


def _unfit(field: Field) -> str:
    """The key, where the record gives a value that its column does not hold in full; else null."""
    given, value = _given(field), f"v.{identifier(field.name)}"
    whole = _KEPT_WHOLE.get(field.kind, "true").format(given, value)
    return f"case when {given} is not null and not coalesce({value} is not null and {whole}, false) then {quoted(field.record_key)} end"


@cache
def tolerant_select(source: Source, table: str = "odd_lines") -> str:
    """Select from `table` (line_number, odd) line_number, the source's columns, event_date, reason, detail, odd. A blank line has the reason `blank`."""
    schema = json.dumps({field.record_key: "JSON" for field in source.fields})
    values = ", ".join(f"{identifier(field.name)} := {_TOLERANT_VALUE[field.kind].format(_given(field))}" for field in source.fields)
    shaped = [f"v.{identifier(field.name)}" for field in source.fields]
    if source.id_column:
        place = [field.name for field in source.fields].index(source.id_column)
        shaped[place] = f"coalesce(nullif({shaped[place]}, ''), 'sha256:' || sha256({TRIMMED.format('odd')}))"
    if source.raw_column:
        shaped.append("record")
    if source.extra_column:
        shaped.append("extra")
    known = ", ".join(quoted(field.record_key) for field in source.fields)
    unfit = ", ".join(_unfit(field) for field in source.fields)
    times = f"coalesce(v.{identifier(source.occurred)}, v.{identifier(source.received)})"
    keys = " and ".join(_field(source, name).record_key for name in (source.occurred, source.received))
    given = " || ', ' || ".join(
        f"{quoted(_field(source, name).record_key + ' = ')} || coalesce(left({_given(_field(source, name))}, 80), 'absent')"
        for name in (source.occurred, source.received)
    )
    extra = (
        f"""case when m is not null then nullif('{{' || array_to_string(list_transform(
            list_filter(map_entries(m), lambda e: not list_contains([{known}], e.key) or list_contains([{unfit}], e.key)),
            lambda e: to_json(e.key)::varchar || ':' || coalesce(e.value::varchar, 'null')), ',') || '}}', '{{}}') end"""
        if source.extra_column
        else "null"
    )
    return f"""
with records as materialized (
    select line_number, odd, record, json_kind, json_keys,
        case when json_kind = 'OBJECT' then try(json_transform(record, {quoted(schema)})) end as r,
        case when json_kind = 'OBJECT' then try(json_transform(record, '"MAP(VARCHAR,JSON)"')) end as m
    from (
        select line_number, odd, record, try(json_type(record)) as json_kind, try(json_keys(record)) as json_keys
        from (select line_number, odd, {TRIMMED.format(source.line_sql)} as record from (select line_number, odd, odd as line from {table}))
    )
),
typed as materialized (select *, struct_pack({values}) as v from records),
judged as materialized (
    select *, {extra} as extra,
        case
            when {TRIMMED.format("odd")} = '' or ({source.ignored_sql.replace("line", "odd")}) then 'blank'
            when strlen(odd) > {MAX_LINE_BYTES} then 'line_too_long'
            when json_kind is null then 'not_json'
            when json_kind <> 'OBJECT' then 'not_an_object'
            when len(list_distinct(json_keys)) <> len(json_keys) then 'duplicate_keys'
            when {str(source.is_dated).lower()} and {times} is null then 'no_usable_time'
        end as reason
    from typed
)
select line_number, {", ".join(shaped)}, {_filed(source, times)} as event_date, reason,
    case reason
        when 'line_too_long' then 'The line has ' || strlen(odd) || ' bytes; the limit is {MAX_LINE_BYTES}. Split the record, or raise the limit, and land it again.'
        when 'not_json' then 'The line is not valid JSON: it begins ' || left(record, 60) || '. Send one complete JSON object a line.'
        when 'not_an_object' then 'The line is a JSON ' || lower(json_kind) || ', not an object. Send one JSON object a line.'
        when 'duplicate_keys' then 'Keys given more than once: ' || array_to_string(list_sort(list_filter(list_distinct(json_keys),
            lambda k: len(list_filter(json_keys, lambda j: j = k)) > 1)), ', ') || '. Which value counts is ambiguous; send each key once.'
        when 'no_usable_time' then 'No time could be read: ' || {given} || '. Send {keys} as ISO 8601 in UTC, such as 2026-10-05T12:00:00Z, or as epoch seconds or milliseconds.'
    end as detail,
    odd
from judged"""
