"""Rules 47 and 48: how far learners are, and what they do not know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.authored import identifier
from tests.oracle.facts import ViewFacts
from tests.oracle.question_results import Asked, Rows, asked_in, wilson
from tests.oracle.questions import Answer, share_of, thousandths
from tests.oracle.records import moment
from tests.oracle.settings import to_milliseconds
from tests.oracle.summaries import ratio
from tests.oracle.worlds import World

Key = tuple[Any, ...]
PASS_SHARE = 0.8
GAP_SHARE = 0.6
FEWEST_ANSWERS = 2
DUE_SOON = timedelta(days=3)
STALLED = timedelta(days=7)


@dataclass(frozen=True)
class Met:
    """A quiz question that can be graded and one viewer who was asked it, with the viewer's graded answers in order."""

    asked: Asked
    viewer_id: str
    graded: Sequence[Answer]

    @property
    def points(self) -> int:
        """Rule 47: what it counts, in thousandths."""
        return thousandths(self.asked.max_score or 1.0) or 0

    @property
    def best(self) -> int:
        """The best worth, in millionths; 0 without a graded answer."""
        return max((thousandths(each.worth, 1_000_000) or 0 for each in self.graded), default=0)

    @property
    def latest(self) -> int:
        """The worth of the latest graded answer, in millionths."""
        return (thousandths(self.graded[-1].worth, 1_000_000) or 0) if self.graded else 0

    @property
    def is_known(self) -> bool | None:
        """Rule 48: whether the latest graded answer is correct."""
        return self.graded[-1].is_correct if self.graded else None


def met_questions(questions: Iterable[Asked]) -> list[Met]:
    """Rule 47: who was asked which question that can be graded."""
    found: list[Met] = []
    for asked in questions:
        if asked.can_be_graded:
            for viewer in sorted(asked.asked):
                graded = [each for each in asked.answers if each.viewer_id == viewer and each.worth is not None]
                found.append(Met(asked, viewer, graded))
    return found


def is_completed(view: ViewFacts) -> bool:
    """Rule 47: completed, or, where that is unknown, so by the emitter's word."""
    done = view.completion.is_completed
    return view.completion.by_event if done is None else done


def is_attempt(view: ViewFacts) -> bool:
    """Rule 47: a view in which anything was watched."""
    return view.is_played or to_milliseconds(view.watched.watch_seconds) > 0 or is_completed(view)


def learning_videos(world: World, questions: Iterable[Asked], assigned: Iterable[Key]) -> set[str]:
    """Rule 47: videos for learning by the catalog, by a quiz question, or by an assignment."""
    videos = world.authored.newest("videos", "video_id")
    by_kind = {name for (name,), writing in videos.items() if (writing.row.get("kind") or "").lower() == "learning"}
    return by_kind | {each.video_id for each in questions if each.video_id is not None} | {video for _, video in assigned}


