"""Rows worked out by hand, as CSV files a person can read, beside the rows of a table.

In the files an empty cell is null, `a | b` stands for one row each, `second_from` and `second_to` for one row each second. A double
with four or more decimals is rounded at its last one; every other number is exact.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

EITHER = " | "
ROUNDED_DECIMALS = 4
ALMOST_EXACT = Decimal("1e-9")

Cells = dict[str, str]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Golden:
    """The rows that a table should have, in the columns that the file names."""

    columns: tuple[str, ...]
    rows: tuple[Cells, ...]


def read(path: Path) -> Golden:
    """The rows of a hand-made file, one for each it stands for."""
    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file, strict=True, restval=None))
    assert all(None not in row and None not in row.values() for row in written), f"{path}: a line with too few or too many cells"
    rows = tuple(row for line in written for row in each_second(line) for row in each_of_several(row))
    assert written, f"{path}: no rows"
    return Golden(tuple(rows[0]), rows)


def each_of_several(row: Cells) -> Iterator[Cells]:
    """The rows that one with `a | b` in its cells stands for."""
    for cells in itertools.product(*(cell.split(EITHER) for cell in row.values())):
        yield dict(zip(row, cells, strict=True))


def each_second(row: Cells) -> Iterator[Cells]:
    """The rows of a run of seconds, its last one included."""
    if "second_from" not in row:
        yield row
        return
    rest = {name: cell for name, cell in row.items() if name not in ("second_from", "second_to")}
    for second in range(int(row["second_from"]), int(row["second_to"]) + 1):
        yield {"second": str(second), **rest}


def agrees(cell: str, value: Any) -> bool:
    """Whether a value of a table is what the cell says."""
    if value is None or cell == "":
        return value is None and cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, int | Decimal):
        return value == Decimal(cell)
    if isinstance(value, float):
        return abs(Decimal(value) - Decimal(cell)) <= tolerance(cell)
    if isinstance(value, datetime):
        return datetime.fromisoformat(cell) == value
    if isinstance(value, date):
        return date.fromisoformat(cell) == value
    return cell == str(value)


def tolerance(cell: str) -> Decimal:
    """How far a double may be from what the cell says: half a unit of its last decimal where it was rounded."""
    decimals = -int(Decimal(cell).as_tuple().exponent)
    return Decimal("0.5").scaleb(-decimals) if decimals >= ROUNDED_DECIMALS else ALMOST_EXACT


def disagreements(golden: Golden, actual: Iterable[Row]) -> list[str]:
    """What is missing, surplus or different, a line each; a missing row is told beside the surplus row most like it."""
    surplus = list(actual)
    missing = []
    for row in golden.rows:
        found = next((other for other in surplus if not differing(row, other)), None)
        if found is None:
            missing.append(row)
        else:
            surplus.remove(found)
    lines = []
    for row in missing:
        if not surplus:
            lines.append(f"missing: {row}")
            continue
        nearest = min(surplus, key=lambda other: len(differing(row, other)))
        surplus.remove(nearest)
        told = "; ".join(f"{name} {row[name]!r} is {nearest[name]!s}" for name in differing(row, nearest))
        lines.append(f"{' '.join(cell for cell in row.values() if cell)}: {told}")
    return lines + [f"surplus: {dict(row)}" for row in surplus]


def differing(row: Cells, other: Row) -> Sequence[str]:
    """The columns in which a row of a table is not what was worked out."""
    return [name for name, cell in row.items() if not agrees(cell, other[name])]
