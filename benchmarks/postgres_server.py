"""A PostgreSQL server of one's own, on a Unix socket in a scratch folder, from the binaries of the machine."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

DEBIAN = Path("/usr/lib/postgresql")
# The superuser of the cluster, and the account that runs it where root may not.
OWNER = "postgres"
PATIENCE_SECONDS = 60


class NoPostgresError(RuntimeError):
    """There is no PostgreSQL server on this machine; the message says how to get one."""


def binaries() -> Path:
    """The folder of the newest PostgreSQL server's programs.

    Raises:
        NoPostgresError: none is installed.
    """
    versions = sorted(
        (path for path in DEBIAN.glob("*/bin") if (path / "initdb").exists()), key=lambda path: float(path.parent.name)
    )
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    if found is None:
        raise NoPostgresError("There is no PostgreSQL server on this machine (Debian: apt-get install postgresql).")
    return Path(found).resolve().parent


@dataclass(frozen=True)
class LocalServer:
    """A running server: its programs and its folder, in which the socket lies too."""

    programs: Path
    folder: Path

    def uri(self, database: str = "postgres", role: str = OWNER) -> str:
        """libpq URI of one of its databases."""
        return f"postgresql:///{database}?{urlencode({'host': self.folder, 'user': role})}"

    def psql(self, statement: str, database: str = "postgres", arguments: Sequence[str] = (), role: str = OWNER) -> str:
        """What psql says to a statement; fails with it."""
        command = [str(self.programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.uri(database, role), *arguments]
        environment = {"PATH": os.environ["PATH"], "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8"}
        done = subprocess.run([*command, "-c", statement], env=environment, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()

    def control(self, action: str, *arguments: str) -> None:
        """``pg_ctl start``, ``stop`` or ``restart``."""
        command = [str(self.programs / "pg_ctl"), action, "-D", str(self.folder / "data"), "-w", *arguments]
        as_owner([*command, "-l", str(self.folder / "log")])


def as_owner(command: Sequence[str]) -> None:
    """Run one of the server's programs, as somebody else where root may not.

    Raises:
        RuntimeError: it failed; the message is what it said.
    """
    account = OWNER if os.geteuid() == 0 else None
    done = subprocess.run(
        command,
        user=account,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


@contextmanager
def local_server(settings: Mapping[str, str] | None = None) -> Iterator[LocalServer]:
    """Start a server in a new folder, and remove both at the end.

    Args:
        settings: of postgresql.conf.

    Raises:
        NoPostgresError: there are no programs, or root has no other account to run them.
    """
    programs = binaries()
    # Not below a folder of the caller's: another account has to reach it, and a socket's path has 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="audience-pg-"))
    server = LocalServer(programs, folder)
    try:
        if os.geteuid() == 0:
            try:
                shutil.chown(folder, pwd.getpwnam(OWNER).pw_uid)
            except KeyError:
                raise NoPostgresError(f"root may not run PostgreSQL, and there is no account {OWNER} here.") from None
        as_owner(
            [
                str(programs / "initdb"), "-D", str(folder / "data"), "-U", OWNER, "-A", "trust", "-E", "UTF8",
                "--locale=C", "--no-sync",
            ]
        )  # fmt: skip
        given = {"listen_addresses": "", "unix_socket_directories": str(folder), **(settings or {})}
        with (folder / "data" / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in given.items())
        server.control("start")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)
