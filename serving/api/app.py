"""The HTTP side: routes, authorisation, errors and the OpenAPI description."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from ingestion.home import Home
from serving.api.formats import MEDIA_TYPES, negotiated
from serving.api.gates import Limits, RateGate, Readers
from serving.api.observing import Metrics, Observed
from serving.api.problems import MEDIA_TYPE, ProblemError, invalid_parameter, tokens_unreadable, unauthorized
from serving.api.schemas import (
    CURSOR_HEADER,
    GENERATION,
    GENERATION_HEADER,
    ROWS_RESPONSE,
    Health,
    Live,
    ProblemBody,
    Publication,
    RowsPage,
    RowsQuery,
    TableDetail,
    TableList,
    problem_responses,
)
from serving.api.scope import Scope
from serving.api.service import PageAnswer, Service
from serving.api.tokens import TokensError, TokenStore

log = logging.getLogger("audience.api")

SWEEP_SECONDS = 5.0
DESCRIPTION = """
Every mart and export of the published snapshot, listable and readable page by page.

Send a token as `Authorization: Bearer <token>`. A token opens the rows of its workspaces, and tables with personal data only
where it was made for them; whatever it does not open is not there. Every answer names the generation that it is of.
"""
TAGS = [
    {"name": "tables", "description": "What there is, and its rows."},
    {"name": "operations", "description": "For who runs the server; they need no token and show no data."},
]
bearer = HTTPBearer(auto_error=False, description="A token made by `python -m serving.api tokens create`.")
SchemaName = Annotated[str, Path(description="The schema of the table.", examples=["kpis"])]
TableName = Annotated[str, Path(description="The name of the table.", examples=["kpi_video_daily"])]


class AudienceAPI(FastAPI):
    """The application with what it holds on to."""

    service: Service
    readers: Readers
    tokens: TokenStore
    rate: RateGate
    metrics: Metrics

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description: FastAPI's, with our own error body in place of its own."""
        if not self.openapi_schema:
            schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes, tags=TAGS
            )
            schemas = schema["components"]["schemas"]
            for model in (ProblemBody, RowsPage):
                schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            self.openapi_schema = schema
        return self.openapi_schema


def create_app(home: Home, limits: Limits | None = None) -> AudienceAPI:
    """The API over an installation's published snapshots.

    Raises:
        TokensError: the key of its cursors is damaged.
    """
    limits = limits or Limits()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(sweep_for_ever(service))
        yield
        sweeping.cancel()
        await asyncio.to_thread(readers.close)
        service.snapshots.close()

    service, readers = Service(home, limits), Readers(limits)
    app = AudienceAPI(
        title="Audience Interaction Analytics",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        # Their pages would fetch scripts from another site.
        docs_url=None,
        redoc_url=None,
    )
    app.service, app.readers = service, readers
    app.tokens, app.rate = TokenStore(home.api), RateGate(limits.rate)
    app.metrics = Metrics(service.snapshots)
    app.add_middleware(Observed, metrics=app.metrics, snapshots=service.snapshots)
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_failure)
    add_tables(app)
    add_operations(app)
    return app


