"""What the marts are a function of: the committed loads and the code that reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from ingestion.home import Home
from orchestration.lib.environment import Engine, TargetError

# A new version of these may compute or store something else from the same SQL. Of a Spark elsewhere only its adapter is known here.
PACKAGES = {
    Engine.DUCKDB: ("dbt-core", "dbt-duckdb", "duckdb"),
    Engine.SPARK: ("dbt-core", "dbt-spark"),
}
UNREAD = {"target", "logs", "dbt_packages", "__pycache__"}


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of the committed loads and of the code; equal fingerprints mean equal marts."""

    loads: str
    code: str

    def __str__(self) -> str:
        return f"{self.loads}:{self.code}"


def fingerprint(
    home: Home,
    project: Path,
    profiles: Path,
    variables: Mapping[str, object] | None = None,
    engine: Engine = Engine.DUCKDB,
) -> Fingerprint:
    """The fingerprint of what a build would read now.

    Args:
        home: whose bronze.
        project: the dbt project's folder.
        profiles: the ``profiles.yml`` in force.
        variables: dbt vars given on the command line that change results.
        engine: what would run the build.
    """
    return Fingerprint(loads=loads_hash(content_ids(home)), code=code_hash(project, [profiles], variables or {}, engine))


def content_ids(home: Home) -> list[str]:
    """Content ids of all committed loads, sorted: the identity of bronze whatever its files are called."""
    manifests = home.bronze / "_manifests"
    if not any(manifests.glob("*/*.json")):
        return []
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select source || '/' || content_id
            from read_json(
                $manifests, format = 'newline_delimited',
                columns = {source: 'VARCHAR', content_id: 'VARCHAR', status: 'VARCHAR'}
            )
            where status = 'loaded'
            order by all
            """,
            {"manifests": glob_literal(manifests) + "/*/*.json"},
        ).fetchall()
    return [row[0] for row in rows]


def glob_literal(folder: Path) -> str:
    """A folder's path with the characters that DuckDB's glob would interpret escaped."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(folder))


def loads_hash(ids: Iterable[str]) -> str:
    """Order-free hash of content ids."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]


def code_hash(project: Path, extra: Iterable[Path], variables: Mapping[str, object], engine: Engine = Engine.DUCKDB) -> str:
    """Hash of every file of the dbt project (names and bytes), the extra files, the vars and the versions of what runs it."""
    digest = hashlib.sha256()
    for path in [*project_files(project), *extra]:
        name = path.relative_to(project).as_posix() if path.is_relative_to(project) else path.name
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    digest.update(json.dumps(dict(variables), sort_keys=True, default=str).encode())
    digest.update(repr([(package, installed(package)) for package in PACKAGES[engine]]).encode())
    return digest.hexdigest()[:16]


def installed(package: str) -> str:
    """The version of a package.

    Raises:
        TargetError: it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise TargetError(f"{package} is not installed: `make venv-spark` brings what the target spark needs.") from error


def project_files(project: Path) -> list[Path]:
    """Files that dbt reads, in a stable order."""
    return sorted(
        path
        for path in project.rglob("*")
        if path.is_file() and not any(part in UNREAD or part.startswith(".") for part in path.relative_to(project).parts)
    )
