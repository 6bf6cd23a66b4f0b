"""Rules 40 to 42: what was asked of whom, what was answered, and what the answer was worth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.oracle.authored import Writing, identifier, number_in
from tests.oracle.facts import ViewFacts
from tests.oracle.records import Event
from tests.oracle.sequences import in_order
from tests.oracle.settings import to_milliseconds
from tests.oracle.worlds import World

Key = tuple[Any, ...]
ANSWERS = ("question_answer", "poll_answer", "survey_response")
KINDS = {"question": "quiz", "poll": "poll", "survey": "survey"}
KINDS_OF_ANSWERS = {"poll_answer": "poll", "survey_response": "survey"}
SCALES = ("nps", "csat", "rating", "text")
GREATEST_NUMBER = 1_000_000_000


def thousandths(number: float | None, scale: int = 1000) -> int | None:
    """A number in thousandths (or other parts), rounded half up; None beyond a thousand million."""
    if number is None or abs(number) > GREATEST_NUMBER:
        return None
    return math.floor(number * scale + 0.5)


def share_of(part: float, whole: float) -> float:
    """A share in millionths, rounded half up."""
    return math.floor(part / whole * 1_000_000 + 0.5) / 1_000_000


@dataclass(frozen=True)
class Option:
    """One option that the catalog ever gave a question, as its newest line says."""

    option_id: str
    text: str | None
    is_correct: bool | None
    is_offered: bool
    recency: Any

    @property
    def words(self) -> str | None:
        return None if self.text is None else self.text.strip()

    @property
    def rating(self) -> float | None:
        """Rule 41: its id read as a number, else its words read as one."""
        by_id = number_in(self.option_id)
        return number_in(self.text) if by_id is None else by_id


@dataclass(frozen=True)
class Question:
    """One question of the catalog, or (without a row) an element that asks by itself."""

    question_id: str
    row: Mapping[str, Any] | None
    options: Mapping[str, Option]
    element_type: str | None

    @property
    def is_in_catalog(self) -> bool:
        return self.row is not None

    def get(self, name: str) -> Any:
        return None if self.row is None else self.row.get(name)

    @property
    def video_id(self) -> str | None:
        return identifier(self.get("video_id"))

    @property
    def topic(self) -> str | None:
        return identifier(self.get("topic"))

    @property
    def max_score(self) -> float | None:
        most = self.get("max_score")
        return float(most) if most is not None and most > 0 else None

    @property
    def offered(self) -> list[Option]:
        return [option for option in self.options.values() if option.is_offered]

    @property
    def right(self) -> set[str]:
        """The offered right options."""
        return {option.option_id for option in self.offered if option.is_correct}

    @property
    def authored_scale(self) -> str | None:
        """Rule 46: the authored scale, where it is one."""
        scale = (identifier(self.get("scale")) or "").lower()
        return scale if scale in SCALES else None

    @property
    def authored_kind(self) -> str | None:
        """Rule 40: the catalog's kind; None where it says nothing of it."""
        if self.row is None:
            return None
        if self.element_type in KINDS:
            return KINDS[self.element_type]
        if self.authored_scale is not None:
            return "survey"
        return "quiz" if self.right or self.max_score is not None else None

    def option_for(self, text: str) -> str:
        """Rule 41: what a trimmed text of an answer stands for."""
        if text in self.options:
            return text
        meant = [option for option in self.options.values() if option.words == text]
        latest = max((option.recency for option in meant), default=None)
        return min((option.option_id for option in meant if option.recency == latest), default=text)

    def rating_of(self, option_id: str) -> float | None:
        """Rule 41: the rating of an option; that of a text unknown to the catalog is itself."""
        option = self.options.get(option_id)
        return number_in(option_id) if option is None else option.rating


