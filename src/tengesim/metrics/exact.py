"""Sums of money that neither wrap nor round: whole numbers of any size, or an error that says so.

NumPy and pandas wrap silently at 2^63 tiyn and every float loses tiyn beyond 2^53, so totals are
taken in halves of 32 bits and put together as Python integers.
"""

import numpy as np
from numpy.typing import NDArray

from tengesim.errors import InvariantError
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["cumulated", "peak", "total", "weighted_total"]

_HALF_BITS = 32
_HALF_MASK = (1 << _HALF_BITS) - 1
_THIRD_BITS = 21
_THIRD_MASK = (1 << _THIRD_BITS) - 1
_ROWS_AT_ONCE = 1 << 19


def total(amounts: NDArray[np.int64]) -> int:
    """Return the exact sum."""
    high = int((amounts >> _HALF_BITS).sum())
    low = int((amounts & _HALF_MASK).sum())
    return (high << _HALF_BITS) + low


def weighted_total(amounts: NDArray[np.int64], weights: NDArray[np.int64]) -> int:
    """Return the exact sum of products, which may be far beyond 64 bits.

    Both are cut into thirds, the highest of which bears the sign, so that no sum of products of
    thirds can wrap.
    """
    if len(amounts) != len(weights):
        raise ValueError(f"{len(amounts)} amounts have {len(weights)} weights")
    result = 0
    for start in range(0, len(amounts), _ROWS_AT_ONCE):
        own = _thirds(amounts[start : start + _ROWS_AT_ONCE])
        others = _thirds(weights[start : start + _ROWS_AT_ONCE])
        for place, third in enumerate(own):
            for other_place, other in enumerate(others):
                result += int(np.dot(third, other)) << _THIRD_BITS * (place + other_place)
    return result


def _thirds(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return the lowest, middle and highest 21 bits; the highest are signed."""
    return (
        numbers & _THIRD_MASK,
        numbers >> _THIRD_BITS & _THIRD_MASK,
        numbers >> 2 * _THIRD_BITS,
    )


def cumulated(amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return running sums of amounts; raise InvariantError where they could leave 64 bits."""
    bound = total(np.abs(amounts))
    if bound > SUPPLY_MAX_TIYN:
        raise InvariantError(
            f"running sums up to {bound} tiyn do not fit; at most {SUPPLY_MAX_TIYN} can be added"
        )
    return np.cumsum(amounts, dtype=np.int64)


def peak(amounts: NDArray[np.int64]) -> int:
    """Return the greatest running sum, at least 0."""
    return int(cumulated(amounts).max(initial=0))
