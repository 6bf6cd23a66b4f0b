"""The files of `deploy/`, as systemd reads them."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def unit(name: str) -> ConfigParser:
    read = ConfigParser(interpolation=None, strict=False)
    read.read_string((DEPLOY / "systemd" / name).read_text())
    return read


def test_the_web_server_finds_the_sockets_of_runs_in_the_tmp_of_the_daemon() -> None:
    for each in (web_server := unit("audience-webserver.service"), unit("audience-daemon.service")):
        assert each["Service"]["PrivateTmp"] == "yes"
    assert web_server["Unit"]["JoinsNamespaceOf"] == "audience-daemon.service"
