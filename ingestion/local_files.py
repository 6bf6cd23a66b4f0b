"""A landing zone in a folder of this machine: its regular files, and what lies there that is none.

Whoever may put files into the folder must not be able to have others read for them: a link that leads out of the landing zone is
followed only where the account of this process, or root, made it (as web servers do it for their links).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

# A link that leads nowhere, or into a circle.
NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def files_below(root: Path) -> tuple[dict[str, os.stat_result], dict[str, str]]:
    """The regular files below a folder, by name relative to it, and what is left alone there with the reason and a remedy.

    Links are followed; a folder that links back into itself is entered once. A link that leads nowhere is passed over.
    """
    files: dict[str, os.stat_result] = {}
    left: dict[str, str] = {}
    seen: set[tuple[int, int]] = set()
    zone = root.resolve()

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            left[named(Path(error.filename), root)] = f"It cannot be looked into: {error.strerror}. Let this account read it."

    for folder, folders, names in os.walk(root, followlinks=True, onerror=unreadable):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        for path in [path for path in entries(folder, folders) if path.is_symlink() and is_foreign(path, zone)]:
            folders.remove(path.name)
            left[named(path, root)] = FOREIGN
        for path in entries(folder, names):
            try:
                status = path.stat()
            except OSError as error:
                if error.errno not in NOWHERE:
                    unreadable(error)
                continue
            reason = refusal(path, status.st_mode, zone)
            if reason is None:
                files[named(path, root)] = status
            else:
                left[named(path, root)] = reason
    return dict(sorted(files.items())), left


FOREIGN = (
    "It is a link out of the landing zone that neither this account nor root made, and is not followed. "
    "Move what it leads to into the landing zone, or let the operator make the link."
)


def entries(folder: str, names: list[str]) -> Iterator[Path]:
    """The paths of what a folder holds."""
    return (Path(folder) / name for name in names)


def refusal(path: Path, mode: int, zone: Path) -> str | None:
    """Why an entry that is no folder is no file to load; None where it is one. mode: of what it leads to."""
    kind = stat.S_IFMT(mode)
    if kind != stat.S_IFREG:
        return f"It is {KINDS.get(kind, 'no regular file')}, and is never opened. Land a regular file."
    if path.is_symlink() and is_foreign(path, zone):
        return FOREIGN
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return "Its name is not UTF-8, and could not be written down. Rename it."
    return None


def is_foreign(link: Path, zone: Path) -> bool:
    """Whether a link leads out of the landing zone and was made by another account than ours or root's."""
    return not link.resolve().is_relative_to(zone) and link.lstat().st_uid not in (0, os.geteuid())


def named(path: Path, root: Path) -> str:
    """An entry's name below the landing zone, with forward slashes; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
