"""Random native streams: a small audience, one workspace each, in a stretch of time of its own.

A stream is a pure function of its seed and its slot. Few devices, users, videos and nodes, so that they collide;
times on a grid of 20 ms (in nine of ten streams), so that the milliseconds of rule 21 never hang on a half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st

from tests.oracle.catalog import Catalog, Snapshot
from tests.property.authored import authored_snapshots
from tests.property.authoring import random_authoring
from tests.property.catalogs import random_snapshots
from tests.property.contacts import consenting, random_contacts
from tests.property.interactive import interactive_records
from tests.property.journeys import random_journeys
from tests.property.mutations import delivered, duplicated, rarely
from tests.property.playbacks import (
    PAUSES,
    STEPS,
    Playhead,
    Record,
    advanced,
    as_seen_on,
    faithful_playback,
    random_event,
    random_playhead,
)

FIRST_DAY = datetime(2006, 6, 1)
DAYS_APART = 220
SLOTS = 150
LONGEST = timedelta(days=24)


@dataclass(frozen=True)
class Stream:
    """One workspace's landed records (copies included, in no particular order) and its catalog versions."""

    seed: int
    slot: int
    workspace_id: str | None
    records: Sequence[Record]
    snapshots: Sequence[Snapshot]

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.snapshots)

    @property
    def workspace(self) -> str:
        """The workspace as the warehouse names it."""
        return self.workspace_id or "default"

    def keeping(self, kept: Sequence[int], snapshots: Sequence[Snapshot]) -> Stream:
        """The same stream with only some of its records (by index), and perhaps less of a catalog."""
        return replace(self, records=[self.records[index] for index in kept], snapshots=snapshots)


def written(moment: datetime) -> str:
    """A timestamp as the native contract spells it."""
    return moment.replace(tzinfo=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def first_day(slot: int) -> datetime:
    """Where a slot's stretch of time begins: no two slots come near each other."""
    if not 0 <= slot < SLOTS:
        raise ValueError(f"slot {slot} is outside 0..{SLOTS - 1}: their dates must stay plausible")
    return FIRST_DAY + timedelta(days=DAYS_APART * slot)


def noisy_visit(random: Random, head: Playhead, heads: Sequence[Playhead]) -> list[tuple[float, Record]]:
    """Events of any kind at any pace, some of them from another tab."""
    said: list[tuple[float, Record]] = []
    beside = random.choice(heads)
    for _ in range(random.choice([1, 2, 4, 8, 14])):
        step = random.choice(STEPS)
        current = beside if rarely(random, 0.15) else head
        current.position = advanced(random, current, step)
        said.append((step, random_event(random, current)))
    return said


def faithful_visit(random: Random, head: Playhead) -> list[tuple[float, Record]]:
    """A playback reported as it should be, less some events that never arrived."""
    said = [(step, as_seen_on(head, fields)) for step, fields in faithful_playback(random, head)]
    lost = 0.1 if rarely(random, 0.4) else 0.0
    kept: list[tuple[float, Record]] = []
    waited = 0.0
    for step, record in said:
        waited += step
        if not rarely(random, lost):
            kept.append((waited, record))
            waited = 0.0
    return kept


def random_stream(seed: int, slot: int = 0, *, names_workspace: bool = True) -> Stream:
    """The stream of a seed, in a slot's stretch of time.

    With `names_workspace` False the records leave their workspace out, which puts them in `default`.
    """
    random = Random(f"stream {seed}")
    workspace = f"w{slot}" if names_workspace else None
    prefix = f"s{slot}-"
    start = first_day(slot) + timedelta(hours=random.choice([0, 9, 21, 23]), minutes=random.choice([0, 50]))
    moment = start
    records: list[Record] = []
    heads: list[Playhead] = []
    is_rough = rarely(random, 0.1)

    for _ in range(random.choice([1, 2, 3, 4, 5])):
        head = random_playhead(random, prefix) if not heads or rarely(random, 0.5) else random.choice(heads)
        heads.append(head)
        visit = faithful_visit(random, head) if rarely(random, 0.3) else noisy_visit(random, head, heads)
        for step, fields in visit:
            rough = random.randint(1, 400) / 1_000_000 if is_rough else 0.0
            moment += timedelta(seconds=step + rough)
            number = len(records) if rarely(random, 0.95) else random.randint(0, 9)
            named = {"event_id": f"e{number}", "workspace_id": workspace, **fields}
            records.append(delivered(random, named, moment))
        moment += timedelta(seconds=random.choice(PAUSES))
        if moment > start + LONGEST:
            break

    copies = duplicated(random, consenting(seed, records), prefix)
    landed = [as_landed(record, has_id=not rarely(random, 0.05)) for record in copies]
    snapshots = random_snapshots(random, workspace or "default", prefix, start)
    for walked in (random_journeys, interactive_records):
        landed += [as_landed(record, has_id=True) for record in walked(seed, workspace, prefix, start)]
    story = random_authoring(seed, workspace or "default", prefix, start, snapshots)
    people = random_contacts(seed, workspace or "default", prefix, start)
    snapshots = one_author_each(seed, story, authored_snapshots(seed, workspace or "default", prefix, start), people)
    return Stream(seed, slot, workspace, landed, snapshots)


def one_author_each(seed: int, *authors: Sequence[Snapshot]) -> list[Snapshot]:
    """Of each entity the snapshots of one of its authors: two of one moment would be one file."""
    random = Random(f"stream {seed}, authors")
    entities = sorted({each.entity for author in authors for each in author})
    chosen = {
        entity: random.choice([author for author in authors if any(each.entity == entity for each in author)])
        for entity in entities
    }
    return [each for entity, author in chosen.items() for each in author if each.entity == entity]


def as_landed(record: Mapping[str, object], *, has_id: bool) -> Record:
    """The record with its times spelled out, without what says nothing, and perhaps without an id of its own."""
    return {
        name: written(value) if isinstance(value, datetime) else value
        for name, value in record.items()
        if value is not None and (has_id or name != "event_id")
    }


def streams() -> st.SearchStrategy[Stream]:
    """A hypothesis strategy over single streams."""
    return st.builds(random_stream, st.integers(min_value=0, max_value=2**32 - 1))
