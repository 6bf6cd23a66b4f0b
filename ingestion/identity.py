"""The installation's privacy key, and the SQL that hashes and renames what names a person."""

from __future__ import annotations

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

import duckdb

from ingestion import durable
from ingestion.home import Home, is_on
from ingestion.keeping import is_open_to_others

MACROS = (Path(__file__).parent / "identity.sql").read_text(encoding="utf-8")
VARIABLE, PSEUDONYMISE = "AUDIENCE_PRIVACY_KEY", "AUDIENCE_PSEUDONYMISE"
NO_PSEUDONYMS = "none"
SHORTEST_KEY = 16
BLOCK_BYTES = 64


class PrivacyKeyError(ValueError):
    """There is no usable key, or not the one of before; the message says what to do."""


def privacy_key(home: Home) -> bytes:
    """The key of all hashes and pseudonyms: `AUDIENCE_PRIVACY_KEY`, else `privacy/key` under the home, made when it is first needed.

    Raises:
        PrivacyKeyError: the key is too short to keep a secret, or others may read it.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        path = home.privacy / "key"
        if not path.exists():
            durable.make_folder(home.privacy)
            home.privacy.chmod(0o700)
            durable.write_secret(path, secrets.token_hex(32))
        if is_open_to_others(path):
            raise PrivacyKeyError(f"Others may read {path}: chmod 600 it. Pseudonyms and tombstones are as secret as this key.")
        given = path.read_text(encoding="utf-8").strip()
    if len(given) < SHORTEST_KEY:
        raise PrivacyKeyError(f"{VARIABLE} must have at least {SHORTEST_KEY} characters, such as `openssl rand -hex 32` gives.")
    return given.encode()


def keyed_hash(key: bytes, said: str) -> str:
    """HMAC-SHA256 in hexadecimal: what the SQL macro of this name gives."""
    return hmac.new(key, said.encode(), sha256).hexdigest()


def pseudonym_of(key: bytes, identifier: str) -> str:
    """The name that stands for an id where ids are pseudonymised: what the SQL macro of this name gives."""
    return "p-" + keyed_hash(key, f"pseudonym:{identifier}")[:32]


def key_fingerprint(key: bytes) -> str:
    """What tells one key from another without telling the key."""
    return keyed_hash(key, "fingerprint")[:16]


def pseudonymises(home: Home) -> bool:
    """Whether ids are replaced by pseudonyms before they are written: `AUDIENCE_PSEUDONYMISE=1`. The first load of a lake decides.

    Raises:
        PrivacyKeyError: the lake was begun otherwise, or with another key: one person would have two names in it.
    """
    asked = is_on(PSEUDONYMISE, otherwise=False)
    chosen = key_fingerprint(privacy_key(home)) if asked else NO_PSEUDONYMS
    record = home.bronze / "_pseudonyms.txt"
    if record.exists():
        before = record.read_text(encoding="utf-8").strip()
    else:
        before = NO_PSEUDONYMS if any(home.manifests.glob("*/*.json")) else chosen
        durable.write_text(record, before + "\n")
    if before != chosen:
        raise PrivacyKeyError(
            f"This lake was begun {'without pseudonyms' if before == NO_PSEUDONYMS else 'with pseudonyms of another key or setting'}: "
            f"mixed, one person would have two names. Set {PSEUDONYMISE} and {VARIABLE} as they were, or load into an empty AUDIENCE_HOME."
        )
    return asked


def prepare(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give a connection the macros of `identity.sql` and the key's two pads."""
    block = (key if len(key) <= BLOCK_BYTES else sha256(key).digest()).ljust(BLOCK_BYTES, b"\0")
    for name, mask in (("inner_pad", 0x36), ("outer_pad", 0x5C)):
        con.execute(f"set variable {name} = ?", [bytes(byte ^ mask for byte in block)]).fetchall()
    con.execute(MACROS).fetchall()
