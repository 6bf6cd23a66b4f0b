"""What a token may see. Everything that is not allowed here is not there.

1. A token for aggregate data sees no table with a column that holds something of a person.
2. A table with ``workspace_id`` is open to every token, by rows: those of the token's workspaces.
3. A table without it is of all workspaces at once and open only to tokens of all workspaces; so is every table that is ever
   added without a ``workspace_id``. The calendar alone is of nobody, and open to all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from serving.api.catalog import Catalog, PublishedTable

OF_NOBODY = frozenset({("core", "dim_date")})


class Data(StrEnum):
    """What kind of data a token opens."""

    AGGREGATE = "aggregate"
    PERSONAL = "personal"


@dataclass(frozen=True)
class Scope:
    """What a token opens; ``workspaces`` is None where it opens all."""

    workspaces: tuple[str, ...] | None
    data: Data

    def sees(self, table: PublishedTable) -> bool:
        """Whether the table is there for this scope."""
        if table.has_personal_data and self.data is not Data.PERSONAL:
            return False
        return table.has_workspace or self.workspaces is None or (table.schema, table.name) in OF_NOBODY

    def tables(self, catalog: Catalog) -> Iterator[PublishedTable]:
        """The tables of a snapshot that are there for this scope."""
        return (table for table in catalog.tables.values() if self.sees(table))

    def table(self, catalog: Catalog, schema: str, name: str) -> PublishedTable | None:
        """A table by name; None where there is none, or none for this scope."""
        table = catalog.tables.get((schema, name))
        return table if table is not None and self.sees(table) else None

    def workspaces_of(self, table: PublishedTable) -> tuple[str, ...] | None:
        """The workspaces that rows of a visible table are limited to; None where it is not limited."""
        return self.workspaces if table.has_workspace else None

    def rows_of(self, table: PublishedTable, counts: Mapping[str | None, int]) -> int:
        """How many rows of a visible table are in this scope; ``counts`` are its rows by workspace."""
        workspaces = self.workspaces_of(table)
        return table.row_count if workspaces is None else sum(counts.get(workspace, 0) for workspace in workspaces)
