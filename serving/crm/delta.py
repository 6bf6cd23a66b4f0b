"""``exports.crm_delta``: which export records are new, changed or gone, since when, remembered from snapshot to snapshot.

No model: it tells of publishing, which no rebuild repeats (docs/decisions/0009). It is made from the export tables of the generation
that is being written and from this table of the generation before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

SCHEMA = "exports"
TABLE = "crm_delta"
RECORDS = {"account": "crm_account", "contact": "crm_contact", "engagement": "crm_engagement", "activity": "crm_activity"}
"""The export table by kind of record."""
GONE_IS_TOLD_FOR = timedelta(days=90)
"""Who is gone is a stranger to us again: their id is told so long and then forgotten."""

DESCRIPTION = (
    "One row per record of the other export tables, and per record that was in one and is gone: the last change of it, and the publish "
    "that brought it. A system that knows the generation it last took needs the rows of later ones, and may take them twice (rule 93)."
)


@dataclass(frozen=True)
class Column:
    """A column as promised: type, what it means, what of a person it holds, and whether it may be null."""

    name: str
    data_type: str
    text: str
    personal: str | None = None
    is_nullable: bool = False

    @property
    def sql(self) -> str:
        """Its definition in a ``create table``."""
        return f"{self.name} {self.data_type}{'' if self.is_nullable else ' not null'}"


COLUMNS = (
    Column("record_kind", "varchar", "`account`, `contact`, `engagement` or `activity`: the record is of `crm_` and this."),
    Column("external_id", "varchar", "The record's id in that table.", personal="key"),
    Column("workspace_id", "varchar", "The workspace it belongs to."),
    Column(
        "change", "varchar", "What happened last: `created`, `changed` or `gone` (erased, consent withdrawn, or no longer known)."
    ),
    Column("record_hash", "varchar", "The record's hash now; null when it is gone.", is_nullable=True),
    Column("previous_record_hash", "varchar", "Its hash before it `changed`; null otherwise.", is_nullable=True),
    Column("first_exported_at", "timestamp", "The publish since which it has been exported without a break (UTC)."),
    Column("changed_at", "timestamp", "The publish that brought the last change (UTC)."),
    Column("generation", "bigint", "The generation of that publish."),
)
RULES = (
    f"check (record_kind in ({', '.join(repr(kind) for kind in RECORDS)}))",
    "check (change in ('created', 'changed', 'gone'))",
    "check ((change = 'gone') = (record_hash is null))",
    "check ((change = 'changed') = (previous_record_hash is not null))",
)
NAMES = ", ".join(column.name for column in COLUMNS)


def write_delta(connection: duckdb.DuckDBPyConnection, generation: int, published_at: datetime) -> int | None:
    """Write the table into the attached ``snapshot``, from its export tables and, where it is attached, from ``before``.

    Args:
        connection: with ``snapshot`` attached, and ``before``, the generation before, if there is one.
        generation: of the snapshot.
        published_at: of the snapshot.

    Returns:
        How many rows it has; None where the snapshot has no export tables, and so no delta.
    """
    present = tables_of(connection, "snapshot")
    records = " union all ".join(
        f"select '{kind}' as record_kind, external_id, workspace_id, record_hash from snapshot.{SCHEMA}.{table}"
        for kind, table in RECORDS.items()
        if table in present
    )
    if not records:
        return None
    promised = ", ".join([*(column.sql for column in COLUMNS), *RULES])
    connection.execute(f"create or replace table snapshot.{SCHEMA}.{TABLE} ({promised})").fetchall()
    known = f"before.{SCHEMA}.{TABLE}" if TABLE in tables_of(connection, "before") else f"(from snapshot.{SCHEMA}.{TABLE})"
    connection.execute(
        f"""
        insert into snapshot.{SCHEMA}.{TABLE}
        with
        records as ({records}),
        known as (select {NAMES} from {known}),
        compared as (
            select
                coalesce(records.record_kind, known.record_kind) as record_kind,
                coalesce(records.external_id, known.external_id) as external_id,
                coalesce(records.workspace_id, known.workspace_id) as workspace_id,
                records.record_hash as record_hash,
                known.record_hash as known_hash,
                known.change as known_change,
                known.previous_record_hash as known_previous_hash,
                known.first_exported_at as known_since,
                known.changed_at as known_changed_at,
                known.generation as known_generation,
                case
                    when records.record_hash is null then case when known.change <> 'gone' then 'gone' end
                    when known.record_hash is null then 'created'
                    when records.record_hash <> known.record_hash then 'changed'
                end as change
            from records
            full join known on records.record_kind = known.record_kind and records.external_id = known.external_id
        )
        select
            record_kind,
            external_id,
            workspace_id,
            coalesce(change, known_change),
            record_hash,
            case when change is null then known_previous_hash when change = 'changed' then known_hash end,
            case when change = 'created' then $published_at else known_since end,
            case when change is null then known_changed_at else $published_at end,
            case when change is null then known_generation else $generation end
        from compared
        where record_hash is not null or change = 'gone' or known_changed_at > $forgotten_before
        order by record_kind, external_id
        """,
        {
            "generation": generation,
            "published_at": published_at.replace(tzinfo=None),
            "forgotten_before": published_at.replace(tzinfo=None) - GONE_IS_TOLD_FOR,
        },
    ).fetchall()
    rows = connection.execute(f"select count(*) from snapshot.{SCHEMA}.{TABLE}").fetchall()
    return int(rows[0][0])


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    """The export tables of an attached database; none where it is not attached."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ?", [database, SCHEMA]
    ).fetchall()
    return {name for (name,) in rows}
