"""Where a page ended, as an opaque text that only this installation can make.

A generation's file never changes, so a row is named by its place in it (``rowid``). A cursor therefore holds no value of any
row, works for every type, and is nothing that must be kept secret in a log. It is signed, and bound to the question it answers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.keeping import is_open_to_others
from serving.api.problems import invalid_cursor
from serving.api.tokens import TokensError, private_folder, write_private

KEY_FILE = "cursor.key"
KEY_BYTES = 32
# generation, identity of its file's content, digest of the question, rowid; then the signature of all that.
LAYOUT = struct.Struct(">q16s16sq")
SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class Cursor:
    """The last row of a page. identity: which publication; question: a digest of table, filters, order and workspaces."""

    generation: int
    identity: bytes
    question: bytes
    rowid: int


class CursorSigner:
    """Writes cursors, and reads those that it wrote."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of_installation(cls, folder: Path) -> CursorSigner:
        """With the installation's own key, made at its first use: cursors outlive a restart and serve several processes.

        Raises:
            TokensError: the key's file is damaged, or others may read it.
        """
        private_folder(folder)
        path = folder / KEY_FILE
        if not path.exists():
            aside = folder / f".{KEY_FILE}.{secrets.token_hex(4)}"
            write_private(aside, secrets.token_bytes(KEY_BYTES))
            try:
                # A link fails where another process was quicker; then its key is the one.
                path.hardlink_to(aside)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        if is_open_to_others(path):
            raise TokensError(f"Others may read {path}: delete it; a new key is made, and readers then begin their pages anew.")
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise TokensError(f"{path} is damaged: delete it; readers then begin their pages anew.")
        return cls(key)

    def write(self, cursor: Cursor) -> str:
        """As URL-safe text."""
        payload = LAYOUT.pack(cursor.generation, cursor.identity, cursor.question, cursor.rowid)
        return base64.urlsafe_b64encode(payload + self._sign(payload)).decode().rstrip("=")

    def read(self, text: str) -> Cursor:
        """Back from text.

        Raises:
            ProblemError: 422, it is not one that was written with this key.
        """
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise invalid_cursor("It is not a cursor.") from error
        cursor = Cursor(*LAYOUT.unpack_from(raw)) if len(raw) >= LAYOUT.size else None
        # Written again and compared as text, signature and all: base64 has several spellings of the same bytes.
        if cursor is None or not hmac.compare_digest(self.write(cursor), text):
            raise invalid_cursor("It was changed, or is not of this installation.")
        return cursor

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:SIGNATURE_BYTES]


def short_digest(parts: Sequence[object]) -> bytes:
    """16 bytes that stand for a list of JSON values."""
    return hashlib.sha256(json.dumps(parts, default=str).encode("utf-8", "surrogatepass")).digest()[:16]
