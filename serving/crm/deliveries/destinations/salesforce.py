"""Salesforce by Bulk API 2.0 with simple-salesforce: upsert by external id, CSV with LF, one job per batch, every result file read.

The session counts its own attempts (429 and 5xx, as long as ``Retry-After`` asks); a job that is sent again after a crash upserts
the same external ids again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from simple_salesforce.bulk2 import SFBulk2Handler, SFBulk2Type
from simple_salesforce.exceptions import SalesforceError, SalesforceOperationError
from simple_salesforce.util import call_salesforce

from serving.crm.deliveries.config import SalesforceSettings
from serving.crm.deliveries.destination import DeliveryError, GoneRecord, Kind, Outcome, PassingError, Record, Status, text
from serving.crm.deliveries.destinations.http import TIMEOUT_SECONDS, judge
from serving.crm.deliveries.layouts import layouts_of, unique_fields_of

# Salesforce works through a job in batches of 10,000, and reads at most 150 MB of it.
BATCH_SIZE = 10_000
IDS_A_QUERY = 200
POLL_SECONDS = 1
# An empty cell leaves a field as it is; this empties it.
EMPTY = "#N/A"
PASSING_STATUS = (429, 500, 502, 503, 504)
PASSING_ERRORS = ("UNABLE_TO_LOCK_ROW", "REQUEST_RUNNING_TOO_LONG", "SERVER_UNAVAILABLE")
ALREADY_GONE = ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY")
KEPT_WHEN_CLEARED = ("Name", "LastName", "Email")
EXTERNAL_ID = re.compile(r"[0-9A-Za-z_-]+")


class PatientAdapter(HTTPAdapter):
    """Waits for no answer for ever, and repeats what was too much as the server asks."""

    def __init__(self) -> None:
        retry = urllib3.Retry(5, backoff_factor=1, status_forcelist=PASSING_STATUS, allowed_methods=None, raise_on_status=False)
        super().__init__(max_retries=retry)

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        """Send with a timeout, which the client sets none of."""
        options["timeout"] = options.get("timeout") or TIMEOUT_SECONDS
        return super().send(*arguments, **options)


class SalesforceDestination:
    """One org."""

    batch_size = BATCH_SIZE

    def __init__(self, settings: SalesforceSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.layouts = layouts_of(settings)
        self.unique_fields = unique_fields_of(settings)
        self.session = requests.Session()
        self.session.mount("https://", PatientAdapter())
        self.session.mount("http://", PatientAdapter())
        self.root = f"{settings.url}/services/data/v{settings.api_version}"
        # Read at once, so that a missing one is told before anything is compared.
        self.secrets = [secret.read() for secret in (settings.access_token, settings.client_id, settings.client_secret) if secret]
        self.handler: SFBulk2Handler | None = None

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        """One job; a record whose job ended before it was looked at is sent again by the next delivery."""
        rows = [{name: cell(name, value) for name, value in record.fields.items()} for record in records]
        key = self.settings.external_id_field
        done = self.asked(self.bulk(kind).upsert, records=rows, external_id_field=key, wait=POLL_SECONDS)
        return self.outcomes(kind, key, done, {record.external_id: record.external_id for record in records})

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        """Empty our fields (``clear``) or delete the record (``delete``), by the ids that Salesforce has for them now."""
        ids = self.ids(kind, [record.external_id for record in records])
        outcomes = [Outcome(record.external_id, Status.SYNCED) for record in records if record.external_id not in ids.values()]
        if not ids:
            return outcomes
        bulk = self.bulk(kind)
        if self.settings.gone == "delete":
            rows = [{"Id": each} for each in ids]
            done = self.asked(bulk.delete, records=rows, wait=POLL_SECONDS)
        else:
            # The external id stays, so that whoever comes back comes back to the same record.
            kept = {*KEPT_WHEN_CLEARED, self.settings.external_id_field}
            empty = {name: EMPTY for name in self.layouts[kind] if name not in kept and "." not in name}
            rows = [{"Id": each, **empty} for each in ids]
            done = self.asked(bulk.update, records=rows, wait=POLL_SECONDS)
        return [*outcomes, *self.outcomes(kind, "Id", done, ids)]

    def outcomes(self, kind: Kind, key: str, jobs: list[dict[str, Any]], external_ids: dict[str, str]) -> list[Outcome]:
        """What became of each record of finished jobs; ``external_ids`` are by what the column ``key`` of the result files says."""
        bulk = self.bulk(kind)
        outcomes = []
        for job in (each["job_id"] for each in jobs):
            for row in rows_of(self.asked(bulk.get_successful_records, job)):
                outcomes.append(Outcome(external_ids[row[key]], Status.SYNCED, remote_id=row["sf__Id"]))
            for row in rows_of(self.asked(bulk.get_failed_records, job)):
                outcomes.append(failed(external_ids[row[key]], row["sf__Error"], is_removal=key == "Id"))
            for row in rows_of(self.asked(bulk.get_unprocessed_records, job)):
                outcomes.append(Outcome(external_ids[row[key]], Status.FAILED, "not processed by its job", is_passing=True))
        return outcomes

    def ids(self, kind: Kind, external_ids: Sequence[str]) -> dict[str, str]:
        """External ids by the ids of the records that are there."""
        key = self.settings.external_id_field
        found: dict[str, str] = {}
        for start in range(0, len(external_ids), IDS_A_QUERY):
            page = [each for each in external_ids[start : start + IDS_A_QUERY] if EXTERNAL_ID.fullmatch(each)]
            listed = ", ".join(f"'{each}'" for each in page)
            query = f"SELECT Id, {key} FROM {self.object(kind)} WHERE {key} IN ({listed})"
            headers = {"Authorization": f"Bearer {self.client().session_id}"}
            answer = self.asked(call_salesforce, f"{self.root}/query", "GET", self.session, headers, params={"q": query})
            found.update((row["Id"], row[key]) for row in answer.json()["records"])
        return found

    def bulk(self, kind: Kind) -> SFBulk2Type:
        """The client of one object."""
        bulk: SFBulk2Type = getattr(self.client(), self.object(kind))
        return bulk

    def object(self, kind: Kind) -> str:
        """Salesforce's name of a kind."""
        return self.settings.account_object if kind is Kind.ACCOUNT else self.settings.contact_object

    def client(self) -> SFBulk2Handler:
        """The client, logged in."""
        if self.handler is None:
            token = self.secrets[0] if self.settings.access_token else self.log_in()
            self.handler = SFBulk2Handler(token, f"{self.root}/jobs/", session=self.session)
        return self.handler

    def log_in(self) -> str:
        """A token by the client credentials of a connected app.

        Raises:
            DeliveryError: Salesforce does not know them.
        """
        url = f"{self.settings.url}/services/oauth2/token"
        grant = {"grant_type": "client_credentials"}
        who = (self.secrets[0], self.secrets[1])
        answer = self.asked(self.session.post, url, data=grant, auth=who, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise DeliveryError(
                f"{self.settings.url} knows no such client: check client_id and client_secret ({answer.status_code})."
            )
        return str(answer.json()["access_token"])

    def asked(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """One exchange, with what its failure means."""
        try:
            return call(*arguments, **options)
        except SalesforceOperationError as error:
            raise DeliveryError(f"Salesforce ended a job: {error}") from error
        except SalesforceError as error:
            told = str(error.content)
            if "REQUEST_LIMIT_EXCEEDED" in told:
                raise DeliveryError("The org has used up its API requests for today: deliver again tomorrow.") from error
            judge(error.status, None, told)
            raise
        except requests.RequestException as error:
            raise PassingError(f"{type(error).__name__}: no answer from {self.settings.url}") from error

    def close(self) -> None:
        """Close the connection."""
        self.session.close()


def cell(name: str, value: Any) -> str:
    """A CSV cell; a reference to another record by its external id cannot be emptied by a job and is left as it is."""
    return text(value) if value is not None else "" if "." in name else EMPTY


def failed(external_id: str, error: str, *, is_removal: bool) -> Outcome:
    """What an error of a single record means."""
    if is_removal and error.startswith(ALREADY_GONE):
        return Outcome(external_id, Status.SYNCED)
    return Outcome(external_id, Status.FAILED, error, is_passing=error.startswith(PASSING_ERRORS))


def rows_of(content: str) -> list[dict[str, str]]:
    """The rows of a result file."""
    return list(csv.DictReader(io.StringIO(content, newline="")))