@dataclass(frozen=True)
class Progress:
    """One learner and video: the assignment (None: none), the attempts, the answers, and the questions met."""

    assignment: Mapping[str, Any] | None
    attempts: Sequence[ViewFacts]
    answers: Sequence[Answer]
    met: Sequence[Met]
    data_until: datetime | None

    @property
    def due_at(self) -> datetime | None:
        return moment(self.assignment.get("due_at")) if self.assignment else None

    @property
    def completed_at(self) -> datetime | None:
        return min((each.view.ended_at for each in self.attempts if is_completed(each)), default=None)

    @property
    def started_at(self) -> datetime | None:
        starts = [each.view.started_at for each in self.attempts] + [each.event.occurred_at for each in self.answers]
        return min(starts, default=None)

    @property
    def last_activity_at(self) -> datetime | None:
        ends = [each.view.ended_at for each in self.attempts] + [each.event.occurred_at for each in self.answers]
        return max(ends, default=None)

    def score(self, worth: str) -> float | None:
        """Rule 47: points times worth over points; None where no question was met."""
        full = sum(each.points for each in self.met)
        return share_of(sum(each.points * getattr(each, worth) for each in self.met) / 1_000_000, full) if full else None

    @property
    def is_done(self) -> bool:
        best = self.score("best")
        return self.completed_at is not None and (best is None or best >= PASS_SHARE)

    @property
    def is_overdue(self) -> bool:
        due, until = self.due_at, self.data_until
        return not self.is_done and due is not None and until is not None and due < until

    @property
    def risk_reason(self) -> str | None:
        """Rule 47: the first reason that applies."""
        if self.is_done:
            return None
        until, active = self.data_until, self.last_activity_at
        if self.is_overdue:
            return "overdue"
        if self.completed_at is not None:
            return "failed"
        if self.due_at is not None and until is not None and until <= self.due_at <= until + DUE_SOON:
            return "due_soon"
        return "stalled" if active is not None and until is not None and active < until - STALLED else None

    @property
    def status(self) -> str:
        """Rule 47: the first that applies."""
        if self.is_done:
            return "completed" if self.score("best") is None else "passed"
        if self.completed_at is not None:
            return "failed"
        if self.is_overdue:
            return "overdue"
        return "not_started" if self.started_at is None else "in_progress"

    @property
    def is_late(self) -> bool | None:
        if not self.is_done or self.due_at is None or self.completed_at is None:
            return None
        return self.completed_at > self.due_at

    @property
    def org_unit(self) -> str | None:
        return identifier(self.assignment.get("org_unit")) if self.assignment else None


def progress_in(world: World) -> dict[Key, Progress]:
    """Rule 47 by (video, viewer)."""
    quiz = asked_in(world, "quiz")
    assigned = world.authored.newest_snapshot("assignments", "user_id", "video_id")
    videos = learning_videos(world, quiz.values(), assigned)
    until = max((each.session.ended_at for each in world.sessions), default=None)

    attempts: dict[Key, list[ViewFacts]] = defaultdict(list)
    for view in world.views:
        if view.view.video_id in videos and is_attempt(view):
            attempts[view.view.video_id, view.viewer_id].append(view)
    answers: dict[Key, list[Answer]] = defaultdict(list)
    for asked in quiz.values():
        for answer in asked.answers:
            if asked.video_id is not None:
                answers[asked.video_id, answer.viewer_id].append(answer)
    met: dict[Key, list[Met]] = defaultdict(list)
    for each in met_questions(quiz.values()):
        met[each.asked.video_id, each.viewer_id].append(each)
    assignments = {(video, f"user:{user}"): row for (user, video), row in assigned.items()}
    return {
        key: Progress(assignments.get(key), attempts.get(key, []), answers.get(key, []), met.get(key, []), until)
        for key in attempts.keys() | answers.keys() | assignments.keys()
    }


def learner_progress(world: World) -> Rows:
    """Rule 47 by (workspace, video, viewer)."""
    rows: Rows = {}
    for (video, viewer), each in progress_in(world).items():
        watched = [view.watched.percent_watched for view in each.attempts if view.watched.percent_watched is not None]
        rows[world.workspace_id, video, viewer] = {
            "is_assigned": each.assignment is not None,
            "org_unit": each.org_unit,
            "assigned_at": moment(each.assignment.get("assigned_at")) if each.assignment else None,
            "due_at": each.due_at,
            "status": each.status,
            "has_started": each.started_at is not None,
            "is_completed": each.completed_at is not None,
            "is_done": each.is_done,
            "is_overdue": each.is_overdue,
            "is_late": each.is_late,
            "question_count": len(each.met),
            "answered_question_count": sum(bool(question.graded) for question in each.met),
            "answer_count": len(each.answers),
            "best_score": each.score("best"),
            "last_score": each.score("latest"),
            "attempt_count": len(each.attempts),
            "percent_watched": max(watched, default=None),
            "watch_seconds": sum(view.watched.watch_seconds for view in each.attempts),
            "started_at": each.started_at,
            "completed_at": each.completed_at,
            "last_activity_at": each.last_activity_at,
            "data_until": each.data_until,
            "is_at_risk": each.risk_reason is not None,
            "risk_reason": each.risk_reason,
        }
    return rows


