"""What subcontractors pay back of what they were paid, and under which mark it comes (R40).

Work that was invoiced and not done whole is corrected some days later. Without a rule it comes back
as money without a mark, whatever bore one on its way there.
"""

from collections.abc import Callable, Generator

import simpy

from tengesim.clock import DAY_US
from tengesim.codes import Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.contract_model import PaidBackSection
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.institutions.procurement.money import Order, payee_of
from tengesim.institutions.procurement.tiers import tier_at
from tengesim.money import BP, mul_div
from tengesim.rules.apply import effect_of
from tengesim.rules.effects import RestoresMark
from tengesim.streams import chance_one, further_one

__all__ = ["Corrections"]


class Corrections:
    """Payments to subcontractors of which a part comes back."""

    def __init__(self, desk: Desk, free: Callable[[Contract, Link, str, int], None]) -> None:
        """Let `free` ask for what came back, as for anything that is a firm's own."""
        self._desk = desk
        self._free = free

    def begin(
        self, contract: Contract, payer: Link, payee: Link, stage: str, amount_tiyn: int
    ) -> None:
        """Have a part of a payment come back from `payee`, where one is corrected.

        Which ones are is the same in every arm. Whoever does nothing corrects nothing.
        """
        section = self._desk.section.chain.paid_back
        if section is None or payee.is_shell:
            return
        word = further_one(contract.word, f"{payee.id}/{stage}/back")
        if chance_one(word, section.share.value):
            due_tiyn = mul_div(amount_tiyn, section.part.value, BP)
            course = self._pay_back(contract, payer, payee, stage, due_tiyn, section)
            self._desk.ports.start(course)

    def _pay_back(  # noqa: PLR0917 - who, to whom, for what, how much, how late
        self,
        contract: Contract,
        payer: Link,
        payee: Link,
        stage: str,
        due_tiyn: int,
        section: PaidBackSection,
    ) -> Generator[simpy.Event, None, None]:
        desk, ports, accounts = self._desk, self._desk.ports, self._desk.accounts
        yield ports.until(ports.now() + section.after.value * DAY_US)
        amount_tiyn = min(due_tiyn, accounts.free(accounts.deposit(payee_of(payee))))
        if not amount_tiyn:
            return
        intent = f"{payee.id}/{stage}/back"
        effect = self._effect(contract, payer)
        answer = Answer(Reason.NONE, "" if effect is None else effect.id, due_tiyn)
        carried = desk.particulars(contract, intent, label=TrueLabel.HONEST, answer=answer)
        order = Order(intent, Kind.REFUND, amount_tiyn, carried)
        if effect is None:
            moves = accounts.between(payee_of(payee), payee_of(payer), amount_tiyn)
            outcome = accounts.post(order, moves)
            payer = payer._replace(is_unmarked=True)
        else:
            outcome = desk.arm.pay_back(contract.terms, order, payee, payer)
        if outcome.status is Status.SETTLED:
            self._free(contract, payer, f"{stage}/back-{payee.number}", amount_tiyn)

    def _effect(self, contract: Contract, payer: Link) -> RestoresMark | None:
        """Return by which effect what a firm gets back bears its mark again."""
        desk = self._desk
        tier = tier_at(desk.seams.account, payer.depth)
        if tier is None or contract.is_expired or not desk.arm.controls(contract.terms, payer):
            return None
        return effect_of(tier.book.issued_on(desk.issue_day(contract)), RestoresMark)
