"""The published snapshot as an asset."""

from datetime import timedelta

import dagster as dg

from orchestration.headlines import read_headlines
from orchestration.lib.faults import retried
from orchestration.lib.locking import warehouse_lock
from orchestration.lib.preview import markdown_table
from orchestration.lib.project import dbt_project, model_keys
from orchestration.lib.resources import AudienceResource
from orchestration.privacy import owed
from orchestration.refresh import publish_build
from serving.publish import SCHEMAS


@dg.asset(
    key=["published", "marts"],
    group_name="published",
    kinds={"duckdb"},
    deps=model_keys(dbt_project().manifest_path, SCHEMAS),
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)),
)
def marts(context: dg.AssetExecutionContext, audience: AudienceResource) -> dg.MaterializeResult[None]:
    """`published/marts.duckdb`: the marts as a read-only file that BI tools, the API and the dashboard open."""
    environment = audience.environment()
    with (
        retried(context.retry_number),
        warehouse_lock(environment.home, f"Dagster run {context.run_id[:8]}", context.log.info, environment.engine),
    ):
        publication = publish_build(environment)
        if owed.is_built_without(environment.home):
            owed.end(environment.home)
    headlines = read_headlines(environment.home)
    tables = [(table.schema, table.name, table.rows) for table in publication.tables]
    return dg.MaterializeResult(
        metadata={
            "headlines": dg.MetadataValue.md(markdown_table(("", ""), headlines.labelled() if headlines else [])),
            "tables": dg.MetadataValue.md(markdown_table(("schema", "table", "rows"), tables)),
            "dagster/row_count": sum(table.rows for table in publication.tables),
            "generation": publication.generation,
            "megabytes": round(publication.size_bytes / 1e6, 1),
            "seconds": round(publication.seconds, 2),
            "path": dg.MetadataValue.path(str(publication.path)),
        }
    )
