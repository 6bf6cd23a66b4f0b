"""Dagster keeps every run for ever; where somebody says how long, older ones go."""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg

HISTORY = "AUDIENCE_HISTORY_DAYS"
AT_ONCE = 500


@dg.op
def forget_runs(context: dg.OpExecutionContext) -> None:
    """Delete finished runs, with their logs, that were made more than `AUDIENCE_HISTORY_DAYS` days ago."""
    days = os.environ.get(HISTORY, "")
    if not days.isdigit() or not int(days):
        raise dg.Failure(f"{HISTORY} must be a number of days, such as 180; it is {days!r}.", allow_retries=False)
    before = datetime.now(UTC) - timedelta(days=int(days))
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    wanted = dg.RunsFilter(statuses=finished, created_before=before)
    gone = 0
    while runs := context.instance.get_runs(wanted, limit=AT_ONCE):
        for run in runs:
            context.instance.delete_run(run.run_id)
        gone += len(runs)
    context.log.info(f"{gone:,} runs of before {before:%Y-%m-%d} are forgotten.")


@dg.job(executor_def=dg.in_process_executor, description="Forget runs older than AUDIENCE_HISTORY_DAYS.")
def forget_history() -> None:
    """Of Dagster's own history; data is not touched."""
    forget_runs()


@dg.schedule(
    job=forget_history, cron_schedule="30 1 * * 0", execution_timezone="UTC", default_status=dg.DefaultScheduleStatus.RUNNING
)
def weekly_forgetting() -> dg.RunRequest | dg.SkipReason:
    """Ask for it where a limit is set."""
    return dg.RunRequest() if os.environ.get(HISTORY) else dg.SkipReason(f"{HISTORY} is not set: every run is kept.")
