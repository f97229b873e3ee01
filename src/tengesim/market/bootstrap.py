"""Days of a table of past prices, drawn again in blocks.

The stationary bootstrap (Politis and Romano 1994): on each day the block ends with one chance, and
the next begins anywhere; after the last day of the table comes its first. All assets have the same
days, so what moved together stays together.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tengesim.errors import Finding, ScenarioError
from tengesim.market.chance import events
from tengesim.market.exact_math import Doubles, exp, log
from tengesim.market.laws import BootstrapSection, PriceTable
from tengesim.streams import Streams, below

__all__ = ["daily_returns", "resampled"]


def resampled(
    section: BootstrapSection, streams: Streams, assets: Sequence[str], *, fixings: int, days: int
) -> Mapping[str, Doubles]:
    """Return the logarithmic returns of each asset for `fixings` fixings of so many days each.

    Raises ScenarioError if the table was not read.
    """
    if section.table is None:
        message = f"the table {section.file} has not been read"
        do = "load the scenario from its own folder"
        raise ScenarioError([Finding("TABLE_MISSING", message, path="market.law.file", do=do)])
    numbers = np.arange(1, fixings * days + 1)
    length = len(section.table.days) - 1
    begins = events(
        streams.words("market/block", numbers), Decimal(1) / Decimal(section.block.value)
    )
    begins[:1] = True
    starts = np.flatnonzero(begins)
    block = np.cumsum(begins) - 1
    firsts = below(streams.words("market/block_start", numbers[starts]), length)
    drawn = (firsts[block] + (np.arange(len(numbers)) - starts[block])) % length
    found = {}
    for asset in assets:
        daily = _centred(section.table, asset)[drawn].reshape(fixings, days)
        total = daily[:, 0]
        for day in range(1, days):
            total = total + daily[:, day]
        found[asset] = total
    return found


def daily_returns(prices: Doubles) -> Doubles:
    """Return the logarithm by which each price is above the one before."""
    return np.asarray(np.diff(log(prices)))


def _centred(table: PriceTable, asset: str) -> NDArray[np.float64]:
    """Return the returns of an asset less what makes its price grow on average."""
    return _centred_returns(table.prices[asset].tobytes())


@lru_cache(maxsize=16)
def _centred_returns(prices: bytes) -> NDArray[np.float64]:
    returns = daily_returns(np.frombuffer(prices))
    # The sum is the one of NumPy on no processor in particular: this one is exact.
    mean = math.fsum(exp(returns).tolist()) / len(returns)
    return np.asarray(returns - log(np.array([mean]))[0])
