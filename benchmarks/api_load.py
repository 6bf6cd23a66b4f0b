"""Clients that read the API while it is published to, and check every row that they are given.

In the snapshots they read, every row of every table says in which generation it was published: a page of mixed generations, or
a sequence of pages that slips from one to the next, cannot go unseen.
"""

from __future__ import annotations

import io
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import httpx
import pyarrow as pa
import pyarrow.csv

from benchmarks.measure import REPOSITORY
from ingestion.home import Home
from serving.api.scope import Data, Scope
from serving.api.tokens import TokenStore
from serving.publication import Description, Provenance
from serving.publish import publish

WORKSPACES = ("north", "south")
VIEWS = ("core", "fct_view")
DAYS = ("kpis", "kpi_video_daily")
PAGES = 4
"""Pages that a client reads of a table, one after the other."""
START_SECONDS = 60
ARROW, JSON = "application/vnd.apache.arrow.stream", "application/json"
# What clients ask, by kind: a path and its parameters. Each is a first page; `cursor` is what follows it.
FIRST_PAGES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "page, JSON": ("core/fct_view", {"limit": "1000"}),
    "page, CSV": ("core/fct_view", {"limit": "1000", "format": "csv"}),
    "page, Arrow": ("core/fct_view", {"limit": "1000", "format": "arrow"}),
    "page of a filter": ("core/fct_view", {"where": "video_id:eq:video-7", "limit": "200"}),
    "page in an order": (
        "core/fct_view",
        {"order": "watch_seconds:desc", "limit": "200", "columns": "view_id,watch_seconds,version"},
    ),
    "small table": ("kpis/kpi_video_daily", {"where": "date_day:gte:2026-10-20", "order": "plays:desc", "limit": "100"}),
}
METADATA = {"tables": "/v1/tables", "one table": "/v1/tables/core/fct_view", "publication": "/v1/publication"}


