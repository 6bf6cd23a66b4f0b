"""Landed bytes, decompressed as a stream; a broken archive gives up what can still be read of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
CODECS = {".gz": "gzip", ".zst": "zstd"}


@dataclass
class Decoded:
    """A stream of decompressed bytes. `failure` says, once the stream has ended, why it ended early."""

    path: Path
    codec: str | None
    failure: str | None = field(default=None, init=False)

    def blocks(self, size: int) -> Iterator[bytes]:
        """The content in blocks of at most `size` bytes; all that can be decoded, then nothing."""
        at = 0
        try:
            for block in self._read_from(at, size):
                at += len(block)
                yield block
        except (OSError, pa.ArrowInvalid) as error:
            if self.codec is None:
                raise
            self.failure = str(error)
            yield from self._last_good(at)

    def _last_good(self, at: int) -> Iterator[bytes]:
        """What can be decoded after byte `at`: the reader drops a whole block with its error, so read again in ever smaller ones."""
        for step in (2**14, 1):
            rest = bytearray()
            try:
                for block in self._read_from(at, step):
                    rest += block
            except (OSError, pa.ArrowInvalid):
                at += len(rest)
                yield bytes(rest)

    def _read_from(self, start: int, size: int) -> Iterator[bytes]:
        with pa.OSFile(str(self.path)) as file:
            stream = pa.CompressedInputStream(file, self.codec) if self.codec else file
            while start > 0:
                start -= len(stream.read(min(start, 2**20)))
            while block := stream.read(size):
                yield block


def codec_of(path: Path, name: str) -> str | None:
    """How the file is compressed: by its first bytes, since a browser or proxy may have unpacked it under its old name.

    A name that promises an archive is believed where the content is neither an archive nor text.
    """
    with path.open("rb") as file:
        head = file.read(1024)
    if head.startswith(GZIP):
        return "gzip"
    if head.startswith(ZSTD):
        return "zstd"
    promised = next((codec for suffix, codec in CODECS.items() if name.lower().endswith(suffix)), None)
    return promised if promised and head and not _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        head[: len(head) - 4 if len(head) == 1024 else None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in head
