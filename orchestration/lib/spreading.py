"""The job `load` from the command line: the same steps and the same history as from the Dagster UI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.report import LandingReport
from orchestration.lib.environment import Environment

if TYPE_CHECKING:
    import dagster as dg

TRIES = 3


class SpreadError(RuntimeError):
    """Not all shares were loaded; the message names them. What was loaded stays, and the next run loads the rest."""


def load_spread(
    environment: Environment, processes: int, sources: Sequence[str] | None = None, on_wait: Callable[[str], None] | None = None
) -> LandingReport:
    """Load what has landed in so many processes. A share whose process was killed is tried again, twice.

    Raises:
        SpreadError: a share was not loaded all the same.
    """
    # Importing Dagster takes seconds, which a run with nothing new need not spend.
    import dagster as dg

    from orchestration.defs.ingestion.spread import load_job
    from orchestration.lib.dagster_home import prepare_dagster_home

    environment.export()
    prepare_dagster_home(environment.dagster_home)
    job = dg.reconstructable(load_job)
    with dg.DagsterInstance.get() as instance:
        earlier: str | None = None
        for _ in range(TRIES):
            again = dg.ReexecutionOptions.from_failure(earlier, instance) if earlier else None
            with (
                errors_in(environment.dagster_home / "load.log"),
                dg.execute_job(
                    job, instance=instance, run_config=run_config(processes, sources), reexecution_options=again
                ) as result,
            ):
                if result.success:
                    report = result.output_for_node("close_the_books")
                    assert isinstance(report, LandingReport)
                    return report
                failed = sorted({why(event) for event in result.get_step_failure_events()})
                earlier = result.run_id
            if on_wait:
                on_wait(f"Trying again what did not end: {'; '.join(failed)}")
    raise SpreadError(
        f"{'; '.join(failed).rstrip('.')}. This was tried {TRIES} times (run {earlier} in `make serve`); the next run loads the rest."
    )


def why(event: dg.DagsterEvent) -> str:
    """The step that failed, and the first cause that it names."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return f"{event.step_key}: {error.message.strip() if error else 'it died'}"


@contextmanager
def errors_in(log: Path) -> Iterator[None]:
    """Send what this process and its children write to standard error into a file: step processes tell of each start there."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def run_config(processes: int, sources: Sequence[str] | None) -> dict[str, Any]:
    """Configuration of the job: as many processes at once as shares, silent but for errors."""
    return {
        "ops": {
            "survey_landing": {"config": {"processes": processes, "sources": list(sources) if sources else None}},
            "load_one_share": {"config": {"loaders_here": processes}},
        },
        "execution": {"config": {"multiprocess": {"max_concurrent": processes}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def processes_here() -> int:
    """As many as there are cores."""
    return os.cpu_count() or 1
