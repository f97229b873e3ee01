"""Assets in the log: what they were worth at every fixing, and what the reserve held then.

Prices are rows like everything else, so a valuation needs nothing but the log. Amounts are whole
base units and prices whole tiyn; their products are kept whole until they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import BASE_UNITS, Kind
from tengesim.metrics.log import Flags, Log, Whole, is_one_of

__all__ = ["WORTH", "Asset", "Holdings", "Prices", "is_of_assets"]

Exact = NDArray[np.object_]
"""Whole numbers of any size: products of units and prices leave 64 bits."""

WORTH: Final = 10**9
"""Parts of a tiyn in which worth is counted; base units of every asset divide it."""

Asset = tuple[int, int]
"""Form and keeper: units of two funds are two assets."""

_FORMS: Final = tuple(int(form) for form in BASE_UNITS)
_PARTS: Final = {int(form): WORTH // units for form, units in BASE_UNITS.items()}


def is_of_assets(form: Whole) -> Flags:
    """Return where a column of forms names an asset."""
    return is_one_of(form, _FORMS)


@dataclass(frozen=True)
class Prices:
    """Prices of every asset at every fixing, the last known one where a fixing has none."""

    fixings_us: Whole
    """When the fixings were, in order."""
    first_rows: Whole
    """Which row is the first of each fixing."""
    tiyn: dict[Asset, Exact]
    """Tiyn for a whole unit at each fixing; 0 before the first."""

    @classmethod
    def of(cls, log: Log) -> Self:
        """Read all prices of a log."""
        rows = np.flatnonzero(is_one_of(log.kind, (Kind.PRICE,)))
        fixings, first, number = np.unique(
            log.time_us[rows], return_index=True, return_inverse=True
        )
        form, keeper, price = log.form[rows], log.keeper[rows], log.value[rows]
        tiyn: dict[Asset, Exact] = {}
        for asset in dict.fromkeys(zip(form.tolist(), keeper.tolist(), strict=True)):
            own = np.flatnonzero((form == asset[0]) & (keeper == asset[1]))
            last = np.full(len(fixings), -1)
            last[number[own]] = own
            last = np.maximum.accumulate(last)
            tiyn[asset] = np.where(last < 0, 0, price[last]).astype(np.object_)
        return cls(np.asarray(fixings, dtype=np.int64), rows[first], tiyn)

    def fixings_at(self, times_us: Whole) -> Whole:
        """Return the fixing that holds at each moment, −1 before the first."""
        return np.asarray(np.searchsorted(self.fixings_us, times_us, side="right") - 1)

    def worth(self, asset: Asset, units: int, fixing: int) -> int:
        """Return what units of an asset are worth at a fixing, in parts of a tiyn."""
        known = self.tiyn.get(asset)
        if known is None or fixing < 0:
            return 0
        worth: int = units * known[fixing] * _PARTS[asset[0]]
        return worth

    def parts_of(self, asset: Asset) -> Exact:
        """Return what a base unit of an asset is worth at each fixing, in parts of a tiyn."""
        known = self.tiyn.get(asset)
        none: Exact = np.zeros(len(self.fixings_us), dtype=np.object_)
        return none if known is None else known * _PARTS[asset[0]]

    def worths(self, log: Log, rows: Whole) -> list[int]:
        """Return what each of these rows moved was worth when it moved."""
        return [
            self.worth((form, keeper), units, fixing)
            for form, keeper, units, fixing in zip(
                log.form[rows].tolist(),
                log.keeper[rows].tolist(),
                log.amount_tiyn[rows].tolist(),
                self.fixings_at(log.time_us[rows]).tolist(),
                strict=True,
            )
        ]


@dataclass(frozen=True)
class Holdings:
    """What the reserve held when each fixing closed: after every row before the next one."""

    prices: Prices
    units: dict[Asset, Exact]

    @classmethod
    def of(cls, log: Log, prices: Prices) -> Self:
        """Follow the assets of everybody whom assets reached as a reserve.

        These are the payees of inflows and of moves between its own stores.
        """
        own = _holders(log)
        out = log.is_moved & is_of_assets(log.form) & np.isin(log.payer, own)
        into = log.is_moved & is_of_assets(log.form_to) & np.isin(log.payee, own)
        row = np.concatenate([np.flatnonzero(out), np.flatnonzero(into)])
        form = np.concatenate([log.form[out], log.form_to[into]])
        keeper = np.concatenate([log.keeper[out], log.keeper_to[into]])
        change = np.concatenate([-log.amount_tiyn[out], log.amount_tiyn[into]])
        # A row belongs to the fixing that was the last before it.
        place = np.maximum(np.searchsorted(prices.first_rows, row, side="right") - 1, 0)
        pairs = set(zip(form.tolist(), keeper.tolist(), strict=True))
        units = {}
        for asset in sorted(pairs) if len(prices.fixings_us) else ():
            mine = (form == asset[0]) & (keeper == asset[1])
            sums = np.zeros(len(prices.fixings_us), dtype=np.int64)
            np.add.at(sums, place[mine], change[mine])
            units[asset] = np.cumsum(sums).astype(np.object_)
        return cls(prices, units)

    @cached_property
    def values(self) -> list[int]:
        """What everything held was worth at the close of each fixing, in parts of a tiyn."""
        return self._worth(slice(None), slice(None))

    @cached_property
    def moved(self) -> list[int]:
        """What was held at each close but the last was worth at the next fixing."""
        return self._worth(slice(None, -1), slice(1, None))

    def _worth(self, closes: slice, fixings: slice) -> list[int]:
        total: Exact = np.zeros(len(self.prices.fixings_us), dtype=np.object_)[closes]
        for asset, held in self.units.items():
            total = total + held[closes] * self.prices.parts_of(asset)[fixings]
        values: list[int] = total.tolist()
        return values


def _holders(log: Log) -> Whole:
    inflow = is_one_of(log.kind, (Kind.RESERVE_INFLOW, Kind.CUSTODY)) & is_of_assets(log.form_to)
    reached = log.is_moved & inflow & ~log.is_issuer_to
    return np.unique(log.payee[reached])
