"""What the machine does to a run, as a sentence a person can act on: a full disk, a folder that cannot be written, a lost network."""

from __future__ import annotations

import errno
import re

import duckdb

TROUBLE = (OSError, duckdb.Error)
"""What ends a run and is no defect of it."""
NEXT = "Nothing is lost; the next run goes on where this one stopped."
_FULL = re.compile(
    r"No space left on device|Disk quota exceeded|could not allocate .* disk|max_temp_directory_size", re.IGNORECASE
)
_LOCKED = re.compile(r"Read-only file system|Permission denied|Operation not permitted", re.IGNORECASE)
_PLACE = re.compile(r"""["'](/[^"'\\]+)""")
_WITHOUT_RIGHT = (errno.EROFS, errno.EACCES, errno.EPERM)
_WITHOUT_ROOM = (errno.ENOSPC, errno.EDQUOT)


class UnreachableError(ConnectionError):
    """The landing zone does not answer, or stopped answering half-way."""


def explained(error: BaseException) -> str:
    """What went wrong, where, and what to do about it."""
    text = str(error).strip()
    if isinstance(error, UnreachableError):
        return text
    number = error.errno if isinstance(error, OSError) else None
    place = _place(error, text)
    if number in _WITHOUT_ROOM or _FULL.search(text):
        return f"There is no room on the disk of {place}. Make room there."
    if number in _WITHOUT_RIGHT or _LOCKED.search(text):
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is read-only or somebody else's"
        return f"{place} cannot be used ({reason}). Give the right to it back to the user who runs this."
    return f"{type(error).__name__}: {text.splitlines()[0] if text else 'no more is known'}"


def ending(error: BaseException) -> str:
    """What stopped a run, and what becomes of its work."""
    return f"{explained(error)} {NEXT}"


def _place(error: BaseException, text: str) -> str:
    """The file or folder that an error is about."""
    if isinstance(error, OSError) and error.filename:
        return str(error.filename)
    found = _PLACE.search(text)
    return found.group(1) if found else "AUDIENCE_HOME, or of temporary files"
