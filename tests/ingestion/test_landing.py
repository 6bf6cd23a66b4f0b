"""Which files are taken, which are left, on every kind of file system."""

from __future__ import annotations

import json
import os
import threading
import time

import fsspec
import pytest

from ingestion import landing, records
from ingestion.load import load_landing
from ingestion.sources import registered
from ingestion.trouble import UnreachableError
from tests.ingestion.conftest import event

LINE = json.dumps(event(1)) + "\n"


def test_the_same_bytes_change_nothing_under_any_name(lake):
    lake.land("native/a.ndjson", LINE)
    first = lake.load()
    lake.land("native/deep/er/copy.log", LINE)
    second = lake.load()
    third = lake.load()
    assert (first.loads, second.loads, third.loads) == (1, 0, 0)
    assert (second.skipped, third.skipped) == (["native/a.ndjson", "native/deep/er/copy.log"],) * 2
    assert len(lake.rows()) == 1


def test_the_same_bytes_of_two_sources_are_two_loads(lake):
    statement = '{"timestamp":"2026-10-05T12:00:00Z","received_at":"2026-10-05T12:00:00Z"}'
    lake.land("native/a.json", statement)
    lake.land("xapi/a.json", statement)
    assert lake.load().loads == 2


def test_a_known_file_is_not_read_again(lake, monkeypatch):
    lake.land("native/a.ndjson", LINE)
    lake.load()
    monkeypatch.setattr(landing.Landing, "fetch", lambda *_: pytest.fail("the file was read again"))
    assert lake.load().skipped == ["native/a.ndjson"]


def test_a_lost_index_costs_a_reading_and_changes_nothing(lake):
    lake.land("native/a.ndjson", LINE)
    lake.load()
    (lake.home.bronze / "landing_index.json").write_text("{broken")
    assert (lake.load().loads, len(lake.rows())) == (0, 1)


def test_a_file_that_got_new_lines_is_a_new_load(lake):
    lake.land("native/a.ndjson", LINE)
    lake.load()
    lake.land("native/a.ndjson", LINE + json.dumps(event(2)))
    assert lake.load().loads == 1
    assert {row["event_id"] for row in lake.rows()} == {"1", "2"}


@pytest.mark.parametrize("name", ["a.ndjson.part", "a.ndjson.tmp", "a.csv.crdownload", "a.partial", "a.filepart"])
def test_a_half_uploaded_name_waits(lake, name):
    lake.land(f"native/{name}", LINE)
    report = lake.load()
    assert ([each.name for each in report.waiting], report.loads) == ([f"native/{name}"], 0)


@pytest.mark.parametrize("name", [".a.ndjson", "_SUCCESS", "_temporary/a.ndjson", ".git/a.ndjson"])
def test_hidden_names_are_passed_over(lake, name):
    lake.land(f"native/{name}", LINE)
    report = lake.load()
    assert (report.loads, report.waiting, report.unknown) == (0, [], [])


def test_strangers_are_named_with_what_is_known(lake):
    for name in ("clicks/a.ndjson", "clicks/b.ndjson", "loose.ndjson", "native/a.xlsx", "catalog/nonsense.csv"):
        lake.land(name, LINE)
    report = lake.load()
    assert {each.name for each in report.unknown} == {"clicks/", "loose.ndjson", "native/a.xlsx", "catalog/nonsense.csv"}
    assert ", ".join([*registered(), "catalog"]) in next(each.reason for each in report.unknown if each.name == "clicks/")
    assert report.failed == []


def test_no_landing_zone_is_nothing_new(lake):
    report = lake.load()
    assert (report.is_empty, report.failed) == (True, [])
    assert lake.query("select count(*) as n from native") == [{"n": 0}]


def test_only_the_sources_asked_for_are_loaded(lake):
    lake.land("native/a.ndjson", LINE)
    lake.land("xapi/a.json", '{"timestamp":"2026-10-05T12:00:00Z"}')
    lake.land("catalog/videos.ndjson", '{"id":"v"}')
    assert [each.source for each in lake.load(sources=["xapi"]).manifests] == ["xapi"]
    assert [each.source for each in lake.load(sources=["catalog"]).manifests] == ["catalog"]
    assert [each.source for each in lake.load().manifests] == ["native"]
    with pytest.raises(ValueError, match="known: " + ", ".join([*registered(), "catalog"])):
        lake.load(sources=["nativ"])


@pytest.mark.parametrize(
    "name", ["it's.ndjson", "two\nlines.ndjson", "50% off?.ndjson", "ü [x] {y} *.ndjson", 'quo"te;--.ndjson', "a\\b.ndjson"]
)
def test_hostile_names_are_only_names(lake, name):
    lake.land(f"native/{name}", LINE + "nope\n")
    report = lake.load()
    assert (report.accepted, report.rejected, report.failed) == (1, 1, [])
    assert lake.live()[0].path == f"native/{name}"
    assert lake.query("select path from quarantine") == [{"path": f"native/{name}"}]


def test_a_home_with_a_hostile_name_works(tmp_path):
    from ingestion.compact import compact
    from ingestion.home import Home
    from ingestion.replay import replay

    home = Home(tmp_path / "it's [my] %7B*home")
    zone = tmp_path / "land?ing::[x]"
    (zone / "native").mkdir(parents=True)
    for number in range(2):
        (zone / "native" / f"{number}.ndjson").write_text(json.dumps(event(number)) + "\nnope\n")
        report = load_landing(str(zone), home, settle_seconds=0.0)
        assert (report.accepted, report.rejected, report.failed) == (1, 1, [])
    assert replay(home).tried == 2
    assert compact(home, min_files=2).files_after == 1


