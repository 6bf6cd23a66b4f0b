"""What PostgreSQL shows is what the snapshot holds: every table, row and value."""

from pathlib import Path

import duckdb

from serving.postgres.publish import publish
from tests.serving.postgres.conftest import KEYS, NASTY, Snapshots, Target

TEXT_TYPES = {"TIMESTAMP": "TIMESTAMP WITH TIME ZONE"}


def differing_rows(path: Path, target: Target, folder: Path) -> dict[str, int]:
    """Rows by table that only one side has: PostgreSQL's own text of every value, read back and compared by DuckDB."""
    differing = {}
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where schema_name <> '_meta'").fetchall()
        for schema, table in tables:
            columns = connection.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
                [schema, table],
            ).fetchall()
            file = folder / f"{schema}.{table}.csv"
            file.write_bytes(
                target.psql(f"copy (select * from {schema}.{table}) to stdout (format csv, null 'NOTHING')").encode()
            )
            listed = ", ".join(f"'{name}': '{TEXT_TYPES.get(kind, kind)}'" for name, kind in columns)
            read = (
                f"select * from read_csv('{file}', header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
                f"nullstr = 'NOTHING', allow_quoted_nulls = false, max_line_size = 10000000, columns = {{{listed}}})"
            )
            held = f"select * from {schema}.{table}"
            ((count,),) = connection.execute(
                f"select count(*) from (({held} except all {read}) union all ({read} except all {held}))"
            ).fetchall()
            differing[f"{schema}.{table}"] = count
    return differing


def test_every_row_and_value_of_the_snapshot_is_there(snapshot: Snapshots, target: Target, tmp_path: Path) -> None:
    path = snapshot(1, NASTY)
    done = publish(path, target.uri, KEYS, include_personal=True)
    differing = differing_rows(path, target, tmp_path)
    assert len(differing) == 4
    assert set(differing.values()) == {0}
    assert done.rows == 3000 + 2000 + 2000 + 1 + 1 + 4 + (11 + 2 + 1 + 1)
    # The comparison itself finds a single changed value.
    target.psql("update audience_data.t set version = 2".replace("audience_data.t", stored(target, "quality.load")))
    assert differing_rows(path, target, tmp_path)["quality.load"] == 2


def stored(target: Target, table: str) -> str:
    """The table behind a view."""
    return target.psql(f"select data_schema || '.\"{table}\"' from _meta.postgres_publication").strip()


def test_types_are_postgres_own(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1, NASTY), target.uri, KEYS)
    said = target.psql(
        "select attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = 'core.dim_video'::regclass and attnum > 0 order by attnum"
    )
    assert said.splitlines() == [
        "workspace_id text", "video_id text", "title text", "score double precision", "views bigint", "cost numeric(20,6)",
        "is_first boolean", "published_at timestamp with time zone", "published_date date", "position integer", "share real",
    ]  # fmt: skip


def test_what_postgres_has_no_type_for_is_text(snapshot: Snapshots, target: Target) -> None:
    odd = """
        create or replace table core.dim_node as
        select [1, null, 3] as visits, {'a': 'ü'} as facts, 'a'::enum('a', 'b') as kind, '5b1f2ab4-1c7c-4d0a-9a55-0e8a1a4bfb11'::uuid as id,
            170141183460469231731687303715884105727::hugeint as huge, 18446744073709551615::ubigint as large, 'ab\\x00'::blob as bytes,
            'before' || chr(0) || 'after' as broken, interval 36 hours as age, time '23:59:59.5' as clock, 7::utinyint as small
    """
    publish(snapshot(1, odd), target.uri, include_personal=True)
    assert target.psql("select * from core.dim_node", "-F", "|").strip() == (
        '[1,null,3]|{"a":"ü"}|a|5b1f2ab4-1c7c-4d0a-9a55-0e8a1a4bfb11|170141183460469231731687303715884105727|18446744073709551615'
        "|\\x616200|before\ufffdafter|36:00:00|23:59:59.5|7"
    )


def test_a_moment_is_the_same_moment_in_every_time_zone(snapshot: Snapshots, target: Target) -> None:
    row = "create or replace table core.dim_video as select timestamp '2026-10-25 00:30:00' as published_at"
    publish(snapshot(1, row), target.uri)
    said = target.psql("set time zone 'Europe/Berlin'; select published_at, extract(epoch from published_at) from core.dim_video")
    assert said.strip() == "2026-10-25 02:30:00+02|1792888200.000000"


def test_comments_and_unique_indexes_come_along(snapshot: Snapshots, target: Target) -> None:
    publish(snapshot(1, NASTY), target.uri, KEYS)
    assert target.psql(
        "select obj_description('core.dim_video'::regclass), col_description('core.dim_video'::regclass, 3)"
    ).strip() == ("One row per video.|It's what it is called.")
    indexes = target.psql("select indexdef from pg_indexes where schemaname like 'audience_data_%'").splitlines()
    assert [definition.partition(" USING ")[2] for definition in indexes] == ["btree (workspace_id, video_id)"]
    assert "CREATE UNIQUE" in indexes[0]


def test_a_key_that_cannot_be_indexed_is_said_and_stops_nothing(snapshot: Snapshots, target: Target) -> None:
    long_ids = "create or replace table core.dim_video as select string_agg(md5(range::varchar), '') as video_id from range(1000)"
    twice = "create or replace table core.dim_campaign as select 1 as version from range(2)"
    done = publish(
        snapshot(1, long_ids, twice), target.uri, {("core", "dim_video"): [["video_id"]], ("core", "dim_campaign"): [["version"]]}
    )
    assert sorted(remark.partition(" ")[0] for remark in done.remarks) == ["core.dim_campaign", "core.dim_video"]
    assert target.psql("select length(video_id) from core.dim_video").strip() == "32000"
