"""What ``dagster dev`` loads: everything under ``defs/``."""

import dagster as dg

import serving  # noqa: F401  Dagster has the repository on its path only while it imports this module, not when it calls it
from ingestion.keeping import keep_private
from orchestration.lib.environment import REPOSITORY

keep_private()


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors."""
    return dg.load_from_defs_folder(path_within_project=REPOSITORY / "orchestration")
