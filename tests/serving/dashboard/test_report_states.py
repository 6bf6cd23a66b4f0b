"""The reports where there is nothing, little, too few to be shown, or several of what is usually one; by eye, ear and in a hurry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from serving.dashboard.build import packages
from serving.dashboard.screenshots import serving
from tests.serving.dashboard.conftest import Ask, Read

PAGES = ("questions", "funnels", "experiments", "conversion", "learning", "health")
MARTS = (
    "interactivity.question_result", "interactivity.option_result", "interactivity.poll_result", "interactivity.survey_result",
    "interactivity.survey_distribution", "funnels.funnel_step", "experiments.experiment_result", "core.dim_variant",
    "learning.training_compliance", "learning.learner_progress", "learning.topic_result", "conversion.attribution",
    "conversion.roi_by_video", "conversion.roi_by_campaign", "conversion.revenue_by_element", "conversion.revenue_by_path",
    "conversion.action_rate_daily", "quality.load", "quality.tracker_health", "quality.rejected_event",
)  # fmt: skip
MINIMUM = 10


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_a_report_is_accessible_fits_its_window_and_tells_its_charts(read: Read, site: Path, scheme: str, width: int) -> None:
    axe = (packages() / "axe-core" / "axe.min.js").read_text()
    reader = read(color_scheme=scheme, viewport={"width": width, "height": 800})
    for page in PAGES:
        reader.open(f"#/{page}")
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, page
        told = reader.page.get_by_role("img").evaluate_all("all => all.map(image => image.ariaLabel)")
        assert told, page
        assert all(len(sentence) > 30 and "undefined" not in sentence and "NaN" not in sentence for sentence in told), told
        for summary in reader.page.locator("details > summary").all():
            summary.click()
        reader.page.get_by_role("button", name="Show as table").first.click()
        reader.page.evaluate(axe)
        found = reader.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(found["passes"]) > 15
        broken = [(page, rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"] if rule["impact"] != "minor"]
        assert broken == []
        levels = reader.page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(heading => Number(heading.tagName[1]))")
        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


@pytest.fixture(scope="module")
def empty(altered: Any) -> Iterator[str]:
    """A site of views to which nothing else was ever added."""
    with serving(altered("empty reports", *(f"delete from {mart}" for mart in MARTS)).site) as address:
        yield address


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("questions", ["Send question_answer events", "Send poll_answer events", "Send survey_response events"]),
        ("funnels", ["There is no funnel yet", "goals.ndjson"]),
        ("experiments", ["There is no experiment yet", "Send experiment_id and variant_id"]),
        ("conversion", ["There is no conversion and no cost yet", "Nobody interacted with this video"]),
        ("learning", ["Nothing is assigned yet", "assignments.ndjson", "give the catalog's questions a topic"]),
        ("health", ["No file was loaded yet", "Nothing was rejected", "Nothing is wrong with the catalog"]),
    ],
)
def test_a_report_without_data_says_what_to_send(read: Read, empty: str, page: str, said: list[str]) -> None:
    text = read(empty).open(f"#/{page}").page.locator("main").inner_text()
    for words in said:
        assert words in text
    assert "NaN" not in text
    assert "undefined" not in text


PEOPLE = ("jane@example.com", "Jane Roe lives in Bath")


@pytest.fixture(scope="module")
def rich(altered: Any) -> Iterator[tuple[str, Path]]:
    """A site with what the demo has not: verdicts, a second currency, findings, and answers in somebody's own words."""
    home = altered(
        "rich reports",
        """
        update experiments.experiment_result
        set verdict = 'better', relative_lift = 0.48, relative_lift_low = 0.26, relative_lift_high = 0.73
        where is_primary and not is_control
        """,
        """
        insert into experiments.experiment_result
        select * replace (
            'torn' as experiment_id, case when not is_control then 'sample ratio mismatch' end as verdict, 0.00001 as sample_ratio_p_value
        )
        from experiments.experiment_result
        """,
        "insert into core.dim_variant select * replace ('torn' as experiment_id) from core.dim_variant",
        """
        insert into conversion.roi_by_video
        select * replace ('USD' as currency, 12.34 as revenue, null as cost, null as roi, true as has_other_currencies)
        from conversion.roi_by_video where video_id = 'product-tour'
        """,
        f"""
        insert into quality.catalog_finding values
        ('demo', 'element_of_unknown_node', 'error', 'elements', 'product-tour / cellar / chair', 'product-tour', 'Add the node.'),
        ('demo', 'duplicate_key', 'warning', 'contacts', '{PEOPLE[0]}', null, 'Keep one record.'),
        ('demo', 'duplicate_key', 'warning', 'contacts', 'john@example.com', null, 'Keep one record.')
        """,
        f"""
        insert into interactivity.poll_result (workspace_id, video_id, question_id, question_text, option_id, option_text, is_in_catalog,
            is_offered, chosen_count, viewers, answered_viewers, share)
        values ('demo', 'lighthouse', 'trust-keeper', 'Do you trust the keeper?', '{PEOPLE[1]}',
            '{PEOPLE[1]}', false, false, 1, 1, 6, 0.1666)
        """,
        "update interactivity.question_result set answered_viewers = 1, graded_viewers = 1, correct_viewers = 1, share_correct = 1, "
        "share_correct_low = 0.2065, share_correct_high = 1, difficulty = 0, discrimination = null where question_id = 'drill-first'",
    )
    with serving(home.site) as address:
        yield address, home.site


