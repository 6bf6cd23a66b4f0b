"""The reports say what the snapshot says: numbers asked of facts and of finer marts than those the pages show, wherever there are any."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ingestion.replay import RESHAPED
from tests.serving.dashboard.conftest import REPOSITORY, Ask, Read, Reader
from tests.serving.dashboard.test_overview import percent


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def money(value: Any) -> str:
    return f"{value:,.2f}"


def minus(text: str) -> str:
    return text.replace("-", "−")


def table_behind(reader: Reader, title: str) -> list[list[str]]:
    """The numbers of a chart."""
    card = reader.page.locator("figure", has=reader.page.get_by_role("heading", name=title, exact=True))
    card.get_by_role("button", name="Show as table").click()
    rows = card.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))")
    return [list(row) for row in rows]


FIRST_ANSWERS = """
    select dim_element.name, count(*), count(*) filter (is_correct), element_id, video_id
    from (
        select *, row_number() over (partition by video_id, element_id, viewer_id order by occurred_at, interaction_id) as attempt
        from core.fct_interaction where interaction_type = 'question_answer'
    ) as answers
    left join core.dim_element using (workspace_id, video_id, node_id, element_id)
    where attempt = 1
    group by all
"""


def test_a_quiz_question_counts_the_first_answers_of_its_viewers(read: Read, ask: Ask) -> None:
    texts: dict[str, str] = dict(ask("select element_id, text from interactivity.question_result"))
    told = {
        texts[element]: (number(answered), percent(right / answered)) for _, answered, right, element, _ in ask(FIRST_ANSWERS)
    }
    rows = read().open("#/questions").rows("Quiz questions")
    assert len(rows) == 7
    assert {row[0]: (row[2], row[3]) for row in rows} == told
    shares = [float(row[3].rstrip("%")) for row in rows]
    assert shares == sorted(shares), "the hardest comes first"


def test_a_quiz_question_has_its_interval_time_and_discrimination(read: Read, ask: Ask) -> None:
    rows = {row[0]: row for row in read().open("#/questions").rows("Quiz questions")}
    for text, low, high, seconds, discrimination in ask(
        "select text, share_correct_low, share_correct_high, median_seconds_to_answer, discrimination from interactivity.question_result"
    ):
        assert rows[text][4] == f"{percent(low)} to {percent(high)}"
        assert rows[text][8] == f"{seconds:.0f} s"
        assert rows[text][7] == ("–" if discrimination is None else minus(f"{discrimination:.2f}"))


def test_the_right_option_and_the_distractors_are_said_in_words(read: Read, ask: Ask) -> None:
    ((question, video, text),) = ask(
        "select question_id, video_id, text from interactivity.question_result where question_id = 'ladder-angle'"
    )
    answers = ask(
        """
        select options.text, options.is_correct, count(*) filter (list_contains(answers.response, options.option_id))
        from interactivity.option_result as options, (
            select viewer_id, from_json(response, '["varchar"]') as response,
                row_number() over (partition by viewer_id order by occurred_at, interaction_id) as attempt
            from core.fct_interaction where interaction_type = 'question_answer' and element_id = 'ask-ladder-angle'
        ) as answers
        where options.question_id = ? and attempt = 1 group by all
        """,
        [question],
    )
    reader = read().open(f"#/questions?question={video}/{question}")
    shown = {row[0]: row for row in table_behind(reader, text)}
    assert {name: row[2] for name, row in shown.items()} == {name: number(viewers) for name, _, viewers in answers}
    distractors = {
        name
        for (name,) in ask("select text from interactivity.option_result where is_distractor and question_id = ?", [question])
    }
    for name, is_correct, _ in answers:
        meaning = "right answer" if is_correct else "wrong, and draws more" if name in distractors else "wrong"
        assert shown[name][1].startswith(meaning)
    assert distractors


def test_a_survey_says_its_score_and_who_makes_it(read: Read, ask: Ask) -> None:
    ((rated, promoters, detractors),) = ask(
        """
        select count(*), count(*) filter (rating >= 9), count(*) filter (rating <= 6)
        from interactivity.survey_response where question_id = 'course-rating' and is_latest_of_viewer
        """
    )
    ((video,),) = ask("select video_id from interactivity.survey_result where question_id = 'course-rating'")
    reader = read().open(f"#/questions?survey={video}/course-rating")
    assert reader.tile("Net promoter score") == f"{(promoters - detractors) / rated * 100:.1f}"
    assert reader.tile("Answered") == number(rated)
    rows = {row[0]: row[2:] for row in table_behind(reader, "Who makes the score")}
    assert rows["Promoters"] == [number(promoters), percent(promoters / rated)]
    assert rows["Detractors"] == [number(detractors), percent(detractors / rated)]
    assert rows["Passives"][0] == number(rated - promoters - detractors)


def test_polls_and_the_video_filter(read: Read, ask: Ask) -> None:
    reader = read().open("#/questions?video=lighthouse")
    assert "No quiz question is known here" in reader.page.locator("main").inner_text()
    told = ask("select option_text, viewers, share from interactivity.poll_result where video_id = 'lighthouse'")
    rows = {row[0]: row[2:4] for row in table_behind(reader, "Do you trust the keeper?")}
    assert rows == {text: [number(viewers), percent(share)] for text, viewers, share in told}
    reader.page.get_by_label("Video").select_option("fire-drill")
    reader.settled()
    assert [row[0] for row in reader.rows("Quiz questions")] == ["What comes first?"]


VIEWERS = (
    "select viewer_id, furthest_step, is_converted, step_1_at, step_2_at, device_type, next_event_type from funnels.funnel_viewer"
)


def test_a_funnel_counts_the_viewers_who_got_to_each_step(read: Read, ask: Ask) -> None:
    ofs = f"from ({VIEWERS} where goal_id = 'newsletter') as viewers"
    reached = [ask(f"select count(*) {ofs} where furthest_step >= {step}")[0][0] for step in (1, 2, 3)]
    ((median,),) = ask(f"select median(epoch_us(step_2_at) - epoch_us(step_1_at)) / 1e6 {ofs} where step_2_at is not null")
    ((following, count),) = ask(
        f"select next_event_type, count(*) {ofs} where furthest_step = 1 group by 1 order by 2 desc, 1 limit 1"
    )
    reader = read().open("#/funnels?goal=newsletter")
    rows = reader.rows("Steps of the funnel")
    assert [row[1] for row in rows] == [number(count) for count in reached]
    assert [row[2] for row in rows] == ["–", percent(reached[1] / reached[0]), percent(reached[2] / reached[1])]
    assert [row[4] for row in rows] == [number(reached[0] - reached[1]), number(reached[1] - reached[2]), "0"]
    assert rows[1][5] == f"{median:.0f} s"
    assert rows[0][6] == f"{following.replace('_', ' ')} ({count})"
    assert reader.tile("Went all the way") == number(reached[2])
    assert reader.tile("Conversion rate") == percent(reached[2] / reached[0])


def test_a_funnel_is_told_by_segment(read: Read, ask: Ask) -> None:
    told = ask(
        f"""
        select device_type, count(*), count(*) filter (furthest_step >= 2), count(*) filter (is_converted)
        from ({VIEWERS} where goal_id = 'newsletter') group by 1 order by 2 desc, 1
        """
    )
    rows = read().open("#/funnels?goal=newsletter").rows("Steps by device")
    assert sorted((row[0], *row[1:4]) for row in rows) == sorted((device, *map(number, counts)) for device, *counts in told)


def test_a_funnel_of_each_video_follows_the_video(read: Read, ask: Ask) -> None:
    reader = read().open("#/funnels?goal=play-to-conversion&video=product-tour")
    for video in ("product-tour", "spring-offer"):
        reader.page.get_by_label("Video").select_option(video)
        reader.settled()
        told = ask(
            "select count(*), count(*) filter (is_converted) from funnels.funnel_viewer "
            "where goal_id = 'play-to-conversion' and video_id = ?",
            [video],
        )
        assert [(reader.tile("Entered"), reader.tile("Went all the way"))] == [tuple(map(number, row)) for row in told]


def test_an_experiment_has_its_units_outcomes_and_what_is_missing(read: Read, ask: Ask) -> None:
    assigned: dict[str, int] = dict(
        ask(
            "select variant_id, count(*) from (select device_id, arg_min(variant_id, started_at) as variant_id from core.fct_view "
            "where experiment_id = 'spring-cta' group by 1) group by 1"
        )
    )
    reader = read().open("#/experiments")
    rows = {(row[0], row[1]): row for row in reader.rows("Metrics by variant")}
    outcomes = {}
    for metric, variant, units, outcome in ask("select metric, variant_id, units, outcome from experiments.experiment_result"):
        outcomes[metric, variant] = outcome
        name = (
            "seconds watched"
            if metric == "watch_seconds"
            else metric.replace("_", " ") + (" (primary)" if metric == "cta_click" else "")
        )
        assert rows[name, variant][2:4] == [number(units), f"{outcome:.0f} s" if metric == "watch_seconds" else percent(outcome)]
    lift = outcomes["completion", "treatment"] / outcomes["completion", "control"] - 1
    assert rows["completion", "treatment"][5].startswith(f"+{lift:.0%} [")
    ((needed,),) = ask("select max(needed_units) from experiments.experiment_result where is_primary")
    missing = needed - min(assigned.values())
    text = reader.page.locator(".verdict-text").inner_text()
    assert text == f"treatment: not enough data on cta click: about {missing:,} more devices per variant needed"
    assert f"control {assigned['control']}, treatment {assigned['treatment']}" in reader.page.locator("main").inner_text()


@pytest.mark.parametrize("model", ["linear", "last"])
def test_revenue_is_that_of_the_attributed_credits_and_roi_follows(read: Read, ask: Ask, model: str) -> None:
    told = ask(
        """
        select coalesce(title, dim_video.video_id), coalesce(sum(credit) filter (is_attributed), 0)::double, max(cost)::double
        from core.dim_video left join conversion.attribution on dim_video.video_id = attribution.video_id and attribution_model = ?
        group by all
        """,
        [model],
    )
    reader = read().open(f"#/conversion?model={model}")
    rows = {row[0]: row[1:4] for row in reader.rows("Videos with revenue and cost")}
    assert rows == {
        title: [money(revenue), money(cost), minus(percent((revenue - cost) / cost))] for title, revenue, cost in told
    }
    ((value, count),) = ask("select sum(value), count(*) from conversion.fct_conversion where currency = 'EUR'")
    total = sum(revenue for _, revenue, _ in told)
    assert total <= float(value)
    assert reader.tile("Revenue after a view") == f"{money(total)} EUR"
    cost = sum(cost for *_, cost in told)
    assert reader.tile("ROI of these videos") == minus(percent((total - cost) / cost))
    assert count >= 5


def test_campaigns_elements_and_paths_earn_what_is_credited_to_them(read: Read, ask: Ask) -> None:
    reader = read().open("#/conversion?video=product-tour")
    credits = ask(
        """
        select coalesce(name, utm_campaign), sum(credit) from conversion.attribution
        left join core.dim_campaign on campaign_id = utm_campaign
        where attribution_model = 'linear' and is_attributed and utm_campaign is not null group by all
        """
    )
    rows = {row[0]: row[1] for row in reader.rows("Campaigns with revenue and cost")}
    assert {name: rows[name] for name, _ in credits} == {name: money(credit) for name, credit in credits}
    paths = ask(
        """
        select viewer_path.path, sum(credit) from conversion.attribution join paths.viewer_path using (view_id)
        where attribution_model = 'linear' and attribution.video_id = 'product-tour' group by 1
        """
    )
    assert {row[0]: row[1] for row in reader.rows("Paths of A tour of the house")} == {
        path: money(credit) for path, credit in paths
    }
    elements = ask(
        "select sum(revenue) from conversion.revenue_by_element where attribution_model = 'linear' and video_id = 'product-tour'"
    )
    shown = sum(float(row[2].replace(",", "")) for row in reader.rows("Elements of A tour of the house"))
    assert shown == pytest.approx(float(elements[0][0] or 0), abs=0.05)


def test_the_action_rate_of_a_day_is_that_of_its_own_viewers(read: Read, ask: Ask) -> None:
    told = ask(
        """
        select count(distinct viewer_id) from core.fct_view
        where video_id = 'product-tour' and is_played and interaction_count > 0 group by started_date order by started_date
        """
    )
    bought = ask("select converted_viewers from conversion.action_rate_daily where video_id = 'product-tour' order by date_day")
    rows = table_behind(read().open("#/conversion?video=product-tour"), "Bought within a week of interacting, by day")
    assert [row[1] for row in rows] == [number(count) for (count,) in told]
    assert [row[2] for row in rows] == [number(count) for (count,) in bought]
    assert rows[0][3] == percent(bought[0][0] / told[0][0])


def test_trainings_count_their_assigned_learners(read: Read, ask: Ask) -> None:
    counts = "count(*), count(*) filter (is_done), count(*) filter (status = 'failed'), count(*) filter (is_overdue)"
    told = ask(
        f"""
        select coalesce(title, video_id), org_unit, {counts}
        from learning.learner_progress left join core.dim_video using (workspace_id, video_id) where is_assigned group by all
        """
    )
    reader = read().open("#/learning")
    rows = {(row[0], row[1]): (row[2], row[3], row[8]) for row in reader.rows("Trainings by unit")}
    assert rows == {
        (title, unit): tuple(map(number, (assigned, done, overdue))) for title, unit, assigned, done, _, overdue in told
    }
    assert reader.tile("Assignments") == number(sum(row[2] for row in told))
    assert reader.tile("Overdue") == number(sum(row[5] for row in told))
    reasons = ask("select count(*) from learning.learner_progress where is_assigned and risk_reason is not null")
    assert sum(int(row[2]) for row in reader.rows("Reasons of risk")) == reasons[0][0]
    reader.page.get_by_label("Video").select_option("fire-drill")
    reader.settled()
    assert reader.tile("Done") == number(sum(row[3] for row in told if row[0] == "Fire drill"))


def test_a_topic_adds_up_what_its_learners_know(read: Read, ask: Ask) -> None:
    told = ask(
        """
        select topic, count(*), sum(correct_question_count) / sum(answered_question_count), count(*) filter (is_gap)
        from learning.knowledge_gap group by topic
        """
    )
    rows = {row[0]: row for row in read().open("#/learning").rows("Topics")}
    assert {name: (row[3], row[2], row[7]) for name, row in rows.items()} == {
        topic: (number(learners), percent(share), number(gaps)) for topic, learners, share, gaps in told
    }
    gaps = {topic for (topic,) in ask("select topic from learning.topic_result where is_gap")}
    assert {name for name, row in rows.items() if row[1] == "to be taught again"} == gaps != set()


def test_every_line_is_in_the_balance(read: Read, ask: Ask) -> None:
    ((lines, accepted, rejected),) = ask(
        "select sum(line_count), sum(accepted_count), sum(rejected_count) from quality.load where status = 'loaded'"
    )
    reader = read().open("#/health")
    assert [reader.tile(label) for label in ("Lines", "Accepted", "Rejected")] == [number(n) for n in (lines, accepted, rejected)]
    assert "The balance holds" in reader.page.locator("main").inner_text()
    reasons = ask("select replace(reason, '_', ' '), count(*) from quality.rejected_event group by reason order by 2 desc")
    rows = reader.rows("Rejected records by reason")
    assert [(row[0], row[1]) for row in rows] == [(reason, number(count)) for reason, count in reasons]
    assert all(len(row[3]) > 20 and "quality.rejected_event" not in row[3] for row in rows), "each reason has its remedy"


@pytest.mark.parametrize(
    ("trouble", "title", "columns"),
    [
        ("late", "Late by day", ["late_event_count"]),
        ("duplicates", "Duplicates by day", ["duplicate_count"]),
        (
            "unknown",
            "Unknown or missing by day",
            [
                "unknown_type_count",
                "unknown_field_count",
                "missing_device_count",
                "missing_video_count",
                "missing_received_at_count",
            ],
        ),
    ],
)
def test_what_was_wrong_with_each_day(read: Read, ask: Ask, trouble: str, title: str, columns: list[str]) -> None:
    sums = ", ".join(f"sum({column})" for column in columns)
    told = ask(f"select {sums} from quality.tracker_health group by event_date order by event_date")
    rows = table_behind(read().open(f"#/health?trouble={trouble}"), title)
    assert [row[1:] for row in rows] == [[number(count) for count in row] for row in told]
    assert sum(count for row in told for count in row) > 0


def test_every_reason_to_reject_has_a_remedy() -> None:
    remedies = (REPOSITORY / "serving/dashboard/site/src/pages/health/remedies.ts").read_text()
    models = (REPOSITORY / "dbt_project/models/events/events_staged.sql").read_text()
    reasons = set(re.findall(r"then '(missing_event_type|missing_viewer|implausible_time|identifier_too_long)'", models))
    for source in ("tabular.py", "workbench.py"):
        reasons |= set(
            re.findall(r"""(?:Broken|_reject)\(.*?"([a-z0-9]+_[a-z0-9_]+)\"""", (REPOSITORY / "ingestion" / source).read_text())
        )
    assert len(reasons) >= 8
    assert {reason for reason in (reasons | set(RESHAPED)) - {"line_number"} if f"  {reason}:" not in remedies} == set()
