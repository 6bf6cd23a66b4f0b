"""Tryton by JSON-RPC: contacts and accounts become parties.

A party is known by its code, ``contact-<external_id>`` or ``account-<external_id>``: codes are unique in the database itself, so that
not even a request that arrives after its sender was killed makes a second one. Addresses and whatever else is no field of a party
are contact mechanisms named ``Audience: ...``; those that people add are left alone.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from serving.crm.deliveries.config import TrytonSettings
from serving.crm.deliveries.destination import (
    BatchRejectedError,
    DeliveryError,
    GoneRecord,
    Kind,
    Outcome,
    PassingError,
    Record,
    Status,
    plain,
)
from serving.crm.deliveries.destinations.http import judge, post
from serving.crm.deliveries.layouts import layouts_of, unique_fields_of

# Types of contact mechanisms that a field may be; any other name after `other.` is a labelled line.
MECHANISMS = ("email", "phone", "mobile", "fax", "website", "skype", "sip", "irc", "jabber")
OTHER = "other."
OURS = "Audience: "
PASSING_ERRORS = ("ConcurrencyException", "DatabaseOperationalError", "DatabaseTimeoutError", "database is locked")
LOST_SESSION = (401,)


class TrytonDestination:
    """One database of a Tryton server, as one user."""

    def __init__(self, settings: TrytonSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.password = settings.password.read()
        self.batch_size = settings.batch_size
        self.layouts = layouts_of(settings)
        self.unique_fields = unique_fields_of(settings)
        self.http = requests.Session()
        self.authorization: str | None = None
        self.numbers = itertools.count(1)

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        """Create the parties that are not there, write the others: each in one transaction."""
        known = self.parties(kind, [record.external_id for record in records])
        mechanisms = self.mechanisms(list(known.values()))
        writes: list[Any] = []
        # Who was deactivated by us comes back; who was by somebody else stays so.
        again = {"active": True} if self.settings.gone == "deactivate" else {}
        for record in records:
            if party := known.get(record.external_id):
                writes += [[party], {**again, **values(record, mechanisms.get(party, {}))}]
        new = [record for record in records if record.external_id not in known]
        if writes:
            self.call("model.party.party.write", *writes)
        if new:
            created = [{"code": code(kind, record.external_id), **values(record, {})} for record in new]
            ids = self.call("model.party.party.create", created)
            known.update((record.external_id, party) for record, party in zip(new, ids, strict=True))
        return [Outcome(record.external_id, Status.SYNCED, remote_id=str(known[record.external_id])) for record in records]

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        """Delete the parties, or empty and deactivate them; a party that others refer to cannot be deleted and is told as failed."""
        known = self.parties(kind, [record.external_id for record in records])
        if known and self.settings.gone == "delete":
            self.call("model.party.party.delete", list(known.values()))
        elif known:
            mechanisms = self.mechanisms(list(known.values()))
            writes: list[Any] = []
            for party in known.values():
                ids = [mechanism for mechanism, _ in mechanisms.get(party, {}).values()]
                writes += [[party], {"name": None, "active": False, "contact_mechanisms": [["delete", ids]] if ids else []}]
            self.call("model.party.party.write", *writes)
        return [Outcome(record.external_id, Status.SYNCED) for record in records]

    def parties(self, kind: Kind, external_ids: Sequence[str]) -> dict[str, int]:
        """Ids of the parties that are there, deactivated ones too, by external id."""
        codes = {code(kind, external_id): external_id for external_id in external_ids}
        found = self.call(
            "model.party.party.search_read",
            [["code", "in", list(codes)], ["active", "in", [True, False]]],
            0,
            None,
            None,
            ["code"],
        )
        return {codes[party["code"]]: party["id"] for party in found}

    def mechanisms(self, parties: Sequence[int]) -> dict[int, dict[str, tuple[int, str]]]:
        """Contact mechanisms of ours by party and name: (id, value)."""
        if not parties:
            return {}
        domain = [["party", "in", list(parties)], ["name", "like", f"{OURS}%"]]
        found = self.call(
            "model.party.contact_mechanism.search_read", domain, 0, None, [["id", "ASC"]], ["party", "name", "value"]
        )
        ours: dict[int, dict[str, tuple[int, str]]] = {}
        for mechanism in found:
            ours.setdefault(mechanism["party"], {})[mechanism["name"]] = (mechanism["id"], mechanism["value"])
        return ours

    def call(self, method: str, *parameters: Any) -> Any:
        """One remote call in the user's session, opened where there is none or the server ended it.

        Raises:
            PassingError: the server is away, busy, or another transaction was in the way.
            BatchRejectedError: it refuses what was sent.
            DeliveryError: it lets nobody in.
        """
        # What comes from outside is no person's draft: warnings that a client would show and confirm are not asked for.
        context = {"_skip_warnings": True}
        if self.authorization is None:
            self.log_in()
        answer = self.post(method, [*parameters, context])
        if answer.status_code in LOST_SESSION:
            self.log_in()
            answer = self.post(method, [*parameters, context])
        return result(answer)

    def log_in(self) -> None:
        """Open a session.

        Raises:
            DeliveryError: user or password are wrong.
        """
        self.authorization = None
        answer = self.post("common.db.login", [self.settings.user, {"password": self.password}])
        if answer.status_code in LOST_SESSION:
            raise DeliveryError(f"{self.settings.url} does not let {self.settings.user} in: check user and password.")
        user, token, *_ = result(answer)
        plain_text = f"{self.settings.user}:{user}:{token}"
        self.authorization = "Session " + base64.b64encode(plain_text.encode()).decode()

    def post(self, method: str, parameters: list[Any]) -> requests.Response:
        """One request."""
        body = json.dumps({"id": next(self.numbers), "method": method, "params": parameters}).encode()
        headers = {"Content-Type": "application/json"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        return post(self.http, f"{self.settings.url}/{self.settings.database}/rpc/", body, headers)

    def close(self) -> None:
        """End the session."""
        try:
            if self.authorization:
                self.post("common.db.logout", [])
        except PassingError:
            pass
        finally:
            self.http.close()


def code(kind: Kind, external_id: str) -> str:
    """The code of a record's party; accounts and contacts may have one id."""
    return f"{kind}-{external_id}"


