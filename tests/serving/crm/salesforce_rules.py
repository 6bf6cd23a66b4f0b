"""A Salesforce that does what the documentation of Bulk API 2.0 says, and refuses what breaks it.

A job is made, takes one upload of CSV, is closed, works, and only then has results; the CSV is UTF-8 with a header of known fields and
the line ending that was declared; an upsert names an external id field that is a column; `#N/A` empties a field, an empty cell leaves
it; a delete has no column but Id; each record succeeds or fails by itself.
"""

import base64
import csv
import io
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

TOKEN = "00D-local-only"
CLIENT = ("client", "secret")
LIMIT_BYTES = 150_000_000
EXTERNAL_ID = "AIA_External_Id__c"
FIELDS = {
    "Account": {
        EXTERNAL_ID, "Name", "Website", "AIA_Engagement_Score__c", "AIA_Contact_Count__c", "AIA_Last_Seen_At__c", "AIA_Play_Count__c",
        "AIA_Conversion_Count__c",
    },
    "Contact": {
        EXTERNAL_ID, "LastName", "Email", f"Account.{EXTERNAL_ID}", "AIA_Engagement_Score__c", "AIA_First_Seen_At__c",
        "AIA_Last_Seen_At__c", "AIA_Play_Count__c", "AIA_Completed_View_Count__c", "AIA_Interaction_Count__c",
        "AIA_Outbound_Click_Count__c", "AIA_Form_Count__c", "AIA_Conversion_Count__c", "AIA_Last_Converted_At__c", "AIA_Last_Video__c",
    },
}  # fmt: skip
REQUIRED = {"Account": "Name", "Contact": "LastName"}
LONGEST_LAST_NAME = 80