@dataclass
class Heard:
    """What all clients were answered: seconds by kind, and everything that was wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    generations: set[int] = field(default_factory=set)
    sequences: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def requests(self) -> int:
        """How many were answered."""
        with self._lock:
            return sum(len(each) for each in self.seconds.values())

    def add(self, kind: str, seconds: float, generation: int | None) -> None:
        """Note an answer."""
        with self._lock:
            self.seconds.setdefault(kind, []).append(seconds)
            if generation is not None:
                self.generations.add(generation)

    def finish(self) -> None:
        """Note a sequence of pages that was read and checked."""
        with self._lock:
            self.sequences += 1

    def complain(self, text: str) -> None:
        """Note something wrong."""
        with self._lock:
            self.wrong.append(text[:500])


def publish_version(home: Home, generation: int, rows: int) -> None:
    """Publish tables in which every row says that it is of this generation."""
    home.root.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(home.warehouse) as connection:
        connection.execute(
            f"""
            create schema if not exists core;
            create schema if not exists kpis;
            create or replace table core.fct_view as
            select
                md5(range::varchar) as view_id,
                '{WORKSPACES[0]}' as workspace_id,
                'video-' || range % 50 as video_id,
                'user:' || hash(range) % {max(rows // 5, 1)} as viewer_id,
                timestamp '2026-10-01' + range * interval 30 second as started_at,
                ['desktop', 'mobile', 'tv'][1 + range % 3] as device_type,
                case when range % 4 > 0 then ['AT', 'DE', 'TR', 'NL'][1 + range % 4] end as country,
                hash(range, 1) % 100000 / 100.0 as watch_seconds,
                hash(range, 2) % 20 as interaction_count,
                range % 7 = 0 as is_completed,
                {generation}::bigint as version
            from range({rows})
            union all by name
            select md5('south' || range) as view_id, '{WORKSPACES[1]}' as workspace_id, {generation}::bigint as version
            from range({rows // 10});
            create or replace table kpis.kpi_video_daily as
            select
                '{WORKSPACES[0]}' as workspace_id,
                'video-' || video.range as video_id,
                date '2026-10-01' + day.range::integer as date_day,
                hash(video.range, day.range) % 1000 as plays,
                {generation}::bigint as version
            from range(50) as video, range(60) as day;
            """
        ).fetchall()
    texts = {VIEWS: Description("One row per view."), DAYS: Description("One row per video and day.")}
    publish(home, Provenance(f"build {generation}", str(generation), "code", "1.11"), descriptions=texts)


@contextmanager
def serving(home: Home, log: Path) -> Iterator[str]:
    """A server in a process of its own, for as long as the block lasts; its address."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    command = [sys.executable, "-m", "serving.api", "serve", "--port", str(port), "--rate", "1000000/minute"]
    environment = {"AUDIENCE_HOME": str(home.root), "PATH": "", "PYTHONPATH": str(REPOSITORY)}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, process, log)
            yield address
        finally:
            process.terminate()


def wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; RuntimeError with what it said where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")


def new_token(home: Home) -> str:
    """A token of one of the two workspaces."""
    return TokenStore(home.api).create("benchmark", Scope(WORKSPACES[:1], Data.PERSONAL), None)[1]


def values_of(answer: httpx.Response, column: str) -> tuple[set[object], int]:
    """The values of a column in a page of any format, and how many rows the page has; no value where it was not asked for."""
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == JSON:
        rows = answer.json()["rows"]
        return {row[column] for row in rows if column in row}, len(rows)
    body = io.BytesIO(answer.content)
    table = pa.ipc.open_stream(body).read_all() if kind == ARROW else pyarrow.csv.read_csv(body)
    held = table.column(column).unique().to_pylist() if column in table.column_names else []
    return set(held), table.num_rows


class Client:
    """One client: asks, times, and checks what it is given."""

    def __init__(self, address: str, token: str, heard: Heard) -> None:
        self._http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self._heard = heard

    def metadata(self, kind: str) -> None:
        """Ask what there is."""
        self._ask(kind, METADATA[kind], {})

    def read(self, kind: str, pages: int = PAGES) -> None:
        """Read some pages of a table, each of which must be of one generation, and all of the same."""
        table, parameters = FIRST_PAGES[kind]
        asked, seen = dict(parameters), 0
        generations: set[object] = set()
        for page in range(pages):
            answer = self._ask(kind if page == 0 else "next page", f"/v1/tables/{table}/rows", asked)
            if answer is None:
                return
            versions, count = values_of(answer, "version")
            generations |= versions | {int(answer.headers["audience-generation"])}
            if not values_of(answer, "workspace_id")[0] <= {WORKSPACES[0]}:
                self._heard.complain(f"rows of another workspace: {kind}")
            seen += count
            if "audience-next-cursor" not in answer.headers:
                break
            asked["cursor"] = answer.headers["audience-next-cursor"]
        if len(generations) != 1:
            self._heard.complain(f"mixed generations {sorted(map(str, generations))}: {kind}")
        if seen == 0:
            self._heard.complain(f"no rows: {kind}")
        self._heard.finish()

    def _ask(self, kind: str, path: str, parameters: Mapping[str, str]) -> httpx.Response | None:
        began = time.perf_counter()
        try:
            answer = self._http.get(path, params=parameters)
        except httpx.HTTPError as error:
            self._heard.complain(f"{kind}: {error!r}")
            return None
        seconds = time.perf_counter() - began
        if answer.status_code != 200:
            self._heard.complain(f"{kind}: {answer.status_code} {answer.text}")
            return None
        self._heard.add(kind, seconds, int(answer.headers["audience-generation"]))
        return answer


def read_through_publishes(
    address: str, token: str, requests: int, clients: int, publishes: Sequence[Callable[[], None]], seed: int = 7
) -> Heard:
    """Clients ask at random until ``requests`` are answered and everything is published."""
    heard, is_published = Heard(), threading.Event()

    def ask(number: int) -> None:
        draw, client = random.Random(f"{seed} {number}"), Client(address, token, heard)
        is_last = False
        while not heard.wrong and not is_last:
            # Once more when all is published: the newest generation is read too.
            is_last = is_published.is_set() and heard.requests >= requests
            if draw.random() < 0.25:
                client.metadata(draw.choice(list(METADATA)))
            else:
                client.read(draw.choice(list(FIRST_PAGES)), draw.randint(1, PAGES))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        for number, publish_next in enumerate(publishes):
            # Spread over the requests; a publish that takes longer than its share makes the clients go on asking.
            while heard.requests < requests * (number + 1) / (len(publishes) + 1) and any(
                map(threading.Thread.is_alive, threads)
            ):
                time.sleep(0.005)
            publish_next()
    finally:
        is_published.set()
        for thread in threads:
            thread.join()
    return heard
