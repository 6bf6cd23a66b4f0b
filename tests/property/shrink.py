"""Make one failing stream small: `python -m tests.property.shrink SEED`.

Many smaller versions of the stream are tried in one schedule, each in a workspace and a stretch of time of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.oracle.catalog import Snapshot
from tests.oracle.records import landed_line
from tests.property.schedule import snapshot_file
from tests.property.streams import SLOTS, Stream, random_stream
from tests.property.trial import Verdict, try_streams

TRIES_IN_ORDER = 5


@dataclass(frozen=True)
class Version:
    """Which of a stream's records and snapshots are kept, by their numbers."""

    records: tuple[int, ...]
    snapshots: tuple[int, ...]

    @property
    def size(self) -> int:
        return len(self.records) + len(self.snapshots)

    def smaller(self, parts: int) -> list[Version]:
        """The versions that lack one of about `parts` parts."""
        everything = [("record", number) for number in self.records] + [("snapshot", number) for number in self.snapshots]
        step = max(1, -(-len(everything) // parts))
        found = []
        for start in range(0, len(everything), step):
            kept = everything[:start] + everything[start + step :]
            records = tuple(number for kind, number in kept if kind == "record")
            snapshots = tuple(number for kind, number in kept if kind == "snapshot")
            if records:
                found.append(Version(records, snapshots))
        return found


def in_slot(seed: int, version: Version, slot: int) -> Stream:
    """A version of the stream in another workspace and stretch of time."""
    stream = random_stream(seed, slot)
    snapshots: list[Snapshot] = [stream.snapshots[number] for number in version.snapshots]
    return stream.keeping(version.records, snapshots)


def failing(seed: int, versions: Sequence[Version], runs: int, attempt: int, scratch: Path) -> tuple[set[Version], Verdict]:
    """The versions that still fail, each tried under several deliveries where the order of arrival matters."""
    tries = TRIES_IN_ORDER if runs else 1
    chosen = [version for version in versions for _ in range(tries)][:SLOTS]
    streams = [in_slot(seed, version, slot) for slot, version in enumerate(chosen)]
    verdict = try_streams(attempt, streams, scratch, runs)
    return {chosen[stream.slot] for stream in verdict.culprits()}, verdict


def shrunk(seed: int, scratch: Path, console: Console) -> tuple[Version, Verdict] | None:
    """The smallest failing version found, and the last verdict on it; None where the stream does not fail."""
    whole = random_stream(seed)
    best = Version(tuple(range(len(whole.records))), tuple(range(len(whole.snapshots))))
    runs = 0
    found, verdict = failing(seed, [best], runs, seed, scratch)
    if not found:
        runs = 4
        found, verdict = failing(seed, [best] * (SLOTS // TRIES_IN_ORDER), runs, seed, scratch)
    if not found:
        return None
    parts, attempt = 2, 0
    while best.size > 1:
        attempt += 1
        found, tried = failing(seed, best.smaller(parts), runs, seed + attempt, scratch)
        console.print(f"{best.size} records and snapshots in {parts} parts: {len(found)} smaller versions fail")
        if found:
            best, verdict = min(found, key=lambda version: version.size), tried
            parts = max(2, parts - 1)
        elif parts >= best.size:
            break
        else:
            parts = min(best.size, parts * 2)
    return best, verdict


def main(seed: Annotated[int, typer.Argument(help="The seed of the stream at fault.")]) -> None:
    """Leave out whatever a failing stream does not need to fail, and show what is left."""
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory() as scratch:
        outcome = shrunk(seed, Path(scratch), console)
        if outcome is None:
            console.print(f"stream {seed} fails neither at once nor in any of the orders tried")
            return
        version, _ = outcome
        stream = in_slot(seed, version, 0)
        by_rule = try_streams(seed, [stream], Path(scratch), 0)
    for record in stream.records:
        console.print(landed_line(record), markup=False, highlight=False)
    for snapshot in stream.snapshots:
        name, text = snapshot_file(snapshot)
        console.print(f"{name}\n{text}", markup=False, highlight=False)
    console.print((outcome[1] if by_rule.is_good else by_rule).report(), markup=False, highlight=False)


if __name__ == "__main__":
    typer.run(main)
