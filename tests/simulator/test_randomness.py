from __future__ import annotations

import numpy as np
import pytest

from ingestion.simulator import randomness as rnd

KEYS = rnd.slot_keys(7, np.full(200_000, 20_000, dtype=np.int64), np.arange(200_000, dtype=np.int64))


def test_the_mixer_is_the_published_one() -> None:
    assert int(rnd.mix(np.array([0x9E3779B97F4A7C15], dtype=np.uint64))[0]) == 0xE220A8397B1DCDAF


def test_keys_do_not_meet() -> None:
    assert len(np.unique(KEYS)) == len(KEYS)


def test_a_draw_does_not_depend_on_who_else_draws() -> None:
    some = np.arange(0, len(KEYS), 37)
    assert (rnd.draw(KEYS[some], "x", 3) == rnd.draw(KEYS, "x", 3)[some]).all()
    steps = np.arange(len(KEYS), dtype=np.int64)
    assert (rnd.draw(KEYS[some], "x", steps[some]) == rnd.draw(KEYS, "x", steps)[some]).all()
    assert rnd.draw(KEYS, "x", 3)[5] == rnd.draw(KEYS, "x", np.full(len(KEYS), 3))[5]


@pytest.mark.parametrize("millionths", [0, 500, 250_000, 1_000_000])
def test_a_chance_comes_true_as_often_as_it_says(millionths: int) -> None:
    rate = millionths / 1e6
    spread = 5 * np.sqrt(rate * (1 - rate) / len(KEYS))
    assert abs(rnd.chance(KEYS, "chance", millionths).mean() - rate) <= spread


def test_two_purposes_and_two_steps_are_independent() -> None:
    base = rnd.draw(KEYS, "one") / 2**32
    for other in (rnd.draw(KEYS, "two"), rnd.draw(KEYS, "one", 1), rnd.draw(KEYS, "one", 16)):
        assert abs(np.corrcoef(base, other / 2**32)[0, 1]) < 0.012


def test_between_stays_inside_and_reaches_both_ends() -> None:
    values = rnd.between(KEYS, "between", 3, 9)
    assert set(values.tolist()) == {3, 4, 5, 6, 7, 8}
    assert (rnd.between(KEYS, "between", 5, 2) == 5).all()


def test_exponential_draws_have_their_mean_and_a_memoryless_tail() -> None:
    values = rnd.exponential(KEYS, "wait", 10_000)
    assert abs(values.mean() / 10_000 - 1) < 0.02
    longer = values[values > 10_000]
    assert abs((longer - 10_000).mean() / 10_000 - 1) < 0.03


def test_picks_follow_their_weights() -> None:
    counts = np.bincount(rnd.pick(KEYS, "pick", (1, 0, 3)), minlength=3)
    assert counts[1] == 0
    assert abs(counts[2] / counts[0] - 3) < 0.1
