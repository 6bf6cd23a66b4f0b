"""What the simulator plants, as questions to the marts: one SQL statement each, which names the audiences it holds in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb


@dataclass(frozen=True)
class Bound:
    """A share of all audiences in which a claim has to hold at least, or may hold at most."""

    share: float
    is_most: bool = False

    def allows(self, found: int, of: int) -> bool:
        """Whether so many of so many keep to it."""
        return found <= self.limit(of) if self.is_most else found >= self.limit(of)

    def limit(self, of: int) -> int:
        """The count it allows, to the strict side: of 3 audiences 90 % are 3, and 5 % are none."""
        # 0.95 x 100 is above 95 in binary fractions: a count that a share names exactly must stay itself.
        scaled = round(self.share * of, 9)
        return math.floor(scaled) if self.is_most else math.ceil(scaled)

    def text(self, of: int) -> str:
        """In words."""
        return f"{'at most' if self.is_most else 'at least'} {self.limit(of)}"


@dataclass(frozen=True)
class Check:
    """A claim about each audience. truth: the planted truth it is about. holds_in: SQL for the workspace_ids in which it
    holds, over the marts and the one row of `planted`, a struct per truth. bound: None where it is only shown.
    """

    truth: str
    claim: str
    holds_in: str
    bound: Bound | None


@dataclass(frozen=True)
class Answer:
    """In how many of all audiences a check holds."""

    check: Check
    found: int
    of: int

    @property
    def is_met(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        return None if self.check.bound is None else self.check.bound.allows(self.found, self.of)


ALMOST_ALL, MOST = Bound(0.95), Bound(0.9)
"""Of what only a lack of viewers can hide; of what a 95 % interval or a median is right about in 95 of 100 at best."""
HARDLY_ANY = Bound(0.05, is_most=True)
BESIDE_TRUE_ONES = Bound(0.2, is_most=True)
"""A false discovery rate of 5 % is one of all seconds found: beside the three around a planted drop-off a false one is a
quarter of what is found, which may happen in a fifth of the audiences."""

_DROP_OFF = """
    from engagement.drop_off_point as points
    cross join planted
    where
        points.video_id = planted.drop_off.video_id
        and points.node_id = planted.drop_off.node_id
        and points.second = planted.drop_off.from_seconds
"""

# Centre and time as a proposal states them; 0.05 of the frame each way.
_OBJECT = """
    from interactivity.suggested_hotspot as hotspots
    cross join planted
    where
        hotspots.video_id = planted.unmarked_object.video_id
        and hotspots.node_id = planted.unmarked_object.node_id
        and abs(hotspots.x - planted.unmarked_object.x) <= 0.05
        and abs(hotspots.y - planted.unmarked_object.y) <= 0.05
        and hotspots.at_seconds between planted.unmarked_object.from_seconds - 2 and planted.unmarked_object.to_seconds + 2
"""

_TREATMENT = """
    from experiments.experiment_result as results
    cross join planted
    where
        results.experiment_id = planted.better_variant.experiment_id
        and results.variant_id = planted.better_variant.better
"""

_NO_VERDICT = """
    select workspace_id
    from experiments.experiment_result
    group by workspace_id
    having count(*) filter (where verdict in ('better', 'worse') and ({counted})) = 0
