"""The lake: its books, its files, and what waits outside of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from ingestion import journal, lake, layout, manifest
from ingestion.compact import MIN_FILES, SMALL_BYTES
from ingestion.home import Home
from ingestion.landing import CATALOG
from ingestion.manifest import Manifest
from ingestion.report import Totals
from orchestration.doctor.findings import Area
from orchestration.lib.arrivals import arrivals
from orchestration.lib.environment import Environment

RESTORE = "make restore FROM=<backup> into an empty AUDIENCE_HOME"
LISTING_SECONDS = 20.0
"""A landing zone that does not answer for so long is left alone."""
PARQUET_MARK = b"PAR1"
EXAMPLES = 3


def examine_lake(environment: Environment) -> Area:
    """Books, files and what waits to be loaded."""
    area, home = Area("lake"), environment.home
    loads = readable_manifests(home, area)
    live = [load for load in loads if load.status == manifest.LOADED]
    if not live:
        area.note("Nothing was loaded yet.", "make run LANDING=<your logs>, or make run for a demo")
    totals = by_source(live)
    area.rows["sources"] = [
        {
            "source": name,
            "loads": sums.loads,
            "lines": sums.lines,
            "accepted": sums.accepted,
            "rejected": sums.rejected,
            "blank": sums.blank,
            "erased": sums.erased,
            "bytes landed": sums.bytes,
            "newest load": max(load.loaded_at for load in live if load.source == name),
        }
        for name, sums in sorted(totals.items())
    ]
    area.facts["bytes in bronze"] = bytes_below(home.bronze)
    area.facts["bytes in quarantine"] = bytes_below(home.quarantine)
    judge_books(area, live)
    judge_release(area, home)
    judge_files(area, home, live)
    judge_rests(area, home)
    judge_landing(area, environment)
    return area


def readable_manifests(home: Home, area: Area) -> list[Manifest]:
    """All manifests; those that cannot be read are told."""
    found, damaged = [], []
    for path in sorted(home.manifests.glob("*/*.json")):
        if path.parent.name == "schema" or path.name.startswith("."):
            continue
        try:
            found.append(manifest.read(path))
        except FileNotFoundError:
            continue
        except (manifest.DamagedLakeError, OSError) as error:
            damaged.append(str(error))
    for text in damaged[:EXAMPLES]:
        area.problem(text, "make run")
    if len(damaged) > EXAMPLES:
        area.problem(f"{len(damaged):,} manifests in all cannot be read.", "make run")
    return found


def by_source(loads: Sequence[Manifest]) -> dict[str, Totals]:
    """The books of each source, summed."""
    totals: dict[str, Totals] = {}
    for load in loads:
        totals.setdefault(load.source, Totals()).add(load)
    return totals


def judge_books(area: Area, live: Sequence[Manifest]) -> None:
    """Whether every line has one outcome."""
    wrong = [load for load in live if not load.balances]
    for load in wrong[:EXAMPLES]:
        area.problem(
            f"Load {load.load_id} of {load.path}: {load.lines:,} lines are not the sum of their outcomes.",
            "keep the landed file, report the defect; python -m ingestion ledger lists all",
        )
    if live and not wrong:
        area.ok(f"The books of all {len(live):,} loads balance.")
    rejected = sum(load.rejected for load in live)
    if rejected:
        area.note(f"{rejected:,} records are in the quarantine.", "make check LANDING=<logs> tells why and what to do")


def judge_release(area: Area, home: Home) -> None:
    """Whether a newer release wrote it."""
    for stranger in layout.strangers(home, manifest.readable(home)):
        area.problem(
            f"A newer release wrote this lake: {stranger.what}. Runs refuse it.",
            "git checkout <that release>, or a newer one",
        )


def judge_files(area: Area, home: Home, live: Sequence[Manifest]) -> None:
    """Files that are missing or torn, files nobody names, and small ones."""
    named = sorted({name for load in live for name in load.files})
    rejects = [home.quarantine / load.source / f"{load.load_id}.parquet" for load in live if load.rejected]
    wrong = [(path, why) for path in [*(home.bronze / name for name in named), *rejects] if (why := defect(path))]
    for path, why in wrong[:EXAMPLES]:
        area.problem(f"{path} {why}: the rows of its loads are not all there.", RESTORE)
    if len(wrong) > EXAMPLES:
        area.problem(f"{len(wrong):,} files of the lake are missing or torn.", RESTORE)
    if named and not wrong:
        area.ok(f"All {len(named) + len(rejects):,} Parquet files that the manifests name are there and whole.")
    kept = {home.bronze / name for name in named} | set(rejects) | set(lake.schema_files(home))
    strangers = [path for place in (home.bronze, home.quarantine) for path in place.rglob("*.parquet") if path not in kept]
    strangers = [path for path in strangers if home.staging not in path.parents]
    if strangers:
        area.note(
            f"{len(strangers):,} Parquet files are named by no manifest, such as {strangers[0]}: of loads that were "
            "replaced, of a killed run, or of a load that is at work.",
            "python -m ingestion load (any load removes rests)",
        )
    small = small_files(home, named)
    if small:
        area.note(
            f"{sum(small.values()):,} small files on {len(small):,} dates are worth merging.", "python -m ingestion compact"
        )


def defect(path: Path) -> str:
    """What is wrong with a Parquet file, or nothing; its first and last bytes are looked at, not its rows."""
    try:
        with path.open("rb") as file:
            head = file.read(len(PARQUET_MARK))
            file.seek(-len(PARQUET_MARK), 2)
            tail = file.read(len(PARQUET_MARK))
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return "" if head == tail == PARQUET_MARK else "is torn"


def small_files(home: Home, named: Sequence[str]) -> dict[str, int]:
    """How many files a compaction would merge, by folder."""
    counts: dict[str, int] = {}
    for name in named:
        path = home.bronze / name
        if not name.startswith(f"{CATALOG}/") and path.exists() and path.stat().st_size < SMALL_BYTES:
            folder = name.rpartition("/")[0]
            counts[folder] = counts.get(folder, 0) + 1
    return {folder: count for folder, count in counts.items() if count >= MIN_FILES}


def judge_rests(area: Area, home: Home) -> None:
    """Steps that were decided and not ended."""
    begun = [name for name in (journal.COMMIT, journal.MERGE, journal.REPLACEMENT) if (home.bronze / name).exists()]
    if begun:
        area.note(
            f"{', '.join(begun)}: a step is under way, or its run was killed.", "python -m ingestion load (any load ends it)"
        )


def judge_landing(area: Area, environment: Environment) -> None:
    """What has landed and was not loaded, where the landing zone answers in time."""
    found: list[int] = []
    failed: list[str] = []

    def look() -> None:
        try:
            found.append(len(arrivals(environment.landing, environment.home)))
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(LISTING_SECONDS)
    if failed:
        area.problem(f"The landing zone cannot be listed: {failed[0]}", "check LANDING and the credentials of its storage")
    elif not found:
        area.note(f"The landing zone did not answer within {LISTING_SECONDS:.0f} s.", "check LANDING")
    elif found[0]:
        area.note(f"{found[0]:,} landed files are not loaded yet.", "make run")
    else:
        area.ok("Everything that has landed is loaded.")


def bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; those that go meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
