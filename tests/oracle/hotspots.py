"""Rule 37: places at which more viewers click on nothing than chance would bring there."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from statistics import median
from typing import Any

from tests.oracle.clicks import BUCKET_SECONDS, CELLS, Click, clicks_in, millionths, viewers
from tests.oracle.settings import to_milliseconds
from tests.oracle.summaries import seconds_of
from tests.oracle.worlds import World

Key = tuple[Any, ...]
Cell = tuple[int, int, int]
Rows = dict[Key, dict[str, Any]]
HOT_VIEWERS, WARM_VIEWERS = 3, 2
REACH = 2  # buckets: a pause of one between two cells does not part them
CELL_CHANCE, NODE_CHANCE = 0.001, 0.01


def chance_of_at_least(count: int, mean: float) -> float:
    """P(X >= count) for X Poisson with a mean, rounded half up to 12 decimals."""
    tail = sum(math.exp(-mean + number * math.log(mean) - math.lgamma(number + 1)) for number in range(count, count + 200))
    return math.floor(tail * 1e12 + 0.5) / 1e12


def touching(cells: Iterable[Cell]) -> list[list[Cell]]:
    """The connected sets of cells (bucket, x, y): places that differ by at most 1 each way, buckets by at most REACH."""
    left = set(cells)
    found: list[list[Cell]] = []
    while left:
        members, edge = [], [left.pop()]
        while edge:
            cell = edge.pop()
            members.append(cell)
            near = {
                other
                for other in left
                if abs(other[0] - cell[0]) <= REACH and abs(other[1] - cell[1]) <= 1 and abs(other[2] - cell[2]) <= 1
            }
            left -= near
            edge += near
        found.append(members)
    return found


def hotspot_id(node: Key, cells: Sequence[Cell]) -> str:
    """The least hash of the first bucket of every run of a place's cells without a longer pause."""
    members = set(cells)
    firsts = [(x, y, bucket) for bucket, x, y in cells if not members & {(bucket - pause, x, y) for pause in range(1, REACH + 1)}]
    return min(md5("|".join(map(str, (*node, *first))).encode()).hexdigest() for first in firsts)


def covered_buckets(world: World) -> dict[Key, set[int]]:
    """The buckets of every node in which any view covered a second."""
    found: dict[Key, set[int]] = defaultdict(set)
    for each in world.views:
        for part in each.watched.coverage:
            seconds = seconds_of(part.from_seconds, part.to_seconds)
            found[world.workspace_id, each.view.video_id, part.node_id] |= {second // BUCKET_SECONDS for second in seconds}
    return found


def suggested_hotspot(world: World) -> Rows:
    """Rule 37 by hotspot id, the workspace before it."""
    nodes: dict[Key, list[Click]] = defaultdict(list)
    for click in clicks_in(world):
        if click.outcome == "false_click" and click.facts.is_played:
            nodes[click.node].append(click)
    covered = covered_buckets(world)
    rows: Rows = {}
    for node, clicks in nodes.items():
        buckets = covered[node] | {click.bucket for click in clicks}
        cells: dict[Cell, list[Click]] = defaultdict(list)
        for click in clicks:
            cells[click.bucket, *click.cell].append(click)
        rate = len(clicks) / (CELLS * CELLS * len(buckets))
        chances = {
            cell: chance_of_at_least(len(members), rate) for cell, members in cells.items() if viewers(members) >= WARM_VIEWERS
        }
        warm = {cell: chance for cell, chance in chances.items() if chance < CELL_CHANCE}
        for members in touching(warm):
            least = min((warm[cell] for cell in members if viewers(cells[cell]) >= HOT_VIEWERS), default=math.inf)
            if least * CELLS * CELLS * len(buckets) < NODE_CHANCE:
                rows[node[0], hotspot_id(node, members)] = proposal(node, members, cells, rate, least)
    rank(rows)
    return rows


def proposal(
    node: Key, members: Sequence[Cell], cells: Mapping[Cell, Sequence[Click]], rate: float, chance: float
) -> dict[str, Any]:
    """Rule 37.20: what is proposed for one cluster."""
    clicks = [click for cell in members for click in cells[cell]]
    buckets, columns, lines = (sorted(side) for side in zip(*members, strict=True))
    x, y = (millionths(median(click.event.get(axis) for click in clicks)) / 1e6 for axis in ("x", "y"))
    return {
        "video_id": node[1],
        "node_id": node[2],
        "x": x,
        "y": y,
        "at_seconds": to_milliseconds(median(float(click.event.get("position_seconds")) for click in clicks)),
        "box_x": columns[0] / CELLS,
        "box_y": lines[0] / CELLS,
        "box_width": (columns[-1] - columns[0] + 1) / CELLS,
        "box_height": (lines[-1] - lines[0] + 1) / CELLS,
        "from_seconds": buckets[0] * BUCKET_SECONDS,
        "to_seconds": (buckets[-1] + 1) * BUCKET_SECONDS,
        "viewers": viewers(clicks),
        "views": len({click.facts.view.identity for click in clicks}),
        "clicks": len(clicks),
        "cell_count": len(members),
        "expected_clicks": math.floor(rate * len(members) * 1e6 + 0.5) / 1e6,
        "p_value": chance,
    }


def rank(rows: Rows) -> None:
    """Rule 37.20: number the proposals of each video by viewers, then clicks, then id."""
    videos: dict[Key, list[Key]] = defaultdict(list)
    for key, row in rows.items():
        videos[key[0], row["video_id"]].append(key)
    for keys in videos.values():
        keys.sort(key=lambda key: (-rows[key]["viewers"], -rows[key]["clicks"], key))
        for number, key in enumerate(keys, start=1):
            rows[key]["viewer_rank"] = number
