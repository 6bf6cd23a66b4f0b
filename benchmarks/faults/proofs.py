"""What must hold after a fault, asked without the product's code: of the lake, of the marts, and of what readers saw meanwhile."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.marts import differences, is_whole

DELIVERIES = ("quality.load", "quality.rejected_event", "quality.tracker_health")
"""Marts that tell of deliveries: a file that landed twice, once broken, is in them twice, and rightly so."""
POLL_SECONDS = 0.02
AREAS = {"native": "bronze/native/*/*.parquet", "catalog": "bronze/catalog/*/*.parquet", "quarantine": "quarantine/*/*.parquet"}
"""Where rows lie, by docs/lake.md."""


@dataclass(frozen=True)
class FileBooks:
    """A landed file by its bytes: lines, those of them that are blank, and its size as landed."""

    lines: int
    blank: int
    bytes: int


def file_books(path: Path) -> FileBooks:
    """Count the lines of a plain, gzip or zstd file of lines."""
    landed = path.read_bytes()
    content = landed
    if path.suffix == ".gz":
        content = gzip.decompress(landed)
    elif path.suffix == ".zst":
        with pa.CompressedInputStream(pa.BufferReader(landed), "zstd") as stream:
            content = stream.read()
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return FileBooks(len(lines), sum(not line.strip() for line in lines), len(landed))


def landed_books(landing: Path) -> dict[str, FileBooks]:
    """Books by name of all files below a landing zone."""
    return {path.relative_to(landing).as_posix(): file_books(path) for path in sorted(landing.rglob("*")) if path.is_file()}


@dataclass(frozen=True)
class Lake:
    """What a lake holds: by area (``native``, ``catalog``, ``quarantine``) its rows and a checksum over all their columns."""

    areas: dict[str, tuple[int, int]]


@contextmanager
def lake_views(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Views as a reader of docs/lake.md would write them: ``loads`` in force, and each area's rows of those."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        # An empty lake has nothing for a pattern to match.
        if not list(home.glob("bronze/_manifests/*/*.json")):
            yield connection
            return
        connection.execute(
            f"create view loads as from read_json('{home}/bronze/_manifests/*/*.json') where status = 'loaded'"
        ).fetchall()
        for area, pattern in AREAS.items():
            read = f"from read_parquet('{home}/{pattern}', hive_partitioning = {area != 'quarantine'}, filename = true)"
            # A folder that nothing could be written to may be empty yet.
            none = "select ''::varchar as load_id, 0::bigint as line_number, '' as filename limit 0"
            connection.execute(f"create view {area} as {read if list(home.glob(pattern)) else none}").fetchall()
        yield connection


def lake_of(home: Path) -> Lake:
    """The content of a lake whose loads are all committed."""
    with lake_views(home) as connection:
        areas = {}
        for area in AREAS:
            query = f"""select count(*), coalesce(sum(hash(rows)), 0)
                from (select * exclude (filename) from {area} where load_id in (select load_id from loads)) as rows"""
            ((count, checksum),) = connection.execute(query).fetchall()
            areas[area] = (int(count), int(checksum))
    return Lake(areas)


def loads_in_force(home: Path) -> dict[str, list[tuple[int, int, int]]]:
    """Lines, blank lines and bytes of the loads in force, by the name of the landed file."""
    with lake_views(home) as connection:
        if not connection.execute("select 1 from duckdb_views() where view_name = 'loads'").fetchall():
            return {}
        found: dict[str, list[tuple[int, int, int]]] = {}
        for path, lines, blank, size in connection.execute(
            'select path, lines, blank, "bytes" from loads order by all'
        ).fetchall():
            found.setdefault(path, []).append((lines, blank, size))
        return found


def open_books(home: Path) -> list[str]:
    """What must hold of a lake at every moment, also between a fault and its healing; sentences where it does not."""
    with lake_views(home) as connection:
        if not connection.execute("select 1 from duckdb_views() where view_name = 'loads'").fetchall():
            return []
        problems = [
            f"the books of {path} do not balance"
            for (path,) in connection.execute(
                "select path from loads where lines <> accepted + rejected + blank + erased order by all"
            ).fetchall()
        ]
        for area, promised, condition in (
            ("native", "accepted", "source = 'native'"),
            ("catalog", "accepted", "source = 'catalog'"),
            ("quarantine", "rejected", "true"),
        ):
            query = f"""
                select path, {promised}, coalesce(there, 0), coalesce(lines_there, 0)
                from loads
                left join (
                    select load_id, count(*) as there, count(distinct line_number) as lines_there from {area} group by load_id
                ) using (load_id)
                where {condition} and ({promised} <> coalesce(there, 0) or coalesce(there, 0) <> coalesce(lines_there, 0))
                order by all
            """
            problems += [
                f"{path}: {there} rows of {lines} lines in {area} where its books say {promise}"
                for path, promise, there, lines in connection.execute(query).fetchall()
            ]
    return problems


def closed_books(home: Path, landing: Path, truth: Lake | None) -> list[str]:
    """What must hold of a lake that has loaded the whole landing zone; sentences where it does not.

    truth: of an undisturbed load of the same files; None where files changed meanwhile, and only the books are compared.
    """
    problems = open_books(home)
    loaded = loads_in_force(home)
    for name, books in landed_books(landing).items():
        found = loaded.get(name, [])
        wanted = (books.lines, books.blank, books.bytes)
        if found.count(wanted) != 1 or (truth is not None and len(found) != 1):
            problems.append(f"{name} has landed with (lines, blank, bytes) {wanted} and was loaded as {found}")
    if truth is not None:
        held = lake_of(home)
        problems += [
            f"{area} holds (rows, checksum) {held.areas[area]}, an undisturbed load {expected}"
            for area, expected in truth.areas.items()
            if held.areas[area] != expected
        ]
    with lake_views(home) as connection:
        named = {str(home / "bronze" / name) for (name,) in connection.execute("select unnest(files) from loads").fetchall()}
    # What a repair keeps aside counts for no reader: no pattern of docs/lake.md matches it.
    lying = {str(path) for path in (home / "bronze").rglob("*.parquet") if "_damaged" not in path.parts} - named
    problems += [f"{path} belongs to no load" for path in sorted(lying) if not path.endswith("/schema.parquet")]
    return problems


def mart_problems(snapshot: Path, truth: Path, left_out: Sequence[str] = ()) -> list[str]:
    """Every table of a snapshot that is not that of an undisturbed build."""
    return [str(each) for each in differences(snapshot, truth) if each.table not in left_out]


@dataclass
class Watch:
    """What a reader of the snapshot saw: how often it read, and what was wrong. It looks as soon as it is ``armed``."""

    armed: threading.Event = field(default_factory=threading.Event)
    reads: int = 0
    problems: list[str] = field(default_factory=list)


@contextmanager
def watched(published: Path, watch: Watch) -> Iterator[None]:
    """Read the snapshot over and over meanwhile, as a BI tool would: resolve the link, open the file, count its rows."""
    ended = threading.Event()

    def look() -> None:
        watch.armed.wait()
        while not ended.is_set():
            path = (published / "marts.duckdb").resolve()
            try:
                if path.is_file():
                    watch.reads += 1
                    if not is_whole(path):
                        watch.problems.append(f"{path.name} has other rows than its own books say")
            except (duckdb.Error, OSError) as error:
                # A reader between resolving and opening has three publishes of time: fewer happen during one fault.
                watch.problems.append(f"{path.name} cannot be read: {str(error).splitlines()[0]}")
            ended.wait(POLL_SECONDS)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        watch.armed.set()
        thread.join()
