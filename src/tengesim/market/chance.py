"""Normal, Gumbel, Student and Poisson numbers from words, the same digits on every processor.

Everything is an inversion or a sum of such: one word gives one number, so no draw moves another.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.market.exact_math import Doubles, log
from tengesim.streams import Words

__all__ = ["events", "gumbels", "normals", "poisson", "threshold"]

_HALF: Final = 1 << 52
_CELL: Final = 2.0**-53
_DIGITS: Final = 50
_POISSON_MAX: Final = 400

# Quotients of polynomials by Wichura (1988), Applied Statistics 37, algorithm AS 241 (PPND16).
_CENTRE: Final = 0.425
_NEAR: Final = 5.0
_CENTRE_TOP: Final = (
    2509.0809287301226727,
    33430.575583588128105,
    67265.770927008700853,
    45921.953931549871457,
    13731.693765509461125,
    1971.5909503065514427,
    133.14166789178437745,
    3.387132872796366608,
)
_CENTRE_BOTTOM: Final = (
    5226.495278852545925,
    28729.085735721942674,
    39307.89580009271061,
    21213.794301586595867,
    5394.1960214247511077,
    687.1870074920579083,
    42.313330701600911252,
    1.0,
)
_NEAR_TOP: Final = (
    7.7454501427834140764e-4,
    0.0227238449892691845833,
    0.24178072517745061177,
    1.27045825245236838258,
    3.64784832476320460504,
    5.7694972214606914055,
    4.6303378461565452959,
    1.42343711074968357734,
)
_NEAR_BOTTOM: Final = (
    1.05075007164441684324e-9,
    5.475938084995344946e-4,
    0.0151986665636164571966,
    0.14810397642748007459,
    0.68976733498510000455,
    1.6763848301838038494,
    2.05319162663775882187,
    1.0,
)
_FAR_TOP: Final = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    0.0012426609473880784386,
    0.026532189526576123093,
    0.29656057182850489123,
    1.7848265399172913358,
    5.4637849111641143699,
    6.6579046435011037772,
)
_FAR_BOTTOM: Final = (
    2.04426310338993978564e-15,
    1.4215117583164458887e-7,
    1.8463183175100546818e-5,
    7.868691311456132591e-4,
    0.0148753612908506148525,
    0.13692988092273580531,
    0.59983220655588793769,
    1.0,
)


def normals(words: Words) -> Doubles:
    """Return one standard normal number per word."""
    place = (words >> np.uint64(11)).astype(np.int64) - _HALF
    # Of the number of a word and one half, below and above the middle are mirror images.
    middle = (place.astype(np.float64) + 0.5) * _CELL
    square = 0.180625 - middle * middle
    found = middle * _quotient(_CENTRE_TOP, _CENTRE_BOTTOM, square)
    tail = np.flatnonzero(np.abs(middle) > _CENTRE)
    away = np.where(place[tail] < 0, place[tail] + _HALF, _HALF - 1 - place[tail])
    depth = np.sqrt(-log((away.astype(np.float64) + 0.5) * _CELL))
    near = _quotient(_NEAR_TOP, _NEAR_BOTTOM, depth - 1.6)
    far = _quotient(_FAR_TOP, _FAR_BOTTOM, depth - _NEAR)
    size = np.where(depth <= _NEAR, near, far)
    found[tail] = np.where(middle[tail] < 0, -size, size)
    return np.asarray(found)


def _quotient(top: Sequence[float], bottom: Sequence[float], x: Doubles) -> Doubles:
    """Return the quotient of two polynomials, highest power first."""
    above = np.full_like(x, top[0])
    below = np.full_like(x, bottom[0])
    for upper, lower in zip(top[1:], bottom[1:], strict=True):
        above = above * x + upper
        below = below * x + lower
    return np.asarray(above / below)


def gumbels(words: Words) -> NDArray[np.int64]:
    """Return one standard Gumbel number per word, in whole millionths: -ln(-ln(u)).

    Of equally good choices, that with the largest number is each of them equally often; with
    weights, add their logarithms (Gumbel 1954; McFadden 1974).
    """
    odd = (words >> np.uint64(12)).astype(np.float64) * 2 + 1
    return np.rint(-log(-log(odd * _CELL)) * 1e6).astype(np.int64)


def threshold(share: Decimal) -> int:
    """Return below which number a word lies with the probability `share`."""
    with localcontext() as context:
        context.prec = _DIGITS
        return int((share * 2**64).to_integral_value())


def events(words: Words, share: Decimal) -> NDArray[np.bool_]:
    """Return where an event of the probability `share` happens; exact at 0 and at 1."""
    limit = threshold(share)
    if limit >> 64:
        return np.ones(len(words), dtype=np.bool_)
    return np.asarray(words < np.uint64(limit))


def poisson(words: Words, mean: Decimal) -> NDArray[np.int64]:
    """Return one number of events per word, which are `mean` on average."""
    return np.asarray(np.searchsorted(_poisson_ladder(mean), words, side="right"), dtype=np.int64)


@lru_cache(maxsize=16)
def _poisson_ladder(mean: Decimal) -> Words:
    """Return below which words there is no event, at most one, and so on."""
    rungs: list[int] = []
    with localcontext() as context:
        context.prec = _DIGITS
        term = total = (-mean).exp()
        while len(rungs) < _POISSON_MAX:
            rung = min(threshold(total), 2**64 - 1)
            if rungs and rung <= rungs[-1]:
                break
            rungs.append(rung)
            term *= mean / len(rungs)
            total += term
    return np.array(rungs, dtype=np.uint64)
