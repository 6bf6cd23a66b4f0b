"""One installation into which hostile records and names were landed, from the logs to the site, in a folder with a hostile name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.keeping import keep_private
from ingestion.load import load_landing
from orchestration.lib.dbt import BUILD, run_dbt
from orchestration.lib.environment import Environment
from orchestration.lib.state import BuildRequest
from orchestration.refresh import make_plan, publish_build, recorded
from serving.crm.files import refresh_files
from serving.dashboard.node import NodeMissingError
from serving.dashboard.site import refresh_site
from tests.security import hostile


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """After a run as `make run` does it, by the account's own umask of 022. Read only."""
    made = Home(tmp_path_factory.mktemp("hostile") / """it's; drop -- home %2e "b" $(x)""")
    before = os.umask(0o022)
    keep_private()
    hostile.land(made.landing)
    variables = {"AUDIENCE_HOME": str(made.root), "LANDING": str(made.landing), "AUDIENCE_SITE": "on"}
    environment = Environment.read(variables)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        report = load_landing(environment.landing, made, settle_seconds=0.0)
        assert (report.failed, report.unknown, report.waiting) == ([], [], [])
        # The tests on the data are left to those of the models: here they would take half the time.
        with recorded(environment, make_plan(environment, BuildRequest())):
            run_dbt(environment, [*BUILD, "--exclude-resource-type", "test"])
        publish_build(environment)
        refresh_files(made)
        with contextlib.suppress(NodeMissingError):
            refresh_site(made)
        yield made
    os.umask(before)


@pytest.fixture(scope="module")
def site(home: Home) -> Path:
    """The site's folder; skips where no Node can be had."""
    if not (home.site / "index.html").exists():
        pytest.skip("there is no Node to build the site with")
    return home.site
