"""Readers see one generation, whole; what belongs to them outlives a publish; what is personal stays away."""

import threading
import time

import pytest
from adbc_driver_postgresql import dbapi

from serving.postgres import swap as swapping
from serving.postgres.publish import publish
from serving.postgres.server import PostgresError
from tests.serving.postgres.conftest import KEYS, Snapshots, Target

PUBLISHES = 5
BOTH = ("select min(version), max(version) from core.dim_campaign", "select min(version), max(version) from quality.load")


def views(target: Target) -> set[str]:
    said = target.psql(
        "select schemaname || '.' || viewname from pg_views where schemaname not in ('pg_catalog', 'information_schema')"
    )
    return set(said.split())


def data_schemas(target: Target) -> list[str]:
    return target.psql("select nspname from pg_namespace where nspname like 'audience_data_%'").split()


def read_both(target: Target, stop: threading.Event, isolation: str, seen: list[set[int]], failures: list[str]) -> None:
    """Read two tables in one transaction, again and again; what versions each transaction saw."""
    with dbapi.connect(target.uri, autocommit=True) as connection, connection.cursor() as cursor:
        while not stop.is_set():
            try:
                cursor.execute(f"begin isolation level {isolation}")
                versions = set()
                for query in BOTH:
                    cursor.execute(query)
                    versions.update(cursor.fetchall()[0])
                    time.sleep(0.002)
                cursor.execute("commit")
                seen.append(versions)
            except Exception as error:
                failures.append(str(error))
                return


def test_readers_never_see_a_mix_of_generations(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1), target.uri)
    stop, seen, failures = threading.Event(), [], []
    readers = [
        threading.Thread(target=read_both, args=(target, stop, isolation, seen, failures))
        for isolation in ("read committed", "read committed", "repeatable read")
    ]
    for reader in readers:
        reader.start()
    for version in range(2, 2 + PUBLISHES):
        assert publish(snapshot(version), target.uri).is_new
    time.sleep(0.1)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert [versions for versions in seen if len(versions) != 1] == []
    assert {version for versions in seen for version in versions} == set(range(1, 2 + PUBLISHES))


def test_a_publish_waits_for_a_long_reader_and_holds_up_no_other(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1), target.uri)
    path, told, done = snapshot(2), [], []
    with dbapi.connect(target.uri) as connection, connection.cursor() as cursor:
        cursor.execute(BOTH[0])
        publisher = threading.Thread(target=lambda: done.append(publish(path, target.uri, on_wait=told.append)))
        publisher.start()
        while not told:
            time.sleep(0.01)
        began = time.monotonic()
        assert target.psql("select version from quality.load").strip() == "1"
        assert time.monotonic() - began < 2
        cursor.execute(BOTH[1])
        assert cursor.fetchall() == [(1, 1)]
        assert done == []
    publisher.join()
    assert "Waiting for readers to finish: process " in told[0]
    assert target.psql("select version from quality.load").strip() == "2"


def test_readers_that_never_let_go_are_named(snapshot: Snapshots, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(snapshot(1), target.uri)
    monkeypatch.setattr(swapping, "PATIENCE_SECONDS", 0.1)
    with dbapi.connect(target.uri) as connection, connection.cursor() as cursor:
        cursor.execute("set application_name = 'metabase'")
        cursor.execute(BOTH[0])
        with pytest.raises(PostgresError, match=r"process \d+, metabase"):
            publish(snapshot(2), target.uri)
    assert target.psql("select version from quality.load").strip() == "1"


def test_tables_about_people_are_absent_unless_asked_for(snapshot: Snapshots, target: Target) -> None:
    secret = "create or replace table quality.rejected_event as select 'a name' as raw_text"
    done = publish(snapshot(1, secret), target.uri)
    assert done.left_out == 2
    assert views(target) & {"core.fct_view", "quality.rejected_event"} == set()
    assert target.psql("select table_name from _meta.published_table order by 1").split() == ["dim_campaign", "load"]
    assert target.psql("select distinct table_name from _meta.published_column order by 1").split() == ["dim_campaign", "load"]
    publish(snapshot(2), target.uri, include_personal=True)
    assert {"core.fct_view", "quality.rejected_event"} <= views(target)
    # What somebody no longer wants there is gone with the next publish, its data too.
    publish(snapshot(3), target.uri)
    assert views(target) & {"core.fct_view", "quality.rejected_event"} == set()
    assert target.psql("select count(*) from pg_class where relname like '%fct_view%'").strip() == "0"


def test_the_same_snapshot_again_is_nothing_to_do(snapshot: Snapshots, target: Target) -> None:
    path = snapshot(1)
    assert publish(path, target.uri, KEYS).is_new
    before = data_schemas(target)
    assert not publish(path, target.uri, KEYS).is_new
    assert data_schemas(target) == before
    assert publish(path, target.uri, KEYS, force=True).is_new
    assert publish(path, target.uri, KEYS, include_personal=True).is_new
    target.psql("drop view quality.load")
    assert publish(path, target.uri, KEYS, include_personal=True).is_new
    assert target.psql("select version from quality.load").strip() == "1"
    assert len(data_schemas(target)) == 1


def test_the_publication_stands_beside_the_tables(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1), target.uri)
    publish(snapshot(2), target.uri)
    assert target.psql("select generation, build_id from _meta.publication").strip() == "2|build 2"
    assert target.psql("select data_schema from _meta.postgres_publication").split() == data_schemas(target)


