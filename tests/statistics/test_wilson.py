"""The interval of every share in the marts is the Wilson interval that statsmodels computes."""

from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment
from statsmodels.stats.proportion import proportion_confint

MACRO = Path(__file__).parents[2] / "dbt_project" / "macros" / "domain" / "statistics" / "wilson_interval.sql"
SAMPLES = [(k, n) for n in [*range(1, 61), 97, 1000] for k in range(n + 1)]
SAMPLES += [(k, n) for n in (10**5, 10**7, 10**9) for k in (0, 1, n // 3, n // 2, n - 1, n)]


@pytest.fixture(scope="module")
def bounds() -> dict[tuple[int, int], tuple[float, float]]:
    """(successes, trials) to the interval as the warehouse's own macro computes it."""
    module = Environment(extensions=["jinja2.ext.do"]).from_string(MACRO.read_text()).module
    low, high = (module.wilson_interval("k", "n", bound) for bound in ("low", "high"))
    with duckdb.connect() as connection:
        connection.execute("create table samples (k bigint, n bigint)")
        successes, trials = [list(column) for column in zip(*SAMPLES, strict=True)]
        connection.execute("insert into samples select unnest($k), unnest($n)", {"k": successes, "n": trials})
        return {(k, n): (a, b) for k, n, a, b in connection.execute(f"select k, n, {low}, {high} from samples").fetchall()}


def test_it_is_the_interval_of_statsmodels(bounds: dict[tuple[int, int], tuple[float, float]]) -> None:
    for (k, n), interval in bounds.items():
        assert interval == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9), (k, n)


def test_it_stays_within_zero_and_one_and_holds_the_share(bounds: dict[tuple[int, int], tuple[float, float]]) -> None:
    for (k, n), (low, high) in bounds.items():
        assert 0 <= low <= k / n + 1e-12, (k, n)
        assert k / n - 1e-12 <= high <= 1, (k, n)


def test_it_narrows_with_the_sample(bounds: dict[tuple[int, int], tuple[float, float]]) -> None:
    widths = [bounds[n // 2, n][1] - bounds[n // 2, n][0] for n in (2, 10, 60, 1000, 10**5, 10**7, 10**9)]
    assert widths == sorted(widths, reverse=True)


def test_nobody_has_no_interval() -> None:
    module = Environment(extensions=["jinja2.ext.do"]).from_string(MACRO.read_text()).module
    sql = f"select {module.wilson_interval('0', '0', 'low')}, {module.wilson_interval('null', 'null', 'high')}"
    with duckdb.connect() as connection:
        assert connection.execute(sql).fetchone() == (None, None)
