"""A person erased from everything this installation wrote; and dates that are too old to keep.

The tombstones are written first: from then on whatever is killed, the next run ends what was begun.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from ingestion import lake, tombstones
from ingestion.identity import PrivacyKeyError
from ingestion.landing import Landing
from ingestion.layout import NewerLakeError
from ingestion.load import load_landing
from ingestion.locking import bronze_lock
from ingestion.manifest import DamagedLakeError
from ingestion.rewriting import RewritingReport, rewrite_landing
from ingestion.tombstones import SHORTEST_WORD, Identifier
from ingestion.trouble import TROUBLE, explained
from orchestration.lib.dbt import BuildError
from orchestration.lib.environment import Environment, TargetError
from orchestration.lib.ledger import balances
from orchestration.lib.locking import WarehouseError, warehouse_lock
from orchestration.lib.spreading import SpreadError
from orchestration.privacy import owed, requests
from orchestration.privacy.person import known_names
from orchestration.privacy.scrub import scrub_histories
from orchestration.privacy.trace import Trace, Unsearched, trace, traces_in_postgres
from orchestration.refresh import Listener, RefreshReport, refresh
from serving.crm.files import ExportError
from serving.postgres.publish import publish_as_configured
from serving.postgres.server import PostgresError, target_from_environment
from serving.publish import PublishError

WITH_A_REMEDY = (
    BuildError,
    PublishError,
    ExportError,
    PostgresError,
    SpreadError,
    WarehouseError,
    TargetError,
    NewerLakeError,
    DamagedLakeError,
    PrivacyKeyError,
    requests.RequestError,
)
"""Failures whose message is written for a person."""
FAILURES = (*WITH_A_REMEDY, *TROUBLE, sqlite3.Error)
"""What ends an erasure and is no defect of it."""


@dataclass(frozen=True)
class Erasure:
    """What an erasure did. names: how many names the person was known under; erased: records by source, rejected ones included;
    landed: files of the landing zone that held them. loss: what had to go without anybody knowing whose it was, None where nothing had to.

    left, unsearched: where they are still found, and what could not be searched; both empty where nothing is left to do.
    """

    erasure_id: str
    names: int
    erased: Mapping[str, int]
    landed: RewritingReport
    refreshed: RefreshReport
    loss: str | None
    left: Sequence[Trace]
    unsearched: Sequence[Unsearched]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of the person as far as one can see, landed files that only somebody else can write anew included."""
        return not (self.left or self.unsearched or self.landed.unfinished)


@dataclass(frozen=True)
class CarriedOut:
    """What tombstones did to an installation: the landed files that held the erased, the build without them, and `Erasure.loss`."""

    landed: RewritingReport
    refreshed: RefreshReport
    loss: str | None


def erase_person(
    environment: Environment, asked: Identifier, *, rewrite: bool = True, listener: Listener | None = None
) -> Erasure:
    """Erase a person under every name the warehouse knows of them, rebuild what was made of their records, and look for what is left.

    rewrite: whether landed files on a local disk are rewritten; otherwise, and elsewhere, their names are in the outcome.

    Raises:
        BuildError, PublishError, ExportError, PostgresError: as a refresh and a publish; the erasure is owed then, and asking
            again goes on with it.
    """
    home = environment.home
    names = known_names(home, asked)
    words = words_of(names)
    erasure_id = uuid4().hex[:12]
    tombstones.bury(home, erasure_id, names)
    # Already here: should the rest fail, whoever asks again may know them by fewer names. What stops it is told below, where it counts.
    with suppress(OSError, sqlite3.Error):
        scrub_histories(environment, words)
    with bronze_lock(home):
        # Books that are damaged could not be counted.
        lake.sweep(home)
    books = {each.source: each.erased for each in balances(home)}
    done = carry_out(environment, rewrite=rewrite, listener=listener, people=names)
    erased = {each.source: each.erased - books.get(each.source, 0) for each in balances(home)}
    scrub_histories(environment, words)
    left, unsearched = search(environment, words)
    return Erasure(erasure_id, len(names), erased, done.landed, done.refreshed, done.loss, left, unsearched)


def expire(environment: Environment, keep_from: date, *, rewrite: bool = True, listener: Listener | None = None) -> CarriedOut:
    """Keep no record of an event date before `keep_from`, now and in all later loads; errors as of `erase_person`."""
    tombstones.keep_from(environment.home, keep_from)
    return carry_out(environment, rewrite=rewrite, listener=listener)


def carry_out(
    environment: Environment, *, rewrite: bool, listener: Listener | None, people: Sequence[Identifier] | None = None
) -> CarriedOut:
    """Apply the tombstones to landing zone, lake and everything made of them. people: who is asked for; everybody where None."""
    # What has landed meanwhile is loaded first, so that its file is among those that are rewritten.
    load_landing(environment.landing, environment.home)
    with warehouse_lock(environment.home, "an erasure", listener.waiting if listener else None):
        erased = owed.begin(environment.home)
    landed = rewrite_landing(environment.landing, environment.home, only_report=not rewrite, people=people)
    refreshed = refresh(environment, listener=listener)
    publish_as_configured(environment.home, on_wait=listener.waiting if listener else None)
    return CarriedOut(landed, refreshed, erased.loss)


def search(environment: Environment, words: Sequence[str]) -> tuple[list[Trace], list[Unsearched]]:
    """Where the words stand in what this installation wrote, the PostgreSQL it publishes to included; a request that asks is no trace."""
    waiting, landing = requests.folder(environment.home), local_landing(environment)
    found, unsearched = trace(places(environment), words, leaving_out=waiting, landing=landing)
    server = target_from_environment()
    return found + (traces_in_postgres(server, words) if server else []), unsearched


def words_of(names: Sequence[Identifier]) -> list[str]:
    """The names as a search finds them; a very short one would be found in everything."""
    return list(dict.fromkeys(each.normal for each in names if len(each.normal) >= SHORTEST_WORD))


def places(environment: Environment) -> list[Path]:
    """The folders in which this installation writes, the landing zone included where it lies on a local disk."""
    landing = local_landing(environment)
    return [environment.home.root, *([landing] if landing else [])]


def local_landing(environment: Environment) -> Path | None:
    """The landing zone where it lies on a local disk."""
    zone = Landing.at(environment.landing)
    return Path(zone.root) if zone.is_local else None


def told(error: Exception) -> str:
    """What failed, in words for whoever asked."""
    return str(error) if isinstance(error, WITH_A_REMEDY) else explained(error)
