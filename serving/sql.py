"""Names and texts as SQL writes them, for statements that take no parameters there."""

from __future__ import annotations


def quoted(identifier: str) -> str:
    """A SQL identifier, whatever it contains."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL string, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
