"""Once a day, whatever the landing sensor saw: code that changed, files that could not be loaded, runs that were killed."""

import dagster as dg

from orchestration.lib.arrivals import arrivals
from orchestration.lib.resources import AudienceResource
from orchestration.lib.state import BuildRequest
from orchestration.privacy import owed
from orchestration.refresh import make_plan


# After midnight UTC's late deliveries, before Europe's first coffee.
@dg.schedule(
    job_name="refresh",
    cron_schedule="0 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_refresh(audience: AudienceResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for a refresh unless there is nothing to do.

    A run would find that out too, but Dagster writes an event for every asset and check it plans: 400 of them took 10 s.
    """
    environment = audience.environment()
    has_work = owed.is_owed(environment.home) or not make_plan(environment, BuildRequest()).is_nothing
    if not has_work and not arrivals(environment.landing, environment.home):
        return dg.SkipReason("Nothing new: the published marts already show everything that has landed.")
    return dg.RunRequest()
