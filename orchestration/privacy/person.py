"""Under which names the warehouse knows a person: what an erasure must bury besides the name that was given."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.tombstones import Identifier, Kind
from orchestration.lib.environment import Engine
from orchestration.lib.locking import WarehouseError
from orchestration.lib.state import Status, read_state
from orchestration.privacy import owed
from serving.generations import current_snapshot, generations

# A name that was given is erased wherever it stands; a device or a playback that was not given, only where it is nobody else's.
KNOWN = """
with

seen as (

    select workspace_id, viewer_id, device_id, user_id, playback_id from core.fct_session
    union
    select workspace_id, viewer_id, device_id, user_id, playback_id from core.fct_view

),

contacts as (

    select workspace_id, user_id, email from core.dim_contact

),

asked_viewers as (

    select seen.workspace_id, seen.viewer_id
    from seen
    inner join asked
        on (asked.workspace_id is null or asked.workspace_id = seen.workspace_id)
        and (
            (asked.kind = 'user' and seen.user_id = asked.value)
            or (asked.kind = 'device' and seen.device_id = asked.value)
            or (asked.kind = 'playback' and seen.playback_id = asked.value)
        )
    union
    select contacts.workspace_id, 'user:' || contacts.user_id
    from contacts
    inner join asked
        on (asked.workspace_id is null or asked.workspace_id = contacts.workspace_id)
        and ((asked.kind = 'email' and contacts.email = asked.value) or (asked.kind = 'user' and contacts.user_id = asked.value))

),

-- A device that several people used does not say which of them asks.
named_by_one_device as (

    select workspace_id, device_id from seen
    where device_id is not null
    group by workspace_id, device_id
    having count(distinct viewer_id) = 1

),

viewers as (

    select distinct workspace_id, viewer_id from asked_viewers
    where
        exists (from asked where kind <> 'device')
        or exists (
            from seen
            inner join named_by_one_device using (workspace_id, device_id)
            where seen.workspace_id = asked_viewers.workspace_id and seen.viewer_id = asked_viewers.viewer_id
        )

),

theirs as (

    select seen.* from seen inner join viewers using (workspace_id, viewer_id)

),

others as (

    select seen.* from seen anti join viewers using (workspace_id, viewer_id)

),

known as (

    select workspace_id, 'user' as kind, substr(viewer_id, 6) as value from viewers where starts_with(viewer_id, 'user:')
    union
    select workspace_id, 'device', device_id from theirs
    where not exists (from others where others.workspace_id = theirs.workspace_id and others.device_id = theirs.device_id)
    union
    select workspace_id, 'playback', playback_id from theirs
    where not exists (from others where others.workspace_id = theirs.workspace_id and others.playback_id = theirs.playback_id)
    union
    select contacts.workspace_id, 'email', contacts.email
    from contacts inner join viewers on contacts.workspace_id = viewers.workspace_id and 'user:' || contacts.user_id = viewers.viewer_id

)

select kind, value, workspace_id from known
where value is not null
order by all
"""


def known_names(home: Home, asked: Identifier) -> list[Identifier]:
    """The identifier that was given, and all others that the last whole build knows of the same person, each once.

    Raises:
        WarehouseError: there are databases, and none can be opened: a person of several names would be erased under one.
    """
    names = [asked, *with_addresses(asked)]
    closed: list[str] = []
    is_asked = False
    for database in databases(home):
        try:
            found = names_in(database, asked)
        except duckdb.CatalogException:
            continue  # a killed build has only begun it
        except duckdb.Error as error:
            closed.append(f"{database}: {str(error).splitlines()[0]}")
            continue
        is_asked = True
        if found:
            names += [name for each in found for name in (each, *with_addresses(each))]
            break
    if closed and not is_asked:
        raise WarehouseError(
            "Nothing can be asked under which other names this person is known. Wait for what has it open, or run `make run` where it is "
            f"damaged, and ask again. {'; '.join(closed)}"
        )
    return list(dict.fromkeys(names))


def names_in(database: Path, asked: Identifier) -> list[Identifier]:
    """The names of the same person in a warehouse or a snapshot.

    Raises:
        duckdb.Error: it cannot be opened, or has not the tables.
    """
    with duckdb.connect(database, read_only=True) as connection:
        connection.execute(
            "create temp table asked as select ? as kind, ? as value, ?::varchar as workspace_id",
            [asked.kind.value, asked.normal, asked.workspace_id],
        ).fetchall()
        return [Identifier(Kind(kind), value, workspace) for kind, value, workspace in connection.execute(KNOWN).fetchall()]


def with_addresses(name: Identifier) -> Sequence[Identifier]:
    """An e-mail address in the other ways that xAPI writes it, and the address that an xAPI name is."""
    if name.kind is Kind.USER and name.normal.lower().startswith("mailto:"):
        address = Identifier(Kind.EMAIL, name.normal, name.workspace_id)
        return [address, *with_addresses(address)]
    if name.kind is Kind.EMAIL:
        mailbox = f"mailto:{name.normal}"
        digest = sha1(mailbox.encode(), usedforsecurity=False).hexdigest()
        return [Identifier(Kind.USER, said, name.workspace_id) for said in (name.normal, mailbox, digest)]
    return []


def databases(home: Home) -> list[Path]:
    """Where a person's names may stand, best first: in the warehouse where it is whole, and in what is published.

    An erasure that failed has removed the warehouse, and what a build has made of it since is not whole or is without the person. It may
    have published already: the snapshots of before are there until it has ended.
    """
    state = read_state(home)
    in_spark = state is not None and state.engine is not Engine.DUCKDB
    warehouse = [home.warehouse] if home.warehouse.exists() and not in_spark else []
    current = current_snapshot(home)
    published = [current] if current else []
    if state is not None and state.status is Status.BUILT and not owed.mark(home).exists():
        return [*warehouse, *published]
    earlier = reversed(generations(home.published).values()) if home.published.exists() else ()
    return [*published, *(path for path in earlier if path.resolve() != current), *warehouse]
