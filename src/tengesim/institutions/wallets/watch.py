"""The always-on check that no wallet is above its limit, row by row, from the log alone.

It shares no code with what keeps the limits and reads packed rows as they leave the journal. Whole
blocks are folded with sorted sums, which costs a fraction of what writing them does.
"""

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["LimitWatch"]


class LimitWatch:
    """Balances of digital tenge by holder, and the most each may be."""

    __slots__ = ("_held", "_limit")

    def __init__(self) -> None:
        """Start with no wallet and no limit."""
        self._held = np.zeros(0, dtype=np.int64)
        self._limit = np.zeros(0, dtype=np.int64)

    def allow(self, holders: NDArray[np.int64], limits_tiyn: NDArray[np.int64]) -> None:
        """Hold the wallets of `holders`, names of the log, to their limits from now on."""
        if len(holders):
            self._grow(int(holders.max()))
        self._limit[holders] = limits_tiyn

    def consume(self, rows: Rows) -> None:
        """Fold further rows; raise InvariantError at the first that fills a wallet too far."""
        moved = np.isin(rows["status"], (Status.SETTLED, Status.POSTED))
        out = moved & (rows["form"] == Form.DIGITAL_TENGE) & (rows["mark"] == 0)
        into = moved & (rows["form_to"] == Form.DIGITAL_TENGE) & (rows["mark_to"] == 0)
        holder = np.concatenate([rows["payer"][out], rows["payee"][into]]).astype(np.int64)
        if not len(holder):
            return
        amount = rows["amount_tiyn"]
        change = np.concatenate([-amount[out], amount[into]])
        place = np.concatenate([np.flatnonzero(out), np.flatnonzero(into)])
        order = np.lexsort((place, holder))
        holder, change, place = holder[order], change[order], place[order]
        self._grow(int(holder[-1]))
        self._check(rows, holder, change, place)

    def _check(
        self,
        rows: Rows,
        holder: NDArray[np.int64],
        change: NDArray[np.int64],
        place: NDArray[np.int64],
    ) -> None:
        is_first = np.append(True, holder[1:] != holder[:-1])
        starts = np.flatnonzero(is_first)
        total = np.cumsum(change)
        before = np.repeat(total[starts] - change[starts], np.diff(np.append(starts, len(holder))))
        held = self._held[holder] + total - before
        above = np.flatnonzero(held > self._limit[holder])
        if len(above):
            worst = above[np.argmin(place[above])]
            raise InvariantError(
                f"row {int(rows['seq'][place[worst]])} leaves {int(held[worst])} tiyn in the wallet"
                f" of name {int(holder[worst])}, above its limit of"
                f" {int(self._limit[holder[worst]])}"
            )
        ends = np.append(starts[1:], len(holder)) - 1
        self._held[holder[ends]] = held[ends]

    def _grow(self, holder: int) -> None:
        missing = holder + 1 - len(self._held)
        if missing > 0:
            # Doubling, so that names met one by one cost no copy each.
            missing = max(missing, len(self._held))
            self._held = np.append(self._held, np.zeros(missing, dtype=np.int64))
            self._limit = np.append(self._limit, np.full(missing, SUPPLY_MAX_TIYN, dtype=np.int64))
