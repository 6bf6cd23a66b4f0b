"""The warehouse: how far its last build came, what the next run would build, and who has it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.landing import CATALOG
from orchestration.doctor.findings import Area
from orchestration.lib.environment import DBT_PROJECT, PROFILES, Engine, Environment, TargetError
from orchestration.lib.fingerprint import content_ids, fingerprint
from orchestration.lib.locking import describe, is_locked, is_unreadable
from orchestration.lib.state import BuildRequest, Status, engine_versions, parse_state, read_state, state_path
from orchestration.refresh import make_plan


def examine_warehouse(environment: Environment) -> Area:
    """State, what the next run would do and why; of a file of DuckDB's size and lock too (what a Spark holds, Spark knows)."""
    area, home = Area("warehouse"), environment.home
    is_file = environment.engine is Engine.DUCKDB
    if is_file and not home.warehouse.exists():
        area.note("There is no warehouse: the next run builds everything.", "make run")
        return area
    if is_file:
        area.facts["bytes"] = home.warehouse.stat().st_size
    with untouched_by_runs(home.locks / "warehouse.lock") as is_free:
        examine_state(environment, area, is_at_work=not is_free)
        if is_free:
            loads = dated_loads(environment.home)
            if is_file:
                examine_file(environment, area, loads)
            if loads is None:
                area.facts["next run"] = "is refused until the lake's books can be read"
            else:
                tell_next_build(environment, area)
        else:
            area.note(f"{describe(home.locks / 'warehouse.holder.json')}; the file is not looked into meanwhile.")
    return area


@contextmanager
def untouched_by_runs(lock: Path) -> Iterator[bool]:
    """Whether no run has the warehouse; while the look lasts none begins, since two processes cannot have the file open."""
    try:
        handle = os.open(lock, os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def examine_state(environment: Environment, area: Area, *, is_at_work: bool) -> None:
    """What the record beside the warehouse says."""
    path = state_path(environment.home)
    try:
        state = parse_state(path.read_text())
    except FileNotFoundError:
        area.note(
            f"There is no {path.name}: nobody knows what the warehouse was built from; the next run builds everything.",
            "make run",
        )
        return
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        area.problem(f"{path} is damaged ({error!r}); the next run builds everything and writes it anew.", "make run")
        return
    area.facts |= {
        "status": state.status.value,
        "engine": state.engine.value,
        "build": state.build_id,
        "begun": state.started_at,
    }
    now = installed_versions(state.engine)
    for package, was in state.versions.items():
        area.facts[f"built with {package}"] = was
        if package in now and now[package] != was:
            area.note(f"It was built with {package} {was}; {now[package]} is installed.", "make run (builds everything)")
    if state.status is Status.BUILDING and not is_at_work:
        area.problem(f"The run of {state.started_at} did not finish: a model or a test failed, or it was killed.", "make run")
    elif state.status is Status.PARTIAL:
        area.note("Only a selection was built last; it is not published.", "make run")
    elif state.status is Status.BUILT:
        area.ok(f"The build of {state.started_at} is finished.")


def installed_versions(engine: Engine) -> dict[str, str]:
    """Versions of what drives an engine; none where that is not installed, as Spark's adapter on a machine that builds on DuckDB."""
    try:
        return engine_versions(engine)
    except TargetError:
        return {}


def examine_file(environment: Environment, area: Area, loads: set[str] | None) -> None:
    """Whether the file opens, what it holds, and which loads it lacks."""
    warehouse = environment.home.warehouse
    try:
        with duckdb.connect(warehouse, read_only=True) as connection:
            tables, blocks = connection.execute(
                "select (select count(*) from information_schema.tables), (select free_blocks * block_size from pragma_database_size())"
            ).fetchall()[0]
            area.facts |= {"tables and views": tables, "bytes free inside": blocks}
            built = connection.execute(
                "select source || '/' || content_id from state.built_loads where source is not null"
            ).fetchall()
    except duckdb.CatalogException:
        area.facts["loads not built"] = "unknown" if loads is None else len(loads)
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if is_unreadable(error):
            area.problem(f"{warehouse} cannot be read: {said}. The next run makes it anew from the lake.", "make run")
        elif is_locked(error):
            area.note(
                f"Another program has the warehouse open; a run would wait for it: {said}",
                "close it, and look at published/marts.duckdb instead",
            )
        else:
            area.problem(f"{warehouse} cannot be opened: {said}", "mend that, or move the file away: the next run makes it anew")
    else:
        built_ids = {each for (each,) in built}
        area.facts["loads not built"] = "unknown" if loads is None else len(loads - built_ids)


def dated_loads(home: Home) -> set[str] | None:
    """Loads that a build files by event date (the catalog is read whole by every build); None where the books cannot be read."""
    try:
        return {each for each in content_ids(home) if not each.startswith(f"{CATALOG}/")}
    except duckdb.Error:
        return None


def tell_next_build(environment: Environment, area: Area) -> None:
    """Why the next run would build, and how much."""
    state = read_state(environment.home)
    plan = make_plan(environment, BuildRequest())
    if plan.reason is None:
        area.facts["next run"] = "nothing to build" if plan.is_nothing else "publishes the finished build"
        return
    how_much = "everything" if plan.request.full_refresh or state is None else "what is stale"
    area.facts["next run"] = f"builds {how_much}, because {plan.reason}"
    now = fingerprint(environment.home, DBT_PROJECT, PROFILES, engine=environment.engine)
    if state is not None and state.status is Status.BUILT and state.code_hash != now.code:
        area.note(f"The next run builds everything, because {plan.reason}.", "make run")
    elif state is not None and state.status is Status.BUILT:
        area.note("Loads are not built yet.", "make run")


def hours_since(moment: datetime) -> float:
    """Hours from a moment (UTC, with or without zone) until now."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (datetime.now(UTC) - aware).total_seconds() / 3600
