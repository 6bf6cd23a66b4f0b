"""Rules 43 to 46: what comes of quiz questions, options, polls and surveys."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.oracle.exposures import Exposure, exposures_in
from tests.oracle.questions import Answer, Answers, Asking, Question, answers_of, thousandths
from tests.oracle.settings import to_milliseconds
from tests.oracle.summaries import ratio
from tests.oracle.worlds import World

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]
Z = 1.959963984540054
FEWEST_VIEWERS = 30


def wilson(part: int, whole: int) -> tuple[float | None, float | None]:
    """The 95 % interval of a share by Wilson (1927), cut to 0..1; unknown of nothing."""
    if not whole:
        return None, None
    share = part / whole
    middle = share + Z * Z / (2 * whole)
    reach = Z * math.sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    scale = 1 + Z * Z / whole
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@dataclass(frozen=True)
class Asked:
    """One question of a video and kind: what the catalog says of it, who was asked or only met it, and what was answered."""

    video_id: str | None
    question: Question
    kind: str
    askings: Sequence[Asking]
    answers: Sequence[Answer]
    met: Sequence[Exposure]

    @property
    def asked(self) -> set[str]:
        return {each.viewer_id for each in self.askings}

    @property
    def exposed(self) -> set[str]:
        """Rule 40: who was asked, and who met the element that asks."""
        return self.asked | {each.facts.viewer_id for each in self.met}

    @property
    def answered(self) -> set[str]:
        return {each.viewer_id for each in self.answers}

    @property
    def first(self) -> list[Answer]:
        return [each for each in self.answers if each.is_first]

    @property
    def latest(self) -> list[Answer]:
        return [each for each in self.answers if each.is_last]

    @property
    def element_id(self) -> str | None:
        """Its element in the catalog, else the first in byte order of those that exposed anybody to it."""
        named: str | None = self.question.get("element_id")
        asking = [each.event.get("element_id") for each in self.askings] + [each.element_id for each in self.met]
        return named or min(asking, default=None)

    @property
    def max_score(self) -> float | None:
        """The most it is worth: by the catalog, else the largest that any answer states."""
        if self.question.max_score is not None:
            return self.question.max_score
        stated = [each.max_score for each in self.answers if each.max_score is not None]
        return max(stated, default=None)

    @property
    def can_be_graded(self) -> bool:
        """Rule 47: the catalog offers a right option, or an answer of anybody has a known worth."""
        return bool(self.question.right) or any(each.worth is not None for each in self.answers)

    @property
    def options(self) -> set[str]:
        """Rule 44: every offered option, and every one that an answer chose."""
        return {option.option_id for option in self.question.offered}.union(*(each.chosen for each in self.answers))


def asked_in(world: World, kind: str) -> dict[Key, Asked]:
    """Rules 40 and 43: the questions of a kind by (video, question), those of the catalog that nobody was exposed to included."""
    everything = answers_of(world)
    askings: dict[Key, list[Asking]] = defaultdict(list)
    answers: dict[Key, list[Answer]] = defaultdict(list)
    for asking in everything.askings:
        if asking.question is not None and asking.kind == kind:
            askings[asking.question_key].append(asking)
    for answer in everything.of_kind(kind):
        answers[answer.asking.question_key].append(answer)
    met = met_only(world, everything, kind)
    found: dict[Key, Asked] = {}
    for key in askings.keys() | met.keys():
        members = askings.get(key, [])
        question = everything.book.questions[str(key[1])] if key in met else known(members)
        found[key] = Asked(key[0], question, kind, members, answers.get(key, []), met.get(key, []))
    for name, question in everything.book.questions.items():
        videos = {video for (video, asked), each in found.items() if asked == name and each.question.is_in_catalog}
        is_asked = bool(videos) if question.video_id is None else question.video_id in videos
        if question.authored_kind == kind and not is_asked:
            found[question.video_id, name] = Asked(question.video_id, question, kind, [], [], [])
    return found


def met_only(world: World, everything: Answers, kind: str) -> dict[Key, list[Exposure]]:
    """Rule 40: by (video, question), the exposures to an element of a question of the catalog, of viewers whom no event asked by it."""
    kinds: dict[Key, set[str]] = defaultdict(set)
    viewers: dict[Key, set[str]] = defaultdict(set)
    for asking in everything.askings:
        place = asking.video_id, asking.event.get("element_id")
        kinds[place].add(asking.kind)
        viewers[place].add(asking.viewer_id)
    found: dict[Key, list[Exposure]] = defaultdict(list)
    for each in exposures_in(world):
        place = each.facts.view.video_id, each.element_id
        question = everything.book.asked_by(*place)
        agreed = next(iter(kinds[place])) if len(kinds[place]) == 1 else None
        is_met_only = question.is_in_catalog and each.facts.viewer_id not in viewers[place]
        if is_met_only and (question.authored_kind or agreed) == kind:
            found[place[0], question.question_id].append(each)
    return found


def known(askings: Sequence[Asking]) -> Question:
    """The question of some askings, as the catalog knows it where any of them is of the catalog's."""
    questions = [each.question for each in askings if each.question is not None]
    return next((question for question in questions if question.is_in_catalog), questions[0])


