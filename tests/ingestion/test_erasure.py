"""Erased people: out of the lake wherever a record names them, and never in again."""

from __future__ import annotations

import errno
import gzip
import hashlib
import hmac
import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ingestion import erasure, identity, manifest, rewriting, tombstones
from ingestion.compact import compact
from ingestion.identity import PrivacyKeyError
from ingestion.landing import Index, LandedFile, Landing
from ingestion.load import load_landing
from ingestion.replay import replay
from ingestion.rewriting import rewrite_landing
from ingestion.sources import registered
from ingestion.tombstones import Identifier, Kind
from ingestion.trouble import UnreachableError
from tests.ingestion.conftest import Lake, event

USER, DEVICE, EMAIL = "u-alice-0001", "d-alice-0001", "Alice@Example.com"
STATEMENT = {
    "verb": {"id": "https://w3id.org/xapi/video/verbs/played"},
    "object": {"id": "https://example.com/video/1"},
    "timestamp": "2026-10-05T10:00:00Z",
}


def statement(**actor: object) -> str:
    return json.dumps({**STATEMENT, "actor": actor}) + "\n"


def lines(*records: dict) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def bury(lake: Lake, *identifiers: Identifier) -> str:
    tombstones.bury(lake.home, "erasure-1", identifiers)
    return "erasure-1"


def numbers(lake: Lake, table: str = "native") -> list[int]:
    return [row["line_number"] for row in lake.query(f"from {table} order by line_number")]


THEIRS = [
    {"user_id": USER},
    {"user_id": f" {USER} "},
    {"device_id": DEVICE},
    {"properties": {"customer": {"id": USER}}},
    {"properties": {"form": {"mail": "write to ALICE@example.com, please"}}},
    {"response": ["alice@example.com"]},
    {"page_url": f"https://example.com/v?a=1&uid={USER}#top"},
    {"page_url": "https://example.com/?mail=alice%40example.com"},
    {"referrer": f"https://example.com/people/{DEVICE}/home"},
    {"unheard_of": USER},
]
OF_OTHERS = [
    {"device_id": USER},
    {"user_id": "u-alice-00011"},
    {"properties": {"note": f"she is {USER}"}},
    {"response": ["malice@example.com"]},
    {},
]


@pytest.mark.parametrize("is_loaded_before", [True, False])
def test_a_record_is_theirs_wherever_it_names_them(lake: Lake, is_loaded_before: bool) -> None:
    records = [event(number, **fields) for number, fields in enumerate([*THEIRS, *OF_OTHERS])]
    lake.land("native/a.ndjson", lines(*records))
    if is_loaded_before:
        lake.load()
    bury(lake, Identifier(Kind.USER, USER), Identifier(Kind.DEVICE, DEVICE), Identifier(Kind.EMAIL, EMAIL))
    if is_loaded_before:
        erasure.erase(lake.home)
    else:
        lake.load()
    assert numbers(lake) == list(range(len(THEIRS) + 1, len(records) + 1))
    (load,) = lake.live()
    assert (load.lines, load.accepted, load.erased) == (len(records), len(OF_OTHERS), len(THEIRS))


def test_an_actor_is_found_by_every_name_that_xapi_has(lake: Lake) -> None:
    named = {
        Identifier(Kind.EMAIL, EMAIL): {"mbox": "mailto:alice@example.com"},
        Identifier(Kind.USER, "mailto:bob@example.com"): {"mbox": "mailto:bob@example.com"},
        Identifier(Kind.USER, "https://lms.example#42"): {"account": {"homePage": "https://lms.example", "name": "42"}},
        Identifier(Kind.USER, "44"): {"account": {"name": "44"}},
        Identifier(Kind.USER, "https://eve.example"): {"openid": "https://eve.example"},
    }
    others = [{"account": {"homePage": "https://lms.example", "name": "43"}}, {"mbox": "mailto:carol@example.com"}]
    lake.land("xapi/a.ndjson", "".join(statement(**actor) for actor in [*named.values(), *others]))
    lake.load()
    bury(lake, *named)
    erasure.erase(lake.home)
    assert numbers(lake, "xapi") == [6, 7]


def test_a_short_id_is_looked_for_in_the_columns_of_ids_alone(lake: Lake) -> None:
    lake.land("native/a.ndjson", lines(event(1, user_id="42"), event(2, properties={"price": "42"})))
    lake.load()
    bury(lake, Identifier(Kind.USER, "42"))
    erasure.erase(lake.home)
    assert numbers(lake) == [2]


