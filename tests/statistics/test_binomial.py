"""The binomial tail of the drop-off test agrees with SciPy's, whatever the number of trials."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from dbt.cli.main import dbtRunner
from scipy.stats import binom

ROOT = Path(__file__).resolve().parents[2]
INLINE = "{{ binomial_upper_tails('questions', ['x', 'n', 'p'], 'x', 'n', 'p', 'tail') }}"


@pytest.fixture(scope="module")
def statement(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The macro as dbt renders it, over a relation `questions` (x, n, p)."""
    home = tmp_path_factory.mktemp("binomial")
    places = {"--project-dir": ROOT / "dbt_project", "--profiles-dir": ROOT, "--target-path": home, "--log-path": home}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIENCE_HOME", str(home))
        flags = ["--target", "ci", "--no-introspect", "--no-populate-cache", "--inline", INLINE]
        result: Any = dbtRunner().invoke(
            ["--quiet", "compile", *(str(part) for place in places.items() for part in place), *flags]
        )
    assert result.success, result.exception
    return str(result.result.results[0].node.compiled_code)


def tails(statement: str, questions: np.ndarray) -> np.ndarray:
    """The tails of questions (rows of x, n, p), shape (questions,)."""
    with duckdb.connect() as connection:
        x, n, p = questions.T
        connection.register("given", {"x": x, "n": n, "p": p})
        connection.execute("create table questions as select cast(x as bigint) as x, cast(n as bigint) as n, p from given")
        found = connection.execute(f"select x, n, p, tail from ({statement}) order by x, n, p").fetchnumpy()
    order = np.lexsort((p, n, x))
    result = np.empty(len(questions))
    result[order] = found["tail"]
    return result


def grid() -> np.ndarray:
    """Trials from 1 to 100 million, probabilities from 1e-9 to almost 1, successes around and far off what is expected."""
    rows = []
    for n in [*range(1, 41), 50, 64, 90, 100, 300, 1000, 3001, 10_000, 123_456, 1_000_000, 30_000_000, 100_000_000]:
        for p in [1e-9, 1e-6, 1e-4, 0.0013, 0.005, 0.02, 0.1, 0.25, 0.5, 0.7, 0.95, 0.999, 1 - 1e-9]:
            mean, deviation = n * p, math.sqrt(n * p * (1 - p))
            near = {round(mean + deviation * step) for step in np.arange(-8, 12.1, 0.5)}
            few = {0, 1, 2, 3, 4, 5, 7, 10, 20, n - 1, n, n + 1}
            rows += [(x, n, p) for x in near | few if 0 <= x <= n + 1]
    return np.array(rows, dtype=float)


def test_the_tail_agrees_with_scipy_over_a_grid(statement: str) -> None:
    questions = grid()
    x, n, p = questions.T
    found, expected = tails(statement, questions), binom.sf(x - 1, n, p)
    worst = int(np.argmax(np.abs(found - expected)))
    assert np.abs(found - expected).max() <= 1e-6, (questions[worst], found[worst], expected[worst])


def test_a_small_tail_is_small_by_the_right_factor(statement: str) -> None:
    """What ranks and rejects are small tails: they agree relatively, down to 1e-250."""
    questions = grid()
    x, n, p = questions.T
    expected = binom.sf(x - 1, n, p)
    small = (expected < 0.1) & (expected > 1e-250)
    found = tails(statement, questions[small])
    apart = np.abs(found / expected[small] - 1)
    worst = int(np.argmax(apart))
    assert apart.max() <= 1e-6, (questions[small][worst], found[worst], expected[small][worst])


@pytest.mark.parametrize(
    ("x", "n", "p", "tail"), [(0, 10, 0.0, 1), (1, 10, 0.0, 0), (10, 10, 1.0, 1), (11, 10, 1.0, 0), (0, 0, 0.5, 1)]
)
def test_the_edges_are_certain(statement: str, x: int, n: int, p: float, tail: float) -> None:
    assert tails(statement, np.array([[x, n, p]], dtype=float)).tolist() == [tail]
