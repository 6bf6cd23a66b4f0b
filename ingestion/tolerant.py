"""The SQL that reads odd lines: value by value, by the rules of `tolerant.sql`, keeping what does not fit and giving the rest a reason.

The lines are unpacked into one row a key, so that every rule is written and planned once, not once a column.
"""

from __future__ import annotations

from functools import cache

from ingestion.shape import LARGEST_EXACT_DOUBLE, TRIMMED, filed_under, given_or_hashed, identifier, quoted
from ingestion.sources import Field, Kind, Source

# Which column of `typed` holds a kind's value.
_HELD_IN: dict[Kind, str] = {
    "text": "text",
    "number": "number",
    "integer": "whole",
    "flag": "flag",
    "decimal": "amount",
    "time": "instant",
    "strings": "text",
    "ranges": "text",
    "object": "text",
}


@cache
def tolerant_select(source: Source, table: str = "odd_lines") -> str:
    """Select from `table` (line_number, odd) line_number, the source's columns, event_date, reason, detail, odd.

    A line that carries no record has the reason `blank`; one that became a row has none.
    """
    values = [given_or_hashed(source, field.name, identifier(field.name), "odd") for field in source.fields]
    values += ["record"] if source.raw_column else []
    values += ["extra"] if source.extra_column else []
    occurred, received = (identifier(name) for name in (source.occurred, source.received))
    names = [field.record_key for field in source.fields if field.name in (source.occurred, source.received)]
    given = " || ', ' || ".join(
        f"{quoted(f'{name} = ')} || coalesce(left(json_extract(record, {quoted(_path(name))})::varchar, 80), 'absent')"
        for name in names
    )
    reason = f"""case
            when {TRIMMED.format("odd")} = '' or ({source.ignored_sql.replace("line", "odd")}) then 'blank'
            when json_kind is null then 'not_json'
            when json_kind <> 'OBJECT' then 'not_an_object'
            when len(list_distinct(keys)) <> len(keys) then 'duplicate_keys'
            when {str(source.is_dated).lower()} and {occurred} is null and {received} is null then 'no_usable_time'
        end"""
    repeated = "list_sort(list_filter(list_distinct(keys), lambda k: len(list_filter(keys, lambda j: j = k)) > 1))"
    line_sql = TRIMMED.format(source.careful_line_sql or source.line_sql)
    return f"""
with records as materialized (
    select line_number, odd, record,
        case when is_json then json_type(record) end as json_kind, case when is_json then json_keys(record) end as keys
    from (select *, json_valid(record) as is_json
    from (select *, {line_sql} as record from (select line_number, odd, odd as line from {table})))
),
{_valued(source)},
judged as (
    select r.*, v.* exclude (line_number), {reason} as reason from records as r left join valued as v on r.line_number = v.line_number
)
select line_number, {", ".join(values)}, {filed_under(source, occurred, received)} as event_date, reason,
    case reason
        when 'not_json' then 'The line is not valid JSON: it begins ' || left(record, 60) || '. Send ' || {quoted(source.expected)} || '.'
        when 'not_an_object' then 'The line is a JSON ' || lower(json_kind) || ', not an object. Send one JSON object a line.'
        when 'duplicate_keys' then 'Given more than once: ' || array_to_string({repeated}, ', ')
            || '. Which value counts is ambiguous; send each key once.'
        when 'no_usable_time' then 'No time could be read: ' || {given}
            || '. Send ISO 8601 in UTC, such as 2026-10-05T12:00:00Z, or epoch seconds or milliseconds.'
    end as detail,
    odd
from judged"""


def _valued(source: Source) -> str:
    """CTEs from `records` to `valued`: one row a sound object, its typed columns and `extra`."""
    kinds = ", ".join(f"({quoted(field.record_key)}, {quoted(field.kind)})" for field in source.fields)
    columns = ",\n        ".join(f"{_pivoted(field)} as {identifier(field.name)}" for field in source.fields)
    return f"""members as materialized (
    select line_number, position, key, json, kind, text_of(json) as said_text, said_of(json) as said
    from (
        select line_number, unnest(map_keys(m)) as key, unnest(map_values(m))::varchar as json, unnest(range(len(map_keys(m)))) as position
        from (select line_number, case when json_kind = 'OBJECT' and len(list_distinct(keys)) = len(keys)
            then json_transform(record, '"MAP(VARCHAR,JSON)"') end as m from records)
    )
    left join (values {kinds}) as known(name, kind) on key = name
),
typed as materialized (
    select line_number, position, key, json, kind,
        case kind
            when 'text' then said_text
            when 'strings' then strings_of(json)
            when 'ranges' then ranges_of(json)
            when 'object' then object_of(json)
        end as text,
        case when kind = 'number' then number_of(said) end as number,
        case when kind = 'integer' then integer_of(said) end as whole,
        case when kind = 'flag' then flag_of(said_text) end as flag,
        case when kind = 'decimal' then decimal_of(said) end as amount,
        case when kind = 'time' then time_of(said) end as instant,
        case kind
            when 'decimal' then decimal_is_whole(said)
            when 'time' then time_is_whole(said)
            when 'number' then abs(number_of(said)) < {LARGEST_EXACT_DOUBLE}
            else true
        end as is_whole
    from members
),
kept as (
    select *, case
        when kind is null then false
        when json is null then true
        else is_whole is true
            and coalesce(text, number::varchar, whole::varchar, flag::varchar, amount::varchar, instant::varchar) is not null
    end as is_held
    from typed
),
valued as materialized (
    select line_number,
        {columns},
        '{{' || string_agg(member(key, json), ',' order by position) filter (where not is_held) || '}}' as extra
    from kept
    group by line_number
)"""


def _pivoted(field: Field) -> str:
    return f"max({_HELD_IN[field.kind]}) filter (where key = {quoted(field.record_key)})"


def _path(key: str) -> str:
    escaped = key.replace('"', '\\"')
    return f'$."{escaped}"'
