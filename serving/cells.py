"""What a cell of a CSV file may hold."""

from __future__ import annotations

# A cell that begins so is a formula to a spreadsheet: a contact's name must not be one (OWASP, CSV injection). The wide signs are those
# of East Asian keyboards, which spreadsheets take for the others. The dashboard's own downloads have the same list (parts/csv.ts).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def formula_safe(text: str) -> str:
    """SQL of a text with a quote before what a spreadsheet would run as a formula; ``text`` is itself SQL."""
    starts = " || ".join(f"chr({ord(letter)})" for letter in FORMULA_STARTS)
    begins = f"{text} <> '' and contains({starts}, left({text}, 1))"
    return f"case when {begins} then '''' || {text} else {text} end"
