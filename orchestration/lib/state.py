"""What the warehouse holds and what is being done to it: one small file beside it, replaced atomically."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ingestion.home import Home
from orchestration.lib.environment import Engine, TargetError

# What the warehouse is built with, for those who look into it later.
BUILT_WITH = {
    Engine.DUCKDB: ("dbt-core", "dbt-duckdb", "duckdb"),
    # Of a Spark elsewhere only its adapter is known here.
    Engine.SPARK: ("dbt-core", "dbt-spark"),
}


@dataclass(frozen=True)
class BuildRequest:
    """What a build shall do beyond what is stale by itself.

    ``backfill_from`` and ``backfill_to`` (inclusive) name event dates to compute again; ``full_refresh`` computes all.
    """

    full_refresh: bool = False
    backfill_from: date | None = None
    backfill_to: date | None = None

    def __post_init__(self) -> None:
        if (self.backfill_from is None) != (self.backfill_to is None):
            raise ValueError("A backfill needs both its first and its last date.")
        if self.backfill_from and self.backfill_to and self.backfill_from > self.backfill_to:
            raise ValueError(f"The backfill's first date {self.backfill_from} is after its last {self.backfill_to}.")

    @property
    def is_plain(self) -> bool:
        """Whether only what is stale by itself is asked for."""
        return self == BuildRequest()

    def variables(self) -> dict[str, str]:
        """As dbt vars."""
        if self.backfill_from is None or self.backfill_to is None:
            return {}
        return {"backfill_from": self.backfill_from.isoformat(), "backfill_to": self.backfill_to.isoformat()}

    def arguments(self) -> list[str]:
        """As arguments of the dbt command line."""
        variables = ["--vars", json.dumps(self.variables())] if self.variables() else []
        return [*variables, *(["--full-refresh"] if self.full_refresh else [])]

    def including(self, other: BuildRequest) -> BuildRequest:
        """Both requests at once: what a run owes when the one before it was killed."""
        starts = [day for day in (self.backfill_from, other.backfill_from) if day]
        ends = [day for day in (self.backfill_to, other.backfill_to) if day]
        return BuildRequest(
            full_refresh=self.full_refresh or other.full_refresh,
            backfill_from=min(starts, default=None),
            backfill_to=max(ends, default=None),
        )


class Status(StrEnum):
    """``building``: a run is at work, or was killed. ``partial``: somebody built a selection. ``built``: all is done."""

    BUILDING = "building"
    PARTIAL = "partial"
    BUILT = "built"


@dataclass(frozen=True)
class WarehouseState:
    """The last build: its identity, what it was made from, how far it came, and in which engine its tables lie.

    versions: of the engines, by package; none for builds of releases that did not note them.
    """

    status: Status
    build_id: str
    fingerprint: str
    code_hash: str
    started_at: str
    request: BuildRequest
    versions: Mapping[str, str] = field(default_factory=dict)
    engine: Engine = Engine.DUCKDB

    @classmethod
    def begin(cls, fingerprint: str, code_hash: str, request: BuildRequest, engine: Engine = Engine.DUCKDB) -> WarehouseState:
        """A build that starts now."""
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        versions = engine_versions(engine)
        return cls(Status.BUILDING, uuid.uuid4().hex, fingerprint, code_hash, started_at, request, versions, engine)

    def ended(self, status: Status) -> WarehouseState:
        """The same build, done."""
        return replace(self, status=status)


def state_path(home: Home) -> Path:
    """Where the state lies."""
    return home.root / "warehouse.state.json"


def engine_versions(engine: Engine = Engine.DUCKDB) -> dict[str, str]:
    """Versions of dbt and of what it drives as they are installed, by package.

    Raises:
        TargetError: one of them is not installed.
    """
    return {package: installed(package) for package in BUILT_WITH[engine]}


def installed(package: str) -> str:
    """The version of a package.

    Raises:
        TargetError: it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise TargetError(f"{package} is not installed: `make venv-spark` brings what the target spark needs.") from error


def read_state(home: Home) -> WarehouseState | None:
    """The state, or None where no build has begun, the warehouse itself is gone, or nobody can tell what it was built from.

    Whether Spark's warehouse is gone, Spark knows.

    Keys of a later release are passed over: the fingerprint decides what is built, not the record's form.
    """
    try:
        state = parse_state(state_path(home).read_text())
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return None if state.engine is Engine.DUCKDB and not home.warehouse.exists() else state


def parse_state(text: str) -> WarehouseState:
    """The state that was written as ``text``.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is no such record.
    """
    record: dict[str, Any] = json.loads(text)
    request = record["request"]
    days = {name: date.fromisoformat(request[name]) for name in ("backfill_from", "backfill_to") if request[name]}
    return WarehouseState(
        status=Status(record["status"]),
        build_id=str(record["build_id"]),
        fingerprint=str(record["fingerprint"]),
        code_hash=str(record["code_hash"]),
        started_at=str(record["started_at"]),
        request=BuildRequest(full_refresh=bool(request["full_refresh"]), **days),
        versions=dict(record.get("versions") or {}),
        engine=Engine(record.get("engine", Engine.DUCKDB)),
    )


def write_state(home: Home, state: WarehouseState) -> None:
    """Replace the state; on disk when this returns, so that a power cut cannot turn a half-built warehouse into a built one."""
    home.root.mkdir(parents=True, exist_ok=True)
    temporary = state_path(home).with_suffix(".new")
    with temporary.open("w") as file:
        json.dump(asdict(state), file, default=str, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, state_path(home))
    folder = os.open(home.root, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
