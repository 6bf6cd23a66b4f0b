"""The tellings of one story, built once: in one delivery, and in two that cut every file in half."""

from __future__ import annotations

import pytest

from tests.sources import one_story
from tests.sources.one_story import Tellings


@pytest.fixture(scope="session")
def tellings(tmp_path_factory: pytest.TempPathFactory) -> Tellings:
    """What every emitter tells, delivered at once."""
    return one_story.tell(tmp_path_factory.mktemp("one story") / "home", one_story.everything())


@pytest.fixture(scope="session")
def delivered_in_halves(tmp_path_factory: pytest.TempPathFactory) -> Tellings:
    """What every emitter tells when each second record arrives before a first run, and the others before a second one."""
    return one_story.tell(tmp_path_factory.mktemp("halves") / "home", *one_story.halves(one_story.everything()))
