"""A home, a landing zone, and the ways the tests look into the lake."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pytest

from ingestion import manifest
from ingestion.home import Home
from ingestion.load import load_landing
from ingestion.report import LandingReport
from ingestion.sources import registered


@dataclass
class Lake:
    """A home beside its landing zone."""

    home: Home
    landing: Path

    def land(self, name: str, content: bytes | str) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, **options) -> LandingReport:
        return load_landing(str(self.landing), self.home, **{"settle_seconds": 0.0, **options})

    @cached_property
    def reader(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(config={"enable_external_file_cache": "false", "threads": "1"})
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            f"""create view live as select load_id
            from read_json('{self.home.manifests}/*/*.json', columns = {{load_id: 'VARCHAR', status: 'VARCHAR'}}) where status = 'loaded'"""
        )
        for name, files in (
            *((name, f"{self.home.bronze}/{name}/*/*.parquet") for name in registered()),
            ("catalog", f"{self.home.bronze}/catalog/*/*.parquet"),
            ("quarantine", f"{self.home.quarantine}/*/*.parquet"),
        ):
            con.execute(
                f"""create view {name} as select * from read_parquet('{files}', hive_partitioning = {name != "quarantine"})
                where load_id in (from live)"""
            )
        return con

    def query(self, sql: str, **values) -> list[dict]:
        """Rows as dicts; `native`, `xapi`, `kaltura`, `catalog`, `quarantine` hold what a reader of the lake sees: rows of live loads."""
        result = self.reader.execute(sql, values or None)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def rows(self, source: str = "native") -> list[dict]:
        """Rows with their non-null values only, in file and line order."""
        order = "load_id, line_number"
        return [
            {key: value for key, value in row.items() if value is not None}
            for row in self.query(f"from {source} order by {order}")
        ]

    def reasons(self) -> dict[int, str]:
        return {row["line_number"]: row["reason"] for row in self.query("from quarantine")}

    def live(self) -> list[manifest.Manifest]:
        return [each for each in manifest.every(self.home) if each.status == manifest.LOADED]


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(Home(tmp_path / "home"), tmp_path / "landing")


def event(number: int | str, **fields) -> dict:
    return {"event_id": str(number), "event_type": "play", "occurred_at": "2026-10-05T12:00:00Z", **fields}
