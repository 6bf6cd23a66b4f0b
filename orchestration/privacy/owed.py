"""Erasures that are decided and not yet carried out everywhere: every refresh asks, and ends what a killed run began.

A restored backup is the same case: its lake has seen fewer tombstones than there are.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ingestion import durable, erasure
from ingestion.home import Home
from orchestration.lib.environment import Environment
from orchestration.lib.state import Status, read_state
from orchestration.privacy.scrub import forget_derived
from serving.generations import generations, prune


def is_owed(home: Home) -> bool:
    """Whether something is kept that tombstones forbid: they are newer than the lake, or a run was killed over it."""
    return mark(home).exists() or not erasure.is_applied(home)


def begin(home: Home) -> erasure.ErasureReport:
    """Erase what is owed from the lake. For the holder of the warehouse's lock, like all here."""
    durable.make_folder(home.privacy)
    mark(home).touch()
    return erasure.erase(home)


def settle(environment: Environment) -> erasure.ErasureReport:
    """Erase what is owed from the lake, and remove what was made of it; a build of everything must follow."""
    erased = begin(environment.home)
    forget_derived(environment)
    return erased


def end(home: Home) -> None:
    """Remove the snapshots that show the erased; to be called once there is one without them."""
    if home.published.exists() and generations(home.published):
        prune(home.published, keep=1)
    mark(home).unlink(missing_ok=True)


def is_built_without(home: Home) -> bool:
    """Whether erasures were owed, and a whole build began after they had been carried out in the lake."""
    state = read_state(home)
    if not mark(home).exists() or state is None or state.status is not Status.BUILT:
        return False
    return datetime.fromisoformat(state.started_at).timestamp() >= int(mark(home).stat().st_mtime)


def mark(home: Home) -> Path:
    """There from before the first file is rewritten until the last snapshot with the erased is gone."""
    return home.privacy / "owed"
