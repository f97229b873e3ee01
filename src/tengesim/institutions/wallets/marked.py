"""Paying with marked money first: purse after purse, and what is left from the plain wallet.

A want is met whole or not at all. What a purse may be used for its rules say; where they limit an
amount, the purse pays what the limit leaves. The payee gets plain digital tenge: the mark is shed
in the payment. Who has nothing to pay with here, or nothing that may be used but enough besides,
pays as by habit, and no row says that purses were thought of.
"""

from typing import NamedTuple

from tengesim.codes import Form, Reason, Status
from tengesim.institutions.wallets.custody import Custody
from tengesim.institutions.wallets.purses import Purse, Purses
from tengesim.institutions.wallets.rail import DigitalRail, Position
from tengesim.payment import Move, Outcome, RetailWant
from tengesim.rules.evaluate import ALLOWED, Decision

__all__ = ["MarkedRail"]


class _Refusal(NamedTuple):
    """Which purse does not pay, and why."""

    purse: Purse
    decision: Decision


class MarkedRail:
    """Purses and wallet to the wallet of a merchant, when it and the platform are connected."""

    __slots__ = ("_custody", "_plain", "_ports", "_purses", "paid")

    def __init__(self, purses: Purses, custody: Custody, plain: DigitalRail) -> None:
        """Pay from `purses`, and what is left as `plain` pays from the wallets of `custody`."""
        self._purses = purses
        self._custody = custody
        self._plain = plain
        self._ports = custody.ports
        self.paid: tuple[Move, ...] = ()
        """What the last payment made here came out of."""

    @property
    def form(self) -> Form:
        """Form of money that moves here."""
        return Form.DIGITAL_TENGE

    def can_try(self, want: RetailWant) -> bool:
        """Return whether the payer has a purse and the payee is a merchant with a wallet."""
        customers = self._custody.customers
        is_merchant = want.payee >= customers.people and customers.has_wallet(want.payee)
        return is_merchant and self._purses.has_one(want.payer)

    def pay(self, want: RetailWant, attempt: int, position: Position) -> Outcome | None:
        """Pay, or log why not; None where it is not for marked money to decide."""
        free = self._ports.ledger.free
        filled = [purse for purse in self._purses.of(want.payer) if free(purse.account)]
        if not filled:
            return None
        reached = self._plain.reach_payee(want)
        if reached.reason:
            return self._refuse(want, position, _Refusal(filled[0], reached))
        taken, refused = self._take(want, filled)
        rest = want._replace(amount_tiyn=want.amount_tiyn - sum(taken.values()))
        top_up_tiyn = self._plain.top_up_tiyn(rest) if rest.amount_tiyn else 0
        if top_up_tiyn is None:
            return None if refused is None else self._refuse(want, position, refused)
        if not taken or not self._plain.fill(rest, attempt, top_up_tiyn):
            return None
        return self._carry_out(want, attempt, position, taken, rest)

    def _take(
        self, want: RetailWant, filled: list[Purse]
    ) -> tuple[dict[Purse, int], _Refusal | None]:
        """Return what each purse pays, and the first refusal."""
        taken: dict[Purse, int] = {}
        refused: _Refusal | None = None
        left_tiyn = want.amount_tiyn
        seen = self._plain.observe(want)._replace(category=self._ports.names.text(want.purpose))
        for purse in filled:
            if not left_tiyn:
                break
            most_tiyn = min(self._ports.ledger.free(purse.account), left_tiyn)
            asked = seen._replace(purpose=purse.voucher.name, amount_tiyn=most_tiyn)
            part_tiyn = purse.voucher.part_left_tiyn(asked)
            # Where a limit leaves nothing, the whole is asked for, and the limit says why not.
            asked = asked._replace(amount_tiyn=part_tiyn or most_tiyn)
            decision = purse.voucher.decide(asked)
            if self._ports.ledger.is_frozen(purse.account):
                decision = Decision(Reason.ACCOUNT_FROZEN, "", 0, 0)
            if not decision.reason:
                taken[purse] = part_tiyn
                left_tiyn -= part_tiyn
            elif refused is None:
                refused = _Refusal(purse, decision)
        return taken, refused

    def _carry_out(
        self,
        want: RetailWant,
        attempt: int,
        position: Position,
        taken: dict[Purse, int],
        rest: RetailWant,
    ) -> Outcome:
        """Move everything in one posting, the plain part last, and count what was used."""
        payee, rest_tiyn = self._custody.wallet(want.payee), rest.amount_tiyn
        moves = tuple(Move(purse.account, payee, tiyn) for purse, tiyn in taken.items())
        if rest_tiyn:
            moves = (*moves, self._plain.move(want, rest_tiyn))
        outcome = self._plain.log(want, position, moves, ALLOWED)
        if outcome.status is not Status.SETTLED:
            return outcome
        self.paid = moves
        payer = self._custody.customers.name(want.payer)
        day = self._ports.calendar.day_number(want.time_us)
        for purse, tiyn in taken.items():
            purse.voucher.usage.add(payer, day, tiyn)
        if rest_tiyn:
            self._plain.count(want, rest_tiyn)
        self._plain.sweep(want, want.amount_tiyn, f"{want.intent}/{attempt}")
        return outcome

    def _refuse(self, want: RetailWant, position: Position, refused: _Refusal) -> Outcome:
        """Write that a purse does not pay."""
        payee = self._custody.wallet(want.payee)
        move = Move(refused.purse.account, payee, want.amount_tiyn)
        return self._plain.log(want, position, (move,), refused.decision)
