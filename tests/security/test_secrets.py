"""A secret is shown nowhere: not in what commands say, not in logs, not in any file of the home, whatever fails."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.identity import PrivacyKeyError, privacy_key
from ingestion.keeping import open_places
from orchestration.lib.environment import Environment
from serving.api.cursors import CursorSigner
from serving.api.tokens import TokensError
from serving.crm.deliveries.config import ConfigError, read_config
from tests.serving.crm.conftest import Office

REPOSITORY = Path(__file__).parents[2]
LINE = '{"event_id":"a","event_type":"play","occurred_at":"2026-10-05T12:00:00Z","device_id":"d","user_id":"u","video_id":"v"}\n'
# Every variable and file that may hold one, each a text that stands nowhere else.
VARIABLES = {
    "AUDIENCE_PRIVACY_KEY": "planted-privacy-key-1f7d",
    "AUDIENCE_POSTGRES": "postgresql://audience:planted-postgres-2c9a@127.0.0.1:9/marts",  # pragma: allowlist secret
    "PGPASSWORD": "planted-pgpassword-3b8e",  # pragma: allowlist secret
    "PLANTED_TOKEN": "planted-crm-token-4d6f",
    "AWS_SECRET_ACCESS_KEY": "planted-aws-5e5c",  # pragma: allowlist secret
}
FILED = "planted-file-secret-6a4b"
SECRETS = [value.rpartition(":")[2].partition("@")[0] if "://" in value else value for value in VARIABLES.values()] + [FILED]
DELIVERIES = """
destinations:
  sales: {type: hubspot, token: {env: PLANTED_TOKEN}, url: "http://127.0.0.1:9"}
  hook: {type: webhook, url: "http://127.0.0.1:9/hook", secret: {file: %s}}
  crm: {type: salesforce, url: "http://127.0.0.1:9", access_token: {env: PLANTED_TOKEN}}
"""
REFRESH = ("orchestration", "refresh")
COMMANDS = (
    ("ingestion", "load"),
    REFRESH,
    ("serving.postgres", "publish"),
    ("serving.crm", "deliver"),
    ("serving.crm", "status", "sales"),
    ("serving.api", "tokens", "list"),
)


def said_by(command: tuple[str, ...], environment: dict[str, str]) -> str:
    """What a command says, and how it ends."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return f"{done.returncode}\n{done.stdout}\n{done.stderr}"


class Echo(BaseHTTPRequestHandler):
    """Refuses everything, and says what it was sent."""

    def do_POST(self) -> None:
        body = f"not for you: {self.headers}".encode()
        self.send_response(401)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PATCH = do_POST  # noqa: N815  as http.server names them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def echoing_server() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_secret_stands_in_what_is_said_or_written_while_everything_fails(tmp_path: Path):
    home = tmp_path / "home"
    (home / "landing" / "native").mkdir(parents=True)
    (home / "landing" / "native" / "a.ndjson").write_text(LINE + "nope\n")
    secret = tmp_path / "hook"
    secret.write_text(FILED)
    secret.chmod(0o600)
    # Somebody to deliver, to a server that says everything it was sent to whoever reads its refusal.
    office = Office(Home(home))
    office.contact("a", email="ann@example.org")
    office.publish()
    environment = {**os.environ, **VARIABLES, "AUDIENCE_HOME": str(home), "LANDING": str(home / "landing"), "AUDIENCE_SITE": "off",
                   "AUDIENCE_PSEUDONYMISE": "1",  "DAGSTER_DISABLE_TELEMETRY": "yes"}  # fmt: skip
    with echoing_server() as address:
        (home / "deliveries.yml").write_text(DELIVERIES.replace("http://127.0.0.1:9", address) % secret)
        said = {command: said_by(command, environment) for command in COMMANDS if command != REFRESH}
    # dbt cannot open the warehouse.
    said[REFRESH] = said_by(REFRESH, {**environment, "AUDIENCE_MEMORY_LIMIT": "no number"})
    failed = [command for command, text in said.items() if not text.startswith("0\n")]
    assert {("orchestration", "refresh"), ("serving.postgres", "publish"), ("serving.crm", "deliver")} <= set(failed)
    assert "127.0.0.1" in said["serving.postgres", "publish"], "the server was not asked for"
    assert said["serving.crm", "deliver"].count("401") >= 2, "nobody was refused"
    assert [(command, found) for command, text in said.items() for found in SECRETS if found in text] == []
    written = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert len(written) > 10
    assert [(path, found) for path, content in written.items() for found in SECRETS if found.encode() in content] == []


