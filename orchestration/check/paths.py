"""Which paths of a recipe lead anywhere in the files landed for it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion import records
from ingestion.landing import Landing
from ingestion.lines import Lines
from ingestion.mapping.recipe import RecipeError
from ingestion.mapping.shelf import NoRecipeError, Shelf, recipe_name
from ingestion.shape import quoted
from ingestion.sources import registered
from orchestration.check.findings import Note


def unmet_paths(landing: Landing, shelf: Shelf, spool: Path, most_lines: int | None) -> list[Note]:
    """A note for every path of a recipe that has a value in no record of its files."""
    found: dict[str, list[int]] = {}
    mapped = [name for name, source in registered().items() if source.has_recipes]
    for number, file in enumerate(landing.listing(mapped, mapped, lambda name, mark: True, 0.0).files):
        name = recipe_name(file.name)
        try:
            source = shelf.shaping(registered()[file.source], file.name)
            recipe = shelf.recipe(name or "")
        except (NoRecipeError, RecipeError):
            continue
        folder = spool / str(number)
        local, _ = landing.fetch(file, folder)
        folder.mkdir(parents=True, exist_ok=True)
        parts = records.read(source, local, file.name, file.format, folder)
        paths = [path.pointer for path in recipe.paths]
        seen = found.setdefault(recipe.name, [0] * len(paths))
        for part in parts if most_lines is None else records.first_lines(parts, most_lines):
            if isinstance(part, Lines):
                seen[:] = [sum(pair) for pair in zip(seen, _values(part, paths), strict=True)]
    return [
        Note(
            f"{name}.yml",
            f"No record has a value at {path.text}: check its spelling"
            f"{', and capitals count' if path.text != path.text.lower() else ''}; or leave it, where such records are still to come.",
        )
        for name, counts in sorted(found.items())
        for path, count in zip(shelf.recipe(name).paths, counts, strict=True)
        if not count
    ]


def _values(part: Lines, pointers: list[str]) -> list[int]:
    """How many of the lines have a value at each pointer."""
    listed = ", ".join(quoted(pointer) for pointer in pointers)
    counts = ", ".join(f"count(nullif(v[{place}], 'null'))" for place in range(1, len(pointers) + 1))
    line = "line" if part.is_text else "try(decode(line))"
    with duckdb.connect(config={"threads": "1"}) as con:
        con.register("lines", part.table)
        (row,) = con.execute(
            f"""select {counts} from (
                select cast(json_extract(line, [{listed}]) as varchar[]) as v
                from (select case when json_valid(line) then line else 'null' end as line from (select {line} as line from lines))
            )"""
        ).fetchall()
    return list(row)
