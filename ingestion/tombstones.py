"""What was erased on a person's request, or is too old to keep: remembered as keyed hashes, and applied to all that is loaded later.

A tombstone does not say who was erased; it recognises them when they come again, in a replay, a late file or a restored backup.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

import duckdb

from ingestion import durable, identity, manifest
from ingestion.home import Home
from ingestion.sources import People

VARIABLE = "AUDIENCE_TOMBSTONES"
APPLIED = "_tombstones.txt"
"""In bronze: which tombstones this lake has seen. A restored backup has seen fewer than there are."""
SHORTEST_WORD = 6
"""A shorter id is looked for in the columns of ids alone: elsewhere it would be a price, a page, a second."""


class TombstonesLostError(identity.PrivacyKeyError):
    """This lake was erased from, and nobody knows any more whom it must not take in; the message says what to do."""


class Kind(StrEnum):
    """What an identifier is."""

    USER = "user"
    DEVICE = "device"
    PLAYBACK = "playback"
    EMAIL = "email"


@dataclass(frozen=True)
class Identifier:
    """One of the names under which a person is known; of one workspace, or of all where that is None."""

    kind: Kind
    value: str
    workspace_id: str | None = None

    @property
    def normal(self) -> str:
        """As it is compared: trimmed, an address in lower case and without `mailto:`."""
        said = self.value.strip()
        return said.lower().removeprefix("mailto:") if self.kind is Kind.EMAIL else said


@dataclass(frozen=True)
class Tombstone:
    """One erased identifier. hash: keyed, in hexadecimal. is_a_word: long enough to be looked for outside the columns of ids."""

    erasure_id: str
    kind: str
    hash: str
    workspace_id: str | None
    is_a_word: bool
    erased_at: str


@dataclass(frozen=True)
class Tombstones:
    """All that must not be kept. keep_from: records of earlier event dates are not kept either."""

    key_fingerprint: str
    stones: tuple[Tombstone, ...] = ()
    keep_from: date | None = None

    @property
    def are_none(self) -> bool:
        """Whether everything may be kept."""
        return not self.stones and self.keep_from is None

    @property
    def said(self) -> str:
        """What a lake remembers of those that were applied to it: one line each."""
        lines = sorted(f"{each.kind} {each.hash} {each.workspace_id or '*'}" for each in self.stones)
        return "".join(f"{line}\n" for line in [*([f"from {self.keep_from}"] if self.keep_from else []), *lines])


@dataclass
class _Stored:
    key_fingerprint: str
    keep_from: str | None = None
    stones: list[dict[str, object]] = field(default_factory=list)


def path_of(home: Home) -> Path:
    """Where they are kept: `AUDIENCE_TOMBSTONES`, best outside of what is backed up and restored with the home; else under the home."""
    return Path(os.environ.get(VARIABLE) or home.privacy / "tombstones.json").expanduser()


def applied(home: Home) -> list[str]:
    """What this lake remembers of the tombstones that were applied to it: a line each."""
    path = home.bronze / APPLIED
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def read(home: Home) -> Tombstones:
    """The tombstones in force.

    Raises:
        TombstonesLostError: they are not there, and the lake remembers some.
        PrivacyKeyError: they were written with another key, and so would recognise nobody.
    """
    path = path_of(home)
    if not path.exists():
        if applied(home):
            raise TombstonesLostError(
                f"People were erased from this lake, and {path} is not there: late files would let them in again. Put the tombstones back, "
                f"or name them in {VARIABLE}. Where they are lost for good, delete {home.bronze / APPLIED}."
            )
        return Tombstones("")
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored["stones"] and stored["key_fingerprint"] != identity.key_fingerprint(identity.privacy_key(home)):
        raise identity.PrivacyKeyError(
            f"{path} was written with another privacy key: with this one nobody in it is recognised. "
            f"Give the key of then, in {identity.VARIABLE} or {home.privacy / 'key'}."
        )
    keep_from = date.fromisoformat(stored["keep_from"]) if stored["keep_from"] else None
    return Tombstones(stored["key_fingerprint"], tuple(Tombstone(**each) for each in stored["stones"]), keep_from)


def write(home: Home, tombstones: Tombstones) -> None:
    """Keep them, forced to disk, readable by the owner alone."""
    keep_from = tombstones.keep_from.isoformat() if tombstones.keep_from else None
    stored = _Stored(tombstones.key_fingerprint, keep_from, [asdict(each) for each in tombstones.stones])
    durable.write_secret(path_of(home), json.dumps(asdict(stored), indent=1) + "\n")


def bury(home: Home, erasure_id: str, identifiers: Sequence[Identifier]) -> Tombstones:
    """Add tombstones for identifiers, and for the pseudonyms that may stand for them; those that are there already stay."""
    held = read(home)
    key = identity.privacy_key(home)
    stones = {(each.kind, each.hash, each.workspace_id): each for each in held.stones}
    for each in identifiers:
        forms = [each.normal]
        if each.kind is not Kind.EMAIL:
            forms.append(identity.pseudonym_of(key, each.normal))
        for form in forms:
            stone = Tombstone(
                erasure_id,
                each.kind.value,
                identity.keyed_hash(key, form),
                each.workspace_id,
                is_a_word=len(form) >= SHORTEST_WORD,
                erased_at=manifest.now(),
            )
            stones.setdefault((stone.kind, stone.hash, stone.workspace_id), stone)
    after = Tombstones(identity.key_fingerprint(key), tuple(stones.values()), held.keep_from)
    write(home, after)
    return after


def lift(home: Home, erasure_id: str) -> int:
    """Forget an erasure, so that the person's new records are kept again (what was erased stays so); how many tombstones that were."""
    held = read(home)
    kept = tuple(each for each in held.stones if each.erasure_id != erasure_id)
    if len(kept) < len(held.stones):
        write(home, Tombstones(held.key_fingerprint, kept, held.keep_from))
    return len(held.stones) - len(kept)


