"""Exact sums by group: 64-bit columns are added in halves, so no total can wrap."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["sums_by_group"]

_HALF_BITS: Final = 32
_LOW_HALF: Final = (1 << _HALF_BITS) - 1


def sums_by_group(group: NDArray[np.intp], amounts: NDArray[np.int64], count: int) -> list[int]:
    """Return, for each group 0..count-1, the exact sum of its amounts as a Python integer."""
    low = np.zeros(count, dtype=np.int64)
    high = np.zeros(count, dtype=np.int64)
    np.add.at(low, group, amounts & _LOW_HALF)
    np.add.at(high, group, amounts >> _HALF_BITS)
    return [
        (upper << _HALF_BITS) + lower
        for upper, lower in zip(high.tolist(), low.tolist(), strict=True)
    ]
