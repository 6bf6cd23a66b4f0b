"""Once a day, whatever the landing sensor saw."""

import dagster as dg

daily_refresh = dg.ScheduleDefinition(
    name="daily_refresh",
    job_name="refresh",
    # After midnight UTC's late deliveries, before Europe's first coffee.
    cron_schedule="0 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
