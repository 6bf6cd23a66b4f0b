"""A disk that fills up, and folders that cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

from benchmarks.faults.installation import Run
from benchmarks.faults.scene import Disturbance, Scene, Stage

KIB = 1024
ROOM_BYTES = {Stage.LOAD: 700 * KIB, Stage.PUBLISH: 22_000 * KIB, Stage.BUILD: 60_000 * KIB}
"""What a run needs beyond what is there, and a little more."""
LARGE_BYTES = 2**30
SPILL_BYTES = 4_096
TRY_AGAIN_SECONDS = 0.02
FULL = "No space left"


def mount(*arguments: str) -> bool:
    """Whether ``mount`` with these arguments worked."""
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def unmount(folder: Path) -> None:
    """Take a mount away; where something has it open still, as soon as that lets go."""
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


@cache
def without_mounts() -> str | None:
    """Why nothing can be mounted here, or None."""
    if os.geteuid() != 0:
        return "only root may mount a small disk"
    with tempfile.TemporaryDirectory() as folder:
        if not mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder):
            return "this container may not mount"
        unmount(Path(folder))
    return None


def full_disk(scene: Scene, stack: ExitStack) -> Disturbance:
    """The home lies on a small disk that a run fills, or that somebody else fills at a random moment of the run.

    A third of the publishes have room at home and none for temporary files.
    """
    if scene.stage is Stage.PUBLISH and scene.chance.random() < 1 / 3:
        return full_temporary_folder(scene, stack)
    is_filled_by_others = scene.chance.random() < 0.4
    room = LARGE_BYTES // 8 if is_filled_by_others else scene.chance.randrange(0, ROOM_BYTES[scene.stage] >> 2 * scene.attempt)
    shutil.rmtree(scene.home, ignore_errors=True)
    scene.home.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", f"size={LARGE_BYTES // KIB}k", "tmpfs", str(scene.home))
    stack.callback(unmount, scene.home)
    scene.reset()
    disk = os.statvfs(scene.home)
    held = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    mount("-o", f"remount,size={(held + room) // KIB}k", str(scene.home))
    run = scene.begin()
    where = f"{room // KIB} KiB were free"
    ballast = scene.home / "ballast"
    if is_filled_by_others:
        scene.moment(run)
        where = f"somebody filled it: {scene.where(run)}"
        fill(ballast)
    code = run.wait()
    is_full = FULL in run.said() or "o space" in run.said() or code != 0
    ballast.unlink(missing_ok=True)
    mount("-o", f"remount,size={LARGE_BYTES // KIB}k", str(scene.home))
    return Disturbance(where, is_full, [run])


def fill(file: Path) -> None:
    """Write until there is no room."""
    block = bytes(2**20)
    with suppress(OSError), file.open("wb") as ballast:
        while True:
            ballast.write(block)
            ballast.flush()


def full_temporary_folder(scene: Scene, stack: ExitStack) -> Disturbance:
    """Where temporary files go there is no room."""
    folder = scene.installation.folder / "temporary"
    folder.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={SPILL_BYTES}", "tmpfs", str(folder))
    stack.callback(unmount, folder)
    run = scene.begin(variables={"TMPDIR": str(folder)})
    code = run.wait()
    return Disturbance("no room for temporary files", code != 0, [run])


def read_only_home(scene: Scene, stack: ExitStack) -> Disturbance:
    """The home becomes read-only, before a run or at a random moment of it, as a disk with errors does."""
    scene.home.mkdir(parents=True, exist_ok=True)
    mount("--bind", str(scene.home), str(scene.home))
    stack.callback(unmount, scene.home)
    run: Run | None = None
    is_before = scene.chance.random() < 0.4
    where = "before the run"
    if not is_before:
        run = scene.begin()
        scene.moment(run)
        where = scene.where(run)
    is_struck = mount("-o", "remount,bind,ro", str(scene.home))
    # What has a file open for writing is let finish that file.
    while run is not None and not is_struck and run.is_alive:
        time.sleep(TRY_AGAIN_SECONDS)
        is_struck = mount("-o", "remount,bind,ro", str(scene.home))
    run = run or scene.start()
    code = run.wait()
    mount("-o", "remount,bind,rw", str(scene.home))
    return Disturbance(where, is_struck and code != 0, [run])


FOLDERS = {
    Stage.LOAD: (".", "bronze", "bronze/native", "bronze/_manifests", "bronze/_manifests/native", "quarantine", "locks"),
    Stage.PUBLISH: (".", "published", "exports", "locks", "dbt/target", "bronze"),
}
"""Folders whose names may be frozen, by stage."""


def protect(folder: Path, *, on: bool) -> bool:
    """Let nothing be made or removed in a folder; root, whom no permission binds, needs the immutable flag. Whether it worked."""
    if os.geteuid() == 0:
        return subprocess.run(["chattr", "+i" if on else "-i", str(folder)], capture_output=True, check=False).returncode == 0
    folder.chmod(0o555 if on else 0o755)
    return True


@cache
def without_protection() -> str | None:
    """Why no folder can be protected here, or None."""
    with tempfile.TemporaryDirectory() as folder:
        if not protect(Path(folder), on=True):
            return "root is bound by no permission, and this file system has no immutable flag"
        protect(Path(folder), on=False)
    return None


def read_only_folder(scene: Scene, stack: ExitStack) -> Disturbance:
    """In one folder of the home nothing can be made or removed, from before a run or from a random moment of it on."""
    name = scene.chance.choice(FOLDERS[scene.stage])
    folder = scene.home / name
    folder.mkdir(parents=True, exist_ok=True)
    run: Run | None = None
    where = f"{name} before the run"
    if scene.chance.random() < 0.5:
        run = scene.begin()
        scene.moment(run)
        where = f"{name}: {scene.where(run)}"
    stack.callback(protect, folder, on=False)
    protect(folder, on=True)
    run = run or scene.start()
    code = run.wait()
    protect(folder, on=False)
    return Disturbance(where, code != 0, [run])
