"""The site on this machine: static files with the headers that a web server should send."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Nothing but the site's own files is ever loaded, and nobody frames it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOREVER = "public, max-age=31536000, immutable"


class SiteFiles(StaticFiles):
    """Files of a site; what is named by its content or its generation is kept by browsers, the rest is asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file, with the site's headers."""
        response = await super().get_response(path, scope)
        parts = Path(path).parts
        is_lasting = parts[:1] == ("assets",) or (parts[:1] == ("data",) and len(parts) > 2)
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = FOREVER if is_lasting and response.status_code == 200 else "no-cache"
        return response


def application(site: Path) -> Starlette:
    """An ASGI application that serves the site's folder, compressed."""
    files = SiteFiles(directory=site, html=True)
    return Starlette(routes=[Mount("/", files)], middleware=[Middleware(GZipMiddleware, minimum_size=1024)])
