"""What CRM systems get: files with every refresh, and deliveries to the destinations of deliveries.yml, if there are any."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from ingestion.home import Home
from orchestration.lib.faults import retried
from orchestration.lib.preview import markdown_table
from orchestration.lib.resources import AudienceResource
from serving.crm.deliveries.config import AnySettings, ConfigError, config_path, read_config
from serving.crm.deliveries.destination import DeliveryError
from serving.crm.deliveries.plan import Delivered, Task
from serving.crm.deliveries.run import run_delivery
from serving.crm.files import refresh_files
from serving.generations import NothingPublishedError

MARTS = dg.AssetKey(["published", "marts"])
DELIVERIES = dg.AssetKey(["published", "crm_deliveries"])
STATUSES = ("synced", "failed", "skipped", "gone")


@dg.asset(key=["published", "crm_files"], group_name="published", kinds={"csv", "parquet"}, deps=[MARTS])
def crm_files(context: dg.AssetExecutionContext, audience: AudienceResource) -> dg.MaterializeResult[None]:
    """`exports/`: contacts who consented, their accounts, what they did and what changed, as files for CRM systems."""
    environment = audience.environment()
    with retried(context.retry_number):
        written = refresh_files(environment.home)
    files = [(file.name, file.rows, file.sha256) for file in written.files] if written else []
    return dg.MaterializeResult(
        metadata={
            "files": dg.MetadataValue.md(markdown_table(("file", "rows", "sha256"), files)),
            "dagster/row_count": sum(rows for _, rows, _ in files),
            "path": dg.MetadataValue.path(str(environment.home.exports)),
        }
    )


class Deliveries(dg.Config):
    """Which destinations to deliver to (all where none is named), and how."""

    names: list[str] = Field(default_factory=list)
    retry_failed: bool = False
    confirm_gone: bool = False


@dg.asset(
    key=DELIVERIES,
    group_name="published",
    deps=[MARTS],
    check_specs=[
        dg.AssetCheckSpec(
            "every_delivery_ended", asset=DELIVERIES, description="No destination was away, full or wrongly set up."
        ),
        dg.AssetCheckSpec("every_record_was_taken", asset=DELIVERIES, description="No destination refused a record."),
    ],
)
def crm_deliveries(
    context: dg.AssetExecutionContext, config: Deliveries, audience: AudienceResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Sends each destination of deliveries.yml what changed since it last acknowledged; without that file, nothing to nobody."""
    home = audience.environment().home
    ended: dict[str, Delivered] = {}
    stopped: dict[str, str] = {}
    for name, settings in chosen(home, config.names).items():
        context.log.info(f"Delivering to {name}")
        task = Task(name, settings.workspaces, config.retry_failed, config.confirm_gone)
        try:
            ended[name] = run_delivery(home, settings, task)
        except (ConfigError, DeliveryError, NothingPublishedError) as error:
            # One destination that is away keeps nothing from the others.
            stopped[name] = str(error)
            context.log.error(f"{name}: {error}")
    failed = sum(delivered.results["failed"] for delivered in ended.values())
    rows = [(name, *(delivered.results[status] for status in STATUSES)) for name, delivered in ended.items()]
    yield dg.MaterializeResult(
        metadata={"records": dg.MetadataValue.md(markdown_table(("destination", *STATUSES), rows))},
        check_results=[
            dg.AssetCheckResult(check_name="every_delivery_ended", passed=not stopped, metadata=dict(stopped)),
            dg.AssetCheckResult(
                check_name="every_record_was_taken",
                passed=not failed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"failed": failed, "why": "python -m serving.crm status <destination>"},
            ),
        ],
    )
    if stopped:
        raise dg.Failure("\n".join(f"{name}: {error}" for name, error in stopped.items()))


def chosen(home: Home, names: list[str]) -> dict[str, AnySettings]:
    """The settings of the destinations that are named, or of all.

    Raises:
        ConfigError: deliveries.yml is wrong, or has no such destination.
    """
    known = read_config(home)
    missing = sorted(set(names) - set(known))
    if missing:
        raise ConfigError(f"{config_path(home)} has no destination {', '.join(missing)} (it has {', '.join(known) or 'none'}).")
    return {name: settings for name, settings in known.items() if not names or name in names}


deliver = dg.define_asset_job(
    name="deliver",
    selection=dg.AssetSelection.assets(DELIVERIES),
    description="Send the destinations of deliveries.yml what changed. Safe to repeat.",
    executor_def=dg.in_process_executor,
)


@dg.asset_sensor(asset_key=MARTS, job=deliver, default_status=dg.DefaultSensorStatus.RUNNING)
def delivery_sensor(
    context: dg.SensorEvaluationContext, event: dg.EventLogEntry, audience: AudienceResource
) -> dg.RunRequest | dg.SkipReason:
    """Ask for a delivery after each publish, if anything is configured."""
    home = audience.environment().home
    try:
        known = read_config(home)
    except ConfigError:
        # The run says what is wrong with it, where a person looks.
        return dg.RunRequest()
    if not known:
        return dg.SkipReason(f"No destination is configured in {config_path(home)}.")
    return dg.RunRequest()
