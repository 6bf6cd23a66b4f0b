"""Rules 40 to 48: questions, options, polls, surveys and learners."""

from __future__ import annotations

import pytest

from tests.oracle.question_results import correlation, wilson
from tests.oracle.stories import NOON, Record, at, authored, nodes, only_row, rows, said, told
from tests.oracle.tables import rows_of

DAY = 86400


def answered(seconds: float, *response: str | None, kind: str = "question_answer", **fields: object) -> Record:
    """An answer of device d on element e."""
    return said(kind, seconds, **{"element_id": "e", "response": list(response), **fields})


def question(**fields: object):
    """A catalog of one question, q, asked by element e of video v."""
    return authored("questions", {"question_id": "q", "element_id": "e", **fields})


def options(**words: tuple[str | None, bool | None]):
    """A catalog of the options of q: words and whether they are right, by id."""
    return authored(
        "options",
        *({"question_id": "q", "option_id": name, "text": text, "is_correct": right} for name, (text, right) in words.items()),
    )


YES_NO = options(o1=("yes", True), o2=("no", False), o3=(None, None))


def asked(expected) -> set[tuple]:
    """(table, question) of everything that was asked or could be."""
    tables = {"question_result": "quiz", "survey_result": "survey", "poll_result": "poll"}
    return {(kind, key[1], key[2]) for table, kind in tables.items() for key in rows_of(expected, table)}


def test_the_question_is_that_of_the_element_in_its_video_before_one_of_any_video():
    other = {"question_id": "r", "element_id": "e", "video_id": None, "max_score": 1}
    both = authored("questions", {"question_id": "q", "element_id": "e", "max_score": 1}, other)
    assert asked(told(answered(0), catalog=(both,))) == {("quiz", "v", "q"), ("quiz", None, "r")}
    assert asked(told(answered(0, video_id="w2"), catalog=(both,))) == {("quiz", "v", "q"), ("quiz", "w2", "r")}


def test_an_element_may_be_named_like_its_question():
    assert asked(told(answered(0, element_id="q"), catalog=(question(element_id=None, max_score=1),))) == {("quiz", "v", "q")}
    elsewhere = question(element_id=None, max_score=1, video_id="x")
    assert asked(told(answered(0, element_id="q"), catalog=(elsewhere,))) == {("quiz", "v", "q"), ("quiz", "x", "q")}


def test_a_question_that_left_the_catalog_still_names_its_element():
    gone = authored("questions", {"question_id": "r"}, as_of=NOON)
    row = only_row(told(answered(1), catalog=(question(text="Why?"), gone)), "question_result")
    assert (row["is_in_catalog"], row["text"]) == (True, "Why?")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (answered(0), "quiz"),
        (answered(0, kind="poll_answer", element_type="survey"), "poll"),
        (answered(0, "a", kind="survey_response"), "survey"),
        (answered(0, "a", element_type="survey"), "survey"),
        (answered(0, "a", element_type="poll"), "poll"),
        (said("question_shown", 0, element_id="e", element_type="survey"), "survey"),
    ],
)
def test_the_kind_is_by_the_event_and_else_by_its_element(event, kind):
    event = event if kind != "poll" else {**event, "response": ["a"]}
    assert asked(told(event)) == {(kind, "v", "e")}


def test_what_is_shown_is_of_the_kind_of_its_answers_where_they_agree():
    shown = said("question_shown", 0, element_id="e")
    assert asked(told(shown, answered(1, "a", kind="survey_response"))) == {("survey", "v", "e")}
    mixed = told(shown, answered(1, "a", kind="survey_response"), answered(2, "a", kind="poll_answer"))
    assert asked(mixed) == {("quiz", "v", "e"), ("survey", "v", "e"), ("poll", "v", "e")}


def test_the_kind_by_the_catalog_is_before_the_element_the_event_speaks_of():
    expected = told(answered(0, element_type="poll"), catalog=(question(scale=" NPS "),))
    assert asked(expected) == {("survey", "v", "q")}


def test_without_an_element_there_is_no_question_but_a_response():
    expected = told(answered(0, "fine", kind="survey_response", element_id=None))
    assert asked(expected) == set()
    assert only_row(expected, "survey_response")["response_text"] == "fine"


