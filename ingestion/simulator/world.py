"""The catalog as arrays, so that an audience can walk through it without a loop over viewers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingestion.simulator.catalog import AUDIENCES, Edge, Element, Node, Option, Template, Video
from ingestion.simulator.randomness import Integers

Flags = NDArray[np.bool_]

NEVER = 1 << 40
"""A media time that no node reaches (milliseconds)."""

KINDS = (
    "impression", "play", "pause", "resume", "seek", "heartbeat", "rate_change", "buffer_start", "buffer_end", "ended",
    "exit", "error", "volume_change", "fullscreen_change", "node_enter", "branch_choice", "element_shown",
    "element_click", "element_skip", "cta_click", "product_click", "add_to_cart", "form_shown", "form_submit",
    "question_shown", "question_answer", "question_skip", "poll_answer", "survey_response", "surface_click",
    "chapter_select", "share", "page_view", "identify", "conversion", "hologram_tap",
)  # fmt: skip
"""Event types written; the last one is in nobody's vocabulary."""

KIND = {name: number for number, name in enumerate(KINDS)}

_CLICK = {"hotspot": "element_click", "button": "share", "cta": "cta_click", "product": "product_click",
          "chapter": "chapter_select", "branch": "element_click"}  # fmt: skip
_SHOWN = {"question": "question_shown", "form": "form_shown"}
_ANSWERED = {"question": "question_answer", "poll": "poll_answer", "survey": "survey_response", "form": "form_submit"}
_SKIPPED = {"question": "question_skip"}


@dataclass(frozen=True)
class World:
    """Arrays over videos, nodes, elements, edges and options; positions in each are the numbers events carry.

    Times are milliseconds, boxes ten-thousandths of the frame, probabilities millionths.
    """

    videos: tuple[Video, ...]
    nodes: tuple[Node, ...]
    node_video: Integers
    elements: tuple[Element, ...]
    edges: tuple[Edge, ...]
    options: tuple[tuple[Element, Option], ...]
    video_start: Integers
    video_audience: Integers
    duration: Integers
    patience: Integers
    stops: Integers  # nodes x 3: element number of each stop, -1 where there is none
    stop_at: Integers  # nodes x 3: its media time, NEVER where there is none
    edge_number: Integers  # nodes x 3: edge number, -1
    edge_share: Integers  # nodes x 3: cumulative share of 2**32
    default_edge: Integers  # nodes: -1 for an ending
    edge_to: Integers
    edge_element: Integers
    window_first: Integers  # nodes: first entry in window_element
    window_count: Integers
    window_element: Integers
    element_start: Integers
    element_end: Integers
    element_box: Integers  # elements x 4
    element_moved_box: Integers
    attraction: Integers
    shown_kind: Integers
    click_kind: Integers
    answer_kind: Integers
    skip_kind: Integers
    mastery: Integers
    option_first: Integers
    option_count: Integers
    option_share: Integers  # options: cumulative share of 2**32 within the answers an element's guessers give

    def node(self, node_id: str) -> int:
        """Number of the node with this id."""
        return next(i for i, node in enumerate(self.nodes) if node.node_id == node_id)

    def element(self, element_id: str) -> int:
        """Number of the element with this id."""
        return next(i for i, element in enumerate(self.elements) if element.element_id == element_id)


def _array(values: object) -> Integers:
    return np.array(values, dtype=np.int64)


def _shares(weights: list[int]) -> list[int]:
    total = max(sum(weights), 1)
    return [sum(weights[: i + 1]) * (1 << 32) // total for i in range(len(weights))]


def _padded(rows: list[list[int]], fill: int) -> Integers:
    width = max(max(map(len, rows)), 1)
    return _array([[*row, *[fill] * (width - len(row))] for row in rows])


def build(template: Template) -> World:
    """Number everything in the template, in its own order."""
    nodes = [(v, node) for v, video in enumerate(template.videos) for node in video.nodes]
    elements = [(n, element) for n, (_, node) in enumerate(nodes) for element in node.elements]
    edges = [(n, edge) for n, (_, node) in enumerate(nodes) for edge in node.edges]
    options = [(element, option) for _, element in elements for option in element.options]
    element_number = {(nodes[n][0], e.element_id): i for i, (n, e) in enumerate(elements)}
    node_number = {(v, node.node_id): n for n, (v, node) in enumerate(nodes)}
    stops = [[i for i, (m, e) in enumerate(elements) if m == n and e.stops] for n in range(len(nodes))]
    windows = [[i for i, (m, e) in enumerate(elements) if m == n and not e.stops] for n in range(len(nodes))]
    ways = [[i for i, (m, _) in enumerate(edges) if m == n] for n in range(len(nodes))]
    option_counts = [len(e.options) for _, e in elements]

    def kinds(table: dict[str, str], otherwise: str) -> Integers:
        return _array([KIND[table.get(e.element_type, otherwise)] for _, e in elements])

    def guesses(element: Element) -> list[int]:
        return [0 if option.is_correct else option.weight for option in element.options]

    return World(
        videos=template.videos,
        nodes=tuple(node for _, node in nodes),
        node_video=_array([v for v, _ in nodes]),
        elements=tuple(e for _, e in elements),
        edges=tuple(edge for _, edge in edges),
        options=tuple(options),
        video_start=_array([node_number[v, video.nodes[0].node_id] for v, video in enumerate(template.videos)]),
        video_audience=_array([AUDIENCES.index(video.kind) for video in template.videos]),
        duration=_array([node.duration for _, node in nodes]),
        patience=_array([node.patience for _, node in nodes]),
        stops=_padded(stops, -1),
        stop_at=_padded([[elements[i][1].start for i in row] for row in stops], NEVER),
        edge_number=_padded(ways, -1),
        edge_share=_padded([_shares([edges[i][1].weight for i in row]) for row in ways], 1 << 32),
        default_edge=_array([next((i for i in row if edges[i][1].is_default), row[0] if row else -1) for row in ways]),
        edge_to=_array([node_number[nodes[n][0], edge.to_node_id] for n, edge in edges]),
        edge_element=_array([element_number[nodes[n][0], edge.element_id] for n, edge in edges]),
        window_first=_array([sum(map(len, windows[:n])) for n in range(len(nodes))]),
        window_count=_array([len(row) for row in windows]),
        window_element=_array([i for row in windows for i in row]),
        element_start=_array([e.start for _, e in elements]),
        element_end=_array([e.end for _, e in elements]),
        element_box=_array([e.box for _, e in elements]),
        element_moved_box=_array([e.moved_box or e.box for _, e in elements]),
        attraction=_array([e.attraction for _, e in elements]),
        shown_kind=kinds(_SHOWN, "element_shown"),
        click_kind=kinds(_CLICK, "element_click"),
        answer_kind=kinds(_ANSWERED, "element_click"),
        skip_kind=kinds(_SKIPPED, "element_skip"),
        mastery=_array([e.mastery for _, e in elements]),
        option_first=_array([sum(option_counts[:i]) for i in range(len(elements))]),
        option_count=_array(option_counts),
        option_share=_array([share for _, e in elements for share in _shares(guesses(e))]),
    )
