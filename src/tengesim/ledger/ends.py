"""Both ends of a move as a row of the log shows them, and which moves the chart allows.

Institutions make the same moves again and again, and an account never changes what it is: what was
found about two of them once is remembered, for as many pairs as institutions may have.
"""

from collections.abc import Callable, Sequence
from typing import Final

from tengesim.codes import Kind
from tengesim.ledger import chart
from tengesim.payment import Account, AccountId, Move

__all__ = ["Ends"]

_PAIRS_MAX: Final = 1 << 12
_UNKNOWN: Final[Sequence[int]] = (0, 0, 0, 0)


class Ends:
    """What is known about pairs of accounts of one ledger."""

    __slots__ = ("_account_of", "_is_open", "_seats", "_sound")

    def __init__(
        self, account_of: Callable[[int], Account], is_open: Callable[[AccountId], bool]
    ) -> None:
        """Ask `account_of` and `is_open` about what is not remembered."""
        self._account_of = account_of
        self._is_open = is_open
        self._seats: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._sound: set[tuple[int, ...]] = set()

    def are_open(self, move: Move) -> bool:
        """Return whether both accounts of `move` are open."""
        return self._is_open(move.debit) and self._is_open(move.credit)

    def are_sound(self, kind: Kind, move: Move) -> bool:
        """Return whether both accounts are open.

        Raises ValueError where the chart forbids a move of `kind` between them.
        """
        debit, credit, _ = move
        known = (kind, debit, credit)
        if known in self._sound:
            return True
        if not self.are_open(move):
            return False
        chart.check_move(kind, move, self._account_of)
        if len(self._sound) >= _PAIRS_MAX:
            self._sound.clear()
        self._sound.add(known)
        return True

    def seats(self, move: Move) -> tuple[int, ...]:
        """Return payer, payee, then keeper, form and mark of both, as in a row; 0 if unknown."""
        pair = move[:2]
        known = self._seats.get(pair)
        if known is not None:
            return known
        debit, credit = map(self._seat, pair)
        seats = (debit[0], credit[0], *debit[1:], *credit[1:])
        if self.are_open(move):
            if len(self._seats) >= _PAIRS_MAX:
                self._seats.clear()
            self._seats[pair] = seats
        return seats

    def _seat(self, account: AccountId) -> Sequence[int]:
        return self._account_of(account) if self._is_open(account) else _UNKNOWN
