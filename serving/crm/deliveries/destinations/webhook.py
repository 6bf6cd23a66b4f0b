"""Signed JSON by HTTP: the receiver can tell that it is ours, that it is new, and whether it has had it before (docs/crm.md).

Each request carries ``Audience-Timestamp``, ``Audience-Signature: v1=<HMAC-SHA256 in hexadecimal of timestamp + "." + body>`` and
``Idempotency-Key``, which is the same when a delivery sends a batch once more, and another one in the next delivery: a record that is
taken away twice within a day has said the same twice, and both count.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from serving.crm.deliveries.config import WebhookSettings
from serving.crm.deliveries.destination import GoneRecord, Kind, Outcome, Record, Status, plain
from serving.crm.deliveries.destinations.http import judge, post
from serving.crm.deliveries.layouts import layouts_of, unique_fields_of

TOLD_LENGTH = 300


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a receiver computes again from the raw body."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class WebhookDestination:
    """One address that takes batches of all kinds, for one delivery."""

    def __init__(self, settings: WebhookSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.secret = settings.secret.read()
        self.batch_size = settings.batch_size
        self.layouts = layouts_of(settings)
        self.unique_fields = unique_fields_of(settings)
        self.session = requests.Session()
        self.delivery = uuid4().bytes

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        """Post the records with what they say."""
        return self.post(
            kind,
            [
                {
                    "change": "upsert",
                    "external_id": record.external_id,
                    "fields": {name: plain(value) for name, value in record.fields.items()},
                }
                for record in records
            ],
        )

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        """Post the ids alone."""
        return self.post(kind, [{"change": "gone", "external_id": record.external_id} for record in records])

    def post(self, kind: Kind, records: list[dict[str, Any]]) -> Sequence[Outcome]:
        """Post one batch; what the answer says of records in ``results`` counts, of all others its status."""
        body = json.dumps({"kind": kind, "records": records}, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "Audience-Timestamp": timestamp,
            "Audience-Signature": signature(self.secret, timestamp, body),
            "Idempotency-Key": hashlib.sha256(self.delivery + body).hexdigest(),
        }
        answer = post(self.session, self.settings.url, body, headers)
        judge(answer.status_code, answer.headers, answer.text[:TOLD_LENGTH])
        told = {str(each.get("external_id")): each for each in results(answer)}
        return [outcome(record["external_id"], told.get(record["external_id"], {})) for record in records]

    def close(self) -> None:
        """Close the connection."""
        self.session.close()


def results(answer: requests.Response) -> list[dict[str, Any]]:
    """``results`` of a JSON answer; nothing of any other."""
    try:
        content = answer.json()
    except requests.exceptions.JSONDecodeError:
        return []
    listed = content.get("results", []) if isinstance(content, dict) else []
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def outcome(external_id: str, told: Mapping[str, Any]) -> Outcome:
    """What became of one record; whoever is not mentioned was taken."""
    if told.get("status") == "failed":
        return Outcome(external_id, Status.FAILED, str(told.get("reason") or "refused without a reason"))
    return Outcome(external_id, Status.SYNCED, remote_id=str(told["id"]) if told.get("id") else None)
