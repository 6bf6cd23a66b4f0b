"""Authored metadata, landed like logs: every file is a full snapshot of one entity as of a moment, kept as JSON text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

import duckdb

from ingestion import durable, journal, manifest
from ingestion.bronze import Landed, new_manifest, staging_folder, work_of
from ingestion.home import Home
from ingestion.landing import CATALOG
from ingestion.manifest import Manifest
from ingestion.shape import quoted
from ingestion.sources import Field, People, Source
from ingestion.workbench import PARQUET, Workbench

ENTITIES = (
    "videos",
    "nodes",
    "edges",
    "elements",
    "questions",
    "options",
    "campaigns",
    "experiments",
    "goals",
    "assignments",
    "contacts",
    "accounts",
)
COLUMNS = {"load_id": "VARCHAR", "line_number": "BIGINT", "as_of": "TIMESTAMP", "path": "VARCHAR", "record": "VARCHAR"}
SHAPE_VERSION = 1
_MOMENT = re.compile(
    r"(?<!\d)(\d{4}-\d{2}-\d{2})(?:[T ](\d{2})[:-]?(\d{2})(?:[:-]?(\d{2})(\.\d+)?)?(Z|[+-]\d{2}[:-]?\d{2})?)?(?!\d)"
)

PEOPLE = People(
    users="[json_extract_string(record, '$.user_id')]",
    columns=("record",),
    words="strings_in(record)",
    addressed="record",
    workspace="coalesce(nullif(trim(json_extract_string(record, '$.workspace_id')), ''), 'default')",
    pseudonymised=(
        (
            "record",
            """case when json_extract_string(record, '$.user_id') is null then record else json_merge_patch(
            record, json_object('user_id', pseudonym_of(trim(json_extract_string(record, '$.user_id'))))
        ) end""",
        ),
    ),
)

ROWS = Source(
    name=CATALOG,
    shape_version=SHAPE_VERSION,
    fields=(Field("as_of", "time"),),
    received="as_of",
    occurred="as_of",
    people=PEOPLE,
    raw_column="record",
    is_dated=False,
)


@dataclass
class CatalogBench(Workbench):
    """Writes whole snapshots instead of dates. as_of: of the whole file, where its path says so."""

    as_of: str | None = None

    def write_rows(self, rows: str) -> None:
        """Write the staged rows to one Parquet file."""
        load = self.loads[0]
        part = f".{len(self.files)}" if self.files else ""
        made = self.folder / f"{self.name}{part}.parquet"
        self.run(
            "create or replace temp table snapshot (load_id VARCHAR, line_number BIGINT, as_of TIMESTAMP, path VARCHAR, record VARCHAR)"
        )
        sql = f"""insert into snapshot
            select ?, line_number, coalesce(cast(? as timestamp), as_of), ?, record from ({rows}) order by line_number"""
        load.accepted += self.run(sql, load.load_id, self.as_of, load.path)[0][0]
        self.run(f"copy snapshot to {quoted(str(made))} ({PARQUET})")
        self.files.append(made)


def entity_of(name: str) -> str | None:
    """The entity of a catalog file at `catalog/<entity>.*` or `catalog/<entity>/**` below the landing zone; None for an unknown one."""
    entity = PurePosixPath(name).parts[1].split(".")[0].lower()
    return entity if entity in ENTITIES else None


def as_of(name: str) -> str | None:
    """The moment of which a catalog file's path speaks, as ISO 8601 UTC without zone: `as_of=<moment>` anywhere, or a file named by one."""
    parts = PurePosixPath(name).parts
    claims = [part.removeprefix("as_of=") for part in parts if part.startswith("as_of=")]
    for claim in (*claims, parts[-1]):
        if found := _MOMENT.match(claim):
            day, hour, minute, second, fraction, zone = found.groups()
            offset = "+00:00" if zone in (None, "Z") else f"{zone[:3]}:{zone[-2:]}"
            try:
                moment = datetime.fromisoformat(f"{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{fraction or ''}{offset}")
            except ValueError:
                continue
            return moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return None


def load_id(landed: Landed) -> str:
    """The identity of a catalog load: its path, its bytes and its moment, so that a revert is a version too."""
    content = hashlib.sha256(f"{landed.name}\n{landed.content}\n{as_of(landed.name)}".encode()).hexdigest()
    return manifest.load_id(CATALOG, SHAPE_VERSION, content)


def load_file(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    landed: Landed,
    check: Callable[[Landed], None],
    on_lines: Callable[[Landed, int], None],
) -> Manifest:
    """Load one catalog file and commit it; `check` and `on_lines` as for `bronze.load_batch`. Raises ValueError for an unknown entity."""
    entity = entity_of(landed.name)
    if entity is None:
        raise ValueError(f"{landed.name} names no catalog entity; known: {', '.join(ENTITIES)}")
    load = load_id(landed)
    with staging_folder(home) as folder:
        bench = CatalogBench(con, ROWS, folder, load, as_of=as_of(landed.name))
        (shaped,) = bench.shape([work_of(load, ROWS, landed, folder, check, on_lines)])
        files = tuple(f"{CATALOG}/entity={entity}/{made.name}" for made in bench.files)
        committed = new_manifest(ROWS, landed, shaped, files)
        committed = replace(committed, rows_by_date=(), entity=entity, as_of=as_of(landed.name))
        # The name is part of a load's identity: whoever loads the same file at once writes the same files.
        with journal.committing(home):
            for made, name in zip(bench.files, files, strict=True):
                durable.publish(made, home.bronze / name)
            if shaped.rejects:
                durable.publish(shaped.rejects, home.quarantine / CATALOG / f"{load}.parquet")
            manifest.write(home, committed)
    return committed
