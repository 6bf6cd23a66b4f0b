"""The environment as a Dagster resource, so that a test or a deployment can put another in its place."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from ingestion.home import Home
from orchestration.lib.environment import Environment


class AudienceResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where runs read and write; all absolute."""

    home: str
    landing: str
    is_demo: bool = False
    target: str = "dev"

    @classmethod
    def of(cls, environment: Environment) -> AudienceResource:
        """The resource of an environment."""
        return cls(
            home=str(environment.home.root),
            landing=environment.landing,
            is_demo=environment.is_demo,
            target=environment.target,
        )

    def environment(self) -> Environment:
        """The environment, exported to this process and its children."""
        environment = Environment(Home(Path(self.home)), self.landing, self.is_demo, self.target)
        environment.export()
        return environment
