"""The sealed truths: what was planted, and exact counts of what was really done and written.

They lie outside the landing folder, and nothing but a final comparison may read them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.simulator.audience import Visits
from ingestion.simulator.catalog import AUDIENCES
from ingestion.simulator.delivery import Copy, Defect
from ingestion.simulator.interactions import (
    EXPERIMENT_ELEMENT,
    UNMARKED_FROM,
    UNMARKED_NODE,
    UNMARKED_REACH,
    UNMARKED_TO,
    UNMARKED_X,
    UNMARKED_Y,
)  # fmt: skip
from ingestion.simulator.playback import DROP_OFF_AT, DROP_OFF_NODE, Stretches
from ingestion.simulator.records import Events, take
from ingestion.simulator.rendering import hexadecimal, workspace_names
from ingestion.simulator.settings import PLANTS, Settings
from ingestion.simulator.world import KIND, KINDS, World


@dataclass
class Ledger:
    """Counts while a simulation runs, then seals."""

    settings: Settings
    world: World
    folder: Path
    kinds: Counter[str] = field(default_factory=Counter)
    by_day: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    views: list[pa.Table] = field(default_factory=list)
    visits: int = 0
    lines: int = 0

    def watched(self, visits: Visits, stretches: Stretches, events: Events) -> None:
        """Notes what each visit of a block really watched, and how much of it its records can prove."""
        self.visits += len(visits.key)
        self.views.append(_views(self.settings, self.world, visits, stretches, events))

    def forget(self) -> None:
        """Drops what was noted: blocks generated again are not this run's."""
        self.visits, self.views = 0, []

    def received(self, day: int, visits: Visits, events: Events) -> None:
        """Counts one file's lines."""
        counts = self.by_day[day]
        defect, kind = events["defect"], events["kind"]
        malformed = defect >= Defect.TRUNCATED
        duplicate = events["copy"] == Copy.DUPLICATE
        late = (events["received"] - events["at"] >= 86_400_000) & ~malformed
        counts["lines"] += len(kind)
        counts["malformed"] += int(malformed.sum())
        for broken in (Defect.TRUNCATED, Defect.NOT_JSON, Defect.NO_TIME):
            counts[f"malformed_{broken.name.lower()}"] += int((defect == broken).sum())
        counts["duplicates"] += int(duplicate.sum())
        counts["late"] += int(late.sum())
        counts["unknown_types"] += int(((kind == len(KINDS) - 1) & ~malformed).sum())
        counts["unknown_fields"] += int((defect == Defect.UNKNOWN_FIELDS).sum())
        counts["text_numbers"] += int((defect == Defect.TEXT_NUMBER).sum())
        counts["bot_lines"] += int(visits.is_bot[events["visit"]].sum())
        counts["skewed_lines"] += int((visits.skew[events["visit"]] != 0).sum())
        self.lines += len(kind)
        counts.update(_planted_lines(self.world, visits, take(events, ~malformed & ~duplicate)))
        found = np.bincount(kind[~malformed], minlength=len(KINDS))
        self.kinds.update({name: int(n) for name, n in zip(KINDS, found, strict=True) if n})

    def close_day(self, day: int) -> None:
        """Writes the views that began on a day, and the day's counts."""
        name = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
        (self.folder / "views").mkdir(parents=True, exist_ok=True)
        (self.folder / "days").mkdir(parents=True, exist_ok=True)
        if self.views:
            views = pa.concat_tables(self.views).unify_dictionaries()
            pq.write_table(views, self.folder / "views" / f"{name}.parquet", compression="zstd")
            self.by_day[day]["visits"] += views.num_rows
            for total in ("is_played", "is_bot", "is_resumed", "is_late", "watched_milliseconds", "proven_milliseconds"):
                self.by_day[day][f"visits_{total}" if total.startswith("is_") else total] += pc.sum(views[total]).as_py()
        self.views = []
        (self.folder / "days" / f"{name}.json").write_text(json.dumps(dict(self.by_day[day]), indent=1) + "\n")

    def lines_by_kind(self) -> dict[str, int]:
        """Lines that are records, by event type, the most frequent first."""
        return dict(sorted(self.kinds.items(), key=lambda item: -item[1]))

    def seal(self, undelivered: list[np.ndarray], *, is_whole: bool) -> Path:
        """Writes `truths.json` (a whole run) with a digest over its content; returns the folder.

        `undelivered`: keys of the visits of which some records would arrive after the last day.
        """
        keys = np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *undelivered]))
        pq.write_table(pa.table({"playback_id": hexadecimal(keys)}), self.folder / "undelivered.parquet")
        if is_whole:
            total: Counter[str] = Counter()
            for counts in self.by_day.values():
                total.update(counts)
            content = {
                "parameters": self.settings.described(),
                "planted": planted(self.settings, self.world),
                "catalog_change": _catalog_change(self.settings, self.world),
                "counts": dict(total),
                "lines_by_kind": self.lines_by_kind(),
            }
            text = json.dumps(content, sort_keys=True)
            sealed = {"sha256": hashlib.sha256(text.encode()).hexdigest(), **content}
            (self.folder / "truths.json").write_text(json.dumps(sealed, indent=1) + "\n")
        return self.folder


