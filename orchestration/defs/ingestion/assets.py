"""One asset per source: its landed files as bronze, with the books as a check."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from ingestion import catalog
from ingestion.home import Home
from ingestion.landing import CATALOG
from ingestion.load import load_landing
from ingestion.report import Totals
from ingestion.sources import registered
from orchestration.lib.faults import retried
from orchestration.lib.ledger import balances, rejections, unbalanced_loads
from orchestration.lib.preview import markdown_table, parquet_preview
from orchestration.lib.resources import AudienceResource

FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))


SOURCES = (*registered(), CATALOG)


@dg.multi_asset(
    name="landing",
    can_subset=True,
    specs=[
        dg.AssetSpec(
            ["bronze", source],
            group_name="bronze",
            kinds={"parquet"},
            description=f"Everything landed under `{source}/`, lossless, by event date (docs/lake.md).",
            freshness_policy=FRESH,
            skippable=True,
        )
        for source in SOURCES
    ],
)
def bronze(context: dg.AssetExecutionContext, audience: AudienceResource) -> Iterator[dg.MaterializeResult[None]]:
    """Load every source's new files, listing the landing zone once for all of them."""
    environment = audience.environment()
    chosen = [key.path[-1] for key in context.selected_asset_keys]
    with retried(context.retry_number):
        sources = chosen if context.is_subset else None
        report = load_landing(environment.landing, environment.home, sources=sources)
    if report.damage:
        context.log.error(report.damage)
    for failure in report.failed:
        context.log.error(f"Not loaded: {failure.path}: {failure.reason}")
    for stranger in report.unknown:
        context.log.warning(f"Left alone: {stranger.name}: {stranger.reason}")
    for source in sorted(chosen):
        totals = report.by_source.get(source, Totals())
        failed = [(failure.path, failure.reason) for failure in report.failed if failure.path.startswith(f"{source}/")]
        yield dg.MaterializeResult(
            asset_key=["bronze", source],
            metadata={
                "new_loads": totals.loads,
                "new_lines": totals.lines,
                "new_rejected": totals.rejected,
                "seconds": round(totals.seconds, 2),
                **({"not_loaded": dg.MetadataValue.md(markdown_table(("file", "why"), failed))} if failed else {}),
                **standing(environment.home, source),
            },
        )


def standing(home: Home, source: str) -> dict[str, dg.MetadataValue | int]:
    """What a source holds in all: rows, what was rejected and why, and a glance at the newest rows."""
    balance = next((each for each in balances(home) if each.source == source), None)
    people = catalog.PEOPLE if source == CATALOG else registered()[source].people
    preview = parquet_preview(home.bronze / source, people.columns)
    reasons = rejections(home, source)
    metadata: dict[str, dg.MetadataValue | int] = {"dagster/row_count": balance.accepted if balance else 0}
    if reasons:
        metadata["rejected_by_reason"] = dg.MetadataValue.md(markdown_table(("reason", "records", "example"), reasons))
    if preview:
        metadata["preview"] = dg.MetadataValue.md(preview)
    return metadata


def ledger_check(source: str) -> dg.AssetChecksDefinition:
    """The check that no line of a source was lost."""

    @dg.asset_check(
        asset=["bronze", source],
        name="ledger",
        blocking=True,
        description="lines = accepted + rejected + blank + erased, for every load",
    )
    def ledger(audience: AudienceResource) -> dg.AssetCheckResult:
        home = audience.environment().home
        balance = next((each for each in balances(home) if each.source == source), None)
        if balance is None:
            return dg.AssetCheckResult(passed=True, description="Nothing was landed yet.")
        wrong = unbalanced_loads(home, source)
        return dg.AssetCheckResult(
            passed=balance.is_balanced,
            metadata={
                "loads": balance.loads,
                "lines": balance.lines,
                "accepted": balance.accepted,
                "rejected": balance.rejected,
                "blank": balance.blank,
                "erased": balance.erased,
                **({"unbalanced": dg.MetadataValue.md(markdown_table(("load", "file"), wrong))} if wrong else {}),
            },
        )

    return ledger


ledgers = [ledger_check(source) for source in SOURCES]
# What the loads write beside the rows; the models read them, so that they belong into the lineage.
books = [
    dg.AssetSpec(["bronze", name], group_name="bronze", deps=[["bronze", source] for source in SOURCES], description=text)
    for name, text in {"manifests": "One row per load.", "quarantine": "One row per rejected record."}.items()
]
