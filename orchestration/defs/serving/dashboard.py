"""The dashboard as an asset."""

import dagster as dg

from orchestration.defs.serving.assets import marts
from orchestration.lib.faults import retried
from orchestration.lib.resources import AudienceResource
from serving.dashboard.site import SITE_ERRORS, is_wanted, refresh_site


@dg.asset(key=["published", "dashboard"], group_name="published", kinds={"typescript"}, deps=[marts])
def dashboard(context: dg.AssetExecutionContext, audience: AudienceResource) -> dg.MaterializeResult[None]:
    """`site/`: the static dashboard with aggregates of the published marts; any web server can hand it out (docs/dashboard.md)."""
    home = audience.environment().home
    path = dg.MetadataValue.path(str(home.site))
    if not is_wanted():
        context.log.info("AUDIENCE_SITE=off: the dashboard is left as it is.")
        return dg.MaterializeResult(metadata={"path": path, "outcome": "left out by AUDIENCE_SITE"})
    try:
        with retried(context.retry_number):
            site = refresh_site(home, context.log.info)
    except SITE_ERRORS as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    if site is None:
        return dg.MaterializeResult(metadata={"path": path, "outcome": "showed the published marts already"})
    return dg.MaterializeResult(
        metadata={
            "path": path,
            "outcome": "published",
            "data": site.current.data,
            "files": site.files,
            "megabytes": round(site.size_bytes / 1e6, 2),
            "seconds": round(site.seconds, 2),
        }
    )
