"""Recipes: logs of any shape become records of the envelope, nothing is lost, and a mistake is told with its remedy."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import erasure, manifest, tombstones
from ingestion.compact import compact
from ingestion.mapping.recipe import RecipeError, read_recipe
from ingestion.replay import replay
from ingestion.rewriting import rewrite_landing
from ingestion.tombstones import Identifier, Kind
from orchestration.lib.arrivals import arrivals, digest
from tests.ingestion.conftest import Lake

NEEDED = "event_type: what\n  occurred_at: at\n  user_id: who"
AT = "2026-10-05T12:00:00Z"


@pytest.fixture
def write(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a recipe `app` of some fields beside the needed ones."""
    monkeypatch.delenv("AUDIENCE_RECIPES", raising=False)

    def written(*fields: str, name: str = "app", top: str = "", needed: str = NEEDED) -> Path:
        path = lake.home.root / "recipes" / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "\n  ".join([needed, *fields])
        path.write_text(f"{top}\nfields:\n  {lines}\n", encoding="utf-8")
        return path

    return written


def record(**told: object) -> dict[str, object]:
    return {"what": "play", "at": AT, "who": "ann", **told}


def lines(*records: dict[str, object]) -> str:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)


def only(lake: Lake) -> dict:
    """The one row, without what every row has."""
    (row,) = lake.rows("mapped")
    return {key: value for key, value in row.items() if key not in ("load_id", "line_number", "recipe", "event_date", "event_id")}


def one(lake: Lake, **told: object) -> dict:
    """What becomes of one record that tells this beside the needed."""
    lake.land("mapped/app/a.ndjson", lines(record(**told)))
    lake.load()
    row = only(lake)
    return {key: value for key, value in row.items() if key not in ("event_type", "occurred_at", "user_id")}


@pytest.mark.parametrize(
    ("field", "told", "expected"),
    [
        ("video_id: film", {"film": "tour"}, {"video_id": "tour"}),
        ("video_id: film.code", {"film": {"code": "tour"}}, {"video_id": "tour", "properties": '{"film":{}}'}),
        ("video_id: film\\.code", {"film.code": "tour"}, {"video_id": "tour"}),
        ("video_id: films.0.code", {"films": [{"code": "t"}]}, {"video_id": "t", "properties": '{"films":[{"code":"t"}]}'}),
        ("video_id: \"o'brien/~\"", {"o'brien/~": "tour"}, {"video_id": "tour"}),
        ("video_id: {constant: \"'); drop table staged; --\"}", {}, {"video_id": "'); drop table staged; --"}),
        ("position_seconds: {from: p, unit: milliseconds}", {"p": 1234}, {"position_seconds": 1.234, "properties": '{"p":1234}'}),
        ("position_seconds: {from: p, unit: milliseconds}", {"p": "x"}, {"extra": '{"position_seconds":"x"}', "properties": '{"p":"x"}'}),
        ("position_seconds: {from: p, unit: clock}", {"p": "1:02:03.5"}, {"position_seconds": 3723.5, "properties": '{"p":"1:02:03.5"}'}),
        ("position_seconds: {from: p, unit: clock}", {"p": "02:03"}, {"position_seconds": 123.0, "properties": '{"p":"02:03"}'}),
        ("x: {from: p, unit: percent}", {"p": "25 %"}, {"x": 0.25, "properties": '{"p":"25 %"}'}),
        ("is_correct: {from: p, values: {yes: true, no: false}}", {"p": "no"}, {"is_correct": False, "properties": '{"p":"no"}'}),
        ("is_correct: {from: p, values: {yes: true}}", {"p": "why"}, {"extra": '{"is_correct":"why"}', "properties": '{"p":"why"}'}),
        ("response: {from: p, split: \"|\"}", {"p": "a | b"}, {"response": '["a","b"]', "properties": '{"p":"a | b"}'}),
        ("response: {from: p, each: id}", {"p": [{"id": 1}]}, {"response": '["1"]', "properties": '{"p":[{"id":1}]}'}),
        (
            "played_ranges: {from: p, split: \";\", between: \"-\"}", {"p": "0-9;12-20"},
            {"played_ranges": "[[0,9],[12,20]]", "properties": '{"p":"0-9;12-20"}'},
        ),
        ("element_id: {from: p, when: {what: play}}", {"p": "e"}, {"element_id": "e"}),
        ("element_id: {from: p, unless: {what: [play, x]}}", {"p": "e"}, {"properties": '{"p":"e"}'}),
        ("element_id: [p, q]", {"q": "e"}, {"element_id": "e"}),
        ("element_id: [p, q]", {"p": "d", "q": "e"}, {"element_id": "d", "properties": '{"q":"e"}'}),
        ("element_id: {join: [p, q], with: /}", {"p": "d", "q": 2}, {"element_id": "d/2"}),
        ("playback_id: p", {"p": 17}, {"playback_id": "app:17"}),
        ("video_id: film", {"film": None, "n": None}, {"properties": '{"n":null}'}),
        ("video_id: film", {"film": {"deep": 1}}, {"extra": '{"video_id":{"deep":1}}'}),
        (
            "score: s", {"s": 12345678901234567890123, "t": True},
            {"score": 1.2345678901234568e22, "extra": '{"score":12345678901234567890123}', "properties": '{"t":true}'},
        ),
    ],
)  # fmt: skip
def test_a_field_is_filled_as_its_rule_says_and_the_rest_is_kept(
    lake: Lake, write: Callable[..., Path], field: str, told: dict, expected: dict
) -> None:
    write(field)
    assert one(lake, **told) == expected


