"""Pages: files whose objects each hold a list of records."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingestion import erasure, pages, records, shape, tombstones
from ingestion.decode import Decoded
from ingestion.lines import Lines, split
from ingestion.rewriting import rewrite_landing
from ingestion.sources import registered
from ingestion.tombstones import Identifier, Kind
from tests.ingestion.conftest import Lake

THEIRS = "u-alice-0001"


def statement(number: int, user: str = "u-bob-000001") -> dict:
    return {"id": f"s-{number}", "actor": {"account": {"name": user}}, "timestamp": "2026-10-05T10:00:00Z"}


def page(*statements: object, **more: object) -> str:
    return json.dumps({"statements": statements, "more": "/xapi/statements?page=2", **more})


def ids(lake: Lake) -> dict[int, str]:
    """The statements' ids by the number of their line."""
    return {row["line_number"]: json.loads(row["statement"])["id"] for row in lake.rows("xapi")}


FORMS = {
    "one_page.json": page(*map(statement, range(4))),
    "over_many_lines.json": json.dumps(json.loads(page(*map(statement, range(4)))), indent=2),
    "a_statement_a_line.json": '{"statements": [\n'
    + ",\n".join(json.dumps(statement(number)) for number in range(4))
    + '\n], "more": ""}\n',
    "array.json": json.dumps([statement(number) for number in range(4)]),
    "array_of_pages.json": f"[{page(statement(0), statement(1))}, {page(statement(2), statement(3))}]",
    "pages.ndjson": f"{page(statement(0))}\n{page(statement(1), statement(2), statement(3))}",
    "pages_among_lines.log": f"{json.dumps(statement(0))}\n{page(statement(1), statement(2))}\n{json.dumps(statement(3))}\n",
    "more_first.jsonl": '{ "more": "", "statements" :' + json.dumps([statement(number) for number in range(4)]) + "}",
    "lines.json": "\n".join(json.dumps(statement(number)) for number in range(4)),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_an_export_gives_its_statements_in_order(lake: Lake, name: str) -> None:
    packed = name.startswith("over")
    content = FORMS[name].encode()
    lake.land(f"xapi/{name}{'.gz' if packed else ''}", gzip.compress(content) if packed else content)
    report = lake.load()
    assert (report.lines, report.accepted) == (4, 4)
    assert ids(lake) == {number + 1: f"s-{number}" for number in range(4)}


def test_what_follows_a_page_is_numbered_after_its_statements(lake: Lake) -> None:
    content = [page(statement(1), statement(2)), page(), "", json.dumps(statement(5)), page(statement(6), 7), "nonsense"]
    lake.land("xapi/a.ndjson", "\n".join(content))
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.rejected, load.blank) == (8, 4, 2, 2)
    assert ids(lake) == {1: "s-1", 2: "s-2", 5: "s-5", 6: "s-6"}
    assert lake.reasons() == {7: "not_an_object", 8: "not_json"}


def test_a_broken_page_is_one_rejection_that_says_what_to_do(lake: Lake) -> None:
    lake.land("xapi/a.ndjson", f"{page(statement(1))}\n{page(statement(2), statement(3))[:-9]}\n{json.dumps(statement(4))}\n")
    lake.land("xapi/b.json", json.dumps(json.loads(page(statement(1), statement(9))), indent=1)[:-30])
    lake.load()
    assert sorted(ids(lake).items()) == [(1, "s-1"), (3, "s-4")]
    rejected = lake.query("select path, line_number, reason, detail, raw_text from quarantine order by path")
    assert [(row["line_number"], row["reason"]) for row in rejected] == [(2, "not_json"), (1, "not_json")]
    assert all("page" in row["detail"] and "Fetch the page again" in row["detail"] for row in rejected)
    assert "s-3" in rejected[0]["raw_text"]


def test_a_page_that_is_not_utf8_is_one_rejection(lake: Lake) -> None:
    broken = page(statement(1), statement(2)).replace("s-2", "s-\xff").encode("latin-1")
    lake.land("xapi/a.ndjson", b"\n".join([page(statement(1), statement(2)).encode(), broken, json.dumps(statement(3)).encode()]))
    lake.load()
    assert ids(lake) == {1: "s-1", 2: "s-2", 4: "s-3"}
    assert lake.reasons() == {3: "invalid_utf8"}


