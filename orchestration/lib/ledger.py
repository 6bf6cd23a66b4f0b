"""The books of ingestion: for every load, lines = accepted + rejected + blank + erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from ingestion.home import Home
from orchestration.lib.fingerprint import glob_literal

COLUMNS = (
    "{load_id: 'VARCHAR', source: 'VARCHAR', status: 'VARCHAR', path: 'VARCHAR', bytes: 'BIGINT', lines: 'BIGINT', "
    "accepted: 'BIGINT', rejected: 'BIGINT', blank: 'BIGINT', erased: 'BIGINT', loaded_at: 'VARCHAR'}"
)


@dataclass(frozen=True)
class SourceBalance:
    """Committed loads of one source, summed; ``unbalanced`` counts loads whose lines do not add up."""

    source: str
    loads: int
    lines: int
    accepted: int
    rejected: int
    blank: int
    erased: int
    size_bytes: int
    unbalanced: int

    @property
    def is_balanced(self) -> bool:
        """Whether nothing was lost."""
        return self.unbalanced == 0


def balances(home: Home) -> list[SourceBalance]:
    """One balance per source, by name."""
    rows = query_manifests(
        home,
        """
        select
            source, count(*), sum(lines)::bigint, sum(accepted)::bigint, sum(rejected)::bigint, sum(blank)::bigint,
            sum(erased)::bigint, sum(bytes)::bigint,
            count(*) filter (where (lines = accepted + rejected + blank + erased) is not true)
        from manifest
        group by source
        order by source
        """,
    )
    return [SourceBalance(*row) for row in rows]


def unbalanced_loads(home: Home, source: str) -> list[tuple[str, str]]:
    """(load_id, path) of loads whose books are wrong, at most ten."""
    return query_manifests(
        home,
        """
        select load_id, path from manifest
        where source = $source and (lines = accepted + rejected + blank + erased) is not true
        order by all limit 10
        """,
        {"source": source},
    )


def rejections(home: Home, source: str) -> list[tuple[str, int, str]]:
    """(reason, records, an example's file and line) of a source's quarantine, most frequent first; never what a record says."""
    folder = home.quarantine / source
    if not any(folder.glob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        return connection.execute(
            "select reason, count(*), min(path || ':' || line_number) from read_parquet($files) group by reason order by 2 desc, 1",
            {"files": glob_literal(folder) + "/*.parquet"},
        ).fetchall()


def query_manifests(home: Home, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run SQL over ``manifest``: the committed loads that no later one superseded."""
    if not any(home.manifests.glob("*/*.json")):
        return []
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create temp table manifest as
            select * from read_json($files, format = 'newline_delimited', columns = {COLUMNS})
            where status = 'loaded'
            """,
            {"files": glob_literal(home.manifests) + "/*/*.json"},
        ).fetchall()
        return connection.execute(sql, parameters or {}).fetchall()