@pytest.mark.parametrize(
    ("rule", "told", "moment"),
    [
        ("at", 1791201600, "2026-10-05T12:00:00"),
        ("at", "1791201600500", "2026-10-05T12:00:00.500000"),
        ("{from: at, format: \"%d.%m.%Y %H:%M\", zone: Europe/Berlin}", "05.10.2026 14:00", "2026-10-05T12:00:00"),
        ("{from: at, format: [\"%d/%b/%Y %H:%M %z\", \"%Y\"]}", "05/Oct/2026 14:00 +0200", "2026-10-05T12:00:00"),
        ("{from: at, zone: Europe/Berlin}", "2026-10-05 14:00:00", "2026-10-05T12:00:00"),
        ("{from: at, zone: Europe/Berlin}", AT, "2026-10-05T12:00:00"),
        ("{from: at, zone: Europe/Berlin}", "2026-10-25 02:30:00", "2026-10-25T01:30:00"),
    ],
)  # fmt: skip
def test_a_time_is_read_in_its_format_and_zone(
    lake: Lake, write: Callable[..., Path], rule: str, told: object, moment: str
) -> None:
    write(needed=NEEDED.replace("occurred_at: at", f"occurred_at: {rule}"))
    lake.land("mapped/app/a.ndjson", lines(record(at=told)))
    lake.load()
    assert only(lake)["occurred_at"] == datetime.fromisoformat(moment)


def test_words_become_ours_and_unknown_ones_pass(lake: Lake, write: Callable[..., Path]) -> None:
    write(needed=NEEDED.replace("event_type: what", "event_type: {from: what, values: {on: play, off: pause, 1: seek}}"))
    lake.land("mapped/app/a.ndjson", lines(*(record(what=word) for word in ("on", " off ", 1, "whirl"))))
    lake.load()
    rows = lake.query("select event_type, properties from mapped order by line_number")
    assert [row["event_type"] for row in rows] == ["play", "pause", "seek", "whirl"]
    assert [json.loads(row["properties"])["what"] for row in rows] == ["on", " off ", 1, "whirl"]


