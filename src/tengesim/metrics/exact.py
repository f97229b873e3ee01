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


def total(amounts: NDArray[np.int64]) -> int:
    """Return the exact sum."""
    high = int((amounts >> _HALF_BITS).sum())
    low = int((amounts & _HALF_MASK).sum())
    return (high << _HALF_BITS) + low


def weighted_total(amounts: NDArray[np.int64], weights: NDArray[np.int64]) -> int:
    """Return the exact sum of products, which may be far beyond 64 bits."""
    pairs = zip(amounts.tolist(), weights.tolist(), strict=True)
    return sum(amount * weight for amount, weight in pairs)


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
