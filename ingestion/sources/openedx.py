"""Open edX tracking logs, one event a line: kept whole, with the times of both envelopes."""

from __future__ import annotations

from ingestion.sources.base import Field, People, Source

WHITE_SPACE = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(65279)"
COMMENT = f"starts_with(ltrim(line, {WHITE_SPACE}), '#')"
RECORD = f"""rtrim(substr(line, strpos(line, '{{"')), {WHITE_SPACE})"""
PREFIX = f"""trim(left(line, strpos(line, '{{"') - 1), {WHITE_SPACE})"""
# What a logger or syslog wrote before the record is no part of it, but all there is of where it came from: kept as its last member.
LINE = f"""case
    when starts_with(line, '{{') or {COMMENT} or not contains(line, '{{"') then line
    when {PREFIX} = '' or not ends_with({RECORD}, '}}') then {RECORD}
    else left({RECORD}, length({RECORD}) - 1) || ',"log_prefix":' || to_json({PREFIX})::varchar || '}}'
end"""


def _nested(key: str) -> str:
    """The object below a key as JSON text, whether it came as an object or as text; null where it is none."""
    text = f"json_extract_string(record, '$.{key}')"
    return f"case when json_valid({text}) and json_type({text}) = 'OBJECT' then {text} end"


def _pseudonym(json: str, key: str) -> str:
    return f"'{key}', pseudonym_of(nullif(trim(json_extract_string({json}, '$.{key}')), ''))"


def _renamed_within(record: str, key: str, names: tuple[str, ...], removed: tuple[str, ...] = ()) -> str:
    """`record` without some members of the object below a key and with pseudonyms for others; as it is where it has none of them."""
    nested = _nested(key)
    changes = ", ".join([*(_pseudonym(nested, name) for name in names), *(f"'{name}', null" for name in removed)])
    # a patch takes away from an object; in the place of a text goes the object it says, patched
    is_object = f"json_type(record, '$.{key}') = 'OBJECT'"
    patch = f"case when {is_object} then json_object({changes}) else json_merge_patch({nested}, json_object({changes})) end"
    changed = f"json_merge_patch({record}, json_object('{key}', {patch}))"
    return f"case when list_has_any(json_keys({nested}), {[*names, *removed]}) then {changed} else {record} end"


def _pseudonymised() -> str:
    ours = [_pseudonym("record", "username"), _pseudonym("record", "session"), "'ip', null", "'log_prefix', null"]
    renamed = f"json_merge_patch(record, json_object({', '.join(ours)}))"
    renamed = _renamed_within(renamed, "context", ("user_id", "username", "session"), removed=("ip", "client", "client_id"))
    for key in ("event", "data"):
        renamed = _renamed_within(renamed, key, ("user_id", "username"))
    return renamed


def _ids(key: str, *names: str) -> str:
    paths = ", ".join(f"'$.{name}'" for name in names)
    return f"coalesce(json_extract_string({_nested(key)}, [{paths}]), [])"


PEOPLE = People(
    users=f"""[json_extract_string(record, '$.username')] || {_ids("context", "user_id", "username")}
        || {_ids("event", "user_id", "username")} || {_ids("data", "user_id", "username")}""",
    columns=("record",),
    devices=f"[json_extract_string(record, '$.session')] || {_ids('context', 'session', 'client.device.id')}",
    # What happened is often JSON in a text, whose words stand between escaped quotes.
    words="strings_in(record) || words_in(record)",
    addressed="record",
    pseudonymised=(("record", _pseudonymised()),),
)

SOURCE = Source(
    name="openedx",
    shape_version=1,
    # `time` is of the log's own envelope, `timestamp` of the one that event buses and queues carry.
    fields=(Field("occurred_at", "time", key="time"), Field("emitted_at", "time", key="timestamp")),
    people=PEOPLE,
    received="emitted_at",
    raw_column="record",
    # a request is told by its path, which is another one for each course
    event_name="""regexp_extract(
        coalesce(json_extract_string(properties, '$.name'), json_extract_string(properties, '$.event_type')), '^[^/].*'
    )""",
    line_sql=LINE,
    ignored_sql=COMMENT,
)