def mean_of(numbers: Iterable[int | None], scale: int) -> float | None:
    """The mean of whole parts, in whole numbers again."""
    counted = [number for number in numbers if number is not None]
    return sum(counted) / len(counted) / scale if counted else None


def grades(answers: Iterable[Answer], suffix: str = "") -> dict[str, Any]:
    """Rule 43: who of some answers is graded, and who is right."""
    graded = [each for each in answers if each.is_correct is not None]
    right = sum(each.is_correct is True for each in graded)
    return {
        f"graded{suffix}_viewers": len(graded),
        f"correct{suffix}_viewers": right,
        f"share_correct{suffix}": ratio(right, len(graded)),
    }


def correlation(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Pearson's correlation in millionths, rounded half up; None below thirty pairs or where a side does not vary."""
    count = len(pairs)
    if count < FEWEST_VIEWERS:
        return None
    means = [sum(side) / count for side in zip(*pairs, strict=True)]
    spread = [
        math.sqrt(sum((each - mean) ** 2 for each in side)) for side, mean in zip(zip(*pairs, strict=True), means, strict=True)
    ]
    if any(len(set(side)) == 1 for side in zip(*pairs, strict=True)):
        return None
    together = sum((left - means[0]) * (right - means[1]) for left, right in pairs)
    return math.floor(together / (spread[0] * spread[1]) * 1_000_000 + 0.5) / 1_000_000


def rest_pairs(asked: Asked, others: Iterable[Asked]) -> list[tuple[int, int]]:
    """Rule 43: per viewer, this first answer (1 or 0) and the rest score over the video's other questions, in millionths."""
    rest: dict[str, list[bool]] = defaultdict(list)
    for other in others:
        if other.video_id == asked.video_id and other.question.question_id != asked.question.question_id:
            for each in other.first:
                if each.is_correct is not None:
                    rest[each.viewer_id].append(each.is_correct)
    return [
        (int(each.is_correct), math.floor(sum(scores) / len(scores) * 1_000_000 + 0.5))
        for each in asked.first
        if each.is_correct is not None and (scores := rest.get(each.viewer_id))
    ]


def question_result(world: World) -> Rows:
    """Rule 43 by (workspace, video, question)."""
    questions = asked_in(world, "quiz")
    rows: Rows = {}
    for (video, name), asked in questions.items():
        first = grades(asked.first)
        last = grades(asked.latest, "_last")
        pairs = rest_pairs(asked, questions.values())
        low, high = wilson(first["correct_viewers"], first["graded_viewers"])
        waits = [each.seconds_to_answer for each in asked.answers if each.seconds_to_answer is not None]
        worths = [None if each.worth is None else thousandths(each.worth, 1_000_000) for each in asked.answers]
        moments = [each.event.occurred_at for each in asked.answers]
        rows[world.workspace_id, video, name] = {
            "element_id": asked.element_id,
            "text": asked.question.get("text"),
            "topic": asked.question.topic,
            "max_score": asked.max_score,
            "is_in_catalog": asked.question.is_in_catalog,
            "exposed_viewers": len(asked.exposed),
            "answered_viewers": len(asked.answered),
            "skipped_viewers": len(asked.exposed - asked.answered),
            "skip_count": sum(each.step == "skip" for each in asked.askings),
            "answer_count": len(asked.answers),
            "answer_rate": ratio(len(asked.answered), len(asked.exposed)),
            "attempts_per_viewer": ratio(len(asked.answers), len(asked.answered)),
            **first,
            "share_correct_low": low,
            "share_correct_high": high,
            "difficulty": None if first["share_correct"] is None else 1 - first["share_correct"],
            "graded_last_viewers": last["graded_last_viewers"],
            "correct_last_viewers": last["correct_last_viewers"],
            "share_correct_last": last["share_correct_last"],
            "average_score": mean_of((thousandths(each.score) for each in asked.answers), 1000),
            "average_score_share": mean_of(worths, 1_000_000),
            "median_seconds_to_answer": to_milliseconds(median(waits)) if waits else None,
            "discrimination": correlation(pairs),
            "discrimination_viewers": len(pairs),
            "first_answered_at": min(moments, default=None),
            "last_answered_at": max(moments, default=None),
        }
    return rows


def option_facts(asked: Asked, name: str) -> dict[str, Any]:
    """What the catalog says of an option of a question."""
    option = asked.question.options.get(name)
    return {
        "is_in_catalog": option is not None,
        "is_offered": option is not None and option.is_offered,
        "text": option.text if option else None,
    }


def option_result(world: World) -> Rows:
    """Rule 44 by (workspace, video, question, option)."""
    rows: Rows = {}
    for (video, name), asked in asked_in(world, "quiz").items():
        wrong_answers = [each for each in asked.first if each.is_correct is False]
        drawn = {option: sum(option in each.chosen for each in wrong_answers) for option in asked.options}
        right = {option: is_right(asked.question, option) for option in asked.options}
        lures = [option.option_id for option in asked.question.offered if right[option.option_id] is False]
        even = ratio(sum(drawn[option] for option in lures) / len(lures), len(wrong_answers)) if lures else None
        for option in asked.options:
            choosing = [each for each in asked.answers if option in each.chosen]
            first = sum(each.is_first for each in choosing)
            low, high = wilson(first, len(asked.answered))
            is_lure = option in lures
            rows[world.workspace_id, video, name, option] = {
                **option_facts(asked, option),
                "is_correct": right[option],
                "chosen_count": len(choosing),
                "viewers": len({each.viewer_id for each in choosing}),
                "first_viewers": first,
                "answered_viewers": len(asked.answered),
                "share": ratio(first, len(asked.answered)),
                "share_low": low,
                "share_high": high,
                "wrong_first_viewers": drawn[option],
                "wrong_viewers": len(wrong_answers),
                "share_of_wrong": ratio(drawn[option], len(wrong_answers)),
                "even_share": even if is_lure else None,
                "is_distractor": is_distractor(drawn[option], len(wrong_answers), even, right[option], is_lure),
            }
    return rows


def is_right(question: Question, name: str) -> bool | None:
    """Rule 44: the catalog's word; False for an offered option it leaves open where another offered one is right."""
    option = question.options.get(name)
    if option is None or option.is_correct is not None:
        return option.is_correct if option else None
    return False if option.is_offered and question.right else None


def is_distractor(drawn: int, wrong: int, even: float | None, right: bool | None, is_lure: bool) -> bool | None:
    """Rule 44: whether a wrong option draws more of those who were wrong than an even spread would give it."""
    if right:
        return False
    low, _ = wilson(drawn, wrong)
    if not is_lure or low is None or even is None:
        return None
    return low > even


def distribution(world: World, video: str | None, name: str, asked: Asked) -> Rows:
    """Rule 45: how the latest answer of each viewer spreads over the options."""
    rows: Rows = {}
    for option in asked.options:
        choosing = [each for each in asked.answers if option in each.chosen]
        latest = sum(each.is_last for each in choosing)
        low, high = wilson(latest, len(asked.answered))
        facts = option_facts(asked, option)
        rows[world.workspace_id, video, name, option] = {
            "option_text": facts.pop("text"),
            **facts,
            "chosen_count": len(choosing),
            "viewers": latest,
            "answered_viewers": len(asked.answered),
            "share": ratio(latest, len(asked.answered)),
            "share_low": low,
            "share_high": high,
        }
    return rows


def poll_result(world: World) -> Rows:
    """Rule 45 by (workspace, video, question, option)."""
    rows: Rows = {}
    for (video, name), asked in asked_in(world, "poll").items():
        rows |= distribution(world, video, name, asked)
    return rows
