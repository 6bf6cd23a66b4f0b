"""The systems that deliveries speak to, one module each; a module's client is imported when it is needed."""

from __future__ import annotations

import importlib
from pathlib import Path

from serving.crm.deliveries.config import (
    AnySettings,
    DltSettings,
    HubSpotSettings,
    SalesforceSettings,
    TrytonSettings,
    WebhookSettings,
)
from serving.crm.deliveries.destination import DeliveryError, Destination

CLIENTS = {
    HubSpotSettings: ("hubspot", "HubSpotDestination"),
    SalesforceSettings: ("salesforce", "SalesforceDestination"),
    WebhookSettings: ("webhook", "WebhookDestination"),
    TrytonSettings: ("tryton", "TrytonDestination"),
    DltSettings: ("pipeline", "PipelineDestination"),
}


def connect(settings: AnySettings, name: str, folder: Path) -> Destination:
    """The destination that settings describe; ``folder`` is where its client may keep what it needs between runs.

    Raises:
        ConfigError: a secret is missing.
        DeliveryError: its client is not installed.
    """
    module, made = CLIENTS[type(settings)]
    try:
        client = getattr(importlib.import_module(f"{__name__}.{module}"), made)
    except ModuleNotFoundError as missing:
        raise DeliveryError(
            f"{missing.name} is not installed, which a delivery to {settings.type} needs: run `make deliver`, or `make venv-crm` once."
        ) from missing
    destination: Destination = client(settings, name, folder)
    return destination
