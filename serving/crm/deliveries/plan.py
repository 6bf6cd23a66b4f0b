"""What a delivery has to do: the export tables of one snapshot against what a destination has acknowledged, compared in SQL."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from serving.crm.deliveries.destination import DeliveryError, GoneRecord, Kind, Layout, Record
from serving.crm.files import SCHEMA
from serving.sql import literal, quoted


@dataclass(frozen=True)
class Counts:
    """How many records of a kind are to be created, updated, taken away, skipped, and are left as they are.

    known_there: those that the destination has or may have. never_there: those that are gone and never arrived.
    """

    kind: Kind
    new: int
    changed: int
    gone: int
    skipped: int
    unchanged: int
    known_there: int
    never_there: int

    @property
    def has_gone(self) -> bool:
        """Whether anything is to be taken away, there or from the ledger."""
        return bool(self.gone or self.never_there)

    @property
    def has_work(self) -> bool:
        """Whether a delivery of the kind does anything."""
        return bool(self.new or self.changed or self.skipped or self.has_gone)


@dataclass(frozen=True)
class Reading:
    """Which records of a snapshot a destination gets, and how a kind of them is mapped."""

    kind: Kind
    layout: Layout
    unique_field: str | None = None
    workspaces: Sequence[str] | None = None
    retry_failed: bool = False


@dataclass(frozen=True)
class Task:
    """A delivery to make: to the destination of which name, and how. It sends what is published when its turn has come."""

    name: str
    workspaces: Sequence[str] | None = None
    retry_failed: bool = False
    confirm_gone: bool = False


@dataclass(frozen=True)
class Delivered:
    """What a delivery did, or in a dry run would do; ``results`` counts records by what became of them."""

    plans: Sequence[Counts]
    results: Counter[str] = field(default_factory=Counter)
    is_dry: bool = False


class Plan:
    """One kind's comparison, in a DuckDB of its own; a context manager.

    Args:
        snapshot: a published file.
        known: what the ledger knows of the kind (``ledger.KNOWN``).
        accounts: what it knows of accounts, for what contacts refer to.

    Raises:
        DeliveryError: the snapshot has no such table or is there no more, or the layout names a column that it does not have, or
            fills a field from columns that do not go together.
    """

    def __init__(self, snapshot: Path, reading: Reading, known: pa.Table, accounts: pa.Table) -> None:
        self.snapshot = snapshot
        self.reading = reading
        self.connection = duckdb.connect(config={"memory_limit": os.environ.get("AUDIENCE_MEMORY_LIMIT", "4GB")})
        try:
            self.connection.execute(f"attach {literal(str(snapshot))} as published (read_only)").fetchall()
            self.connection.execute("set TimeZone = 'UTC'").fetchall()
            self.connection.register("known", known)
            self.connection.register("accounts", accounts)
            self.compare()
        except BaseException as error:
            self.end(error)
            raise

    def __enter__(self) -> Plan:
        return self

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        self.end(error)

    def end(self, error: BaseException | None) -> None:
        """Close the database, and tell people what DuckDB could not do: one destination's trouble stops no other's delivery."""
        self.connection.close()
        if not isinstance(error, duckdb.Error):
            return
        if not self.snapshot.exists():
            # Each kind opens it anew, and a delivery may take longer than generations are kept.
            raise DeliveryError(
                f"{self.snapshot.name} was removed meanwhile, since newer ones are published: begin again, and the newest is taken."
            ) from error
        raise DeliveryError(
            f"The {self.reading.kind}s of {self.snapshot.name} cannot be compared with what is there: {str(error).splitlines()[0]} "
            "Look at `fields` in deliveries.yml, and at what `make doctor` says of the snapshot."
        ) from error

    def compare(self) -> None:
        """Make the tables ``wanted``, every exported record with what is to be done with it, and ``gone``."""
        account = "account_external_id" if "account_external_id" in self.columns() else "cast(null as varchar)"
        fields = "".join(f", {mapped(sources)} as {quoted(name)}" for name, sources in self.reading.layout.items())
        # Of two records that the system cannot tell apart the one with the smaller id is sent: an order that no activity turns round.
        first = '"#external_id"'
        if self.reading.unique_field:
            unique = quoted(self.reading.unique_field)
            first = f"case when {unique} is null then {first} else min({first}) over (partition by {unique}) end"
        given: dict[str, Any] = {"layout": repr(sorted((name, list(sources)) for name, sources in self.reading.layout.items()))}
        if self.reading.workspaces is not None:
            given["workspaces"] = list(self.reading.workspaces)
        self.connection.execute(
            f"""
            create table wanted as
            with
            records as (
                select
                    external_id as "#external_id",
                    -- a contact whose account the system knows only now is sent once more, to be tied to it
                    md5(record_hash || $layout || coalesce("#account_remote_id", '')) as "#sent_hash",
                    "#account_remote_id"
                    {fields}
                from published.{SCHEMA}.{quoted(self.table)}
                left join (select external_id as "#account", remote_id as "#account_remote_id" from accounts) on {account} = "#account"
                {"where list_contains($workspaces, workspace_id)" if self.reading.workspaces is not None else ""}
            ),
            told_apart as (
                select *, {first} as "#first" from records
            )
            select
                told_apart.*,
                known.remote_id as "#remote_id",
                coalesce(known.is_there, false) as "#is_there",
                case
                    when "#first" <> "#external_id" then
                        case when known.status = 'skipped' and known.tried_hash = "#sent_hash" then 'unchanged' else 'skip' end
                    when known.acknowledged_hash = "#sent_hash" then 'unchanged'
                    when known.status = 'failed' and known.tried_hash = "#sent_hash" and not {self.reading.retry_failed} then 'unchanged'
                    when coalesce(known.is_there, false) then 'change'
                    else 'create'
                end as "#action"
            from told_apart
            left join known on "#external_id" = known.external_id
            """,
            given,
        ).fetchall()
        self.connection.execute(
            """
            create table gone as
            select external_id, remote_id, is_there from known
            where external_id not in (select "#external_id" from wanted)
            """
        ).fetchall()

    @property
    def table(self) -> str:
        """The export table."""
        return f"crm_{self.reading.kind}"

    def columns(self) -> list[str]:
        """The table's columns, of which the layout must name no other."""
        rows = self.connection.execute(
            """
            select column_name from duckdb_columns()
            where database_name = 'published' and schema_name = ? and table_name = ? order by column_index
            """,
            [SCHEMA, self.table],
        ).fetchall()
        held = [name for (name,) in rows]
        if not held:
            raise DeliveryError(f"The snapshot has no table {SCHEMA}.{self.table}: run `make run` once more to publish it.")
        for name, sources in self.reading.layout.items():
            for column in sources:
                if column not in held:
                    raise DeliveryError(
                        f"The field {name} of the {self.reading.kind}s is to be filled from {column}, which {SCHEMA}.{self.table} does "
                        f"not have: name one of {', '.join(held)}."
                    )
        return held

    def counts(self) -> Counts:
        """What there is to do."""
        rows = self.connection.execute('select "#action", count(*) from wanted group by all').fetchall()
        actions = {action: int(count) for action, count in rows}
        gone, never, there = self.connection.execute(
            """
            select
                (select count(*) from gone where is_there),
                (select count(*) from gone where not is_there),
                (select count(*) from known where is_there)
            """
        ).fetchall()[0]
        return Counts(
            self.reading.kind,
            new=actions.get("create", 0),
            changed=actions.get("change", 0),
            gone=int(gone),
            skipped=actions.get("skip", 0),
            unchanged=actions.get("unchanged", 0),
            known_there=int(there),
            never_there=int(never),
        )

    def sent(self, size: int) -> Iterator[tuple[list[Record], frozenset[str]]]:
        """Batches of records to be sent, in order of id, with the ids of those that the destination has or may have already."""
        names = list(self.reading.layout)
        listed = "".join(f", {quoted(name)}" for name in names)
        cursor = self.connection.cursor().execute(
            f"""
            select "#external_id", "#sent_hash", "#remote_id", "#account_remote_id", "#is_there" {listed}
            from wanted where "#action" in ('create', 'change') order by "#external_id"
            """
        )
        while rows := cursor.fetchmany(size):
            records = [Record(row[0], row[1], dict(zip(names, row[5:], strict=True)), row[2], row[3]) for row in rows]
            yield records, frozenset(row[0] for row in rows if row[4])

    def skipped(self) -> list[tuple[str, str, str]]:
        """Records that are not sent because the system would take them for another: (external_id, hash, reason)."""
        unique = self.reading.unique_field
        rows = self.connection.execute(
            """select "#external_id", "#sent_hash", "#first" from wanted where "#action" = 'skip' order by 1"""
        ).fetchall()
        return [(external_id, sent_hash, f"same {unique} as {first}") for external_id, sent_hash, first in rows]

    def gone(self, size: int) -> Iterator[list[GoneRecord]]:
        """Batches of records to be taken away, in order of id."""
        cursor = self.connection.cursor().execute("select external_id, remote_id from gone where is_there order by 1")
        while rows := cursor.fetchmany(size):
            yield [GoneRecord(external_id, remote_id) for external_id, remote_id in rows]

    def never_there(self) -> list[str]:
        """Ids of records that are exported no more and that the destination never had."""
        rows = self.connection.execute("select external_id from gone where not is_there order by 1").fetchall()
        return [external_id for (external_id,) in rows]


def mapped(sources: Sequence[str]) -> str:
    """The expression of a field: the first of its columns that is not null."""
    columns = ", ".join(quoted(column) for column in sources)
    return f"coalesce({columns})" if len(sources) > 1 else columns
