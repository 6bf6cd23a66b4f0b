"""The yardsticks: one DuckDB statement that reads the landed native files into Parquet, run in a process of its own.

floor: typed, into one file. What no loader can beat with the same engine on the same machine.
tolerant reader: typed, with bad lines turned into nulls instead of an error, partitioned by event date like bronze. It
keeps neither line numbers nor unknown fields nor what it could not read, so it does less than a load.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from ingestion.sources import Field, Source, registered

MEMORY_LIMIT = "4GB"
PARQUET = "format parquet, compression zstd"
# Lists and objects are kept as their JSON text in bronze too.
JSON_KINDS = ("strings", "ranges", "object")
LONGEST_LINE = 64 * 2**20


def read_type(field: Field) -> str:
    """The type that a one-pass reader gives an envelope field."""
    return "JSON" if field.kind in JSON_KINDS else field.sql_type


def columns(source: Source) -> str:
    """The envelope as the ``columns`` argument of DuckDB's JSON reader."""
    return "{" + ", ".join(f"'{field.record_key}': '{read_type(field)}'" for field in source.fields) + "}"


def landed(landing: Path, source: Source) -> str:
    """Glob over a source's landed plain NDJSON files, as an SQL literal."""
    return "'" + str(landing / source.name / "**" / "*.ndjson").replace("'", "''") + "'"


def reader(landing: Path, source: Source, *, with_filename: bool = False) -> str:
    """DuckDB's typed reader over the landed files; lines it cannot read become rows of nulls."""
    named = ", filename = true" if with_filename else ""
    options = f"format = 'newline_delimited', ignore_errors = true{named}, columns = {columns(source)}"
    return f"read_json({landed(landing, source)}, {options})"


def text_lines(files: str) -> str:
    """The lines of files as ``line`` and ``filename``, by DuckDB's CSV reader with a delimiter that no line contains."""
    return (
        f"read_csv({files}, columns = {{'line': 'VARCHAR'}}, delim = '\\x01', quote = '', escape = '', header = false, "
        f"auto_detect = false, filename = true, max_line_size = {LONGEST_LINE})"
    )


def floor(landing: Path, target: Path, source: Source) -> str:
    """The floor: typed, into one Parquet file."""
    return f"copy (from {reader(landing, source)}) to '{target}' ({PARQUET})"


def partitioned(select: str, target: Path) -> str:
    """Copy a query into Parquet files by event date."""
    return f"copy ({select}) to '{target}' ({PARQUET}, partition_by (event_date), overwrite)"


def tolerant_reader(landing: Path, target: Path, source: Source) -> str:
    """DuckDB's JSON reader with errors ignored, partitioned like bronze."""
    filed = f"cast(coalesce({source.occurred}, {source.received}) as date) as event_date"
    return partitioned(f"select *, {filed} from {reader(landing, source, with_filename=True)}", target)


def tolerant_text(landing: Path, target: Path, source: Source) -> str:
    """Text lines through one ``json_transform`` each, partitioned like bronze.

    Text that is no JSON is replaced before it is read: inside ``try`` one bad line costs its whole vector.
    """
    schema = json.dumps({field.record_key: read_type(field) for field in source.fields})
    filed = f"cast(coalesce(record.{source.occurred}, record.{source.received}) as date) as event_date"
    record = f"try(json_transform(case when json_valid(line) then line else 'null' end, '{schema}'))"
    select = f"select filename, record.*, {filed} from (select filename, {record} as record from {text_lines(landed(landing, source))})"
    return partitioned(select, target)


STATEMENTS: dict[str, Callable[[Path, Path, Source], str]] = {
    "floor": floor,
    "tolerant-reader": tolerant_reader,
    "tolerant-text": tolerant_text,
}


def run(name: str, landing: Path, target: Path) -> dict[str, float | int]:
    """Run one statement and remove what it wrote; its seconds, its rows and the bytes it wrote."""
    statement = STATEMENTS[name](landing, target, registered()["native"])
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": "false",
        "temp_directory": str(target.with_suffix(".spill")),
    }
    with duckdb.connect(config=settings) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        began = time.monotonic()
        ((rows,),) = connection.execute(statement).fetchall()
        seconds = time.monotonic() - began
        ((threads,),) = connection.execute("select current_setting('threads')").fetchall()
    files = [target] if target.is_file() else [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return {"seconds": seconds, "rows": int(rows), "bytes": size, "threads": int(threads)}


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(STATEMENTS)}.")],
    landing: Annotated[Path, typer.Option()],
    target: Annotated[Path, typer.Option(help="What it writes; removed afterwards.")],
    result: Annotated[Path, typer.Option(help="JSON file for seconds, rows and bytes.")],
) -> None:
    """Run one yardstick statement."""
    result.write_text(json.dumps(run(name, landing, target)))


if __name__ == "__main__":
    app()