def values(record: Record, held: Mapping[str, tuple[int, str]]) -> dict[str, Any]:
    """What a party is created or written with; ``held`` are its mechanisms of ours."""
    fields: dict[str, Any] = {}
    commands: list[Any] = []
    kept = dict(held)
    for field, value in record.fields.items():
        kind = field if field in MECHANISMS else "other" if field.startswith(OTHER) else None
        if kind is None:
            fields[field] = plain(value)
            continue
        name = OURS + field.removeprefix(OTHER)
        there = kept.pop(name, None)
        if value is None:
            commands += [["delete", [there[0]]]] if there else []
        elif there is None:
            commands.append(["create", [{"type": kind, "name": name, "value": str(plain(value))}]])
        elif there[1] != str(plain(value)):
            commands.append(["write", [there[0]], {"value": str(plain(value))}])
    # What an earlier mapping left behind.
    commands += [["delete", [mechanism]] for mechanism, _ in kept.values()]
    return {**fields, "contact_mechanisms": commands}


def result(answer: requests.Response) -> Any:
    """The result of a call."""
    judge(answer.status_code, answer.headers, answer.text[:300])
    content = answer.json()
    if not isinstance(content, dict) or "error" not in content:
        return content.get("result") if isinstance(content, dict) else content
    error = content["error"]
    told = ": ".join(str(part) for part in flat(error) if part)[:500]
    if any(passing in told for passing in PASSING_ERRORS):
        raise PassingError(told)
    raise BatchRejectedError(told)


def flat(error: Any) -> list[Any]:
    """The texts of an error, which nests them; of a traceback only its last line."""
    if isinstance(error, list):
        return [text for part in error for text in flat(part)]
    if isinstance(error, str) and "\n" in error:
        return [error.strip().splitlines()[-1]]
    return [error]