async def sweep_for_ever(service: Service) -> None:
    """Close generations that are gone also while nobody asks anything."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await asyncio.to_thread(service.snapshots.sweep)
        except OSError:
            log.exception("The folder of snapshots cannot be looked at")


async def authorized(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Scope:
    """What the request's token opens; counts it against the token's rate.

    Raises:
        ProblemError: 401, 429, or 503 where the tokens cannot be read.
    """
    app: AudienceAPI = request.app
    if credentials is None:
        raise unauthorized("The request has no bearer token.")
    try:
        token = app.tokens.find(credentials.credentials)
    except TokensError as error:
        log.error("%s", error)
        raise tokens_unreadable("The server's file of tokens is damaged, or others may read it.") from error
    if token is None:
        raise unauthorized("This token is not known.")
    refusal = token.refusal(datetime.now(UTC))
    if refusal:
        raise unauthorized(refusal)
    request.state.token_id = token.token_id
    app.rate.enter(token.token_id)
    return token.scope


Authorized = Annotated[Scope, Depends(authorized)]


def add_tables(app: AudienceAPI) -> None:
    """The routes that need a token."""

    @app.get(
        "/v1/publication",
        tags=["tables"],
        summary="What is published now",
        responses={200: {"headers": GENERATION}, **problem_responses(401, 429, 503, 504)},
    )
    async def publication(scope: Authorized, response: Response) -> Publication:
        found = await app.readers.run(lambda _: app.service.publication())
        response.headers[GENERATION_HEADER] = str(found.generation)
        return found

    @app.get(
        "/v1/tables",
        tags=["tables"],
        summary="All tables that the token sees",
        responses={200: {"headers": GENERATION}, **problem_responses(401, 429, 503, 504)},
    )
    async def tables(scope: Authorized, response: Response) -> TableList:
        found = await app.readers.run(partial(app.service.tables, scope=scope))
        response.headers[GENERATION_HEADER] = str(found.generation)
        return found

    @app.get(
        "/v1/tables/{schema}/{table}",
        tags=["tables"],
        summary="One table: its columns, what they mean, and how many rows it has",
        responses={200: {"headers": GENERATION}, **problem_responses(401, 404, 422, 429, 503, 504)},
    )
    async def table(scope: Authorized, response: Response, schema: SchemaName, table: TableName) -> TableDetail:
        found = await app.readers.run(partial(app.service.table, scope=scope, schema=schema, name=table))
        response.headers[GENERATION_HEADER] = str(found.generation)
        return found

    @app.get(
        "/v1/tables/{schema}/{table}/rows",
        tags=["tables"],
        summary="Rows of a table, page by page",
        response_class=Response,
        responses={200: ROWS_RESPONSE, **problem_responses(401, 404, 406, 410, 422, 429, 503, 504)},
    )
    async def rows(
        request: Request, scope: Authorized, schema: SchemaName, table: TableName, query: Annotated[RowsQuery, Query()]
    ) -> Response:
        format_ = negotiated(query.format, request.headers.get("accept"))
        answer = await app.readers.run(
            partial(app.service.rows, scope=scope, schema=schema, name=table, asked=query, format_=format_)
        )
        headers = {GENERATION_HEADER: str(answer.generation), "Vary": "Accept, Authorization"} | onward(request, answer)
        media_type = MEDIA_TYPES[format_]
        if isinstance(answer.chunks, list):
            return Response(b"".join(answer.chunks), headers=headers, media_type=media_type)
        return StreamingResponse(answer.chunks, headers=headers, media_type=media_type)


def onward(request: Request, answer: PageAnswer) -> dict[str, str]:
    """The headers that lead to the next page."""
    if answer.next_cursor is None:
        return {}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    query = urlencode([*kept, ("cursor", answer.next_cursor)])
    return {CURSOR_HEADER: answer.next_cursor, "Link": f'<{request.url.path}?{query}>; rel="next"'}


def add_operations(app: AudienceAPI) -> None:
    """The routes for who runs the server."""

    @app.get("/health/live", tags=["operations"], summary="Whether the server lives")
    async def live() -> Live:
        return Live(live=True)

    @app.get("/health", tags=["operations"], summary="Whether a snapshot can be read", responses=problem_responses(503))
    async def health() -> Health:
        # Not through the readers: a server that is busy is still ready.
        published = await asyncio.to_thread(app.service.publication)
        return Health(live=True, ready=True, generation=published.generation)

    @app.get("/metrics", tags=["operations"], summary="Numbers for Prometheus", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(app.metrics.text(), media_type=CONTENT_TYPE_LATEST)


async def on_problem(_: Request, error: Exception) -> Response:
    """One of ours."""
    assert isinstance(error, ProblemError)
    return JSONResponse(error.body(), error.status, error.headers, MEDIA_TYPE)


async def on_invalid(request: Request, error: Exception) -> Response:
    """Parameters that do not have the described shape."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1])
    remedy = "GET /openapi.json describes all parameters."
    if first["type"] == "extra_forbidden":
        remedy = f"Its parameters are {', '.join(RowsQuery.model_fields)}."
    return await on_problem(request, invalid_parameter(name[:100], f"{first['msg']}.", remedy))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Paths and methods that do not exist."""
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    remedy = "GET /openapi.json describes all paths and methods."
    slug = title.lower().replace(" ", "-")
    return await on_problem(request, ProblemError(error.status_code, slug, title, str(error.detail), remedy, error.headers))


async def on_failure(request: Request, error: Exception) -> Response:
    """A defect of ours: told to the log, not to the client."""
    log.error("A request failed", exc_info=error)
    title, detail = "The server failed", "The server's log says why."
    return await on_problem(request, ProblemError(500, "failed", title, detail, "Report it, with the time it happened."))