def planted(settings: Settings, world: World) -> dict[str, object]:
    """Each planted truth with what there is to find."""
    rates, ladder = settings.rates, world.elements[world.element("ask-ladder-angle")]
    details: dict[str, dict[str, object]] = {
        "drop_off": {"video_id": "autumn-launch", "node_id": DROP_OFF_NODE, "from_seconds": DROP_OFF_AT / 1000,
                     "to_seconds": DROP_OFF_AT / 1000 + 1, "share_leaving": rates.drop_off / 1e6},
        "unmarked_object": {"video_id": "product-tour", "node_id": UNMARKED_NODE, "x": UNMARKED_X / 1e4,
                            "y": UNMARKED_Y / 1e4, "reach": UNMARKED_REACH / 1e4,
                            "from_seconds": UNMARKED_FROM / 1000, "to_seconds": UNMARKED_TO / 1000,
                            "click_rate": rates.unmarked_click / 1e6},
        "better_variant": {"experiment_id": "spring-cta", "element_id": EXPERIMENT_ELEMENT, "better": "treatment",
                           "control_rate": rates.control_click / 1e6, "treatment_rate": rates.treatment_click / 1e6},
        "hard_question": {"question_id": "ladder-angle", "share_correct": ladder.mastery / 1e6,
                          "lure": ladder.options[1].option_id},
        "unvisited_node": {"video_id": "product-tour", "node_id": "tour-archive"},
    }  # fmt: skip
    return {name: {"is_planted": name in settings.plant, "what": what} | details.get(name, {}) for name, what in PLANTS.items()}


def _planted_lines(world: World, visits: Visits, records: Events) -> Counter[str]:
    """How often what was planted shows in the records of one file, copies left out."""
    kind, node, element, position = (records[name] for name in ("kind", "node", "element", "position"))
    treated = visits.variant[records["visit"]] == 1
    offered = element == world.element(EXPERIMENT_ELEMENT)
    answered = (kind == KIND["question_answer"]) & (element == world.element("ask-ladder-angle"))
    right = records["option"] == world.option_first[world.element("ask-ladder-angle")]
    dropped = (kind == KIND["exit"]) & (node == world.node(DROP_OFF_NODE))
    clicked = (kind == KIND["surface_click"]) & (node == world.node(UNMARKED_NODE))
    clicked &= (position >= UNMARKED_FROM) & (position < UNMARKED_TO)
    clicked &= (np.abs(records["x"] - UNMARKED_X) < UNMARKED_REACH) & (np.abs(records["y"] - UNMARKED_Y) < UNMARKED_REACH)
    found = {
        "control_shown": (kind == KIND["element_shown"]) & offered & ~treated,
        "control_clicks": (kind == KIND["cta_click"]) & offered & ~treated,
        "treatment_shown": (kind == KIND["element_shown"]) & offered & treated,
        "treatment_clicks": (kind == KIND["cta_click"]) & offered & treated,
        "hard_question_answers": answered,
        "hard_question_right": answered & right,
        "exits_in_drop_off_second": dropped & (position >= DROP_OFF_AT) & (position < DROP_OFF_AT + 1000),
        "exits_in_drop_off_node": dropped,
        "clicks_on_unmarked_object": clicked,
        "visits_of_unvisited_node": (kind == KIND["node_enter"]) & (node == world.node("tour-archive")),
        "conversions": kind == KIND["conversion"],
    }
    counts = Counter({name: int(rows.sum()) for name, rows in found.items()})
    counts["conversion_cents"] = int(records["cents"][found["conversions"]].sum())
    return counts


