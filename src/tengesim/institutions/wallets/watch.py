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
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["LimitWatch"]

_KINDS_MAX: Final = 256
"""Limits of one world, of which a byte tells that of each holder."""
_AHEAD: Final = 16
"""Rows between the one that is checked and the one whose wallets are sent for."""
_FURTHER: Final = 1 << 10
"""Room for names that come later: those of a country must not be copied for a few more."""
_DIGITAL: Final = int(Form.DIGITAL_TENGE)
_SETTLED: Final = int(Status.SETTLED)
_POSTED: Final = int(Status.POSTED)

Whole = NDArray[np.int64]


class LimitWatch:
    """What still fits into each wallet of digital tenge, by holder.

    A payment reads that one number. The limits themselves are few and are read to change one, and
    to say what is wrong.
    """

    __slots__ = ("_kind", "_limits_tiyn", "_room_tiyn", "_turn")

    def __init__(self, names: int = 0) -> None:
        """Start with no money and no limit, and room for so many names of holders."""
        self._turn = threading.Lock()
        self._limits_tiyn = np.array([SUPPLY_MAX_TIYN], dtype=np.int64)
        self._kind, self._room_tiyn = _without_limit(names + _FURTHER)

    def allow(self, holders: int | Whole, limits_tiyn: int | Whole) -> None:
        """Hold the wallets of `holders`, names of the log, to `limits_tiyn` from now on.

        One limit may stand for all.
        """
        with self._turn:
            self._grow(int(np.max(holders, initial=-1)))
            kinds = np.union1d(self._limits_tiyn, limits_tiyn)
            if len(kinds) > _KINDS_MAX:
                raise ValueError(f"wallets have {len(kinds)} limits; at most {_KINDS_MAX}")
            # Known limits keep their places, as the bytes of holders say.
            new = np.setdiff1d(kinds, self._limits_tiyn)
            self._limits_tiyn = np.append(self._limits_tiyn, new)
            order = np.argsort(self._limits_tiyn)
            kind = order[np.searchsorted(self._limits_tiyn[order], limits_tiyn)]
            before_tiyn = self._limits_tiyn[self._kind[holders]]
            self._room_tiyn[holders] += limits_tiyn - before_tiyn
            self._kind[holders] = kind

    def consume(self, rows: Rows) -> None:
        """Fold further rows; raise InvariantError at the first that fills a wallet too far."""
        rows = writable(rows)
        done = 0
        with self._turn:
            while done < len(rows):
                done = _fold(rows, done, self._room_tiyn)
                if done < 0:
                    raise self._overfull(rows[-1 - done])
                if done < len(rows):
                    self._grow(int(max(rows["payer"][done], rows["payee"][done])))

    def _overfull(self, row: np.void) -> InvariantError:
        sides = (("payer", "form", "mark"), ("payee", "form_to", "mark_to"))
        holders = [
            int(row[side]) for side, form, mark in sides if row[form] == _DIGITAL and row[mark] == 0
        ]
        holder = holders[int(np.argmax(self._room_tiyn[holders] < 0))]
        limit_tiyn = self._limits_tiyn.item(self._kind[holder])
        held_tiyn = limit_tiyn - self._room_tiyn.item(holder)
        return InvariantError(
            f"row {int(row['seq'])} leaves {held_tiyn} tiyn in the wallet of name {holder}, above"
            f" its limit of {limit_tiyn}"
        )

    def _grow(self, holder: int) -> None:
        known = len(self._kind)
        if holder >= known:
            # Doubling, so that names met one by one cost no copy each.
            kind, room_tiyn = _without_limit(max(holder + 1 - known, known))
            self._kind = np.concatenate([self._kind, kind])
            self._room_tiyn = np.concatenate([self._room_tiyn, room_tiyn])


def _without_limit(count: int) -> tuple[NDArray[np.uint8], Whole]:
    """Return the kind of limit of wallets that have none, and what fits into them."""
    room_tiyn = np.empty(count, dtype=np.int64)
    room_tiyn.fill(SUPPLY_MAX_TIYN)
    return np.zeros(count, dtype=np.uint8), room_tiyn


@lean
def _fold(rows: Rows, done: int, room: Whole) -> int:
    """Move digital tenge without a mark from `done` on; return how many rows are done.

    It stops before a holder beyond those of `room`. A row that fills a wallet too far gives its
    place as a negative number, from -1 down.
    """
    count = len(room)
    for i in range(done, len(rows)):
        if i + _AHEAD < len(rows):
            ahead: Any = rows[i + _AHEAD]
            if ahead["payer"] < count and ahead["payee"] < count:
                prefetch(room, ahead["payer"])
                prefetch(room, ahead["payee"])
        row: Any = rows[i]
        if row["status"] != _SETTLED and row["status"] != _POSTED:
            continue
        is_out = row["form"] == _DIGITAL and row["mark"] == 0
        is_into = row["form_to"] == _DIGITAL and row["mark_to"] == 0
        payer, payee = np.int64(row["payer"]), np.int64(row["payee"])
        if (is_out and payer >= count) or (is_into and payee >= count):
            return i
        if is_out:
            room[payer] += row["amount_tiyn"]
            if room[payer] < 0:
                return -1 - i
        if is_into:
            room[payee] -= row["amount_tiyn"]
            if room[payee] < 0:
                return -1 - i
    return len(rows)
