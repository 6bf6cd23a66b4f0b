"""Catalog snapshots: whole, versioned, as JSON text."""

from __future__ import annotations

import datetime

import pytest

from ingestion.catalog import as_of, entity_of


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("catalog/videos.ndjson", None),
        ("catalog/videos/2026-10-05.ndjson", "2026-10-05T00:00:00"),
        ("catalog/videos/2026-10-05T12-30-00Z.csv.gz", "2026-10-05T12:30:00"),
        ("catalog/videos/as_of=2026-10-05T12:30:00+02:00/part.ndjson", "2026-10-05T10:30:00"),
        ("catalog/videos/as_of=2026-10-05/2025-01-01.ndjson", "2026-10-05T00:00:00"),
        ("catalog/videos/as_of=2026-13-45/a.ndjson", None),
        ("catalog/videos/export 2026-10-05.ndjson", None),
    ],
)
def test_a_path_may_say_of_when_it_speaks(name, moment):
    assert as_of(name) == moment


@pytest.mark.parametrize(
    ("name", "entity"),
    [("catalog/videos.csv.gz", "videos"), ("catalog/Contacts/a.ndjson", "contacts"), ("catalog/films.csv", None)],
)
def test_a_path_names_its_entity(name, entity):
    assert entity_of(name) == entity


def test_rows_are_kept_as_json_with_their_moment(lake):
    lake.land("catalog/videos/as_of=2026-10-05/all.ndjson", '{"id":"v1","duration":1.50}\n{"id":"v2"}\nnope\n')
    lake.land("catalog/nodes.csv", "id,video,as_of\nn1,v1,2026-10-06T00:00:00Z\nn2,v1,\n")
    lake.load()
    rows = lake.query("select entity, path, line_number, as_of, record from catalog order by entity, line_number")
    assert [(row["entity"], row["record"], row["as_of"]) for row in rows] == [
        ("nodes", '{"id":"n1","video":"v1","as_of":"2026-10-06T00:00:00Z"}', datetime.datetime(2026, 10, 6)),
        ("nodes", '{"id":"n2","video":"v1"}', None),
        ("videos", '{"id":"v1","duration":1.50}', datetime.datetime(2026, 10, 5)),
        ("videos", '{"id":"v2"}', datetime.datetime(2026, 10, 5)),
    ]
    assert {(row["source"], row["reason"]) for row in lake.query("from quarantine")} == {("catalog", "not_json")}
    assert {(each.source, each.entity, each.as_of, each.accepted, each.rejected) for each in lake.live()} == {
        ("catalog", "videos", "2026-10-05T00:00:00", 2, 1),
        ("catalog", "nodes", None, 2, 0),
    }


def test_a_revert_is_a_version_too(lake):
    first, second = '{"id":"v","title":"a"}', '{"id":"v","title":"b"}'
    for day, content in enumerate((first, second, first), 1):
        lake.land(f"catalog/videos/2026-10-0{day}.ndjson", content)
    lake.load()
    assert len(lake.query("from catalog")) == 3
    assert lake.load().is_empty


def test_a_value_that_is_no_moment_is_kept_in_the_record(lake):
    lake.land("catalog/videos.ndjson", '{"id":"v","as_of":"soon"}')
    lake.load()
    (row,) = lake.query("from catalog")
    assert (row["as_of"], row["record"]) == (None, '{"id":"v","as_of":"soon"}')
