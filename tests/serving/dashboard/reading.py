"""What the tests of several pages ask of a page that is open."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from serving.dashboard.build import packages
from tests.serving.dashboard.conftest import Reader


def broken_rules(reader: Reader) -> list[tuple[str, str, str]]:
    """Rules of accessibility that the page breaks in earnest: name, weight, and the first element that does."""
    reader.page.evaluate((packages() / "axe-core" / "axe.min.js").read_text())
    found: dict[str, Any] = reader.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 15
    broken = [(rule["id"], rule["impact"], rule["nodes"][0]["html"]) for rule in found["violations"]]
    return [rule for rule in broken if rule[1] in ("serious", "critical", "moderate")]


def percent(share: float | None) -> str:
    """A share as the pages write it."""
    return "–" if share is None else f"{Decimal(share * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def seconds(value: float) -> str:
    """A duration of less than an hour as the pages write it."""
    whole = int(Decimal(value).quantize(Decimal("1"), ROUND_HALF_UP))
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02}"


def show_as_table(reader: Reader, title: str) -> None:
    """Show a chart's numbers instead of it."""
    figure = reader.page.locator("figure", has=reader.page.get_by_role("heading", name=title))
    figure.get_by_role("button", name="Show as table").click()
    reader.settled()
