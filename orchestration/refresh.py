"""The pipeline as plain functions: load what landed, build what is stale, publish what was built, write export files and the site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from ingestion.load import load_landing
from ingestion.report import LandingReport, Progress
from orchestration.lib.arrivals import arrivals
from orchestration.lib.dbt import (
    BUILD,
    BuildError,
    BuildResult,
    NodeProgress,
    dbt_version,
    descriptions,
    drop_strangers,
    published_dates,
    run_dbt,
)
from orchestration.lib.environment import DBT_PROJECT, PROFILES, Engine, Environment
from orchestration.lib.fingerprint import Fingerprint, fingerprint
from orchestration.lib.handover import remove_leftovers, warehouse_to_publish
from orchestration.lib.locking import set_aside_damaged, warehouse_lock
from orchestration.lib.parsing import built_manifest, manifest_path
from orchestration.lib.spreading import load_spread, processes_here
from orchestration.lib.state import BuildRequest, Status, WarehouseState, engine_versions, read_state, write_state
from orchestration.privacy import owed
from serving.crm.files import ExportedFiles, refresh_files
from serving.dashboard.site import SITE_ERRORS, Site, is_wanted, refresh_site
from serving.publication import Provenance, read_provenance
from serving.publish import Publication, PublishError, publish
from serving.seals import damage


@dataclass(frozen=True)
class Listener:
    """What a run tells while it works; every part may be left out. ``waiting`` hears whom it waits for, and what it finds damaged."""

    landing: Callable[[Progress], None] | None = None
    waiting: Callable[[str], None] | None = None
    node: Callable[[NodeProgress], None] | None = None
    publishing: Callable[[int, int, str], None] | None = None
    site: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Plan:
    """What a run has to do: build (why, or None), with which request, and whether to publish."""

    reason: str | None
    request: BuildRequest
    fingerprint: Fingerprint
    must_publish: bool
    is_after_unfinished: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether the published marts already show all that was landed."""
        return self.reason is None and not self.must_publish


@dataclass(frozen=True)
class RefreshReport:
    """What a run did; ``built``, ``published``, ``exported`` and ``site`` are None where there was nothing to do.

    ``site_problem`` says why the dashboard is not up to date; the marts are published all the same.
    """

    landed: LandingReport
    plan: Plan
    built: BuildResult | None
    published: Publication | None
    exported: ExportedFiles | None
    seconds: dict[str, float] = field(default_factory=dict)
    site: Site | None = None
    site_problem: str | None = None


def refresh(
    environment: Environment,
    request: BuildRequest | None = None,
    *,
    sources: Sequence[str] | None = None,
    listener: Listener | None = None,
) -> RefreshReport:
    """Bring the published marts up to the landing zone.

    Args:
        environment: where to read and write.
        request: what to compute again beyond what is stale.
        sources: only these emitters' files (default: all).
        listener: told of progress.

    Raises:
        SpreadError: a part of what has landed could not be loaded.
        BuildError: dbt failed; the published snapshot stays as it was, and the next run resumes.
        PublishError: the marts could not be published.
        ExportError: the files for CRM systems could not be written; the next run writes them.
    """
    listener = listener or Listener()
    seconds: dict[str, float] = {}
    with timed(seconds, "ingest"):
        landed = load(environment, sources, listener)
    with warehouse_lock(environment.home, "a refresh", listener.waiting, environment.engine):
        if is_erasing := owed.is_owed(environment.home):
            with timed(seconds, "erase"):
                loss = owed.settle(environment).loss
            if loss and listener.waiting:
                listener.waiting(loss)
        plan = make_plan(environment, request or BuildRequest())
        if listener.waiting and (found := damage(environment.home)):
            listener.waiting(found)
        built = None
        published = None
        if plan.reason is not None:
            with timed(seconds, "build"):
                built = build(environment, plan, listener.node)
        if plan.must_publish:
            with timed(seconds, "publish"):
                published = publish_build(environment, listener.publishing)
        with timed(seconds, "exports"):
            exported = refresh_files(environment.home)
        if is_erasing:
            # The old site went when it was settled: what keeps a new one from being made keeps no erasure open.
            owed.end(environment.home)
        with timed(seconds, "site"):
            site, site_problem = make_site(environment, listener.site)
    return RefreshReport(landed, plan, built, published, exported, seconds, site, site_problem)


def load(environment: Environment, sources: Sequence[str] | None, listener: Listener) -> LandingReport:
    """Load what has landed: for DuckDB here, for a Spark spread over processes, unless there is too little to divide."""
    if environment.engine is Engine.SPARK:
        new = [each for each in arrivals(environment.landing, environment.home) if sources is None or each.file.source in sources]
        if len(new) > 1:
            if listener.landing:
                listener.landing(Progress("spread over processes", 0, len(new), 0, sum(each.file.mark.size for each in new), 0))
            return load_spread(environment, processes_here(), sources, listener.waiting)
    return load_landing(environment.landing, environment.home, sources=sources, on_progress=listener.landing)


