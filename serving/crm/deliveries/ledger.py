"""What a destination has acknowledged: one SQLite file for each, beside nothing else.

A record is noted as ``sending`` and durable before it is sent, and as what became of it after. Whoever dies between the two
leaves a record of which nobody knows whether it arrived: it has no acknowledged hash and so is sent again, and it may be at the
destination, so that it is taken away there when it is gone. No personal data but the external id is kept.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from ingestion.home import Home
from serving.crm.deliveries.destination import GoneRecord, Kind, Outcome, Record, Status

TABLES = """
create table if not exists record (
    kind text not null,
    external_id text not null,
    -- sending, synced, failed or skipped
    status text not null,
    reason text,
    -- hash that the destination holds for certain; null: nobody knows, or nothing
    acknowledged_hash text,
    -- hash of the last attempt
    tried_hash text,
    -- 1: the destination has the record, or may have it
    is_there integer not null,
    remote_id text,
    changed_at text not null,
    primary key (kind, external_id)
) without rowid;
create index if not exists record_status on record (status, kind);
create index if not exists record_remote on record (kind, remote_id) where remote_id is not null;
create table if not exists delivery (
    id integer primary key,
    snapshot text not null,
    began_at text not null,
    ended_at text,
    error text,
    synced integer not null default 0,
    failed integer not null default 0,
    skipped integer not null default 0,
    gone integer not null default 0
);
"""
KNOWN = pa.schema(
    [
        ("external_id", pa.string()),
        ("status", pa.string()),
        ("acknowledged_hash", pa.string()),
        ("tried_hash", pa.string()),
        ("is_there", pa.bool_()),
        ("remote_id", pa.string()),
    ]
)
PAGE = 50_000
# A system's message may quote the record it refuses; an address is the part of a person that such messages quote.
ADDRESS = re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+")
REASON_LENGTH = 500


@dataclass(frozen=True)
class Delivery:
    """One run, as its ledger remembers it; ``ended_at`` is None where it was killed or goes on."""

    number: int
    snapshot: str
    began_at: str
    ended_at: str | None
    error: str | None
    synced: int
    failed: int
    skipped: int
    gone: int


class Ledger:
    """A destination's ledger, or where no path is given an empty one that nobody keeps.

    The writer holds the destination's lock; readers need none.
    """

    def __init__(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        self.connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        # WAL lets `status` read meanwhile; FULL makes every commit outlive a power cut, not only a kill.
        self.connection.execute("pragma journal_mode = wal")
        self.connection.execute("pragma synchronous = full")
        self.connection.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk at the end."""
        self.connection.execute("begin immediate")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def known(self, kind: Kind) -> pa.Table:
        """All that is known of a kind's records, as ``KNOWN`` says."""
        cursor = self.connection.execute(f"select {', '.join(KNOWN.names)} from record where kind = ?", [kind])
        pages = []
        while rows := cursor.fetchmany(PAGE):
            columns = dict(zip(KNOWN.names, zip(*rows, strict=True), strict=True))
            columns["is_there"] = tuple(bool(value) for value in columns["is_there"])
            pages.append(pa.table(columns, schema=KNOWN))
        return pa.concat_tables(pages) if pages else KNOWN.empty_table()

    def intend(self, kind: Kind, records: Sequence[Record]) -> None:
        """Note that records are about to be sent: from now on nobody knows what the destination has of them."""
        with self.transaction() as connection:
            connection.executemany(
                """
                insert into record (kind, external_id, status, tried_hash, is_there, remote_id, changed_at)
                values (?, ?, 'sending', ?, 1, ?, ?)
                on conflict do update set
                    status = 'sending', reason = null, acknowledged_hash = null, tried_hash = excluded.tried_hash, is_there = 1,
                    changed_at = excluded.changed_at
                """,
                [(kind, record.external_id, record.sent_hash, record.remote_id, now()) for record in records],
            )

    def settle(self, kind: Kind, outcomes: Sequence[Outcome], was_there: frozenset[str]) -> None:
        """Note what became of records that were sent; of a refused one the destination has what it had (``was_there``)."""
        with self.transaction() as connection:
            connection.executemany(
                """
                update record set
                    status = $status, reason = $reason, is_there = $is_there, changed_at = $now,
                    acknowledged_hash = case when $status = 'synced' then tried_hash end,
                    tried_hash = case when not $is_passing then tried_hash end,
                    remote_id = coalesce($remote_id, remote_id)
                where kind = $kind and external_id = $external_id
                """,
                [
                    {
                        "kind": kind,
                        "external_id": outcome.external_id,
                        "status": outcome.status,
                        "reason": without_addresses(outcome.reason),
                        # A system that names its id has the record, though something else about it was refused.
                        "is_there": bool(
                            outcome.status is Status.SYNCED or outcome.remote_id or outcome.external_id in was_there
                        ),
                        "remote_id": outcome.remote_id,
                        "is_passing": outcome.is_passing,
                        "now": now(),
                    }
                    for outcome in outcomes
                ],
            )
            # A system that matched a record by its address gave it what another one held before: that one holds nothing now.
            connection.executemany(
                "update record set is_there = 0, remote_id = null where kind = ? and remote_id = ? and external_id <> ?",
                [(kind, outcome.remote_id, outcome.external_id) for outcome in outcomes if outcome.remote_id],
            )

    def skip(self, kind: Kind, skipped: Sequence[tuple[str, str, str]]) -> None:
        """Note records that are not sent: (external_id, hash, reason). What the destination may have of them stays there."""
        with self.transaction() as connection:
            connection.executemany(
                """
                insert into record (kind, external_id, status, reason, tried_hash, is_there, changed_at)
                values (?, ?, 'skipped', ?, ?, 0, ?)
                on conflict do update set
                    status = 'skipped', reason = excluded.reason, acknowledged_hash = null, tried_hash = excluded.tried_hash,
                    changed_at = excluded.changed_at
                """,
                [
                    (kind, external_id, without_addresses(reason), tried_hash, now())
                    for external_id, tried_hash, reason in skipped
                ],
            )

    def forget(self, kind: Kind, external_ids: Sequence[str]) -> None:
        """Forget records that the destination does not have (any more)."""
        with self.transaction() as connection:
            rows = [(kind, external_id) for external_id in external_ids]
            connection.executemany("delete from record where kind = ? and external_id = ?", rows)

    def keep_failed(self, kind: Kind, outcomes: Sequence[Outcome]) -> None:
        """Note gone records that could not be taken away: they are tried again by every delivery."""
        with self.transaction() as connection:
            connection.executemany(
                """
                update record set status = 'failed', reason = ?, acknowledged_hash = null, is_there = 1, changed_at = ?
                where kind = ? and external_id = ?
                """,
                [(without_addresses(each.reason), now(), kind, each.external_id) for each in outcomes],
            )

    def gone_intended(self, kind: Kind, records: Sequence[GoneRecord]) -> None:
        """Note that records are about to be taken away: should one come back, it is sent whatever was acknowledged."""
        with self.transaction() as connection:
            rows = [(now(), kind, record.external_id) for record in records]
            connection.executemany(
                "update record set status = 'sending', acknowledged_hash = null, changed_at = ? where kind = ? and external_id = ?",
                rows,
            )

    def begin(self, snapshot: str) -> int:
        """Open a delivery's entry; its number."""
        with self.transaction() as connection:
            cursor = connection.execute("insert into delivery (snapshot, began_at) values (?, ?)", [snapshot, now()])
        return int(cursor.lastrowid or 0)

    def end(self, delivery: Delivery) -> None:
        """Close a delivery's entry with its counts."""
        with self.transaction() as connection:
            connection.execute(
                """
                update delivery set ended_at = ?, error = ?, synced = ?, failed = ?, skipped = ?, gone = ? where id = ?
                """,
                [
                    now(), without_addresses(delivery.error), delivery.synced, delivery.failed, delivery.skipped, delivery.gone,
                    delivery.number,
                ],
            )  # fmt: skip

    def counts(self) -> list[tuple[str, str, int]]:
        """Records by (kind, status)."""
        return self.connection.execute("select kind, status, count(*) from record group by 1, 2 order by 1, 2").fetchall()

    def troubled(self, limit: int) -> list[tuple[str, str, str, str, str]]:
        """Records that failed or were skipped: (kind, external_id, status, reason, when), the newest first."""
        return self.connection.execute(
            """
            select kind, external_id, status, coalesce(reason, ''), changed_at
            from record
            where status in ('failed', 'skipped')
            order by status, changed_at desc, kind, external_id
            limit ?
            """,
            [limit],
        ).fetchall()

    def deliveries(self, limit: int) -> list[Delivery]:
        """The last deliveries, the newest first."""
        rows = self.connection.execute(
            """
            select id, snapshot, began_at, ended_at, error, synced, failed, skipped, gone
            from delivery order by id desc limit ?
            """,
            [limit],
        )
        return [Delivery(*row) for row in rows]


def ledger_path(home: Home, name: str) -> Path:
    """A destination's ledger."""
    return home.root / "deliveries" / f"{name}.sqlite"


def now() -> str:
    """This moment (UTC), to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def without_addresses(reason: str | None) -> str | None:
    """A message without the addresses it quotes, and not longer than a person reads."""
    if reason is None:
        return None
    told = ADDRESS.sub("<address>", " ".join(reason.split()))
    return told if len(told) <= REASON_LENGTH else told[: REASON_LENGTH - 1] + "…"
