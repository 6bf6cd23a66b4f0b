"""The shapes of requests and answers, with the texts and examples of the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.api.formats import MEDIA_TYPES, Format
from serving.api.questions import MAX_CONDITIONS, MAX_ORDER, MAX_VALUES, Operator
from serving.api.reading import DEFAULT_ROWS, MAX_BYTES, MAX_ROWS

GENERATION_HEADER = "Audience-Generation"
CURSOR_HEADER = "Audience-Next-Cursor"


class RowsQuery(BaseModel):
    """Which rows of a table, which of its columns, in which order and format."""

    model_config = ConfigDict(extra="forbid")

    where: list[str] = Field(
        default=[],
        description=(
            "A condition `column:operator:value`; give it several times, all must hold. Operators: `eq`, `ne`, `gt`, `gte`, "
            "`lt`, `lte`; `in` with values separated by commas, quoted as in CSV where one holds a comma; `is` with `null` or "
            "`not_null`. No comparison is true of null. Times are ISO 8601, UTC where they name no offset. "
            f"At most {MAX_CONDITIONS} conditions, and {MAX_VALUES} values in a list."
        ),
        examples=[["plays:gte:10", "date_day:gte:2026-10-01", 'video_id:in:autumn-launch,"a, b"', "campaign_id:is:not_null"]],
        json_schema_extra={"items": {"type": "string", "pattern": f"^[^:]+:({'|'.join(Operator)}):"}},
    )
    columns: list[str] = Field(
        default=[],
        description="The columns to return, in this order; separated by commas or one by one. All where left out.",
        examples=[["video_id,date_day,plays"]],
    )
    order: list[str] = Field(
        default=[],
        description=(
            "The columns to order by, as `column`, `column:asc` or `column:desc`; separated by commas or one by one, at most "
            f"{MAX_ORDER}. Null comes last. Rows that are equal in them, and all rows where it is left out, come as they lie in the "
            "snapshot: the same way each time within a generation."
        ),
        examples=[["date_day:desc,plays:desc"]],
    )
    limit: int = Field(
        default=DEFAULT_ROWS,
        ge=1,
        le=MAX_ROWS,
        description=(
            f"Rows a page at most, up to {MAX_ROWS:,}. A page also ends at {MAX_BYTES >> 20} MB of values; its cursor then goes on "
            "from there."
        ),
        examples=[100],
    )
    cursor: str | None = Field(
        default=None,
        description=(
            "`next_cursor` of the page before, with the same table, `where` and `order`. It goes on reading the generation that the "
            "first page came from, also after a newer one was published, until its file is removed (410). A table has been read "
            "to its end when a page has no `next_cursor`."
        ),
        json_schema_extra={"minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"},
    )
    format: Format | None = Field(
        default=None, description="How rows are written; outweighs `Accept`. `json` where neither says.", examples=["csv"]
    )


class ColumnInfo(BaseModel):
    """A column."""

    name: str = Field(examples=["watch_seconds"])
    type: str = Field(description="Its type in DuckDB.", examples=["DOUBLE"])
    description: str | None = Field(description="What it means.", examples=["Media time watched, in seconds."])
    personal: str | None = Field(
        description="What of a person it holds: `key`, `identity`, `text`, or `undeclared`, which counts as personal. Null: nothing.",
        examples=[None],
    )


class TableInfo(BaseModel):
    """A table."""

    model_config = ConfigDict(populate_by_name=True)

    schema_name: str = Field(alias="schema", description="The area it belongs to.", examples=["kpis"])
    name: str = Field(examples=["kpi_video_daily"])
    description: str | None = Field(description="What one row is.", examples=["One row per video and day."])
    row_count: int = Field(description="Its rows in the workspaces of the token.", examples=[210])
    columns: list[ColumnInfo]


class Generation(BaseModel):
    """Which publication an answer is of."""

    generation: int = Field(description="Counts the publications of this installation.", examples=[42])
    published_at: datetime = Field(description="When it was published (UTC).", examples=["2026-11-22T04:03:20Z"])


class Publication(Generation):
    """The current publication."""

    build_id: str = Field(description="The build of the warehouse that it shows.", examples=["b1946ac92492d2347c6235b4d2611184"])


class TableList(Generation):
    """All tables that the token sees, by schema and name."""

    tables: list[TableInfo]


class TableDetail(Generation, TableInfo):
    """One table."""


class RowsPage(Generation):
    """A page of rows."""

    model_config = ConfigDict(populate_by_name=True)

    schema_name: str = Field(alias="schema", examples=["kpis"])
    table: str = Field(examples=["kpi_video_daily"])
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.", examples=["AAAAAAAAACqZ"])
    rows: list[dict[str, Any]] = Field(
        description="One object a row, its fields in the order of the columns. Times are ISO 8601 in UTC; numbers that JSON does "
        "not know (NaN, infinity) are null.",
        examples=[[{"video_id": "autumn-launch", "date_day": "2026-10-01", "plays": 117}]],
    )


class Live(BaseModel):
    """The server lives."""

    live: bool = Field(examples=[True])


class Health(Live):
    """The server lives, and a snapshot can be read."""

    ready: bool = Field(examples=[True])
    generation: int = Field(examples=[42])


class ProblemBody(BaseModel):
    """What went wrong, and what to do about it (RFC 9457)."""

    type: str = Field(
        description="Says which problem it is; stable, for programs.", examples=["urn:audience-api:problem:invalid-parameter"]
    )
    title: str = Field(examples=["The parameter where is not valid"])
    status: int = Field(examples=[422])
    detail: str = Field(description="What is wrong with this request.", examples=["There is no column 'playz'."])
    remedy: str = Field(description="What to do.", examples=["Did you mean plays?"])


PROBLEMS = {
    401: "There is no token, or none that is valid now.",
    404: "There is no such table for this token.",
    406: "None of the formats is acceptable.",
    410: "The generation that the cursor reads is gone: begin anew without it.",
    422: "A parameter is not valid.",
    429: "The token's rate is used up.",
    503: "Nothing can be read now: nothing is published, every reader is busy, or memory ran out.",
    504: "The question took too long and was stopped.",
}
HEADERS = {
    401: {"WWW-Authenticate": "The scheme that is asked for: Bearer."},
    429: {"Retry-After": "Seconds to wait."},
    503: {"Retry-After": "Seconds to wait."},
}


def described(header: str, text: str, kind: str = "string") -> dict[str, Any]:
    """A response header in OpenAPI."""
    return {header: {"description": text, "schema": {"type": kind}}}


GENERATION = described(GENERATION_HEADER, "The generation that the answer is of.", "integer")
NEXT = described("Link", 'The next page, as a relative reference with `rel="next"`; absent on the last one.') | described(
    CURSOR_HEADER, "The cursor of the next page; absent on the last one."
)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error answers in OpenAPI."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        headers: dict[str, Any] = {}
        for header, text in HEADERS.get(status, {}).items():
            headers |= described(header, text)
        responses[status] = {"description": PROBLEMS[status], "content": content} | ({"headers": headers} if headers else {})
    return responses


ROWS_RESPONSE: dict[str, Any] = {
    "description": "A page of rows, in the format asked for.",
    "headers": GENERATION | NEXT,
    "content": {
        MEDIA_TYPES[Format.JSON]: {"schema": {"$ref": "#/components/schemas/RowsPage"}},
        MEDIA_TYPES[Format.CSV]: {
            "schema": {"type": "string"},
            "example": '"video_id","date_day","plays"\n"autumn-launch",2026-10-01,117\n',
        },
        MEDIA_TYPES[Format.ARROW]: {"schema": {"type": "string", "format": "binary"}},
    },
}
