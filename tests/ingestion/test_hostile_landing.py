"""A landing zone into which anybody may put anything: nothing outside of it is read, nothing hangs, nothing grows without end."""

from __future__ import annotations

import gzip
import io
import os
import resource
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from ingestion.lines import Lines
from ingestion.pages import Unfolded, without
from ingestion.sources.xapi import SOURCE as XAPI
from tests.ingestion.conftest import Lake

LINE = '{"event_id":"a","event_type":"play","occurred_at":"2026-10-05T12:00:00Z","device_id":"d"}\n'
ELSEWHERE = "root:x:0:0:a line that nobody landed\n"
STRANGER = 12_345
REPOSITORY = Path(__file__).parents[2]


def left_alone(lake: Lake) -> dict[str, str]:
    """What a load leaves alone, with the reasons; it must end within a minute."""
    found: dict[str, str] = {}

    def load() -> None:
        report = lake.load()
        assert report.failed == []
        found.update({note.name: note.reason for note in report.unknown})

    # A thread that hangs is left behind: the test fails instead of waiting.
    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "the load hangs"
    return found


@pytest.fixture
def another_accounts_link(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Path], None]:
    """Make a link that another account owns."""

    def link(path: Path, target: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        if os.geteuid() == 0:
            os.lchown(path, STRANGER, STRANGER)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: STRANGER)

    return link


def test_a_link_of_another_account_never_leads_out_of_the_landing_zone(lake, tmp_path, another_accounts_link):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "shadow.ndjson").write_text(ELSEWHERE)
    lake.land("native/own.ndjson", LINE)
    another_accounts_link(lake.landing / "native" / "file.ndjson", tmp_path / "private" / "shadow.ndjson")
    another_accounts_link(lake.landing / "native" / "folder", tmp_path / "private")
    another_accounts_link(lake.landing / "native" / "up.ndjson", Path("../../private/shadow.ndjson"))
    another_accounts_link(lake.landing / "native" / "within.ndjson", lake.landing / "native" / "own.ndjson")
    left = left_alone(lake)
    assert set(left) == {"native/file.ndjson", "native/folder", "native/up.ndjson"}
    assert all("out of the landing zone" in reason for reason in left.values())
    assert lake.query("select count(*) as n from quarantine") == [{"n": 0}]
    assert lake.query("select count(*) as n from native") == [{"n": 1}]


def test_what_is_no_regular_file_is_named_and_never_opened(lake):
    lake.land("native/own.ndjson", LINE)
    os.mkfifo(lake.landing / "native" / "pipe.ndjson")
    (lake.landing / "native" / "device.ndjson").symlink_to("/dev/zero")
    (lake.landing / "native" / "circle.ndjson").symlink_to("circle.ndjson")
    (lake.landing / "native" / "folder.ndjson").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(lake.landing / "native")  # the name of a socket is short
    try:
        listening.bind("socket.ndjson")
    finally:
        os.chdir(here)
    left = left_alone(lake)
    listening.close()
    assert set(left) == {"native/pipe.ndjson", "native/device.ndjson", "native/socket.ndjson"}
    assert all("never opened. Land a regular file." in reason for reason in left.values())
    assert lake.query("select count(*) as n from native") == [{"n": 1}]


def test_a_name_that_is_no_text_is_named_with_its_bytes_escaped(lake):
    lake.land("native/own.ndjson", LINE)
    (lake.landing / "native" / os.fsdecode(b"caf\xe9.ndjson")).write_text(LINE)
    assert left_alone(lake) == {"native/caf\\xe9.ndjson": "Its name is not UTF-8, and could not be written down. Rename it."}


@pytest.mark.parametrize(
    "name",
    [
        "event_date=2020-01-01/a.ndjson", "-rf.ndjson", "--help.ndjson", "$(touch owned).ndjson", "{{ 7 * 7 }}.ndjson", "%2e%2e.ndjson",
        "\x1b[31mred\x07.ndjson", "\u202ekcab.ndjson", "[red]a[/nothing].ndjson", "=1+1.ndjson", "~root.ndjson", "C:\\CON.ndjson",
        ("n" * 200 + "/") * 4 + "long.ndjson",
    ],
)  # fmt: skip
def test_names_that_mean_something_elsewhere_are_only_names(lake, name):
    lake.land(f"native/{name}", LINE)
    report = lake.load()
    assert (report.accepted, report.failed, report.unknown) == (1, [], [])
    assert lake.live()[0].path == f"native/{name}"
    assert lake.query("select event_date::varchar as day from native") == [{"day": "2026-10-05"}]


GIGABYTE = 2**30


def squeezed(block: bytes, size: int) -> bytes:
    """A gzip archive of `size` bytes of repeated blocks."""
    sink = io.BytesIO()
    with gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=1) as archive:
        for _ in range(size // len(block)):
            archive.write(block)
    return sink.getvalue()


def load_within(lake: Lake, megabytes: int) -> str:
    """Load in a process that may hold so much memory; what it says of the books.

    getrusage would count what this process held when it started the other.
    """
    script = f"""
        import re
        from pathlib import Path
        from ingestion.home import Home
        from ingestion.load import load_landing
        report = load_landing({str(lake.landing)!r}, Home(Path({str(lake.home.root)!r})), settle_seconds=0.0)
        peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) // 1024
        print(report.lines, report.accepted, report.rejected, report.failed, peak < {megabytes} or f"held {{peak}} MB")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.strip()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_an_archive_that_unpacks_to_a_gigabyte_is_read_in_bounded_memory(lake):
    path = lake.land("native/bomb.ndjson.gz", squeezed(b"\0" * 2**20, GIGABYTE))
    assert path.stat().st_size < GIGABYTE / 200
    assert load_within(lake, 700) == "1 0 1 [] True"
    assert lake.reasons() == {1: "line_too_long"}
    assert lake.query("select octet_length(raw) as kept from quarantine") == [{"kept": 2**20}]


def test_a_file_that_unpacks_to_more_than_a_parquet_file_can_is_refused_before_it_fills_the_disk(lake):
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"event_type": ["play"]}), sink)
    lake.land("native/bomb.parquet.gz", gzip.compress(sink.getvalue()) + squeezed(b"\0" * 2**20, GIGABYTE))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (GIGABYTE // 2, limit[1]))
    try:
        report = lake.load()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (report.rejected, report.failed) == (1, [])
    assert lake.reasons() == {1: "archive_too_large"}


def test_a_record_of_a_hundred_thousand_fields_and_one_of_ten_thousand_levels_have_an_outcome(lake):
    wide = ",".join(f'"field {number}":{number}' for number in range(100_000))
    deep = "[" * 10_000 + "]" * 10_000
    lake.land("native/wide.ndjson", LINE.rstrip()[:-1] + "," + wide + "}\n")
    lake.land("native/deep.ndjson", LINE.rstrip()[:-1] + ',"deep":' + deep + "}\n")
    report = lake.load()
    assert (report.lines, report.failed) == (2, [])
    assert report.accepted + report.rejected == 2


def test_a_page_too_deep_for_python_is_named_instead_of_stopping_an_erasure():
    page = '{"statements": [{"deep": ' + "[" * 100_000 + "]" * 100_000 + '}, {"name": "ann"}]}'
    lines = Lines(pa.table({"line_number": pa.array([1], pa.int64()), "line": [page]}), len(page), True)
    found = Unfolded(
        np.array([1]), np.array([2]), np.array([True]), np.array([False]), pa.table({"place": [0, 0], "number": [0, 1]})
    )
    assert without(XAPI, lines, found, np.array([2]), 0) is None