def test_only_the_people_of_the_named_workspace_are_erased(lake: Lake) -> None:
    lake.land("native/a.ndjson", lines(event(1, user_id=USER, workspace_id="a"), event(2, user_id=USER, workspace_id="b")))
    lake.land("native/b.ndjson", lines(event(3, user_id=USER)))
    lake.load()
    bury(lake, Identifier(Kind.USER, USER, "b"))
    erasure.erase(lake.home)
    assert [row.get("workspace_id") for row in lake.query("from native order by event_id")] == ["a", None]


def test_contacts_assignments_and_rejected_records_are_erased_too(lake: Lake) -> None:
    contact = {"user_id": USER, "email": EMAIL, "name": "Alice"}
    lake.land("catalog/contacts.ndjson", lines(contact, {"user_id": "u-bob-000001"}))
    lake.land("catalog/assignments.ndjson", lines({"user_id": USER, "video_id": "v"}))
    lake.land("native/a.ndjson", f'{{"user_id": "{USER}", broken\n{{"user_id": "u-bob-000001", broken\n')
    lake.load()
    bury(lake, Identifier(Kind.USER, USER))
    report = erasure.erase(lake.home)
    assert (report.records["catalog"], report.quarantined) == (2, 1)
    assert [json.loads(row["record"])["user_id"] for row in lake.query("from catalog")] == ["u-bob-000001"]
    assert [row["line_number"] for row in lake.query("from quarantine")] == [2]
    assert all(load.balances for load in lake.live())


def test_erasing_after_a_load_leaves_what_loading_after_the_erasure_does(lake: Lake, tmp_path: Path) -> None:
    records = [event(number, user_id=USER if number % 3 else "u-bob-000001") for number in range(9)]
    records += [event(number, user_id=USER, occurred_at="2026-10-07T10:00:00Z") for number in range(9, 12)]
    later = Lake(type(lake.home)(tmp_path / "later"), lake.landing)
    lake.land("native/a.ndjson", lines(*records[:6]))
    lake.land("native/b.ndjson", lines(*records[6:]) + f"not json but {USER}\n")
    lake.load()
    compact(lake.home, min_files=2)
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)
    shutil.copytree(lake.home.privacy, later.home.privacy)
    later.load()

    def held(each: Lake) -> tuple:
        books = [(load.path, load.accepted, load.rejected, load.erased, load.rows_by_date) for load in each.live()]
        rows = each.query("select * exclude (load_id) from native order by all")
        return sorted(books), [row["event_id"] for row in rows], each.query("select line_number from quarantine")

    assert held(lake) == held(later)
    assert lake.load().is_empty
    assert erasure.erase(lake.home).is_empty


def test_who_was_erased_does_not_come_back_by_a_late_file_or_a_replay(lake: Lake) -> None:
    bury(lake, Identifier(Kind.USER, USER))
    lake.land("native/a.ndjson", lines(event(1)) + "broken\n")
    lake.load()
    lake.land("native/late.ndjson", lines(event(2, user_id=USER), event(3)))
    report = lake.load()
    assert (report.accepted, report.erased) == (1, 1)
    replay(lake.home)
    assert not any(row.get("user_id") == USER for row in lake.rows())


def test_a_replay_counts_whom_it_erases(lake: Lake, monkeypatch) -> None:
    """A short id is not recognised in what could not be read; once it can be, it is a user's."""
    lake.land(
        "native/a.ndjson", "".join(line[:-2] + "\n" for line in lines(event(1, user_id="42"), event(2)).splitlines(keepends=True))
    )
    lake.load()
    bury(lake, Identifier(Kind.USER, "42"))
    erasure.erase(lake.home)
    assert len(lake.query("from quarantine")) == 2
    repaired = replace(registered()["native"], line_sql="line || '}'")
    monkeypatch.setattr("ingestion.replay.registered", lambda: {"native": repaired})
    replay(lake.home)
    (load,) = lake.live()
    assert (load.accepted, load.rejected, load.erased) == (1, 0, 1)
    assert numbers(lake) == [2]


