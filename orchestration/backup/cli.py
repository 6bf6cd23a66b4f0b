"""``python -m orchestration backup`` and ``restore``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from orchestration.backup.store import BackupError, Point
from orchestration.lib.environment import Environment
from orchestration.lib.locking import WarehouseError

Folder = Annotated[str | None, typer.Argument(help="A folder or fsspec URI. Default: AUDIENCE_BACKUP.", show_default=False)]
At = Annotated[str | None, typer.Option(help="The moment: how its name begins, such as 2026-11-22. Default: the newest.")]


def backup(
    to: Folder = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many moments, this one included; all where left out.")] = None,
    with_warehouse: Annotated[
        bool, typer.Option("--with-warehouse", help="The warehouse and the snapshot too, which are made anew otherwise.")
    ] = False,
) -> None:
    """Back up the lake and what cannot be computed again; only what is new is copied. Runs may go on."""
    from orchestration.backup.backup import back_up, target_from_environment
    from orchestration.console import console
    from orchestration.doctor.findings import megabytes

    target = to or target_from_environment()
    if target is None:
        raise typer.BadParameter("Say where to: make backup TO=/path/or/uri, or set AUDIENCE_BACKUP.")
    environment = Environment.read()
    with failures_told("Not backed up"):
        report = back_up(environment.home, target, keep=keep, with_warehouse=with_warehouse, on_wait=tell)
    console.print(
        f"[green]Backed up[/] as {report.name}: {told(report.point)}; "
        f"{report.new_files:,} files ({megabytes(report.new_bytes)}) were new, {report.seconds:.1f} s."
    )
    if report.damaged:
        console.print(
            f"[yellow]Damaged:[/] the lists of {', '.join(report.damaged)} in {target}: these moments cannot be restored, and "
            "while they lie in points/ no content is let go of. Remove them there, or put them back from a copy."
        )
    if report.removed:
        console.print(f"{report.removed:,} contents that no kept moment names were removed.")
    if environment.home.privacy.exists() and any(environment.home.privacy.iterdir()):
        console.print(
            f"[yellow]Not in it:[/] {environment.home.privacy} (key, tombstones, waiting requests). Keep these elsewhere (docs/privacy.md)."
        )


def restore(
    source: Folder = None,
    at: At = None,
    only_check: Annotated[bool, typer.Option("--check", help="Read the backup and compare every hash; write nothing.")] = False,
    without_privacy: Annotated[
        bool, typer.Option("--without-privacy", help="Also where the tombstones or the key of pseudonyms are lost.")
    ] = False,
) -> None:
    """Restore a backup into an empty AUDIENCE_HOME, every file checked by its hash; a damaged one is refused as a whole."""
    from orchestration.backup.backup import target_from_environment
    from orchestration.backup.restore import check
    from orchestration.backup.restore import restore as carry_out
    from orchestration.console import console

    wanted = source or target_from_environment()
    if wanted is None:
        raise typer.BadParameter("Say where from: make restore FROM=/path/or/uri, or set AUDIENCE_BACKUP.")
    home = Environment.read().home
    with failures_told("Not restored"):
        if only_check:
            with tempfile.TemporaryDirectory() as scratch:
                looked = check(wanted, Path(scratch), at=at)
            console.print(
                f"[green]Whole:[/] {looked.name}, {told(looked.point)}, every hash as written ({looked.seconds:.1f} s)."
            )
            return
        report = carry_out(home, wanted, at=at, without_privacy=without_privacy)
    console.print(f"[green]Restored[/] {report.name} into {home.root}: {told(report.point)}, {report.seconds:.1f} s.")
    console.print(f"Next: make run AUDIENCE_HOME={home.root} with the LANDING of before: it builds and publishes the marts,")
    console.print("carries out erasures that are newer than the backup, and loads what has landed since.")


def told(point: Point) -> str:
    """A moment in few words."""
    from orchestration.doctor.findings import megabytes

    return f"{point.loads:,} loads, {len(point.files):,} files, {megabytes(point.bytes)}"


def tell(text: str) -> None:
    """Say whom it waits for."""
    sys.stderr.write(f"{text}\n")


@contextmanager
def failures_told(title: str) -> Iterator[None]:
    """Errors that say what to do end the program with 1 and without a traceback."""
    try:
        yield
    except (BackupError, WarehouseError, ValueError, OSError) as error:
        fail(f"{title}: {error}")


def fail(text: str) -> NoReturn:
    """End with 1."""
    from orchestration.console import console

    console.print(text, style="red", markup=False)
    raise typer.Exit(1)
