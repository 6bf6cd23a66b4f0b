"""Proof that a load lost nothing, by a reading of the landed files that shares no code with the loader's.

Counts are compared over everything that landed; every value of every key over one file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from benchmarks.statements import MEMORY_LIMIT, landed, text_lines
from ingestion.home import Home
from ingestion.sources import registered

BLOCK_BYTES = 16 * 2**20
UNKNOWN_FIELDS = ("ab_bucket", "player_hints")
"""What the simulator adds to some records and the envelope does not know."""

# A line is a record when it is a JSON object with a time; the simulator's lines have no blanks, comments or repeated keys.
# Text that is no JSON becomes null first: an error in one line would end the query.
TOLD = """
    select filename, line, record, coalesce(record ->> 'occurred_at', record ->> 'received_at') is not null as is_record
    from (select filename, line, case when json_valid(line) then line end as record from {})
"""
# Numbers and times are compared as values (5 and 5.0 are one number), everything else as text.
AS_VALUE = """case
    when ends_with(key, '_at') then coalesce(cast(try_cast(value as timestamp) as varchar), value)
    else coalesce(cast(try_cast(value as double) as varchar), value)
end"""


@dataclass(frozen=True)
class Check:
    """One number as the landed files give it, and as the lake gives it."""

    name: str
    landed: int
    kept: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or made up."""
        return self.landed == self.kept


def count_lines(landing: Path) -> int:
    """Lines of all landed native files, by counting bytes."""
    lines = 0
    for path in sorted((landing / "native").rglob("*.ndjson")):
        last = b"\n"
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                lines += block.count(b"\n")
                last = block[-1:]
        lines += last != b"\n"
    return lines


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives."""
    ((value,),) = connection.execute(query).fetchall()
    return int(value or 0)


def prepare(connection: duckdb.DuckDBPyConnection, landing: Path, home: Home) -> None:
    """Views over the landed lines (``told``) and over what was kept (``bronze``, ``quarantine``, ``loads``)."""
    for name, query in {
        "told": TOLD.format(text_lines(landed(landing, registered()["native"]))),
        "bronze": f"from read_parquet('{home.bronze}/native/*/*.parquet', hive_partitioning = true)",
        "quarantine": f"from read_parquet('{home.quarantine}/*/*.parquet') where source = 'native'",
        "loads": f"from read_json('{home.manifests}/*/*.json') where source = 'native' and status = 'loaded'",
    }.items():
        connection.execute(f"create view {name} as {query}").fetchall()


def checks(connection: duckdb.DuckDBPyConnection, landing: Path, truths: Path) -> Iterator[Check]:
    """All comparisons, the cheap ones first."""
    lines = number(connection, "select sum(lines) from loads")
    yield Check("lines, counted as bytes", count_lines(landing), lines)
    yield Check(
        "accepted + rejected + blank + erased",
        lines,
        number(connection, "select sum(accepted + rejected + blank + erased) from loads"),
    )
    yield Check("loads whose books do not balance", 0, number(
        connection, "select count(*) from loads where lines <> accepted + rejected + blank + erased"))  # fmt: skip
    yield Check(
        "rows of bronze", number(connection, "select sum(accepted) from loads"), number(connection, "select count(*) from bronze")
    )
    yield Check(
        "rejected lines",
        number(connection, "select sum(rejected) from loads"),
        number(connection, "select count(*) from quarantine"),
    )
    sealed = json.loads((truths / "truths.json").read_text())["counts"]
    yield Check(
        "malformed lines, by the simulator's books", sealed["malformed"], number(connection, "select count(*) from quarantine")
    )
    yield Check("records with unknown fields, by the simulator's books", sealed["unknown_fields"], number(
        connection, "select count(*) from bronze where extra ->> 'ab_bucket' is not null"))  # fmt: skip
    yield from line_checks(connection)
    yield from value_checks(connection)


def line_checks(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Records by type, unknown fields and rejected bytes against a reading of every line as text."""
    sums = ", ".join(
        f"sum(hash(record ->> '{name}')) filter (where is_record and contains(line, '{name}'))" for name in UNKNOWN_FIELDS
    )
    ((records, *unknown, rejected),) = connection.execute(
        f"select count(*) filter (where is_record), {sums}, sum(hash(encode(line))) filter (where not is_record) from told"
    ).fetchall()
    yield Check("records", records, number(connection, "select count(*) from bronze"))
    for name, checksum in zip(UNKNOWN_FIELDS, unknown, strict=True):
        kept = f"select sum(hash(extra ->> '{name}')) from bronze where extra ->> '{name}' is not null"
        yield Check(f"checksum of {name}", int(checksum or 0), number(connection, kept))
    yield Check("checksum of rejected bytes", int(rejected or 0), number(connection, "select sum(hash(raw)) from quarantine"))
    types = """
        select count(*)
        from (select record ->> 'event_type' as event_type, count(*) as events from told where is_record group by all) as told
        full join (select event_type, count(*) as events from bronze group by all) as kept
            on told.event_type = kept.event_type
        where told.events is distinct from kept.events
    """
    yield Check("event types with another count", 0, number(connection, types))


def value_checks(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Every value of every key of one landed file: how often each key is there, and a checksum of its values."""
    ((path, load),) = connection.execute(
        "select path, load_id from loads order by path limit 1 offset (select count(*) // 2 from loads)"
    ).fetchall()
    source = registered()["native"]
    names = ", ".join(f"'{field.name}'" for field in source.fields)
    values = ", ".join(f'cast("{field.name}" as varchar)' for field in source.fields)
    told = f"""
        select unnest(map_entries(json_transform(record, '"MAP(VARCHAR,VARCHAR)"'))) as entry
        from told where ends_with(filename, '{path}') and is_record
    """
    kept = f"""
        select unnest(list_concat(
            map_entries(map([{names}], [{values}])),
            coalesce(map_entries(json_transform(extra, '"MAP(VARCHAR,VARCHAR)"')), [])
        )) as entry
        from bronze where load_id = '{load}'
    """
    summed = f"""
        select key, count(*) as times, sum(hash({AS_VALUE})) as checksum
        from (select entry.key as key, entry.value as value from ({{}})) where value is not null group by key
    """
    keys = number(connection, f"select count(*) from ({summed.format(told)})")
    same = f"""
        select count(*) from ({summed.format(told)}) as told
        inner join ({summed.format(kept)}) as kept on told.key = kept.key and told.times = kept.times and told.checksum = kept.checksum
    """
    yield Check(f"keys of {path} with the same values", keys, number(connection, same))
    yield Check(f"keys of {path}", keys, number(connection, f"select count(*) from ({summed.format(kept)})"))


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    landing: Annotated[Path, typer.Option()],
    home: Annotated[Path, typer.Option()],
    truths: Annotated[Path, typer.Option()],
    result: Annotated[Path, typer.Option(help="JSON file for the checks.")],
) -> None:
    """Compare a lake with what landed; exits with 1 where something was lost."""
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(result.with_suffix(".spill"))}) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        prepare(connection, landing, Home(home))
        found = list(checks(connection, landing, truths))
    result.write_text(json.dumps({"checks": [{**asdict(check), "holds": check.holds} for check in found]}))
    for check in found:
        if not check.holds:
            typer.echo(f"LOST: {check.name}: landed {check.landed:,}, kept {check.kept:,}")
    if not all(check.holds for check in found):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
