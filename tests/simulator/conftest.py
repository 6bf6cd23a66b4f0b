from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingestion.simulator import simulate

EVENTS_PER_DAY = 6_000


@dataclass(frozen=True)
class Run:
    """A finished simulation and plain, slow ways to read it."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def truths(self) -> dict[str, Any]:
        return json.loads((self.root / "truths" / "truths.json").read_text())

    def files(self) -> list[Path]:
        return sorted((self.landing / "native").rglob("*.ndjson*"))

    def digests(self) -> dict[str, str]:
        return {
            file.relative_to(self.landing).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self.landing.rglob("*.ndjson*"))
        }

    def lines(self) -> list[str]:
        texts = [gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in self.files()]
        return [line for text in texts for line in text.decode().splitlines()]

    def records(self) -> list[dict[str, Any]]:
        """The lines that are objects with a time."""
        found = []
        for line in self.lines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if "occurred_at" in record:
                found.append(record)
        return found

    def catalog(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.landing / "catalog" / path).read_text().splitlines()]


def run(root: Path, *, days: int = 10, **options: Any) -> Run:
    options = {"events": EVENTS_PER_DAY * days, "days": days} | options
    simulate(root / "landing", **options)
    return Run(root)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten days with everything planted."""
    return run(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten days with nothing planted."""
    return run(tmp_path_factory.mktemp("plain"), plant=())
