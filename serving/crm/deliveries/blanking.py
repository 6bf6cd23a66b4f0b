"""Secrets that this process has read, so that no message shows one: a system may repeat in its answer what it was sent."""

from __future__ import annotations

# What is shorter is a word that our own messages have, and nothing that a system would give out.
SHORTEST = 8
_read: set[str] = set()


def remember(secret: str) -> str:
    """The secret, which no message shows from now on."""
    if len(secret) >= SHORTEST:
        _read.add(secret)
    return secret


def blanked(text: str) -> str:
    """The text with every secret that was read blanked out, the longest first: one may be a part of another."""
    for secret in sorted(_read, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
