"""Versions and environment variables: what this code is, what it runs on, and how it was told to behave."""

from __future__ import annotations

import difflib
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement

from orchestration.doctor.findings import Area
from orchestration.lib.environment import DBT_PROJECT, PROFILES, REPOSITORY
from orchestration.lib.fingerprint import code_hash
from serving.dashboard.node import is_new_enough
from serving.dashboard.site import is_wanted

OLDEST, BEYOND = (3, 11), (3, 14)
PLAIN = (
    "AUDIENCE_HOME", "LANDING", "AUDIENCE_MEMORY_LIMIT", "AUDIENCE_DBT_THREADS", "AUDIENCE_DELIVERIES", "AUDIENCE_RECIPES",
    "AUDIENCE_POSTGRES_PERSONAL",
    "AUDIENCE_SITE", "AUDIENCE_TARGET", "AUDIENCE_TOMBSTONES", "AUDIENCE_PSEUDONYMISE", "AUDIENCE_RETENTION_DAYS",
    "AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", "AUDIENCE_DASHBOARD_DAYS", "AUDIENCE_SUPERSET_VENV", "AUDIENCE_SUPERSET_TEST",
    "AUDIENCE_BACKUP", "AUDIENCE_HISTORY_DAYS", "AUDIENCE_FUZZ_ROUNDS", "DAGSTER_HOME", "AUDIENCE_SPARK_HOME",
    "AUDIENCE_CLUSTER_CORES", "AUDIENCE_CLUSTER_DRIVER_MEMORY", "AUDIENCE_CLUSTER_EXECUTOR_MEMORY", "AUDIENCE_CLUSTER_PAGE_PORT",
    "AUDIENCE_CLUSTER_PORT", "AUDIENCE_CLUSTER_WORKERS", "SPARK_THRIFT_HOST", "SPARK_THRIFT_PORT",
)  # fmt: skip
SECRET = ("AUDIENCE_PRIVACY_KEY", "AUDIENCE_POSTGRES", "AUDIENCE_ALERT_WEBHOOK")
"""Their values are never shown: keys, and addresses that hold a password or are one."""
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


def examine_versions() -> Area:
    """This product, Python, the packages it pins, Node and Java."""
    area = Area("versions")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    area.facts |= {
        "audience interaction analytics": project["version"],
        "code of the models": code_hash(DBT_PROJECT, [PROFILES], {}),
        "python": platform.python_version(),
    }
    if not OLDEST <= sys.version_info[:2] < BEYOND:
        area.problem(
            f"Python {platform.python_version()} is not supported (3.11 to 3.13 are).", "make venv PYTHON=/path/to/python3.12"
        )
    wrong = []
    for requirement in map(Requirement, project["dependencies"]):
        found = installed(requirement.name)
        if any(specifier.operator == "==" for specifier in requirement.specifier):
            area.facts[requirement.name] = found or "missing"
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} {found or 'is missing'} (wanted{requirement.specifier})")
    if wrong:
        area.problem(f"Packages are not those of this release: {', '.join(wrong)}.", "make venv")
    else:
        area.ok("All packages are of the versions that this release wants.")
    node, java = said_by("node", "--version"), said_by("java", "-version")
    area.facts |= {"node": node or "none", "java": java or "none"}
    if is_wanted() and not (node and is_new_enough(node)):
        area.note(
            "The dashboard is built with Node; this machine's is missing or too old, so one from PyPI is fetched when it is needed."
        )
    if os.environ.get("AUDIENCE_TARGET") == "spark" and java is None:
        area.note("The Spark target needs Java 17 where Spark runs; this machine has none.")
    return area


def installed(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def said_by(program: str, option: str) -> str | None:
    """The first line of what a program says of its version; None where it is not there or does not run."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run([path, option], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout or done.stderr).strip().partition("\n")[0]


def examine_environment(variables: Mapping[str, str]) -> Area:
    """The variables in force, secrets by their names alone; names that nothing reads."""
    area = Area("environment variables")
    for name in sorted({*PLAIN, *SECRET} & variables.keys()):
        area.facts[name] = "set (not shown)" if name in SECRET else CREDENTIALS.sub("***@", variables[name]) or "(empty)"
    for name in sorted(variables.keys() - {*PLAIN, *SECRET}):
        if name.startswith("AUDIENCE_"):
            near = difflib.get_close_matches(name, [*PLAIN, *SECRET], 1)
            area.note(
                f"Nothing here reads {name}; it may be named by deliveries.yml.", f"did you mean {near[0]}?" if near else ""
            )
    return area
