"""Kaltura's beacons (KAVA) as collectors log them, and quiz answers as the API exports them: kept whole, with the two times that file them.

A beacon is a query string. At full speed its separators become JSON's in one pass over the text; what that cannot vouch for
(a parameter given twice or without a value, an escape that is no text) is read parameter by parameter.
"""

from __future__ import annotations

from ingestion.sources.base import Field, People, Source

RECEIVED, CREATED, REQUEST = "received_at", "createdAt", "request"
OWN_KEYS = f"('{RECEIVED}', '{CREATED}', '{REQUEST}')"
PAIR, VALUE = "chr(30)", "chr(31)"


# ---- the two ways of reading a query string: JSON members, without braces


def _quick_members(query: str) -> str:
    """A text that is sound JSON exactly where every part of `query` is one name, `=` and one value."""
    marked = f"replace(replace(replace({query}, '+', ' '), '&', {PAIR}), '=', {VALUE})"
    return rf"""replace(replace(to_json(try(url_decode({marked})))::varchar, '\u001E', '","'), '\u001F', '":"')"""


# A backslash could be taken for an escaped mark, %1E and %1F are the marks; a beacon must not say when an answer was created.
_CAN_BE_QUICK = " and ".join(f"not contains(line, '{said}')" for said in ("\\", "%5C", "%5c", "%1", "?", f"{CREATED}="))


def _decoded(text: str) -> str:
    return f"coalesce(try(url_decode(replace({text}, '+', ' '))), {text})"


def _careful_members(query: str) -> str:
    """Each parameter by itself: several values of one name become a list, a name without `=` has null, a bad escape stays as it is written.

    A parameter that is called like one of our own keys gets a `?` before its name.
    """
    parts = f"list_filter(string_split({query}, '&'), lambda part: part <> '')"
    value = f"case when contains(p, '=') then to_json({_decoded('p[instr(p, chr(61)) + 1:]')})::varchar else 'null' end"
    name = _decoded("split_part(p, '=', 1)")
    pairs = f"list_transform({parts}, lambda p: {{'name': {name}, 'said': {value}}})"
    said = f"(case when name in {OWN_KEYS} then '?' || name else name end)"
    values = "list_transform(list_filter(pairs, lambda pair: pair.name = name), lambda pair: pair.said)"
    told = "list_transform([{0}], lambda v: case len(v) when 1 then v[1] else '[' || array_to_string(v, ',') || ']' end)[1]"
    member = f"to_json({said})::varchar || ':' || {told.format(values)}"
    names = "list_sort(list_distinct(list_transform(pairs, lambda pair: pair.name)))"
    # A list of one binds what is read more than once: eight times as fast (2026-11: 35 parameters a line).
    return f"list_transform([{pairs}], lambda pairs: array_to_string(list_transform({names}, lambda name: {member}), ','))[1]"


# ---- the two forms of a line: a receive time and a query, or a web server's combined log format

# rtrim takes ten times as long (2026-11: 0.5 s of 100 MB).
_TEXT = "split_part(line, case when contains(line, chr(13)) then chr(13) else chr(10) end, 1)"
_SEPARATOR = "case when contains(line, chr(9)) then chr(9) else ' ' end"
_IS_REQUEST = "contains(line, '] \"')"
_IS_STAMPED = "contains(line, '=') and ascii(line) between 48 and 57"

# The query is the last word; a time may be two.
_QUERY = f"split_part({_TEXT}, {_SEPARATOR}, -1)"
_TIME = f"rtrim(left({_TEXT}, length({_TEXT}) - length({_QUERY})), ' ' || chr(9))"
# Some collectors log the path too.
_BARE_QUERY = f"case when contains(split_part({_QUERY}, '?', 1), '=') then {_QUERY} else {_QUERY}[instr({_QUERY}, '?') + 1:] end"

_TARGET = "split_part(split_part(line, '\"', 2), ' ', 2)"
_CLOCK = "split_part(split_part(line, '[', 2), ']', 1)"
_MONTH = f"lpad(((instr('JanFebMarAprMayJunJulAugSepOctNovDec', {_CLOCK}[4:6]) + 2) // 3)::varchar, 2, '0')"
_OFFSET = f"case when {_CLOCK}[-5:] = '+0000' then 'Z' else {_CLOCK}[-5:-3] || ':' || {_CLOCK}[-2:] end"
_REQUEST_TIME = f"""case when {_CLOCK}[3] = '/'
    then {_CLOCK}[8:11] || '-' || {_MONTH} || '-' || {_CLOCK}[1:2] || 'T' || {_CLOCK}[13:20] || {_OFFSET}
    else {_CLOCK} end"""
