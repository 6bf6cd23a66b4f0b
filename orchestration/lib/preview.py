"""Metadata a person wants to see beside an asset: small tables as Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingestion.showing import visible

ROWS = 5
WIDTH = 60


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; long values are cut, and a text is shown as it is, never as a link, a picture or markup."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def cell(value: Any) -> str:
    """One value of a Markdown table: a number, or a text as a span of code, in which Markdown and HTML mean nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    text = visible(" ".join(str(value).split()))
    # A bar ends a cell even within code.
    text = (text if len(text) <= WIDTH else text[: WIDTH - 1] + "…").replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


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
