"""xAPI statements, one a line or in pages of a learning record store: kept whole, with the two times that file them."""

from __future__ import annotations

from ingestion.sources.base import Field, People, Source

PEOPLE = People(
    users="names_of_actor(statement)",
    columns=("statement",),
    words="strings_in(statement)",
    addressed="statement",
    # One name is left of an actor: that which the staging models take for the user's id. Of who taught or took part, none.
    pseudonymised=(
        (
            "statement",
            """json_merge_patch(statement, json_object('actor', json_object(
            'name', null, 'mbox', null, 'mbox_sha1sum', null, 'openid', null, 'member', null, 'account', json_object(
                'homePage', null,
                'name', pseudonym_of(list_filter(names_of_actor(statement), lambda name: name is not null)[1])
            )
        )), case
            when json_exists(statement, '$.context.instructor') or json_exists(statement, '$.context.team')
                then '{"context": {"instructor": null, "team": null}}'
            else '{}'
        end)""",
        ),
    ),
)

SOURCE = Source(
    name="xapi",
    shape_version=2,
    fields=(Field("occurred_at", "time", key="timestamp"), Field("received_at", "time", key="stored")),
    people=PEOPLE,
    raw_column="statement",
    event_name="regexp_extract(json_extract_string(properties, '$.verb.id'), '[^/]*$')",
    page_key="statements",
)
