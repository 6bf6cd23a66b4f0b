"""Values as clients write them, as the types of columns hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import duckdb

from serving.api.catalog import Column
from serving.api.problems import ProblemError, invalid_parameter


def whole_number(text: str) -> str:
    """An integer; that its type can hold it is checked by the database."""
    return str(int(text)) if text.isascii() and "_" not in text and len(text) <= 40 else refuse()


def decimal_number(text: str) -> str:
    """A number that is one."""
    number = Decimal(text) if text.isascii() and "_" not in text else Decimal("nan")
    return f"{number:f}" if number.is_finite() and -40 < number.adjusted() < 40 else refuse()


def has_scale(text: str, data_type: str) -> bool:
    """Whether a decimal type holds all of a number's decimals; the database would round, and answer another question."""
    _, _, scale = data_type.rstrip(")").partition(",")
    return len(text.partition(".")[2].rstrip("0")) <= int(scale or 0)


def floating_number(text: str) -> str:
    """A number as computers compute; ``nan`` and ``inf`` too."""
    return repr(float(text)) if text.isascii() and "_" not in text else refuse()


def truth(text: str) -> str:
    """``true`` or ``false``."""
    return text if text in ("true", "false") else refuse()


def calendar_day(text: str) -> str:
    """An ISO 8601 date."""
    return date.fromisoformat(text).isoformat()


def moment(text: str) -> str:
    """An ISO 8601 time; UTC where it names no offset. A blank in place of the plus is what an unquoted URL makes of it."""
    parsed = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return (parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed).isoformat(sep=" ")


def refuse() -> str:
    """For use in expressions."""
    raise ValueError


READERS: Mapping[str, tuple[Callable[[str], str], str]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), (whole_number, "a whole number")),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), (whole_number, "a whole number")),
    **dict.fromkeys(("FLOAT", "DOUBLE"), (floating_number, "a number")),
    "DECIMAL": (decimal_number, "a decimal number"),
    "BOOLEAN": (truth, "`true` or `false`"),
    "DATE": (calendar_day, "a date such as 2026-10-31"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), (moment, "a time such as 2026-10-31T12:00:00Z")),
}

# Whatever passes the rule fits the type.
SAFE_ONCE_READ = frozenset({"VARCHAR", "BOOLEAN", "DOUBLE", "DATE", "TIMESTAMP"})
# Text carries these without loss, there and back.
BOUND_EXACTLY = frozenset({*READERS, "VARCHAR"})


def canonical(column: Column, text: str) -> str:
    """A value as its column's type writes it; types without a rule here are left to the database.

    Raises:
        ProblemError: 422, the type has no such value.
    """
    read, expected = READERS.get(column.family, (str, column.data_type))
    try:
        value = read(text)
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise wrong_value(column, text, expected) from error
    if column.family == "DECIMAL" and not has_scale(value, column.data_type):
        raise wrong_value(column, text, "no more decimals than the column has")
    return value


def wrong_value(column: Column, text: str, expected: str) -> ProblemError:
    """422: a value that the column's type cannot hold."""
    return invalid_parameter("where", f"{column.name} is {column.data_type}: {text[:200]!r} is none.", f"Give {expected}.")


def check_range(connection: duckdb.DuckDBPyConnection, column: Column, values: Sequence[str]) -> None:
    """See that the column's type can hold every value: the rules above know what a number is, not how large one may be.

    Raises:
        ProblemError: 422, one is beyond it.
    """
    if column.family in SAFE_ONCE_READ:
        return
    refused = (
        f"select value from (select unnest($values::varchar[]) as value) where try_cast(value as {column.data_type}) is null"
    )
    for (value,) in connection.execute(f"{refused} limit 1", {"values": list(values)}).fetchall():
        raise wrong_value(column, value, f"what {column.data_type} can hold")