class QuestionBook:
    """Every question of a workspace's catalog, and which element asks which."""

    def __init__(self, world: World) -> None:
        authored = world.authored
        types = authored.newest("elements", "video_id", "element_id")
        options: dict[str, dict[str, Writing]] = defaultdict(dict)
        for (question, option), writing in authored.newest("options", "question_id", "option_id").items():
            options[question][option] = writing
        self.questions: dict[str, Question] = {}
        for (name,), writing in authored.newest("questions", "question_id").items():
            place = (identifier(writing.row.get("video_id")), identifier(writing.row.get("element_id")))
            asking = types.get(place)
            kind = identifier(asking.row.get("element_type")) if asking else None
            self.questions[name] = Question(name, writing.row, options_of(options[name]), kind)
        self.by_element = {
            place: identifier(writing.row.get("question_id"))
            for place, writing in authored.newest("questions", "video_id", "element_id").items()
        }

    def asked_by(self, video_id: str | None, element_id: str) -> Question:
        """Rule 40: the question that an element of a video asks."""
        for place in ((video_id, element_id), (None, element_id)):
            if place in self.by_element:
                return self.questions[str(self.by_element[place])]
        named = self.questions.get(element_id)
        if named is not None and named.video_id in (None, video_id):
            return named
        return Question(element_id, None, {}, None)


def options_of(writings: Mapping[str, Writing]) -> dict[str, Option]:
    """Rule 41: a question's options; offered are those of the newest snapshot that names any."""
    newest = max((writing.as_of for writing in writings.values()), default=None)
    return {
        name: Option(name, writing.row.get("text"), writing.row.get("is_correct"), writing.as_of == newest, writing.as_of)
        for name, writing in writings.items()
    }


def step_of(event: Event) -> str | None:
    """Rule 40: whether the event answers, shows or skips a question; None where it has nothing to do with one."""
    if event.event_type in ANSWERS:
        return "answer"
    if event.event_type in ("question_shown", "question_skip"):
        return event.event_type.removeprefix("question_")
    if event.event_type in ("element_shown", "element_skip") and event.get("element_type") in KINDS:
        return event.event_type.removeprefix("element_")
    return None


@dataclass(frozen=True)
class Asking:
    """One event that asks: what it does, which question, of what kind, and who is asked."""

    event: Event
    step: str
    view: ViewFacts | None
    viewer_id: str
    question: Question | None
    kind: str

    @property
    def video_id(self) -> str | None:
        video: str | None = self.event.get("video_id")
        return video

    @property
    def question_key(self) -> Key:
        """Video and question: what is counted, of one kind; the question is None where no element asks."""
        return self.video_id, self.question.question_id if self.question else None


@dataclass(frozen=True)
class Answer:
    """One answer: which attempt of its viewer it is (from 1, and whether it is the last), and when it was shown."""

    asking: Asking
    attempt: int
    is_last: bool
    seconds_to_answer: float | None

    @property
    def event(self) -> Event:
        return self.asking.event

    @property
    def viewer_id(self) -> str:
        return self.asking.viewer_id

    @property
    def is_first(self) -> bool:
        return self.attempt == 1

    @cached_property
    def chosen(self) -> set[str]:
        """Rule 41: the options chosen."""
        texts = [text for said in self.event.get("response") or [] if (text := identifier(said)) is not None]
        question = self.asking.question
        return {question.option_for(text) if question else text for text in texts}

    @property
    def rating(self) -> int | None:
        """Rule 46: the rating of its only option, in thousandths."""
        if len(self.chosen) != 1:
            return None
        (option,) = self.chosen
        question = self.asking.question
        return thousandths(question.rating_of(option) if question else number_in(option))

    @property
    def max_score(self) -> float | None:
        stated = self.event.get("max_score")
        if stated is not None and stated > 0:
            return float(stated)
        return self.asking.question.max_score if self.asking.question else None

    @property
    def is_correct(self) -> bool | None:
        """Rule 42, the first that is known: the emitter's word, the score, the answer key."""
        own, score, most = self.event.get("is_correct"), self.event.get("score"), self.max_score
        if own is not None:
            return bool(own)
        if score is not None and most is not None:
            return bool(score >= most)
        right = self.asking.question.right if self.asking.question else set()
        if right and self.event.get("response") is not None:
            return self.chosen == right
        return None

    @property
    def score(self) -> float | None:
        """Rule 42: as stated; else, out of a known most, all or nothing."""
        stated = self.event.get("score")
        if stated is not None:
            return float(stated)
        if self.max_score is None or self.is_correct is None:
            return None
        return self.max_score if self.is_correct else 0.0

    @property
    def worth(self) -> float | None:
        """Rule 42: the part of the most that was reached, in millionths."""
        if self.score is not None and self.max_score is not None:
            return share_of(min(max(self.score / self.max_score, 0.0), 1.0), 1.0)
        return None if self.is_correct is None else float(self.is_correct)


