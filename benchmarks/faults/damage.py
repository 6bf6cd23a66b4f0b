"""Files of the home that somebody or some disk has damaged since the last run: the next run finds them so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults.landing import peace_problems
from benchmarks.faults.scene import Disturbance, Scene

GARBAGE = b"\x00\xff{\x9dnot what was here"


def flip(scene: Scene, path: Path) -> None:
    """Change some bytes at random places."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        for _ in range(scene.chance.randrange(1, 200)):
            at = scene.chance.randrange(size)
            file.seek(at)
            old = file.read(1)
            file.seek(at)
            file.write(bytes([old[0] ^ scene.chance.randrange(1, 256)]))


def cut(scene: Scene, path: Path) -> None:
    """Keep a random part of it from the beginning, as of a file half written."""
    content = path.read_bytes()
    path.write_bytes(content[: scene.chance.randrange(len(content))])


def empty(scene: Scene, path: Path) -> None:
    """Keep none of it."""
    path.write_bytes(b"")


def garble(scene: Scene, path: Path) -> None:
    """Put something else in its place."""
    path.write_bytes(GARBAGE)


def remove(scene: Scene, path: Path) -> None:
    """Take it away."""
    path.unlink()


WAYS: dict[str, Callable[[Scene, Path], None]] = {
    "some bytes changed": flip,
    "cut off": cut,
    "emptied": empty,
    "overwritten": garble,
    "removed": remove,
}


def damaged_snapshot(scene: Scene, stack: ExitStack) -> Disturbance:
    """The published file, or the link to it, is not what was published; nothing has landed since."""
    scene.installation.copy_from(scene.prepared.bases[scene.stage])
    published = scene.installation.home.published
    link, newest = published / "marts.duckdb", published / "marts.2.duckdb"
    way = scene.chance.choice(
        [*WAYS, "changed twice", "leads nowhere", "leads elsewhere", "is a file", "is a folder", "alien beside it"]
    )
    if way in WAYS:
        WAYS[way](scene, newest)
    elif way == "changed twice":
        flip(scene, newest)
        shutil.copyfile(newest, published / "marts.1.duckdb")
    elif way == "alien beside it":
        (published / "marts.9.duckdb").write_bytes(GARBAGE)
        link.unlink()
        link.symlink_to("marts.9.duckdb")
    else:
        link.unlink()
        if way == "leads nowhere":
            link.symlink_to("marts.7.duckdb")
        elif way == "leads elsewhere":
            link.symlink_to("../warehouse.state.json")
        elif way == "is a file":
            link.write_bytes(GARBAGE)
        else:
            link.mkdir()
            (link / "kept").write_text("somebody's")
    where = f"the snapshot was {way}" if way in WAYS or way == "changed twice" else f"the link {way}"
    return Disturbance(where)


BOOKS = (
    "warehouse.state.json",
    "exports/exports.json",
    "exports/crm_contact.csv",
    "bronze/landing_index.json",
    "locks/warehouse.holder.json",
)


def damaged_books(scene: Scene, stack: ExitStack) -> Disturbance:
    """A small file by which runs know what was done is damaged; nothing has landed since."""
    scene.installation.copy_from(scene.prepared.bases[scene.stage])
    name = scene.chance.choice(BOOKS)
    path = scene.home / name
    path.touch()
    way = scene.chance.choice(list(WAYS)) if path.stat().st_size else "overwritten"
    WAYS[way](scene, path)
    return Disturbance(f"{name} was {way}")


def damaged_lake_books(scene: Scene, stack: ExitStack) -> Disturbance:
    """A manifest, the index or a journal of the lake is damaged, or a half-written file lies about, before a run that loads."""
    scene.installation.run(("ingestion", "load"))
    manifests = sorted((scene.home / "bronze" / "_manifests").glob("[!s]*/*.json"))
    targets = [scene.chance.choice(manifests), scene.home / "bronze" / "landing_index.json", *journals(scene.home)]
    path = scene.chance.choice(targets)
    path.touch()
    way = scene.chance.choice(list(WAYS)) if path.stat().st_size else "overwritten"
    WAYS[way](scene, path)
    name = "a manifest" if path in manifests else path.relative_to(scene.home).as_posix()
    return Disturbance(f"{name} was {way}", after=lambda: peace_problems(scene), books_hold=False)


def journals(home: Path) -> list[Path]:
    """Where decisions of a run lie that has not carried them out, and files that it was just writing."""
    bronze = home / "bronze"
    return [*(bronze / name for name in ("_commit.json", "_compaction.json", "_erasure.json")), bronze / ".half.tmp"]


def damaged_warehouse(scene: Scene, stack: ExitStack) -> Disturbance:
    """The warehouse is damaged before a run that builds on it."""
    path = scene.installation.home.warehouse
    way = scene.chance.choice(["some bytes changed", "cut off", "emptied", "overwritten"])
    WAYS[way](scene, path)
    run = scene.begin()
    run.wait()
    return Disturbance(f"the warehouse was {way}", True, [run])