def make_plan(environment: Environment, request: BuildRequest) -> Plan:
    """Compare what a build would read with what the warehouse and the snapshot were made from. Needs the lock."""
    now = fingerprint(environment.home, DBT_PROJECT, PROFILES, engine=environment.engine)
    state = read_state(environment.home)
    provenance = read_provenance(environment.home)
    reason: str | None = None
    if state is None:
        reason = "there is no warehouse yet"
        if environment.engine is Engine.SPARK:
            # Whose tables a Spark still holds nobody knows.
            request = request.including(BuildRequest(full_refresh=True))
        elif environment.home.warehouse.exists():
            reason = "nobody knows what the warehouse was built from"
            request = request.including(BuildRequest(full_refresh=True))
    elif state.engine is not environment.engine:
        reason = f"the last build was on {state.engine}, this one is on {environment.engine}"
        request = request.including(BuildRequest(full_refresh=True))
    elif state.status is Status.BUILDING:
        reason = f"the run of {state.started_at} was not finished"
        request = request.including(state.request)
    elif state.status is Status.PARTIAL:
        reason = "only a part was built last time"
        request = request.including(state.request)
    elif not request.is_plain:
        reason = "a full refresh is asked for" if request.full_refresh else "a backfill is asked for"
    elif state.code_hash != now.code:
        reason = changed_code(state)
    elif state.fingerprint != str(now):
        reason = "there are new loads"
    # Other models must not add to tables of before, whatever else a run is about.
    if state is not None and state.code_hash != now.code:
        request = request.including(BuildRequest(full_refresh=True))
    is_shown = state is not None and provenance is not None and provenance.build_id == state.build_id
    is_finished = state is not None and state.engine is environment.engine and state.status is not Status.BUILDING
    return Plan(reason, request, now, must_publish=reason is not None or not is_shown, is_after_unfinished=not is_finished)


def changed_code(state: WarehouseState) -> str:
    """Why a build of another code is no longer good: other models, or other versions of what runs them."""
    now = engine_versions(state.engine)
    changed = [
        f"{package} is {now[package]}, was {was}" for package, was in state.versions.items() if now.get(package, was) != was
    ]
    return f"the models changed ({', '.join(changed)})" if changed else "the models changed"


def build(environment: Environment, plan: Plan, on_node: Callable[[NodeProgress], None] | None = None) -> BuildResult:
    """Run the models and the tests on their data. Needs the lock; a crash leaves the state at ``building``."""
    with recorded(environment, plan):
        try:
            return run_dbt(environment, [*BUILD, *plan.request.arguments()], on_node)
        except BuildError as error:
            if aside := set_aside_damaged(environment.home.warehouse, str(error)):
                raise BuildError(f"{error}\n{aside}", error.result) from error
            raise


@contextmanager
def recorded(environment: Environment, plan: Plan, status: Status = Status.BUILT) -> Iterator[WarehouseState]:
    """Record a build around the code that does it: ``building`` before, ``status`` only after it succeeded.

    What a killed run left in Spark's way is removed first.
    """
    state = WarehouseState.begin(str(plan.fingerprint), plan.fingerprint.code, plan.request, environment.engine)
    write_state(environment.home, state)
    if plan.is_after_unfinished and environment.engine is Engine.SPARK:
        remove_leftovers(environment)
    yield state
    write_state(environment.home, state.ended(status))


def publish_build(environment: Environment, on_progress: Callable[[int, int, str], None] | None = None) -> Publication:
    """Publish the warehouse's last build. Needs the lock.

    Raises:
        PublishError: the last build is unfinished, of a selection only, or on another engine.
    """
    state = read_state(environment.home)
    if state is None or state.status is not Status.BUILT or state.engine is not environment.engine:
        raise PublishError(
            f"The warehouse on {environment.engine} holds no finished build: run `make run` (or the refresh job) first."
        )
    provenance = Provenance(state.build_id, state.fingerprint, state.code_hash, dbt_version())
    built = built_manifest(environment, state.code_hash)
    if built and environment.engine is Engine.DUCKDB:
        drop_strangers(environment.home.warehouse, built)
    manifest = built or environment.dbt_target_path / "manifest.json"
    if not manifest.exists():
        # An erasure has removed it, and a build of Dagster's writes its own elsewhere.
        manifest = manifest_path(environment)
    date_columns = published_dates(manifest)
    on_step = (lambda step: on_progress(0, 1, step)) if on_progress else None
    try:
        with warehouse_to_publish(environment, provenance, date_columns, on_step) as warehouse:
            return publish(
                environment.home,
                provenance,
                descriptions=descriptions(manifest),
                date_columns=date_columns,
                warehouse=warehouse,
                on_progress=on_progress,
            )
    except duckdb.Error as error:
        if aside := set_aside_damaged(environment.home.warehouse, str(error)):
            raise PublishError(aside) from error
        raise


def make_site(environment: Environment, on_step: Callable[[str], None] | None = None) -> tuple[Site | None, str | None]:
    """Bring the dashboard up to the snapshot; what was made, and why it could not be made.

    A machine without Node and without a registry still has its marts: what is missing is said, and is no failure of the run.
    """
    if not is_wanted():
        return None, None
    try:
        return refresh_site(environment.home, on_step), None
    except SITE_ERRORS as error:
        return None, str(error)


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Note how long a step took, in seconds."""
    began = time.monotonic()
    yield
    seconds[step] = time.monotonic() - began
