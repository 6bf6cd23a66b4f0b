"""What a check found, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar


@dataclass(frozen=True)
class FileBooks:
    """One landed file: lines = accepted + rejected + blank. group: its source, or mapped/<recipe>."""

    group: str
    path: str
    lines: int
    accepted: int
    rejected: int
    blank: int


@dataclass(frozen=True)
class Refusal:
    """Records refused for one reason. by: ingestion, that could not read them, or models, that could not use them."""

    group: str
    by: str
    reason: str
    records: int
    example: str
    remedy: str


@dataclass(frozen=True)
class Word:
    """What records say happened, and the vocabulary's word for it. advice: what to do where there is none."""

    group: str
    told: str
    event_type: str
    records: int
    advice: str


@dataclass(frozen=True)
class Filling:
    """An envelope field, and in how many of the group's records it has a value."""

    group: str
    field: str
    records: int
    share: float


@dataclass(frozen=True)
class KeptKey:
    """A key that no field takes, or whose value does not fit. where: extra or properties."""

    group: str
    where: str
    key: str
    records: int


@dataclass(frozen=True)
class Span:
    """What a group's records are about. first, last: ISO 8601, UTC. repeats: records whose event_id came before."""

    group: str
    records: int
    first: str
    last: str
    viewers: int
    videos: int
    repeats: int


Grouped = TypeVar("Grouped", FileBooks, Refusal, Word, Filling, KeptKey, Span)


@dataclass(frozen=True)
class Note:
    """Something to look at: what it is about, and what to do."""

    about: str
    text: str


@dataclass
class Findings:
    """All of it. failed: files and recipes that cannot be read at all; left_alone: what no source takes; notes: likely mistakes."""

    landing: str
    files: list[FileBooks] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    fields: list[Filling] = field(default_factory=list)
    kept: list[KeptKey] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    failed: list[Note] = field(default_factory=list)
    left_alone: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def unmapped(self) -> list[Word]:
        """What happened in words that the vocabulary has no word for."""
        return [word for word in self.words if word.advice]

    @property
    def is_refused(self) -> bool:
        """Whether a record would be refused, or a file or recipe cannot be read."""
        return bool(self.refusals or self.failed)

    @property
    def is_noted(self) -> bool:
        """Whether there is something to look at, though nothing would be refused."""
        return bool(self.unmapped or self.left_alone or self.notes)

    def groups(self) -> list[str]:
        """The sources and recipes, each once, by name."""
        return sorted({each.group for each in self.files})

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        return {**asdict(self), "is_refused": self.is_refused, "is_noted": self.is_noted}


def of_group(found: Iterable[Grouped], group: str) -> list[Grouped]:
    """Those of one group."""
    return [each for each in found if each.group == group]
