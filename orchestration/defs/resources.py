"""Resources, in a file of their own: ``@dg.definitions`` beside module-level assets would lose the assets."""

import sys
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.lib.environment import Environment
from orchestration.lib.project import dbt_project
from orchestration.lib.resources import AudienceResource

# The one beside this Python: a virtual environment need not be activated to be used.
DBT = str(Path(sys.executable).with_name("dbt"))


@dg.definitions
def resources() -> dg.Definitions:
    """``audience``: where to read and write. ``dbt``: the command line of the project."""
    return dg.Definitions(
        resources={
            "audience": AudienceResource.of(Environment.read()),
            "dbt": DbtCliResource(project_dir=dbt_project(), dbt_executable=DBT),
        }
    )
