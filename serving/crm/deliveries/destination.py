"""What a destination is to a delivery: it takes batches of records, and says of each record what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from serving.crm.deliveries.blanking import blanked


class Kind(StrEnum):
    """A kind of record; the value names its export table after ``crm_``."""

    ACCOUNT = "account"
    CONTACT = "contact"
    ENGAGEMENT = "engagement"
    ACTIVITY = "activity"


class Status(StrEnum):
    """How a record stands at a destination."""

    SENDING = "sending"
    SYNCED = "synced"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Record:
    """A record to be sent.

    ``fields`` are by the destination's names for them; ``sent_hash`` is of the record and of the way it is mapped. ``remote_id`` is
    the destination's own id, where it once told it, ``account_remote_id`` that of the contact's account.
    """

    external_id: str
    sent_hash: str
    fields: Mapping[str, Any]
    remote_id: str | None = None
    account_remote_id: str | None = None


@dataclass(frozen=True)
class GoneRecord:
    """A record that the destination has, or may have, and that is exported no more."""

    external_id: str
    remote_id: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one record; ``reason`` says why it failed, ``is_passing`` that the same record may be taken next time."""

    external_id: str
    status: Status
    reason: str | None = None
    remote_id: str | None = None
    is_passing: bool = False

    def __post_init__(self) -> None:
        if self.reason:
            object.__setattr__(self, "reason", blanked(self.reason))


class ToldError(RuntimeError):
    """Something that is told to people and to logs, and shows no secret."""

    def __init__(self, message: object) -> None:
        super().__init__(blanked(str(message)))


class DeliveryError(ToldError):
    """The delivery cannot go on; the message says what to do. What was acknowledged is not sent again."""


class PassingError(ToldError):
    """The destination cannot take this now, and may in a while; ``wait_seconds`` is what it asked for (Retry-After)."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class BatchRejectedError(ToldError):
    """The destination refused a batch as a whole because of what is in it: the delivery looks for the record that is to blame."""


# Told after each batch: the kind, how many records of it are done, and how many there are.
OnBatch = Callable[[Kind, int, int], None]
# By the destination's name of a field: the column it is filled from; of several the first that is not null.
Layout = Mapping[str, Sequence[str]]


class Destination(Protocol):
    """One kind of system. Sending twice must do what sending once does: a batch whose outcome nobody learned is sent again.

    Every method raises ``PassingError`` for what a later attempt may do, ``BatchRejectedError`` where the content of a batch is
    refused as a whole, and ``DeliveryError`` for what no attempt can do.
    """

    batch_size: int

    @property
    def layouts(self) -> Mapping[Kind, Layout]:
        """The fields sent by kind, in the order in which kinds are sent: what others refer to comes first."""

    @property
    def unique_fields(self) -> Mapping[Kind, str]:
        """By kind the field by which the system tells records apart, beside the external id: of two with one value one is sent."""

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        """Create or update at most ``batch_size`` records."""

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        """Take away at most ``batch_size`` records, in the way the destination documents; ``SYNCED`` where there was nothing."""

    def close(self) -> None:
        """End what was opened."""


def plain(value: Any) -> Any:
    """A value as JSON knows it: a time in ISO 8601 with milliseconds and Z, a decimal as its digits."""
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def text(value: Any) -> str:
    """A value as the text that HubSpot's properties and CSV cells hold; nothing is the empty text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(plain(value))
