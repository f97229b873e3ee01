"""Where everyday wants are answered: one way of paying after another, until one works.

Every try that comes to nothing for a reason leaves a row; what the payer has no means for leaves
none. A want for which nothing had the means is recorded once as unmet, never as a refusal, except
where a table of real payments is replayed: there every row settles or is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.engine.rails import DepositRail, Position, Till
from tengesim.engine.refunds import Refunds
from tengesim.institutions.wallets import MarkedRail
from tengesim.payment import AccountId, Move, NameId, RetailWant
from tengesim.ports import Rail

__all__ = ["ATTEMPTS_MAX", "Checkout"]

ATTEMPTS_MAX: Final = 3
"""Tries of one want at one moment; after them people give up."""


class Checkout:
    """Answers every everyday want."""

    __slots__ = (
        "_choose",
        "_rails",
        "_refunds",
        "_replayed",
        "_teller",
        "_till",
        "_withdrawal",
    )

    def __init__(
        self,
        till: Till,
        rails: Mapping[str, Rail],
        choose: Callable[[RetailWant], Sequence[str]],
        *,
        teller: Rail,
        withdrawal: NameId,
        replayed: DepositRail | None = None,
        refunds: Refunds | None = None,
    ) -> None:
        """Try the `rails` in the order that `choose` names; `withdrawal` wants go to `teller`.

        Where a table is replayed on the rail `replayed`, a want without means is refused there for
        insufficient funds instead of unmet. Where purchases come back, `refunds` notes which do,
        and answers those that are due.
        """
        self._till = till
        self._rails = dict(rails)
        self._choose = choose
        self._teller = teller
        self._withdrawal = withdrawal
        self._replayed = replayed
        self._refunds = refunds

    def answer(self, want: RetailWant) -> None:
        """Try until something works, three tries are made or nothing is left."""
        refunds, attempt = self._refunds, 0
        if refunds is not None and want.purpose == refunds.terms.purpose:
            refunds.answer(want)
            return
        for rail in self._ways(want):
            if not rail.can_try(want):
                continue
            outcome = rail.pay(want, attempt, _position(want, attempt))
            if outcome is None:
                continue
            attempt += 1
            if refunds is not None and outcome.status is Status.SETTLED:
                parts = rail.paid if isinstance(rail, MarkedRail) else ()
                refunds.note(want, rail.form, parts)
            if outcome.status is not Status.REFUSED or attempt == ATTEMPTS_MAX:
                return
        if not attempt:
            self._give_up(want)

    def _ways(self, want: RetailWant) -> Sequence[Rail]:
        if want.purpose == self._withdrawal:
            return (self._teller,)
        rails = self._rails
        return [rails[name] for name in self._choose(want) if name in rails]

    def _give_up(self, want: RetailWant) -> None:
        """Say that nothing had the means."""
        till = self._till
        if self._replayed is not None:
            kind, reason = Kind.PAYMENT, Reason.INSUFFICIENT_FUNDS
            moves = self._replayed.moves(want)
        else:
            kind, reason = Kind.UNMET, Reason.NONE
            moves = (Move(*self._ends(want), want.amount_tiyn),)
        till.ledger.pay(_position(want, 0), kind, moves, till.row(want, 0), reason)

    def _ends(self, want: RetailWant) -> tuple[AccountId, AccountId]:
        """Return accounts that stand for payer and payee; what is recorded moves nothing."""
        till = self._till
        if want.payer == want.payee:
            central = till.customers.national_bank
            return till.deposit(want.payer), till.ledger.open(central, central, Form.CASH)
        return self._any(want.payer), self._any(want.payee)

    def _any(self, party: int) -> AccountId:
        till = self._till
        if till.customers.has_deposit(party):
            return till.deposit(party)
        if till.customers.has_wallet(party):
            return AccountId(int(till.customers.wallet[party]))
        return till.cash_of(party)


def _position(want: RetailWant, attempt: int) -> Position:
    return (want.time_us, want.stratum, want.number, attempt)
