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

from tengesim.clock import Duration
from tengesim.codes import Evidence, Kind, Status, TrueLabel
from tengesim.institutions.purchases.books import Books, Portion
from tengesim.institutions.purchases.deals import Deal
from tengesim.institutions.purchases.model import PurchasesSection
from tengesim.institutions.purchases.payments import Payments
from tengesim.institutions.purchases.waits import Wait
from tengesim.payment import (
    AccountId,
    Facts,
    Move,
    Observation,
    Operation,
    Particulars,
    Posting,
)
from tengesim.ports import Ports
from tengesim.rules.evaluate import ALLOWED, Decision, decide
from tengesim.rules.procedures import Reserves
from tengesim.rules.steps import Step
from tengesim.rules.usage import PeriodicUsage, periods_of

__all__ = ["Office"]

_PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Office:
    """Where purchases of one section are registered and paid."""

    section: PurchasesSection
    books: Books
    payments: Payments
    ports: Ports

    def live(self, deal: Deal) -> Generator[simpy.Event, None, None]:
        """Follow `deal` from its agreement to its end."""
        section, until = self.section, self.ports.until
        agreed_us = self.ports.calendar.at(deal.agreed_on, section.agreed_at)
        yield until(agreed_us)
        otherwise = None if section.refund_after is None else section.refund_after.value
        wait = Wait.of(self.books.book_of(deal), otherwise, self.ports.calendar)
        status = self._agree(deal, wait.reserves)
        back_us = wait.back_us(agreed_us)
        handed_us, entered_us = self._after(deal, section.handover.value), self._entered_us(deal)
        # Nobody hands over for money that is not there, or no longer.
        is_there = status is Status.SETTLED or (status is Status.HELD and handed_us < back_us)
        if deal.is_handed_over and is_there:
            yield until(handed_us)
            self._record(deal, Kind.ACCEPTANCE, "acceptance", deal.true_label)
            if wait.reserves is not None:
                status = self._release(deal, status, wait, evidence=0)
            if status is not Status.HELD or entered_us < back_us:
                yield until(entered_us)
                status = self._enter(deal, status, wait)
        if status is Status.HELD or (status is Status.SETTLED and deal.falls_through):
            yield until(back_us)
            self._undo(deal, status, is_set_aside=wait.reserves is not None)

    def _agree(self, deal: Deal, reserves: Reserves | None) -> Status:
        """Register the sale and ask the rules; return what became of the payment."""
        label = deal.true_label
        self._record(deal, Kind.AGREEMENT, "agreement", label)
        if label is not TrueLabel.HONEST:
            self._record(deal, Kind.LOSS, "loss", label, amount_tiyn=self._loss_tiyn(deal))
        self.payments.start(deal)
        if reserves is not None:
            return self._reserve(deal, reserves)
        decision = self._decide(Operation.PAY, deal, evidence=0)
        if label is TrueLabel.LOAN_DIVERTED:
            return self._divert(deal, decision)
        if not decision.reason:
            return self._pay(deal, decision)
        if not decision.queue:
            self.ports.ledger.refuse(self._posting(deal, decision), decision.reason)
            return self._unpaid(deal)
        return self._hold(deal, decision)

    def _reserve(self, deal: Deal, reserves: Reserves) -> Status:
        """Set the price aside for the seller before it is due; nobody else gets it then."""
        set_aside = ALLOWED._replace(rule=reserves.id)
        status = self._hold(deal, set_aside)
        if deal.true_label is TrueLabel.LOAN_DIVERTED and self.payments.buyer_has_money:
            self._spend_elsewhere(deal, "diversion")
        return status

    def _divert(self, deal: Deal, decision: Decision) -> Status:
        """Try to spend the loan on something else, where the borrower has it to spend."""
        if decision.reason and not self.payments.buyer_has_money:
            # Nothing is lent before the register has changed, so there is nothing to divert.
            refused = self._posting(deal, decision)
            self.ports.ledger.refuse(refused, decision.reason)
            return Status.REFUSED
        return self._spend_elsewhere(deal, _PAYMENT)

    def _spend_elsewhere(self, deal: Deal, what: str) -> Status:
        """Spend the loan on something else, unless a rule or the ledger refuses."""
        tried = self._decide(Operation.CONVERT, deal, evidence=0)
        price = self.payments.other_use(deal)
        if not price.moves:
            return Status.REFUSED
        particulars = self._decided(deal, tried)
        if price.kind is Kind.SHED and tried.reason:
            asked = Posting(f"{deal.id}/diversion", Kind.REDEEM, price.moves, particulars)
            self.ports.ledger.refuse(asked, tried.reason)
            return Status.HELD
        spent = Posting(f"{deal.id}/{what}", price.kind, price.moves, particulars)
        return self.ports.ledger.post(spent).status

    def _pay(self, deal: Deal, decision: Decision) -> Status:
        outcome = self.ports.ledger.post(self._posting(deal, decision, is_held=False))
        if outcome.status is not Status.SETTLED:
            return self._unpaid(deal)
        self.payments.paid(deal, self.books.whole(deal))
        return outcome.status

    def _hold(self, deal: Deal, decision: Decision) -> Status:
        """Put the price on hold; where the buyer lacks a part of it, nothing is."""
        status = self.ports.ledger.hold(self._posting(deal, decision)).status
        return status if status is Status.HELD else self._unpaid(deal)

    def _unpaid(self, deal: Deal) -> Status:
        """Send back what waited for a price that is not paid."""
        self.payments.give_back(deal, self.books.whole(deal).amount_tiyn)
        return Status.REFUSED

    def _enter(self, deal: Deal, status: Status, wait: Wait) -> Status:
        """Let the register show the new owner, and ask the rules again about what waits."""
        evidence = int(Evidence.REGISTER_CHANGED)
        self._record(deal, Kind.DELIVERY_CHECK, "register", deal.true_label, evidence=evidence)
        return self._release(deal, status, wait, evidence=evidence)

    def _release(self, deal: Deal, status: Status, wait: Wait, *, evidence: int) -> Status:
        """Pay what waits, where the rules let it pass in time."""
        if status is not Status.HELD:
            return status
        decision = self._decide(Operation.PAY, deal, evidence=evidence)
        agreed_us = self.ports.calendar.at(deal.agreed_on, self.section.agreed_at)
        due = wait.due(agreed_us, self.ports.now(), is_met=not decision.reason)
        if due.step is not Step.PAY:
            return status
        outcome = self.ports.ledger.complete(f"{deal.id}/{_PAYMENT}")
        if outcome.status is Status.POSTED:
            self.payments.paid(deal, self.books.whole(deal))
        return outcome.status

    def _undo(self, deal: Deal, status: Status, *, is_set_aside: bool) -> None:
        """Give back what waited in vain; or what an honest seller got who could not deliver."""
        if status is Status.SETTLED:
            self.payments.refund(deal)
            return
        # A borrower who tried to divert the loan has nothing on hold, unless it was set aside.
        if is_set_aside or deal.true_label is not TrueLabel.LOAN_DIVERTED:
            self.ports.ledger.void(f"{deal.id}/{_PAYMENT}")
        self.payments.give_back(deal, self.books.whole(deal).amount_tiyn)

    def _posting(self, deal: Deal, decision: Decision, *, is_held: bool = True) -> Posting:
        portion = self.books.whole(deal)
        price = self.payments.price(deal, portion, is_held=is_held)
        if not decision.rule and portion.rule:
            decision = _of_share(portion)
        return Posting(
            f"{deal.id}/{_PAYMENT}", price.kind, price.moves, self._decided(deal, decision)
        )

    def _decided(self, deal: Deal, decision: Decision) -> Particulars:
        return self.books.particulars(deal, deal.true_label)._replace(
            rule=self.ports.names.id(decision.rule),
            value=decision.value,
            limit=decision.limit,
        )

    def _record(
        self,
        deal: Deal,
        kind: Kind,
        what: str,
        label: TrueLabel,
        *,
        evidence: int = 0,
        amount_tiyn: int | None = None,
    ) -> None:
        particulars = self.books.particulars(deal, label, evidence=evidence)
        if kind is Kind.DELIVERY_CHECK:
            particulars = particulars._replace(rule=self.ports.names.id(self.section.thing.value))
        elif kind is Kind.AGREEMENT and (whole := self.books.whole(deal)).rule:
            particulars = self._decided(deal, _of_share(whole))
        told_tiyn = deal.price_tiyn if amount_tiyn is None else amount_tiyn
        if not told_tiyn:
            return
        move = Move(self._deposit_of_buyer(deal), self._deposit_of_seller(deal), told_tiyn)
        self.ports.ledger.record(Posting(f"{deal.id}/{what}", kind, (move,), particulars))

    def _decide(self, operation: Operation, deal: Deal, *, evidence: int) -> Decision:
        calendar, now = self.ports.calendar, self.ports.now()
        seen = Observation(
            operation=operation,
            time_us=now,
            day=calendar.day_number(now),
            time_of_day_us=now - calendar.at(calendar.date_of(now)),
            payer=deal.buyer,
            payee=deal.seller,
            purpose=self.books.name,
            category=self.section.category,
            amount_tiyn=deal.price_tiyn,
            evidence=evidence,
            facts=Facts(
                region=self.section.region,
                register=self.section.thing.value if evidence else "",
                issue_day=self.books.issue_day(deal),
            ),
        )
        return decide(self.books.book, seen, PeriodicUsage(periods_of(self.books.book)))

    def _loss_tiyn(self, deal: Deal) -> int:
        """Return what is lost in a deal that goes as somebody means it to."""
        # Whoever diverts a loan spends no own money on what was agreed.
        is_diverted = deal.true_label is TrueLabel.LOAN_DIVERTED
        return self.books.whole(deal).amount_tiyn if is_diverted else deal.price_tiyn

    def _entered_us(self, deal: Deal) -> int:
        """Return when the register shows the change of owner."""
        section, calendar = self.section, self.ports.calendar
        days = section.handover.value.value + section.registration.value.value
        if deal.is_entered_late:
            days += section.correction.value.value
        delay = Duration(days, "business_days")
        return calendar.after(deal.agreed_on, delay, section.registers_at)

    def _after(self, deal: Deal, delay: Duration) -> int:
        return self.ports.calendar.after(deal.agreed_on, delay, self.section.agreed_at)

    def _deposit_of_buyer(self, deal: Deal) -> AccountId:
        return self.books.deposit(deal.buyer, deal.buyer_bank)

    def _deposit_of_seller(self, deal: Deal) -> AccountId:
        return self.books.deposit(deal.seller, deal.seller_bank)


def _of_share(portion: Portion) -> Decision:
    """Return what a row says of a price that is shared: the programme's part, and all of it."""
    paid_tiyn = portion.amount_tiyn
    return ALLOWED._replace(rule=portion.rule, value=paid_tiyn, limit=paid_tiyn + portion.own_tiyn)
