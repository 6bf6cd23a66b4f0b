"""The same small story in every emitter's own format: what its views, segments and interactions say, and where two tellings differ."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.property.schedule import land
from tests.property.warehouse import Warehouse

STORY = Path(__file__).parents[1] / "fixtures" / "one_story"
RECIPES = STORY / "recipes"
STANDARD = "native"
MODELS = ("fct_view", "fct_watched_segment", "fct_interaction", "unusable_events")
ARGUMENTS = ("--select", *(f"+{model}" for model in MODELS))

VIEWERS = ("ann", "ben")
VIDEOS = ("talk", "tour")
NODES = ("intro", "left", "right", "talk", "tour")
ELEMENTS = ("pulse", "map", "next-stop", "go-right", "book")

VIEW = """
    started_at, ended_at, is_played, first_played_at, impression_count, interaction_count, node_count, segment_count, coverage_source,
    watch_seconds, unique_watched_seconds, nodes_duration_seconds, percent_watched, is_completed
"""
SEGMENT = "evidence, to_seconds"
INTERACTION = """
    interaction_type, element_id, element_type, node_id, position_seconds, to_node_id, destination_url, response, is_correct, score,
    max_score, x, y
"""
NAMED = {"element_id": ELEMENTS, "node_id": NODES, "to_node_id": NODES}

Cells = Mapping[str, str]
Tellings = Mapping[str, Mapping["Place", Cells]]


@dataclass(frozen=True, order=True)
class Place:
    """A view, a segment (by node and first second) or an interaction (by its time) of one viewer and video."""

    viewer: str
    video: str
    table: str
    name: str = ""


@dataclass(frozen=True, order=True)
class Difference:
    """One value that an emitter's telling gives another way than the standard's; a row that only one of them has is told whole."""

    viewer: str
    video: str
    table: str
    what: str
    standard: str
    here: str


@dataclass(frozen=True)
class Reason:
    """Why an emitter's telling differs; viewer, video and what may be patterns."""

    viewer: str
    video: str
    table: str
    what: str
    why: str

    def explains(self, difference: Difference) -> bool:
        """Whether it speaks of this difference."""
        return self.table == difference.table and all(
            fnmatchcase(getattr(difference, name), getattr(self, name)) for name in ("viewer", "video", "what")
        )


def emitters() -> list[str]:
    """The emitters, and the recipes as mapped/<name>, that tell the story; the standard is not among them."""
    folders = [path for path in sorted(STORY.iterdir()) if path.is_dir() and path.name not in (STANDARD, "mapped", "recipes")]
    return [path.name for path in folders] + [f"mapped/{path.name}" for path in sorted(STORY.glob("mapped/*"))]


def reasons(emitter: str) -> list[Reason]:
    """What `<emitter>_differences.csv` says; nothing where there is no such file."""
    path = STORY / f"{emitter.replace('/', '_')}_differences.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [Reason(**row) for row in csv.DictReader(file)]