class RefusedError(Exception):
    """A request is refused."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.code, self.message, self.headers = status, code, message, headers


@dataclass
class Job:
    """One ingest job."""

    id: str
    spec: dict[str, Any]
    state: str = "Open"
    data: bytes | None = None
    message: str | None = None
    results: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {"successful": [], "failed": [], "unprocessed": []})

    def shown(self) -> dict[str, Any]:
        """As an answer shows it."""
        counts = {
            "numberRecordsProcessed": len(self.results["successful"]) + len(self.results["failed"]),
            "numberRecordsFailed": len(self.results["failed"]),
        }
        return {"id": self.id, "state": self.state, "errorMessage": self.message, **self.spec, **counts}


@dataclass
class SalesforceRules:
    """Its records by object and Id, its jobs, and the trouble it is to make."""

    records: dict[str, dict[str, dict[str, str]]] = field(default_factory=lambda: {"Account": {}, "Contact": {}})
    jobs: dict[str, Job] = field(default_factory=dict)
    busy: int = 0
    locked: set[str] = field(default_factory=set)
    unprocessed: set[str] = field(default_factory=set)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def make(self, spec: dict[str, Any]) -> Job:
        """Make a job."""
        allowed = {"object", "operation", "contentType", "lineEnding", "columnDelimiter", "externalIdFieldName"}
        if odd := set(spec) - allowed:
            raise RefusedError(400, "INVALIDJOB", f"Unrecognized field {odd}")
        if spec.get("object") not in FIELDS:
            raise RefusedError(400, "INVALIDENTITY", "Entity is not supported")
        if spec.get("operation") not in ("insert", "update", "upsert", "delete", "hardDelete"):
            raise RefusedError(400, "INVALIDJOB", "Unsupported operation")
        if spec.get("contentType", "CSV") != "CSV" or spec.get("lineEnding", "LF") not in ("LF", "CRLF"):
            raise RefusedError(400, "INVALIDJOB", "Unsupported content")
        if (spec["operation"] == "upsert") != ("externalIdFieldName" in spec):
            raise RefusedError(400, "INVALIDJOB", "externalIdFieldName is for upserts, which need it")
        job = Job(f"750{next(self.ids):015}", spec)
        self.jobs[job.id] = job
        return job

    def upload(self, job: Job, data: bytes, content_type: str) -> None:
        """Take a job's one upload."""
        if job.state != "Open" or job.data is not None:
            raise RefusedError(400, "INVALIDJOBSTATE", "The job takes no (more) data")
        if not content_type.startswith("text/csv"):
            raise RefusedError(415, "INVALIDBATCH", "Content-Type must be text/csv")
        if len(data) > LIMIT_BYTES:
            raise RefusedError(413, "INVALIDBATCH", "The data is too large")
        job.data = data

    def change(self, job: Job, state: str) -> None:
        """Close or abort a job."""
        may_close = state == "UploadComplete" and job.state == "Open" and job.data is not None
        may_abort = state == "Aborted" and job.state in ("Open", "UploadComplete", "InProgress")
        if not may_close and not may_abort:
            raise RefusedError(400, "INVALIDJOBSTATE", f"{job.state} does not become {state}")
        job.state = state

    def look(self, job: Job) -> Job:
        """A job goes on while it is looked at."""
        if job.state == "UploadComplete":
            job.state = "InProgress"
        elif job.state == "InProgress":
            self.work(job)
        return job

    def work(self, job: Job) -> None:
        """Work through the rows."""
        text = (job.data or b"").decode("utf-8")
        ending = "\r\n" if job.spec.get("lineEnding") == "CRLF" else "\n"
        if text.split("\n", 1)[0].endswith("\r") != (ending == "\r\n"):
            job.state, job.message = "Failed", "InvalidBatch : LineEnding is invalid on user data"
            return
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        header = set(text.split(ending, 1)[0].split(","))
        kind, operation = job.spec["object"], job.spec["operation"]
        key = job.spec.get("externalIdFieldName", "Id")
        unknown = header - FIELDS[kind] - {"Id"}
        if unknown or key not in header or (operation == "delete" and header != {"Id"}):
            job.state, job.message = "Failed", f"InvalidBatch : Field name not found : {', '.join(sorted(unknown))}"
            return
        twice = {value for value, count in Counter(row[key] for row in rows).items() if count > 1}
        for row in rows:
            if row[key] in self.unprocessed:
                job.results["unprocessed"].append(row)
                continue
            identity, created, problem = self.one(kind, operation, key, row, row[key] in twice)
            if problem:
                job.results["failed"].append({"sf__Id": identity or "", "sf__Error": problem, **row})
            else:
                job.results["successful"].append({"sf__Id": identity or "", "sf__Created": str(created).lower(), **row})
        job.state = "JobComplete"

    def one(
        self, kind: str, operation: str, key: str, row: dict[str, str], is_twice: bool
    ) -> tuple[str | None, bool, str | None]:
        """One row: (Id, whether it was made, what is wrong)."""
        held = self.records[kind]
        identity = (
            row["Id"] if key == "Id" else next((each for each, fields in held.items() if fields.get(key) == row[key]), None)
        )
        if row[key] in self.locked:
            return identity, False, "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--"
        if key == "Id" and identity not in held:
            return identity, False, "ENTITY_IS_DELETED:entity is deleted:--"
        if operation == "delete":
            del held[str(identity)]
            return identity, False, None
        if is_twice:
            return None, False, "DUPLICATE_VALUE:Duplicate external id specified:--"
        created = identity is None
        fields = {} if created else dict(held[str(identity)])
        for name, value in row.items():
            if name == "Id" or value == "":
                continue
            if "." in name and not any(each[EXTERNAL_ID] == value for each in self.records["Account"].values()):
                return identity, False, f"INVALID_FIELD:Foreign key external ID: {value} not found for field {name}:--"
            fields.pop(name, None)
            if value != "#N/A":
                fields[name] = value
        if not fields.get(REQUIRED[kind]):
            return identity, False, f"REQUIRED_FIELD_MISSING:Required fields are missing: [{REQUIRED[kind]}]:{REQUIRED[kind]} --"
        if len(fields.get("LastName", "")) > LONGEST_LAST_NAME:
            return (
                identity,
                False,
                f"STRING_TOO_LONG:Last Name: data value too large: {fields['LastName']} (max length=80):LastName --",
            )
        identity = identity or f"003{next(self.ids):015}"
        held[identity] = fields
        return identity, created, None


