"""Lines as bytes: NDJSON in which a record has only the fields it has values for.

DuckDB joins ready-made pieces (a visit's, a node's, an element's) around the few values of each event; the bytes of
its string column are the file's content.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.simulator.audience import COUNTRIES, DAY, DEVICES, VERSIONS, Visits
from ingestion.simulator.catalog import Template
from ingestion.simulator.delivery import Defect
from ingestion.simulator.randomness import Integers, Keys
from ingestion.simulator.records import Events
from ingestion.simulator.settings import Settings
from ingestion.simulator.world import KIND, KINDS, World

_BATCH = 20_000
_THANKS = "https://shop.example/thanks"
_HEX = np.array([f"{byte:02x}" for byte in range(256)], dtype="S2")
_SECONDS = np.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)], dtype="S8")
_MILLISECONDS = np.array([f".{ms:03d}Z" for ms in range(1000)], dtype="S5")
_TOLD_ONCE = [KIND[name] for name in ("impression", "play", "page_view", "identify", "form_submit", "conversion")]
_OFF_PLAYER = [KIND[name] for name in ("page_view", "identify", "conversion")]

_LINE = f"""
select
    case defect
        when {int(Defect.TRUNCATED)} then left(line, 40 + length(line) // 3)
        when {int(Defect.NOT_JSON)} then concat('ERROR upstream timed out; ', left(line, 30))
        else line
    end || chr(10) as line
from (
    select
        defect,
        concat(
            '{{"event_id":"', playback, '-', "order", '","event_type":"', kind, '"',
            case when defect <> {int(Defect.NO_TIME)} then concat(
                ',"occurred_at":"', occurred_at, '","sent_at":"', sent_at, '","received_at":"', received_at, '"'
            ) end,
            who, told, page, player,
            ',"sequence_number":' || "order",
            node,
            case when defect = {int(Defect.TEXT_NUMBER)} then ',"position_seconds":"' || position / 1000.0 || '"'
                else ',"position_seconds":' || position / 1000.0 end,
            ',"position_from_seconds":' || seek_from / 1000.0 || ',"position_to_seconds":' || seek_to / 1000.0,
            ',"playback_rate":' || rate / 100.0,
            element, to_node, answer,
            ',"x":' || x / 10000.0 || ',"y":' || y / 10000.0,
            ',"value":' || cents / 100.0 || ',"currency":"EUR"'
                || ',"properties":{{"order_id":"o-' || playback || '-' || "order" || '"}}',
            ',"played_ranges":[[0,' || covered / 1000.0 || ']]',
            case when is_completion then ',"is_completion":true' end,
            case when defect = {int(Defect.UNKNOWN_FIELDS)}
                then ',"ab_bucket":' || "order" % 7 || ',"player_hints":{{"hdr":true}}' end,
            '}}'
        ) as line
    from events
)
"""

_VISITS = """
select
    concat(',"workspace_id":"', workspace, '","device_id":"d-', device, '"') as anonymous,
    concat(',"workspace_id":"', workspace, '","device_id":"d-', device, '","user_id":"u-', "user", '"') as known,
    concat(
        ',"playback_id":"', playback, '","video_id":"', video, '"', experiment,
        ',"player_version":"', version, '"'
    ) as player,
    concat(context, ',"country":"', country, '"', consent, campaign) as told
from visits
"""


def hexadecimal(keys: Keys) -> pa.StringArray:
    """Sixteen hexadecimal digits per key."""
    octets = keys.astype(">u8").view(np.uint8).reshape(len(keys), 8)
    return _fixed_width(np.ascontiguousarray(_HEX[octets]), 16, len(keys))


def timestamps(milliseconds: Integers) -> pa.StringArray:
    """`2026-10-01T12:00:00.123Z` for each number of milliseconds since the epoch."""
    day, rest = np.divmod(milliseconds, DAY)
    first, last = (int(day.min()), int(day.max())) if len(day) else (0, 0)
    dates = np.array([f"{d}T" for d in np.arange(first, last + 1).astype("datetime64[D]")], dtype="S11")
    text = np.empty(len(milliseconds), dtype=[("date", "S11"), ("time", "S8"), ("millisecond", "S5")])
    text["date"] = dates[day - first]
    text["time"] = _SECONDS[rest // 1000]
    text["millisecond"] = _MILLISECONDS[rest % 1000]
    return _fixed_width(text, 24, len(milliseconds))


def _fixed_width(data: np.ndarray, width: int, length: int) -> pa.StringArray:
    offsets = np.arange(length + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(length, pa.py_buffer(offsets), pa.py_buffer(data.tobytes()))


def _chosen(values: list[str], numbers: np.ndarray) -> pa.DictionaryArray:
    """The value with each number; null where the number is negative."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32), mask=numbers < 0), pa.array(values))


def _pairs(**fields: object) -> str:
    """The fields that have a value, as the inside of a JSON object with a leading comma."""
    present = {name: value for name, value in fields.items() if value is not None}
    return "," + json.dumps(present, separators=(",", ":"), ensure_ascii=False)[1:-1] if present else ""


def workspace_names(count: int) -> list[str]:
    """`demo` alone, else audience-0001, audience-0002, ..."""
    return ["demo"] if count == 1 else [f"audience-{number:04d}" for number in range(1, count + 1)]


def user_ids(keys: Keys) -> list[str]:
    """The user_id of each user key."""
    return [f"u-{text}" for text in hexadecimal(keys).to_pylist()]


@dataclass
class Renderer:
    """Turns delivered events into lines. One DuckDB connection, reused."""

    settings: Settings
    world: World
    template: Template
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        world = self.world
        self._nodes = [_pairs(node_id=n.node_id, duration_seconds=n.duration / 1000) for n in world.nodes]
        self._elements = [
            _pairs(element_id=e.element_id, element_type=e.element_type, destination_url=e.destination_url)
            for e in world.elements
        ]
        self._pages = [_pairs(page_url=url) for url in
                       (_THANKS, *(v.page_url for v in world.videos), *(e.destination_url for e in world.elements))]  # fmt: skip
        self._destinations = [_pairs(to_node_id=n.node_id) for n in world.nodes]
        self._answers = [
            _pairs(response=[o.option_id]) if o.is_correct is None
            else _pairs(response=[o.option_id], is_correct=o.is_correct, score=int(o.is_correct), max_score=1)
            for _, o in world.options
        ]  # fmt: skip
        self._contexts = [_pairs(device_type=d, os=o, browser=b) for d, o, b in DEVICES]
        self._campaigns = [
            _pairs(utm_source=c.channel, utm_medium=c.medium, utm_campaign=c.campaign_id, referrer=c.referrer)
            for c in self.template.campaigns
        ]
        given = ((None, None), (False, False), (False, True), (True, True))
        self._consents = [_pairs(consent_marketing=m, consent_analytics=a) for m, a in given]
        self._experiments = [
            _pairs(experiment_id=v.experiment_id, variant_id=variant)
            for v in self.template.videos if v.experiment_id for variant in ("control", "treatment")
        ]  # fmt: skip

    def lines(self, visits: Visits, events: Events) -> list[pa.StringArray]:
        """One string per event, line feed included, in the order of the events."""
        world = self.world
        visit, node, kind, defect = events["visit"], events["node"], events["kind"], events["defect"]
        skew = visits.skew[visit]
        pieces, playback = self._visit_pieces(visits)
        off_player = np.isin(kind, _OFF_PLAYER)
        seeks = kind == KIND["seek"]
        position = events["position"]
        kinds_of_video = world.video_audience[visits.video[visit]]
        completes = (kind == KIND["ended"]) & ((kinds_of_video == 1) | (kinds_of_video == 2))
        completes &= world.default_edge[node] < 0
        option = events["option"]

        def number(column: np.ndarray, present: np.ndarray) -> pa.Array:
            return pa.array(column, mask=~present)

        table = pa.table({
            "defect": defect,
            "playback": pa.DictionaryArray.from_arrays(visit, playback),
            "order": events["order"],
            "kind": _chosen(list(KINDS), kind),
            "occurred_at": timestamps(events["at"] + skew),
            "sent_at": timestamps(events["sent"] + skew),
            "received_at": timestamps(events["received"]),
            "who": pa.DictionaryArray.from_arrays(visit + len(playback) * events["known"].astype(np.int32), pieces["who"]),
            "player": pa.DictionaryArray.from_arrays(pa.array(visit, mask=off_player), pieces["player"]),
            "told": pa.DictionaryArray.from_arrays(pa.array(visit, mask=~np.isin(kind, _TOLD_ONCE)), pieces["told"]),
            "page": _chosen(self._pages, self._page(visits, events)),
            "node": _chosen(self._nodes, node),
            "position": number(position, (position >= 0) & ~seeks),
            "seek_from": number(events["seek_from"], seeks),
            "seek_to": number(position, seeks),
            "rate": number(events["rate"], events["rate"] >= 0),
            "element": _chosen(self._elements, np.where(off_player, -1, events["element"])),
            "to_node": _chosen(self._destinations, events["to_node"]),
            "answer": _chosen(self._answers, option),
            "x": number(events["x"], events["x"] >= 0),
            "y": number(events["y"], events["x"] >= 0),
            "cents": number(events["cents"], events["cents"] >= 0),
            "covered": number(events["covered"], events["covered"] >= 0),
            "is_completion": completes,
        })  # fmt: skip
        self.connection.register("events", pa.Table.from_batches(table.to_batches(max_chunksize=_BATCH), table.schema))
        found = self.connection.sql(_LINE).to_arrow_table()
        self.connection.unregister("events")
        return list(found["line"].chunks)

    def _page(self, visits: Visits, events: Events) -> np.ndarray:
        """The number in `_pages` of where each event happened; -1 where it does not say."""
        kind, visit = events["kind"], events["visit"]
        page = np.where(np.isin(kind, _TOLD_ONCE), 1 + visits.video[visit], -1)
        page = np.where(kind == KIND["page_view"], 1 + len(self.world.videos) + events["element"], page)
        return np.where(kind == KIND["conversion"], 0, page)

    def _visit_pieces(self, visits: Visits) -> tuple[dict[str, pa.Array], pa.StringArray]:
        """The parts of a line that a visit's events share; `who` holds the anonymous form of all visits, then the known."""
        playback = hexadecimal(visits.key)
        tested = np.array([v.experiment_id is not None for v in self.world.videos])[visits.video]
        table = pa.table({
            "playback": playback, "device": hexadecimal(visits.device), "user": hexadecimal(visits.user),
            "workspace": _chosen(workspace_names(self.settings.workspaces), visits.workspace),
            "video": _chosen([v.video_id for v in self.world.videos], visits.video),
            "experiment": _chosen(self._experiments, np.where(tested, visits.variant, -1)),
            "version": _chosen(list(VERSIONS), visits.version), "context": _chosen(self._contexts, visits.context),
            "country": _chosen(list(COUNTRIES), visits.country), "consent": _chosen(self._consents, visits.consent),
            "campaign": _chosen(self._campaigns, visits.campaign),
        })  # fmt: skip
        self.connection.register("visits", table)
        found = self.connection.sql(_VISITS).to_arrow_table().combine_chunks()
        self.connection.unregister("visits")
        texts = {name: pa.concat_arrays(found[name].chunks) for name in found.column_names}
        who = pa.concat_arrays([texts["anonymous"], texts["known"]])
        return {"who": who, "player": texts["player"], "told": texts["told"]}, playback
