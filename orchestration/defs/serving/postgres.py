"""The published snapshot in PostgreSQL, where somebody named a server."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.serving.assets import marts
from orchestration.lib.faults import retried
from orchestration.lib.preview import markdown_table
from orchestration.lib.resources import AudienceResource
from serving.postgres.publish import publish_as_configured
from serving.postgres.server import VARIABLE


@dg.asset(key=["published", "postgres"], group_name="published", kinds={"postgres"}, deps=[marts], output_required=False)
def postgres(context: dg.AssetExecutionContext, audience: AudienceResource) -> Iterator[dg.Output[None]]:
    """The marts as views in the PostgreSQL of `AUDIENCE_POSTGRES`, for BI servers; skipped where that is not set."""
    with retried(context.retry_number):
        done = publish_as_configured(audience.environment().home, on_wait=context.log.info)
    if done is None:
        context.log.info(f"Skipped: {VARIABLE} names no PostgreSQL to publish to.")
        return
    for remark in done.remarks:
        context.log.warning(remark)
    steps = [(step, f"{seconds:.2f}") for step, seconds in done.seconds.items()]
    yield dg.Output(
        None,
        metadata={
            "generation": done.generation,
            "is_new": done.is_new,
            "tables": len(done.tables),
            "tables left out as personal": done.left_out,
            "dagster/row_count": done.rows,
            "seconds": dg.MetadataValue.md(markdown_table(("step", "seconds"), steps)),
        },
    )
