"""File systems behind addresses: all that fsspec knows."""

from __future__ import annotations

from typing import Any

import fsspec

from ingestion.trouble import UnreachableError


def file_system(uri: str) -> tuple[Any, str]:
    """The file system of a URI, and the path in it.

    Raises:
        UnreachableError: fsspec does not know the protocol, or the package that it needs for it is not installed.
    """
    protocol = uri.partition("://")[0]
    try:
        fs, root = fsspec.core.url_to_fs(uri)
    except ImportError as error:
        raise UnreachableError(
            f"{protocol}:// needs a package that is not installed here ({error}). Add it with .venv/bin/pip install; S3 works as it is."
        ) from error
    except ValueError as error:
        raise UnreachableError(
            f"{protocol}:// is no address that can be read ({error}). Name a folder, or s3://bucket/folder."
        ) from error
    return fs, root
