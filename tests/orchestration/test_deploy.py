"""The files of `deploy/`, as systemd and a container's runtime read them."""

from __future__ import annotations

import json
import os
import subprocess
from configparser import ConfigParser
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
# What a part would do: write a file of its own into the home.
PART = 'umask; touch "$DAGSTER_HOME/history"'


def unit(name: str) -> ConfigParser:
    read = ConfigParser(interpolation=None, strict=False)
    read.read_string((DEPLOY / "systemd" / name).read_text())
    return read


def test_the_web_server_finds_the_sockets_of_runs_in_the_tmp_of_the_daemon() -> None:
    for each in (web_server := unit("audience-webserver.service"), unit("audience-daemon.service")):
        assert each["Service"]["PrivateTmp"] == "yes"
    assert web_server["Unit"]["JoinsNamespaceOf"] == "audience-daemon.service"


def test_what_a_container_keeps_is_its_accounts_own(tmp_path: Path) -> None:
    (entry,) = [line for line in (DEPLOY / "Containerfile").read_text().splitlines() if line.startswith("ENTRYPOINT ")]
    command = [*json.loads(entry.removeprefix("ENTRYPOINT ")), "sh", "-c", PART]
    home = tmp_path / "a home"
    started = subprocess.run(
        command,
        cwd=DEPLOY.parent,
        env={"PATH": os.environ["PATH"], "DAGSTER_HOME": str(home / "dagster")},
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (started.returncode, started.stdout) == (0, "0077\n"), started.stderr
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (home, *home.rglob("*"))}
    assert modes == {"a home": "0o700", "dagster": "0o700", "dagster.yaml": "0o600", "history": "0o600"}
