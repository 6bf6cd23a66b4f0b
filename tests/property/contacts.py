"""Who may be written to, at random: contacts and accounts of some catalogs, and what people say of it along the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from tests.oracle.catalog import Snapshot
from tests.property.mutations import rarely

Record = dict[str, object]
EMAILS = (" One@W.example", "two@w.example", "", None)
WORDS = (True, True, False, None)


def consenting(seed: int, records: Sequence[Mapping[str, object]]) -> list[Record]:
    """The records of a stream; in four of ten some of them give or withdraw consent."""
    random = Random(f"stream {seed}, consent")
    if not rarely(random, 0.4):
        return [dict(record) for record in records]
    return [dict(record) | ({"consent_marketing": random.choice(WORDS)} if rarely(random, 0.3) else {}) for record in records]


def random_contacts(seed: int, workspace: str, prefix: str, start: datetime) -> list[Snapshot]:
    """For half of the streams one or two snapshots of the two users, with and without an address, consent and a company."""
    random = Random(f"stream {seed}, contacts")
    if rarely(random, 0.5):
        return []
    snapshots: list[Snapshot] = []
    for moment in [None, start + timedelta(days=1)][: random.choice([1, 2])]:
        people = [
            {"workspace_id": workspace, "user_id": f"{prefix}u{number}", "email": random.choice(EMAILS), "name": "Somebody",
             "account_id": random.choice(["known", "unknown", None]), "consent_marketing": random.choice(WORDS)}
            for number in (1, 2)
            if not rarely(random, 0.15)
        ]  # fmt: skip
        if people:
            snapshots.append(Snapshot("contacts", moment, people))
        snapshots.append(
            Snapshot("accounts", moment, [{"workspace_id": workspace, "account_id": "known", "domain": "W.example"}])
        )
    return snapshots
