"""HubSpot by its official client: contacts and companies in batches of 100, and contacts tied to their companies.

A record is looked for by HubSpot's own id, else by the external id, which is a property with unique values; a contact that is not
there is created by its address, so that a contact of sales with that address becomes ours instead of a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3
from hubspot import HubSpot  # type: ignore[import-untyped]
from hubspot.crm.associations.v4.exceptions import ApiException as AssociationError  # type: ignore[import-untyped]
from hubspot.crm.companies.exceptions import ApiException as CompanyError  # type: ignore[import-untyped]
from hubspot.crm.contacts.exceptions import ApiException as ContactError  # type: ignore[import-untyped]

from serving.crm.deliveries.config import HubSpotSettings
from serving.crm.deliveries.destination import BatchRejectedError, GoneRecord, Kind, Outcome, PassingError, Record, Status, text
from serving.crm.deliveries.destinations.http import TIMEOUT_SECONDS, judge
from serving.crm.deliveries.layouts import layouts_of, unique_fields_of

# HubSpot takes 100 inputs a call.
BATCH_SIZE = 100
KEPT_WHEN_CLEARED = {Kind.CONTACT: ("email",), Kind.ACCOUNT: ("name", "domain")}


class HubSpotDestination:
    """One HubSpot account."""

    batch_size = BATCH_SIZE

    def __init__(self, settings: HubSpotSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.layouts = layouts_of(settings)
        self.unique_fields = unique_fields_of(settings)
        # Attempts are ours to count: the client's own would not honour what HubSpot asks for.
        self.client = HubSpot(access_token=settings.token.read(), host=settings.url, retry=urllib3.Retry(0, redirect=0))
        self.batches = {Kind.CONTACT: self.client.crm.contacts.batch_api, Kind.ACCOUNT: self.client.crm.companies.batch_api}

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        """Update what is known, create the rest, and tie contacts to their companies."""
        ids = self.remote_ids(kind, records)
        known = [record for record in records if record.external_id in ids]
        outcomes = self.update(kind, known, ids) if known else {}
        new = [record for record in records if record.external_id not in outcomes]
        if new:
            outcomes.update(self.create(kind, new))
        if kind is Kind.CONTACT:
            self.associate(records, outcomes)
        return list(outcomes.values())

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        """Empty what we filled (``clear``) or archive the record (``archive``); the address of a contact is not ours to take."""
        ids = self.remote_ids(kind, records)
        gone = [Outcome(record.external_id, Status.SYNCED) for record in records]
        if not ids:
            return gone
        if self.settings.gone == "archive":
            self.call(self.batches[kind].archive, {"inputs": [{"id": each} for each in ids.values()]})
            return gone
        empty = {name: "" for name in self.layouts[kind] if name not in KEPT_WHEN_CLEARED[kind]}
        inputs = [{"id": ids[each], "properties": empty, "objectWriteTraceId": each} for each in ids]
        answer = self.call(self.batches[kind].update, {"inputs": inputs})
        failed = {
            each: Outcome(each, Status.FAILED, error.message)
            for error in errors(answer)
            if error.category != "OBJECT_NOT_FOUND"
            for each in traced(error, "objectWriteTraceId")
        }
        return [failed.get(outcome.external_id, outcome) for outcome in gone]

    def remote_ids(self, kind: Kind, records: Sequence[Record] | Sequence[GoneRecord]) -> dict[str, str]:
        """HubSpot's ids by external id: those that the ledger knows, and those that HubSpot finds by the external id."""
        ids = {record.external_id: record.remote_id for record in records if record.remote_id}
        unknown = [record.external_id for record in records if not record.remote_id]
        if unknown:
            name = self.settings.external_id_property
            asked = {
                "idProperty": name,
                "properties": [name],
                "propertiesWithHistory": [],
                "inputs": [{"id": each} for each in unknown],
            }
            answer = self.call(self.batches[kind].read, asked)
            ids.update((found.properties[name], found.id) for found in answer.results)
        return ids

    def update(self, kind: Kind, records: Sequence[Record], ids: Mapping[str, str]) -> dict[str, Outcome]:
        """Update by HubSpot's id; whoever was deleted there is not in what is returned."""
        inputs = [
            {"id": ids[record.external_id], "properties": properties(record), "objectWriteTraceId": record.external_id}
            for record in records
        ]
        answer = self.call(self.batches[kind].update, {"inputs": inputs})
        return self.outcomes(answer, {ids[record.external_id]: record.external_id for record in records})

    def create(self, kind: Kind, records: Sequence[Record]) -> dict[str, Outcome]:
        """Create, contacts by their address, companies by the external id."""
        by = self.unique_fields.get(kind, self.settings.external_id_property)
        inputs = [
            {
                "idProperty": by,
                "id": text(record.fields[by]),
                "properties": properties(record),
                "objectWriteTraceId": record.external_id,
            }
            for record in records
        ]
        answer = self.call(self.batches[kind].upsert, {"inputs": inputs})
        return self.outcomes(answer, {})

    def outcomes(self, answer: Any, external_ids: Mapping[str, str]) -> dict[str, Outcome]:
        """What an answer says of each record; ``external_ids`` are by HubSpot's id, where that was sent."""
        told = {}
        for result in answer.results:
            # HubSpot answers in an order of its own.
            external_id = external_ids.get(result.id) or result.properties.get(self.settings.external_id_property)
            if external_id:
                told[external_id] = Outcome(external_id, Status.SYNCED, remote_id=result.id)
        for error in errors(answer):
            if error.category != "OBJECT_NOT_FOUND":
                for external_id in traced(error, "objectWriteTraceId"):
                    told[external_id] = Outcome(external_id, Status.FAILED, error.message)
        return told

    def associate(self, records: Sequence[Record], outcomes: dict[str, Outcome]) -> None:
        """Tie contacts to their companies; a contact that cannot be tied has failed."""
        tied = {
            str(outcomes[record.external_id].remote_id): record
            for record in records
            if record.account_remote_id and outcomes.get(record.external_id, Outcome("", Status.FAILED)).status is Status.SYNCED
        }
        if not tied:
            return
        inputs = [{"from": {"id": contact}, "to": {"id": record.account_remote_id}} for contact, record in tied.items()]
        api = self.client.crm.associations.v4.batch_api

        # The client knows no shape for the answer where some failed (207) and would return nothing: it is read as it came.
        def create(body: dict[str, Any], **options: Any) -> Any:
            return json.loads(api.create_default("contacts", "companies", body, _preload_content=False, **options).data)

        try:
            answer = self.call(create, {"inputs": inputs})
        except BatchRejectedError as refused:
            done, why = set(), str(refused)
        else:
            done = {str(result["from"]["id"]) for result in answer.get("results", [])}
            why = "; ".join(sorted({error.get("message", "") for error in answer.get("errors", [])}))
        for contact in tied.keys() - done:
            external_id = tied[contact].external_id
            outcomes[external_id] = Outcome(external_id, Status.FAILED, f"not tied to its company: {why}", contact)

    def call(self, method: Callable[..., Any], body: dict[str, Any]) -> Any:
        """One request, with what its failure means."""
        try:
            return method(body, _request_timeout=TIMEOUT_SECONDS)
        except (ContactError, CompanyError, AssociationError) as error:
            judge(int(error.status or 0), error.headers, message_of(error))
            raise
        except urllib3.exceptions.HTTPError as error:
            raise PassingError(f"{type(error).__name__}: no answer from {self.settings.url}") from error

    def close(self) -> None:
        """The client holds nothing open that outlives it."""


def properties(record: Record) -> dict[str, str]:
    """A record's properties, which HubSpot takes as texts; the empty text empties one."""
    return {name: text(value) for name, value in record.fields.items()}


def errors(answer: Any) -> Sequence[Any]:
    """Errors of single records in an answer that is otherwise a success (207)."""
    return getattr(answer, "errors", None) or []


def traced(error: Any, key: str) -> Sequence[str]:
    """Which records an error is about."""
    found: Sequence[str] = (error.context or {}).get(key, [])
    return found


def message_of(error: Any) -> str:
    """HubSpot's words for a refusal."""
    body = error.body or error.reason or ""
    return body.decode(errors="replace") if isinstance(body, bytes) else str(body)
