"""Counter-based randomness in integers only.

Every draw is a hash of (key, purpose, step). So any subset of an audience can be computed alone and gives the same
numbers, and no floating-point library can make two machines differ. Mixing: SplitMix64 (Steele, Lea, Flood 2014).
"""

from __future__ import annotations

import math
import zlib

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Integers = NDArray[np.int64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_QUANTILE_BITS = 12
_MILLION = 1_000_000


def _exponential_quantiles() -> Integers:
    """Quantiles of the unit exponential in millionths, shape (4097,); the last one is that of the middle of the last cell."""
    cells = 1 << _QUANTILE_BITS
    values = [round(-math.log(1 - i / cells) * _MILLION) for i in range(cells)]
    return np.array([*values, round(math.log(2 * cells) * _MILLION)], dtype=np.int64)


_EXPONENTIAL = _exponential_quantiles()


def mix(values: Keys) -> Keys:
    """SplitMix64's finalizer, element by element; a new array of the same shape."""
    mixed = values ^ (values >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def seed_key(seed: int) -> int:
    """The 64-bit key that a seed stands for."""
    return int(mix(np.array([(seed * _GOLDEN + 1) & _MASK], dtype=np.uint64))[0])


def slot_keys(seed: int, days: Integers, slots: Integers) -> Keys:
    """The key of each visit slot (day number, slot number below 2**32), shape of `days`."""
    packed = (days.astype(np.uint64) << np.uint64(32)) | slots.astype(np.uint64)
    return mix(mix(packed ^ np.uint64(seed_key(seed))) + np.uint64(_GOLDEN))


def _salt(purpose: str) -> int:
    return (zlib.crc32(purpose.encode()) * _GOLDEN) & _MASK


def draw(keys: Keys, purpose: str, step: int | Integers = 0) -> Integers:
    """Uniform integers in [0, 2**32), one per key; `step` tells repeated draws of one purpose apart."""
    salted = keys + np.uint64(_salt(purpose))
    if isinstance(step, int):
        salted += np.uint64((step * 0xD1342543DE82EF95) & _MASK)
    else:
        salted += step.astype(np.uint64) * np.uint64(0xD1342543DE82EF95)
    return (mix(salted) >> np.uint64(32)).astype(np.int64)


def chance(keys: Keys, purpose: str, millionths: int | Integers, step: int | Integers = 0) -> NDArray[np.bool_]:
    """True with the given probability (in millionths) per key."""
    threshold: Integers = np.left_shift(np.int64(1) * millionths, 32)
    return np.less(draw(keys, purpose, step) * _MILLION, threshold)


def between(keys: Keys, purpose: str, low: int | Integers, high: int | Integers, step: int | Integers = 0) -> Integers:
    """Uniform integers in [low, high), one per key; `low` where high <= low."""
    width = np.maximum(np.int64(0) + high - low, 0)
    return low + ((draw(keys, purpose, step) * width) >> 32)


def exponential(keys: Keys, purpose: str, mean: int | Integers, step: int | Integers = 0) -> Integers:
    """Exponential integers with the given mean (same unit as `mean`, at most 2**31), cut at about nine means."""
    uniform = draw(keys, purpose, step)
    shift = 32 - _QUANTILE_BITS
    cell = uniform >> shift
    rest = uniform & ((1 << shift) - 1)
    low = _EXPONENTIAL[cell]
    millionths = low + (((_EXPONENTIAL[cell + 1] - low) * rest) >> shift)
    scaled: Integers = mean * millionths // _MILLION
    return scaled


def pick(keys: Keys, purpose: str, weights: tuple[int, ...], step: int | Integers = 0) -> Integers:
    """Index of one of `weights` per key, with probability proportional to its weight."""
    edges = np.cumsum(np.array(weights, dtype=np.int64))
    place = (draw(keys, purpose, step) * int(edges[-1])) >> 32
    return np.searchsorted(edges, place, side="right").astype(np.int64)
