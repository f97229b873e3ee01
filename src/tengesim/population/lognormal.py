"""Skewed amounts from random words by a table of whole numbers, the same on every processor.

Exponentials of NumPy differ between processors, so the inverse of the lognormal distribution is
computed once with Decimal arithmetic, at nodes of the normal distribution a sixty-fourth apart;
between nodes it is a straight line in whole numbers. Median and mean fix both parameters:
mu = ln(median), sigma² = 2 ln(mean ÷ median).
"""

from decimal import Decimal, getcontext, localcontext
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.population.ladder import Ladder, ladder
from tengesim.streams import Words

__all__ = ["Lognormal", "lognormal"]

_STEPS: Final = 64
_REACH: Final = 6
"""Six standard deviations: one person in a thousand million lies beyond, and is put there."""
_DIGITS: Final = 40
_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510")
_SPAN_BITS: Final = 20


class Lognormal(NamedTuple):
    """Quantiles: below `thresholds[i]` of all words lie the amounts below `values[i]`.

    A cell between two nodes has its rise in amount, and its span in words, cut by `shift` to 20
    bits so that no product leaves 64.
    """

    thresholds: Words
    values: NDArray[np.int64]
    rise: NDArray[np.int64]
    span: NDArray[np.int64]
    shift: Words
    nodes: Ladder

    def amounts(self, words: Words) -> NDArray[np.int64]:
        """Return one amount per word."""
        words = np.clip(words, self.thresholds[0], self.thresholds[-1])
        cell = np.minimum(self.nodes.rungs(words) - 1, len(self.rise) - 1)
        inside = words - self.thresholds[cell]
        part = (inside >> self.shift[cell]).astype(np.int64)
        return np.asarray(self.values[cell] + self.rise[cell] * part // self.span[cell])


@lru_cache(maxsize=16)
def lognormal(median: int, mean: int) -> Lognormal:
    """Return the lognormal distribution with this median and mean, in the unit of both.

    Raises ValueError unless 0 < median ≤ mean.
    """
    if not 0 < median <= mean:
        raise ValueError(f"median {median} and mean {mean}; expected 0 < median ≤ mean")
    with localcontext() as context:
        context.prec = _DIGITS
        sigma = (2 * (Decimal(mean).ln() - Decimal(median).ln())).sqrt()
        step = context.divide(sigma, _STEPS).exp()
        value = median * (-sigma * _REACH).exp()
        values = []
        for _ in range(2 * _REACH * _STEPS + 1):
            values.append(int(value.to_integral_value()))
            value *= step
    thresholds = _normal_thresholds()
    spans = np.diff(thresholds)
    shift = np.array([max(0, int(span).bit_length() - _SPAN_BITS) for span in spans], np.uint64)
    return Lognormal(
        thresholds,
        np.array(values, dtype=np.int64),
        rise=np.array([upper - lower for lower, upper in pairwise(values)], dtype=np.int64),
        span=(spans >> shift).astype(np.int64),
        shift=shift,
        nodes=ladder(thresholds),
    )


@lru_cache(maxsize=1)
def _normal_thresholds() -> Words:
    """Return the shares of words below each node, as words."""
    half = Decimal(2**63)
    with localcontext() as context:
        context.prec = _DIGITS
        nodes = [context.divide(node, _STEPS) for node in range(_REACH * _STEPS + 1)]
        upper = [int((half + 2 * half * _half_normal(z)).to_integral_value()) for z in nodes]
    lower = [2**64 - threshold for threshold in reversed(upper[1:])]
    return np.array(lower + upper, dtype=np.uint64)


def _half_normal(z: Decimal) -> Decimal:
    """Return the normal probability of 0 to z: phi(z)·(z + z³ ÷ 3 + z⁵ ÷ 15 + …)."""
    divide = getcontext().divide
    term = total = z
    odd = 1
    while term > total.scaleb(-_DIGITS):
        odd += 2
        term = divide(term * z * z, odd)
        total += term
    return divide(total * divide(-z * z, 2).exp(), (2 * _PI).sqrt())