"""

_HARD = "questions.share_correct_high < 0.5"

PLANTED: tuple[Check, ...] = (
    Check("drop_off", "a drop-off point at the planted second", f"select points.workspace_id {_DROP_OFF}", ALMOST_ALL),
    Check(
        "drop_off",
        "a drop-off point anywhere else",
        f"""
            select workspace_id from engagement.drop_off_point
            where (workspace_id, video_id, node_id, second) not in (
                select (points.workspace_id, points.video_id, points.node_id, points.second) {_DROP_OFF}
            )
        """,
        BESIDE_TRUE_ONES,
    ),
    Check(
        "unmarked_object",
        "ranked first in its video: centre within 5 % of the frame, time within 2 s of its span",
        f"select hotspots.workspace_id {_OBJECT} and hotspots.viewer_rank = 1",
        ALMOST_ALL,
    ),
    Check(
        "unmarked_object",
        "and time within 2 s of the middle of its span",
        f"""
            select hotspots.workspace_id {_OBJECT}
            and hotspots.viewer_rank = 1
            and abs(
                hotspots.at_seconds - (planted.unmarked_object.from_seconds + planted.unmarked_object.to_seconds) / 2
            ) <= 2
        """,
        MOST,
    ),
    Check(
        "unmarked_object",
        "one proposal, not several",
        f"select hotspots.workspace_id {_OBJECT} group by hotspots.workspace_id having count(*) = 1",
        MOST,
    ),
    Check(
        "unmarked_object",
        "its window begins and ends within 2 s of the span",
        f"""
            select hotspots.workspace_id {_OBJECT}
            and abs(hotspots.from_seconds - planted.unmarked_object.from_seconds) <= 2
            and abs(hotspots.to_seconds - planted.unmarked_object.to_seconds) <= 2
        """,
        MOST,
    ),
    Check(
        "unmarked_object",
        "a proposal anywhere else",
        f"""
            select workspace_id from interactivity.suggested_hotspot
            where hotspot_id not in (select hotspots.hotspot_id {_OBJECT})
        """,
        HARDLY_ANY,
    ),
    Check(
        "better_variant",
        "the planted lift inside the 95 % interval of click_through",
        f"""
            select results.workspace_id {_TREATMENT}
            and results.metric = 'click_through'
            and planted.better_variant.treatment_rate - planted.better_variant.control_rate between results.lift_low and results.lift_high
        """,
        MOST,
    ),
    Check(
        "better_variant",
        "the treatment ahead on click_through",
        f"select results.workspace_id {_TREATMENT} and results.metric = 'click_through' and results.lift > 0",
        MOST,
    ),
    Check(
        "better_variant",
        "declared better on click_through (a matter of size)",
        f"select results.workspace_id {_TREATMENT} and results.metric = 'click_through' and results.verdict = 'better'",
        None,
    ),
    Check(
        "hard_question",
        "surely known by fewer than half, and nothing is harder",
        f"""
            select questions.workspace_id
            from interactivity.question_result as questions
            cross join planted
            where questions.question_id = planted.hard_question.question_id and {_HARD}
            and questions.difficulty >= all (
                select others.difficulty from interactivity.question_result as others
                where others.workspace_id = questions.workspace_id and others.difficulty is not null
            )
        """,
        ALMOST_ALL,
    ),
    Check(
        "hard_question",
        "its lure takes most of the wrong answers",
        """
            select options.workspace_id
            from interactivity.option_result as options
            cross join planted
            where
                options.question_id = planted.hard_question.question_id
                and options.option_id = planted.hard_question.lure
                and options.share_of_wrong > 0.5
                and options.is_distractor
        """,
        ALMOST_ALL,
    ),
    Check(
        "hard_question",
        "the planted share correct inside its 95 % interval",
        """
            select questions.workspace_id
            from interactivity.question_result as questions
            cross join planted
            where
                questions.question_id = planted.hard_question.question_id
                and planted.hard_question.share_correct between questions.share_correct_low and questions.share_correct_high
        """,
        MOST,
    ),
    Check(
        "unvisited_node",
        "the unvisited node of its video, and the only one",
        """
            select nodes.workspace_id
            from paths.node_performance as nodes
            cross join planted
            where nodes.video_id = planted.unvisited_node.video_id and nodes.is_unvisited
            group by nodes.workspace_id
            having count(*) = 1 and bool_and(nodes.node_id = planted.unvisited_node.node_id)
        """,
        ALMOST_ALL,
    ),
)
"""Of audiences with everything planted."""

NOTHING: tuple[Check, ...] = (
    Check("drop_off", "any drop-off point", "select workspace_id from engagement.drop_off_point", HARDLY_ANY),
    Check("unmarked_object", "any proposed hotspot", "select workspace_id from interactivity.suggested_hotspot", HARDLY_ANY),
    Check("better_variant", "no winner and no loser on the experiment's metric", _NO_VERDICT.format(counted="is_primary"), MOST),
    Check("better_variant", "no winner and no loser on any metric", _NO_VERDICT.format(counted="true"), None),
    Check(
        "better_variant",
        "a lift of 0 inside the 95 % interval of click_through",
        f"""
            select results.workspace_id {_TREATMENT}
            and results.metric = 'click_through'
            and 0 between results.lift_low and results.lift_high
        """,
        MOST,
    ),
    Check(
        "hard_question",
        "any question surely known by fewer than half",
        f"select questions.workspace_id from interactivity.question_result as questions where {_HARD}",
        HARDLY_ANY,
    ),
    Check(
        "unvisited_node",
        "any unvisited node",
        "select workspace_id from paths.node_performance where is_unvisited",
        HARDLY_ANY,
    ),
)
"""Of audiences with nothing planted but disorder: bots, late and doubled records, skewed clocks."""

DECISIVE: tuple[Check, ...] = tuple(
    Check(
        "better_variant",
        f"the treatment declared better on {metric}",
        f"select results.workspace_id {_TREATMENT} and results.metric = '{metric}' and results.verdict = 'better'",
        Bound(1),
    )
    for metric in ("cta_click", "click_through")
)
"""Of audiences large enough for a verdict."""


class BrokenSealError(RuntimeError):
    """The truths are not those that the simulator wrote."""


def sealed(truths: Path) -> dict[str, Any]:
    """The content of a folder of truths.

    Raises:
        BrokenSealError: it was changed after it was sealed.
    """
    content: dict[str, Any] = json.loads((truths / "truths.json").read_text())
    seal = content.pop("sha256")
    if hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest() != seal:
        raise BrokenSealError(f"The truths in {truths} were changed after the simulation.")
    return content


def ask(warehouse: Path, truths: Path, checks: Sequence[Check]) -> list[Answer]:
    """Asks every audience of a built warehouse every question.

    Raises:
        BrokenSealError: the truths were changed after they were sealed.
    """
    audiences = int(sealed(truths)["parameters"]["workspaces"])
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("create temp table planted as select planted.* from read_json(?)", [str(truths / "truths.json")])
        return [
            Answer(check, len({workspace for (workspace,) in connection.execute(check.holds_in).fetchall()}), audiences)
            for check in checks
        ]