def test_an_address_with_a_password_is_refused_without_showing_it(tmp_path):
    location = "ftp://uploader:planted-landing-7c3d@127.0.0.1:9/logs"  # pragma: allowlist secret
    for address in (location, f"simplecache::{location}"):
        with pytest.raises(ValueError, match="set FSSPEC_FTP_PASSWORD") as refused:
            Environment.read({"LANDING": address, "AUDIENCE_HOME": str(tmp_path)})
        assert "planted" not in str(refused.value)
    environment = {**os.environ, "AUDIENCE_HOME": str(tmp_path), "LANDING": location}
    for command in (("orchestration", "refresh"), ("orchestration", "check"), ("ingestion", "load")):
        said = said_by(command, environment)
        assert said.startswith("2\n"), said
        assert "FSSPEC_FTP_PASSWORD" in said
        assert "planted" not in said


# --- files of secrets ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o606])
def test_a_file_of_a_secret_that_others_may_read_is_refused_with_the_remedy(tmp_path, mode):
    home = Home(tmp_path / "home")
    key = privacy_key(home)
    CursorSigner.of_installation(home.api)
    secret = tmp_path / "hook"
    secret.write_text(FILED)
    (home.root / "deliveries.yml").write_text(DELIVERIES % secret)
    for path in (home.privacy / "key", home.api / "cursor.key", secret):
        path.chmod(mode)
    with pytest.raises(PrivacyKeyError, match="chmod 600"):
        privacy_key(home)
    with pytest.raises(TokensError, match="delete it"):
        CursorSigner.of_installation(home.api)
    with pytest.raises(ConfigError, match="chmod 600") as refused:
        read_config(home)["hook"].secret.read()
    assert FILED not in str(refused.value)
    for path in (home.privacy / "key", home.api / "cursor.key", secret):
        path.chmod(0o600)
    assert privacy_key(home) == key
    assert read_config(home)["hook"].secret.read() == FILED


def test_a_file_of_a_secret_in_the_repository_is_refused(tmp_path):
    home = Home(tmp_path)
    (tmp_path / "deliveries.yml").write_text(DELIVERIES % (REPOSITORY / "hook.secret"))
    with pytest.raises(ConfigError, match="lies in the repository: keep secrets outside of it"):
        read_config(home)


# --- who reads what is written ---------------------------------------------------------------------------------------------------


def test_what_a_command_writes_is_its_accounts_own(tmp_path):
    home = tmp_path / "home"
    landing = tmp_path / "landing" / "native"
    landing.mkdir(parents=True)
    (landing / "a.ndjson").write_text(LINE + "nope\n")
    before = os.umask(0o022)
    try:
        said = said_by(("ingestion", "load"), {**os.environ, "AUDIENCE_HOME": str(home), "LANDING": str(landing.parent)})
    finally:
        os.umask(before)
    assert said.startswith("0\n"), said
    modes = {path: oct(path.stat().st_mode & 0o777) for path in (home, *home.rglob("*"))}
    assert set(modes.values()) == {"0o700", "0o600"}, modes


def test_the_folders_of_a_cluster_are_its_accounts_own(tmp_path):
    if shutil.which("java") is None:
        pytest.skip("no java: a cluster makes no folder without it")
    home = tmp_path / "home"
    before = os.umask(0o022)
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            said = said_by(("cluster", "start"), {**os.environ, "AUDIENCE_HOME": str(home), "AUDIENCE_CLUSTER_PORT": port})
    finally:
        os.umask(before)
    assert f"Port {port}" in said
    modes = {path: oct(path.stat().st_mode & 0o777) for path in (home, *home.rglob("*"))}
    assert home / "spark" / "warehouse" in modes
    assert set(modes.values()) == {"0o700", "0o600"}, modes


def test_a_home_of_before_that_others_may_read_is_told(tmp_path):
    home = Home(tmp_path / "home")
    for folder in (home.bronze, home.published, home.site):
        folder.mkdir(parents=True)
    (home.root / "deliveries.yml").touch()
    for path in (home.root, home.bronze, home.site):
        path.chmod(0o755)
    home.published.chmod(0o700)
    (home.root / "deliveries.yml").chmod(0o644)
    assert open_places(home) == [home.bronze, home.root / "deliveries.yml"]
    home.root.chmod(0o700)
    assert open_places(home) == []