# Everything that the server wrote besides the query and the time.
_REQUEST = f"""to_json({{
    'client': trim(split_part(line, '[', 1)),
    'method': split_part(split_part(line, '"', 2), ' ', 1),
    'path': split_part({_TARGET}, '?', 1),
    'protocol': split_part(split_part(line, '"', 2), ' ', 3),
    'status': trim(split_part(line, '"', 3)),
    'referrer': split_part(line, '"', 4),
    'agent': split_part(line, '"', 6),
    'rest': nullif(trim(the_rest), '')
}})::varchar"""
_QUICK_REST = f"split_part({_TEXT}, '\"', 7)"
_REST = f"array_to_string(string_split({_TEXT}, '\"')[7:], '\"')"


def _stamped(time: str, members: str) -> str:
    return f"""'{{"{RECEIVED}":' || to_json({time})::varchar || ',' || {members} || '}}'"""


def _requested(members: str, rest: str) -> str:
    request = _REQUEST.replace("the_rest", rest)
    return (
        f"""'{{"{RECEIVED}":' || to_json({_REQUEST_TIME})::varchar || ',"{REQUEST}":' || {request} || ',' || {members} || '}}'"""
    )


_ASKED = f"{_TARGET}[instr({_TARGET}, '?') + 1:]"
_QUICK_QUERY = f"split_part({_TEXT}, {_SEPARATOR}, 2)"
_IS_BEACON = "contains(line, 'trackEvent') and not contains(line, '\"OPTIONS ') and not contains(line, '\"HEAD ')"

QUICK = f"""case
    when starts_with(line, '{{') then line
    when {_IS_REQUEST} then case when {_IS_BEACON} and not contains(line, '\\') and not contains(line, '%5C') and not contains(line, '%5c')
        and not contains(line, '%1') and not contains(line, '{CREATED}=') and split_part(line, '"', 8) = ''
        then {_requested(_quick_members(_ASKED), _QUICK_REST)} end
    when {_IS_STAMPED} and {_CAN_BE_QUICK} and split_part(line, {_SEPARATOR}, 3) = ''
        then {_stamped(f"split_part(line, {_SEPARATOR}, 1)", _quick_members(_QUICK_QUERY))}
end"""

CAREFUL = f"""case
    when starts_with(ltrim(line), '{{') then line
    when {_IS_REQUEST} then case when {_IS_BEACON} then {_requested(_careful_members(_ASKED), _REST)} end
    when {_IS_STAMPED} then {_stamped(_TIME, _careful_members(_BARE_QUERY))}
    else line
end"""

# Comments, and what else a web server was asked for; browsers ask OPTIONS before they send.
IGNORED = f"starts_with(ltrim(line), '#') or {_IS_REQUEST} and not starts_with(ltrim(line), '{{{{') and not ({_IS_BEACON})"


def _said(key: str) -> str:
    return f"json_extract_string(record, '$.{key}')"


def _renamed(id: str) -> str:
    return f"pseudonym_of(trim({id}))"


# The halves of a session keep their places: the first one is an interactive playback. A Kaltura session (ks) may name its user.
_SESSION = f"list_transform(string_split({_said('sessionId')}, ':'), lambda half: {_renamed('half')})"
_PSEUDONYMS = {
    **{key: _renamed(_said(key)) for key in ("userId", "persistentSessionId", "ks", "creatorId")},
    "sessionId": f"array_to_string({_SESSION}, ':')",
    REQUEST: f"""coalesce(
        case when {_said(f"{REQUEST}.client")} is not null
            then json_object('client', {_renamed(f"split_part({_said(f'{REQUEST}.client')}, ' ', 1)")}) end,
        json_extract(record, '$.{REQUEST}')
    )""",
}

PEOPLE = People(
    users=f"[{_said('userId')}]",
    columns=("record",),
    devices=f"[{_said('persistentSessionId')}]",
    playbacks=f"[{_said('sessionId')}, split_part({_said('sessionId')}, ':', 1)]",
    words="strings_in(record)",
    addressed="record",
    workspace=f"coalesce(nullif(trim({_said('partnerId')}), ''), 'default')",
    pseudonymised=(
        ("record", f"json_merge_patch(record, json_object({', '.join(f'{key!r}, {new}' for key, new in _PSEUDONYMS.items())}))"),
    ),
)

SOURCE = Source(
    name="kaltura",
    shape_version=1,
    fields=(Field("occurred_at", "time", key=CREATED), Field("received_at", "time", key=RECEIVED)),
    people=PEOPLE,
    raw_column="record",
    event_name="coalesce('eventType ' || json_extract_string(properties, '$.eventType'), json_extract_string(properties, '$.objectType'))",
    line_sql=QUICK,
    careful_line_sql=CAREFUL,
    ignored_sql=IGNORED,
    page_key="objects",
    line_form="Send a receive time and a beacon's query string, a web server's log line (combined format), or one JSON object a line.",
)
