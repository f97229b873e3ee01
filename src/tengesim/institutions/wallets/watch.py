"""The always-on check that no wallet is above its limit, row by row, from the log alone.

It shares no code with what keeps the limits and reads packed rows as they leave the journal, which
may be beside the run: limits are set and rows are read one after the other.
"""

import threading
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Status
from tengesim.compiled import lean, prefetch
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows, writable
from tengesim.memory import zeros
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["LimitWatch"]

_HELD, _LIMIT = 0, 1
"""Columns of a wallet, side by side because a payment reads both."""
_AHEAD: Final = 16
"""Rows between the one that is checked and the one whose wallets are sent for."""
_FURTHER: Final = 1 << 10
"""Room for names that come later: those of a country must not be copied for a few more."""
_DIGITAL: Final = int(Form.DIGITAL_TENGE)
_SETTLED: Final = int(Status.SETTLED)
_POSTED: Final = int(Status.POSTED)

Wallets = NDArray[np.int64]


class LimitWatch:
    """Balances of digital tenge by holder, and the most each may be."""

    __slots__ = ("_turn", "_wallets")

    def __init__(self, names: int = 0) -> None:
        """Start with no money and no limit, and room for so many names of holders."""
        self._turn = threading.Lock()
        self._wallets: Wallets = _without_limit(names + _FURTHER)

    def allow(self, holders: int | NDArray[np.int64], limits_tiyn: int | NDArray[np.int64]) -> None:
        """Hold the wallets of `holders`, names of the log, to `limits_tiyn` from now on.

        One limit may stand for all.
        """
        with self._turn:
            self._grow(int(np.max(holders, initial=-1)))
            self._wallets[holders, _LIMIT] = limits_tiyn

    def consume(self, rows: Rows) -> None:
        """Fold further rows; raise InvariantError at the first that fills a wallet too far."""
        rows = writable(rows)
        done = 0
        with self._turn:
            while done < len(rows):
                done = _fold(rows, done, self._wallets)
                if done < 0:
                    raise self._overfull(rows[-1 - done])
                if done < len(rows):
                    self._grow(int(max(rows["payer"][done], rows["payee"][done])))

    def _overfull(self, row: np.void) -> InvariantError:
        sides = (("payer", "form", "mark"), ("payee", "form_to", "mark_to"))
        holders = [
            int(row[side]) for side, form, mark in sides if row[form] == _DIGITAL and row[mark] == 0
        ]
        over = self._wallets[holders, _HELD] > self._wallets[holders, _LIMIT]
        holder = holders[int(np.argmax(over))]
        held_tiyn, limit_tiyn = self._wallets[holder].tolist()
        return InvariantError(
            f"row {int(row['seq'])} leaves {held_tiyn} tiyn in the wallet of name {holder}, above"
            f" its limit of {limit_tiyn}"
        )

    def _grow(self, holder: int) -> None:
        missing = holder + 1 - len(self._wallets)
        if missing > 0:
            # Doubling, so that names met one by one cost no copy each.
            further = _without_limit(max(missing, len(self._wallets)))
            self._wallets = np.concatenate([self._wallets, further])


def _without_limit(count: int) -> Wallets:
    wallets = zeros(2 * count).reshape(count, 2)
    wallets[:, _LIMIT] = SUPPLY_MAX_TIYN
    return wallets


@lean
def _fold(rows: Rows, done: int, wallets: Wallets) -> int:
    """Move digital tenge without a mark from `done` on; return how many rows are done.

    It stops before a holder beyond `wallets`. A row that fills a wallet too far gives its place as
    a negative number, from -1 down.
    """
    count = len(wallets)
    for i in range(done, len(rows)):
        if i + _AHEAD < len(rows):
            ahead: Any = rows[i + _AHEAD]
            if ahead["payer"] < count and ahead["payee"] < count:
                prefetch(wallets, ahead["payer"])
                prefetch(wallets, ahead["payee"])
        row: Any = rows[i]
        if row["status"] != _SETTLED and row["status"] != _POSTED:
            continue
        is_out = row["form"] == _DIGITAL and row["mark"] == 0
        is_into = row["form_to"] == _DIGITAL and row["mark_to"] == 0
        payer, payee = np.int64(row["payer"]), np.int64(row["payee"])
        if (is_out and payer >= count) or (is_into and payee >= count):
            return i
        if is_out:
            wallets[payer, _HELD] -= row["amount_tiyn"]
            if wallets[payer, _HELD] > wallets[payer, _LIMIT]:
                return -1 - i
        if is_into:
            wallets[payee, _HELD] += row["amount_tiyn"]
            if wallets[payee, _HELD] > wallets[payee, _LIMIT]:
                return -1 - i
    return len(rows)
