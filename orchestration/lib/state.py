"""What the warehouse holds and what is being done to it: one small file beside it, replaced atomically."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingestion.home import Home
from orchestration.lib.environment import Engine


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
    """The last build: its identity, what it was made from, how far it came, and in which engine its tables lie."""

    status: Status
    build_id: str
    fingerprint: str
    code_hash: str
    started_at: str
    request: BuildRequest
    engine: Engine = Engine.DUCKDB

    @classmethod
    def begin(cls, fingerprint: str, code_hash: str, request: BuildRequest, engine: Engine = Engine.DUCKDB) -> WarehouseState:
        """A build that starts now."""
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(Status.BUILDING, uuid.uuid4().hex, fingerprint, code_hash, started_at, request, engine)

    def ended(self, status: Status) -> WarehouseState:
        """The same build, done."""
        return replace(self, status=status)


def state_path(home: Home) -> Path:
    """Where the state lies."""
    return home.root / "warehouse.state.json"


def read_state(home: Home) -> WarehouseState | None:
    """The state, or None where no build has begun or the warehouse itself is gone (whether Spark's is, Spark knows)."""
    try:
        record: dict[str, Any] = json.loads(state_path(home).read_text())
    except FileNotFoundError:
        return None
    request = record.pop("request")
    engine = Engine(record.pop("engine", Engine.DUCKDB))
    if engine is Engine.DUCKDB and not home.warehouse.exists():
        return None
    days = {name: date.fromisoformat(request[name]) for name in ("backfill_from", "backfill_to") if request[name]}
    return WarehouseState(
        **{**record, "status": Status(record["status"])},
        request=BuildRequest(full_refresh=request["full_refresh"], **days),
        engine=engine,
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
