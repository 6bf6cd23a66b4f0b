"""The jobs a person, a schedule or a sensor starts."""

from typing import Any

import dagster as dg

# Deliveries have a job of their own: a CRM that is away is no failed refresh.
OWN = dg.AssetSelection.all() - dg.AssetSelection.assets(["published", "crm_deliveries"])
MODELS_AND_MARTS = OWN - dg.AssetSelection.groups("bronze")


def backfill_config(dates: dict[str, Any]) -> dict[str, Any]:
    """Run config of the models for a range of event dates."""
    return {"ops": {"models": {"config": {"backfill_from": dates["first_date"], "backfill_to": dates["last_date"]}}}}


refresh = dg.define_asset_job(
    name="refresh",
    selection=OWN,
    description="Load what is new, build what is stale, publish. Ends at once when nothing is new.",
    # One dbt step is nearly all there is: a process per step would cost more than it could win.
    executor_def=dg.in_process_executor,
)

backfill = dg.define_asset_job(
    name="backfill",
    selection=MODELS_AND_MARTS,
    description="Compute a range of event dates again (YYYY-MM-DD, inclusive) from bronze as it is, and publish.",
    executor_def=dg.in_process_executor,
    config=dg.ConfigMapping(
        config_schema={"first_date": dg.Field(str), "last_date": dg.Field(str)},
        config_fn=backfill_config,
    ),
)
