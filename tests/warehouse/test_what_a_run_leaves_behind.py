"""What a run replaces, what it leaves alone, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from ingestion import manifest
from tests.property.warehouse import Warehouse
from tests.warehouse.conftest import restore
from tests.warehouse.stories import (
    FIRST,
    PLAYED_FIRST,
    PLAYED_SECOND,
    SECOND,
    asked,
    deliver,
    differences,
    marts,
    rows_on,
    run,
    said,
)

LATER = (said("f", f"{FIRST}T12:00:20", position_seconds=10), said("g", f"{FIRST}T12:00:30", position_seconds=20))
SEEN_WITH_ANN = said("f", "2026-11-09T08:00:00", "identify", user_id="ann", video_id=None)
SEEN_WITH_BOB = said("g", "2026-11-10T08:00:00", "identify", user_id="bob", video_id=None)
VIEWS = "select device_id, watch_seconds from core.fct_view order by started_at"


def loaded(warehouse: Warehouse, name: str) -> manifest.Manifest:
    """The load of a landed file."""
    (found,) = [each for each in manifest.every(warehouse.home) if each.path.endswith(f"/{name}.ndjson")]
    return found


@pytest.fixture(scope="module")
def undisturbed(kept: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """The marts after a later file and a run that nothing disturbed."""
    restore(kept, "two days")
    deliver(kept, "third", *LATER)
    run(kept)
    assert asked(kept, VIEWS) == [("device", 20.0), ("other", 20.0)]
    return by_content(kept)


def by_content(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """The marts but for `load`, which says when each file was loaded."""
    return {table: rows for table, rows in marts(warehouse).items() if table != "quality.load"}


def test_a_merge_that_empties_a_date_leaves_nothing_behind(two_days: Warehouse) -> None:
    assert rows_on(two_days, SECOND)
    gone = loaded(two_days, "second")
    manifest.path_of(two_days.home, "native", gone.load_id).unlink()
    run(two_days)
    assert rows_on(two_days, SECOND) == {}
    assert asked(two_days, VIEWS) == [("device", 10.0)]
    assert asked(two_days, "select viewer_id from core.dim_viewer") == [("device:device",)]
    assert asked(two_days, "select max(second) from engagement.attention_heatmap") == [(9,)]
    assert differences(two_days) == []


def test_a_superseded_load_gives_way_to_its_successor(two_days: Warehouse) -> None:
    corrected = [record | {"position_seconds": record["position_seconds"] / 2} for record in PLAYED_SECOND]
    old = loaded(two_days, "second")
    deliver(two_days, "corrected", *corrected)
    new = loaded(two_days, "corrected")
    manifest.path_of(two_days.home, "native", old.load_id).write_text(old.superseded(new.load_id).as_json())
    run(two_days)
    assert asked(two_days, VIEWS) == [("device", 10.0), ("other", 10.0)]
    assert asked(two_days, "select status, count(*) from quality.load group by status order by status") == [
        ("loaded", 2),
        ("superseded", 1),
    ]
    assert differences(two_days) == []


def test_a_backfill_rebuilds_its_dates_and_no_others(two_days: Warehouse) -> None:
    before = marts(two_days)
    with_damage = [damage(two_days, day) for day in (FIRST, SECOND)]
    assert all(with_damage)
    run(two_days)
    assert rows_on(two_days, FIRST).get("events.events.event_date") == 1, "nothing is new: nothing is looked at"
    run(two_days, "--vars", f"{{backfill_from: {SECOND}, backfill_to: {SECOND}}}")
    assert rows_on(two_days, FIRST).get("events.events.event_date") == 1
    assert rows_on(two_days, SECOND).get("events.events.event_date") == 3
    run(two_days, "--vars", f"{{backfill_from: {FIRST}, backfill_to: {FIRST}}}")
    assert marts(two_days) == before


def damage(warehouse: Warehouse, day: str) -> int:
    """Lose the pauses of a day from `events`, as no run ever would; how many were lost."""
    with duckdb.connect(str(warehouse.home.warehouse)) as connection:
        lost = connection.execute("delete from events.events where event_date = ? and event_type = 'pause'", [day]).fetchall()
    return int(lost[0][0])


def test_a_catalog_edit_that_arrives_later_rebuilds_only_the_views_it_covers(two_days: Warehouse) -> None:
    node = {"video_id": "video", "node_id": "video"}
    deliver(two_days, "nodes", node | {"duration_seconds": 40}, folder="catalog")
    run(two_days)
    lengths = "select device_id, nodes_duration_seconds from core.fct_view order by started_at"
    assert asked(two_days, lengths) == [("device", 40.0), ("other", 40.0)]

    deliver(two_days, "nodes", node | {"duration_seconds": 50}, folder=f"catalog/nodes/as_of={SECOND}T00-00-00Z")
    run(two_days)
    assert asked(two_days, lengths) == [("device", 40.0), ("other", 50.0)]
    stale = (
        "select distinct s.device_id from state.stale_scopes as t inner join intermediate.int_sessions as s using (session_key)"
    )
    assert asked(two_days, stale) == [("other",)]
    assert differences(two_days) == []


@pytest.fixture(scope="module")
def before_and_after_late_records(kept: Warehouse) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What is known of two devices before and after records arrive that belong to what was built."""
    questions = {
        "events of sessions": "select event_count from core.fct_session where device_id = 'broken' order by started_at",
        "authenticated viewers": "select unique_authenticated_viewers from kpis.kpi_video_daily where video_id = 'video'",
        "viewer": "select viewer_id from core.fct_view where device_id = 'device'",
    }
    broken = {"device_id": "broken", "video_id": "other video"}
    restore(kept, "first day")
    deliver(kept, "anonymous", *PLAYED_FIRST)
    deliver(kept, "noon", said("n", f"{FIRST}T12:00:00", **broken), said("p", f"{FIRST}T12:50:00", **broken))
    run(kept)
    before = {name: asked(kept, query) for name, query in questions.items()}
    deliver(kept, "bridge", said("o", f"{FIRST}T12:25:00", "page_view", **broken))
    deliver(kept, "identified", said("z", f"{SECOND}T08:00:00", "identify", user_id="ann", video_id=None))
    run(kept)
    after = {name: asked(kept, query) for name, query in questions.items()}
    return before, after | {"differences": differences(kept)}


