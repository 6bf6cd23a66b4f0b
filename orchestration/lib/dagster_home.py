"""The folder of Dagster's run history."""

from __future__ import annotations

import os
from pathlib import Path


def prepare_dagster_home(folder: Path) -> None:
    """Make the folder of the run history; runs queue one after the other since they share one warehouse."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\nconcurrency:\n  runs:\n    max_concurrent_runs: 1\n")
    os.environ["DAGSTER_HOME"] = str(folder)