def keep_from(home: Home, first: date) -> Tombstones:
    """Keep no record of an event date before `first`; an earlier decision to keep less stays."""
    held = read(home)
    first = max(first, held.keep_from or first)
    after = Tombstones(held.key_fingerprint or identity.key_fingerprint(identity.privacy_key(home)), held.stones, first)
    write(home, after)
    return after


def prepare(con: duckdb.DuckDBPyConnection, home: Home) -> bool:
    """Give a connection the tombstones as a table, and the macros that recognise people; whether there are any."""
    tombstones = read(home)
    con.execute(
        "create or replace table tombstones (kind varchar, hash varchar, workspace_id varchar, is_a_word boolean)"
    ).fetchall()
    con.execute("set variable keep_from = ?", [tombstones.keep_from]).fetchall()
    if not tombstones.are_none:
        identity.prepare(con, identity.privacy_key(home))
        con.execute(
            "insert into tombstones select unnest(?), unnest(?), unnest(?::varchar[]), unnest(?)",
            [
                [each.kind for each in tombstones.stones],
                [each.hash for each in tombstones.stones],
                [each.workspace_id for each in tombstones.stones],
                [each.is_a_word for each in tombstones.stones],
            ],
        ).fetchall()
    return not tombstones.are_none


def recognise(con: duckdb.DuckDBPyConnection, people: People, rows: str, keys: str, *, is_dated: bool) -> int:
    """Make the table `unkept` of the `keys` (column names) of those records of the query `rows` that must not be kept; how many.

    Every name is hashed once, however many records carry it; records are looked at again only where a name is known.
    """
    has_names = bool(con.execute("select count(*) > 0 from tombstones").fetchall()[0][0])
    con.execute(
        f"""create or replace table buried as
        select hashed.kind, hashed.name, tombstones.workspace_id
        from (select kind, name, keyed_hash(name) as hash from (select distinct kind, name from ({_named(people, rows, keys)}))) as hashed
        join tombstones on hashed.hash = tombstones.hash and (
            hashed.kind = tombstones.kind or hashed.kind = 'word' and tombstones.kind <> 'email' and tombstones.is_a_word
        ) where {str(has_names).lower()}"""
    ).fetchall()
    is_known = con.execute("select count(*) > 0 from buried").fetchall()[0][0]
    asked = []
    if is_known:
        asked.append(
            f"""select {keys} from ({_named(people, rows, keys)}) as named
            join buried on named.kind = buried.kind and named.name = buried.name and (
                buried.workspace_id is null or named.workspace_id is null or buried.workspace_id = named.workspace_id
            )"""
        )
    if is_dated:
        asked.append(f"select {keys} from ({rows}) where event_date < getvariable('keep_from')::date")
    query = " union ".join(asked) or f"select {keys} from ({rows}) limit 0"
    return int(con.execute(f"create or replace table unkept as select distinct * from ({query})").fetchall()[0][0])


def _named(people: People, rows: str, keys: str) -> str:
    """Query of all names in the records of `rows`: one row a record and name."""
    parts = {
        "user": people.users,
        "device": people.devices,
        "playback": people.playbacks,
        "word": people.words,
        "email": f"addresses_in({people.addressed})",
    }
    mentions = " || ".join(
        f"list_transform({names}, lambda said: {{'kind': '{kind}', 'name': trim(said)}})" for kind, names in parts.items()
    )
    return f"""select {keys}, workspace_id, mention.kind, mention.name
        from (select {keys}, {people.workspace} as workspace_id, unnest({mentions}) as mention from ({rows}))
        where mention.name <> ''"""


QUARANTINED = People(
    users="[]::varchar[]",
    columns=("detail", "raw", "raw_text"),
    words="words_in(raw_text) || strings_in(raw_text)",
    addressed="raw_text",
    # What could not be read says nothing certain of its workspace: in doubt for the person.
    workspace="null::varchar",
)