def files_of(emitter: str) -> dict[str, str]:
    """The landed files of an emitter, by their names below the landing zone."""
    folder = STORY / emitter
    return {str(path.relative_to(STORY)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def everything() -> dict[str, str]:
    """The landed files of all tellings."""
    return {name: text for emitter in (STANDARD, *emitters()) for name, text in files_of(emitter).items()}


def halves(files: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The same records in two deliveries: each second line of a file of lines first; files of another form come whole with the others."""
    early: dict[str, str] = {}
    late: dict[str, str] = {}
    for name, text in files.items():
        folder, _, file = name.rpartition("/")
        if not name.endswith((".ndjson", ".jsonl", ".log")):
            late[name] = text
            continue
        lines = text.splitlines(keepends=True)
        early[f"{folder}/early-{file}"], late[f"{folder}/late-{file}"] = "".join(lines[1::2]), "".join(lines[::2])
    return early, late


def tell(home: Path, *deliveries: Mapping[str, str]) -> Tellings:
    """What every emitter tells after these deliveries, each landed, loaded and run; by the emitter's name."""
    before = os.environ.get("AUDIENCE_RECIPES")
    os.environ["AUDIENCE_RECIPES"] = str(RECIPES)
    try:
        warehouse = Warehouse(home)
        warehouse.seed()
        for files in deliveries:
            land(warehouse.landing, files)
            warehouse.must(warehouse.load())
            warehouse.must(warehouse.dbt("run", *ARGUMENTS))
        return {emitter: told(warehouse, emitter) for emitter in (STANDARD, *emitters())}
    finally:
        os.environ.pop("AUDIENCE_RECIPES")
        if before is not None:
            os.environ["AUDIENCE_RECIPES"] = before


def told(warehouse: Warehouse, emitter: str) -> dict[Place, Cells]:
    """Every view, segment of coverage and interaction of an emitter in the words of the story, everything as text, null as empty."""
    with warehouse.reader() as connection:
        rows = {
            table: _rows(connection.execute(query, list(_source(emitter))))
            for table, query in {
                "view": f"select viewer_id, video_id, '' as place, {VIEW} from core.fct_view where {{}} order by started_at",
                "segment": f"""
                    select viewer_id, segments.video_id, segments.node_id || ' ' || from_seconds as place, {SEGMENT}
                    from engagement.fct_watched_segment as segments
                    inner join core.fct_view as views using (view_id, viewer_id)
                    where is_coverage and {{}} order by all""",
                "interaction": f"""
                    select viewer_id, video_id, strftime(occurred_at, '%H:%M:%S') as place, {INTERACTION}
                    from core.fct_interaction where {{}} order by occurred_at, interaction_type""",
            }.items()
            for query in [query.format(_source_is(emitter))]
        }
    found: dict[Place, Cells] = {}
    for table, members in rows.items():
        for row in members:
            place = _unused(found, _place(table, row))
            found[place] = {
                name: _cell(name, value) for name, value in row.items() if name not in ("viewer_id", "video_id", "place")
            }
    return found


def differences(standard: Mapping[Place, Cells], here: Mapping[Place, Cells]) -> list[Difference]:
    """Where the two tellings differ."""
    return sorted(_differences(standard, here))


def _differences(standard: Mapping[Place, Cells], here: Mapping[Place, Cells]) -> Iterator[Difference]:
    for place in sorted(standard.keys() | here.keys()):
        expected, actual = standard.get(place), here.get(place)
        if expected is None or actual is None:
            what = f"{place.name} is missing".strip() if actual is None else f"{place.name} is added".strip()
            yield Difference(place.viewer, place.video, place.table, what, _all(expected), _all(actual))
            continue
        for name, cell in expected.items():
            if actual[name] != cell:
                yield Difference(place.viewer, place.video, place.table, f"{place.name} {name}".strip(), cell, actual[name])


def _source(emitter: str) -> Iterable[str]:
    source, _, recipe = emitter.partition("/")
    return [source, f"%{recipe}%"] if recipe else [source]


def _source_is(emitter: str) -> str:
    # the ids of a mapped playback begin with the name of the recipe
    of_recipe = "source = ? and view_id in (select view_id from core.fct_view where playback_id like ?)"
    return of_recipe if "/" in emitter else "source = ?"


def _rows(result: Any) -> Sequence[Mapping[str, Any]]:
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _place(table: str, row: Mapping[str, Any]) -> Place:
    name = row["place"]
    if table == "segment":
        node, _, second = name.rpartition(" ")
        name = f"{_name(node, NODES)} from {float(second):g}"
    return Place(_name(row["viewer_id"], VIEWERS), _name(row["video_id"] or "", VIDEOS), table, name)


def _unused(found: Mapping[Place, Cells], place: Place) -> Place:
    number = 2
    while place in found:
        place = Place(place.viewer, place.video, place.table, f"{place.name.split(' #')[0]} #{number}")
        number += 1
    return place


def _name(text: str, names: Sequence[str]) -> str:
    """The name of the story that an emitter's id holds; the id itself where it holds none."""
    return next((name for name in names if name in text.lower()), text)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{round(value, 3):g}"
    return _name(value, NAMED[name]) if name in NAMED else str(value)


def _all(cells: Cells | None) -> str:
    return "" if cells is None else ", ".join(f"{name} {cell}" for name, cell in cells.items() if cell)
