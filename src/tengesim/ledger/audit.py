"""The auditor: balances, sums and mark identities rebuilt by folding the log's rows alone.

It shares no code with the book, so an error there cannot hide itself. It reads packed rows as they
leave the journal, each exactly once, and knows nothing that a reader of the log would not know.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows
from tengesim.journal.sums import sums_by_group

__all__ = ["Auditor", "MarkTotals"]

_SEAT_BITS: Final = 24
_FREE, _HELD = 0, 1

_EFFECTS: Final[dict[Status, tuple[tuple[str, int, int], ...]]] = {
    Status.SETTLED: (("payer", _FREE, -1), ("payee", _FREE, 1)),
    Status.HELD: (("payer", _FREE, -1), ("payer", _HELD, 1)),
    Status.POSTED: (("payer", _HELD, -1), ("payee", _FREE, 1)),
    Status.VOIDED: (("payer", _HELD, -1), ("payer", _FREE, 1)),
}
"""What each status does to the free and held money of the payer's and the payee's account."""

AccountKey = tuple[int, int, int, int]


class MarkTotals(NamedTuple):
    """Terms of one mark's identity: issued + restored = balance + shed + returned, in tiyn."""

    issued_tiyn: int
    restored_tiyn: int
    balance_tiyn: int
    shed_tiyn: int
    returned_tiyn: int

    def is_balanced(self) -> bool:
        """Return whether what came under the mark equals what is there and what left it."""
        came = self.issued_tiyn + self.restored_tiyn
        return came == self.balance_tiyn + self.shed_tiyn + self.returned_tiyn


class Auditor:
    """Independent account of a log."""

    __slots__ = ("_flows", "_money", "_seat_of", "_seats")

    def __init__(self) -> None:
        """Start with no account and no money."""
        self._seats: list[tuple[int, int, int]] = []
        self._seat_of: dict[tuple[int, int, int], int] = {}
        self._money: dict[int, list[int]] = {}
        self._flows: dict[tuple[int, int, int], int] = {}

    def consume(self, rows: Rows) -> None:
        """Fold further rows."""
        for status, effects in _EFFECTS.items():
            moved = rows[rows["status"] == status]
            if not len(moved):
                continue
            for side, slot, sign in effects:
                self._add(moved, side, slot, sign)
        moving = np.isin(rows["status"], (Status.SETTLED, Status.POSTED))
        self._count_mark_changes(rows[moving & (rows["mark"] != rows["mark_to"])])

    def balances(self) -> dict[AccountKey, tuple[int, int]]:
        """Return free and held tiyn by (holder, keeper, form, mark), for accounts ever moved."""
        mask = (1 << _SEAT_BITS) - 1
        return {
            (key >> _SEAT_BITS, *self._seats[key & mask]): (free, held)
            for key, (free, held) in self._money.items()
        }

    def marks(self) -> dict[int, MarkTotals]:
        """Return the terms of every mark's identity."""
        return self._marks(self.balances())

    def _marks(self, rebuilt: Mapping[AccountKey, tuple[int, int]]) -> dict[int, MarkTotals]:
        held: dict[int, int] = {}
        for (_, _, _, mark), (free_tiyn, held_tiyn) in rebuilt.items():
            if mark:
                held[mark] = held.get(mark, 0) + free_tiyn + held_tiyn
        flow = self._flows.get
        return {
            mark: MarkTotals(
                issued_tiyn=flow((Kind.ISSUE, 0, mark), 0),
                restored_tiyn=flow((Kind.REFUND, 0, mark), 0),
                balance_tiyn=balance,
                shed_tiyn=flow((Kind.SHED, mark, 0), 0),
                returned_tiyn=flow((Kind.RETURN, mark, 0), 0),
            )
            for mark, balance in sorted(held.items())
        }

    def check(self, book: Iterable[tuple[AccountKey, tuple[int, int]]], moment: str) -> None:
        """Raise InvariantError unless `book` has these very balances and every identity holds."""
        rebuilt = self.balances()
        unseen = set(rebuilt)
        for key, money in book:
            unseen.discard(key)
            if rebuilt.get(key, (0, 0)) != money:
                raise InvariantError(
                    f"at {moment} account {key} holds {money} in the ledger and "
                    f"{rebuilt.get(key, (0, 0))} in the log"
                )
        if unseen:
            raise InvariantError(f"at {moment} the log moves accounts the ledger lacks: {unseen}")
        self._check_sums(rebuilt, moment)
        for mark, totals in self._marks(rebuilt).items():
            if not totals.is_balanced():
                raise InvariantError(f"at {moment} the identity of mark {mark} is broken: {totals}")

    def _check_sums(self, rebuilt: Mapping[AccountKey, tuple[int, int]], moment: str) -> None:
        sums: dict[tuple[int, int], int] = {}
        for (holder, keeper, form, _), (free_tiyn, held_tiyn) in rebuilt.items():
            sums[keeper, form] = sums.get((keeper, form), 0) + free_tiyn + held_tiyn
            if holder != keeper and min(free_tiyn, held_tiyn) < 0:
                raise InvariantError(f"at {moment} holder {holder} has less than 0 of form {form}")
        for (keeper, form), total in sums.items():
            if total:
                raise InvariantError(
                    f"at {moment} form {form} of keeper {keeper} sums to {total} tiyn, not to 0"
                )

    def _add(self, rows: Rows, side: str, slot: int, sign: int) -> None:
        suffix = "" if side == "payer" else "_to"
        seats = self._seats_of(
            rows["keeper" + suffix], rows["form" + suffix], rows["mark" + suffix]
        )
        keys, inverse = np.unique(
            (rows[side].astype(np.int64) << _SEAT_BITS) | seats, return_inverse=True
        )
        sums = sums_by_group(inverse.ravel(), rows["amount_tiyn"], len(keys))
        for key, amount_tiyn in zip(keys.tolist(), sums, strict=True):
            money = self._money.get(key)
            if money is None:
                money = self._money[key] = [0, 0]
            money[slot] += sign * amount_tiyn

    def _seats_of(
        self, keepers: NDArray[np.int32], forms: NDArray[np.uint8], marks: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        packed = (keepers.astype(np.int64) << 34) | (forms.astype(np.int64) << 30) | marks
        distinct, inverse = np.unique(packed, return_inverse=True)
        seats = np.empty(len(distinct), dtype=np.int64)
        for index, value in enumerate(distinct.tolist()):
            seat = (value >> 34, value >> 30 & 15, value & (1 << 30) - 1)
            if seat not in self._seat_of:
                self._seat_of[seat] = len(self._seats)
                self._seats.append(seat)
            seats[index] = self._seat_of[seat]
        return np.asarray(seats[inverse.ravel()])

    def _count_mark_changes(self, rows: Rows) -> None:
        for kind, mark, mark_to, amount_tiyn in zip(
            rows["kind"].tolist(),
            rows["mark"].tolist(),
            rows["mark_to"].tolist(),
            rows["amount_tiyn"].tolist(),
            strict=True,
        ):
            key = (kind, mark, mark_to)
            self._flows[key] = self._flows.get(key, 0) + amount_tiyn
