"""What a run asks of a Spark before and after its models: leftovers of a killed run to remove, tables to hand over to the publish."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.home import Home
from orchestration.lib.dbt import run_operation
from orchestration.lib.environment import Engine, Environment
from orchestration.lib.parsing import manifest_path
from serving.facade import STATE, STATE_TABLES, Columns, Kept, Name, write_facade
from serving.publication import Provenance
from serving.publish import SCHEMAS, PublishError, patched_generation, stale_dates_of

VARIABLE = "AUDIENCE_SPARK_HOME"
OnStep = Callable[[str], None]


@contextmanager
def warehouse_to_publish(
    environment: Environment, provenance: Provenance, date_columns: Mapping[Name, str], on_step: OnStep | None = None
) -> Iterator[Path]:
    """The DuckDB file that a publish reads: the warehouse itself, or a facade over Spark's tables that is gone afterwards.

    Args:
        environment: whose warehouse.
        provenance: the build that will be published.
        date_columns: by table, where a publish may replace only the dates that the run computed anew.
        on_step: told what is being done, in a few words.

    Raises:
        PublishError: Spark's files do not lie where this machine can read them.
    """
    if environment.engine is Engine.DUCKDB:
        yield environment.home.warehouse
        return
    tell = on_step or (lambda step: None)
    folder = environment.home.root / "spark" / "handover"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        tell("asking Spark where its tables lie")
        contracts = contract_columns(manifest_path(environment))
        located = locate(environment, [*((STATE, name) for name in STATE_TABLES), *sorted(contracts)])
        facade = folder / "warehouse.duckdb"
        write_facade(facade, [kept for kept in located.values() if kept and kept.name[0] == STATE], {})
        views = [name for name, kept in located.items() if kept is None]
        dates = stale_dates_of(facade) if patched_generation(environment.home, facade, provenance) else None
        tell(f"letting Spark write {len(views)} views")
        written = write_views(environment, views, folder, date_columns, dates)
        tables = [kept for kept in located.values() if kept and kept.name[0] != STATE]
        write_facade(facade, [*tables, *written], contracts)
        yield facade
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def locate(environment: Environment, names: Sequence[Name]) -> dict[Name, Kept | None]:
    """Where tables lie as this machine names it; None for a view."""
    relations = [{"schema": schema, "name": name} for schema, name in names]
    answer = run_operation(environment, "locate_tables", {"relations": relations})
    return {
        (each["schema"], each["name"]): None
        if each["is_view"]
        else Kept((each["schema"], each["name"]), local_path(environment.home, each["location"]), each["partitions"])
        for each in answer
    }


def write_views(
    environment: Environment, views: Sequence[Name], folder: Path, date_columns: Mapping[Name, str], dates: Sequence[date] | None
) -> list[Kept]:
    """Let Spark write what views show below a folder; of those with a date column only some dates, where dates are given."""
    orders: list[dict[str, Any]] = []
    for schema, name in views:
        column = date_columns.get((schema, name)) if dates is not None else None
        if column is None or dates:
            place = f"{spark_home(environment.home)}/{folder.relative_to(environment.home.root).as_posix()}/{schema}.{name}"
            days = [day.isoformat() for day in dates or ()]
            orders.append({"schema": schema, "name": name, "folder": place, "date_column": column, "dates": days})
    if orders:
        run_operation(environment, "write_views", {"views": orders}, answers=False)
    return [Kept((schema, name), folder / f"{schema}.{name}") for schema, name in views]


def remove_leftovers(environment: Environment) -> list[Path]:
    """Remove folders of tables that Spark's catalog does not know, and return them; for the holder of the warehouse's lock.

    A driver that is killed while it makes a table leaves its files without the table, and Spark makes no table where files lie.
    Only folders that are called like a model or a seed of ours are looked at.
    """
    nodes = json.loads(manifest_path(environment).read_text())["nodes"].values()
    made = {(node["schema"], node["alias"]) for node in nodes if node["resource_type"] in {"model", "seed"}}
    answer = run_operation(environment, "list_schemas_with_tables", {"schemas": sorted({schema for schema, _ in made})})
    removed = []
    for each in answer:
        place = local_path(environment.home, each["location"])
        unknown = {name for schema, name in made if schema == each["schema"]} - set(each["tables"])
        removed += [place / name for name in sorted(unknown) if (place / name).is_dir()]
    for path in removed:
        shutil.rmtree(path)
    return removed


def contract_columns(manifest: Path) -> dict[Name, Columns]:
    """Columns (name, type) of every published model, as its contract orders them."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    return {
        (node["schema"], node["alias"]): [(column["name"], column["data_type"]) for column in node["columns"].values()]
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] in SCHEMAS
    }


def spark_home(home: Home) -> str:
    """The home as Spark's machines name it: ``AUDIENCE_SPARK_HOME``, or the same path as here."""
    return (os.environ.get(VARIABLE) or str(home.root)).rstrip("/")


def local_path(home: Home, location: str) -> Path:
    """A place that Spark named as this machine names it.

    Raises:
        PublishError: it lies on no file system that this machine has.
    """
    shared = spark_home(home)
    for known in (shared, f"file:{shared}"):
        if location == known or location.startswith(f"{known}/"):
            return home.root / location[len(known) :].lstrip("/")
    plain = location.removeprefix("file://").removeprefix("file:")
    if plain.startswith("/"):
        return Path(plain)
    raise PublishError(
        f"Spark keeps its tables in {location}, which this machine cannot read as files. Set spark.sql.warehouse.dir to a folder "
        f"below AUDIENCE_HOME, and {VARIABLE} to what Spark calls AUDIENCE_HOME (it is taken for {shared})."
    )
