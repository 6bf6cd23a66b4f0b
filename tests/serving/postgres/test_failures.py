"""Whatever stops a publish, readers keep what they had, the message says what to do, and the next publish heals."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from adbc_driver_postgresql import dbapi

from benchmarks.postgres_server import LocalServer
from serving.postgres import server as connecting
from serving.postgres.publish import publish
from serving.postgres.server import ADVISORY_LOCK, PostgresError, PostgresLostError, Server
from tests.serving.postgres.conftest import Snapshots, Target
from tests.serving.postgres.test_swap import data_schemas

REPOSITORY = Path(__file__).parents[3]
# Messages of PostgreSQL's protocol: a letter, the length, what is said.
AUTHENTICATED = b"R" + struct.pack("!II", 8, 0)
READY = b"Z" + struct.pack("!I", 5) + b"I"
# A publisher that says how far it is, and then stands still until it is killed.
STANDS_STILL_WHILE_COPYING = """
import sys, time
import pyarrow as pa
from serving.postgres import publish as publishing
copy = publishing.Server.copy
def stand_still(server, schema, table, batches):
    def slowly():
        for batch in batches:
            yield batch.slice(0, 10)
            print("copying", flush=True)
            time.sleep(60)
    return copy(server, schema, table, pa.RecordBatchReader.from_batches(batches.schema, slowly()))
publishing.Server.copy = stand_still
publishing.publish(__import__("pathlib").Path(sys.argv[1]), sys.argv[2])
"""
STANDS_STILL_BEFORE_THE_SWAP = """
import sys, time
from serving.postgres import publish as publishing
def stand_still(*_):
    print("swapping", flush=True)
    time.sleep(60)
publishing.swap = stand_still
publishing.publish(__import__("pathlib").Path(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.parametrize(("program", "left"), [(STANDS_STILL_WHILE_COPYING, 1), (STANDS_STILL_BEFORE_THE_SWAP, 2)])
def test_a_killed_publisher_leaves_the_old_generation_and_the_next_heals(
    snapshot: Snapshots, target: Target, program: str, left: int
) -> None:
    publish(snapshot(1), target.uri)
    path = snapshot(2)
    command = [sys.executable, "-c", program, str(path), target.uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": "."}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() in {b"copying\n", b"swapping\n"}
        process.send_signal(signal.SIGKILL)
    assert target.psql("select generation from _meta.publication").strip() == "1"
    assert target.psql("select distinct version from core.dim_campaign").strip() == "1"
    while (
        target.psql(f"select count(*) from pg_stat_activity where application_name = '{connecting.APPLICATION}'").strip() != "0"
    ):
        time.sleep(0.05)
    assert len(data_schemas(target)) == left
    assert publish(path, target.uri).is_new
    assert target.psql("select distinct version from core.dim_campaign").strip() == "2"
    assert len(data_schemas(target)) == 1


def test_a_server_that_restarts_meanwhile_is_named_and_the_next_publish_heals(
    snapshot: Snapshots, target: Target, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(snapshot(1), target.uri)
    path, copy = snapshot(2), Server.copy

    def restart_meanwhile(self: Server, schema: str, table: str, batches: pa.RecordBatchReader) -> int:
        def interrupted() -> Iterator[pa.RecordBatch]:
            server.control("restart", "-m", "immediate")
            yield from batches

        return copy(self, schema, table, pa.RecordBatchReader.from_batches(batches.schema, interrupted()))

    with monkeypatch.context() as patch:
        patch.setattr(Server, "copy", restart_meanwhile)
        with pytest.raises(PostgresLostError, match=r"went away while copying .*publish again"):
            publish(path, target.uri)
    assert target.psql("select generation from _meta.publication").strip() == "1"
    assert publish(path, target.uri).is_new
    assert target.psql("select generation from _meta.publication").strip() == "2"
    assert len(data_schemas(target)) == 1


def test_one_publisher_at_a_time(snapshot: Snapshots, target: Target) -> None:
    path, told, done = snapshot(1), [], []
    with dbapi.connect(target.uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"select pg_advisory_lock({ADVISORY_LOCK})")
        publisher = threading.Thread(target=lambda: done.append(publish(path, target.uri, on_wait=told.append)))
        publisher.start()
        while not told:
            time.sleep(0.01)
        assert data_schemas(target) == []
    publisher.join()
    assert told == ["Waiting for another publisher of this database."]
    assert done[0].is_new


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://audience:s3cr%2Ft@127.0.0.1:1/marts",  # pragma: allowlist secret
        "postgresql://audience:s3cr/t@127.0.0.1:port/marts",
        "host=127.0.0.1 port=1 user=audience password='s3cr/t' dbname=marts",  # pragma: allowlist secret
        "postgresql://audience@127.0.0.1:1/marts?password=s3cr%2Ft&sslmode=bad",
    ],
)
def test_an_unreachable_server_is_named_without_its_password(snapshot: Snapshots, uri: str) -> None:
    with pytest.raises(PostgresLostError, match="PostgreSQL cannot be reached: ") as caught:
        publish(snapshot(1), uri)
    assert "AUDIENCE_POSTGRES" in str(caught.value)
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


def greet_and_hang_up(listener: socket.socket) -> None:
    """Let a client in without a password and close at its first question, as a server that is shut down at that moment does."""
    client, _ = listener.accept()
    with client:
        client.recv(4096)
        client.sendall(AUTHENTICATED + READY)
        client.recv(4096)


def test_a_server_that_goes_away_while_it_is_greeted_is_no_unreadable_uri(snapshot: Snapshots) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeter = threading.Thread(target=greet_and_hang_up, args=(listener,))
        greeter.start()
        port = listener.getsockname()[1]
        uri = f"postgresql://role:s3cr-t@127.0.0.1:{port}/marts?sslmode=disable&gssencmode=disable"  # pragma: allowlist secret
        with pytest.raises(PostgresLostError, match="server closed the connection") as caught:
            publish(snapshot(1), uri)
        greeter.join()
    assert "cannot be read" not in str(caught.value)
    assert "s3cr" not in str(caught.value)


def test_a_missing_permission_names_the_grant(snapshot: Snapshots, target: Target) -> None:
    role = f"weak_{target.database}"
    target.psql(f"create role {role} login")
    path = snapshot(1)
    with pytest.raises(PostgresError, match=r"permission denied for database(.|\n)*grant create on database"):
        publish(path, target.server.uri(target.database, role))
    target.psql(f"grant create on database {target.database} to {role}")
    assert publish(path, target.server.uri(target.database, role)).is_new


def test_a_database_in_another_encoding_is_refused(snapshot: Snapshots, server: LocalServer) -> None:
    server.psql("create database latin encoding 'LATIN1' template template0")
    with pytest.raises(PostgresError, match=r"latin is encoded in LATIN1.*encoding 'UTF8'"):
        publish(snapshot(1), server.uri("latin"))


def test_a_full_disk_is_said(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1), target.uri)
    # The server itself raises, in the middle of a publish, the error that it raises where a disk is full.
    target.psql(
        "create function full_disk() returns event_trigger language plpgsql as "
        "$$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;"
        "create event trigger full_disk on ddl_command_end when tag in ('CREATE INDEX', 'CREATE TABLE') execute function full_disk()"
    )
    with pytest.raises(PostgresError, match="The server's disk is full"):
        publish(snapshot(2), target.uri)
    assert target.psql("select generation from _meta.publication").strip() == "1"
    assert len(data_schemas(target)) == 1
