"""A run as soon as something has landed."""

import dagster as dg

from orchestration.lib.arrivals import arrivals, digest
from orchestration.lib.resources import AudienceResource

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dg.sensor(job_name="refresh", minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def landing_sensor(
    context: dg.SensorEvaluationContext, audience: AudienceResource
) -> dg.SensorResult | dg.SkipReason | dg.RunRequest:
    """Ask for a refresh when the landing zone lists whole files that were never loaded; nothing is opened to find out."""
    under_way = context.instance.get_runs(dg.RunsFilter(job_name="refresh", statuses=UNFINISHED), limit=1)
    if under_way:
        return dg.SkipReason("A refresh is under way; what landed meanwhile is looked at after it.")
    environment = audience.environment()
    files = arrivals(environment.landing, environment.home)
    if not files:
        return dg.SkipReason("Nothing new has landed.")
    # A file that cannot be loaded asks for one run, not for one every half minute.
    return dg.RunRequest(run_key=digest(files), tags={"audience/new_files": str(len(files))})
