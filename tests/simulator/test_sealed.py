from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

from typer.testing import CliRunner

import ingestion.simulator
from ingestion.simulator import PLANTS
from ingestion.simulator.__main__ import app
from tests.simulator.conftest import Run


def test_truths_lie_outside_the_landing_folder(demo: Run) -> None:
    assert {path.name for path in demo.landing.iterdir()} == {"native", "catalog"}
    assert (demo.root / "truths" / "truths.json").exists()


def test_a_changed_truth_breaks_its_seal(demo: Run) -> None:
    truths = demo.truths
    seal = truths.pop("sha256")
    assert hashlib.sha256(json.dumps(truths, sort_keys=True).encode()).hexdigest() == seal
    truths["counts"]["duplicates"] += 1
    assert hashlib.sha256(json.dumps(truths, sort_keys=True).encode()).hexdigest() != seal


def test_the_counts_of_the_days_add_up_to_the_whole(demo: Run) -> None:
    days = [json.loads(path.read_text()) for path in (demo.root / "truths" / "days").iterdir()]
    assert len(days) == 10
    assert all(sum(day.get(name, 0) for day in days) == count for name, count in demo.truths["counts"].items())


def test_the_simulator_knows_nothing_of_models_or_of_ingestion() -> None:
    for file in Path(ingestion.simulator.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.split(".")[0] not in ("dbt", "dagster", "dbt_project", "orchestration", "serving", "tests")
                # Who may read its files it decides as everything else here does.
                assert not name.startswith("ingestion") or name.startswith("ingestion.simulator") or name == "ingestion.keeping"


def test_the_command_line_writes_a_landing_and_says_what_it_wrote(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--landing", str(tmp_path / "landing"), "--events", "2000", "--days", "2"])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "landing" / "native").iterdir()) == ["2026-10-01", "2026-10-02"]
    truths = json.loads((tmp_path / "truths" / "truths.json").read_text())
    assert f"{truths['counts']['lines']:,} lines" in " ".join(done.output.split())


def test_the_command_line_names_the_truths_that_can_be_left_out(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["--landing", str(tmp_path / "landing"), "--without", "ghosts"])
    assert refused.exit_code == 2
    explained = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert "drop_off" in refused.output
    assert all(name in explained for name in PLANTS)