def test_csv_json_arrays_and_parquet_map_alike(lake: Lake, write: Callable[..., Path]) -> None:
    write("video_id: film", "position_seconds: {from: ms, unit: milliseconds}", top='decimal: ","')
    told = {"what": "play", "at": AT, "who": "ann", "film": "a;b", "ms": "1500,5"}
    lake.land("mapped/app/a.csv", ";".join(told) + "\n" + ";".join(f'"{value}"' for value in told.values()) + "\n")
    lake.land("mapped/app/b.json", json.dumps([told]))
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([told]), buffer)
    lake.land("mapped/app/deep/er/c.parquet", buffer.getvalue())
    lake.load()
    rows = lake.query("select distinct * exclude (load_id, event_id) from mapped")
    assert [(row["video_id"], row["position_seconds"], row["properties"]) for row in rows] == [("a;b", 1.5005, '{"ms":"1500,5"}')]


def test_every_line_has_one_outcome_and_refusals_name_the_remedy(lake: Lake, write: Callable[..., Path]) -> None:
    write(top="ignore: {prefixes: ['#', //], when: {level: [debug, 7]}}")
    lake.land(
        "mapped/app/a.ndjson",
        "# said\n  // said\n" + lines(record(level="debug"), record(level=7), record(level=8), record(at="soon"))
        + 'no\n[1]\n{}\n\n{"what":"play","what":"pause","at":1791201600,"who":"ann"}\n',
    )  # fmt: skip
    lake.load()
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.rejected, load.blank) == (11, 1, 5, 5)
    assert lake.reasons() == {6: "no_usable_time", 7: "not_json", 8: "not_an_object", 9: "no_usable_time", 11: "duplicate_keys"}
    assert "give their format in the recipe" in lake.query("from quarantine where line_number = 6")[0]["detail"]


def test_a_key_given_twice_inside_an_object_is_kept_whole(lake: Lake, write: Callable[..., Path]) -> None:
    write("video_id: film.code")
    lake.land("mapped/app/a.ndjson", f'{{"what":"play","at":"{AT}","who":"ann","film":{{"code":"a","code":"b"}}}}\n')
    lake.load()
    assert '"film":{"code":"a","code":"b"}' in only(lake)["properties"]


def test_what_is_no_object_on_the_way_of_a_path_is_kept(lake: Lake, write: Callable[..., Path]) -> None:
    write("video_id: film.code.id", "node_id: film.clip")
    assert one(lake, film={"code": "text", "clip": "c"}) == {"node_id": "c", "properties": '{"film":{"code":"text"}}'}


def test_ids_of_two_recipes_do_not_meet(lake: Lake, write: Callable[..., Path]) -> None:
    for name in ("app", "kiosk"):
        write("event_id: id", name=name)
        lake.land(f"mapped/{name}/a.ndjson", lines(record(id=1), record()))
    lake.load()
    rows = lake.query("select recipe, event_id from mapped order by recipe, line_number")
    assert [row["event_id"].split(":")[:2] for row in rows] == [
        ["app", "1"],
        ["app", "sha256"],
        ["kiosk", "1"],
        ["kiosk", "sha256"],
    ]
    assert len(lake.live()) == 2


def test_a_changed_recipe_takes_the_place_of_the_old_and_back(lake: Lake, write: Callable[..., Path]) -> None:
    lake.land("mapped/app/a.ndjson", lines(record(film="tour")) + "no\n")
    lake.land("mapped/kiosk/a.ndjson", lines(record(film="tour")) + "no\n")
    write(name="kiosk")
    videos = []
    for fields in ((), ("video_id: film",), (), ("video_id: film",)):
        write(*fields)
        report = lake.load()
        assert report.loads == (2 if not videos else 1)
        assert lake.load().is_empty
        videos += [row["video_id"] for row in lake.query("select video_id from mapped where recipe = 'app'")]
        assert [load.lines for load in lake.live()] == [2, 2]
        assert len(lake.query("from quarantine")) == 2
    assert videos == [None, "tour", None, "tour"]


