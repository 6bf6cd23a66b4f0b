"""Text that others wrote, as a terminal may show it: it neither colours nor moves nor hides anything."""

from __future__ import annotations

import unicodedata

from rich.markup import escape

# Controls, formats (which turn the direction of text, or hide it), surrogates, separators of lines and paragraphs.
COMMANDS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str, kept: str = "") -> str:
    """The text with every character that a terminal obeys or does not show written as Python writes it; `kept` stay, such as line feeds."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in COMMANDS and letter not in kept else letter
        for letter in text
    )


def shown(text: str) -> str:
    """The text on one line for a console that reads markup: brackets are brackets."""
    return escape(visible(text))


def told(error: BaseException | str) -> str:
    """An error, or what is said of it, for a console that reads markup, on as many lines as it has."""
    return escape(visible(str(error), kept="\n"))
