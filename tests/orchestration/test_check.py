"""`make check`: what a landing zone would become, told before anything is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ingestion import tombstones
from ingestion.home import Home
from ingestion.tombstones import Identifier, Kind
from orchestration.check.findings import Findings, of_group
from orchestration.check.run import check
from orchestration.check.show import show
from orchestration.cli import app
from orchestration.lib.environment import Environment

STORY = Path(__file__).parents[1] / "fixtures" / "one_story"
STATEMENT = {
    "id": "s-1",
    "actor": {"mbox": "mailto:ann@example.org"},
    "verb": {"id": "https://w3id.org/xapi/video/verbs/played"},
    "object": {"id": "https://example.org/talk"},
    "timestamp": "2026-10-05T10:00:00Z",
}
EVENT = {"event_id": "1", "event_type": "play", "occurred_at": "2026-10-05T12:00:00Z", "user_id": "ann", "video_id": "talk"}


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def fill(landing: Path, recipes: Path) -> None:
    """Sound and unsound files of native, xapi and three recipes, one of which has a mistake."""
    shutil.copytree(STORY / "mapped", landing / "mapped")
    shutil.copytree(STORY / "recipes", recipes)
    recipe = (recipes / "training.yml").read_text()
    (recipes / "training.yml").write_text(
        recipe.replace("apprenant.appareil", "apprenant.apareil").replace("sortie: exit", "sorti: exit")
    )
    (recipes / "broken.yml").write_text("fields: {event_tipe: a}\n")
    for name, text in {
        "native/a.ndjson": lines(
            EVENT,
            {**EVENT, "team": "red"},
            {**EVENT, "event_id": "2", "event_type": "plai"},
            {**EVENT, "event_id": "3", "user_id": None},
            {**EVENT, "event_id": "4", "occurred_at": "soon"},
        )
        + "nonsense\n\n",
        "xapi/a.ndjson": lines(STATEMENT, {**STATEMENT, "id": "s-2", "verb": {"id": "https://example.org/verbs/danced"}}),
        "mapped/broken/a.csv": "a;b\n1;2\n",
        "mapped/nobodys/a.csv": "a;b\n1;2\n",
        "catalog/accounts.ndjson": "",
        "catalog/contacts/2026-10-09.json": "[]",
        "catalog/videos.ndjson": lines({"video_id": "talk", "title": "A talk"}),
    }.items():
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    root = tmp_path_factory.mktemp("check")
    home = Home(root / "home")
    fill(root / "landing", home.root / "recipes")
    return Environment(home, str(root / "landing"), is_demo=False, target="dev")


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def found(environment: Environment) -> Findings:
    """What the check finds; made once, and what it must not touch compared."""
    before = contents(environment.home.root.parent)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("AUDIENCE_RECIPES", "AUDIENCE_HOME", "LANDING"):
            patch.delenv(variable, raising=False)
        findings = check(environment)
    assert contents(environment.home.root.parent) == before, "the home or the landing zone was touched"
    return findings


def test_every_file_has_its_books(found: Findings) -> None:
    books = {each.path: (each.lines, each.accepted, each.rejected, each.blank) for each in found.files}
    assert books == {
        "catalog/accounts.ndjson": (0, 0, 0, 0),
        "catalog/contacts/2026-10-09.json": (0, 0, 0, 0),
        "catalog/videos.ndjson": (1, 1, 0, 0),
        "mapped/kiosk/2026-10-05.csv": (32, 32, 0, 0),
        "mapped/training/2026-10-05.ndjson": (34, 32, 0, 2),
        "native/a.ndjson": (7, 4, 2, 1),
        "xapi/a.ndjson": (2, 2, 0, 0),
    }


def test_what_would_be_refused_is_told_with_an_example_and_the_remedy(found: Findings) -> None:
    assert {(each.group, each.by, each.reason, each.records, each.example) for each in found.refusals} == {
        ("native", "ingestion", "not_json", 1, "native/a.ndjson:6"),
        ("native", "ingestion", "no_usable_time", 1, "native/a.ndjson:5"),
        ("native", "models", "missing_viewer", 1, "native/a.ndjson:4"),
    }
    assert all(each.remedy for each in found.refusals)
    assert found.is_refused


def test_words_are_told_beside_ours_and_unknown_ones_with_advice(found: Findings) -> None:
    words = {(each.group, each.told): (each.event_type, each.records) for each in found.words}
    assert words["mapped/kiosk", "takt"] == ("heartbeat", 9)
    assert words["xapi", "played"] == ("play", 1)
    assert words["native", "play"] == ("play", 2)
    assert {(each.group, each.told, each.advice) for each in found.unmapped} == {
        ("native", "plai", "send play instead"),
        ("xapi", "danced", "a row in dbt_project/seeds/xapi_*.csv gives it a word"),
        ("mapped/training", "sortie", "add `sortie: <word>` to the values of event_type in training.yml"),
    }


def test_a_recipes_typos_are_told(found: Findings) -> None:
    about = [(note.about, note.text.split(":")[0]) for note in found.notes]
    assert ("training.yml", "No record has a value at apprenant.apareil") in about
    assert ("training.yml", "No record says 'sorti', which means exit") in about
    assert [name for name, _ in about if name == "kiosk.yml"] == []


def test_an_empty_catalog_file_is_told_with_what_it_does(found: Findings) -> None:
    told = {note.about: note.text for note in found.notes if note.about.startswith("catalog/")}
    assert told.keys() == {"catalog/accounts.ndjson", "catalog/contacts/2026-10-09.json"}
    assert "it changes nothing" in told["catalog/accounts.ndjson"]
    assert "from 2026-10-09T00:00:00 (UTC) on there are no contacts" in told["catalog/contacts/2026-10-09.json"]


def test_what_no_recipe_is_for_is_told(found: Findings) -> None:
    assert [(note.about, "did you mean event_type?" in note.text) for note in found.failed] == [("mapped/broken/", True)]
    assert [note.about for note in found.left_alone] == ["mapped/nobodys/"]


def test_fields_tell_how_often_they_are_filled(found: Findings) -> None:
    filled = {each.field: each.share for each in of_group(found.fields, "mapped/training")}
    assert (filled["video_id"], filled["device_id"], filled["element_id"]) == (1, 0, 5 / 32)


def test_what_no_field_takes_is_told(found: Findings) -> None:
    kept = {(each.group, each.where, each.key): each.records for each in found.kept}
    assert kept["native", "extra", "team"] == 1
    assert kept["mapped/kiosk", "properties", "helligkeit"] == 32
    assert ("mapped/kiosk", "properties", "aktion") not in kept


def test_the_span_tells_when_who_and_what(found: Findings) -> None:
    (span,) = of_group(found.spans, "mapped/kiosk")
    assert (span.first, span.last, span.viewers, span.videos, span.repeats) == (
        "2026-10-05T10:00:00Z",
        "2026-10-05T12:01:02Z",
        2,
        2,
        0,
    )
    assert of_group(found.spans, "native")[0].repeats == 1


def test_it_is_shown_to_people_and_machines(found: Findings) -> None:
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        show(console, found)
    said = captured.get()
    for text in ("native/a.ndjson", "missing_viewer", "danced", "apprenant.apareil", "Something would be refused", "never"):
        assert text in said
    assert json.loads(json.dumps(found.as_dict()))["is_refused"] is True


def test_the_command_ends_with_one_where_something_is_refused_and_reads_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    (landing / "native").mkdir(parents=True)
    (landing / "native" / "a.ndjson").write_text(lines(EVENT) + "nonsense\n")
    monkeypatch.setenv("AUDIENCE_HOME", str(tmp_path / "home"))
    run = CliRunner().invoke
    first = run(app, ["check", "--landing", str(landing), "--sample", "1", "--json"])
    assert (first.exit_code, json.loads(first.stdout)["files"][0]["lines"]) == (0, 1)
    assert run(app, ["check", "--landing", str(landing), "--source", "nothing"]).exit_code == 2
    (tmp_path / "home").write_text("a file where a folder should be")
    unwritable = run(app, ["check", "--landing", str(landing)])
    assert (unwritable.exit_code, "Not checked:" in unwritable.stdout) == (1, True)
    (tmp_path / "home").unlink()
    (landing / "mapped" / "app").mkdir(parents=True)
    (landing / "mapped" / "app" / "a.csv").write_text("a;b\n1;2\n")
    (tmp_path / "app.yml").write_text("fields: {}\n")
    monkeypatch.setenv("AUDIENCE_RECIPES", str(tmp_path))
    broken = run(app, ["check", "--landing", str(landing), "--source", "mapped"])
    assert (broken.exit_code, "app.yml" in broken.stdout) == (1, True)
    assert not (tmp_path / "home").exists()


def test_a_check_goes_on_where_tombstones_lie_elsewhere_and_were_made_with_the_homes_own_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    (landing / "native").mkdir(parents=True)
    (landing / "native" / "a.ndjson").write_text(lines(EVENT))
    monkeypatch.setenv("AUDIENCE_TOMBSTONES", str(tmp_path / "kept" / "tombstones.json"))
    tombstones.bury(home, "erasure-1", [Identifier(Kind.USER, "somebody")])
    found = check(Environment(home, str(landing), is_demo=False, target="dev"))
    assert [(each.lines, each.accepted) for each in found.files] == [(1, 1)]
    assert not found.is_refused
