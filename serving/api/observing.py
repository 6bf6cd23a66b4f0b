"""What the operator sees: a line and numbers for every request, without a value of it.

The query of a URL may name a person (``where=email:eq:...``), so no log holds one; uvicorn's own access log stays off.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.schemas import GENERATION_HEADER
from serving.api.snapshots import Snapshots

log = logging.getLogger("audience.api")
# An answer is data: no browser guesses another type for it, runs anything in it, frames it or lends it to another site's page.
PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """Prometheus metrics of one application."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("audience_api_requests", "Requests answered.", ["route", "status"], registry=self._registry)
        self._seconds = Histogram(
            "audience_api_request_seconds", "From request to last byte.", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self._gauge(
            "generation", "The generation that is current, 0 before the first.", lambda: snapshots.current_generation() or 0
        )
        self._gauge("open_readers", "Requests that read a snapshot now.", snapshots.readers)
        self._gauge("open_generations", "Snapshots that are open now.", lambda: len(snapshots.open_generations()))

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        Gauge(f"audience_api_{name}", text, registry=self._registry).set_function(value)


class Observed:
    """ASGI middleware: counts and logs each request, and says in every answer which generation it is of."""

    def __init__(self, app: ASGIApp, metrics: Metrics, snapshots: Snapshots) -> None:
        self._app, self._metrics, self._snapshots = app, metrics, snapshots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                generation = self._snapshots.current_generation()
                if GENERATION_HEADER not in headers and generation is not None:
                    headers[GENERATION_HEADER] = str(generation)
                # Rows are of one token's scope, and may be a person's.
                headers.setdefault("Cache-Control", "no-store")
                for name, value in PROTECTION.items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "unmatched")
            token = scope.get("state", {}).get("token_id", "-")
            self._metrics.observe(route, status, seconds)
            log.info("%s %s %d %.1f ms token=%s", scope["method"], route, status, seconds * 1000, token)