def test_a_description_makes_no_other_rows(lake: Lake, write: Callable[..., Path]) -> None:
    lake.land("mapped/app/a.ndjson", lines(record()))
    write()
    lake.load()
    write(top="description: the app")
    assert lake.load().is_empty


def test_a_replay_reads_by_the_recipe_of_today(lake: Lake, write: Callable[..., Path]) -> None:
    write()
    landed = lake.land("mapped/app/a.ndjson", lines(record(), record(at="05.10.2026")))
    lake.load()
    landed.unlink()
    write(needed=NEEDED.replace("occurred_at: at", 'occurred_at: {from: at, format: "%d.%m.%Y"}'))
    assert replay(lake.home).accepted == 1
    (lake.home.root / "recipes" / "app.yml").unlink()
    assert replay(lake.home).tried == 0
    (load,) = lake.live()
    assert (load.accepted, load.rejected) == (2, 0)


def test_a_person_is_found_and_erased_in_lake_and_landing_zone(lake: Lake, write: Callable[..., Path]) -> None:
    write("user_id: [user.id, user.mail]", needed=NEEDED.replace("\n  user_id: who", ""))
    user = "u-alice-0001"
    told = [record(user={"id": user}), record(user={"id": "u-bob-00001"}), record(note={"by": user}), record(user={"mail": user})]
    landed = lake.land("mapped/app/a.ndjson", lines(*told))
    lake.load()
    tombstones.bury(lake.home, "erasure-1", [Identifier(Kind.USER, user)])
    assert erasure.erase(lake.home).records["mapped"] == 3
    assert [holding.why_not for holding in rewrite_landing(str(lake.landing), lake.home).files] == [None]
    assert landed.read_text() == lines(told[1])
    assert lake.load().is_empty
    compact(lake.home, min_files=2)
    assert all(load.balances for load in lake.live())


def test_a_landed_file_without_its_recipe_is_left_to_a_person(lake: Lake, write: Callable[..., Path]) -> None:
    path = write()
    lake.land("mapped/app/a.ndjson", lines(record(who="u-alice-0001")))
    lake.load()
    tombstones.bury(lake.home, "erasure-1", [Identifier(Kind.USER, "u-alice-0001")])
    erasure.erase(lake.home)
    path.unlink()
    (holding,) = rewrite_landing(str(lake.landing), lake.home).files
    assert "app.yml" in (holding.why_not or "")