@dataclass(frozen=True)
class Answers:
    """All askings and answers of a workspace."""

    book: QuestionBook
    askings: Sequence[Asking]
    answers: Sequence[Answer]

    def of_kind(self, kind: str) -> list[Answer]:
        """The answers to questions of a kind; those without a question have none to count for."""
        return [each for each in self.answers if each.asking.kind == kind and each.asking.question is not None]


def answers_of(world: World) -> Answers:
    """Rules 40 to 42 for a workspace."""
    book = QuestionBook(world)
    events = [event for event in in_order(world.events) if step_of(event) is not None]
    kinds = kinds_of_elements(events)
    askings = [asking_of(world, book, kinds, event) for event in events]

    attempts: dict[Key, list[Asking]] = defaultdict(list)
    for each in askings:
        if each.step == "answer":
            attempts[each.question_key, each.kind, each.viewer_id].append(each)
    times = seconds_to_answer(askings)
    answers = [
        Answer(each, number, number == len(members), times[each.event.key])
        for members in attempts.values()
        for number, each in enumerate(members, start=1)
    ]
    return Answers(book, askings, answers)


def kinds_of_elements(events: Iterable[Event]) -> dict[Key, set[str]]:
    """Rule 40: the kinds that the answers of an element name."""
    kinds: dict[Key, set[str]] = defaultdict(set)
    for event in events:
        kind = KINDS_OF_ANSWERS.get(event.event_type) or KINDS.get(event.get("element_type"))
        if event.event_type in ANSWERS and kind is not None:
            kinds[event.get("video_id"), event.get("element_id")].add(kind)
    return kinds


def asking_of(world: World, book: QuestionBook, kinds: Mapping[Key, set[str]], event: Event) -> Asking:
    """Rule 40: what one event asks, of what kind, and whom."""
    view, video, element = world.view_of.get(event.key), event.get("video_id"), event.get("element_id")
    viewer = view.viewer_id if view else world.session_of[event.key].viewer_id
    question = book.asked_by(video, element) if element is not None else None
    named = kinds.get((video, element), set()) if element is not None else set()
    kind = (
        KINDS_OF_ANSWERS.get(event.event_type)
        or (question.authored_kind if question else None)
        or KINDS.get(event.get("element_type"))
        or (next(iter(named)) if len(named) == 1 else None)
        or "quiz"
    )
    return Asking(event, step_of(event) or "", view, viewer, question, kind)


def seconds_to_answer(askings: Iterable[Asking]) -> dict[Key, float | None]:
    """Rule 40: per answer, the seconds since its element was last shown in its view, after the answer before it."""
    shown: dict[Key, Any] = {}
    found: dict[Key, float | None] = {}
    for each in askings:
        element = each.event.get("element_id")
        place = (each.view.view.identity, element) if each.view and element is not None else None
        if each.step == "shown":
            shown[place] = each.event.occurred_at
        elif each.step == "answer":
            since = shown.pop(place, None) if place is not None else None
            waited = None if since is None else (each.event.occurred_at - since).total_seconds()
            found[each.event.key] = None if waited is None else to_milliseconds(waited)
    return found