def _catalog_change(settings: Settings, world: World) -> dict[str, object]:
    """The elements that lie elsewhere from a date on: boxes are x, y, width, height in parts of the frame."""
    moved = [element for element in world.elements if element.moved_box]
    return {
        "as_of": settings.change_date.isoformat(),
        "moved": [
            {"element_id": e.element_id, "from": [v / 1e4 for v in e.box], "to": [v / 1e4 for v in e.moved_box or ()]}
            for e in moved
        ],
    }


def _views(settings: Settings, world: World, visits: Visits, s: Stretches, events: Events) -> pa.Table:
    """One row per visit: watched seconds as lived, and as far as its records prove them (a closed tab says nothing)."""
    count = len(visits.key)
    proven = s.end.copy()
    silent = np.flatnonzero(s.is_silent_end)
    if len(silent):
        proven[silent] = _last_positions(count, s, silent, events)
    length = s.end - s.begin
    return pa.table({
        "playback_id": hexadecimal(visits.key),
        "device_id": pa.array([f"d-{text}" for text in hexadecimal(visits.device).to_pylist()]),
        "workspace_id": pa.DictionaryArray.from_arrays(visits.workspace.astype(np.int32), workspace_names(settings.workspaces)),
        "video_id": pa.DictionaryArray.from_arrays(visits.video.astype(np.int32), [v.video_id for v in world.videos]),
        "audience": pa.DictionaryArray.from_arrays(visits.audience.astype(np.int32), list(AUDIENCES)),
        "started_at": pa.array(visits.start, type=pa.timestamp("ms")),
        "is_played": np.bincount(s.visit, minlength=count) > 0,
        "is_bot": visits.is_bot,
        "is_resumed": visits.is_resumed,
        "is_late": visits.is_late,
        "variant_id": pa.DictionaryArray.from_arrays(visits.variant.astype(np.int32), ["control", "treatment"]),
        "watched_milliseconds": _sums(s.visit, length, count),
        "proven_milliseconds": _sums(s.visit, proven - s.begin, count),
        "proven_unique_milliseconds": _unions(s, proven, count),
    })  # fmt: skip


def _sums(group: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Sum of integer values per group; exact below 2**53."""
    return np.bincount(group, weights=values, minlength=count).astype(np.int64)


def _last_positions(count: int, s: Stretches, silent: np.ndarray, events: Events) -> np.ndarray:
    """The media time of the last record inside each silent last stretch (a visit has at most one)."""
    wall = np.full(count, np.iinfo(np.int64).max)
    wall[s.visit[silent]] = s.wall[silent]
    last = np.zeros(count, dtype=np.int64)
    inside = (events["position"] >= 0) & (events["at"] >= wall[events["visit"]]) & (events["seek_from"] < 0)
    np.maximum.at(last, events["visit"][inside], events["position"][inside].astype(np.int64))
    found: np.ndarray = np.maximum(last[s.visit[silent]], s.begin[silent])
    return found


def _unions(s: Stretches, end: np.ndarray, count: int) -> np.ndarray:
    """Length of the union of what each visit watched, per node, summed over its nodes."""
    span = np.int64(1) << 20  # longer than any node, in milliseconds
    group = s.visit * np.int64(256) + s.node
    order = np.argsort(group * span + s.begin, kind="stable")
    base = group[order] * span
    begin, reach = base + s.begin[order], base + end[order]
    furthest = np.maximum.accumulate(reach)
    before = np.concatenate([[np.int64(-1)], furthest[:-1]])
    fresh = np.maximum(reach - np.maximum(begin, before), 0)
    return _sums(s.visit[order], fresh, count)
