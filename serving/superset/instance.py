"""A Superset in a folder: its database, secret key and password, run from an environment of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = Path(__file__).with_name("assets")
SETTINGS = Path(__file__).with_name("superset_config.py")
# Made by `make superset`; AUDIENCE_SUPERSET_VENV names another.
ENVIRONMENT = REPOSITORY / ".venv-superset"
# What is installed there.
LOCK = REPOSITORY / "requirements-superset.lock"
ADMIN = "admin"
LOG_TAIL = 2_000


class SupersetError(RuntimeError):
    """Superset cannot be set up; the message says what to do."""


@dataclass(frozen=True)
class Instance:
    """Superset with everything it writes in one folder, which only its owner can read."""

    folder: Path

    @property
    def program(self) -> Path:
        """Superset's own command."""
        return Path(os.environ.get("AUDIENCE_SUPERSET_VENV") or ENVIRONMENT) / "bin" / "superset"

    @property
    def password_file(self) -> Path:
        """Where the password of the one user lies."""
        return self.folder / "admin_password"

    def environment(self) -> dict[str, str]:
        """Variables that Superset runs with: nothing of this process's Python, and no telemetry."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SUPERSET", "FLASK"))}
        return kept | {
            "SUPERSET_HOME": str(self.folder),
            "SUPERSET_CONFIG_PATH": str(SETTINGS),
            "FLASK_APP": "superset",
            "SCARF_ANALYTICS": "false",
            "PATH": f"{self.program.parent}{os.pathsep}{os.environ['PATH']}",
        }

    def set_up(self) -> None:
        """Make the folder, its secrets, its database and its user, or bring them up to date.

        Raises:
            SupersetError: Superset is not installed, or one of its commands failed.
        """
        if not self.program.exists():
            raise SupersetError(f"There is no Superset at {self.program}: `make superset` installs it.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        keep_secret(self.folder / "secret_key", 42)
        password = keep_secret(self.password_file, 18)
        marker = self.folder / "set_up_with"
        # Another release under the same path brings its database up to date.
        wanted = f"{self.program}\n{sha256(LOCK.read_bytes()).hexdigest()}\n"
        if marker.exists() and marker.read_text() == wanted:
            return
        self.run("db", "upgrade")
        # A user that is there stays; the password is then set to that of the file.
        names = ("--username", ADMIN, "--firstname", "Audience", "--lastname", "Admin", "--email", "admin@localhost")
        # By the environment: a command line can be read by everybody on the machine.
        self.run("fab", "create-admin", *names, variables={"FLASK_FAB_CREATE_ADMIN_PASSWORD": password})
        self.run("fab", "reset-password", "--username", ADMIN, variables={"FLASK_FAB_RESET_PASSWORD_PASSWORD": password})
        self.run("init")
        marker.write_text(wanted)

    def import_assets(self, uri: str) -> None:
        """Import databases, datasets, charts and dashboards over what is there, with the marts at a SQLAlchemy URI.

        Raises:
            SupersetError: Superset refused one of them.
        """
        aside = self.folder / "assets"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(ASSETS, aside)
        try:
            for file in (aside / "databases").iterdir():
                database = yaml.safe_load(file.read_text())
                file.write_text(yaml.safe_dump({**database, "sqlalchemy_uri": uri}))
            self.run("import-directory", "--overwrite", str(aside))
        finally:
            # The URI may hold a password; Superset keeps it encrypted.
            shutil.rmtree(aside)

    def serve_command(self, port: int) -> list[str]:
        """The command line of its web server, on this machine only."""
        return [str(self.program), "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"]

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        """Run one of Superset's commands.

        Raises:
            SupersetError: it failed; the message ends with what it said last.
        """
        command = [str(self.program), *arguments]
        environment = {**self.environment(), **(variables or {})}
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stdout + done.stderr)[-LOG_TAIL:]
            raise SupersetError(f"`superset {arguments[0]}` failed:\n{said}")


def keep_secret(path: Path, size: int) -> str:
    """The secret in a file that only its owner reads; made where there is none."""
    if not path.exists():
        aside = path.with_suffix(".new")
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(size))
        aside.rename(path)
    return path.read_text().strip()
