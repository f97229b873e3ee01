"""Prices on their grid: whole tiyn for a whole unit, one for each asset and fixing.

The only place where a price stops being a float; whoever decides reads these numbers.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, column_text
from tengesim.errors import InvariantError

__all__ = ["PRICE_MAX_TIYN", "Prices", "on_grid"]

PRICE_MAX_TIYN: Final = 10**13
"""100 bn KZT for a whole unit: 53 bits hold every price below exactly."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What assets cost, from the first day to the last."""

    table: Mapping[Form, tuple[int, ...]]
    """Tiyn for a whole unit at each fixing."""
    fixing_days: int = 1
    """Days from one fixing to the next."""

    @property
    def assets(self) -> tuple[Form, ...]:
        """Return the assets that have a price."""
        return tuple(self.table)

    def tiyn(self, asset: Form, day: int) -> int:
        """Return what a whole unit costs on a day of the horizon, from 0: as last fixed."""
        return self.table[asset][day // self.fixing_days]

    def daily(self, asset: Form) -> tuple[int, ...]:
        """Return what a whole unit costs on every day up to the last that a fixing holds for."""
        fixed = self.table[asset]
        if self.fixing_days == 1:
            return fixed
        return tuple(chain.from_iterable(repeat(tiyn, self.fixing_days) for tiyn in fixed))

    def is_fixing(self, day: int) -> bool:
        """Return whether prices are fixed on a day of the horizon, from 0."""
        return day % self.fixing_days == 0


def on_grid(
    asset: Form, price: NDArray[np.float64], days: Sequence[datetime.date]
) -> tuple[int, ...]:
    """Return prices in tiyn rounded to whole ones; `days` are those of the fixings.

    Raises InvariantError that names the first day on which a price leaves its grid.
    """
    tiyn = np.rint(price)
    off = np.flatnonzero(~((tiyn >= 1) & (tiyn <= PRICE_MAX_TIYN)))
    if len(off):
        place = int(off[0])
        message = (
            f"the price of {column_text(asset)} leaves its grid on {days[place]}:"
            f" {price[place]:.4g} tiyn, where 1 to {PRICE_MAX_TIYN:,} can be told"
        )
        raise InvariantError(message)
    return tuple(tiyn.astype(np.int64).tolist())
