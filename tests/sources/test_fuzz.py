"""Whatever an emitter's file holds: no crash, every line has one outcome, and what is refused says why and what to do.

AUDIENCE_FUZZ_ROUNDS repeats all of it with other seeds (`make fuzz ROUNDS=20`).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random

import duckdb
import pytest

from ingestion import manifest
from ingestion.home import Home
from ingestion.load import load_landing
from tests.property.warehouse import Warehouse
from tests.sources import one_story
from tests.sources.mutations import broken, mutated_lines

ROUNDS = int(os.environ.get("AUDIENCE_FUZZ_ROUNDS", "1"))
LINES, WHOLE_FILES = 400, 8
LINE_FORMATS = (".ndjson", ".jsonl", ".log", ".json")
REMEDY = re.compile(
    r"\b(send|land|encode|split|quote|correct|upload|write|repair|replace|add|name|give|let|put|check|export)\b", re.IGNORECASE
)
EMITTERS = (one_story.STANDARD, *one_story.emitters())


def hostile_files(emitter: str, seed: int) -> dict[str, bytes]:
    """Files made of an emitter's telling of the story: one of mutated lines, some of whole files broken anywhere."""
    random = Random(f"{emitter} {seed}")
    files = one_story.files_of(emitter)
    samples = [line for name, text in files.items() if name.endswith(LINE_FORMATS) for line in text.splitlines() if line.strip()]
    hostile = {}
    if samples:
        hostile[f"{emitter}/lines-{seed}.ndjson"] = b"".join(line + b"\n" for line in mutated_lines(random, samples, LINES))
    for number in range(WHOLE_FILES if samples else 4 * WHOLE_FILES):
        name, text = random.choice(sorted(files.items()))
        hostile[f"{emitter}/{seed}-{number}-{Path(name).name}"] = broken(random, text.encode())
    return hostile


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home into which the hostile files of all emitters were loaded."""
    root = tmp_path_factory.mktemp("fuzz")
    home, landing = Home(root / "home"), root / "home" / "landing"
    for emitter in EMITTERS:
        for seed in range(ROUNDS):
            for name, content in hostile_files(emitter, seed).items():
                path = landing / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIENCE_RECIPES", str(one_story.RECIPES))
        report = load_landing(str(landing), home, settle_seconds=0.0)
    assert (report.failed, report.unknown, report.waiting) == ([], [], [])
    return home


def loads_of(home: Home, emitter: str) -> list[manifest.Manifest]:
    """The loads of an emitter's files."""
    return [each for each in manifest.every(home) if each.path.startswith(f"{emitter}/")]


def rejections_of(home: Home, emitter: str) -> list[tuple[str, int, str, str, bytes]]:
    """path, line_number, reason, detail and raw bytes of what was refused of an emitter."""
    with duckdb.connect() as connection:
        return connection.execute(
            "select path, line_number, reason, detail, raw from read_parquet(?) where path like ? order by all",
            [f"{home.quarantine}/*/*.parquet", f"{emitter}/%"],
        ).fetchall()


@pytest.mark.parametrize("emitter", EMITTERS)
def test_every_line_has_one_outcome(flooded: Home, emitter: str) -> None:
    loads = loads_of(flooded, emitter)
    assert sum(each.lines for each in loads) >= LINES / 2
    assert sum(each.accepted for each in loads) > 0
    for each in loads:
        assert each.lines == each.accepted + each.rejected + each.blank, each.path
    of_lines = [each for each in loads if "/lines-" in each.path]
    assert [each.lines for each in of_lines] == [LINES] * len(of_lines)


@pytest.mark.parametrize("emitter", EMITTERS)
def test_what_is_refused_says_why_and_what_to_do_and_is_kept(flooded: Home, emitter: str) -> None:
    found = rejections_of(flooded, emitter)
    assert len(found) == sum(each.rejected for each in loads_of(flooded, emitter))
    landing = flooded.root / "landing"
    for path, line_number, reason, detail, raw in found:
        assert re.fullmatch(r"[a-z_0-9]+", reason), path
        assert REMEDY.search(detail or ""), f"{path}:{line_number} {reason}: {detail!r} names no remedy"
        if "/lines-" in path:
            line = (landing / path).read_bytes().split(b"\n")[line_number - 1]
            assert raw == line, f"{path}:{line_number}"


def test_every_model_takes_whatever_was_accepted_and_every_law_holds(flooded: Home) -> None:
    warehouse = Warehouse(flooded.root)
    warehouse.must(warehouse.dbt("build", "--exclude", "test_type:unit"))
    with warehouse.reader() as connection:
        refused = connection.execute(
            "select distinct reason, detail from quality.rejected_event where rejected_by = 'models'"
        ).fetchall()
        accepted = connection.execute("select sum(accepted_count) from quality.tracker_health").fetchall()[0][0]
    assert all(REMEDY.search(detail) for _, detail in refused)
    assert accepted == sum(each.accepted for each in manifest.every(flooded))
