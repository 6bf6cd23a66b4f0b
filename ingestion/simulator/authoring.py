"""The catalog as files: full snapshots per entity, the elements in two versions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import numpy as np

from ingestion.simulator import audience
from ingestion.simulator.catalog import OPEN, Element, Template
from ingestion.simulator.rendering import user_ids, workspace_names
from ingestion.simulator.settings import Settings
from ingestion.simulator.world import build

Row = dict[str, object]
CONTACTS_PER_WORKSPACE = 2_000
_ACCOUNTS = ("Fern and Field", "Kestrel Works", "Lumen Yard", "Otter Logistics", "Pinewood Clinic", "Quarry House")
_FIRST = ("Ada", "Bram", "Carla", "Dario", "Edda", "Finn", "Greta", "Henk", "Ines", "Jonas", "Kaya", "Levi")
_LAST = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch")
_UNITS = ("Warehouse", "Workshop", "Office", "Field service")


def write_catalog(folder: Path, settings: Settings, template: Template) -> None:
    """Writes `<entity>.ndjson` for every entity, and the elements as they are from the middle of the period on."""
    names = workspace_names(settings.workspaces)
    people = _people(settings, template)
    for entity, rows in (_authored(settings, template, names) | people).items():
        _write(folder / f"{entity}.ndjson", rows)
    moved = folder / "elements" / f"as_of={settings.change_date.isoformat()}" / "elements.ndjson"
    _write(moved, [row for name in names for row in _elements(template, name, is_moved=True)])


def _write(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            present = {name: value for name, value in row.items() if value is not None}
            file.write(json.dumps(present, ensure_ascii=False, separators=(",", ":")) + "\n")


def _elements(template: Template, workspace: str, *, is_moved: bool) -> list[Row]:
    def row(video: str, node: str, element: Element, to_node: str | None) -> Row:
        box = (element.moved_box if is_moved else None) or element.box
        return {
            "workspace_id": workspace, "video_id": video, "node_id": node, "element_id": element.element_id,
            "element_type": element.element_type, "name": element.name,
            "from_seconds": element.start / 1000, "to_seconds": element.end / 1000,
            "box_x": box[0] / 10_000, "box_y": box[1] / 10_000,
            "box_width": box[2] / 10_000, "box_height": box[3] / 10_000,
            "to_node_id": to_node, "destination_url": element.destination_url,
        }  # fmt: skip

    return [
        row(video.video_id, node.node_id, element, {e.element_id: e.to_node_id for e in node.edges}.get(element.element_id))
        for video in template.videos for node in video.nodes for element in node.elements
    ]  # fmt: skip


def _authored(settings: Settings, template: Template, names: list[str]) -> dict[str, list[Row]]:
    """Everything that authors and marketers write down."""
    start, end = settings.start, settings.start + timedelta(days=60)
    nodes = [(v, n) for v in template.videos for n in v.nodes]
    asked = [(v, e) for v, n in nodes for e in n.elements if e.question_id]
    entities: dict[str, list[Row]] = defaultdict(list)
    for name in names:
        here: Row = {"workspace_id": name}
        entities["videos"] += [
            here | {"video_id": v.video_id, "title": v.title, "kind": v.kind, "start_node_id": v.nodes[0].node_id,
                    "cost": float(v.cost), "currency": "EUR", "published_at": f"{start - timedelta(days=30)}T08:00:00Z"}
            for v in template.videos
        ]  # fmt: skip
        entities["nodes"] += [
            here | {"video_id": v.video_id, "node_id": n.node_id, "title": n.title, "duration_seconds": n.duration / 1000}
            for v, n in nodes
        ]
        entities["edges"] += [
            here | {"video_id": v.video_id, "from_node_id": n.node_id, "to_node_id": e.to_node_id,
                    "element_id": e.element_id, "is_default": e.is_default}
            for v, n in nodes for e in n.edges
        ]  # fmt: skip
        entities["elements"] += _elements(template, name, is_moved=False)
        entities["questions"] += [
            here | {"video_id": v.video_id, "element_id": e.element_id, "question_id": e.question_id, "text": e.text,
                    "topic": e.topic, "max_score": 1 if e.mastery else None}
            for v, e in asked
        ]  # fmt: skip
        entities["options"] += [
            here | {"question_id": e.question_id, "option_id": o.option_id, "text": o.text, "is_correct": o.is_correct}
            for _, e in asked if e.topic != OPEN for o in e.options
        ]  # fmt: skip
        entities["campaigns"] += [
            here | {"campaign_id": c.campaign_id, "name": c.name, "channel": c.channel, "cost": float(c.cost),
                    "currency": "EUR", "starts_on": start.isoformat(), "ends_on": end.isoformat()}
            for c in template.campaigns
        ]  # fmt: skip
        entities["experiments"] += [
            here | {"experiment_id": v.experiment_id, "video_id": v.video_id, "unit": "device", "metric": "cta_click",
                    "variants": [{"variant_id": "control", "planned_share": 0.5},
                                 {"variant_id": "treatment", "planned_share": 0.5}],
                    "starts_at": f"{start}T00:00:00Z", "ends_at": f"{end}T00:00:00Z"}
            for v in template.videos if v.experiment_id
        ]  # fmt: skip
        entities["goals"] += [here | goal for goal in _GOALS]
        entities["accounts"] += [
            here | {"account_id": f"account-{i}", "name": account, "domain": f"{account.split()[0].lower()}.example"}
            for i, account in enumerate(_ACCOUNTS)
        ]
    return entities


_GOALS: tuple[Row, ...] = (
    {"goal_id": "tour-to-purchase", "name": "From tour to purchase", "window_hours": 168, "is_ordered": True,
     "steps": [{"event_type": "play", "video_id": "product-tour"},
               {"event_type": "cta_click", "element_id": "buy-now", "video_id": "product-tour"},
               {"event_type": "page_view"}, {"event_type": "conversion"}]},
    {"goal_id": "newsletter", "name": "Newsletter sign-up", "window_hours": 24, "is_ordered": True,
     "steps": [{"event_type": "play", "video_id": "product-tour"},
               {"event_type": "form_shown", "element_id": "newsletter"},
               {"event_type": "form_submit", "element_id": "newsletter"}]},
    {"goal_id": "course-rated", "name": "Course taken and rated", "window_hours": 720, "is_ordered": False,
     "steps": [{"event_type": "question_answer", "video_id": "ladder-safety"},
               {"event_type": "survey_response", "element_id": "course-rating"}]},
)  # fmt: skip


def _people(settings: Settings, template: Template) -> dict[str, list[Row]]:
    """Contacts and assignments of logged-in viewers: those of the first days' visits, a bounded number."""
    world, names = build(template), workspace_names(settings.workspaces)
    limit = CONTACTS_PER_WORKSPACE * settings.workspaces
    slots: list[np.ndarray] = []
    days: list[np.ndarray] = []
    for day in range(settings.first_day, settings.change_day + 1):
        count = min(audience.visits_on(settings, day), max(limit - sum(map(len, slots)), 0))
        slots.append(np.arange(count, dtype=np.int64))
        days.append(np.full(count, day, dtype=np.int64))
    found = audience.visits(settings, world, np.concatenate(days), np.concatenate(slots))
    found = found.take(found.logged_in)
    _, first = np.unique(found.user, return_index=True)
    found = found.take(np.sort(first))
    users = user_ids(found.user)
    digits = [int(user[-4:], 16) for user in users]
    contacts: list[Row] = [
        {"workspace_id": names[w], "user_id": user, "email": f"{user}@example.com",
         "name": f"{_FIRST[d % 12]} {_LAST[d % 11]}", "account_id": f"account-{d % len(_ACCOUNTS)}",
         "consent_marketing": d % 3 != 0}
        for user, d, w in zip(users, digits, found.workspace.tolist(), strict=True)
    ]  # fmt: skip
    assigned = {1: ("ladder-safety", "data-basics"), 2: ("fire-drill",)}
    assignments: list[Row] = [
        {"workspace_id": names[w], "user_id": user, "video_id": video,
         "assigned_at": f"{settings.start}T07:00:00Z",
         "due_at": f"{settings.start + timedelta(days=7 + d % 21)}T22:00:00Z", "org_unit": _UNITS[d % 4]}
        for user, d, w, a in zip(users, digits, found.workspace.tolist(), found.audience.tolist(), strict=True)
        for video in assigned.get(a, ())
    ]  # fmt: skip
    return {"contacts": contacts, "assignments": assignments}