@pytest.fixture
def role(target: Target) -> str:
    name = f"bi_{target.database}"
    target.psql(f'create role "{name}" login')
    return name


def test_grants_and_views_of_readers_outlive_a_publish(snapshot: Snapshots, target: Target, role: str) -> None:
    publish(snapshot(1), target.uri)
    target.psql(f"grant usage on schema core, quality to {role}; grant select on core.dim_campaign to {role}")
    target.psql("create schema mine; create view mine.latest as select max(version) as version from core.dim_campaign")
    publish(snapshot(2), target.uri)
    assert target.psql("select max(version) from core.dim_campaign", role=role).strip() == "2"
    assert target.psql("select version from mine.latest").strip() == "2"
    with pytest.raises(RuntimeError, match="permission denied"):
        target.psql("select * from quality.load", role=role)
    # A column more at the end is no change to what is there.
    publish(snapshot(3, "alter table core.dim_campaign add column name varchar default 'new'"), target.uri)
    assert target.psql("select distinct version, name from core.dim_campaign", role=role).strip() == "3|new"
    assert target.psql("select version from mine.latest").strip() == "3"


def test_a_table_whose_columns_changed_keeps_its_grants(snapshot: Snapshots, target: Target, role: str) -> None:
    publish(snapshot(1), target.uri)
    target.psql(f"grant usage on schema core, quality to {role}; grant select on core.dim_campaign to {role} with grant option")
    target.psql(f"grant select (version) on quality.load to {role}")
    other = ("create or replace table core.dim_campaign as select 'a' as name, 2 as version",)
    publish(snapshot(2, *other, "create or replace table quality.load as select 'x' as path, 2 as version"), target.uri)
    assert target.psql("select name, version from core.dim_campaign", role=role).strip() == "a|2"
    assert target.psql("select version from quality.load", role=role).strip() == "2"
    with pytest.raises(RuntimeError, match="permission denied"):
        target.psql("select path from quality.load", role=role)
    assert target.psql("select is_grantable from information_schema.role_table_grants where grantee = current_user "
                       "and table_name = 'dim_campaign'", role=role).strip() == "YES"  # fmt: skip
    # A grant on a column goes with the column, and stops no publish.
    target.psql(f"grant select (path) on quality.load to {role}")
    publish(snapshot(3, "create or replace table quality.load as select 3 as version"), target.uri)
    assert target.psql("select version from quality.load", role=role).strip() == "3"
    publish(snapshot(4), target.uri)
    assert target.psql("select version from quality.load", role=role).strip() == "4"


def test_default_privileges_reach_new_tables(snapshot: Snapshots, target: Target, role: str) -> None:
    publish(snapshot(1), target.uri)
    target.psql(f"grant usage on schema core to {role}; alter default privileges in schema core grant select on tables to {role}")
    publish(snapshot(2, "create or replace table core.dim_campaign as select 2 as version"), target.uri, include_personal=True)
    assert target.psql("select count(*) from core.fct_view", role=role).strip() == "2000"


def test_a_view_of_somebody_that_would_break_stops_the_publish(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1), target.uri)
    target.psql("create schema mine; create view mine.latest as select max(version) as version from core.dim_campaign")
    changed = "create or replace table core.dim_campaign as select 'two' as version"
    with pytest.raises(
        PostgresError, match=r"core\.dim_campaign has other columns now, and mine\.latest reads it.*Drop what reads it"
    ):
        publish(snapshot(2, changed), target.uri)
    assert target.psql("select version from mine.latest").strip() == "1"
    assert len(data_schemas(target)) == 1
    target.psql("drop view mine.latest")
    publish(snapshot(3, changed), target.uri)
    assert target.psql("select version from core.dim_campaign").strip() == "two"


def test_what_somebody_else_made_is_never_replaced(snapshot: Snapshots, target: Target) -> None:
    target.psql("create schema core; create table core.dim_campaign as select 'mine' as whose")
    with pytest.raises(PostgresError, match=r"core\.dim_campaign: there already, and not made by this publisher"):
        publish(snapshot(1), target.uri)
    assert target.psql("select whose from core.dim_campaign").strip() == "mine"
    assert data_schemas(target) == []


def test_what_depends_on_a_private_table_is_never_dropped(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1), target.uri)
    (schema,) = data_schemas(target)
    target.psql(f'create view public.wrong as select * from {schema}."quality.load"')
    done = publish(snapshot(2), target.uri)
    assert [remark for remark in done.remarks if remark.startswith(f"{schema} stays until nothing depends on it")] != []
    assert target.psql("select version from public.wrong").strip() == "1"
    target.psql("drop view public.wrong")
    publish(snapshot(3), target.uri)
    assert len(data_schemas(target)) == 1
