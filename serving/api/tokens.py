"""Bearer tokens: made, listed and revoked by a command, kept as digests in one file outside the repository.

A token's secret is 256 random bits, so its plain SHA-256 is kept: slow, salted hashes protect what people make up, and nobody
guesses 256 bits however fast the hash. A request then costs a microsecond instead of a tenth of a second.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from serving.api.scope import Data, Scope
from serving.generations import flush

PREFIX = "aia_"
FILE = "tokens.json"
ALL = "all"
# Compared with where no token has the given id, so that an unknown id takes as long as a wrong secret.
NOBODY = hashlib.sha256(b"").hexdigest()


class TokensError(RuntimeError):
    """The tokens cannot be read or changed; the message says what to do."""


@dataclass(frozen=True)
class Token:
    """What is kept of a token: never the token itself."""

    token_id: str
    name: str
    sha256: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def refusal(self, now: datetime) -> str | None:
        """Why it opens nothing now; None where it does."""
        if self.revoked_at is not None:
            return f"This token was revoked at {self.revoked_at:%Y-%m-%d %H:%M} UTC."
        if self.expires_at is not None and now >= self.expires_at:
            return f"This token expired at {self.expires_at:%Y-%m-%d %H:%M} UTC."
        return None

    def record(self) -> dict[str, Any]:
        """As it lies in the file."""
        kept = asdict(self) | {"workspaces": self.scope.workspaces or ALL, "data": self.scope.data}
        del kept["scope"]
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in kept.items()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Token:
        """From the file; whatever is not as written there is an error (KeyError, TypeError, ValueError)."""
        workspaces = record["workspaces"]
        if workspaces != ALL and not (isinstance(workspaces, list) and workspaces):
            raise ValueError(f"workspaces of {record['token_id']} are neither {ALL!r} nor a list")
        return cls(
            record["token_id"],
            record["name"],
            record["sha256"],
            Scope(None if workspaces == ALL else tuple(map(str, workspaces)), Data(record["data"])),
            datetime.fromisoformat(record["created_at"]),
            *(datetime.fromisoformat(record[key]) if record[key] else None for key in ("expires_at", "revoked_at")),
        )


class TokenStore:
    """The tokens of one installation; a running server sees every change at its next request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._seen: tuple[int, ...] | None = None
        self._tokens: dict[str, Token] = {}

    def create(self, name: str, scope: Scope, expires_at: datetime | None, now: datetime | None = None) -> tuple[Token, str]:
        """Make a token; what is returned beside it is the only time that its secret is seen."""
        token_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        shown = f"{PREFIX}{token_id}_{secret}"
        token = Token(token_id, name, digest(shown), scope, now or datetime.now(UTC), expires_at)
        with self._changing():
            self._write([*self.list(), token])
        return token, shown

    def revoke(self, token_id: str) -> Token:
        """Let a token open nothing from now on; it stays listed.

        Raises:
            TokensError: there is no such token.
        """
        with self._changing():
            tokens = {token.token_id: token for token in self.list()}
            if token_id not in tokens:
                raise TokensError(f"There is no token {token_id}: `python -m serving.api tokens list` shows all.")
            revoked = replace(tokens[token_id], revoked_at=tokens[token_id].revoked_at or datetime.now(UTC))
            self._write(list((tokens | {token_id: revoked}).values()))
        return revoked

    def list(self) -> list[Token]:
        """All tokens, revoked and expired ones too, in the order they were made.

        Raises:
            TokensError: the file is damaged, or others than its owner may read it.
        """
        self._refresh()
        return list(self._tokens.values())

    def find(self, shown: str) -> Token | None:
        """The token that was shown as this text, valid or not; None where there is none. Takes the same time for every text."""
        self._refresh()
        token_id = shown.removeprefix(PREFIX).partition("_")[0]
        token = self._tokens.get(token_id)
        is_right = hmac.compare_digest(digest(shown), token.sha256 if token else NOBODY)
        return token if is_right else None

    def _refresh(self) -> None:
        """Read the file where it is another than last time: it is always replaced whole, so its inode tells."""
        try:
            state = self._path.stat()
        except FileNotFoundError:
            self._seen, self._tokens = None, {}
            return
        seen = (state.st_ino, state.st_mtime_ns, state.st_size, state.st_mode)
        if seen == self._seen:
            return
        if state.st_mode & 0o077:
            raise TokensError(f"Others may read {self._path}: chmod 600 it, and revoke the tokens if they did.")
        try:
            records = json.loads(self._path.read_text())["tokens"]
            tokens = {record["token_id"]: Token.from_record(record) for record in records}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TokensError(f"{self._path} is damaged ({error!r}): restore it, or delete it and make new tokens.") from error
        self._seen, self._tokens = seen, tokens

    def _changing(self) -> FileLock:
        private_folder(self._folder)
        return FileLock(self._folder / f".{FILE}.lock", timeout=10)

    def _write(self, tokens: Sequence[Token]) -> None:
        text = json.dumps({"tokens": [token.record() for token in tokens]}, indent=2) + "\n"
        aside = self._folder / f".{FILE}.new"
        aside.unlink(missing_ok=True)
        write_private(aside, text.encode())
        os.replace(aside, self._path)
        flush(self._folder)


def digest(shown: str) -> str:
    """What is kept of a token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, and force it to disk.

    Raises:
        FileExistsError: it is there already.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
