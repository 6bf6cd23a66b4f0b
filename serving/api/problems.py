"""Everything that can be wrong with a request, as RFC 9457 problem details with a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from serving.generations import KEEP

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request that is answered with an error.

    slug: the last part of its ``type``, stable, for programs. detail: what is wrong with this request. remedy: what to do.
    """

    def __init__(
        self, status: int, slug: str, title: str, detail: str, remedy: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{title}: {detail}")
        self.status, self.slug, self.title, self.detail, self.remedy = status, slug, title, detail, remedy
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON that is sent."""
        return {
            "type": f"urn:audience-api:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "remedy": self.remedy,
        }


def unauthorized(detail: str) -> ProblemError:
    """401: no token, or one that is not valid (any more)."""
    return ProblemError(
        401,
        "unauthorized",
        "A valid token is needed",
        detail,
        "Send the header `Authorization: Bearer <token>`; `python -m serving.api tokens create` makes one.",
        {"WWW-Authenticate": 'Bearer realm="audience"'},
    )


def unknown_table(schema: str, table: str) -> ProblemError:
    """404: no such table, or none that the token may see; the two must not be told apart."""
    return ProblemError(
        404,
        "unknown-table",
        "There is no such table",
        f"This token sees no table {schema}.{table} in the published snapshot.",
        "GET /v1/tables lists what it sees; tables with personal data, or of all workspaces, need a token that allows them.",
    )


def not_acceptable(accept: str, offered: str) -> ProblemError:
    """406: none of the formats that the client accepts."""
    return ProblemError(
        406, "not-acceptable", "No such format", f"Accept is {accept!r}.", f"Accept one of {offered}, or give `format=`."
    )


def generation_gone(generation: int) -> ProblemError:
    """410: a cursor of a generation whose file is no more."""
    return ProblemError(
        410,
        "generation-gone",
        "The snapshot that this cursor reads is gone",
        f"Generation {generation} was replaced: the newest {KEEP} generations are kept.",
        "Ask again without `cursor`: it begins anew in the current generation.",
    )


def invalid_parameter(name: str, detail: str, remedy: str) -> ProblemError:
    """422: a parameter that means nothing here."""
    return ProblemError(422, "invalid-parameter", f"The parameter {name} is not valid", detail, remedy)


def unknown_column(parameter: str, column: str, known: list[str]) -> ProblemError:
    """422: a column that the table does not have."""
    near = get_close_matches(column, known, n=3)
    remedy = f"Did you mean {', '.join(near)}?" if near else f"Its columns are {', '.join(known)}."
    return invalid_parameter(parameter, f"There is no column {column!r}.", remedy)


def invalid_cursor(detail: str) -> ProblemError:
    """422: a cursor that this server did not give out, or not to this question."""
    return ProblemError(
        422,
        "invalid-cursor",
        "The cursor is not valid",
        detail,
        "Use `next_cursor` of the page before, unchanged, with the same table, `where`, `order` and workspaces; or leave it out.",
    )


def too_many_requests(limit: str, seconds: int) -> ProblemError:
    """429: the token's rate is used up."""
    return ProblemError(
        429,
        "too-many-requests",
        "Too many requests",
        f"This token may ask {limit}.",
        f"Wait {seconds} s; larger pages (`limit`) need fewer requests.",
        {"Retry-After": str(seconds)},
    )


def busy() -> ProblemError:
    """503: every reader is at work."""
    return ProblemError(
        503, "busy", "All readers are busy", "No reader became free in time.", "Try again in a second.", {"Retry-After": "1"}
    )


def not_ready(detail: str) -> ProblemError:
    """503: nothing is published, or what is cannot be read."""
    return ProblemError(
        503, "not-ready", "There is no snapshot to read", detail, "Publish one: `make run`, then ask again.", {"Retry-After": "5"}
    )


def tokens_unreadable(detail: str) -> ProblemError:
    """503: the file of tokens cannot be trusted; nobody is let in."""
    return ProblemError(
        503,
        "tokens-unreadable",
        "The tokens cannot be read",
        detail,
        "Mend the file as told, on the server.",
        {"Retry-After": "60"},
    )


def too_much_memory() -> ProblemError:
    """503: the question does not fit the memory that queries may use."""
    return ProblemError(
        503,
        "too-much-memory",
        "The question needs too much memory",
        "The memory limit of the server was reached.",
        "Ask for fewer columns or a smaller `limit`, or order by fewer columns.",
        {"Retry-After": "1"},
    )


def took_too_long(seconds: float) -> ProblemError:
    """504: the query was stopped at its time limit."""
    return ProblemError(
        504,
        "took-too-long",
        "The question took too long",
        f"It was stopped after {seconds:g} s.",
        "Narrow it with `where`, or leave out `order`: rows then come as they lie.",
    )