@pytest.mark.parametrize(
    ("story", "seconds"),
    [
        ([said("question_shown", 0, element_id="e"), answered(4)], [4.0]),
        ([said("question_shown", 0, element_id="e"), said("question_shown", 3, element_id="e"), answered(4)], [1.0]),
        ([said("question_shown", 0, element_id="e"), answered(4), answered(6)], [4.0, None]),
        ([said("question_shown", 0, element_id="f"), answered(4)], [None]),
        ([said("question_shown", 0, element_id="e", playback_id="p"), answered(4)], [None]),
        ([said("question_shown", 0, element_id="e", video_id=None), answered(4, video_id=None)], [None]),
    ],
)
def test_time_to_answer_is_since_the_latest_showing_after_the_answer_before(story, seconds):
    survey = [{**event, "element_type": "survey"} for event in story]
    assert [row["seconds_to_answer"] for row in rows(told(*survey), "survey_response")] == seconds


@pytest.mark.parametrize(
    ("response", "correct"),
    [(["o1"], 1), ([" yes "], 1), (["yes", "o1"], 1), (["o1", "o2"], 0), (["maybe"], 0), ([""], 0), ([], 0)],
)
def test_an_answer_is_right_when_it_chose_exactly_the_right_options(response, correct):
    row = only_row(told(answered(0, *response), catalog=(question(), YES_NO)), "question_result")
    assert (row["graded_viewers"], row["correct_viewers"]) == (1, correct)


def test_no_response_at_all_is_not_graded():
    row = only_row(told(answered(0, response=None), catalog=(question(), YES_NO)), "question_result")
    assert (row["answer_count"], row["graded_viewers"], row["share_correct"]) == (1, 0, None)


def test_the_emitters_word_is_before_the_score_and_the_score_before_the_key():
    def grade(**fields):
        return only_row(told(answered(0, "o1", **fields), catalog=(question(), YES_NO)), "question_result")["correct_viewers"]

    assert grade(is_correct=False, score=1, max_score=1) == 0
    assert grade(score=0.9, max_score=1) == 0
    assert grade(score=0, max_score=0) == 1


def test_of_an_unknown_most_a_wrong_answer_has_no_score():
    row = only_row(told(answered(0, "o2"), catalog=(question(), YES_NO)), "question_result")
    assert (row["average_score"], row["average_score_share"]) == (None, 0)
    row = only_row(told(answered(0, "o2"), catalog=(question(max_score=4), YES_NO)), "question_result")
    assert (row["average_score"], row["average_score_share"]) == (0, 0)


def test_attempts_are_counted_whatever_the_device():
    expected = told(
        answered(0, user_id="ann", is_correct=False),
        answered(60, user_id="ann", device_id="other", is_correct=True),
    )
    row = only_row(expected, "question_result")
    assert (row["answered_viewers"], row["answer_count"], row["correct_viewers"], row["correct_last_viewers"]) == (1, 2, 0, 1)


def test_whoever_does_not_answer_has_skipped():
    expected = told(
        said("question_shown", 0, element_id="e"),
        said("question_skip", 1, element_id="e", device_id="other"),
        answered(2, device_id="third"),
    )
    row = only_row(expected, "question_result")
    assert (row["exposed_viewers"], row["answered_viewers"], row["skipped_viewers"], row["skip_count"]) == (3, 1, 2, 1)


def watched(device: str = "d") -> list[Record]:
    """Half a minute of video v."""
    moments = [("play", 0), ("heartbeat", 10), ("heartbeat", 20), ("pause", 30)]
    return [said(kind, second, second, device_id=device) for kind, second in moments]


def on_the_picture(**fields: object):
    """Element e is there from second 10 to second 20 of video v."""
    return authored("elements", {"node_id": "v", "element_id": "e", "from_seconds": 10, "to_seconds": 20, **fields})