def test_a_restored_backup_owes_the_erasures_that_it_has_not_seen(lake: Lake, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(tombstones.VARIABLE, str(tmp_path / "kept elsewhere" / "tombstones.json"))
    monkeypatch.setenv(identity.VARIABLE, "a key that is kept elsewhere")
    lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2)))
    lake.load()
    shutil.copytree(lake.home.bronze, tmp_path / "backup")
    bury(lake, Identifier(Kind.USER, USER))
    assert not erasure.is_applied(lake.home)
    erasure.erase(lake.home)
    assert erasure.is_applied(lake.home)
    shutil.rmtree(lake.home.bronze)
    shutil.copytree(tmp_path / "backup", lake.home.bronze)
    assert not erasure.is_applied(lake.home)
    erasure.erase(lake.home)
    assert numbers(lake) == [2]


def test_a_lifted_erasure_lets_new_records_in(lake: Lake) -> None:
    erased = bury(lake, Identifier(Kind.USER, USER))
    lake.land("native/a.ndjson", lines(event(1, user_id=USER)))
    lake.load()
    assert tombstones.lift(lake.home, "no such erasure") == 0
    assert tombstones.lift(lake.home, erased) > 0
    assert erasure.is_applied(lake.home)
    lake.land("native/b.ndjson", lines(event(2, user_id=USER)))
    lake.load()
    assert [row["event_id"] for row in lake.rows()] == [event(2)["event_id"]]


def test_records_of_before_the_first_date_to_keep_are_erased_and_kept_out(lake: Lake) -> None:
    lake.land(
        "native/a.ndjson", lines(event(1, occurred_at="2026-10-01T10:00:00Z"), event(2, occurred_at="2026-10-09T10:00:00Z"))
    )
    lake.load()
    tombstones.keep_from(lake.home, date(2026, 10, 5))
    erasure.erase(lake.home)
    assert numbers(lake) == [2]
    lake.land(
        "native/b.ndjson", lines(event(3, occurred_at="2026-10-04T23:59:59Z"), event(4, occurred_at="2026-10-05T00:00:00Z"))
    )
    report = lake.load()
    assert (report.accepted, report.erased) == (1, 1)
    assert tombstones.keep_from(lake.home, date(2026, 1, 1)).keep_from == date(2026, 10, 5)


@pytest.mark.parametrize("step", range(10))
def test_an_erasure_killed_at_any_step_is_ended_by_the_next_run(lake: Lake, monkeypatch, step: int) -> None:
    class Died(BaseException):
        pass

    lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2)) + f"broken {USER}\nbroken too\n")
    lake.land("native/b.ndjson", lines(event(3, user_id=USER)))
    lake.load()
    bury(lake, Identifier(Kind.USER, USER))
    moved, left = os.replace, [step]

    def fused(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            raise Died
        return moved(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fused)
        try:
            erasure.erase(lake.home)
        except Died:
            assert not erasure.is_applied(lake.home)
    erasure.erase(lake.home)
    assert [row["event_id"] for row in lake.rows()] == [event(2)["event_id"]]
    assert [row["raw_text"] for row in lake.query("from quarantine")] == ["broken too"]
    assert sum(load.erased for load in lake.live()) == 3
    assert all(load.balances for load in lake.live())


def test_no_file_of_the_home_says_who_was_erased(lake: Lake) -> None:
    lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2)))
    lake.load()
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)
    with duckdb.connect() as con:
        for path in (path for path in lake.home.root.rglob("*") if path.is_file()):
            assert USER.encode() not in path.read_bytes()
            if path.suffix == ".parquet":
                assert con.execute(
                    "select count(*) from read_parquet(?) as t where contains(t::varchar, ?)", [str(path), USER]
                ).fetchone() == (0,)
    stone = tombstones.path_of(lake.home)
    assert stat.S_IMODE(stone.stat().st_mode) == stat.S_IMODE((lake.home.privacy / "key").stat().st_mode) == 0o600


def test_landed_lines_are_rewritten_and_stay_the_loads_they_are(lake: Lake) -> None:
    theirs, others = lines(event(1, user_id=USER)), lines(event(2), event(3))
    plain = lake.land("native/a.ndjson", others + theirs)
    packed = lake.land("native/b.ndjson.gz", gzip.compress(("\n" + theirs + lines(event(4))).encode()))
    contacts = lake.land("catalog/contacts.ndjson", lines({"user_id": USER}, {"user_id": "u-bob-000001"}))
    lake.load()
    before = {load.load_id for load in lake.live()}
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)
    report = rewrite_landing(str(lake.landing), lake.home)
    assert {Path(held.uri).name for held in report.files} == {"a.ndjson", "b.ndjson.gz", "contacts.ndjson"}
    assert report.left == []
    assert plain.read_text() == others
    assert gzip.decompress(packed.read_bytes()).decode() == "\n" + lines(event(4))
    assert contacts.read_text() == lines({"user_id": "u-bob-000001"})
    (lake.home.bronze / "landing_index.json").unlink()
    assert lake.load().is_empty
    assert {load.load_id for load in lake.live()} == before
    assert rewrite_landing(str(lake.landing), lake.home).files == []


