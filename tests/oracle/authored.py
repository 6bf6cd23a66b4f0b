"""What the catalog says of everything but nodes and edges: who wrote what of a workspace, and what of it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.oracle.catalog import Snapshot, lifetimes
from tests.oracle.records import moment

BEGINNING, FOR_EVER = datetime(1, 1, 1), datetime(9999, 12, 31)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
Row = Mapping[str, Any]
Key = tuple[Any, ...]


def identifier(text: Any) -> str | None:
    """A text without the blanks around it; None where nothing is left."""
    return (str(text).strip() or None) if text is not None else None


def currency_code(text: str | None) -> str | None:
    """Rule 72: trimmed, in upper case, None when blank."""
    name = identifier(text)
    return name.upper() if name else None


def amount(number: Any) -> Decimal | None:
    """Money as written, with 6 places."""
    return None if number is None else Decimal(str(number)).quantize(Decimal("0.000001"))


def number_in(text: Any) -> float | None:
    """A text read as a number, None where it is written otherwise."""
    said = identifier(text)
    return float(said) if said is not None and NUMBER.fullmatch(said) else None


@dataclass(frozen=True)
class Writing:
    """One line of one snapshot, and when it was written."""

    as_of: datetime
    row: Row


@dataclass(frozen=True)
class Authored:
    """The snapshots of one workspace."""

    workspace_id: str
    snapshots: Sequence[Snapshot]

    def writings(self, entity: str) -> list[Writing]:
        """All lines of an entity that are of this workspace, the newest last."""
        ordered = sorted((each for each in self.snapshots if each.entity == entity), key=lambda each: each.as_of or BEGINNING)
        return [
            Writing(snapshot.as_of or BEGINNING, row)
            for snapshot in ordered
            for row in snapshot.rows
            if (identifier(row.get("workspace_id")) or "default") == self.workspace_id
        ]

    def emptyings(self, entity: str) -> list[datetime]:
        """When a file without lines ended what was written of an entity before it, in order."""
        return sorted(each.as_of or BEGINNING for each in self.snapshots if each.entity == entity and not each.rows)

    def newest(self, entity: str, *names: str) -> dict[Key, Writing]:
        """What the newest line that names each key says; who left the catalog keeps it."""
        return {tuple(identifier(each.row.get(name)) for name in names): each for each in self.writings(entity)}

    def newest_snapshot(self, entity: str, *names: str) -> dict[Key, Row]:
        """What the newest snapshot says; who is absent from it is gone."""
        written = self.writings(entity)
        latest = max((each.as_of for each in written), default=None)
        if latest is None or any(each > latest for each in self.emptyings(entity)):
            return {}
        return {tuple(identifier(each.row.get(name)) for name in names): each.row for each in written if each.as_of == latest}

    def describes(self, video_id: str, when: datetime) -> bool:
        """Rule 36: whether a version of any node or element of the video is in force then."""
        return any(
            version.covers(when)
            for (video, _), versions in self._node_lifetimes.items()
            if video == video_id
            for version in versions
        ) or any(each.video_id == video_id and each.holds_at(when) for each in self.element_versions)

    @cached_property
    def _node_lifetimes(self) -> Mapping[Key, Any]:
        own = [
            Snapshot(each.entity, each.as_of, [row for row in each.rows if row.get("workspace_id") == self.workspace_id])
            for each in self.snapshots
            if each.entity == "nodes"
        ]
        # a file of other workspaces alone says nothing of this one
        speaking = [each for each in own if each.rows or each.as_of in self.emptyings("nodes")]
        return lifetimes(speaking, ("video_id", "node_id"))

    @cached_property
    def element_versions(self) -> Sequence[ElementVersion]:
        """Rule 30.2: every version of every element."""
        return element_versions(self.writings("elements"), self.emptyings("elements"))


FACTS = (
    "element_type",
    "name",
    "from_seconds",
    "to_seconds",
    "box_x",
    "box_y",
    "box_width",
    "box_height",
    "to_node_id",
    "destination_url",
)


@dataclass(frozen=True)
class ElementVersion:
    """One stretch of time in which an element's authored facts stay the same: [valid_from, valid_to)."""

    video_id: str
    node_id: str
    element_id: str
    number: int
    facts: Row
    valid_from: datetime
    valid_to: datetime

    @property
    def element(self) -> Key:
        return self.video_id, self.node_id, self.element_id

    def holds_at(self, when: datetime) -> bool:
        return self.valid_from <= when < self.valid_to

    def get(self, fact: str) -> Any:
        return self.facts.get(fact)


@dataclass
class Stretch:
    """What one or more consecutive snapshots say of an element: as written, and for how long they said so."""

    written_from: datetime
    facts: Row
    valid_from: datetime
    valid_to: datetime
    last_snapshot: int


def element_versions(written: Sequence[Writing], emptyings: Sequence[datetime]) -> list[ElementVersion]:
    """Rule 30.2 for all lines of one workspace."""
    moments = sorted({each.as_of for each in written})
    ends = [min(each for each in (*moments, *emptyings, FOR_EVER) if each > begin) for begin in moments]
    lines: dict[Key, dict[int, Row]] = {}
    for each in written:
        element = tuple(identifier(each.row.get(name)) for name in ("video_id", "node_id", "element_id"))
        since = moment(each.row.get("valid_from")) or BEGINNING
        lines.setdefault((element, since), {})[moments.index(each.as_of)] = each.row

    stretches: dict[Key, list[Stretch]] = {}
    for (element, since), rows in lines.items():
        stretches.setdefault(element, []).extend(stretches_of(since, rows, moments, ends))

    versions: list[ElementVersion] = []
    for element, said in stretches.items():
        holding = sorted(
            (each for each in said if each.valid_from < each.valid_to), key=lambda each: (each.valid_from, each.written_from)
        )
        # Of equal beginnings the last, which says the later one, is meant.
        kept = list({each.valid_from: each for each in holding}.values())
        for number, each in enumerate(kept, start=1):
            end = min([each.valid_to, *(later.valid_from for later in kept[number : number + 1])])
            versions.append(ElementVersion(*element, number, each.facts, each.valid_from, end))
    return versions


def stretches_of(
    since: datetime, rows: Mapping[int, Row], moments: Sequence[datetime], ends: Sequence[datetime]
) -> list[Stretch]:
    """What the snapshots (by number, with the moment of each and its end) say of one element and valid_from.

    Those that follow one another and agree are one.
    """
    found: list[Stretch] = []
    for number, row in sorted(rows.items()):
        facts = {name: row.get(name) for name in FACTS}
        until = moment(row.get("valid_to")) or FOR_EVER
        begin = moments[number] if number else BEGINNING
        end = ends[number]
        last = found[-1] if found else None
        follows = last is not None and last.last_snapshot == number - 1 and ends[number - 1] == moments[number]
        if last and follows and (last.facts, row_end(rows[number - 1])) == (facts, until):
            last.valid_to, last.last_snapshot = min(end, until), number
        else:
            found.append(Stretch(since, facts, max(begin, since), min(end, until), number))
    return found


def row_end(row: Row) -> datetime:
    """Until when a line says that it holds."""
    return moment(row.get("valid_to")) or FOR_EVER