def test_a_page_over_the_limit_is_one_rejection(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((records, "MAX_LINE_BYTES"), (shape, "MAX_LINE_BYTES"), (pages, "MAX_LINE_BYTES")):
        monkeypatch.setattr(module, name, 1000)
    monkeypatch.setattr(records, "MAX_ARRAY_BYTES", 1000)
    large = page(*map(statement, range(20)))
    lake.land("xapi/a.ndjson", f"{page(statement(1), statement(2))}\n{large}\n{json.dumps(statement(3))}\n")
    lake.land("xapi/b.json", json.dumps(json.loads(large), indent=1))
    lake.load()
    assert ids(lake) == {1: "s-1", 2: "s-2", 4: "s-3"}
    rejected = lake.query("select line_number, reason, detail from quarantine order by path")
    assert [(row["line_number"], row["reason"]) for row in rejected] == [(3, "array_too_large"), (1, "array_too_large")]
    assert all("one record a line" in row["detail"] or "records one a line" in row["detail"] for row in rejected)


def test_a_statement_that_only_speaks_of_pages_is_none(lake: Lake) -> None:
    speaking = [
        {"context": {"statements": [1, 2]}, **statement(1)},
        {"statements": "[1]", **statement(2)},
        {**statement(3), "result": {"response": '{"statements": [1]}'}},
    ]
    lake.land("xapi/a.ndjson", "".join(json.dumps(each) + "\n" for each in speaking))
    assert (lake.load().accepted, ids(lake)) == (3, {1: "s-1", 2: "s-2", 3: "s-3"})


def test_a_record_is_given_what_its_page_says_for_all_unless_it_says_so_itself(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(registered()["xapi"], page_members=("timestamp", "sender"))
    batch = {"sender": {"a": 1}, "timestamp": "t", "statements": [{"id": 1}, {"timestamp": "own"}, {}, 3]}
    parts = split([json.dumps(batch).encode()], 1000, 0)
    (part,) = pages.unfolded(source, parts)
    assert isinstance(part, Lines)
    assert part.table.column("line").to_pylist() == [
        '{"timestamp":"t","sender":{"a":1},"id":1}\n',
        '{"sender":{"a":1},"timestamp":"own"}\n',
        '{"timestamp":"t","sender":{"a":1}}\n',
        "3\n",
    ]


def of_alice(content: str) -> str:
    """A form of an export whose statement s-2 is another person's."""
    theirs = statement(2, THEIRS)
    if content.count("\n") > 10:
        return json.dumps(json.loads(page(statement(0), statement(1), theirs, statement(3))), indent=2)
    return content.replace(json.dumps(statement(2)), json.dumps(theirs))


@pytest.mark.parametrize("name", [name for name in FORMS if not name.startswith("array")])
def test_a_landed_page_is_rewritten_without_the_statements_of_the_erased(lake: Lake, name: str) -> None:
    path = lake.land(f"xapi/{name}", of_alice(FORMS[name]))
    lake.load()
    before = {load.load_id for load in lake.live()}
    tombstones.bury(lake.home, "erasure-1", (Identifier(Kind.USER, THEIRS),))
    erasure.erase(lake.home)
    assert ids(lake) == {1: "s-0", 2: "s-1", 4: "s-3"}
    report = rewrite_landing(str(lake.landing), lake.home)
    assert ([(Path(held.uri).name, held.records) for held in report.files], report.left) == ([(name, 1)], [])
    assert THEIRS not in path.read_text()
    assert lake.load().is_empty
    assert {load.load_id for load in lake.live()} == before
    assert rewrite_landing(str(lake.landing), lake.home).files == []
    fresh = Lake(type(lake.home)(lake.landing.parent / "fresh"), lake.landing)
    assert fresh.load().accepted == 3
    assert list(ids(fresh).values()) == ["s-0", "s-1", "s-3"]


@pytest.mark.parametrize("gone", [{0}, {2}, {0, 1}, {1, 2}, {0, 2}, {0, 1, 2}])
@pytest.mark.parametrize(
    "text", ['{"statements":[1,2,3]}\n', '{"a": {"statements": [9]}, "statements" : [ 1 , 2,\n  3 ], "more": ""}\n']
)
def test_a_rewritten_page_is_a_page_and_keeps_every_other_character(tmp_path: Path, text: str, gone: set[int]) -> None:
    source = registered()["xapi"]
    landed = tmp_path / "a.json"
    landed.write_text(text.replace("\n  ", " "))
    (part,) = split(Decoded(landed, None).blocks(1000), 1000, 0)
    assert isinstance(part, Lines)
    made = pages.without(source, part, pages.unfold(source, part), np.array(sorted(place + 1 for place in gone)), 0)
    assert made is not None
    (rewritten,) = [each.as_py() for texts in made for each in texts]
    before, after = json.loads(text), json.loads(rewritten)
    assert after == {**before, "statements": [number for place, number in enumerate(before["statements"]) if place not in gone]}
