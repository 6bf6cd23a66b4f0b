"""The whole look, area by area: what breaks one is told and hides no other."""

from __future__ import annotations

import os
from collections.abc import Callable

from orchestration.doctor.findings import Area, Diagnosis
from orchestration.doctor.lake import examine_lake
from orchestration.doctor.published import examine_exports, examine_site, examine_snapshot
from orchestration.doctor.settings import CREDENTIALS, examine_environment, examine_versions
from orchestration.doctor.upkeep import examine_disk, examine_privacy, examine_runs
from orchestration.doctor.warehouse import examine_warehouse
from orchestration.lib.environment import Environment


def diagnose(environment: Environment) -> Diagnosis:
    """Look at everything; nothing is changed, and no lock is waited for."""
    home = environment.home
    diagnosis = Diagnosis(str(home.root), CREDENTIALS.sub("***@", environment.landing))
    if not home.root.exists():
        area = Area("home")
        area.note(f"There is no {home.root} yet.", "make run, or name another AUDIENCE_HOME")
        diagnosis.areas.append(area)
    add(diagnosis, "versions", examine_versions)
    lake = add(diagnosis, "lake", lambda: examine_lake(environment))
    add(diagnosis, "warehouse", lambda: examine_warehouse(environment))
    add(diagnosis, "snapshot", lambda: examine_snapshot(home))
    add(diagnosis, "exports", lambda: examine_exports(home))
    add(diagnosis, "dashboard", lambda: examine_site(home))
    add(diagnosis, "privacy", lambda: examine_privacy(home))
    add(diagnosis, "last runs", lambda: examine_runs(environment))
    landed = sum(int(row["bytes landed"]) for row in lake.rows.get("sources", []))
    add(diagnosis, "disk", lambda: examine_disk(environment, landed))
    add(diagnosis, "environment variables", lambda: examine_environment(os.environ))
    return diagnosis


def add(diagnosis: Diagnosis, name: str, examine: Callable[[], Area]) -> Area:
    """Examine an area; what it could not look into is a finding of its own."""
    try:
        area = examine()
    except Exception as error:
        area = Area(name)
        area.problem(
            f"It could not be examined: {type(error).__name__}: {error}", "mend what the message names, then make doctor"
        )
    diagnosis.areas.append(area)
    return area