def test_landed_files_that_are_no_lines_are_named(lake: Lake) -> None:
    kept = {
        "native/a.json": json.dumps([event(1, user_id=USER), event(2)]),
        "native/b.csv": "event_id,event_type,occurred_at,user_id\ne-9,play,2026-10-05T10:00:00Z," + USER + "\n",
        "native/c.ndjson.gz": gzip.compress((lines(event(3, user_id=USER)) * 2_000).encode())[:-12],
    }
    paths = {name: lake.land(name, content) for name, content in kept.items()}
    before = {name: path.read_bytes() for name, path in paths.items()}
    lake.load()
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)
    report = rewrite_landing(str(lake.landing), lake.home)
    reasons = {Path(held.uri).name: held.why_not for held in report.left}
    assert "JSON array" in reasons["a.json"]
    assert "csv" in reasons["b.csv"]
    assert "not readable to its end" in reasons["c.ndjson.gz"]
    assert {name: path.read_bytes() for name, path in paths.items()} == before


def test_a_report_leaves_the_landing_zone_alone(lake: Lake) -> None:
    path = lake.land("native/a.ndjson", lines(event(1, user_id=USER)))
    lake.load()
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)
    (held,) = rewrite_landing(str(lake.landing), lake.home, only_report=True).left
    assert (held.uri, held.records) == (str(path), 1)
    assert USER in path.read_text()


def erased(lake: Lake, user_id: str = USER, **options) -> list:
    """Erase a user from the lake and the landing zone; the landed files that held somebody erased."""
    bury(lake, Identifier(Kind.USER, user_id))
    erasure.erase(lake.home)
    return rewrite_landing(str(lake.landing), lake.home, **options).files


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("step", ["open", "replace"])
def test_a_landed_file_that_cannot_be_written_is_named_and_holds_up_no_other(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, number: int, step: str
) -> None:
    theirs, others = lines(event(1, user_id=USER)), lines(event(2))
    locked = lake.land("native/a.ndjson", theirs + others)
    free = lake.land("native/b.ndjson", others + lines(event(3)) + theirs)
    lake.load()
    done = getattr(os, step)

    def refused(path, *arguments, **options):
        if str(path).startswith(str(locked)) and (step == "replace" or arguments[0] & os.O_CREAT):
            raise OSError(number, os.strerror(number), str(path))
        return done(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, refused)
        found = {Path(held.uri).name: held for held in erased(lake)}
    assert (found["a.ndjson"].records, found["b.ndjson"].why_not) == (1, None)
    assert os.strerror(number) in found["a.ndjson"].why_not
    assert "a.ndjson" in found["a.ndjson"].why_not
    assert (locked.read_text(), free.read_text()) == (theirs + others, others + lines(event(3)))
    assert {path.name for path in locked.parent.iterdir()} == {"a.ndjson", "b.ndjson"}
    monkeypatch.setattr(Landing, "fetch", lambda *_: pytest.fail("what became of the files was not noted"))
    assert lake.load().is_empty
    monkeypatch.undo()
    assert [held.why_not for held in rewrite_landing(str(lake.landing), lake.home).files] == [None]
    assert locked.read_text() == others


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text(path.read_text() + lines(event(9)))])
def test_a_landed_file_that_moves_under_the_erasure_is_named_and_holds_up_no_other(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], object]
) -> None:
    moving = lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2)))
    resting = lake.land("native/b.ndjson", lines(event(3, user_id=USER), event(4)))
    lake.load()
    fetch = Landing.fetch

    def late(zone: Landing, file: LandedFile, folder: Path) -> tuple[Path, str]:
        if file.name == "native/a.ndjson":
            harm(moving)
        return fetch(zone, file, folder)

    monkeypatch.setattr(Landing, "fetch", late)
    found = {Path(held.uri).name: held.why_not for held in erased(lake)}
    assert "changed or left" in found["a.ndjson"]
    assert found["b.ndjson"] is None
    assert resting.read_text() == lines(event(4))


