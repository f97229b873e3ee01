"""Purchases that are put on hold for review, where a threshold on single payments was declared.

The payer's money goes to the held slot of the account it would have been paid from, and the
authority is told at once; it completes or voids the payment later. Only what is paid by deposit or
from the plain wallet can be held: who has cash in hand pays with it, and marked money has rules of
its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tengesim.codes import Kind, Reason
from tengesim.engine.rails import CashRail, DepositRail, Till
from tengesim.institutions.wallets import DigitalRail
from tengesim.payment import Move, NameId, Posting, RetailWant
from tengesim.ports import Rail, Review
from tengesim.retail.choice import CASH, DEPOSIT, DIGITAL, MARKED

__all__ = ["Limit", "Reviews"]


class Limit(NamedTuple):
    """From which amount on somebody's purchases are held, by the order of which watch."""

    watch: str
    threshold_tiyn: int


class Reviews:
    """Answers everyday wants, but for those that are held."""

    __slots__ = ("_answer", "_choose", "_limits", "_rails", "_till", "_undone")

    def __init__(
        self,
        limits: Mapping[int, Limit],
        till: Till,
        rails: Mapping[str, Rail],
        choose: Callable[[RetailWant], Sequence[str]],
        *,
        answer: Callable[[RetailWant], None],
        undone: frozenset[NameId],
    ) -> None:
        """Hold by `limits` of each payer what `rails` would pay; `answer` answers all else.

        Wants of the purposes `undone` are no purchases.
        """
        self._limits = limits
        self._till = till
        self._rails = rails
        self._choose = choose
        self._answer = answer
        self._undone = undone

    def answer(self, want: RetailWant) -> None:
        """Put the payment on hold where that is ordered and possible, else let it be answered."""
        limit = self._limits.get(want.payer)
        is_purchase = want.payee >= self._till.customers.people and want.purpose not in self._undone
        moves: tuple[Move, ...] = ()
        if limit is not None and is_purchase and want.amount_tiyn >= limit.threshold_tiyn:
            moves = self._moves(want)
        if limit is None or not moves:
            self._answer(want)
            return
        till, name = self._till, f"review/{want.intent}"
        posting = Posting(name, Kind.PAYMENT, moves, till.row(want, 0, limit.watch))
        till.ledger.hold(posting)
        till.bulletin.announce("review", Review(limit.watch, name))

    def _moves(self, want: RetailWant) -> tuple[Move, ...]:
        """Return the moves of the first way that can pay; none where it cannot be held."""
        for name in self._choose(want):
            rail = self._rails.get(name)
            if rail is None or not rail.can_try(want):
                continue
            if name == MARKED or (
                name == CASH and isinstance(rail, CashRail) and self._has_cash(want)
            ):
                return ()
            if name == DEPOSIT and isinstance(rail, DepositRail) and self._has_deposit(want):
                rail.provide(want)
                return rail.moves(want)
            # A wallet that would have to be filled first is left to the usual ways.
            if name == DIGITAL and isinstance(rail, DigitalRail) and rail.top_up_tiyn(want) == 0:
                rail.count(want, want.amount_tiyn)
                return (rail.move(want, want.amount_tiyn),)
        return ()

    def _has_cash(self, want: RetailWant) -> bool:
        till = self._till
        return till.ledger.free(till.cash_of(want.payer)) >= want.amount_tiyn

    def _has_deposit(self, want: RetailWant) -> bool:
        till = self._till
        if till.ledger.free(till.deposit(want.payer)) < want.amount_tiyn:
            return False
        return till.reason_against(want.payer, till.obstacle(want)) is Reason.NONE
