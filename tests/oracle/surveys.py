"""Rule 46: what comes of surveys."""

from __future__ import annotations

from typing import Any

from tests.oracle.question_results import Asked, Rows, asked_in, distribution, wilson
from tests.oracle.questions import Answer, answers_of, thousandths
from tests.oracle.summaries import ratio
from tests.oracle.worlds import World

NPS = {number * 1000 for number in range(11)}
CSAT = {number * 1000 for number in range(1, 6)}
PROMOTER, DETRACTOR, SATISFIED = 9000, 6000, 4000


def scale_of(asked: Asked) -> str | None:
    """Rule 46: the authored scale, else what the offered options look like, else what the answers do."""
    if asked.question.authored_scale is not None:
        return asked.question.authored_scale
    ratings = [thousandths(option.rating) for option in asked.question.offered]
    if ratings:
        if len(ratings) == len(NPS) and set(ratings) == NPS:
            return "nps"
        if len(ratings) == len(CSAT) and set(ratings) == CSAT:
            return "csat"
        return "choice" if None in ratings else "rating"
    if any(each.rating is None and each.event.get("response") is not None for each in asked.answers):
        return "text"
    return "rating" if any(each.rating is not None for each in asked.answers) else None


def is_on_scale(rating: int | None, scale: str | None) -> bool:
    """Rule 46: whether a rating (in thousandths) counts."""
    if rating is None:
        return False
    bounds = {"nps": (0, 10_000), "csat": (1000, 5000)}
    if scale in bounds:
        low, high = bounds[scale]
        return low <= rating <= high
    return scale == "rating"


def survey_result(world: World) -> Rows:
    """Rule 46 by (workspace, video, question)."""
    rows: Rows = {}
    for (video, name), asked in asked_in(world, "survey").items():
        scale = scale_of(asked)
        ratings = [rating for each in asked.latest if is_on_scale(rating := each.rating, scale) and rating is not None]
        moments = [each.event.occurred_at for each in asked.answers]
        rows[world.workspace_id, video, name] = {
            "element_id": asked.element_id,
            "text": asked.question.get("text"),
            "topic": asked.question.topic,
            "scale": scale,
            "is_in_catalog": asked.question.is_in_catalog,
            "exposed_viewers": len(asked.exposed),
            "response_count": len(asked.answers),
            "answered_viewers": len(asked.answered),
            "response_rate": ratio(len(asked.answered), len(asked.exposed)),
            "rated_viewers": len(ratings),
            "rating_mean": sum(ratings) / len(ratings) / 1000 if ratings else None,
            **promoters(ratings, scale),
            **satisfaction(ratings, scale),
            "first_answered_at": min(moments, default=None),
            "last_answered_at": max(moments, default=None),
        }
    return rows


def promoters(ratings: list[int], scale: str | None) -> dict[str, Any]:
    """Rule 46: who would recommend it, on the scale of nps only."""
    if scale != "nps":
        return dict.fromkeys(("promoters", "passives", "detractors", "nps"))
    high = sum(rating >= PROMOTER for rating in ratings)
    low = sum(rating <= DETRACTOR for rating in ratings)
    return {
        "promoters": high,
        "passives": len(ratings) - high - low,
        "detractors": low,
        "nps": 100 * (high - low) / len(ratings) if ratings else None,
    }


def satisfaction(ratings: list[int], scale: str | None) -> dict[str, Any]:
    """Rule 46: who is satisfied, on the scale of csat only."""
    if scale != "csat":
        return dict.fromkeys(("satisfied", "csat", "csat_low", "csat_high"))
    satisfied = sum(rating >= SATISFIED for rating in ratings)
    low, high = wilson(satisfied, len(ratings))
    return {"satisfied": satisfied, "csat": ratio(satisfied, len(ratings)), "csat_low": low, "csat_high": high}


def survey_distribution(world: World) -> Rows:
    """Rule 46 by (workspace, video, question, option)."""
    rows: Rows = {}
    for (video, name), asked in asked_in(world, "survey").items():
        if scale_of(asked) != "text":
            for key, row in distribution(world, video, name, asked).items():
                rating = thousandths(asked.question.rating_of(key[3]))
                rows[key] = row | {"rating": None if rating is None else rating / 1000}
    return rows


def response_text(answer: Answer) -> str | None:
    """Rule 46: the texts of a response in their order, untrimmed, one below the other."""
    said = [text for text in answer.event.get("response") or [] if text is not None]
    return "\n".join(said) or None


def survey_response(world: World) -> Rows:
    """Rule 46 by event key: every response, also one that no element asked for."""
    asked = asked_in(world, "survey")
    rows: Rows = {}
    for answer in answers_of(world).answers:
        if answer.asking.kind != "survey":
            continue
        of = asked.get(answer.asking.question_key)
        view = answer.asking.view
        rows[answer.event.key] = {
            "view": view.view.identity if view else None,
            "viewer_id": answer.viewer_id,
            "occurred_at": answer.event.occurred_at,
            "video_id": answer.event.get("video_id"),
            "node_id": answer.event.get("node_id"),
            "position_seconds": answer.event.get("position_seconds"),
            "element_id": answer.event.get("element_id"),
            "question_id": of.question.question_id if of else None,
            "question_text": of.question.get("text") if of else None,
            "scale": scale_of(of) if of else None,
            "response_text": response_text(answer),
            "rating": None if answer.rating is None else answer.rating / 1000,
            "is_latest_of_viewer": answer.is_last,
            "seconds_to_answer": answer.seconds_to_answer,
        }
    return rows
