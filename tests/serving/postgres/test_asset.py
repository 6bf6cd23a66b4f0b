"""Dagster publishes to PostgreSQL where a server is named, and says so where none is."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.defs.serving.postgres import postgres
from orchestration.lib.resources import AudienceResource
from tests.serving.postgres.conftest import Snapshots, Target


def materialize(monkeypatch: pytest.MonkeyPatch, root: Path, uri: str) -> dg.ExecuteInProcessResult:
    monkeypatch.setenv("AUDIENCE_POSTGRES", uri)
    # Set here, so that what a run exports is taken back after the test.
    for variable, value in {"AUDIENCE_HOME": str(root), "LANDING": str(root / "landing"), "AUDIENCE_TARGET": "dev"}.items():
        monkeypatch.setenv(variable, value)
    audience = AudienceResource(home=str(root), landing=str(root / "landing"))
    return dg.materialize([postgres], resources={"audience": audience})


def test_the_asset_publishes_the_current_snapshot(snapshot: Snapshots, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    root = snapshot(1).parents[1]
    result = materialize(monkeypatch, root, target.uri)
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.metadata["tables left out as personal"].value == 1
    assert target.psql("select version from quality.load").strip() == "1"


def test_without_a_server_the_asset_is_skipped(snapshot: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    result = materialize(monkeypatch, snapshot(1).parents[1], "")
    assert result.success
    assert result.get_asset_materialization_events() == []


def test_the_command_publishes_and_then_has_nothing_to_do(
    snapshot: Snapshots, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from serving.postgres.__main__ import app

    monkeypatch.setenv("AUDIENCE_HOME", str(snapshot(1).parents[1]))
    monkeypatch.setenv("AUDIENCE_POSTGRES", target.uri)
    runner = CliRunner()
    said = [runner.invoke(app, ["publish"]).output for _ in range(2)]
    assert "PostgreSQL shows generation 1: 5 tables" in said[0]
    assert "1 tables about single people were left out" in said[0]
    assert said[1] == "Nothing new: PostgreSQL shows generation 1 already.\n"
    monkeypatch.delenv("AUDIENCE_POSTGRES")
    result = runner.invoke(app, ["publish"])
    assert (result.exit_code, "Set AUDIENCE_POSTGRES" in result.output) == (2, True)


def test_a_snapshot_from_before_personal_columns_were_told_apart_is_refused(snapshot: Snapshots, target: Target) -> None:
    from serving.postgres.publish import publish
    from serving.postgres.server import PostgresError

    path = snapshot(1)
    with duckdb.connect(path) as connection:
        connection.execute("drop table _meta.published_column").fetchall()
    with pytest.raises(PostgresError, match="does not say which of its columns are personal"):
        publish(path, target.uri)


def test_a_search_for_a_person_finds_the_rows_on_the_server(snapshot: Snapshots, target: Target) -> None:
    from orchestration.privacy.trace import traces_in_postgres
    from serving.postgres.publish import publish

    said = "create or replace table core.dim_campaign as select 'Alice''s \"campaign\"' as name, 1 as version"
    publish(snapshot(1, said), target.uri)
    (found,) = traces_in_postgres(target.uri, ["nobody", "alice's"])
    assert (found.place.endswith(".core.dim_campaign") or "dim_campaign" in found.place, found.count) == (True, 1)
    assert traces_in_postgres(target.uri, ["nobody"]) == traces_in_postgres(target.uri, []) == []
