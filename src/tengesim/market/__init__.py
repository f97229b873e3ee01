"""Prices of coins, gold and the dollar: drawn as one system, fixed in whole tiyn.

Nothing here decides anything. Institutions read `Prices`, and draw nothing of it themselves.
"""

import datetime
from collections.abc import Sequence

import numpy as np

from tengesim.codes import Form
from tengesim.market.exact_math import EXP_MAX, Doubles, exp, nearest
from tengesim.market.grid import Prices, on_grid
from tengesim.market.model import PRICED, MarketSection
from tengesim.market.paths import log_returns
from tengesim.market.pegs import deviations
from tengesim.market.stress import stress_of
from tengesim.money import TIYN_PER_TENGE
from tengesim.streams import Streams

__all__ = ["MarketSection", "Prices", "build"]

_DOLLAR = "us_dollar"


def build(section: MarketSection, streams: Streams, days: Sequence[datetime.date]) -> Prices:
    """Draw what every asset costs on each of `days`, which follow one another.

    Raises InvariantError, with the day, where a price leaves its grid.
    """
    step = section.fixing.value
    fixed = days[::step]
    paths = _paths(section, streams, fixed)
    dollar = _price(section, _DOLLAR, paths) * TIYN_PER_TENGE
    table: dict[Form, tuple[int, ...]] = {}
    for name in paths:
        price = dollar if name == _DOLLAR else _price(section, name, paths) * dollar
        table[PRICED[name]] = on_grid(PRICED[name], price, fixed)
    return Prices(table, step)


def _paths(
    section: MarketSection, streams: Streams, fixed: Sequence[datetime.date]
) -> dict[str, Doubles]:
    """Return the logarithm of price ÷ first price of each asset at each fixing."""
    fixings = len(fixed) - 1
    returns = log_returns(section, streams, fixings)
    found = {}
    for name in PRICED:
        asset = section.assets.get(name)
        if asset is None:
            continue
        if asset.depeg is None:
            path = np.add.accumulate(returns[name])
        else:
            path = deviations(
                name, asset, asset.depeg, streams, fixings=fixings, days=section.fixing.value
            )
        found[name] = np.concatenate(([0.0], path)) + stress_of(section, name, fixed)
    return found


def _price(section: MarketSection, name: str, paths: dict[str, Doubles]) -> Doubles:
    """Return the prices of an asset in its own money, before they are put on the grid."""
    # A path that leaves the exponents that can be told leaves the grid long before.
    factor = exp(np.clip(paths[name], -EXP_MAX, EXP_MAX))
    return np.asarray(nearest(section.assets[name].price.value) * factor)