def test_lines_that_arrive_while_a_landed_file_is_rewritten_are_not_lost(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2)))
    lake.load()
    write = rewriting._write_without

    def slowly(*arguments):
        why_not = write(*arguments)
        path.write_text(path.read_text() + lines(event(3)))
        return why_not

    monkeypatch.setattr(rewriting, "_write_without", slowly)
    (held,) = erased(lake)
    assert "changed" in held.why_not
    assert path.read_text() == lines(event(1, user_id=USER), event(2), event(3))


def test_a_store_that_does_not_answer_is_asked_once_and_its_files_are_named(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    zone, asked = "memory://erasure-zone", []
    for name in ("a", "b", "c"):
        MemoryFileSystem().pipe(f"/erasure-zone/native/{name}.ndjson", lines(event(name, user_id=USER)).encode())
    load_landing(zone, lake.home, settle_seconds=0.0)
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)

    def silent(*_) -> None:
        asked.append(1)
        raise UnreachableError("the store cannot be reached.")

    monkeypatch.setattr(Landing, "fetch", silent)
    report = rewrite_landing(zone, lake.home)
    assert [held.why_not for held in report.left] == ["it cannot be read or rewritten: the store cannot be reached"] * 3
    assert len(asked) == 1


def test_a_landed_link_stays_and_what_it_leads_to_is_rewritten(lake: Lake, tmp_path: Path) -> None:
    others = lines(event(2))
    lies = tmp_path / "elsewhere" / "real.ndjson"
    lies.parent.mkdir()
    lies.write_text(lines(event(1, user_id=USER)) + others)
    (lake.landing / "native").mkdir(parents=True)
    link = lake.landing / "native" / "a.ndjson"
    link.symlink_to(lies)
    lake.load()
    assert [held.why_not for held in erased(lake)] == [None]
    assert link.is_symlink()
    assert (link.resolve(), lies.read_text()) == (lies, others)
    assert [path.name for path in lies.parent.iterdir()] == ["real.ndjson"]
    (lake.home.bronze / "landing_index.json").unlink()
    assert lake.load().is_empty


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_file_under_two_names_is_rewritten_once_and_stays_the_loads_it_is(lake: Lake, is_forgotten: bool) -> None:
    for real, link in (("native/a.ndjson", "b.ndjson"), ("catalog/contacts/a.ndjson", "b.ndjson")):
        rows = (
            lines({"user_id": USER}, {"user_id": "u-bob-000001"})
            if "contacts" in real
            else lines(event(1, user_id=USER), event(2))
        )
        path = lake.land(real, rows)
        path.with_name(link).symlink_to(path)
    lake.load()
    before = {load.load_id for load in lake.live()}
    assert [held.why_not for held in erased(lake)] == [None, None]
    if is_forgotten:
        (lake.home.bronze / "landing_index.json").unlink()
    assert lake.load().is_empty
    assert {load.load_id for load in lake.live()} == before
    assert erased(lake) == []


def test_a_file_that_was_rewritten_before_is_rewritten_again_when_the_index_was_lost(lake: Lake) -> None:
    path = lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2, user_id="u-bob-000001"), event(3)))
    contacts = lake.land(
        "catalog/contacts.ndjson", lines({"user_id": USER}, {"user_id": "u-bob-000001"}, {"user_id": "u-eve-000001"})
    )
    lake.load()
    erased(lake)
    (lake.home.bronze / "landing_index.json").unlink()
    assert lake.load().is_empty
    assert [held.records for held in erased(lake, "u-bob-000001")] == [1, 1]
    assert path.read_text() == lines(event(3))
    assert contacts.read_text() == lines({"user_id": "u-eve-000001"})
    (lake.home.bronze / "landing_index.json").unlink()
    assert lake.load().is_empty
    assert [load.erased for load in lake.live()] == [2, 2]


