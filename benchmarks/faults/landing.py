"""Landed files that do not hold still: they change, vanish or end too early."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.installation import LOAD, Installation
from benchmarks.faults.proofs import AREAS, FileBooks, file_books, lake_views, loads_in_force, open_books
from benchmarks.faults.scene import Disturbance, Scene, Stage

LARGE_COPIES = 20
"""How often a day's lines are repeated in the file that changes, with other ids: reading it takes a second or so."""


@dataclass
class Victim:
    """A landed file somebody works on. states: its books whenever it was at rest, if only for a moment."""

    path: Path
    states: list[FileBooks] = field(default_factory=list)

    def rests(self) -> None:
        """Note what it is now."""
        self.states.append(file_books(self.path))


def large_file(scene: Scene) -> Victim:
    """A file whose reading takes a while, among the landed ones."""
    model = next((scene.installation.landing / "native").glob("*/*.ndjson"))
    lines = model.read_bytes().split(b"\n", 200)[:200]
    folder = scene.installation.landing / "native" / "2026-02-01"
    folder.mkdir()
    path = folder / "large.ndjson"
    with path.open("wb") as file:
        for copy in range(LARGE_COPIES * 10):
            file.write(b"".join(line.replace(b'"event_id":"', b'"event_id":"%d-' % copy, 1) + b"\n" for line in lines))
    age(path)
    victim = Victim(path)
    victim.rests()
    return victim


def age(path: Path) -> None:
    """Make a file look an hour old: it is not watched for growth."""
    old = time.time() - 3_600
    os.utime(path, (old, old))


def changing_file(scene: Scene, stack: ExitStack) -> Disturbance:
    """A writer appends to a file, cuts it, or puts another in its place while a run reads it."""
    victim = large_file(scene)
    content = victim.path.read_bytes()
    run = scene.begin()
    is_alive = scene.moment(run)
    way = scene.chance.choice(["appended to", "cut", "replaced", "written anew"])
    if way == "appended to":
        for _ in range(scene.chance.randrange(1, 6)):
            with victim.path.open("ab") as file:
                file.write(content[: content.index(b"\n", scene.chance.randrange(len(content) // 2)) + 1])
            victim.rests()
            time.sleep(scene.chance.uniform(0, 0.2))
    elif way == "cut":
        os.truncate(victim.path, content.rindex(b"\n", 0, scene.chance.randrange(len(content) // 2, len(content))) + 1)
    elif way == "replaced":
        other = victim.path.with_name(".other")
        other.write_bytes(content[len(content) // 3 :])
        other.replace(victim.path)
    else:
        victim.path.write_bytes(content[: scene.chance.randrange(len(content) // 3, len(content))])
    victim.rests()
    run.wait()
    after = lambda: [*peace_problems(scene), *state_problems(scene, victim)]  # noqa: E731
    return Disturbance(way, is_alive, [run], after=after, has_truth=False)


def vanishing_file(scene: Scene, stack: ExitStack) -> Disturbance:
    """A file, or its whole folder, is removed while a run reads; half of the time it is put back before the next run."""
    victim = large_file(scene)
    aside = scene.installation.folder / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    run = scene.begin()
    is_alive = scene.moment(run)
    is_whole_folder = scene.chance.random() < 0.3
    gone = victim.path.parent if is_whole_folder else victim.path
    gone.rename(aside)
    run.wait()
    comes_back = scene.chance.random() < 0.5
    if comes_back:
        aside.rename(gone)
    where = f"{'its folder' if is_whole_folder else 'the file'} went{' and came back' if comes_back else ''}"
    after = lambda: [*peace_problems(scene), *state_problems(scene, victim)]  # noqa: E731
    return Disturbance(where, is_alive, [run], after=after, has_truth=False)


def truncated_archive(scene: Scene, stack: ExitStack) -> Disturbance:
    """An archive lands cut off, is loaded, and then lands whole under the same name."""
    archives = sorted(path for path in (scene.installation.landing / "native").rglob("*") if path.suffix in (".gz", ".zst"))
    if scene.stage is Stage.BUILD:
        archives = [path for path in archives if name_below(scene, path) not in scene.prepared.first_files]
    path = scene.chance.choice(archives)
    whole = path.read_bytes()
    path.write_bytes(whole[: scene.chance.randrange(1, len(whole))])
    age(path)
    run = scene.begin()
    code = run.wait()
    kept = open_books(scene.home)
    path.write_bytes(whole)
    age(path)
    where = f"{path.suffix} with {path.stat().st_size} bytes cut off at a random byte"

    def after() -> list[str]:
        problems = [*kept, *peace_problems(scene)]
        return problems if code == 0 else [*problems, f"the truncated archive ended its run with {code}"]

    return Disturbance(where.split(" with ")[0], True, [run], may_fail=False, after=after, has_truth=False, redelivered=True)


def name_below(scene: Scene, path: Path) -> str:
    """A landed file's name below the landing zone."""
    return path.relative_to(scene.installation.landing).as_posix()


def state_problems(scene: Scene, victim: Victim) -> list[str]:
    """Loads of the file that are of no state it ever was in: half of one and half of another."""
    name = name_below(scene, victim.path)
    known = {(each.lines, each.blank, each.bytes) for each in victim.states}
    return [
        f"{name} was loaded as {load}, which it never was"
        for load in loads_in_force(scene.home).get(name, [])
        if load not in known
    ]


def peace_problems(scene: Scene) -> list[str]:
    """Loads that an undisturbed lake makes of what lies in the landing zone now, and this one lacks or has otherwise."""
    peace = Installation(scene.installation.folder / "peace")
    shutil.rmtree(peace.folder, ignore_errors=True)
    peace.landing_uri = str(scene.installation.landing)
    peace.run(LOAD)
    mine, wanted = by_load(scene.home), by_load(peace.home.root)
    return [
        f"a load of {area} has (rows, checksum) {mine.get((area, load))}, an undisturbed one {found}"
        for (area, load), found in wanted.items()
        if mine.get((area, load)) != found
    ]


def by_load(home: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """Rows and their checksum by area and load."""
    found = {}
    with lake_views(home) as connection:
        for area in AREAS:
            query = f"""select load_id, count(*), sum(hash(rows))
                from (select * exclude (filename) from {area} where load_id in (select load_id from loads)) as rows group by load_id"""
            for load, count, checksum in connection.execute(query).fetchall():
                found[area, load] = (int(count), int(checksum))
    return found