def test_a_verdict_is_a_sentence(read: Read, rich: tuple[str, Path]) -> None:
    reader = read(rich[0]).open("#/experiments?experiment=spring-cta")
    assert reader.page.locator(".verdict-text").inner_text() == "treatment is better: cta click +48% [+26%, +73%]"
    assert reader.page.get_by_role("alert").count() == 0


def test_a_broken_assignment_is_warned_of_before_any_outcome(read: Read, rich: tuple[str, Path]) -> None:
    reader = read(rich[0]).open("#/experiments?experiment=torn")
    assert "not divided as planned" in reader.page.get_by_role("alert").inner_text()
    assert "cannot be judged" in reader.page.locator(".verdict-text").inner_text()


def test_a_currency_stands_alone_and_an_unknown_cost_is_said(read: Read, rich: tuple[str, Path]) -> None:
    reader = read(rich[0]).open("#/conversion")
    euros = reader.tile("Cost of videos")
    reader.page.get_by_label("Currency").select_option("USD")
    reader.settled()
    assert euros.endswith("EUR")
    assert reader.tile("Cost of videos") == "–"
    assert reader.tile("ROI of these videos") == "–"
    (row,) = reader.rows("Videos with revenue and cost")
    assert row[1:4] == ["12.34", "unknown", "cost unknown"]
    assert row[-1] == "also in other currencies"


def test_one_viewer_is_a_viewer_and_the_interval_says_how_little_that_is(read: Read, rich: tuple[str, Path]) -> None:
    rows = {row[0]: row for row in read(rich[0]).open("#/questions").rows("Quiz questions")}
    assert rows["What comes first?"][2:5] == ["1", "100.0%", "20.7% to 100.0%"]


def test_no_file_and_no_page_names_a_person(read: Read, rich: tuple[str, Path]) -> None:
    address, site = rich
    reader = read(address).open("#/health")
    rows = reader.rows("Findings in the catalog")
    assert [(row[0], row[3]) for row in rows] == [
        ("element of unknown node", "product-tour / cellar / chair"),
        ("duplicate key", "2 not named here"),
    ]
    reader.open("#/questions?video=lighthouse")
    assert "1 other answer in a viewer's own words is not listed" in reader.page.locator("main").inner_text()
    files = list((site / "data").rglob("*.json"))
    assert len(files) > 20
    for person in PEOPLE:
        assert [path.name for path in files if person in path.read_text()] == []


def test_neither_text_nor_path_of_a_rejected_record_is_in_the_site(site: Path, ask: Ask) -> None:
    rejected = ask("select distinct path, left(raw_text, 40), left(detail, 60) from quality.rejected_event")
    assert len(rejected) > 5
    text = "".join(path.read_text() for path in (site / "data").rglob("health/**/*.json"))
    assert "not_json" in text
    for row in rejected:
        assert [part for part in row if part and part in text] == []


