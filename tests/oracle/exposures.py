"""Rules 30 to 33: which elements a view was exposed to, and what was done with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.oracle.audience import is_interaction, is_outbound
from tests.oracle.authored import FACTS, FOR_EVER, ElementVersion
from tests.oracle.facts import ViewFacts
from tests.oracle.graph import Graph
from tests.oracle.nodes import node_level_rows
from tests.oracle.records import Event
from tests.oracle.settings import DEFAULTS, to_milliseconds
from tests.oracle.worlds import World

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]
SHOWN = ("element_shown", "form_shown", "question_shown")
ANSWERS = ("question_answer", "poll_answer", "survey_response", "form_submit")
SKIPS = ("element_skip", "question_skip")


def is_click(event: Event) -> bool:
    """Rule 31: an interaction that is no answer, or a click on the picture."""
    return event.event_type == "surface_click" or (is_interaction(event) and event.event_type not in ANSWERS)


@dataclass(frozen=True)
class Exposure:
    """A view that was exposed to an element: the version in force at its start, why, and its events on the element."""

    facts: ViewFacts
    node_id: str
    element_id: str
    version: ElementVersion | None
    exposed_by: str
    events: Sequence[Event]

    @property
    def element(self) -> Key:
        return self.facts.view.video_id, self.node_id, self.element_id

    def of_type(self, *types: str) -> list[Event]:
        return [event for event in self.events if event.event_type in types]

    @property
    def clicks(self) -> list[Event]:
        return [event for event in self.events if is_click(event)]

    @property
    def outbound_clicks(self) -> int:
        return sum(is_outbound(event) for event in self.events)

    def reported(self, name: str) -> Any:
        """Rule 30.4: of what the view's events on the element say, the first in byte order."""
        return min((event.get(name) for event in self.events if event.get(name) is not None), default=None)

    @cached_property
    def leads_outside(self) -> bool:
        """Rule 33: by the version's address, by its type, or by what the view's events on it did."""
        authored = self.version.get("element_type") if self.version else None
        kind = authored if authored is not None else self.reported("element_type")
        return (
            (self.version is not None and self.version.get("destination_url") is not None)
            or (kind or "").lower() in ("cta", "product")
            or self.reported("destination_url") is not None
            or bool(self.of_type("cta_click", "product_click"))
        )


def in_force(world: World, view: ViewFacts) -> dict[Key, ElementVersion]:
    """Rule 30.3: the versions of the video's elements whose time contains the view's start, by (node, element)."""
    return {
        (version.node_id, version.element_id): version
        for version in world.authored.element_versions
        if version.video_id == view.view.video_id and version.holds_at(view.view.started_at)
    }


def place_of(event: Event, view: ViewFacts, versions: Iterable[Key]) -> str:
    """Rule 31.5: the node of the element that an event names."""
    video, element = view.view.video_id, event.get("element_id")
    node: str = event.get("node_id")
    if node != video:
        return node
    authored = {place for place, name in versions if name == element}
    spoken = {other.get("node_id") for other in view.view.events if other.get("element_id") == element} - {video}
    if video in authored:
        return video
    for places in (spoken, authored):
        if len(places) == 1:
            return str(next(iter(places)))
    return video


def meets_window(view: ViewFacts, version: ElementVersion) -> bool:
    """Rule 31.6: whether a segment of the coverage source overlaps the window of the element by more than 0."""
    begin, end = version.get("from_seconds"), version.get("to_seconds")
    opens = to_milliseconds(0.0 if begin is None else begin)
    closes = to_milliseconds(DEFAULTS.longest_node_seconds if end is None else end)
    return any(max(start, opens) < min(stop, closes) for start, stop in view.watched.spans(version.node_id))


def exposures_of(world: World, view: ViewFacts) -> list[Exposure]:
    """Rule 31 for one view."""
    versions = in_force(world, view)
    named: dict[Key, list[Event]] = defaultdict(list)
    for event in view.view.events:
        if event.get("element_id") is not None:
            named[place_of(event, view, versions), event.get("element_id")].append(event)
    is_silent = not view.view.of_type(*SHOWN)

    found: list[Exposure] = []
    for node, element in named.keys() | versions.keys():
        events, version = named.get((node, element), []), versions.get((node, element))
        if any(event.event_type in SHOWN for event in events):
            reason = "shown"
        elif any(is_click(event) or event.event_type in (*ANSWERS, *SKIPS) for event in events):
            reason = "action"
        elif is_silent and version is not None and meets_window(view, version):
            reason = "window"
        else:
            continue
        found.append(Exposure(view, node, element, version, reason, events))
    return found


def exposures_in(world: World) -> list[Exposure]:
    """All exposures of a workspace."""
    return [each for view in world.views for each in exposures_of(world, view)]


def earliest(events: Iterable[Event]) -> datetime | None:
    """When the first of the events happened."""
    return min((event.occurred_at for event in events), default=None)


def int_exposures(world: World) -> Rows:
    """Rule 31 by view identity, node and element."""
    return {
        (*each.facts.view.identity, each.node_id, each.element_id): {
            "version_number": each.version.number if each.version else None,
            "exposed_by": each.exposed_by,
            "shown_count": len(each.of_type(*SHOWN)),
            "first_shown_at": earliest(each.of_type(*SHOWN)),
            "click_count": len(each.clicks),
            "first_clicked_at": earliest(each.clicks),
            "outbound_click_count": each.outbound_clicks,
            "answer_count": len(each.of_type(*ANSWERS)),
            "first_answered_at": earliest(each.of_type(*ANSWERS)),
            "skip_count": len(each.of_type(*SKIPS)),
            "is_outbound": each.leads_outside,
            "reported_element_type": each.reported("element_type"),
            "reported_destination_url": each.reported("destination_url"),
            "reported_to_node_id": each.reported("to_node_id"),
        }
        for each in exposures_in(world)
    }


