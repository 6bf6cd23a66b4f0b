"""What the engine knows of times: its zones, and the formats that it can read."""

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


@cache
def check_format(said: str) -> str:
    """`said`, where it is a format of strptime. Raises ValueError otherwise."""
    if not _is_format(said):
        raise ValueError(f"{said!r} is no format of a time; write one such as %d.%m.%Y %H:%M:%S")
    return said


def _is_format(said: str) -> bool:
    with duckdb.connect() as con:
        try:
            con.execute("select try_strptime('', ?)", [said]).fetchall()
        except duckdb.Error:
            return False
    return True
