"""What a cell of a CSV file may hold."""

from __future__ import annotations

# A cell that begins so is a formula to a spreadsheet: a contact's name must not be one (OWASP, CSV injection).
FORMULA_STARTS = "=+-@\t\r"


def formula_safe(text: str) -> str:
    """SQL of a text with a quote before what a spreadsheet would run as a formula; ``text`` is itself SQL."""
    begins = f"{text} <> '' and contains('{FORMULA_STARTS}', left({text}, 1))"
    return f"case when {begins} then '''' || {text} else {text} end"
