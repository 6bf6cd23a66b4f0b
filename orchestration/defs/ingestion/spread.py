"""Loading spread over Dagster's workers by file: one step surveys, a step a share loads, one closes the books.

Under the executor here the steps are processes of this machine; under Dagster's Celery or Kubernetes executors they are tasks of many,
which then share the lake's folder.
"""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from ingestion.report import LandingReport
from ingestion.spread import Outcome, Share, Survey, close_books, load_share, survey
from orchestration.lib.environment import Environment
from orchestration.lib.faults import retried
from orchestration.lib.resources import AudienceResource

AGAIN = dg.RetryPolicy(max_retries=2, delay=1)


class Division(dg.Config):
    """How the landing zone is divided. sources: only these (default: all)."""

    processes: int = Field(default=2, ge=1, description="Into at least so many shares, where there are so many files.")
    sources: list[str] | None = None


class Neighbours(dg.Config):
    """How many processes load on one machine at once, and divide its memory and cores."""

    loaders_here: int = Field(default=2, ge=1)


@dg.op(out={"shares": dg.DynamicOut(Share), "found": dg.Out(Survey)})
def survey_landing(
    context: dg.OpExecutionContext, audience: AudienceResource, config: Division
) -> Iterator[dg.DynamicOutput[Share] | dg.Output[Survey]]:
    """List the landing zone, and divide what is new."""
    environment = audience.environment()
    with retried(context.retry_number):
        found = survey(environment.landing, environment.home, config.processes, sources=config.sources)
    for share in found.shares:
        yield dg.DynamicOutput(share, mapping_key=str(share.number), output_name="shares")
    yield dg.Output(found, output_name="found")


@dg.op(retry_policy=AGAIN)
def load_one_share(context: dg.OpExecutionContext, audience: AudienceResource, config: Neighbours, share: Share) -> Outcome:
    """Load one share's files."""
    environment = audience.environment()
    context.log.info(f"Share {share.number}: {len(share.files)} files, {share.size_bytes / 1e6:,.1f} MB.")
    return load_share(environment.landing, environment.home, share, loaders_here=config.loaders_here)


@dg.op
def close_the_books(
    context: dg.OpExecutionContext, audience: AudienceResource, found: Survey, outcomes: list[Outcome]
) -> LandingReport:
    """Note what files became, and tell Dagster which sources have new rows."""
    environment = audience.environment()
    report = close_books(environment.landing, environment.home, found, outcomes)
    for failure in report.failed:
        context.log.error(f"Not loaded: {failure.path}: {failure.reason}")
    for stranger in report.unknown:
        context.log.warning(f"Left alone: {stranger.name}: {stranger.reason}")
    for source, totals in sorted(report.by_source.items()):
        metadata = {"new_loads": totals.loads, "new_lines": totals.lines, "new_rejected": totals.rejected}
        context.log_event(dg.AssetMaterialization(["bronze", source], metadata=metadata))
    return report


@dg.graph(description="Load what has landed, spread over processes by file.")
def spread() -> LandingReport:
    """Survey, shares, books."""
    shares, found = survey_landing()
    books: LandingReport = close_the_books(found, shares.map(load_one_share).collect())
    return books


def load_job() -> dg.JobDefinition:
    """The graph as a job, for whichever executor the deployment has (here: a process a step)."""
    return spread.to_job(name="load", resource_defs={"audience": AudienceResource.of(Environment.read())})


load = load_job()
