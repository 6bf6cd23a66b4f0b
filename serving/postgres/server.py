"""A PostgreSQL server as the publisher sees it: one connection, and what its errors mean.

Where it is stands in ``AUDIENCE_POSTGRES``: a libpq URI or connection string; a password may as well lie in ``~/.pgpass`` or in a
service file. No message shows it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from serving.sql import literal, quoted

VARIABLE = "AUDIENCE_POSTGRES"
PERSONAL_VARIABLE = "AUDIENCE_POSTGRES_PERSONAL"
APPLICATION = "audience-publish"
# Held by a publisher until its connection ends, killed or not; the number only has to be ours ("audience" on a telephone).
ADVISORY_LOCK = 28_343_623

Row = tuple[Any, ...]


class PostgresError(RuntimeError):
    """The snapshot cannot be published to PostgreSQL; the message says what to do. The old generation stays as it was."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class PostgresLostError(PostgresError, ConnectionError):
    """The server cannot be reached, or went away: another attempt may find it."""


def target_from_environment() -> str | None:
    """The server to publish to, or None where nobody named one."""
    return os.environ.get(VARIABLE) or None


def personal_from_environment() -> bool:
    """Whether tables about single people are asked for."""
    return os.environ.get(PERSONAL_VARIABLE, "").lower() in {"1", "true", "yes", "on"}


class Server:
    """One connection; every statement belongs to the transaction that ``commit`` or ``rollback`` ends."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        with self.explained("connecting"):
            self.connection = dbapi.connect(uri)
        self.execute(f"set application_name = {literal(APPLICATION)}")
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            self.execute(f"set {setting} = 0")
        # Nothing that somebody put into a schema of the path is run here, and a backslash is a backslash.
        self.execute("set search_path = pg_catalog")
        self.execute("set standard_conforming_strings = on")
        self.execute("set client_min_messages = warning")
        # For the sorting below an index; PostgreSQL's own 64 MB spill at a million keys.
        self.execute("set maintenance_work_mem = '256MB'")
        self.commit()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        # A connection that the server has ended already cannot be closed in order.
        with suppress(adbc_driver_manager.Error, RuntimeError):
            self.connection.close()

    def execute(self, statement: str, doing: str = "publishing") -> None:
        """Run one statement for its effect."""
        with self.explained(doing), self.connection.cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query, its parameters written ``$1``, ``$2``."""
        with self.explained("reading the catalog"), self.connection.cursor() as cursor:
            cursor.execute(query, tuple(parameters) or None)
            rows: list[Row] = cursor.fetchall()
            return rows

    def execute_all(self, statements: Sequence[str], doing: str = "publishing") -> None:
        """Run statements in one trip to the server."""
        if statements:
            self.execute(f"do {literal(' '.join(['begin', *(f'{each};' for each in statements), 'end']))}", doing)

    def copy(self, schema: str, table: str, batches: pa.RecordBatchReader) -> int:
        """Stream batches into a table whose types are exactly theirs (binary COPY); how many rows the server took."""
        with self.explained(f"copying {table}"), self.connection.cursor() as cursor:
            return int(cursor.adbc_ingest(table, batches, mode="append", db_schema_name=schema))

    def commit(self) -> None:
        """End the transaction; what it did is now there."""
        with self.explained("committing"):
            self.connection.commit()

    def rollback(self) -> None:
        """End the transaction; what it did never was. Never fails: a lost connection has rolled back already."""
        with suppress(adbc_driver_manager.Error):
            self.connection.rollback()

    @contextmanager
    def explained(self, doing: str) -> Iterator[None]:
        """Turn the driver's errors into sentences with a remedy."""
        try:
            yield
        except adbc_driver_manager.Error as error:
            is_lost = doing == "connecting" or LOST.fullmatch(error.sqlstate or "") or LOST_TEXT.search(str(error))
            kind = PostgresLostError if is_lost else PostgresError
            raise kind(explanation(error, doing, self.uri), error.sqlstate) from None


REMEDIES = {
    "22021": "A text cannot be written in the database's encoding: publish to a database created with encoding 'UTF8'.",
    "22P05": "A text cannot be written in the database's encoding: publish to a database created with encoding 'UTF8'.",
    "22008": "A date or time lies outside what PostgreSQL can hold (4713 BC to 294276 AD).",
    "2BP01": "Something of yours depends on it: drop or change that first, then publish again.",
    "42501": (
        "The role may not do this. Let the database's owner grant it: `grant create on database <database> to <role>`; where a "
        "schema of that name belongs to somebody else: `grant usage, create on schema <schema> to <role>`. Publish with the same role "
        "each time: it owns the views."
    ),
    "53100": "The server's disk is full. For a moment it holds two generations: make room for both, then publish again.",
    "53200": "The server is out of memory or of locks: raise max_locks_per_transaction, then publish again.",
    "53300": "The server takes no more connections: try again later, or raise max_connections.",
    "25006": "The server is a read-only standby: publish to its primary.",
}  # fmt: skip
REACHED = re.compile(r"connection to server|could not translate host name|^Failed to connect: (definition of )?service")
LOST = re.compile(r"57P0[1-4]|08\w{3}")
LOST_TEXT = re.compile(
    r"server closed the connection|terminating connection|connection to server was lost|no connection to the server"
    r"|could not (send data to|receive data from) server",
    re.IGNORECASE,
)


def explanation(error: adbc_driver_manager.Error, doing: str, uri: str) -> str:
    """What went wrong while doing what, and what to do; secrets of the URI blanked out."""
    said = without_secrets(str(error), uri)
    said = re.sub(r"^\w+: \[libpq\] ", "", said.split("Query was:")[0]).strip()
    if doing == "connecting":
        # A server that goes away during the driver's first questions is no URI that cannot be read (found by `make faults`).
        if not REACHED.search(said) and not LOST_TEXT.search(said):
            # libpq quotes what it cannot read, and that may be a part of the password.
            said = f"{VARIABLE} cannot be read (in a URI the special characters of a password are percent-encoded)."
        return f"PostgreSQL cannot be reached: {said}\n{VARIABLE} is a libpq URI such as postgresql://role@host:5432/database."
    if LOST.fullmatch(error.sqlstate or "") or LOST_TEXT.search(said):
        return f"PostgreSQL went away while {doing}. Readers keep the generation they had: publish again. ({said})"
    remedy = REMEDIES.get(error.sqlstate or "", "Readers keep the generation they had.")
    return f"PostgreSQL refused while {doing}: {said}\n{remedy}"


def without_secrets(text: str, uri: str) -> str:
    """The text with the URI and any password in it blanked out."""
    secrets = {uri}
    if "://" in uri:
        with suppress(ValueError):
            secrets.add(urlsplit(uri).password or "")
    secrets.update(value.strip("'") for value in re.findall(r"(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", uri))
    for secret in sorted({*secrets, *(unquote(secret) for secret in secrets)}, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return text


def relation(schema: str, name: str) -> str:
    """Quoted ``"schema"."name"``."""
    return f"{quoted(schema)}.{quoted(name)}"
