"""xAPI statements as learning record stores hand them out."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from ingestion import erasure, tombstones
from ingestion.identity import privacy_key
from ingestion.tombstones import Identifier, Kind
from tests.ingestion.conftest import Lake

SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL = SHARED / "fun_xapi"
MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "staging" / "xapi"
ALICE = "alice@example.com"

ANSWER = {
    "id": "9a0c5b36-0000-4000-8000-000000000001",
    "actor": {"name": "Alice Smith", "mbox": f"mailto:{ALICE}", "objectType": "Agent"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}},
    "object": {
        "id": "https://learn.example.org/h5p/7?subContentId=5c2b",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "fill-in",
            "extensions": {"http://h5p.org/x-api/h5p-local-content-id": 7, "http://h5p.org/x-api/h5p-subContentId": "5c2b"},
        },
    },
    "context": {
        "contextActivities": {
            "parent": [{"id": "https://learn.example.org/h5p/7", "objectType": "Activity"}],
            "category": [{"id": "http://h5p.org/libraries/H5P.Blanks-1.14", "objectType": "Activity"}],
        },
        "extensions": {"http://id.tincanapi.com/extension/ending-point": "PT12S"},
    },
    "result": {
        "response": "red[,]blue",
        "score": {"min": 0, "max": 2, "raw": 1, "scaled": 0.5},
        "duration": "PT8.21S",
        "completion": True,
    },
    "timestamp": "2026-10-05T10:00:00Z",
    "stored": "2026-10-05T10:00:00.3Z",
}
LESSON = {
    "id": "9a0c5b36-0000-4000-8000-000000000002",
    "actor": {"account": {"homePage": "https://lms.example.org", "name": "42"}},
    "verb": {"id": "https://w3id.org/xapi/adl/verbs/satisfied"},
    "object": {"id": "https://lms.example.org/course/1", "definition": {"type": "https://w3id.org/xapi/cmi5/activities/course"}},
    "context": {
        "registration": "f00d",
        "instructor": {"mbox": "mailto:teacher@example.com"},
        "team": {"name": "Blue", "member": []},
    },
    "timestamp": "2026-10-05T10:05:00+02:00",
}


def lines(*statements: dict) -> str:
    return "".join(json.dumps(statement) + "\n" for statement in statements)


def test_a_statement_is_kept_whole_however_it_was_exported(lake: Lake) -> None:
    page = json.dumps({"more": "", "statements": [ANSWER, LESSON]}, indent=4)
    for name, content in {
        "lines.ndjson": lines(ANSWER, LESSON),
        "page.json": page,
        "array.json": json.dumps([ANSWER, LESSON]),
    }.items():
        lake.land(f"xapi/{name}", content)
    report = lake.load()
    assert (report.loads, report.lines, report.accepted) == (3, 6, 6)
    rows = lake.rows("xapi")
    assert [str(row["occurred_at"]) for row in rows] == ["2026-10-05 10:00:00", "2026-10-05 08:05:00"] * 3
    assert [json.loads(row["statement"]) for row in rows] == [ANSWER, LESSON] * 3
    assert all(load.balances for load in lake.live())


def test_what_is_no_statement_is_refused_with_its_line_and_a_remedy(lake: Lake) -> None:
    undated = {key: value for key, value in ANSWER.items() if key not in ("timestamp", "stored")}
    lake.land("xapi/a.ndjson", lines(ANSWER, undated) + "\n" + '{"id": "cut\n' + '{"actor": {}, "actor": {}}\n')
    lake.load()
    rejected = lake.query("select line_number, reason, detail from quarantine order by line_number")
    assert [(row["line_number"], row["reason"]) for row in rejected] == [
        (2, "no_usable_time"),
        (4, "not_json"),
        (5, "duplicate_keys"),
    ]
    assert all("Send" in row["detail"] or "send" in row["detail"] for row in rejected)
    assert "timestamp = absent" in rejected[0]["detail"]


def test_a_learner_is_erased_wherever_a_statement_names_them(lake: Lake) -> None:
    taught = {**LESSON, "context": {"instructor": {"mbox": f"mailto:{ALICE}"}}}
    told = {**LESSON, "result": {"response": f"write to {ALICE}"}}
    lake.land("xapi/page.json", json.dumps({"statements": [ANSWER, LESSON, taught, told], "more": ""}))
    lake.load()
    tombstones.bury(lake.home, "erasure-1", (Identifier(Kind.EMAIL, ALICE),))
    erasure.erase(lake.home)
    assert [row["line_number"] for row in lake.query("from xapi")] == [2]


def test_people_are_replaced_by_pseudonyms(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIENCE_PSEUDONYMISE", "1")
    lake.land("xapi/a.ndjson", lines(ANSWER, LESSON))
    lake.load()
    statements = [json.loads(row["statement"]) for row in lake.rows("xapi")]
    text = json.dumps(statements)
    assert not [name for name in (ALICE, "Alice Smith", "teacher@", '"42"') if name in text]
    assert all(list(each["actor"]) in (["objectType", "account"], ["account"]) for each in statements)
    assert statements[1]["context"] == {"registration": "f00d"}
    assert statements[0]["result"] == ANSWER["result"]
    assert privacy_key(lake.home)


@pytest.mark.skipif(not REAL.is_dir(), reason="no real statements here: ../shared/data/fun_xapi")
def test_real_statements_are_the_same_in_pages_as_in_lines(lake: Lake) -> None:
    with gzip.open(REAL / "statements.json.gz", "rt") as file:
        told = [next(file).strip() for _ in range(1_000)]
    pages = [f'{{"statements":[{",".join(told[start : start + 100])}],"more":""}}' for start in range(0, 1_000, 100)]
    lake.land("xapi/lines.ndjson", "\n".join(told))
    lake.land("xapi/pages.ndjson", "\n".join(pages))
    assert (lake.load().accepted, lake.reasons()) == (2_000, {})
    told_of = {row["load_id"]: [] for row in lake.rows("xapi")}
    for row in lake.query("select load_id, line_number, statement from xapi order by load_id, line_number"):
        told_of[row["load_id"]].append((row["line_number"], json.loads(row["statement"])))
    one, other = told_of.values()
    assert one == other


@pytest.mark.skipif(not REAL.is_dir(), reason="no published profiles here: ../shared/data/xapi_video_profile")
def test_the_profiles_know_the_addresses_that_are_read() -> None:
    profiles = "".join(path.read_text() for path in (REAL.parent / "xapi_video_profile").glob("*.jsonld"))
    model = (MODELS / "stg_xapi__statements.sql").read_text()
    read = {f"https://w3id.org/xapi/video/extensions/{name}" for name in re.findall(r"video ~ '([a-z-]+)'", model)}
    read |= set(re.findall(r"'(https://w3id.org/xapi/cmi5/[^']+)'", model))
    assert len(read) >= 15
    assert {address for address in read if address not in profiles} == set()
    seed = (MODELS.parents[2] / "seeds" / "xapi_verbs.csv").read_text()
    verbs = {verb.rstrip("/").rsplit("/", 1)[1] for verb in re.findall(r'"(https?://[^"]*/verbs/[a-z]+)"', profiles)}
    own = {"launched", "completed", "passed", "failed", "abandoned", "waived", "satisfied"}
    assert verbs - own - {line.split(",")[0] for line in seed.splitlines()} == set()


def test_a_verb_means_one_thing_of_anything_or_one_of_each_kind() -> None:
    seed = (MODELS.parents[2] / "seeds" / "xapi_verbs.csv").read_text().splitlines()[1:]
    kinds: dict[str, list[str]] = {}
    for verb, about, _ in (line.split(",") for line in seed):
        kinds.setdefault(verb, []).append(about)
    assert [verb for verb, said_of in kinds.items() if "anything" in said_of and len(said_of) > 1] == []
