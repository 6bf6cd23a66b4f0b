"""Calls of Segment and RudderStack (track, page, identify ...), one a line: kept whole, with the times that file them.

A call says its times in camel case or in snake case. Where the usual name of one is missing, it is added in front of the call's own
keys. Both services keep the client's clock as `originalTimestamp` beside the `timestamp` they correct: a call that has a `timestamp`
alone has not been through one of them, and it is the client's clock.
"""

from __future__ import annotations

from ingestion.sources.base import Field, People, Source

# The usual name of each time, and where else it may stand.
TIMES = {
    "originalTimestamp": ("original_timestamp", "timestamp"),
    "sentAt": ("sent_at",),
    "receivedAt": ("received_at",),
}
USERS = ("userId", "user_id", "previousId", "previous_id")
DEVICES = ("anonymousId", "anonymous_id", "rudderId", "rudder_id")


def _named(key: str) -> str:
    return f"json_extract_string(record, '$.{key}')"


def _added(usual: str, others: tuple[str, ...]) -> str:
    """Expression for a member to put in front of the other keys; null where the call says the time as usual, or not at all."""
    said = ", ".join(f"line -> '$.{name}'" for name in others)
    return f"""case when (line -> '$.{usual}') is null then '"{usual}":' || coalesce({said}) || ',' end"""


# Most calls say all three as usual: a look at their text is cheaper than reading it as JSON.
SAYS_ALL = " and ".join(f"contains(line, '\"{usual}\"')" for usual in TIMES)
WITH_TIMES = f"""case
    when ({SAYS_ALL}) or line[1] <> '{{' or not json_valid(line) then line
    else '{{' || concat({", ".join(_added(usual, others) for usual, others in TIMES.items())}) || substr(line, 2)
end"""

# Ids stand alone, or as words of the addresses of pages and links.
PEOPLE = People(
    users=f"[{', '.join(map(_named, USERS))}]",
    columns=("record",),
    devices=f"[{', '.join(map(_named, DEVICES))}]",
    playbacks="[json_extract_string(record, '$.properties.session_id')]",
    words="strings_in(record) || words_in(record)",
    addressed="record",
    # Traits describe a person and nothing else; an address of the network is one.
    pseudonymised=(
        (
            "record",
            f"""json_merge_patch(record, json_object(
            {", ".join(f"'{key}', pseudonym_of(trim({_named(key)}))" for key in (*USERS, *DEVICES))},
            'traits', null, 'request_ip', null,
            'context', json_object('ip', null, 'traits', null),
            'properties', json_object('session_id', pseudonym_of(trim(json_extract_string(record, '$.properties.session_id'))))
        ))""",
        ),
    ),
)

SOURCE = Source(
    name="segment",
    shape_version=1,
    fields=(
        Field("occurred_at", "time", key="originalTimestamp"),
        Field("sent_at", "time", key="sentAt"),
        Field("received_at", "time", key="receivedAt"),
    ),
    people=PEOPLE,
    raw_column="record",
    event_name="coalesce(json_extract_string(properties, '$.event'), json_extract_string(properties, '$.type'))",
    line_sql=WITH_TIMES,
    page_key="batch",
    page_members=("sentAt", "receivedAt", "context", "anonymousId", "userId", "request_ip"),
)
