"""`python -m tests.parity.publish`: publish what dbt built for AUDIENCE_TARGET, as a run would that had built it."""

from __future__ import annotations

from orchestration.lib.environment import Environment
from orchestration.lib.state import BuildRequest, Status, WarehouseState, write_state
from orchestration.refresh import publish_build

if __name__ == "__main__":
    environment = Environment.read()
    built = WarehouseState.begin("loads:code", "code", BuildRequest(), environment.engine).ended(Status.BUILT)
    write_state(environment.home, built)
    publish_build(environment)
