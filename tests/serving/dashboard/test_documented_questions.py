"""The questions of docs/tables, asked of a published snapshot: every table has one, and none has grown old."""

from __future__ import annotations

import re

import pytest

from benchmarks.panels import DOCUMENTED, SQL_BLOCK
from tests.serving.dashboard.conftest import Ask

QUESTIONS = [
    (f"{page.stem} {place}", sql.strip().rstrip(";"))
    for page in sorted(DOCUMENTED.glob("*.md"))
    for place, sql in enumerate(SQL_BLOCK.findall(page.read_text(encoding="utf-8")), start=1)
]


@pytest.mark.parametrize(("name", "sql"), QUESTIONS, ids=[name for name, _ in QUESTIONS])
def test_a_documented_question_is_answered_by_the_published_tables(ask: Ask, name: str, sql: str) -> None:
    ask(sql)


def test_every_published_table_has_a_question(ask: Ask) -> None:
    tables = {f"{schema}.{table}" for schema, table in ask("select schema_name, table_name from _meta.published_table")}
    asked = {name for _, sql in QUESTIONS for name in re.findall(r"\b\w+\.\w+\b", sql)}
    assert tables <= asked
