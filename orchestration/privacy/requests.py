"""Erasures that were asked for and wait for the next run of the Dagster job: it must not be told names in its configuration.

What a run is started with stays in Dagster's history; a request is a file of the owner's that is removed once it is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from ingestion import durable
from ingestion.home import Home
from ingestion.tombstones import Identifier, Kind


def folder(home: Home) -> Path:
    """Where requests wait."""
    return home.privacy / "requests"


def ask(home: Home, identifier: Identifier) -> Path:
    """Leave a request; its file."""
    path = folder(home) / f"{uuid4().hex}.json"
    durable.write_secret(path, json.dumps(asdict(identifier)) + "\n")
    return path


def waiting(home: Home) -> Iterator[tuple[Path, Identifier]]:
    """Requests that were not carried out yet, by file.

    Raises:
        ValueError: a file holds no request; the message names it.
    """
    for path in sorted(folder(home).glob("*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            yield path, Identifier(Kind(said["kind"]), said["value"], said["workspace_id"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no request for an erasure ({error}): remove it and ask again.") from error
