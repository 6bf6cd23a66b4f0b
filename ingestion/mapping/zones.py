"""The time zones that the engine knows."""

from __future__ import annotations

import difflib
from functools import cache

import duckdb


@cache
def known_zones() -> frozenset[str]:
    """Names of all zones."""
    with duckdb.connect() as con:
        return frozenset(name for (name,) in con.execute("select name from pg_timezone_names()").fetchall())


def check_zone(said: str) -> str:
    """`said`, where it names a zone. Raises ValueError with the nearest name otherwise."""
    if said in known_zones():
        return said
    close = difflib.get_close_matches(said, sorted(known_zones()), 1)
    raise ValueError(f"there is no time zone {said!r}; name one such as {close[0] if close else 'Europe/Berlin'}")
