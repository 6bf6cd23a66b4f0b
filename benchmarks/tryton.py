"""A Tryton server of one's own on SQLite and the loopback, for the delivery benchmark and the tests.

It is the real one, from PyPI (trytond, trytond-party), with nothing changed.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

DATABASE = "audience"
USER = "admin"
PASSWORD = "only on the loopback"  # pragma: allowlist secret
PATIENCE_SECONDS, PARTING_SECONDS = 60, 5


@dataclass(frozen=True)
class Tryton:
    """A server's folder and port."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        """Its database."""
        return self.folder / f"{DATABASE}.sqlite"

    def rows(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What its database says, past the server and past our own code."""
        with closing(sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(statement, parameters).fetchall()


def command(name: str) -> str:
    """A program of this interpreter's environment."""
    return str(Path(sys.executable).with_name(name))


def create_database(folder: Path) -> None:
    """Make an empty database with the module `party` in a folder.

    Raises:
        subprocess.CalledProcessError: Tryton could not; its output is on the error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{DATABASE}.sqlite").touch()
    (folder / "password").write_text(PASSWORD)
    write_configuration(folder, 1)
    arguments = ["trytond-admin", "-c", str(folder / "trytond.conf"), "-d", DATABASE]
    arguments += ["-u", "party", "--activate-dependencies", "--email", "admin@example.org", "--password"]
    subprocess.run(
        [command(arguments[0]), *arguments[1:]],
        env={**os.environ, "TRYTONPASSFILE": str(folder / "password")},
        check=True,
        capture_output=True,
    )


def write_configuration(folder: Path, port: int) -> None:
    """Its configuration file."""
    (folder / "trytond.conf").write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n[session]\nsuper_pwd =\n"
    )


@contextmanager
def running(folder: Path) -> Iterator[Tryton]:
    """The server of a folder with a database, until the end of the block.

    Raises:
        RuntimeError: it did not come up; its log lies in the folder.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    write_configuration(folder, port)
    with (folder / "trytond.log").open("wb") as log:
        process = subprocess.Popen(
            [command("trytond"), "-c", str(folder / "trytond.conf"), "-d", DATABASE],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Tryton(folder, port)
    try:
        wait_until_up(server, process)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            # It waits for connections that a client has left open, and may wait for ever.
            try:
                process.wait(PARTING_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(PATIENCE_SECONDS)


def wait_until_up(server: Tryton, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            body: Any = {"id": 1, "method": "common.server.version", "params": []}
            if requests.post(f"{server.url}/rpc/", json=body, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"Tryton did not come up: see {server.folder / 'trytond.log'}")
