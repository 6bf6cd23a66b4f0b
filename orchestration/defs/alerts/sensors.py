"""Failed runs, failed checks and an unhealthy installation become messages to `AUDIENCE_ALERT_WEBHOOK`.

What failed is named, and not quoted: an error may repeat what a record says.
"""

import re
from collections.abc import Iterator

import dagster as dg

from orchestration.doctor.findings import Diagnosis, Severity
from orchestration.doctor.published import STALE_HOURS
from orchestration.doctor.run import diagnose
from orchestration.lib.alerts import VARIABLE, Alert, send, webhook
from orchestration.lib.resources import AudienceResource

SILENT = dg.SkipReason(f"{VARIABLE} is not set: nobody is told.")
SIZE = re.compile(r"\d[\d.,]* (?:[kMGT]?B|bytes)\b")
HEALTH_SECONDS = 900
"""A look reads all manifests and the ends of all files: four times an hour is soon enough for what it finds."""


@dg.run_failure_sensor(name="alert_on_failed_run", minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def alert_on_failed_run(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell which job failed, at which steps and checks."""
    url = webhook()
    if url is None:
        return SILENT
    run = context.dagster_run
    steps = [f"step {event.step_key}" for event in context.get_step_failure_events()]
    checks = [f"check {name}" for name in failed_checks(context.instance, run.run_id)]
    send(url, Alert("run_failed", f"The run {run.run_id[:8]} of {run.job_name} failed.", [*steps, *checks]))
    return None


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="alert_on_failed_check",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def alert_on_failed_check(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
    """Tell of checks that failed in a run that went on: warnings, and checks that block nothing."""
    url = webhook()
    if url is None:
        return SILENT
    run = context.dagster_run
    failed = list(failed_checks(context.instance, run.run_id))
    if failed:
        send(url, Alert("check_failed", f"{len(failed)} checks failed in the run {run.run_id[:8]} of {run.job_name}.", failed))
    return None


def failed_checks(instance: dg.DagsterInstance, run_id: str) -> Iterator[str]:
    """The checks of a run that failed, with their severity."""
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records:
        event = record.event_log_entry.dagster_event
        if event is None:
            continue
        check = event.asset_check_evaluation_data
        if not check.passed:
            yield f"{check.asset_key.to_user_string()}:{check.check_name} ({check.severity.value})"


@dg.sensor(name="alert_on_health", minimum_interval_seconds=HEALTH_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def alert_on_health(context: dg.SensorEvaluationContext, audience: AudienceResource) -> dg.SkipReason:
    """Tell what `make doctor` calls a problem, once, and when it is over: unbalanced books, lost files, a stale snapshot."""
    url = webhook()
    if url is None:
        return SILENT
    wrong = troubles(diagnose(audience.environment()))
    told = context.cursor or ""
    # A problem is the same while only sizes move in it, as the bytes that are free do.
    now = "\n".join(sorted(SIZE.sub("#", each) for each in wrong))
    if now == told:
        return dg.SkipReason("Nothing has changed since the last message." if wrong else "Nothing is wrong.")
    if wrong:
        send(url, Alert("unhealthy", f"{len(wrong)} problems: make doctor", wrong))
    else:
        send(url, Alert("healthy", "All problems are over."))
    # Only now: a message that was not taken is sent again.
    context.update_cursor(now)
    return dg.SkipReason(f"Told: {len(wrong)} problems.")


def troubles(diagnosis: Diagnosis) -> list[str]:
    """The problems of a diagnosis, and a snapshot that nobody has renewed for too long."""
    found = [f"{area.name}: {finding.text}" for area, finding in diagnosis.findings(Severity.PROBLEM)]
    ages = [area.facts.get("age in hours", 0) for area in diagnosis.areas if area.name == "snapshot"]
    return [*found, *(f"snapshot: it is more than {STALE_HOURS} hours old" for age in ages if age > STALE_HOURS)]
