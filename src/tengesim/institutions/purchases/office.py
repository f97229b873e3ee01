"""The course of each purchase: agreed, handed over, registered, and paid when its rules say so.

The rule book is asked twice: at the agreement, and when the register has changed. What it lets pass
is paid, what it holds waits for the register and goes back after a time, and what it rejects is not
paid at all. A book that reserves has the price on hold from the agreement; it is asked when the
thing is handed over, and when the register has changed. The office reads the register, never what
the parties mean to do.
"""

from collections.abc import Generator
from dataclasses import dataclass

import simpy

from tengesim.codes import Kind, Status, TrueLabel
from tengesim.institutions.purchases.deals import Deal
from tengesim.institutions.purchases.desk import PropertyDesk, of_share
from tengesim.institutions.purchases.waits import Wait
from tengesim.payment import Operation, Posting
from tengesim.rules.evaluate import ALLOWED, Decision
from tengesim.rules.procedures import Reserves
from tengesim.rules.steps import Step

__all__ = ["Office"]

_PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Office:
    """Where purchases are paid whole, at once or after a wait."""

    desk: PropertyDesk

    def live(self, deal: Deal) -> Generator[simpy.Event, None, None]:
        """Follow `deal` from its agreement to its end."""
        desk, until = self.desk, self.desk.ports.until
        section, agreed_us = desk.section, desk.agreed_us(deal)
        yield until(agreed_us)
        otherwise = None if section.refund_after is None else section.refund_after.value
        wait = Wait.of(desk.books.book_of(deal), otherwise, desk.ports.calendar)
        status = self._agree(deal, wait.reserves)
        back_us = wait.back_us(agreed_us)
        handed_us, entered_us = desk.handed_us(deal), desk.entered_us(deal)
        # Nobody hands over for money that is not there, or no longer.
        is_there = status is Status.SETTLED or (status is Status.HELD and handed_us < back_us)
        if deal.is_handed_over and is_there:
            yield until(handed_us)
            desk.record(deal, Kind.ACCEPTANCE, "acceptance", deal.true_label)
            if wait.reserves is not None:
                status = self._release(deal, status, wait, evidence=0)
            if status is not Status.HELD or entered_us < back_us:
                yield until(entered_us)
                status = self._release(deal, status, wait, evidence=desk.enter(deal))
        if status is Status.HELD or (status is Status.SETTLED and deal.falls_through):
            yield until(back_us)
            self._undo(deal, status, is_set_aside=wait.reserves is not None)

    def _agree(self, deal: Deal, reserves: Reserves | None) -> Status:
        """Register the sale and ask the rules; return what became of the payment."""
        self.desk.agree(deal)
        if reserves is not None:
            return self._reserve(deal, reserves)
        decision = self._decide(deal, evidence=0)
        if deal.true_label is TrueLabel.LOAN_DIVERTED:
            return self._divert(deal, decision)
        if not decision.reason:
            return self._pay(deal, decision)
        if not decision.queue:
            self.desk.ports.ledger.refuse(self._posting(deal, decision), decision.reason)
            return self._unpaid(deal)
        return self._hold(deal, decision)

    def _reserve(self, deal: Deal, reserves: Reserves) -> Status:
        """Set the price aside for the seller before it is due; nobody else gets it then."""
        set_aside = ALLOWED._replace(rule=reserves.id)
        status = self._hold(deal, set_aside)
        if deal.true_label is TrueLabel.LOAN_DIVERTED and self.desk.payments.buyer_has_money:
            self.desk.spend_elsewhere(deal, "diversion")
        return status

    def _divert(self, deal: Deal, decision: Decision) -> Status:
        """Try to spend the loan on something else, where the borrower has it to spend."""
        if decision.reason and not self.desk.payments.buyer_has_money:
            # Nothing is lent before the register has changed, so there is nothing to divert.
            refused = self._posting(deal, decision)
            self.desk.ports.ledger.refuse(refused, decision.reason)
            return Status.REFUSED
        return self.desk.spend_elsewhere(deal, _PAYMENT)

    def _pay(self, deal: Deal, decision: Decision) -> Status:
        outcome = self.desk.ports.ledger.post(self._posting(deal, decision, is_held=False))
        if outcome.status is not Status.SETTLED:
            return self._unpaid(deal)
        self.desk.payments.paid(deal, self.desk.books.whole(deal))
        return outcome.status

    def _hold(self, deal: Deal, decision: Decision) -> Status:
        """Put the price on hold; where the buyer lacks a part of it, nothing is."""
        status = self.desk.ports.ledger.hold(self._posting(deal, decision)).status
        return status if status is Status.HELD else self._unpaid(deal)

    def _unpaid(self, deal: Deal) -> Status:
        """Send back what waited for a price that is not paid."""
        self.desk.payments.give_back(deal, self.desk.books.whole(deal).amount_tiyn)
        return Status.REFUSED

    def _release(self, deal: Deal, status: Status, wait: Wait, *, evidence: int) -> Status:
        """Pay what waits, where the rules let it pass in time."""
        if status is not Status.HELD:
            return status
        decision = self._decide(deal, evidence=evidence)
        now = self.desk.ports.now()
        due = wait.due(self.desk.agreed_us(deal), now, is_met=not decision.reason)
        if due.step is not Step.PAY:
            return status
        outcome = self.desk.ports.ledger.complete(f"{deal.id}/{_PAYMENT}")
        if outcome.status is Status.POSTED:
            self.desk.payments.paid(deal, self.desk.books.whole(deal))
        return outcome.status

    def _undo(self, deal: Deal, status: Status, *, is_set_aside: bool) -> None:
        """Give back what waited in vain; or what an honest seller got who could not deliver."""
        if status is Status.SETTLED:
            self.desk.payments.refund(deal)
            return
        # A borrower who tried to divert the loan has nothing on hold, unless it was set aside.
        if is_set_aside or deal.true_label is not TrueLabel.LOAN_DIVERTED:
            self.desk.ports.ledger.void(f"{deal.id}/{_PAYMENT}")
        self.desk.payments.give_back(deal, self.desk.books.whole(deal).amount_tiyn)

    def _posting(self, deal: Deal, decision: Decision, *, is_held: bool = True) -> Posting:
        portion = self.desk.books.whole(deal)
        price = self.desk.payments.price(deal, portion, is_held=is_held)
        if not decision.rule and portion.rule:
            decision = of_share(portion)
        return Posting(
            f"{deal.id}/{_PAYMENT}", price.kind, price.moves, self.desk.decided(deal, decision)
        )

    def _decide(self, deal: Deal, *, evidence: int) -> Decision:
        return self.desk.decide(Operation.PAY, deal, deal.price_tiyn, evidence=evidence)
