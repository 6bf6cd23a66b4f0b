"""What does not fit into memory goes to disk, and the models after it are built all the same."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

import pytest
from dbt.adapters.duckdb.environments import create
from dbt.config.profile import Profile, read_profile
from dbt.config.renderer import ProfileRenderer
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context

ROOT = Path(__file__).resolve().parents[2]
LARGER_THAN_MEMORY = "create table sorted as select i, hash(i) as h from range(8000000) as numbers (i) order by h"


def test_a_model_that_spills_leaves_the_next_one_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIENCE_MEMORY_LIMIT", "100MB")
    set_invocation_context(os.environ)
    set_from_args(Namespace(project_dir=str(ROOT / "dbt_project"), profiles_dir=str(ROOT)), None)
    profile = Profile.from_raw_profiles(read_profile(str(ROOT)), "audience", ProfileRenderer({}), target_override="ci")
    environment = create(profile.credentials)
    first = environment.handle()
    first.cursor().execute(LARGER_THAN_MEMORY)
    spilled = [path for path in (tmp_path / "spill").rglob("*") if path.is_file()]
    second = environment.handle()
    second.cursor().execute("select 1")
    environment.close()
    assert spilled, "nothing was spilled: the test asks nothing"
