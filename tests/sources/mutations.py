"""Records as they should never come: cut, bent, nested, hostile. From an emitter's own samples, the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

HOSTILE = (
    "'; drop table events; --", '"', "\\", "\\u0000", "\x00", "\x1b[31m", "{{ 7 * 7 }}", "${jndi:ldap://x}", "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>", "../../../etc/passwd", "%", "%zz", "%00",
    "&&==&", "\u202e\u200b", "\ud83d\ude00" * 40, "é" * 300, "null", "NaN",
    "-0", "1e999", "9" * 400, "\t", " ", "", "a\rb", "[,]", "[.]", "PT", "P-1D", "0000-00-00T00:00:00Z", "2026-13-45", "[]", "{}",
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    None, True, False, 0, -1, 3.7, 1e308, -1e-308, 2**63, -(2**80), "", " ", [], {}, [[]], [None], {"": None}, "text", ["a", 1, None],
)  # fmt: skip
DEPTH = 200
"""Several may come to lie in each other, and Python's own writer of JSON takes a thousand."""
ABYSS = 5_000


def nested(random: Random) -> Any:
    """Lists and objects many levels deep."""
    value: Any = "deep"
    for _ in range(random.choice([3, 50, DEPTH])):
        value = [value] if random.random() < 0.5 else {"deeper": value}
    return value


def bent_value(random: Random) -> Any:
    """Something that no field expects."""
    return random.choice([lambda: random.choice(WRONG), lambda: random.choice(HOSTILE), lambda: nested(random)])()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key (or index) below a JSON value."""
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def without_a_member(random: Random, record: Any) -> None:
    """Take one member away, at any depth."""
    container, key = random.choice(list(places(record)))
    del container[key]


def with_a_wrong_member(random: Random, record: Any) -> None:
    """Give one member a value that it should not have, at any depth."""
    container, key = random.choice(list(places(record)))
    container[key] = bent_value(random)


def with_a_strange_member(random: Random, record: Any) -> None:
    """Add a member that nobody knows."""
    containers = [container for container, _ in places(record) if isinstance(container, dict)]
    if containers:
        random.choice(containers)[random.choice([*HOSTILE, "stranger"])] = bent_value(random)


def with_swapped_members(random: Random, record: Any) -> None:
    """Let two members take each other's place."""
    (one, first), (other, second) = random.choice(list(places(record))), random.choice(list(places(record)))
    if one is other:
        one[first], one[second] = one[second], one[first]


BENT: tuple[Callable[[Random, Any], None], ...] = (
    without_a_member, with_a_wrong_member, with_a_wrong_member, with_a_strange_member, with_swapped_members,
)  # fmt: skip


def bent(random: Random, line: str) -> str:
    """A JSON record with some members bent; another text with some of its pieces."""
    try:
        record = json.loads(line)
    except ValueError:
        return bent_text(random, line)
    for _ in range(random.choice([1, 1, 2, 4])):
        if isinstance(record, dict | list) and record:
            random.choice(BENT)(random, record)
    return json.dumps(record, ensure_ascii=random.random() < 0.5)


def bent_text(random: Random, text: str) -> str:
    """A text with one piece taken away, repeated or replaced by a hostile one, between two of its separators."""
    marks = [place for place, letter in enumerate(text) if letter in '\t &=?,;:"{}[]'] or [0, len(text)]
    first, last = sorted((random.choice(marks), random.choice(marks)))
    piece = random.choice(["", text[first:last] * 2, random.choice(HOSTILE), json.dumps(bent_value(random))])
    return text[:first] + piece + text[last:]


def broken(random: Random, content: bytes) -> bytes:
    """Bytes with some lost, cut off, doubled or turned into others."""
    if not content:
        return content
    first, last = sorted((random.randrange(len(content)), random.randrange(len(content))))
    return random.choice(
        [
            content[:first],
            content[first:],
            content[:first] + content[last:],
            content[:first] + random.randbytes(3) + content[first + 3 :],
            content[:last] + content[first:],
            content[:first] + b"\x00\xff\xfe" + content[first:],
        ]
    )


def deepened(line: str) -> str:
    """A JSON object with one more member, deeper than any reader expects."""
    return line.rstrip()[:-1] + ',"abyss":' + "[" * ABYSS + "]" * ABYSS + "}" if line.rstrip().endswith("}") else line


def one_line(content: bytes) -> bytes:
    """The same without line feeds."""
    return content.replace(b"\n", b" ")


def mutated_line(random: Random, line: str) -> bytes:
    """One line made of a sample line: as it was, bent, broken, or both."""
    chance = random.random()
    told = line if chance < 0.1 else deepened(line) if chance < 0.12 else bent(random, line)
    content = told.encode("utf-8", "surrogatepass")
    return one_line(broken(random, content) if random.random() < 0.3 else content)


def mutated_lines(random: Random, samples: list[str], count: int) -> list[bytes]:
    """Lines made of sample lines, blank ones among them."""
    blank = [b"", b"   ", b"\t"]
    return [
        random.choice(blank) if random.random() < 0.03 else mutated_line(random, random.choice(samples)) for _ in range(count)
    ]
