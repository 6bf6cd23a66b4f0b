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
OFFSETS = ("-9000d", "-400d", "-36h", "-3h", "-90", "+90", "+3h", "+36h", "+400d", "+9000d")
"""Before the first record, across a month and a day, across an hour, and less than the minute for which files are watched."""


def without_library() -> str | None:
    """Why no clock can be bent here, or None."""
    return None if LIBRARIES else "libfaketime is not installed (Debian: apt-get install faketime)"


def jumping_clock(scene: Scene, stack: ExitStack) -> Disturbance:
    """A run goes by a wrong clock, or the clock jumps at a random moment of it; half of the time landed files have wrong times too."""
    offset = scene.chance.choice(OFFSETS)
    setting = scene.installation.folder / "faketime"
    variables = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        # Of a real jump neither the monotonic clock nor the times of files know.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    if scene.chance.random() < 0.5:
        for path in scene.installation.landing.rglob("*"):
            moment = time.time() + scene.chance.choice([-9_000 * 86_400, -30, 30, 400 * 86_400])
            os.utime(path, (moment, moment))
    jumps = scene.chance.random() < 0.5
    setting.write_text("+0\n" if jumps else f"{offset}\n")
    run = scene.begin(variables=variables)
    where = f"{offset} all along"
    is_struck = True
    if jumps:
        is_struck = scene.moment(run)
        where = f"{offset} while it was at work"
        setting.write_text(f"{offset}\n")
    run.wait()
    return Disturbance(where, is_struck, [run], may_fail=False)
