"""The statistics macros, rendered as dbt renders them and run by DuckDB over columns of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from jinja2 import Environment

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros" / "domain" / "statistics"

Numbers = npt.NDArray[np.float64]
Computed = Callable[[str, Mapping[str, Sequence[float] | Numbers]], Numbers]


def rendered(call: str) -> str:
    """A macro call such as ``normal_survival('z')`` as SQL."""
    definitions = "\n".join(file.read_text() for file in sorted(MACROS.glob("*.sql")))
    text = Environment(extensions=["jinja2.ext.do"]).from_string(definitions + "{{ " + call + " }}").render()
    return text.strip()


@pytest.fixture(scope="session")
def computed() -> Computed:
    """What a macro call yields for each row of some columns, nulls as not-a-number."""

    def compute(call: str, columns: Mapping[str, Sequence[float] | Numbers]) -> Numbers:
        rows = pa.table({name: pa.array(np.asarray(values)) for name, values in columns.items()})
        with duckdb.connect() as connection:
            connection.register("given", rows)
            answer = connection.sql(f"select cast({rendered(call)} as double) as answer from given").to_arrow_table()
        return np.array(answer.column("answer").to_pylist(), dtype=float)

    return compute
