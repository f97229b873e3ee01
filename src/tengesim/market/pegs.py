"""How far a pegged asset is from its peg, as a logarithm: a little every day, and rarely a lot."""

from decimal import Decimal, localcontext
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.market.chance import events, normals
from tengesim.market.exact_math import Doubles, log, nearest
from tengesim.market.model import AssetSection, DepegSection
from tengesim.money import BP
from tengesim.streams import Streams, below

__all__ = ["deviations"]

_DAYS_A_YEAR: Final = 365
_DIGITS: Final = 50


def deviations(
    name: str,
    section: AssetSection,
    depeg: DepegSection,
    streams: Streams,
    *,
    fixings: int,
    days: int,
) -> Doubles:
    """Return the logarithm of price ÷ peg at each fixing after the first."""
    numbers = np.arange(1, fixings + 1)
    with localcontext() as context:
        context.prec = _DIGITS
        # Each return has the noise of both its ends.
        noise = nearest(section.volatility.value * (Decimal(days) / (2 * _DAYS_A_YEAR)).sqrt())
    small = noise * normals(streams.words(f"market/peg/{name}", numbers))
    return np.asarray(small + _falls(name, depeg, streams, numbers, days))


def _falls(
    name: str, depeg: DepegSection, streams: Streams, numbers: NDArray[np.int64], days: int
) -> Doubles:
    """Return what falls below the peg leave, each of them halved in its half-life."""
    with localcontext() as context:
        context.prec = _DIGITS
        calm = 1 - Decimal(depeg.yearly.value) / BP
        share = 1 - calm ** (Decimal(days) / _DAYS_A_YEAR) if calm else Decimal(1)
        left = nearest(Decimal("0.5") ** (Decimal(days) / depeg.half_life.value))
    happens = events(streams.words(f"market/depeg/{name}", numbers), share)
    if not happens.any():
        return np.zeros(len(numbers))
    range_bp = depeg.most.value - depeg.least.value + 1
    depths_bp = depeg.least.value + below(
        streams.words(f"market/depeg/{name}", numbers[happens], 1), range_bp
    )
    depth = np.zeros(len(numbers))
    depth[happens] = log((BP - depths_bp) / BP)
    found, now = [], 0.0
    for fall in depth.tolist():
        now = now * left + fall
        found.append(now)
    return np.array(found)
