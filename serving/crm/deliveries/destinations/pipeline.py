"""Databases that dlt knows, or a function made with ``@dlt.destination``.

Tables ``crm_<kind>`` hold one row per ``external_id``, and rows of who is gone are deleted: where dlt cannot, it is refused. A function
is given rows with ``change`` (``upsert`` or ``gone``), of which the last of an ``external_id`` counts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# dlt reports its use and looks for newer settings in the user's home unless it is told not to, before it is imported.
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
# A load that failed is the delivery's to repeat.
os.environ["LOAD__RAISE_ON_MAX_RETRIES"] = "1"

import dlt
from dlt.common.destination import AnyDestination
from dlt.common.destination import Destination as DltDestination
from dlt.common.destination.exceptions import DestinationTransientException
from dlt.destinations import destination as function_destination
from dlt.pipeline.exceptions import PipelineStepFailed

from serving.crm.deliveries.config import DltSettings
from serving.crm.deliveries.destination import (
    BatchRejectedError,
    DeliveryError,
    GoneRecord,
    Kind,
    Outcome,
    PassingError,
    Record,
    Status,
)
from serving.crm.deliveries.layouts import layouts_of, unique_fields_of


class PipelineDestination:
    """One dlt pipeline; a batch is one load of it, whole or not at all."""

    def __init__(self, settings: DltSettings, name: str, folder: Path) -> None:
        self.settings = settings
        self.batch_size = settings.batch_size
        self.layouts = layouts_of(settings)
        self.unique_fields = unique_fields_of(settings)
        options: dict[str, Any] = {"credentials": settings.credentials.read()} if settings.credentials else {}
        try:
            destination: Any = DltDestination.from_reference(settings.destination, **options)
        except Exception as error:
            raise DeliveryError(f"dlt knows no destination {settings.destination}: {error}") from error
        self.destination = destination
        self.is_function = isinstance(destination, function_destination)
        if not self.is_function and not can_delete(destination):
            raise DeliveryError(
                f"dlt only adds rows to {settings.destination} as it is set up: who is gone would stay there. Name a database, such as "
                "postgres or duckdb, or a function made with @dlt.destination (docs/crm.md)."
            )
        self.name = name
        self.folder = folder / f"{name}.dlt"
        self.pipeline = self.begin()

    def begin(self) -> dlt.Pipeline:
        """A pipeline whose working folder is empty.

        What a load that failed or was killed left there would go along with the next one, though the delivery sends it again as it is
        now; and rows of people are to lie nowhere but where they were sent. The destination itself keeps what dlt must remember.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        return dlt.pipeline(
            pipeline_name=self.name,
            pipelines_dir=str(self.folder),
            destination=self.destination,
            dataset_name=self.settings.dataset,
        )

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        """Load the records."""
        rows = [{"external_id": record.external_id, "change": "upsert", **record.fields} for record in records]
        return self.load(kind, rows)

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        """Delete the rows, or tell the function who is gone."""
        return self.load(kind, [{"external_id": record.external_id, "change": "gone"} for record in records])

    def load(self, kind: Kind, rows: list[dict[str, Any]]) -> Sequence[Outcome]:
        """One load.

        Raises:
            PassingError: the destination is away or busy.
            BatchRejectedError: it refuses the rows.
        """
        columns: dict[str, Any] = {"external_id": {"data_type": "text", "nullable": False}}
        merging: dict[str, Any] = {}
        if not self.is_function:
            merging = {"write_disposition": "merge", "primary_key": "external_id"}
            for row in rows:
                row["is_gone"] = row.pop("change") == "gone"
            columns["is_gone"] = {"data_type": "bool", "hard_delete": True}
        try:
            self.pipeline.run(
                rows,
                table_name=f"crm_{kind}",
                columns=columns,
                **merging,
            ).raise_on_failed_jobs()
        except PipelineStepFailed as error:
            self.pipeline = self.begin()
            judge(error)
        return [Outcome(row["external_id"], Status.SYNCED) for row in rows]

    def close(self) -> None:
        """Leave nothing behind; dlt closes what it opened after each load."""
        shutil.rmtree(self.folder, ignore_errors=True)


def can_delete(destination: AnyDestination) -> bool:
    """Whether dlt deletes rows from a table of ours there.

    What a destination declares may hold for some formats of tables alone: files of no such format are only added to. And not each way
    to merge deletes: vector stores update rows, and keep those of who is gone.
    """
    capabilities = destination.capabilities()
    strategies = capabilities.supported_merge_strategies or []
    if capabilities.merge_strategies_selector:
        table: Any = {"name": "crm_contact", "columns": {}, "table_format": capabilities.preferred_table_format}
        strategies = capabilities.merge_strategies_selector(strategies, table_schema=table)
    return "delete-insert" in strategies


def judge(error: BaseException) -> None:
    """Raise what a failed load means: dlt calls terminal what no attempt will mend, and everything else transient."""
    causes = [error]
    while cause := getattr(causes[-1], "client_exception", None) or causes[-1].__cause__:
        if cause in causes:
            break
        causes.append(cause)
    told = f"{type(causes[-1]).__name__}: {causes[-1]}"
    if any(isinstance(each, DestinationTransientException) for each in causes):
        raise PassingError(told) from error
    raise BatchRejectedError(told) from error