@pytest.mark.parametrize(
    ("kind", "table", "rate"),
    [("question", "question_result", "answer_rate"), ("survey", "survey_result", "response_rate")],
)
def test_who_watches_while_the_catalog_has_it_on_the_picture_is_exposed(kind, table, rate):
    answer = "survey_response" if kind == "survey" else "question_answer"
    story = [record for number in range(10) for record in watched(device=f"d{number}")]
    story += [answered(15, "5", kind=answer, device_id=f"d{number}") for number in range(3)]
    row = only_row(told(*story, catalog=(question(), on_the_picture(element_type=kind))), table)
    assert (row["exposed_viewers"], row["answered_viewers"], row[rate]) == (10, 3, 0.3)
    assert row.get("skipped_viewers", 7) == 7


@pytest.mark.parametrize(
    ("deed", "exposed"),
    [
        (said("element_click", 2, element_id="e"), 1),
        (said("element_shown", 2, element_id="e"), 1),
        (said("element_shown", 2, element_id="other"), 0),
        (said("element_hidden", 2, element_id="e"), 0),
    ],
)
def test_who_only_met_the_element_is_exposed_as_the_element_is(deed, exposed):
    expected = told(said("play", 0, 0), deed, said("pause", 3, 3), catalog=(question(), on_the_picture(element_type="question")))
    row = only_row(expected, "question_result")
    assert (row["exposed_viewers"], row["skipped_viewers"], row["skip_count"]) == (exposed, exposed, 0)


def test_of_a_question_of_unknown_kind_the_askings_say_what_was_met():
    catalog = (question(), on_the_picture())
    assert asked(told(*watched(), catalog=catalog)) == set()
    quiz = answered(15, element_type="question", device_id="other")
    assert only_row(told(*watched(), quiz, catalog=catalog), "question_result")["exposed_viewers"] == 2
    poll = answered(16, "a", kind="poll_answer", device_id="third")
    assert only_row(told(*watched(), quiz, poll, catalog=catalog), "question_result")["exposed_viewers"] == 1


def test_a_question_of_any_video_is_listed_where_it_was_met():
    catalog = (question(video_id=None, scale="nps"), on_the_picture())
    assert asked(told(catalog=catalog)) == {("survey", None, "q")}
    assert asked(told(*watched(), catalog=catalog)) == {("survey", "v", "q")}


def test_an_element_that_asks_nothing_of_the_catalog_exposes_to_no_question():
    assert asked(told(*watched(), catalog=(on_the_picture(element_type="question"),))) == set()


def test_an_interval_of_nothing_is_unknown_and_never_leaves_zero_to_one():
    assert wilson(0, 0) == (None, None)
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == 1
    assert wilson(3, 10) == pytest.approx((0.10779, 0.60322), abs=1e-5)


def test_discrimination_needs_thirty_viewers_who_differ():
    pairs = [(number % 2, 1_000_000 * (number % 2)) for number in range(30)]
    assert correlation(pairs) == 1
    assert correlation(pairs[:29]) is None
    assert correlation([(1, number) for number in range(30)]) is None


def test_every_offered_option_has_a_row_and_every_chosen_one():
    expected = told(answered(0, "o2", "maybe"), catalog=(question(), YES_NO))
    found = {key[3]: (row["is_correct"], row["share"]) for key, row in rows_of(expected, "option_result").items()}
    assert found == {"o1": (True, 0), "o2": (False, 1), "o3": (False, 0), "maybe": (None, 1)}


def test_an_option_left_out_of_the_newest_snapshot_is_offered_no_more():
    newer = authored("options", {"question_id": "q", "option_id": "o2"}, as_of=NOON)
    expected = told(answered(0, "yes"), catalog=(question(), YES_NO, newer))
    found = {key[3]: (row["is_offered"], row["first_viewers"]) for key, row in rows_of(expected, "option_result").items()}
    assert found == {"o1": (False, 1), "o2": (True, 0)}


def test_a_distractor_draws_more_than_an_even_spread_of_the_wrong():
    key = options(right=(None, True), lure=(None, None), dull=(None, False))
    crowd = [answered(number, "lure" if number < 11 else "dull", device_id=f"d{number}") for number in range(12)]
    found = rows_of(told(*crowd, catalog=(question(), key)), "option_result")
    assert {name[3]: (row["even_share"], row["is_distractor"]) for name, row in found.items()} == {
        "right": (None, False),
        "lure": (0.5, True),
        "dull": (0.5, False),
    }


