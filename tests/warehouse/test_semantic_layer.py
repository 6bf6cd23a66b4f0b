"""The semantic layer is valid, and what it answers is what the KPI tables say."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path
from typing import Any

import pytest

from serving.metrics import MetricsError, ask, prepare
from tests.property.warehouse import Warehouse
from tests.warehouse.conftest import restore
from tests.warehouse.stories import asked, deliver, run, said

MONTHS = ("2026-09-30", "2026-10-01", "2026-10-31")


def story() -> list[dict[str, Any]]:
    """Two videos over two months: a viewer who returns, one on two devices, a bounce, clicks, an ending, two currencies."""
    records: list[dict[str, Any]] = []
    for number, day in enumerate(MONTHS):
        for device, user in (("d1", None), ("d2", "ann"), ("d3", "ann"), (f"d{4 + number}", None)):
            who = {"device_id": device, "user_id": user, "utm_campaign": "mail" if device == "d2" else None}
            for video in ("video", "other") if device == "d1" else ("video",):
                hour = 10 if video == "video" else 11
                name = f"{day}-{device}-{video}"
                records += [
                    said(f"{name}-i", f"{day}T{hour}:00:00", "impression", video_id=video, **who),
                    said(f"{name}-p", f"{day}T{hour}:00:01", video_id=video, duration_seconds=40, **who),
                    said(f"{name}-s", f"{day}T{hour}:00:31", "pause", video_id=video, position_seconds=30, **who),
                ]
        clicked = {"device_id": "d1", "element_id": "cta", "position_seconds": 30}
        records.append(said(f"{day}-click", f"{day}T10:00:31.5", "cta_click", **clicked))
        records.append(said(f"{day}-end", f"{day}T11:00:41", "ended", device_id="d1", video_id="other", position_seconds=40))
        for currency, value in (("EUR", 10.5), ("USD", 7)):
            bought = {"device_id": "d2", "user_id": "ann", "value": value, "currency": currency}
            sale = said(f"{day}-{currency}", f"{day}T12:00:00", "conversion", **bought)
            records.append({key: fact for key, fact in sale.items() if key not in ("video_id", "position_seconds")})
    return records


@pytest.fixture(scope="module")
def told(kept: Warehouse) -> Warehouse:
    """A warehouse that was told the story, and its answers to `mf`."""
    restore(kept, "first day")
    deliver(kept, "story", *story())
    run(kept)
    prepare(kept.root / "metrics", kept.root / "dbt" / "target" / "semantic_manifest.json", kept.home.warehouse)
    return kept


def must(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def answered(warehouse: Warehouse, metrics: str, by: str) -> list[tuple[Any, ...]]:
    """What `mf query` answers, in the order of its groups: dates and names as text, then numbers (None where there is none)."""
    csv_file = warehouse.root / "metrics" / "answer.csv"
    csv_file.unlink(missing_ok=True)
    must(ask(csv_file.parent, ["query", "--metrics", metrics, "--group-by", by, "--order", by, "--csv", str(csv_file)]))
    with csv_file.open(newline="") as lines:  # columns come in an order of mf's own
        rows = list(csv.DictReader(lines))
    return [(*(row[key][:10] for key in by.split(",")), *(number(row[key]) for key in metrics.split(","))) for row in rows]


def number(text: str) -> float | None:
    return float(text) if text else None


def table(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """What the built tables answer, dates as text and numbers as floats."""
    return [
        tuple(value if value is None or isinstance(value, str) else pytest.approx(float(value)) for value in row)
        for row in asked(warehouse, query)
    ]


def test_the_semantic_layer_is_valid_against_the_warehouse(told: Warehouse) -> None:
    said_so = must(ask(told.root / "metrics", ["validate-configs"]))
    assert said_so.count("ERRORS: 0") >= 5
    assert "WARNINGS: 0" in said_so


def test_the_top_line_of_a_day_is_that_of_the_workspace(told: Warehouse) -> None:
    metrics = (
        "impressions,plays,play_rate,unique_viewers,unique_authenticated_viewers,minutes_viewed,average_view_seconds,"
        "engagement_rate,view_engagement_rate,attention_rate,completion_rate,completion_rate_by_position,"
        "completion_rate_by_coverage,completion_rate_by_event,bounce_rate,bounce_rate_without_interaction,quick_bounce_rate"
    )
    known = table(told, f"select date_day::varchar, {metrics} from kpis.kpi_workspace_daily order by date_day")
    assert answered(told, metrics, "metric_time__day") == known
    assert len(known) == len(MONTHS)


def test_viewers_of_a_month_are_counted_in_the_month(told: Warehouse) -> None:
    metrics = "unique_viewers,plays,completed_viewers,engagement_rate"
    columns = f"month_start_date::varchar, video_id, {metrics}"
    known = table(told, f"select {columns} from kpis.kpi_video_monthly order by month_start_date, video_id")
    answer = answered(told, metrics, "metric_time__month,view__video_id")
    assert answer == known
    # ann on two devices is one viewer; whoever comes on two days of October is one viewer of October
    assert ("2026-10-01", "video", 4, 8, 0, 0.25) in answer


def test_money_is_answered_by_currency(told: Warehouse) -> None:
    known = table(
        told,
        """
        select date_trunc('month', occurred_date)::date::varchar, currency, count(*), sum(value)::double
        from conversion.fct_conversion group by all order by all
        """,
    )
    by = "metric_time__month,conversion__currency"
    assert answered(told, "conversions,conversion_value", by) == known == [
        ("2026-09-01", "EUR", 1, 10.5),
        ("2026-09-01", "USD", 1, 7),
        ("2026-10-01", "EUR", 2, 21),
        ("2026-10-01", "USD", 2, 14),
    ]  # fmt: skip


def test_what_was_never_built_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="make run"):
        prepare(tmp_path, tmp_path / "semantic_manifest.json", tmp_path / "warehouse.duckdb")
