"""A HubSpot that does what HubSpot's documentation of the CRM API says, and refuses what breaks it.

Batches of at most 100 inputs; bearer token; JSON; properties that exist, as texts; ``idProperty`` of unique values; no id twice in a
batch; an address in one contact only; 207 with ``objectWriteTraceId`` for what fails alone; 429 with ``Retry-After``.
"""

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

TOKEN = "pat-local-only"
BATCH_LIMIT = 100
ASSOCIATION_LIMIT = 2000
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
UNIQUE = {"contacts": {"email", "aia_external_id"}, "companies": {"aia_external_id"}}
NAMES = {
    "contacts": {
        "email", "firstname", "lastname", "aia_external_id", "aia_name", "aia_account_name", "aia_engagement_score", "aia_first_seen_at",
        "aia_last_seen_at", "aia_play_count", "aia_completed_view_count", "aia_interaction_count", "aia_outbound_click_count",
        "aia_form_count", "aia_conversion_count", "aia_last_converted_at", "aia_last_video",
    },
    "companies": {
        "name", "domain", "aia_external_id", "aia_engagement_score", "aia_contact_count", "aia_watching_contact_count",
        "aia_first_seen_at", "aia_last_seen_at", "aia_play_count", "aia_conversion_count",
    },
}  # fmt: skip
NUMBERS = re.compile(r"aia_.*(_count|_score)$")
TIMES = re.compile(r"aia_.*_at$")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class RefusedError(Exception):
    """A whole request is refused."""

    def __init__(self, status: int, category: str, message: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.category, self.message, self.headers = status, category, message, headers


@dataclass
class HubSpotRules:
    """Its records by object and id, its associations, and what was asked of it."""

    records: dict[str, dict[str, dict[str, str]]] = field(default_factory=lambda: {"contacts": {}, "companies": {}})
    archived: set[str] = field(default_factory=set)
    associations: set[tuple[str, str]] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    busy: int = 0
    ids: Any = field(default_factory=lambda: itertools.count(101))

    def add(self, kind: str, **properties: str) -> str:
        """A record that people made."""
        identity = str(next(self.ids))
        self.records[kind][identity] = properties
        return identity

    def found(self, kind: str, name: str, value: str) -> str | None:
        """The record with a value."""
        return next((each for each, properties in self.records[kind].items() if properties.get(name) == value), None)

    def check_properties(self, kind: str, properties: dict[str, Any]) -> None:
        """Refuse what no property takes."""
        for name, value in properties.items():
            if name not in NAMES[kind]:
                raise RefusedError(400, "VALIDATION_ERROR", f'Property "{name}" does not exist')
            if not isinstance(value, str):
                raise RefusedError(400, "VALIDATION_ERROR", f"{name} must be a string")
            if value and NUMBERS.search(name) and not value.lstrip("-").replace(".", "", 1).isdigit():
                raise RefusedError(400, "VALIDATION_ERROR", f"{value} was not a valid number")
            if value and TIMES.search(name) and not ISO.fullmatch(value):
                raise RefusedError(400, "VALIDATION_ERROR", f"{value} was not a valid time")
        if properties.get("email") and not ADDRESS.fullmatch(properties["email"]):
            raise RefusedError(400, "VALIDATION_ERROR", f"Email address {properties['email']} is invalid")

    def conflict(self, kind: str, identity: str | None, properties: dict[str, str]) -> str | None:
        """Why a record cannot hold these values."""
        for name in UNIQUE[kind]:
            owner = self.found(kind, name, properties[name]) if properties.get(name) else None
            if owner and owner != identity:
                return f"{name} {properties[name]} is already used by {owner}"
        return None

    def write(
        self, kind: str, identity: str | None, given: dict[str, Any]
    ) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Write one input; its result or its error."""
        self.check_properties(kind, given["properties"])
        trace = given.get("objectWriteTraceId")
        if problem := self.conflict(kind, identity, given["properties"]):
            return None, error("CONFLICT", problem, {"objectWriteTraceId": [trace]})
        is_new = identity is None
        identity = identity or str(next(self.ids))
        held = self.records[kind].setdefault(identity, {})
        held.update({name: value for name, value in given["properties"].items() if value})
        for name, value in given["properties"].items():
            if not value:
                held.pop(name, None)
        return shown(identity, held, new=is_new), None

    def batch(self, kind: str, verb: str, inputs: list[dict[str, Any]], body: dict[str, Any]) -> tuple[int, Any]:
        """One batch call."""
        if not inputs or len(inputs) > BATCH_LIMIT:
            raise RefusedError(400, "VALIDATION_ERROR", f"{len(inputs)} inputs: a batch has 1 to {BATCH_LIMIT}")
        twice = [each for each, count in Counter(str(given["id"]) for given in inputs).items() if count > 1]
        if twice:
            raise RefusedError(400, "VALIDATION_ERROR", f"Duplicate IDs found in batch input: {twice}")
        results, errors = [], []
        for given in inputs:
            if verb == "read":
                name = body.get("idProperty")
                if name and name not in UNIQUE[kind]:
                    raise RefusedError(400, "VALIDATION_ERROR", f"{name} is no property of unique values")
                identity = self.found(kind, name, given["id"]) if name else given["id"]
                if identity in self.records[kind]:
                    results.append(shown(identity, self.records[kind][identity]))
                else:
                    errors.append(error("OBJECT_NOT_FOUND", "Could not get some objects", {"ids": [given["id"]]}))
                continue
            if verb == "archive":
                if self.records[kind].pop(given["id"], None) is not None:
                    self.archived.add(given["id"])
                continue
            if verb == "update":
                identity = given["id"]
                if identity not in self.records[kind]:
                    errors.append(error("OBJECT_NOT_FOUND", "Could not get some objects", {"ids": [identity]}))
                    continue
            else:
                name = given.get("idProperty")
                if name not in UNIQUE[kind]:
                    raise RefusedError(400, "VALIDATION_ERROR", f"{name} is no property of unique values")
                if given["properties"].get(name) != given["id"]:
                    raise RefusedError(400, "VALIDATION_ERROR", f"id is not what {name} says")
                identity = self.found(kind, name, given["id"])
            result, problem = self.write(kind, identity, given)
            results += [result] if result else []
            errors += [problem] if problem else []
        if verb == "archive":
            return 204, None
        # In an order of its own, as HubSpot answers.
        page: dict[str, Any] = {"status": "COMPLETE", "results": results[::-1], "startedAt": NOW, "completedAt": NOW}
        return (207, {**page, "numErrors": len(errors), "errors": errors}) if errors else (200, page)


NOW = "2026-10-08T12:00:00.000Z"


def shown(identity: str, held: dict[str, str], **more: Any) -> dict[str, Any]:
    """A record as an answer shows it."""
    return {"id": identity, "properties": dict(held), "createdAt": NOW, "updatedAt": NOW, "archived": False, **more}


def error(category: str, message: str, context: dict[str, Any]) -> dict[str, Any]:
    """An error of one record."""
    return {"status": "error", "category": category, "message": message, "context": context, "errors": [], "links": {}}


def application(rules: HubSpotRules) -> FastAPI:
    """It, as a web application."""
    app = FastAPI()

    async def checked(request: Request) -> dict[str, Any]:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise RefusedError(401, "INVALID_AUTHENTICATION", "Authentication credentials not found")
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise RefusedError(415, "UNSUPPORTED", "Content-Type must be application/json")
        rules.calls.append(f"{request.method} {request.url.path}")
        if rules.busy > 0:
            rules.busy -= 1
            raise RefusedError(429, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit", {"Retry-After": "0.05"})
        body: dict[str, Any] = await request.json()
        rules.sizes.append(len(body["inputs"]))
        return body

    @app.exception_handler(RefusedError)
    def refused(request: Request, problem: RefusedError) -> Response:
        body = {"status": "error", "message": problem.message, "category": problem.category, "correlationId": "0"}
        return JSONResponse(body, problem.status, headers=problem.headers)

    @app.post("/crm/v3/objects/{kind}/batch/{verb}")
    async def batch(kind: str, verb: str, request: Request) -> Response:
        body = await checked(request)
        status, content = rules.batch(kind, verb, body["inputs"], body)
        return Response(status_code=status) if content is None else JSONResponse(content, status)

    @app.post("/crm/v4/associations/{left}/{right}/batch/associate/default")
    async def associate(left: str, right: str, request: Request) -> Response:
        body = await checked(request)
        if not body["inputs"] or len(body["inputs"]) > ASSOCIATION_LIMIT:
            raise RefusedError(400, "VALIDATION_ERROR", "too many associations")
        results, errors = [], []
        for given in body["inputs"]:
            pair = (given["from"]["id"], given["to"]["id"])
            if pair[0] in rules.records[left] and pair[1] in rules.records[right]:
                rules.associations.add(pair)
                results.append({"from": {"id": pair[0]}, "to": {"id": pair[1]}, "associationSpec": SPEC})
            else:
                context = {"fromObjectId": [pair[0]], "toObjectId": [pair[1]]}
                errors.append(error("OBJECT_NOT_FOUND", "One or more objects do not exist", context))
        page = {"status": "COMPLETE", "results": results, "startedAt": NOW, "completedAt": NOW}
        return JSONResponse({**page, "numErrors": len(errors), "errors": errors}, 207) if errors else JSONResponse(page)

    return app


SPEC = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
