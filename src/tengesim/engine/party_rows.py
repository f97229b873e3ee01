"""What compiled code and readable code both keep in the row of a party, beside its money.

What decides about top-ups is a column of wallets and stands in the rows, so that whoever changes
one changes both, and what a wallet paid today is counted in the row by either.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import FLOOR, TOP_UP, USED
from tengesim.ledger.traits import NO_LEVEL, pack
from tengesim.payment import NameId
from tengesim.population.wallets import NO_TIER, Room, Wallets
from tengesim.ports import Interner
from tengesim.rules.evaluate import Used
from tengesim.rules.terms import Period

__all__ = ["DayCounter", "PartyRows"]

_WINDOW: Final = 48
"""Lowest bit of the day in the counter; what was paid stands below."""
_WINDOW_MASK: Final = (1 << 16) - 1
_AMOUNT_MASK: Final = (1 << _WINDOW) - 1
_AT_ONCE: Final = 1 << 16
"""Parties that are described together: their columns fit in the processor's cache."""


class DayCounter:
    """What each person paid by wallet on the running day; a `rules.evaluate.Usage` of the rows."""

    __slots__ = ("_first_name", "_names", "_rows")

    def __init__(self, rows: NDArray[np.int64], names: Interner, first_name: NameId) -> None:
        """Count in `rows`; `first_name` is the name of the party of the first."""
        self._rows = rows
        self._names = names
        self._first_name = first_name

    def of(self, payer: str, period: Period, window: int) -> Used:
        """Return what `payer` paid on the day `window`; how often is not counted."""
        if period is not Period.DAY:
            raise ValueError(f"rows of parties count by the day, not by the {period}")
        counted = int(self._rows[self._names.id(payer) - self._first_name, USED])
        is_today = counted >> _WINDOW & _WINDOW_MASK == window & _WINDOW_MASK
        return Used(0, counted & _AMOUNT_MASK if is_today else 0)

    def add(self, payer: str, day: int, amount_tiyn: int) -> None:
        """Count one settled payment of `payer` on the local day number `day`."""
        total_tiyn = self.of(payer, Period.DAY, day).amount_tiyn + amount_tiyn
        if total_tiyn > _AMOUNT_MASK:
            raise OverflowError(f"{payer} pays {total_tiyn} tiyn a day; at most {_AMOUNT_MASK} fit")
        # As signed as the row is, whatever the day.
        window = np.int64(np.uint64(day & _WINDOW_MASK) << np.uint64(_WINDOW))
        self._rows[self._names.id(payer) - self._first_name, USED] = window | total_tiyn


class PartyRows:
    """The rows of a ledger, for whoever keeps more in them than money."""

    __slots__ = ("_ledger", "_names")

    def __init__(self, ledger: Columns, names: Interner) -> None:
        """Share the rows of `ledger`."""
        self._ledger = ledger
        self._names = names

    def reserve(self, count: int) -> Room:
        """Make the rows of `count` parties, before anybody is named, and return room in them."""
        return Room(self._ledger.reserve(count), FLOOR, TOP_UP)

    def describe(
        self,
        first_name: NameId,
        region: NDArray[np.integer],
        bank: NDArray[np.integer],
        wallets: Wallets | None,
    ) -> None:
        """Say of every party where it is, where it banks and which kind of wallet is its own."""
        for start in range(0, len(region), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            where, bank_of = region[some].astype(np.int64), bank[some].astype(np.int64)
            level = np.full(len(where), NO_LEVEL, dtype=np.int64)
            if wallets is not None:
                own = wallets.kind_of(some).astype(np.int64)
                level[: len(own)] = np.where(own == NO_TIER, NO_LEVEL, own)
            first = first_name + start
            name = np.arange(first, first + len(where), dtype=np.int64)
            self._ledger.set_traits(pack(name, where, bank_of, level), first_party=start)

    def counters(self, first_name: NameId, levels: int) -> Sequence[DayCounter]:
        """Return the counter of each kind of wallet: one for all, as a wallet is of one kind."""
        counter = DayCounter(self._ledger.rows, self._names, first_name)
        return [counter] * levels