def test_links_are_followed_and_loops_end(lake, tmp_path):
    real = tmp_path / "elsewhere.ndjson"
    real.write_text(LINE)
    (lake.landing / "native").mkdir(parents=True)
    (lake.landing / "native" / "link.ndjson").symlink_to(real)
    (lake.landing / "native" / "loop").symlink_to(lake.landing / "native")
    (lake.landing / "native" / "dangling.ndjson").symlink_to(tmp_path / "nowhere")
    assert lake.load().accepted == 1


def test_a_growing_file_is_left_until_it_rests(lake):
    path = lake.land("native/a.ndjson", LINE)
    stop = threading.Event()

    def grow():
        while not stop.wait(0.02):
            with path.open("a") as file:
                file.write(LINE)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        report = lake.load(settle_seconds=0.2)
    finally:
        stop.set()
        writer.join()
    assert ([each.name for each in report.waiting], report.loads) == (["native/a.ndjson"], 0)
    assert lake.load().loads == 1


def test_an_old_file_is_not_waited_for(lake):
    path = lake.land("native/a.ndjson", LINE)
    os.utime(path, (time.time() - 3600,) * 2)
    started = time.monotonic()
    assert lake.load(settle_seconds=30).loads == 1
    assert time.monotonic() - started < 20


def test_a_file_that_changes_while_it_is_read_is_dropped(lake, monkeypatch):
    path = lake.land("native/a.ndjson", LINE)
    lake.land("native/b.ndjson", json.dumps(event("b")))
    read = records.read

    def and_meanwhile(source, local, *others):
        if local == path:
            with path.open("a") as file:
                file.write(LINE)
        return read(source, local, *others)

    monkeypatch.setattr(records, "read", and_meanwhile)
    report = lake.load()
    assert ([each.name for each in report.waiting], [row["event_id"] for row in lake.rows()]) == (["native/a.ndjson"], ["b"])
    monkeypatch.undo()
    assert lake.load().accepted >= 2


def test_a_file_that_cannot_be_opened_fails_alone(lake, monkeypatch):
    lake.land("native/a.ndjson", LINE)
    lake.land("native/b.ndjson", json.dumps(event(2)))
    fetch = landing.Landing.fetch

    def refuse(self, file, folder):
        if file.name.endswith("a.ndjson"):
            raise PermissionError("no entry")
        return fetch(self, file, folder)

    monkeypatch.setattr(landing.Landing, "fetch", refuse)
    report = lake.load()
    assert [(each.path, each.reason) for each in report.failed] == [("native/a.ndjson", "PermissionError: no entry")]
    assert [row["event_id"] for row in lake.rows()] == ["2"]


def test_a_memory_file_system_is_a_landing_zone(lake):
    fs = fsspec.filesystem("memory")
    fs.pipe("/zone/native/a.ndjson", LINE.encode())
    fs.pipe("/zone/native/b % 'c.csv", b"event_id,occurred_at\n7,1791201600\n")
    first = load_landing("memory://zone", lake.home, settle_seconds=0.0)
    again = load_landing("memory://zone", lake.home, settle_seconds=0.0)
    fs.rm("/zone", recursive=True)
    assert (first.accepted, again.loads, again.skipped) == (2, 0, ["native/a.ndjson", "native/b % 'c.csv"])


def test_an_s3_bucket_is_a_landing_zone(lake, monkeypatch):
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "key": "test",
        "secret": "test",  # pragma: allowlist secret
        "client_kwargs": {"endpoint_url": f"http://{host}:{port}"},
    }
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        s3 = fsspec.filesystem("s3", skip_instance_cache=True)
        s3.mkdir("bucket")
        s3.pipe("bucket/zone/native/day=1/a.ndjson", LINE.encode())
        s3.pipe("bucket/zone/native/ü 'b'.ndjson", json.dumps(event(2)).encode())
        s3.pipe("bucket/zone/catalog/videos.ndjson", b'{"id":"v"}')
        s3.pipe("bucket/zone/native/c.ndjson.part", b"{")
        first = load_landing("s3://bucket/zone", lake.home, settle_seconds=0.0)
        again = load_landing("s3://bucket/zone/", lake.home, settle_seconds=0.0)
        s3.pipe("bucket/zone/native/day=1/a.ndjson", (LINE + json.dumps(event(3))).encode())
        later = load_landing("s3://bucket/zone", lake.home, settle_seconds=0.0)
    finally:
        server.stop()
    assert (first.accepted, first.failed, [each.name for each in first.waiting]) == (3, [], ["native/c.ndjson.part"])
    assert (again.loads, len(again.skipped)) == (0, 3)
    assert (later.loads, {row["event_id"] for row in lake.rows()}) == (1, {"1", "2", "3"})


@pytest.mark.parametrize(("uri", "said"), [("gs://bucket/logs", "gcsfs.*pip install"), ("nowhere://logs", "s3://bucket/folder")])
def test_an_address_that_nothing_here_reads_says_what_to_do(uri, said):
    with pytest.raises(UnreachableError, match=said):
        landing.Landing.at(uri)
