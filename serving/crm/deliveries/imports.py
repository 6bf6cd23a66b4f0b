"""CSV files with a destination's own field names, for a CRM's import page: what a first delivery would send, in one file per kind."""

from __future__ import annotations

from pathlib import Path

from serving.crm.deliveries.config import AnySettings
from serving.crm.deliveries.layouts import layouts_of, unique_fields_of
from serving.crm.deliveries.ledger import KNOWN
from serving.crm.deliveries.plan import Plan, Reading
from serving.crm.files import text_cell
from serving.sql import literal, quoted


def write_import_files(snapshot: Path, settings: AnySettings, folder: Path) -> list[tuple[Path, int]]:
    """Write a file per kind of record; (path, rows) of each.

    They are UTF-8 with one header row and LF, times in ISO 8601 (UTC), and a text that a spreadsheet would run as a formula has a
    quote before it: people open such files.

    Raises:
        DeliveryError: the snapshot lacks a table or a column.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, layout in layouts_of(settings).items():
        reading = Reading(kind, layout, unique_fields_of(settings).get(kind), settings.workspaces)
        path = folder / f"{kind}.csv"
        with Plan(snapshot, reading, KNOWN.empty_table(), KNOWN.empty_table()) as plan:
            described = plan.connection.execute("select column_name, column_type from (describe wanted)")
            types = dict(described.fetchall())
            cells = ", ".join(cell(name, types[name]) for name in layout)
            query = f"""select {cells} from wanted where "#action" = 'create' order by "#external_id" """
            aside = path.with_suffix(".csv.new")
            ((rows,),) = plan.connection.execute(f"copy ({query}) to {literal(str(aside))} (format csv, header)").fetchall()
        aside.replace(path)
        written.append((path, int(rows)))
    return written


def cell(name: str, data_type: str) -> str:
    """A column of a type as a CSV cell."""
    if data_type == "VARCHAR":
        return text_cell(quoted(name))
    if data_type == "TIMESTAMP":
        return f"strftime({quoted(name)}, '%Y-%m-%dT%H:%M:%S.%gZ') as {quoted(name)}"
    return quoted(name)
