"""The macros behind proposed hotspots, against SciPy and against a search over neighbours that shares nothing with them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from itertools import product

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from scipy.stats import poisson

from tests.property.warehouse import Warehouse, in_child

Cell = tuple[int, int, int]
REACH = 2
"""By how many buckets cells that touch differ at most (rule 37.19)."""


def compiled(warehouse: Warehouse, template: str) -> str:
    """A template of the project as SQL for DuckDB."""
    place = warehouse.root / "compiled.sql"

    def work() -> None:
        with warehouse.environment():
            result = dbtRunner(manifest=warehouse.manifest).invoke(warehouse.arguments("compile", "--inline", template))
        place.write_text(result.result.results[0].node.compiled_code)

    warehouse.must(in_child(work, warehouse.log))
    return place.read_text()


def test_poisson_upper_tails_are_those_of_scipy(warehouse: Warehouse) -> None:
    means = [0, 1e-6, 0.004, 0.3, 1, 2.5, 7, 19.9, 20, 55.5, 140, 1000, 12345.6]
    asked = [(mean, count) for mean in means for count in {0, 1, 2, 3, 4, 7, 10, 11, 25, 60, *around(mean)}]
    sql = compiled(warehouse, "{{ poisson_upper_tails('asked', ['id'], 'reached', 'mean') }}")
    with duckdb.connect() as connection:
        connection.execute("create table asked (id bigint, mean double, reached bigint)")
        connection.executemany("insert into asked values (?, ?, ?)", [(i, *pair) for i, pair in enumerate(asked)])
        tails = dict(connection.execute(sql).fetchall())
    assert len(tails) == len(asked)
    for i, (mean, count) in enumerate(asked):
        expected = float(poisson.sf(count - 1, mean))
        assert tails[i] == pytest.approx(expected, abs=1e-9), (mean, count)
        if count > mean:
            assert tails[i] == pytest.approx(expected, rel=1e-6, abs=1e-100), (mean, count)


def around(mean: float) -> Iterator[int]:
    """Counts from far below a mean to far above it."""
    for deviations in (-12, -6, -3, -1, -0.1, 0, 0.1, 1, 3, 6, 12):
        yield max(0, round(mean + deviations * math.sqrt(mean)))


def connected(cells: Iterable[Cell]) -> dict[Cell, Cell]:
    """Every cell with the least cell that it touches directly or through others."""
    waiting, least = set(cells), {}
    while waiting:
        start = min(waiting)
        reached = [start]
        waiting.remove(start)
        for bucket, x, y in reached:
            around = product(range(-REACH, REACH + 1), (-1, 0, 1), (-1, 0, 1))
            near = {(bucket + a, x + b, y + c) for a, b, c in around} & waiting
            waiting -= near
            reached.extend(near)
        least |= dict.fromkeys(reached, start)
    return least


def shapes() -> dict[str, set[Cell]]:
    """Sets of cells that are easy and hard to connect."""
    generator = random.Random(7)
    space = list(product(range(30), range(20), range(20)))
    shapes = {
        f"{share} of all cells at random": set(generator.sample(space, int(share * len(space)))) for share in (0.01, 0.05, 0.1)
    }
    rows = [[x for x in range(20) if y % 2 == 0 or x == (19 if y % 4 == 1 else 0)][:: 1 if y % 4 < 2 else -1] for y in range(20)]
    snake = [(x, y) for y, row in enumerate(rows) for x in row]
    shapes["a snake over the whole frame"] = {(0, x, y) for x, y in snake}
    shapes["a snake that moves on every two seconds"] = {(i, x, y) for i, (x, y) in enumerate(snake)}
    shapes["an hour in a corner"] = {(bucket, 0, 0) for bucket in range(1800)}
    shapes["twenty minutes drifting to and fro"] = {(b, abs(b % 38 - 19), abs((b // 2) % 38 - 19)) for b in range(600)}
    shapes["corners that touch"] = {(i, i, i) for i in range(20)}
    shapes["corners that touch over a pause"] = {(2 * i, i, i) for i in range(20)}
    shapes["corners two pauses apart"] = {(3 * i, i, i) for i in range(20)}
    shapes["corners a place apart"] = {(i, 2 * i, 2 * i) for i in range(10)}
    shapes["an hour in a corner with pauses"] = {(bucket, 0, 0) for bucket in range(0, 1800, 2)}
    shapes["an hour in a corner with longer pauses"] = {(bucket, 0, 0) for bucket in range(0, 1800, 3)}
    shapes["a snake that pauses at every move"] = {(2 * i, x, y) for i, (x, y) in enumerate(snake)}
    return shapes


def test_cells_that_touch_directly_or_through_others_share_a_label(warehouse: Warehouse) -> None:
    sql = compiled(
        warehouse,
        "with {{ touching_cells('cells', ['shape'], 'bucket', 'cell_x', 'cell_y', ['click_count']) }}"
        " select shape, bucket, cell_x, cell_y, label from labelled_cells",
    )
    drawn = shapes()
    with duckdb.connect() as connection:
        connection.execute("create table cells (shape varchar, bucket bigint, cell_x bigint, cell_y bigint, click_count bigint)")
        rows = [(shape, *cell, 1) for shape, cells in drawn.items() for cell in sorted(cells)]
        connection.executemany("insert into cells values (?, ?, ?, ?, ?)", rows)
        labelled = connection.execute(sql).fetchall()
    assert len(labelled) == len(rows)
    for shape, cells in drawn.items():
        least = connected(cells)
        pairs = {(least[bucket, x, y], label) for each, bucket, x, y, label in labelled if each == shape}
        assert len(pairs) == len({cell for cell, _ in pairs}) == len({label for _, label in pairs}), shape
