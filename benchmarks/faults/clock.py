"""A clock that is wrong, or jumps while a run is at work, for the run alone (Debian's ``libfaketime``)."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults.scene import Disturbance, Scene

LIBRARIES = (
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/usr/local/lib/faketime").glob("libfaketimeMT.so.1"),
)
OFFSETS = ("-9000d", "-400d", "-36h", "-3h", "-90s", "+90s", "+3h", "+36h", "+400d", "+9000d")
"""Before the first record, across a month and a day, across an hour, and less than the minute for which files are watched."""
SECONDS = {"d": 86_400, "h": 3_600, "s": 1}


def without_library() -> str | None:
    """Why no clock can be bent here, or None."""
    return None if LIBRARIES else "libfaketime is not installed (Debian: apt-get install faketime)"


def jumping_clock(scene: Scene, stack: ExitStack) -> Disturbance:
    """A run goes by a wrong clock, or the clock jumps at a random moment of it, or what has landed is of the future or of long ago."""
    way = scene.chance.choice(["all along", "while it was at work", "for whoever wrote the landed files"])
    offset = scene.chance.choice(OFFSETS)
    if way == "for whoever wrote the landed files":
        date_files(scene.installation.landing, time.time() + SECONDS[offset[-1]] * int(offset.rstrip("dhs")))
        run = scene.begin()
        run.wait()
        return Disturbance(f"{offset} {way}", True, [run], may_fail=False)
    # No file is so young that it is watched for a second: libfaketime 0.9.10 lets no one sleep once the clock has gone back.
    date_files(scene.installation.landing, 0)
    setting = scene.installation.folder / "faketime"
    variables = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        # Of a real jump neither the monotonic clock nor the times of files know.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    jumps = way == "while it was at work"
    setting.write_text("+0s\n" if jumps else f"{offset}\n")
    run = scene.begin(variables=variables)
    is_struck = scene.moment(run) if jumps else True
    setting.write_text(f"{offset}\n")
    run.wait()
    return Disturbance(f"{offset} {way}", is_struck, [run], may_fail=False)


def date_files(folder: Path, moment: float) -> None:
    """Give all files below a folder the same time, in seconds since 1970."""
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))
