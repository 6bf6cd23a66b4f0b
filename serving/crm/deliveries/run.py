"""One delivery from a destination's settings, for the command line and Dagster alike."""

from __future__ import annotations

from ingestion.home import Home
from serving.crm.deliveries.config import AnySettings
from serving.crm.deliveries.destination import DeliveryError, OnBatch
from serving.crm.deliveries.destinations import connect
from serving.crm.deliveries.ledger import ledger_path
from serving.crm.deliveries.plan import Delivered, Task


def run_delivery(
    home: Home, settings: AnySettings, task: Task, *, is_dry: bool = False, on_batch: OnBatch | None = None
) -> Delivered:
    """Deliver what is published to a destination, or say what a delivery would do.

    Raises:
        ConfigError: a secret is missing.
        NothingPublishedError: there is no snapshot to send.
        DeliveryError: it cannot go on, or what it needs is not installed.
    """
    destination = connect(settings, task.name, ledger_path(home, task.name).parent)
    try:
        from serving.crm.deliveries.deliver import deliver, preview
    except ModuleNotFoundError as missing:
        raise DeliveryError(f"{missing.name} is not installed, which deliveries need: run `make venv-crm` once.") from missing
    if is_dry:
        return preview(home, destination, task)
    return deliver(home, destination, task, on_batch)