def test_an_id_leaves_no_trace_where_pseudonyms_are_asked_for(
    lake: Lake, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_PSEUDONYMISE", "1")
    monkeypatch.setenv("AUDIENCE_PRIVACY_KEY", "0123456789abcdef")
    write("device_id: d.id", "playback_id: {join: [d.id, s]}")
    lake.land("mapped/app/a.ndjson", lines(record(who="u-alice-0001", d={"id": "d-alice-0001"}, s="s-alice-0001")))
    lake.load()
    row = only(lake)
    assert all(row[name].startswith("p-") for name in ("user_id", "device_id", "playback_id"))
    assert "alice" not in str(row)


def test_folders_without_a_recipe_are_told_and_the_others_loaded(lake: Lake, write: Callable[..., Path]) -> None:
    write()
    write("video_id: {from: film, units: seconds}", name="broken")
    for folder in ("app", "ap", "broken", "broken/deeper"):
        lake.land(f"mapped/{folder}/a.ndjson", lines(record(folder=folder)))
    lake.land("mapped/a.ndjson", lines(record()))
    report = lake.load()
    assert [each.path for each in report.manifests] == ["mapped/app/a.ndjson"]
    told = {each.name: each.reason for each in report.unknown}
    assert set(told) == {"mapped/ap/", "mapped/a.ndjson"}
    assert "did you mean app?" in told["mapped/ap/"]
    assert [(each.path, "did you mean unit?" in each.reason) for each in report.failed] == [("mapped/broken/", True)]
    assert report.skipped == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fields: {event_tpye: a}", "the envelope has no field 'event_tpye'; did you mean event_type?"),
        ("fields: {event_type: a}", "map occurred_at or received_at"),
        ("fields: {event_type: a, occurred_at: b}", "map user_id or device_id or playback_id"),
        ("fields: {event_type: a, properties: b}", "properties is filled by itself"),
        (f"fields:\n  {NEEDED}\n  x: {{from: p, unit: percents}}", "bad.yml: fields.x.unit: found \"percents\". Use 'seconds'"),
        (f"fields:\n  {NEEDED}\n  x: {{from: p, unit: percent, values: {{a: 1}}}}", "found values and unit; give one of them"),
        (f"fields:\n  {NEEDED}\n  x: {{unit: percent}}", "give one of from, join and constant"),
        (f"fields:\n  {NEEDED}\n  x: a..b", "a dot that belongs to a key is written"),
        (f"fields:\n  {NEEDED}\n  x: [{{from: a}}, {{form: b}}]", "fields.x.1.form: there is no such key"),
        (f"fields:\n  {NEEDED}\n  x: {{constant: left}}", "'left' is no number"),
        (f"fields:\n  {NEEDED}\n  sent_at: {{from: a, zone: Europe/Berlim}}", "name one such as Europe/Berlin"),
        (f"fields:\n  {NEEDED}\n  sent_at: {{from: a, format: [\"%Y %Q\"]}}", "'%Y %Q' is no format of a time"),
        (f"fields:\n  {NEEDED}\n  video_id: {{from: a, unit: seconds}}", "unit is for numbers, and this field is text"),
        (f"fields:\n  {NEEDED}\n  video_id: a\n  video_id: b", "'video_id' is given twice"),
        (f"filds:\n  {NEEDED}", "did you mean fields?"),
        ("- a", "found no mapping"),
        ("fields: {", "not readable as YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_field_and_remedy(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith("bad.yml: ")


def test_words_of_a_recipe_cannot_become_sql(lake: Lake, write: Callable[..., Path]) -> None:
    evil = "a'b\"c\\\\d{e}%s); drop table staged; --"
    key = json.dumps(evil)
    write(
        f"video_id: {key}",
        f"element_id: {{from: what, values: {{{key}: {key}}}}}",
        f"response: {{from: r, split: {key}}}",
        f"node_id: {{from: n, when: {{{key}: {key}}}}}",
        'sent_at: {from: s, format: "%Y\'); drop table staged; --"}',
        f"to_node_id: {{join: [what, {key}], with: {key}}}",
        top=f"ignore: {{prefixes: {key}}}",
    )
    told = json.loads(key).replace("\\.", ".")
    lake.land("mapped/app/a.ndjson", lines(record(**{told: told, "what": told, "n": "n", "s": AT, "r": f"1{told}2"})))
    assert lake.load().failed == []
    row = only(lake)
    assert (row["video_id"], row["element_id"], row["node_id"], row["response"]) == (told, told, "n", '["1","2"]')
    assert row["to_node_id"] == told * 3


def test_the_books_name_the_shape_of_each_recipe(lake: Lake, write: Callable[..., Path]) -> None:
    write()
    lake.land("mapped/app/a.ndjson", lines(record()))
    lake.load()
    (load,) = manifest.every(lake.home, "mapped")
    assert load.shape_version == read_recipe(lake.home.root / "recipes" / "app.yml").shape_version
    assert load.shape_version < 2**53


def test_a_changed_recipe_is_an_arrival_and_a_missing_one_is_none(lake: Lake, write: Callable[..., Path]) -> None:
    path = write()
    lake.land("mapped/app/a.ndjson", lines(record()))
    assert len(arrivals(str(lake.landing), lake.home)) == 1
    lake.load()
    assert arrivals(str(lake.landing), lake.home) == []
    write("video_id: film")
    first = arrivals(str(lake.landing), lake.home)
    lake.load()
    write()
    assert digest(arrivals(str(lake.landing), lake.home)) != digest(first)
    path.unlink()
    assert arrivals(str(lake.landing), lake.home) == []
