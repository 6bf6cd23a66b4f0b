"""Metrics asked by name of a published snapshot: `make metrics`, which runs MetricFlow's `mf`.

`mf` wants a dbt project that was parsed at the place it looks at, and a profile. It gets both in a folder of its own, with the
snapshot attached read-only under the warehouse's name, so that it neither waits for a build nor makes one wait.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ingestion.home import Home
from ingestion.keeping import keep_private
from serving.generations import NothingPublishedError, published_snapshot

PROJECT_FILE = Path(__file__).resolve().parents[1] / "dbt_project" / "dbt_project.yml"


class MetricsError(RuntimeError):
    """The metrics cannot be asked for; the message says what to do."""


def prepare(folder: Path, semantic_manifest: Path, database: Path) -> Path:
    """Make a folder in which `mf` finds the project, its parsed metrics and a read-only profile; returns the folder.

    Args:
        folder: made where it is missing, its files replaced.
        semantic_manifest: what `dbt parse` wrote beside its manifest.
        database: a DuckDB file with the marts in the schemas of the warehouse.

    Raises:
        MetricsError: the project was never parsed, or there is no such database.
    """
    for needed in (semantic_manifest, database):
        if not needed.exists():
            raise MetricsError(f"There is no {needed}: run `make run` first.")
    (folder / "target").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_FILE, folder / "dbt_project.yml")
    shutil.copyfile(semantic_manifest, folder / "target" / "semantic_manifest.json")
    warehouse = {"path": str(database.resolve()), "alias": "warehouse", "read_only": True}
    output = {"type": "duckdb", "path": ":memory:", "attach": [warehouse], "settings": {"TimeZone": "UTC"}}
    profile = {"audience": {"target": "published", "outputs": {"published": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile, indent=2))  # JSON is YAML
    return folder


def ask(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run `mf` with the arguments of its command line in a prepared folder; what it says is in the result."""
    places = {name: str(folder) for name in ("DBT_PROFILES_DIR", "DBT_PROJECT_DIR")} | {"DBT_LOG_PATH": str(folder / "logs")}
    command = [str(Path(sys.executable).with_name("mf")), *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")} | places
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def main(arguments: Sequence[str]) -> int:
    """Ask the current snapshot of `AUDIENCE_HOME`; without arguments, list the metrics."""
    home = Home.from_environment()
    manifest = home.root / "dbt" / "target" / "semantic_manifest.json"
    try:
        folder = prepare(home.root / "metrics", manifest, published_snapshot(home))
    except (NothingPublishedError, MetricsError) as error:
        print(error, file=sys.stderr)
        return 1
    answer = ask(folder, list(arguments) or ["list", "metrics"])
    sys.stdout.write(answer.stdout)
    sys.stderr.write(answer.stderr)
    return answer.returncode


if __name__ == "__main__":
    keep_private()
    sys.exit(main(sys.argv[1:]))