def test_an_event_that_bridges_a_gap_joins_two_sessions(before_and_after_late_records) -> None:
    before, after = before_and_after_late_records
    assert before["events of sessions"] == [(1,), (1,)]
    assert after["events of sessions"] == [(3,)]
    assert after["differences"] == []


def test_a_user_known_later_names_the_days_before(before_and_after_late_records) -> None:
    before, after = before_and_after_late_records
    assert before["authenticated viewers"] == [(0,)]
    assert after["authenticated viewers"] == [(1,)]
    assert after["viewer"] == [("user:ann",)]
    assert after["differences"] == []


def test_a_run_that_leaves_models_out_is_refused_its_end_and_the_next_completes_it(
    two_days: Warehouse, capfd: pytest.CaptureFixture[str]
) -> None:
    finished = "select max(version) from state.built_loads"
    before = asked(two_days, finished)
    deliver(two_days, "third", *LATER)
    assert two_days.dbt("run", "--exclude", "int_views") != 0
    said_why = "".join(capfd.readouterr()) + two_days.log.read_text()
    assert "A run cannot be finished without int_views" in said_why
    assert asked(two_days, finished) == before
    run(two_days)
    assert asked(two_days, finished) != before
    assert asked(two_days, VIEWS) == [("device", 20.0), ("other", 20.0)]
    assert differences(two_days) == []


@pytest.mark.parametrize("last", ["events", pytest.param("int_views", marks=pytest.mark.campaign)])
def test_a_run_that_died_between_two_models_is_healed_by_the_next(
    two_days: Warehouse, undisturbed: dict[str, list[tuple[Any, ...]]], last: str
) -> None:
    restore(two_days, "two days")
    deliver(two_days, "third", *LATER)
    position = two_days.models.index(last) + 1
    two_days.must(two_days.dbt("run", "--select", " ".join(two_days.models[:position])))
    run(two_days)
    assert by_content(two_days) == undisturbed


def die_after(warehouse: Warehouse, *models: str) -> None:
    """A run that ends once these models are built, and all that come before the last of them."""
    position = max(warehouse.models.index(model) for model in models) + 1
    warehouse.must(warehouse.dbt("run", "--select", " ".join(warehouse.models[:position])))


def test_a_user_known_only_to_a_run_that_died_names_no_day_before(two_days: Warehouse) -> None:
    day = f"select unique_authenticated_viewers from kpis.kpi_video_daily where date_day = '{FIRST}'"
    month = f"select unique_viewers from kpis.kpi_video_monthly where month_start_date = '{FIRST}'"
    assert (asked(two_days, day), asked(two_days, month)) == ([(0,)], [(2,)])

    deliver(two_days, "ann", SEEN_WITH_ANN)
    die_after(two_days, "kpi_video_daily", "kpi_video_monthly")
    assert (asked(two_days, day), asked(two_days, month)) == ([(1,)], [(1,)]), "the device is taken for ann"

    deliver(two_days, "bob", SEEN_WITH_BOB)
    run(two_days)
    assert (asked(two_days, day), asked(two_days, month)) == ([(0,)], [(2,)]), "of two users it is neither's, as before"
    assert differences(two_days) == []


def test_what_a_run_changed_that_died_before_its_commit_is_published_by_the_next(two_days: Warehouse) -> None:
    deliver(two_days, "ann", SEEN_WITH_ANN)
    die_after(two_days, "built_device_users")
    run(two_days)
    told = asked(two_days, "select cast(report_date as varchar) from state.stale_report_dates order by report_date")
    assert told == [(FIRST,), ("2026-11-09",)]
    assert differences(two_days) == []