def result_file(rows: list[dict[str, str]], first: list[str]) -> str:
    """A result file, every cell quoted as Salesforce does."""
    names = list(rows[0]) if rows else first
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def application(rules: SalesforceRules) -> FastAPI:
    """It, as a web application."""
    app = FastAPI()
    root = "/services/data/v62.0"

    @app.exception_handler(RefusedError)
    def refused(request: Request, problem: RefusedError) -> Response:
        return JSONResponse([{"errorCode": problem.code, "message": problem.message}], problem.status, headers=problem.headers)

    def check(request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise RefusedError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if rules.busy > 0:
            rules.busy -= 1
            raise RefusedError(503, "SERVER_UNAVAILABLE", "Service unavailable", {"Retry-After": "0"})

    def job_of(identity: str) -> Job:
        if identity not in rules.jobs:
            raise RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
        return rules.jobs[identity]

    @app.post("/services/oauth2/token")
    async def token(request: Request) -> Response:
        form = (await request.body()).decode()
        known = "Basic " + base64.b64encode(":".join(CLIENT).encode()).decode()
        if form != "grant_type=client_credentials" or request.headers.get("authorization") != known:
            return JSONResponse({"error": "invalid_client"}, 400)
        return JSONResponse({"access_token": TOKEN, "token_type": "Bearer"})

    @app.post(f"{root}/jobs/ingest")
    async def make(request: Request) -> Response:
        check(request)
        return JSONResponse(rules.make(await request.json()).shown())

    @app.put(root + "/jobs/ingest/{identity}/batches")
    async def upload(identity: str, request: Request) -> Response:
        check(request)
        rules.upload(job_of(identity), await request.body(), request.headers.get("content-type", ""))
        return Response(status_code=201)

    @app.patch(root + "/jobs/ingest/{identity}")
    async def change(identity: str, request: Request) -> Response:
        check(request)
        rules.change(job_of(identity), (await request.json())["state"])
        return JSONResponse(job_of(identity).shown())

    @app.get(root + "/jobs/ingest/{identity}")
    def look(identity: str, request: Request) -> Response:
        check(request)
        return JSONResponse(rules.look(job_of(identity)).shown())

    @app.get(root + "/jobs/ingest/{identity}/{which}")
    def results(identity: str, which: str, request: Request) -> Response:
        check(request)
        job = job_of(identity)
        if job.state not in ("JobComplete", "Failed", "Aborted"):
            raise RefusedError(400, "INVALIDJOBSTATE", "Job is not complete")
        kind = which.lower().removesuffix("results").removesuffix("records")
        first = {"successful": ["sf__Id", "sf__Created"], "failed": ["sf__Id", "sf__Error"], "unprocessed": ["Id"]}[kind]
        return PlainTextResponse(result_file(job.results[kind], first), media_type="text/csv; charset=UTF-8")

    @app.get(f"{root}/query")
    def query(request: Request, q: str) -> Response:
        check(request)
        # SELECT Id, <field> FROM <object> WHERE <field> IN ('a', 'b')
        kind = q.split(" FROM ")[1].split()[0]
        wanted = {each.strip().strip("'") for each in q.rsplit("IN (", 1)[1].rstrip(")").split(",")}
        found = [
            {"Id": identity, EXTERNAL_ID: fields[EXTERNAL_ID]}
            for identity, fields in rules.records[kind].items()
            if fields.get(EXTERNAL_ID) in wanted
        ]
        return JSONResponse({"totalSize": len(found), "done": True, "records": found})

    return app
