"""The dashboard's aggregate queries: a folder per page, a SQL file per dataset, and `page.toml` saying which file a row goes into."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"
PREPARATION = FOLDER / "partitions.sql"
DESCRIPTION = "page.toml"


class QueryError(RuntimeError):
    """A query of the dashboard cannot be used; the message names its file and what to do."""


@dataclass(frozen=True)
class Query:
    """One dataset of a page; ``partition`` names the temporary table ``partition_<partition>`` that lists its files."""

    page: str
    dataset: str
    partition: str
    sql: str
    path: Path


def read_queries(folder: Path = FOLDER) -> list[Query]:
    """Every query, by page and dataset.

    Raises:
        QueryError: a page's description and its SQL files do not agree.
    """
    queries: list[Query] = []
    for description in sorted(folder.glob(f"*/{DESCRIPTION}")):
        queries += page_queries(description)
    return queries


def page_queries(description: Path) -> Sequence[Query]:
    """The queries of one page."""
    page = description.parent
    datasets = tomllib.loads(description.read_text())["datasets"]
    written = {path.stem for path in page.glob("*.sql")}
    if unlike := written ^ set(datasets):
        raise QueryError(
            f"{description} and the SQL files beside it differ in {', '.join(sorted(unlike))}: each dataset needs one line and one file."
        )
    return [
        Query(page.name, dataset, partition, (page / f"{dataset}.sql").read_text().rstrip().rstrip(";"), page / f"{dataset}.sql")
        for dataset, partition in sorted(datasets.items())
    ]
