"""What payers used in the running day, week, month and year, in an array that compiled code shares.

One row belongs to one payer's slot and holds two numbers for each period that limits count in:
the window with the number of payments in it, and their sum. A window that is over is not cleared;
it is told by its number, and written over by the first payment in the next one.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import kernel
from tengesim.rules.evaluate import Used, window_of
from tengesim.rules.tables import AMOUNT, COUNT, FACTS, TOTAL
from tengesim.rules.terms import Period

__all__ = ["UsageTable", "add_use", "used_of", "windows_of"]

_WINDOW_SHIFT: Final = 32
_PAYMENTS_MASK: Final = 2**32 - 1


@kernel
def used_of(
    counters: NDArray[np.int64],
    periods: NDArray[np.int64],
    slot: int,
    windows: NDArray[np.int64],
    facts: NDArray[np.int64],
) -> None:
    """Write into `facts` what the payer at `slot` will have used with the payment of `facts`.

    Args:
        counters: `UsageTable.counters`.
        periods: `UsageTable.periods`.
        slot: The payer's row.
        windows: `windows_of` the local day.
        facts: What `tables.decide` reads, with the amount; facts of other periods stay as they are.
    """
    for column in range(len(periods)):
        period = periods[column]
        head = counters[slot, 2 * column]
        facts[COUNT + period] = 1
        facts[TOTAL + period] = facts[AMOUNT]
        if head >> _WINDOW_SHIFT == windows[period]:
            facts[COUNT + period] += head & _PAYMENTS_MASK
            facts[TOTAL + period] += counters[slot, 2 * column + 1]


@kernel
def add_use(
    counters: NDArray[np.int64],
    periods: NDArray[np.int64],
    slot: int,
    windows: NDArray[np.int64],
    amount_tiyn: int,
) -> None:
    """Count one settled payment of the payer at `slot`; other parameters as in `used_of`."""
    for column in range(len(periods)):
        window = windows[periods[column]]
        if counters[slot, 2 * column] >> _WINDOW_SHIFT != window:
            counters[slot, 2 * column] = window << _WINDOW_SHIFT
            counters[slot, 2 * column + 1] = 0
        counters[slot, 2 * column] += 1
        counters[slot, 2 * column + 1] += amount_tiyn


def windows_of(day: int) -> NDArray[np.int64]:
    """Return the windows that the local day number `day` lies in, by day, week, month and year."""
    return np.array([window_of(period, day) for period in Period], dtype=np.int64)


class UsageTable:
    """Counters of one mark or voucher control, for readable and compiled code alike."""

    __slots__ = ("_slot_of", "counters", "periods")

    def __init__(
        self, periods: tuple[Period, ...], slots: int, slot_of: Callable[[str], int]
    ) -> None:
        """Count for `slots` payers in the windows of `periods`; `slot_of` a payer's name."""
        order = list(Period)
        self.periods = np.array([order.index(period) for period in periods], dtype=np.int64)
        self.counters = np.zeros((slots, 2 * len(periods)), dtype=np.int64)
        self._slot_of = slot_of

    def of(self, payer: str, period: Period, window: int) -> Used:
        """Return what `payer` used in `window` of `period` so far."""
        place = list(Period).index(period)
        if place not in self.periods:
            return Used(0, 0)
        windows = np.full(len(Period), window, dtype=np.int64)
        facts = np.zeros(FACTS, dtype=np.int64)
        used_of(self.counters, self.periods, self._slot_of(payer), windows, facts)
        return Used(int(facts[COUNT + place]) - 1, int(facts[TOTAL + place]))

    def add(self, payer: str, day: int, amount_tiyn: int) -> None:
        """Count one settled payment of `payer` on the local day number `day`."""
        slot = self._slot_of(payer)
        add_use(self.counters, self.periods, slot, windows_of(day), amount_tiyn)
