"""What a look at an installation found: facts, and findings with a remedy that is a command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """``problem``: something is lost, wrong or stands still until somebody acts. ``note``: it passes by itself, or can wait."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One judgement. remedy: a command, or what to do in a sentence; empty where there is nothing to do."""

    severity: Severity
    text: str
    remedy: str = ""


@dataclass
class Area:
    """One part of an installation. facts: labels and values in the order they are shown; rows: tables by name, each a list of records."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def ok(self, text: str) -> None:
        """Say that something is as it should be."""
        self.findings.append(Finding(Severity.OK, text))

    def note(self, text: str, remedy: str = "") -> None:
        """Say something that is worth knowing."""
        self.findings.append(Finding(Severity.NOTE, text, remedy))

    def problem(self, text: str, remedy: str) -> None:
        """Say what is wrong and what to do."""
        self.findings.append(Finding(Severity.PROBLEM, text, remedy))


@dataclass
class Diagnosis:
    """All areas of one installation."""

    home: str
    landing: str
    areas: list[Area] = field(default_factory=list)

    def findings(self, severity: Severity) -> Iterator[tuple[Area, Finding]]:
        """Findings of one severity with their areas."""
        return ((area, finding) for area in self.areas for finding in area.findings if finding.severity is severity)

    @property
    def is_sound(self) -> bool:
        """Whether there is no problem."""
        return not any(self.findings(Severity.PROBLEM))

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "home": self.home,
            "landing": self.landing,
            "is_sound": self.is_sound,
            "areas": [asdict(area) for area in self.areas],
        }


def megabytes(size: int) -> str:
    """A number of bytes for a person."""
    return f"{size / 1e9:,.2f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"
