"""The distributions that experiments are judged by, against scipy over a swept grid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from tests.statistics.conftest import Computed, Numbers

DEGREES = [1, 1.2, 1.5, 2, 2.7, 3, 5, 7.5, 10, 15, 19.99, 20, 30, 50, 100, 333.3, 1e3, 1e4, 1e5, 1e6, 1e7]


def grid(*axes: Numbers) -> list[Numbers]:
    """Every combination of some axes, a column each."""
    return [axis.ravel() for axis in np.meshgrid(*axes)]


def test_the_normal_tail(computed: Computed) -> None:
    z = np.concatenate([np.linspace(-40, 40, 8001), np.linspace(-2, 2, 4001), [0.0, 1e-300, 1e9, -1e9]])
    answer = computed("normal_survival('z')", {"z": z})
    np.testing.assert_allclose(answer, stats.norm.sf(z), rtol=0, atol=1e-14)
    likely = np.abs(z) < 8
    np.testing.assert_allclose(answer[likely], stats.norm.sf(z)[likely], rtol=1e-11)


def test_the_complementary_error_function(computed: Computed) -> None:
    x = np.concatenate([np.linspace(-6, 6, 12_001), [0.46875, -0.46875, 4.0, -4.0]])
    np.testing.assert_allclose(computed("complementary_error('x')", {"x": x}), special.erfc(x), rtol=1e-11)


@pytest.mark.parametrize("degrees", range(1, 10))
def test_the_chi_square_tail(computed: Computed, degrees: int) -> None:
    x = np.concatenate([np.linspace(0, 120, 6001), [1e-12, 1e3, 1e6]])
    answer = computed("chi_square_survival('x', 'degrees')", {"x": x, "degrees": np.full(x.shape, degrees)})
    np.testing.assert_allclose(answer, stats.chi2.sf(x, degrees), rtol=1e-9, atol=1e-14)


def test_there_is_no_chi_square_tail_of_no_or_too_many_degrees(computed: Computed) -> None:
    assert np.isnan(computed("chi_square_survival('x', 'degrees')", {"x": [1.0, 1.0], "degrees": [0, 10]})).all()


def test_students_t(computed: Computed) -> None:
    t, degrees = grid(np.concatenate([np.linspace(-12, 12, 961), np.logspace(-9, 6, 121)]), np.array(DEGREES))
    z = computed("student_t_as_normal('t', 'degrees')", {"t": t, "degrees": degrees})
    answer = computed("student_t_p_value('t', 'degrees', 'z')", {"t": t, "degrees": degrees, "z": z})
    np.testing.assert_allclose(answer, 2 * stats.t.sf(np.abs(t), degrees), rtol=0, atol=1e-8)


def test_the_quantile_of_students_t(computed: Computed) -> None:
    degrees = np.concatenate([DEGREES, np.linspace(1, 200, 4001), np.logspace(0, 8, 801)])
    answer = computed("student_t_quantile('degrees')", {"degrees": degrees})
    np.testing.assert_allclose(answer, stats.t.ppf(0.975, degrees), rtol=1e-8)
