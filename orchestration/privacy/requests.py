"""Erasures that were asked for and wait for the next run of the Dagster job: it must not be told names in its configuration.

What a run is started with stays in Dagster's history; a request is a file of the owner's that is removed once it is done.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from ingestion import durable
from ingestion.home import Home
from ingestion.tombstones import Identifier, Kind


class RequestError(ValueError):
    """A file is no request; the message says what to do, and nothing of what it holds."""


def folder(home: Home) -> Path:
    """Where requests wait."""
    return home.privacy / "requests"


def ask(home: Home, identifier: Identifier) -> Path:
    """Leave a request; its file."""
    path = folder(home) / f"{uuid4().hex}.json"
    durable.write_secret(path, json.dumps(asdict(identifier)) + "\n")
    return path


def waiting(home: Home) -> list[Path]:
    """The requests that were not carried out yet, in an order that stays."""
    return sorted(folder(home).glob("*.json"))


def read(path: Path) -> Identifier:
    """Who is to be erased.

    Raises:
        RequestError: the file holds no request.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Identifier(Kind(said["kind"]), said["value"], said["workspace_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise RequestError(f"it holds no request for an erasure ({type(error).__name__}): remove it and ask again.") from None
