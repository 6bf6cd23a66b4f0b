"""File systems behind addresses: this machine's disks, and all that fsspec knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ingestion.trouble import UnreachableError


def file_system(location: str) -> tuple[Any, str]:
    """The file system of a path or URI, and the path in it. A plain path is taken as it stands, whatever characters it holds.

    Raises:
        UnreachableError: fsspec does not know the protocol, or the package that it needs for it is not installed.
    """
    protocol, separator, _ = location.partition("://")
    if not separator:
        return LocalFileSystem(), str(Path(location).expanduser().absolute())
    try:
        fs, root = fsspec.core.url_to_fs(location)
    except ImportError as error:
        raise UnreachableError(
            f"{protocol}:// needs a package that is not installed here ({error}). Add it with .venv/bin/pip install; S3 works as it is."
        ) from error
    except ValueError as error:
        raise UnreachableError(
            f"{protocol}:// is no address that can be read ({error}). Name a folder, or s3://bucket/folder."
        ) from error
    return fs, root.rstrip("/")