def most_said(exposures: Iterable[Exposure], name: str) -> Any:
    """Rule 30.4: the value of most views, of equally many the first in byte order."""
    counts = Counter(said for each in exposures if (said := each.reported(name)) is not None)
    return min(counts, key=lambda said: (-counts[said], said), default=None)


def unauthored_number(element: Key, world: World) -> int:
    """Rule 30.4: the number of the row of an element that was met while no version of it was in force."""
    return 0 if any(version.element == element for version in world.authored.element_versions) else 1


def dim_element(world: World) -> Rows:
    """Rule 30.4 by (workspace, video, node, element, version)."""
    met: dict[Key, list[Exposure]] = defaultdict(list)
    for each in exposures_in(world):
        met[each.element].append(each)
    rows: Rows = {}
    for version in world.authored.element_versions:
        rows[world.workspace_id, *version.element, version.number] = {
            **{fact: version.get(fact) for fact in FACTS},
            **described(version, met[version.element]),
            "is_in_catalog": True,
            "is_current": version.valid_to == FOR_EVER,
            "valid_from": version.valid_from,
            "valid_to": version.valid_to,
        }
    for element, exposures in met.items():
        if any(each.version is None for each in exposures):
            number = unauthored_number(element, world)
            rows[world.workspace_id, *element, number] = {
                **dict.fromkeys(FACTS),
                **described(None, exposures),
                "is_in_catalog": False,
                "is_current": number == 1,
                "valid_from": None,
                "valid_to": None,
            }
    return rows


def described(version: ElementVersion | None, exposures: Sequence[Exposure]) -> dict[str, Any]:
    """Rule 30.4: type and destination, as authored, else as reported."""
    authored = [version.get(name) if version else None for name in ("destination_url", "to_node_id")]
    reported = [most_said(exposures, name) for name in ("destination_url", "to_node_id")]
    kind = version.get("element_type") if version else None
    return {
        "element_type": kind if kind is not None else most_said(exposures, "element_type"),
        "destination": next((place for place in [*authored, *reported] if place is not None), None),
    }


def people(exposures: Iterable[Exposure]) -> int:
    """How many distinct viewers the exposures have."""
    return len({each.facts.viewer_id for each in exposures})


def element_performance(world: World) -> Rows:
    """Rule 32 by (workspace, video, node, element, version, day)."""
    days: dict[Key, list[Exposure]] = defaultdict(list)
    for each in exposures_in(world):
        number = each.version.number if each.version else unauthored_number(each.element, world)
        days[world.workspace_id, *each.element, number, each.facts.view.started_at.date()].append(each)
    nodes = node_level_rows(world.views, [Graph(world.catalog)])
    rows: Rows = {}
    for key, members in days.items():
        row: dict[str, Any] = {
            "node_level": nodes[key[:3]]["level"] if key[:3] in nodes else None,
            "exposed_views": len(members),
            "exposed_viewers": people(members),
            "outbound_clicks": sum(each.outbound_clicks for each in members),
            **{
                f"views_by_{reason}": sum(each.exposed_by == reason for each in members)
                for reason in ("shown", "action", "window")
            },
        }
        deeds: tuple[tuple[str, str, Callable[[Exposure], int]], ...] = (
            ("clicks", "clicking", lambda each: len(each.clicks)),
            ("answers", "answering", lambda each: len(each.of_type(*ANSWERS))),
            ("skips", "skipping", lambda each: len(each.of_type(*SKIPS))),
        )
        for name, doing, count in deeds:
            active = [each for each in members if count(each)]
            row[name] = sum(count(each) for each in members)
            row[f"{doing}_views"], row[f"{doing}_viewers"] = len(active), people(active)
        row["click_through_rate"] = row["clicking_viewers"] / row["exposed_viewers"]
        row["view_click_through_rate"] = row["clicking_views"] / row["exposed_views"]
        row["answer_rate"] = row["answering_viewers"] / row["exposed_viewers"]
        row["skip_rate"] = row["skipping_viewers"] / row["exposed_viewers"]
        rows[key] = row
    return rows


def video_click_through(world: World) -> Rows:
    """Rule 33 by (workspace, video, day)."""
    days: dict[Key, list[Exposure]] = defaultdict(list)
    for each in exposures_in(world):
        if each.leads_outside:
            days[world.workspace_id, each.facts.view.video_id, each.facts.view.started_at.date()].append(each)
    rows: Rows = {}
    for key, members in days.items():
        views = {each.facts.view.identity for each in members}
        clicked = [each for each in members if each.clicks]
        clicking = {each.facts.view.identity for each in clicked}
        rows[key] = {
            "exposed_views": len(views),
            "exposed_viewers": people(members),
            "clicks": sum(len(each.clicks) for each in members),
            "clicking_views": len(clicking),
            "clicking_viewers": people(clicked),
            "click_through_rate": people(clicked) / people(members),
            "view_click_through_rate": len(clicking) / len(views),
        }
    return rows