def test_a_poll_counts_the_latest_answer_of_each():
    expected = told(answered(0, "a", "b", kind="poll_answer"), answered(1, "b", kind="poll_answer"))
    found = {key[3]: (row["chosen_count"], row["viewers"], row["share"]) for key, row in rows_of(expected, "poll_result").items()}
    assert found == {"a": (1, 0, 0), "b": (2, 1, 1)}


def rated(*ratings: str, **catalog: object) -> Record:
    """One survey, e, that so many people rated."""
    crowd = [answered(number, rating, kind="survey_response", device_id=f"d{number}") for number, rating in enumerate(ratings)]
    return only_row(told(*crowd, catalog=(question(**catalog),) if catalog else ()), "survey_result")


def test_promoters_give_nine_or_ten_and_detractors_six_or_less():
    row = rated("10", "9", "8", "7", "6", "0", "11", "x", scale="NPS")
    assert [row[name] for name in ("rated_viewers", "promoters", "passives", "detractors", "nps")] == [6, 2, 2, 2, 0]


def test_the_satisfied_give_four_or_five():
    row = rated("5", "4", "3", "0", "6", scale="csat")
    assert (row["rated_viewers"], row["satisfied"], row["csat"]) == (3, 2, 2 / 3)


def test_answers_alone_make_a_rating_or_a_text():
    assert rated("1", " 10 ")["scale"] == "rating"
    assert rated("1", "fine")["scale"] == "text"


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        ([str(number) for number in range(11)], "nps"),
        ([str(number) for number in range(1, 6)], "csat"),
        ([str(number) for number in range(1, 11)], "rating"),
        (["1", "good"], "choice"),
    ],
)
def test_the_offered_options_make_a_scale(words, scale):
    offered = options(**{f"o{number}": (text, None) for number, text in enumerate(words)})
    survey = authored("elements", {"node_id": "v", "element_id": "e", "element_type": "survey"})
    assert only_row(told(catalog=(question(), offered, survey)), "survey_result")["scale"] == scale


def test_a_response_is_kept_whole():
    said_all = told(answered(0, " one ", None, "two", kind="survey_response"))
    assert only_row(said_all, "survey_response")["response_text"] == " one \ntwo"
    assert only_row(told(answered(0, None, kind="survey_response")), "survey_response")["response_text"] is None


def assigned(due: float | None, **fields: object):
    """Ann has to take video v."""
    return authored("assignments", {"user_id": "ann", "due_at": None if due is None else at(due), **fields})


def finished(seconds: float = 0, **fields: object) -> list[Record]:
    """Ann watches all ten seconds of video v."""
    whose = {"user_id": "ann", **fields}
    return [said("play", seconds, 0, **whose), said("ended", seconds + 10, 10, **whose)]


LENGTH = nodes({"v": 10})


def progress(*records: Record, catalog: tuple = ()) -> Record:
    found = rows_of(told(*records, catalog=(LENGTH, *catalog)), "learner_progress")
    return found["w", "v", "user:ann"]


def test_who_is_assigned_and_did_nothing_has_not_started():
    row = progress(said("page_view", 0, device_id="other"), catalog=(assigned(60),))
    assert (row["status"], row["is_at_risk"], row["risk_reason"]) == ("not_started", True, "due_soon")


@pytest.mark.parametrize(("due", "is_overdue"), [(9, True), (10, False)])
def test_nothing_is_overdue_by_a_clock_the_data_do_not_know(due, is_overdue):
    row = progress(said("page_view", 10), catalog=(assigned(due),))
    assert row["is_overdue"] is is_overdue


def test_a_withdrawn_assignment_is_none():
    newer = authored("assignments", {"user_id": "ben"}, as_of=NOON)
    expected = told(catalog=(assigned(60), newer))
    assert [key[2] for key in rows_of(expected, "learner_progress")] == ["user:ben"]


def test_an_empty_snapshot_withdraws_every_assignment():
    expected = told(catalog=(assigned(60), authored("assignments", as_of=NOON)))
    assert not rows_of(expected, "learner_progress")


