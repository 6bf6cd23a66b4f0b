"""Jobs that erase; none of them is told a name: what a run is started with stays in Dagster's history."""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg

from ingestion.rewriting import RewritingReport
from orchestration.lib.resources import AudienceResource
from orchestration.privacy import requests
from orchestration.privacy.erasure import Erasure, erase_person, told
from orchestration.privacy.erasure import expire as carry_out

RETENTION = "AUDIENCE_RETENTION_DAYS"


@dg.op
def erase_people(context: dg.OpExecutionContext, audience: AudienceResource) -> None:
    """Erase everybody a request waits for; a request is done when no trace is left. What goes wrong with one holds up no other."""
    environment = audience.environment()
    failed: list[str] = []
    cause: Exception | None = None
    for path in requests.waiting(environment.home):
        try:
            done = erase_person(environment, requests.read(path))
        except Exception as error:
            # Whatever it is: nobody's erasure waits for what is wrong with another's.
            failed.append(f"The request {path.name} is not carried out: {told(error)}")
            cause = cause or error
            continue
        context.log.info(f"Erasure {done.erasure_id}: {sum(done.erased.values()):,} records, known under {done.names} names.")
        tell(context, done.landed, done.loss)
        if done.is_done:
            path.unlink(missing_ok=True)
        else:
            failed.append(f"Erasure {done.erasure_id} (request {path.name}) left traces: {'; '.join(places_left(done))}")
    if failed:
        raise dg.Failure("\n".join(failed), allow_retries=False) from cause


def tell(context: dg.OpExecutionContext, landed: RewritingReport, loss: str | None) -> None:
    """Log what of landed files is left to a person, and what is lost."""
    for held in landed.left:
        context.log.warning(f"Landed file {held.uri}: {held.records:,} records left, since {held.why_not}.")
    if loss:
        context.log.error(loss)


def places_left(done: Erasure) -> list[str]:
    """Where a person may still be found after their erasure, and why."""
    places = [f"{each.uri} ({each.records:,} records, since {each.why_not})" for each in done.landed.unfinished]
    places += [f"{each.path} ({each.place})" for each in done.left]
    return places + [f"{each.path} (not searched: {each.reason})" for each in done.unsearched]


@dg.op
def expire_records(context: dg.OpExecutionContext, audience: AudienceResource) -> None:
    """Keep the last `AUDIENCE_RETENTION_DAYS` days of records, up to today (UTC)."""
    days = os.environ.get(RETENTION, "")
    if not days.isdigit() or not int(days):
        raise dg.Failure(f"{RETENTION} must be a number of days, such as 395; it is {days!r}.", allow_retries=False)
    first = datetime.now(UTC).date() - timedelta(days=int(days))
    done = carry_out(audience.environment(), first)
    context.log.info(f"No record of before {first} is kept.")
    tell(context, done.landed, done.loss)


@dg.job(executor_def=dg.in_process_executor, description="Erase everybody whom `privacy erase --later` left a request for.")
def erase_requested() -> None:
    """Runs over the requests under `AUDIENCE_HOME/privacy`."""
    erase_people()


@dg.job(executor_def=dg.in_process_executor, description="Erase records older than AUDIENCE_RETENTION_DAYS.")
def expire() -> None:
    """Rebuilds everything without them."""
    expire_records()


# Everything is rebuilt: once a month is often enough for a limit of years, on a quiet night.
@dg.schedule(job=expire, cron_schedule="0 2 1 * *", execution_timezone="UTC", default_status=dg.DefaultScheduleStatus.RUNNING)
def monthly_expiry() -> dg.RunRequest | dg.SkipReason:
    """Ask for it where a limit is set."""
    return dg.RunRequest() if os.environ.get(RETENTION) else dg.SkipReason(f"{RETENTION} is not set: everything is kept.")


@dg.sensor(job=erase_requested, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def erasure_requests(audience: AudienceResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run while requests wait; the same ones are not tried again by themselves."""
    waiting = [path.stem for path in requests.waiting(audience.environment().home)]
    return dg.RunRequest(run_key="-".join(waiting)) if waiting else dg.SkipReason("Nobody asked.")