def test_loading_one_source_forgets_no_file_of_the_others(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = lake.land("native/a.ndjson", lines(event(1)))
    lake.land("native/b.ndjson", lines(event(2)))
    lake.land("xapi/a.ndjson", statement(mbox="mailto:a@example.com"))
    lake.land("catalog/videos.ndjson", lines({"video_id": "v"}))
    lake.load()
    gone.unlink()
    lake.load(sources=["xapi"])
    known = Index.open(lake.home).entries
    assert {Path(uri).name for uri in known} == {"a.ndjson", "b.ndjson", "videos.ndjson"}
    assert str(gone) in known
    monkeypatch.setattr(Landing, "fetch", lambda *_: pytest.fail("a file was read again"))
    assert len(lake.load().skipped) == 3
    assert str(gone) not in Index.open(lake.home).entries


def test_files_that_hold_only_people_erased_before_do_not_leave_a_later_erasure_undone(lake: Lake) -> None:
    table = lake.land("native/a.csv", f"event_id,event_type,occurred_at,user_id\ne-9,play,2026-10-05T10:00:00Z,{USER}\n")
    rest = lake.land("native/b.ndjson", lines(event(1, user_id="u-bob-000001"), event(2, user_id=USER), event(3)))
    lake.load()
    alice, bob = Identifier(Kind.USER, USER), Identifier(Kind.USER, "u-bob-000001")
    bury(lake, alice, bob)
    erasure.erase(lake.home)
    assert [Path(held.uri).name for held in rewrite_landing(str(lake.landing), lake.home, only_report=True).unfinished] == [
        "a.csv",
        "b.ndjson",
    ]
    later = rewrite_landing(str(lake.landing), lake.home, people=[bob])
    assert ([held.uri for held in later.left], later.unfinished) == ([str(table)], [])
    assert rest.read_text() == lines(event(3))
    assert [held.uri for held in rewrite_landing(str(lake.landing), lake.home, people=[alice]).unfinished] == [str(table)]


def test_the_sql_hash_is_hmac_sha256(lake: Lake) -> None:
    for key in (b"short", b"k" * 64, b"longer than a block of sixty-four bytes, so that it is hashed itself first"):
        with duckdb.connect() as con:
            identity.prepare(con, key)
            hashed, pseudonym = con.execute("select keyed_hash('Grüße'), pseudonym_of('Grüße')").fetchone()
        assert hashed == hmac.new(key, "Grüße".encode(), hashlib.sha256).hexdigest()
        assert pseudonym == identity.pseudonym_of(key, "Grüße")


def test_tombstones_of_another_key_are_refused_since_they_would_recognise_nobody(lake: Lake, monkeypatch) -> None:
    bury(lake, Identifier(Kind.USER, USER))
    monkeypatch.setenv(identity.VARIABLE, "another key of some length")
    with pytest.raises(PrivacyKeyError, match="another privacy key"):
        lake.load()
    monkeypatch.setenv(identity.VARIABLE, "short")
    with pytest.raises(PrivacyKeyError, match="at least 16"):
        lake.load()


def test_pseudonyms_stand_for_ids_and_one_person_keeps_one(lake: Lake, monkeypatch) -> None:
    monkeypatch.setenv(identity.PSEUDONYMISE, "1")
    lake.land("native/a.ndjson", lines(event(1, user_id=USER, device_id=DEVICE), event(2)))
    lake.land("catalog/contacts.ndjson", lines({"user_id": USER, "email": EMAIL}))
    lake.land("xapi/a.ndjson", statement(account={"homePage": "https://lms.example", "name": "42"}, name="Alice"))
    lake.load()
    name = identity.pseudonym_of(identity.privacy_key(lake.home), USER)
    assert [row.get("user_id") for row in lake.rows()] == [name, None]
    assert [json.loads(row["record"])["user_id"] for row in lake.query("from catalog")] == [name]
    (actor,) = (json.loads(row["statement"])["actor"] for row in lake.query("from xapi"))
    of_account = identity.pseudonym_of(identity.privacy_key(lake.home), "https://lms.example#42")
    assert actor == {"account": {"name": of_account}}


def test_who_has_a_pseudonym_is_erased_by_the_id_behind_it(lake: Lake, monkeypatch) -> None:
    monkeypatch.setenv(identity.PSEUDONYMISE, "1")
    lake.land("native/a.ndjson", lines(event(1, user_id=USER), event(2)))
    lake.load()
    bury(lake, Identifier(Kind.USER, USER))
    erasure.erase(lake.home)
    assert numbers(lake) == [2]


def test_a_lake_is_not_mixed_of_ids_and_pseudonyms(lake: Lake, monkeypatch) -> None:
    lake.land("native/a.ndjson", lines(event(1, user_id=USER)))
    lake.load()
    monkeypatch.setenv(identity.PSEUDONYMISE, "1")
    lake.land("native/b.ndjson", lines(event(2, user_id=USER)))
    with pytest.raises(PrivacyKeyError, match="begun without pseudonyms"):
        lake.load()
    assert [each.path for each in manifest.every(lake.home)] == ["native/a.ndjson"]