def training_compliance(world: World) -> Rows:
    """Rule 47 by (workspace, video, org unit): the assigned only."""
    units: dict[Key, list[Progress]] = defaultdict(list)
    for (video, _), each in progress_in(world).items():
        if each.assignment is not None:
            units[world.workspace_id, video, each.org_unit].append(each)
    rows: Rows = {}
    for key, members in units.items():
        done = sum(each.is_done for each in members)
        failed = sum(each.status == "failed" for each in members)
        idle = sum(each.started_at is None for each in members)
        overdue = sum(each.is_overdue for each in members)
        rows[key] = {
            "assigned_count": len(members),
            "started_count": len(members) - idle,
            "completed_count": done,
            "passed_count": sum(each.status == "passed" for each in members),
            "failed_count": failed,
            "in_progress_count": len(members) - done - failed - idle,
            "not_started_count": idle,
            "overdue_count": overdue,
            "late_count": sum(each.is_late is True for each in members),
            "at_risk_count": sum(each.risk_reason is not None for each in members),
            "completion_rate": done / len(members),
            "overdue_rate": overdue / len(members),
            "next_due_at": min((each.due_at for each in members if not each.is_done and each.due_at), default=None),
            "data_until": members[0].data_until,
        }
    return rows


def judged_topics(world: World) -> dict[Key, list[bool]]:
    """Rule 48: by (viewer, topic), whether the latest graded answer to each question is correct."""
    known: dict[Key, list[bool]] = defaultdict(list)
    for each in met_questions(asked_in(world, "quiz").values()):
        topic = each.asked.question.topic
        if topic is not None and each.is_known is not None:
            known[each.viewer_id, topic].append(each.is_known)
    return known


def is_gap(known: Sequence[bool]) -> bool | None:
    """Rule 48: whether a learner knows too little of a topic; None below two questions."""
    return None if len(known) < FEWEST_ANSWERS else sum(known) / len(known) < GAP_SHARE


def knowledge_gap(world: World) -> Rows:
    """Rule 48 by (workspace, viewer, topic)."""
    return {
        (world.workspace_id, *key): {
            "answered_question_count": len(known),
            "correct_question_count": sum(known),
            "share_correct": sum(known) / len(known),
            "is_gap": is_gap(known),
        }
        for key, known in judged_topics(world).items()
    }


def topic_result(world: World) -> Rows:
    """Rule 48 by (workspace, topic)."""
    topics: dict[str, list[Asked]] = defaultdict(list)
    for asked in asked_in(world, "quiz").values():
        if asked.question.topic is not None:
            topics[asked.question.topic].append(asked)
    judged = judged_topics(world)
    rows: Rows = {}
    for topic, questions in topics.items():
        learners = [known for (_, about), known in judged.items() if about == topic]
        answers = [each for known in learners for each in known]
        low, high = wilson(sum(answers), len(answers))
        verdicts = [verdict for known in learners if (verdict := is_gap(known)) is not None]
        rows[world.workspace_id, topic] = {
            "question_count": len(questions),
            "video_count": len({each.video_id for each in questions if each.video_id is not None}),
            "learners": len(learners),
            "graded_answer_count": len(answers),
            "correct_answer_count": sum(answers),
            "share_correct": ratio(sum(answers), len(answers)),
            "share_correct_low": low,
            "share_correct_high": high,
            "judged_learners": len(verdicts),
            "gap_learners": sum(verdicts),
            "gap_rate": ratio(sum(verdicts), len(verdicts)),
            "is_gap": None if high is None else high < GAP_SHARE,
        }
    return rows
