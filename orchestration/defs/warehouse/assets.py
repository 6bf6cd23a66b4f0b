"""The dbt models as assets, their data tests as asset checks."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from ingestion import lake
from ingestion.locking import bronze_lock
from ingestion.report import LOADED_NEXT, damage_found
from orchestration.lib.dbt import BUILD
from orchestration.lib.locking import warehouse_lock
from orchestration.lib.project import TRANSLATOR, dbt_project
from orchestration.lib.resources import AudienceResource
from orchestration.lib.state import BuildRequest, Status
from orchestration.privacy import owed
from orchestration.refresh import make_plan, recorded


class BuildConfig(dg.Config):
    """What to compute again beyond what is stale; dates are YYYY-MM-DD and inclusive, both or none."""

    full_refresh: bool = False
    backfill_from: str | None = None
    backfill_to: str | None = None

    def request(self) -> BuildRequest:
        """As the pipeline's own request.

        Raises:
            ValueError: a date is no date, the other one is missing, or they are the wrong way round.
        """
        days = [date.fromisoformat(day) if day else None for day in (self.backfill_from, self.backfill_to)]
        return BuildRequest(self.full_refresh, *days)


@dbt_assets(
    manifest=dbt_project().manifest_path,
    project=dbt_project(),
    dagster_dbt_translator=TRANSLATOR,
    name="models",
    op_tags={"kind": "dbt"},
)
def models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, audience: AudienceResource, config: BuildConfig
) -> Iterator[Any]:
    """Build and test what is stale, holding the warehouse lock; a run with nothing new yields nothing, so nothing follows."""
    environment = audience.environment()
    with warehouse_lock(environment.home, f"Dagster run {context.run_id[:8]}", context.log.info, environment.engine):
        if not config.request().is_plain:
            # A backfill loads nothing, and so nobody has cleared away what a killed loader or compaction left.
            with bronze_lock(environment.home, context.log.info):
                damaged = lake.mend(environment.home).damaged
            if found := damage_found(damaged, LOADED_NEXT):
                raise dg.Failure(f"{found} Run the job refresh, which loads them, and then this one again.", allow_retries=False)
        if owed.is_owed(environment.home):
            if context.is_subset:
                raise dg.Failure(
                    "Erasures are owed, and everything must be built anew: run the job refresh.", allow_retries=False
                )
            context.log.info("Carrying out erasures that are owed: everything is built anew.")
            if loss := owed.settle(environment).loss:
                context.log.error(loss)
        plan = make_plan(environment, config.request())
        if plan.is_nothing and not context.is_subset:
            context.log.info("Nothing new: the published marts already show everything that has landed.")
            return
        context.log.info(f"Building because {plan.reason or 'the last build was not published'}.")
        # A selection leaves what depends on it behind: it is not published, and the next refresh completes it.
        status = Status.PARTIAL if context.is_subset else Status.BUILT
        with recorded(environment, plan, status):
            invocation = dbt.cli(
                [*BUILD, *plan.request.arguments()],
                context=context,
                target_path=environment.dagster_target_path,
            )
            yield from invocation.stream()
