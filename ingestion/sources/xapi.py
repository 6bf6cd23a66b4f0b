"""xAPI statements, one a line: kept whole, with the two times that file them."""

from __future__ import annotations

from ingestion.sources.base import Field, People, Source

PEOPLE = People(
    users="names_of_actor(statement)",
    columns=("statement",),
    words="strings_in(statement)",
    addressed="statement",
    # One name is left of an actor: that which the staging models take for the user's id.
    pseudonymised=(
        (
            "statement",
            """json_merge_patch(statement, json_object('actor', json_object(
            'name', null, 'mbox', null, 'mbox_sha1sum', null, 'openid', null, 'account', json_object(
                'homePage', null,
                'name', pseudonym_of(list_filter(names_of_actor(statement), lambda name: name is not null)[1])
            )
        )))""",
        ),
    ),
)

SOURCE = Source(
    name="xapi",
    shape_version=1,
    fields=(Field("occurred_at", "time", key="timestamp"), Field("received_at", "time", key="stored")),
    people=PEOPLE,
    raw_column="statement",
    page_key="statements",
)
