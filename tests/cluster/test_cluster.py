"""The commands around a cluster: what is wrong is said before anything starts, and nobody else's process is ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import commands, standalone
from cluster.processes import Process, began_at
from cluster.settings import ClusterError, Places, Sizes
from cluster.standalone import Cluster
from ingestion.home import Home


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_named_with_the_variable_to_change(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "check_java", lambda: None)
    cluster = Cluster(Home(tmp_path), Sizes.read({"AUDIENCE_CLUSTER_PORT": str(taken)}))
    with pytest.raises(ClusterError, match=rf"Port {taken} .*AUDIENCE_CLUSTER_PORT"):
        cluster.start(lambda text: None)
    assert not any(part.pid for part in cluster.status())


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ClusterError, match="install a JDK"):
        commands.check_java()


@pytest.mark.parametrize(("name", "value"), [("AUDIENCE_CLUSTER_WORKERS", "0"), ("AUDIENCE_CLUSTER_EXECUTOR_MEMORY", "much")])
def test_a_wrong_size_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ClusterError, match=f"{name}.*{value}"):
        Sizes.read({name: value})


def test_a_process_that_dies_while_it_starts_is_told_with_its_last_words(tmp_path: Path) -> None:
    process = Process(tmp_path, "worker-1")
    process.start([sys.executable, "-c", "print('no room'); raise SystemExit(1)"], os.environ)
    with pytest.raises(ClusterError, match=r"worker-1 died[\s\S]*no room"):
        process.await_it(lambda: False, 30)


def test_stopping_ends_what_was_started_with_its_children_and_nobody_elses(tmp_path: Path) -> None:
    process = Process(tmp_path, "master")
    process.start(["sh", "-c", "sleep 600 & wait"], os.environ)
    pid = process.pid()
    assert pid is not None
    children = subprocess.run(["ps", "-o", "pid=", "-g", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    assert process.end()
    assert not any(began_at(int(child)) for child in children)
    # An id that has passed to another process is not ours: this test's own, noted with another beginning.
    process.note.write_text(f'{{"pid": {os.getpid()}, "began": "long ago"}}')
    assert process.pid() is None
    assert not process.end()


def test_a_thrift_server_that_is_merely_slow_is_waited_for_and_not_started_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        cluster = Cluster(Home(tmp_path), Sizes.read({"SPARK_THRIFT_PORT": str(closed.getsockname()[1])}))
        thrift = cluster.process("thrift")
        thrift.start(["sleep", "600"], os.environ)
        before = thrift.pid()
        monkeypatch.setattr(standalone, "THRIFT_WITHIN_SECONDS", 1.0)
        try:
            with pytest.raises(ClusterError, match="not ready after 1 s"):
                cluster.start_thrift(lambda text: None)
            assert thrift.pid() == before
        finally:
            assert thrift.end()


def test_nothing_listens_beyond_this_machine(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed: there is no command to look at")
    home, sizes = Home(tmp_path), Sizes.read({})
    variables = commands.process_environment(Places.of(home))
    assert variables["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert "-Dspark.master.rest.enabled=false" in variables["SPARK_MASTER_OPTS"]
    for command in (
        commands.master(sizes), commands.worker(Places.of(home), sizes, 1), commands.cluster_thrift_server(Places.of(home), sizes)
    ):  # fmt: skip
        assert "127.0.0.1" in " ".join(command)
        assert "0.0.0.0" not in " ".join(command)


def test_the_heap_of_the_driver_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_DAEMON_MEMORY", "300m")
    pytest.importorskip("pyspark", reason="pyspark is not installed: there is no command to look at")
    places = Places.of(Home(tmp_path))
    assert commands.process_environment(places)["SPARK_DAEMON_MEMORY"] == "512m"
    assert "SPARK_DAEMON_MEMORY" not in commands.process_environment(places, is_driver=True)
