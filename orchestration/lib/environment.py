"""Where a run reads and writes, resolved once from the process environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from ingestion.home import Home, recipes_of
from ingestion.keeping import without_password

REPOSITORY = Path(__file__).resolve().parents[2]
DBT_PROJECT = REPOSITORY / "dbt_project"
PROFILES = REPOSITORY / "profiles.yml"
PROFILE = "audience"


class Engine(StrEnum):
    """What runs the models: DuckDB in this process, or a Spark that answers over the network."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class TargetError(ValueError):
    """There is no such target, or none that can be run; the message names those that can."""


@dataclass(frozen=True)
class Environment:
    """A home, a landing zone and a dbt target.

    ``landing`` is an absolute path or an fsspec URI; ``is_demo`` says that nobody named one, so that the simulator
    may fill it.
    """

    home: Home
    landing: str
    is_demo: bool
    target: str

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Environment:
        """From ``AUDIENCE_HOME``, ``LANDING`` and ``AUDIENCE_TARGET``; relative paths are taken from the working directory."""
        variables = os.environ if variables is None else variables
        home = Home(Path(variables.get("AUDIENCE_HOME") or "var").expanduser().resolve())
        named = variables.get("LANDING", "")
        return cls(
            home=home,
            landing=absolute(named) if named else str(home.landing),
            is_demo=not named,
            target=variables.get("AUDIENCE_TARGET") or "dev",
        )

    @property
    def engine(self) -> Engine:
        """The engine of the target, as ``profiles.yml`` says it.

        Raises:
            TargetError: the profile has no such target, or its engine is none of `Engine`.
        """
        targets = yaml.safe_load(PROFILES.read_text())[PROFILE]["outputs"]
        usable = [name for name, target in targets.items() if target["type"] in {each.value for each in Engine}]
        if self.target not in usable:
            raise TargetError(f"AUDIENCE_TARGET is {self.target!r}; profiles.yml has the targets {', '.join(usable)}.")
        return Engine(targets[self.target]["type"])

    def export(self) -> None:
        """Hand the absolute values to this process and its children: dbt runs from another folder than its caller."""
        os.environ["AUDIENCE_HOME"] = str(self.home.root)
        os.environ["LANDING"] = self.landing
        os.environ["AUDIENCE_TARGET"] = self.target
        if os.environ.get("AUDIENCE_RECIPES"):
            os.environ["AUDIENCE_RECIPES"] = str(recipes_of(self.home))

    @property
    def dbt_target_path(self) -> Path:
        """Compiled SQL, manifest and the parse cache; one per home, so that two homes never share a cache."""
        return self.home.root / "dbt" / "target"

    @property
    def dagster_target_path(self) -> Path:
        """The same of the builds that Dagster runs, which parse for themselves."""
        return self.home.root / "dbt" / "dagster"

    @property
    def dbt_log_path(self) -> Path:
        """Folder of ``dbt.log``."""
        return self.home.root / "dbt" / "logs"

    @property
    def dagster_home(self) -> Path:
        """Run history of the Dagster UI."""
        return self.home.root / "dagster"


def absolute(location: str) -> str:
    """A path made absolute; a URI as it is.

    Raises:
        ValueError: the URI holds a password.
    """
    return without_password(location, "LANDING") if "://" in location else str(Path(location).expanduser().resolve())
