"""Metadata a person wants to see beside an asset: small tables as Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

ROWS = 5
WIDTH = 60


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; long values are cut, and characters that would break a cell are escaped."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def cell(value: Any) -> str:
    """One value of a Markdown table."""
    text = "" if value is None else f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    text = " ".join(text.split())
    return (text if len(text) <= WIDTH else text[: WIDTH - 1] + "…").replace("|", "\\|")


def parquet_preview(folder: Path, hidden: Collection[str]) -> str | None:
    """The first rows of a folder's newest non-empty Parquet file without columns that are all null or `hidden`, or None.

    What is shown stays in Dagster's history: columns that name people must be hidden.
    """
    files = sorted(folder.glob("*/*.parquet"), key=lambda path: path.stat().st_mtime, reverse=True)
    with duckdb.connect() as connection:
        for file in files:
            relation = connection.read_parquet(str(file)).limit(ROWS)
            rows = relation.fetchall()
            if rows:
                shown = [index for index, column in enumerate(relation.columns) if column not in hidden]
                kept = [index for index in shown if any(row[index] is not None for row in rows)]
                return markdown_table(
                    [relation.columns[index] for index in kept], [[row[index] for index in kept] for row in rows]
                )
    return None