def test_completed_without_a_score_is_completed_and_with_one_passed_or_failed():
    def status(*records):
        return progress(*finished(), *records, catalog=(assigned(9),))["status"]

    assert status() == "completed"
    assert status(answered(11, user_id="ann", score=0.8, max_score=1)) == "passed"
    assert status(answered(11, user_id="ann", score=0.79, max_score=1)) == "failed"
    assert status(said("question_shown", 11, element_id="e", user_id="ann")) == "completed"


def test_who_completed_after_the_due_date_is_late_and_no_longer_overdue():
    row = progress(*finished(), catalog=(assigned(9),))
    assert (row["is_late"], row["is_overdue"], row["completed_at"].second) == (True, False, 10)


def test_a_question_met_and_not_answered_counts_nothing_of_its_points():
    quiz = authored(
        "questions",
        {"question_id": "q", "element_id": "e", "max_score": 3},
        {"question_id": "r", "element_id": "f", "max_score": 1},
    )
    key = authored("options", *({"question_id": name, "option_id": "o1", "is_correct": True} for name in ("q", "r")))
    met = said("question_shown", 1, element_id="f", user_id="ann")
    row = progress(answered(0, "o1", user_id="ann"), met, catalog=(quiz, key))
    assert (row["question_count"], row["answered_question_count"], row["best_score"]) == (2, 1, 0.75)


def test_a_question_that_was_only_on_the_picture_is_not_failed():
    catalog = (assigned(9), question(max_score=1), YES_NO, authored("elements", {"node_id": "v", "element_id": "e"}))
    row = progress(*finished(), catalog=catalog)
    assert (row["status"], row["question_count"], row["best_score"]) == ("completed", 0, None)


def test_the_best_and_the_last_score():
    answers = [answered(number, user_id="ann", score=score, max_score=2) for number, score in enumerate((0, 2, 1))]
    row = progress(*answers)
    assert (row["best_score"], row["last_score"]) == (1, 0.5)


def test_an_answer_without_an_element_is_to_no_question_and_no_activity_of_a_learner():
    expected = told(answered(0, "o1", user_id="ann", element_id=None))
    assert rows(expected, "learner_progress") == []


@pytest.mark.parametrize(("days", "reason"), [(7, None), (7.001, "stalled")])
def test_who_began_and_has_not_come_back_for_a_week_is_stalled(days, reason):
    row = progress(
        said("play", 0, 0, user_id="ann"), said("page_view", days * DAY, device_id="other"), catalog=(assigned(30 * DAY),)
    )
    assert row["risk_reason"] == reason


def test_the_assigned_are_counted_by_org_unit_those_without_one_together():
    people = [{"user_id": name, "org_unit": unit} for name, unit in (("ann", " north "), ("ben", "north"), ("cleo", None))]
    expected = told(*finished(), catalog=(LENGTH, authored("assignments", *people)))
    found = {
        key[2]: (row["assigned_count"], row["completion_rate"]) for key, row in rows_of(expected, "training_compliance").items()
    }
    assert found == {"north": (2, 0.5), None: (1, 0)}


def test_a_gap_is_known_from_two_questions_on():
    quiz = authored("questions", *({"question_id": name, "element_id": name, "topic": "tides"} for name in ("e", "f")))
    wrong = answered(0, is_correct=False)
    assert only_row(told(wrong, catalog=(quiz,)), "knowledge_gap")["is_gap"] is None
    row = only_row(told(wrong, answered(1, element_id="f", is_correct=True), catalog=(quiz,)), "knowledge_gap")
    assert (row["share_correct"], row["is_gap"]) == (0.5, True)


def test_what_a_learner_knows_is_the_latest_graded_answer():
    story = [answered(0, is_correct=False), answered(1, is_correct=True), answered(2)]
    row = only_row(told(*story, catalog=(question(topic="tides"),)), "knowledge_gap")
    assert (row["answered_question_count"], row["correct_question_count"]) == (1, 1)


def test_a_topic_is_a_gap_when_even_the_upper_end_is_below():
    crowd = [answered(number, is_correct=number == 0, device_id=f"d{number}") for number in range(12)]
    row = only_row(told(*crowd, catalog=(question(topic="tides"),)), "topic_result")
    assert (row["question_count"], row["learners"], row["judged_learners"], row["is_gap"]) == (1, 12, 0, True)