def columns_of(home: Any, path: str, dataset: str) -> list[dict[str, Any]]:
    """An exported dataset as rows."""
    (file,) = (home.site / "data").glob(f"*/{path}.json")
    columns = json.loads(file.read_text())[dataset]["columns"]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_small_groups_are_withheld_and_cannot_be_taken_from_their_whole(
    altered: Any, read: Read, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_DASHBOARD_MINIMUM_VIEWERS", str(MINIMUM))
    home = altered("small groups")

    told = {
        (question, text): viewers
        for question, text, viewers in ask(
            "select question_id, text, first_viewers from interactivity.option_result union all "
            "select question_id, option_text, viewers from interactivity.poll_result union all "
            "select question_id, option_text, viewers from interactivity.survey_distribution"
        )
    }
    choices = columns_of(home, "questions/workspace/demo", "choices")
    assert any(0 < viewers < MINIMUM for viewers in told.values())
    for question in {row["question_id"] for row in choices}:
        rows = [(row, told[question, row["label"]]) for row in choices if row["question_id"] == question]
        for row, viewers in rows:
            assert row["is_withheld"] or viewers == 0 or viewers >= MINIMUM
            assert row["viewers"] == (None if row["is_withheld"] else viewers)
            assert not row["is_withheld"] or (row["share"], row["share_low"], row["share_high"]) == (None, None, None)
        kept = [viewers for row, viewers in rows if row["is_withheld"]]
        others = [viewers for row, viewers in rows if not row["is_withheld"] and viewers]
        assert not kept or not others or (len(kept) >= 2 and sum(kept) >= MINIMUM), question

    steps = columns_of(home, "funnels/workspace/demo", "steps")
    assert any(row["is_withheld"] for row in steps)
    assert all(
        row["reached_viewers"] is None if row["is_withheld"] else row["reached_viewers"] not in range(1, MINIMUM) for row in steps
    )
    assert all(row["dropped_viewers"] is None for row in steps if row["is_drop_withheld"])
    for goal in {row["goal_id"] for row in steps}:
        whole = [row for row in steps if row["goal_id"] == goal and row["segment_type"] == "all"]
        for row, following in pairwise(whole):
            assert not following["is_withheld"] or row["dropped_viewers"] is None

    for dataset in ("videos", "campaigns"):
        returns = columns_of(home, "conversion/workspace/demo", dataset)
        assert any(row["is_withheld"] for row in returns)
        assert all(row["revenue"] is None and row["roi"] is None for row in returns if row["is_withheld"])
    units = columns_of(home, "learning/workspace/demo", "compliance")
    assert {row["is_withheld"] for row in units} == {True, False}
    assert all(row["is_withheld"] == (row["assigned_count"] is None) for row in units)
    assigned: dict[tuple[str, str], int] = {
        (video, unit): count
        for video, unit, count in ask("select video_id, org_unit, assigned_count from learning.training_compliance")
    }
    for video in {row["video_id"] for row in units}:
        kept = [assigned[video, row["org_unit"]] for row in units if row["video_id"] == video and row["is_withheld"]]
        shown = [row for row in units if row["video_id"] == video and not row["is_withheld"]]
        assert not kept or not shown or (len(kept) >= 2 and sum(kept) >= MINIMUM), video

    with serving(home.site) as address:
        reader = read(address).open("#/learning")
        withheld = sum(row["is_withheld"] for row in units)
        assert f"{withheld} units are withheld" in reader.page.locator("main").inner_text()
        assert reader.tile("Assignments") == str(sum(row["assigned_count"] or 0 for row in units))
        reader.open("#/conversion")
        assert reader.tile("ROI of these videos") == "withheld"
        reader.open("#/questions?video=ladder-safety")
        assert "withheld" in reader.page.locator("main").inner_text()
        reader.open("#/funnels?goal=tour-to-purchase")
        assert "withheld" in [cell for row in reader.rows("Steps of the funnel") for cell in row]
