"""Everything Dagster loads: assets, checks, jobs, schedules, sensors and the resources they share."""
