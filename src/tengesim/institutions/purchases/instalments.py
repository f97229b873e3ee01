"""Purchases that are paid in instalments: each is due on its date, while its condition holds.

The thing is handed over and entered in the register, and every instalment asks the register anew.
What it does not confirm is suspended and due again at the next date; after so many missed in a row
the rest is not paid, and goes back to where it came from. A sale that is undone in the register
loses what was paid until then, and no more.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import simpy

from tengesim.codes import Kind, Reason, Status, TrueLabel
from tengesim.institutions.purchases.books import Portion
from tengesim.institutions.purchases.deals import Deal
from tengesim.institutions.purchases.desk import PropertyDesk
from tengesim.institutions.purchases.model import InstalmentsSection
from tengesim.payment import Operation, Posting
from tengesim.rules.evaluate import Decision, verdict
from tengesim.rules.procedures import PaysInstalments
from tengesim.rules.steps import Step, instalment
from tengesim.rules.usage import PeriodicUsage, periods_of

__all__ = ["Instalments"]


class _Turn(NamedTuple):
    """Something that happens to the thing: handed over, entered in the register, undone there."""

    at_us: int
    kind: Kind


@dataclass(slots=True)
class _Course:
    """How far a deal is paid, and what the register shows."""

    left_tiyn: int
    usage: PeriodicUsage
    turns: list[_Turn]
    paid: int = 0
    missed: int = 0
    """Instalments missed since the last that was paid."""
    evidence: int = 0
    is_handed_over: bool = False


@dataclass(frozen=True, slots=True)
class Instalments:
    """Where purchases are paid part by part."""

    desk: PropertyDesk
    terms: InstalmentsSection

    def live(self, deal: Deal, procedure: PaysInstalments) -> Generator[simpy.Event, None, None]:
        """Follow `deal` from its agreement to its last instalment."""
        desk, until = self.desk, self.desk.ports.until
        yield until(desk.agreed_us(deal))
        desk.agree(deal)
        can_divert = deal.true_label is TrueLabel.LOAN_DIVERTED and desk.payments.buyer_has_money
        if can_divert and desk.spend_elsewhere(deal, "diversion") is Status.SETTLED:
            return
        usage = PeriodicUsage(periods_of(desk.books.book))
        course = _Course(deal.price_tiyn, usage, sorted(self._turns(deal)))
        number = 0
        while course.left_tiyn and not self._is_over(procedure, course):
            number += 1
            due_us = self._due_us(deal, number)
            yield from self._hear(deal, course, due_us)
            yield until(due_us)
            self._fall_due(deal, procedure, course, number)
        if course.left_tiyn:
            label, rule = deal.true_label, procedure.id
            left_tiyn = course.left_tiyn
            desk.record(deal, Kind.STOPPAGE, "stop", label, amount_tiyn=left_tiyn, rule=rule)
            desk.payments.give_back(deal, left_tiyn)
        if course.is_handed_over:
            yield from self._hear(deal, course, None)

    def _turns(self, deal: Deal) -> Iterator[_Turn]:
        """Yield what happens to the thing."""
        if not deal.is_handed_over:
            return
        yield _Turn(self.desk.handed_us(deal), Kind.ACCEPTANCE)
        yield _Turn(self.desk.entered_us(deal), Kind.DELIVERY_CHECK)
        if deal.true_label is TrueLabel.SHAM_SALE:
            days = self.terms.undone_after.value.value
            yield _Turn(self.desk.entered_us(deal, later_days=days), Kind.REVERSAL)

    def _hear(
        self, deal: Deal, course: _Course, until_us: int | None
    ) -> Generator[simpy.Event, None, None]:
        """Write down what happens to the thing up to a moment, all that is to come if None."""
        while course.turns and (until_us is None or course.turns[0].at_us <= until_us):
            one = course.turns.pop(0)
            yield self.desk.ports.until(one.at_us)
            if one.kind is Kind.DELIVERY_CHECK:
                course.evidence = self.desk.enter(deal)
            elif one.kind is Kind.REVERSAL:
                course.evidence = 0
                register, label = self.desk.register, deal.true_label
                self.desk.record(deal, one.kind, "reversal", label, rule=register)
            else:
                course.is_handed_over = True
                self.desk.record(deal, one.kind, "acceptance", deal.true_label)

    def _due_us(self, deal: Deal, number: int) -> int:
        days = number * self.terms.every.value.value
        return self.desk.later_us(deal, days, self.desk.section.registers_at)

    def _is_over(self, procedure: PaysInstalments, course: _Course) -> bool:
        step = instalment(procedure, paid=course.paid, missed=course.missed, is_met=True)
        return step is Step.END

    def _fall_due(
        self, deal: Deal, procedure: PaysInstalments, course: _Course, number: int
    ) -> None:
        """Pay an instalment where its condition and the rules let it, else suspend it."""
        desk, ledger = self.desk, self.desk.ports.ledger
        portion = Portion(min(procedure.amount, course.left_tiyn), suffix=f"-{number}")
        price = desk.payments.price(deal, portion, is_held=True)
        decision = self._decide(deal, procedure, course, portion.amount_tiyn)
        posting = Posting(
            f"{deal.id}/instalment-{number}",
            price.kind,
            price.moves,
            desk.decided(deal, decision, evidence=course.evidence),
        )
        is_met = not decision.reason
        step = instalment(procedure, paid=course.paid, missed=course.missed, is_met=is_met)
        if step is Step.SUSPEND:
            ledger.refuse(posting, decision.reason)
        elif ledger.post(posting).status is Status.SETTLED:
            desk.payments.paid(deal, portion)
            day = desk.ports.calendar.day_number(desk.ports.now())
            course.usage.add(deal.buyer, day, portion.amount_tiyn)
            course.left_tiyn -= portion.amount_tiyn
            course.paid += 1
            course.missed = 0
            return
        course.missed += 1

    def _decide(
        self, deal: Deal, procedure: PaysInstalments, course: _Course, amount_tiyn: int
    ) -> Decision:
        """Return what the condition of instalments says, and where it passes what the rules say."""
        evidence, usage = course.evidence, course.usage
        seen = self.desk.seen(Operation.PAY, deal, amount_tiyn, evidence=evidence)
        reason, value, limit = verdict(procedure.condition, seen, usage)
        if reason is not Reason.NONE:
            return Decision(reason, procedure.id, value, limit)
        pay = Operation.PAY
        decision = self.desk.decide(pay, deal, amount_tiyn, evidence=evidence, usage=usage)
        return decision if decision.reason else decision._replace(rule=procedure.id)
