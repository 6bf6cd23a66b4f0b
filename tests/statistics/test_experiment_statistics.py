"""What an experiment reports of two variants, against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
    samplesize_proportions_2indep_onetail,
)
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from tests.statistics.conftest import Computed, Numbers

SHARES = "'s', 'n', 'cs', 'cn'"
CLOSE = {"rtol": 1e-6, "atol": 1e-9}


@pytest.fixture(scope="module")
def shares() -> dict[str, Numbers]:
    """Successes and trials of a variant and its control: nobody, everybody, few, many."""
    rows = [
        (successes, trials, other, other_trials)
        for trials in (1, 7, 30, 1000, 250_000)
        for other_trials in (1, 12, 900, 251_001)
        for successes in sorted({0, 1, trials // 11, trials // 2, trials})
        for other in sorted({0, 1, other_trials // 9, other_trials // 2, other_trials})
    ]
    return dict(zip(("s", "n", "cs", "cn"), np.array(rows, dtype=np.int64).T, strict=True))


@pytest.fixture(scope="module")
def samples() -> list[tuple[Numbers, Numbers]]:
    """Watch times of two variants: skewed, of unequal size and spread."""
    random = np.random.default_rng(7)
    sizes = [(2, 2), (2, 9), (5, 30), (40, 31), (400, 950), (5000, 4800)]
    return [(random.exponential(60, n) + 1, random.gamma(0.7, 90, m) + 1) for n, m in sizes for _ in range(6)]


@pytest.fixture(scope="module")
def moments(samples: list[tuple[Numbers, Numbers]]) -> dict[str, Numbers]:
    rows = [
        (a.mean(), a.std(ddof=1) / np.sqrt(len(a)), len(a), b.mean(), b.std(ddof=1) / np.sqrt(len(b)), len(b)) for a, b in samples
    ]
    return dict(zip(("m", "e", "n", "cm", "ce", "cn"), np.array(rows).T, strict=True))


def test_the_interval_of_a_rate_is_wilsons(computed: Computed, shares: dict[str, Numbers]) -> None:
    low, high = proportion_confint(shares["s"], shares["n"], method="wilson")
    np.testing.assert_allclose(computed("wilson_interval('s', 'n', 'low')", shares), low, **CLOSE)
    np.testing.assert_allclose(computed("wilson_interval('s', 'n', 'high')", shares), high, **CLOSE)


def test_the_p_value_of_two_rates_is_the_pooled_z_tests(computed: Computed, shares: dict[str, Numbers]) -> None:
    z = computed(f"two_proportion_z({SHARES})", shares)
    total, trials = shares["s"] + shares["cs"], shares["n"] + shares["cn"]
    assert (np.isnan(z) == ((total == 0) | (total == trials))).all()
    decided = ~np.isnan(z)
    expected = [
        proportions_ztest([s, c], [n, m])[1]
        for s, n, c, m in zip(*(shares[k][decided] for k in ("s", "n", "cs", "cn")), strict=True)
    ]
    answer = 2 * computed("normal_survival('abs(z)')", {"z": z[decided]})
    np.testing.assert_allclose(answer, expected, **CLOSE)


@pytest.mark.parametrize(("macro", "compare", "method"), [
    ("share_difference_interval", "diff", "newcomb"),
    ("share_lift_interval", "ratio", "log"),
])  # fmt: skip
def test_the_interval_of_a_lift(computed: Computed, shares: dict[str, Numbers], macro: str, compare: str, method: str) -> None:
    some = (shares["s"] > 0) & (shares["cs"] > 0) if compare == "ratio" else np.full(shares["s"].shape, True)
    expected = np.array([
        confint_proportions_2indep(s, n, c, m, method=method, compare=compare)
        for s, n, c, m in zip(*(shares[k][some] for k in ("s", "n", "cs", "cn")), strict=True)
    ]) - (compare == "ratio")  # fmt: skip
    for bound, column in (("low", 0), ("high", 1)):
        answer = computed(f"{macro}({SHARES}, '{bound}')", shares)
        np.testing.assert_allclose(answer[some], expected[:, column], **CLOSE)
        assert np.isnan(answer[~some]).all()


def test_the_p_value_and_the_interval_of_two_means_are_welchs(
    computed: Computed, samples: list[tuple[Numbers, Numbers]], moments: dict[str, Numbers]
) -> None:
    degrees = computed("welch_degrees('e', 'n', 'ce', 'cn')", moments)
    error = np.hypot(moments["e"], moments["ce"])
    t = (moments["m"] - moments["cm"]) / error
    z = computed("student_t_as_normal('t', 'degrees')", {"t": t, "degrees": degrees})
    p = computed("student_t_p_value('t', 'degrees', 'z')", {"t": t, "degrees": degrees, "z": z})
    np.testing.assert_allclose(p, [stats.ttest_ind(a, b, equal_var=False).pvalue for a, b in samples], **CLOSE)
    reach = computed("student_t_quantile('degrees')", {"degrees": degrees}) * error
    expected = np.array([
        CompareMeans(DescrStatsW(a), DescrStatsW(b)).tconfint_diff(usevar="unequal") for a, b in samples
    ])  # fmt: skip
    np.testing.assert_allclose(moments["m"] - moments["cm"] - reach, expected[:, 0], **CLOSE)
    np.testing.assert_allclose(moments["m"] - moments["cm"] + reach, expected[:, 1], **CLOSE)


def test_the_interval_of_a_relative_lift_of_means_covers_the_truth_as_often_as_it_says(computed: Computed) -> None:
    random = np.random.default_rng(11)
    treated, control = random.exponential(66, (4000, 300)), random.exponential(60, (4000, 400))
    columns = {
        "m": treated.mean(axis=1), "e": treated.std(axis=1, ddof=1) / np.sqrt(300),
        "cm": control.mean(axis=1), "ce": control.std(axis=1, ddof=1) / np.sqrt(400),
    }  # fmt: skip
    low, high = (computed(f"mean_lift_interval('m', 'e', 'cm', 'ce', '{bound}')", columns) for bound in ("low", "high"))
    assert ((low < 0.1) & (high > 0.1)).mean() == pytest.approx(0.95, abs=0.012)


def test_the_needed_units_of_a_rate(computed: Computed) -> None:
    rate = np.array([0.01, 0.05, 0.08, 0.2, 0.5, 0.7])
    expected = [
        samplesize_proportions_2indep_onetail(p * 0.2, p, 0.8, ratio=1, alpha=0.05, alternative="two-sided") for p in rate
    ]
    np.testing.assert_allclose(computed("needed_units_of_rate('p', '0.2e0')", {"p": rate}), np.ceil(expected), atol=1)
    assert np.isnan(computed("needed_units_of_rate('p', '0.2e0')", {"p": [0.0, 0.9, 1.0]})).all()


def test_the_needed_units_of_a_mean_give_the_power_they_promise(computed: Computed) -> None:
    (needed,) = computed("needed_units_of_mean('m', 'd', '0.1e0')", {"m": [60.0], "d": [55.0]})
    power = stats.norm.sf(1.959963984540054 - 6.0 / (55.0 * np.sqrt(2 / needed)))
    assert power == pytest.approx(0.8, abs=1e-3)
