"""The life of one contract: guarantee, advance, stages of work, amendments, waiting, its end.

Work goes the same way in every arm, but where a supplier that waits too long for its money stops.
"""

from collections.abc import Generator
from typing import Final

import simpy

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.acts import Acts
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.institutions.procurement.evidence import standing_of
from tengesim.institutions.procurement.flows import Flows, Part
from tengesim.institutions.procurement.money import Order
from tengesim.institutions.procurement.recovery import close_firm
from tengesim.institutions.procurement.stages import Stage, spread, stages_of, working_from
from tengesim.money import BP, mul_div
from tengesim.rules.steps import Step
from tengesim.streams import below_one, chance_one, further_one

__all__ = ["Life"]

_WEEK: Final = 7
_AT_END: Final = (
    Evidence.OBLIGATION_REGISTERED.value
    | Evidence.ACT_ACCEPTED.value
    | Evidence.INVOICE_MATCHED.value
)
"""What registers say of a contract that was closed."""

_Course = Generator[simpy.Event, None, None]


class Life:
    """One contract from its registration on."""

    def __init__(self, contract: Contract, desk: Desk, flows: Flows) -> None:
        """Plan the stages of the work."""
        self._contract = contract
        self._desk = desk
        self._flows = flows
        self._ports = desk.ports
        self._stages = stages_of(desk.section, contract)
        self._acts = Acts(contract, desk, flows, self._stages)

    def live(self) -> _Course:
        """Do the work stage by stage and hand in the act of each; then close the contract."""
        contract = self._contract
        self._register_chain()
        if not contract.is_small:
            yield from self._begin()
        for stage in self._stages:
            yield from self._starve()
            if self._is_over():
                return
            if stage.number == len(self._stages) // 2 + 1:
                yield from self._amend(stage)
            self._use_advance(stage)
            days = stage.days + stage.late_days + stage.excused_days
            started_us = self._ports.now()
            yield self._ports.until(started_us + max(days, 1) * DAY_US)
            if self._is_over():
                return
            self._bear_interest(stage, days)
            self._acts.hand_in(stage)
        if contract.conduct.kickback_bp:
            yield from self._wait_for_acts()
            bribe_tiyn = mul_div(contract.price_tiyn, contract.conduct.kickback_bp, BP)
            self._flows.bribe(contract, bribe_tiyn)
        yield from self._close()

    def _is_over(self) -> bool:
        """Return whether somebody ended the contract meanwhile."""
        return self._contract.is_over

    def _begin(self) -> _Course:
        """Bring the guarantee, and pay the advance."""
        contract, desk = self._contract, self._desk
        lot = contract.award.lot
        share_bp = desk.section.guarantee.value
        if share_bp:
            contract.guarantee_tiyn = mul_div(contract.price_tiyn, share_bp, BP)
            what = Answer(Reason.NONE, "", share_bp)
            intent = f"{contract.id}/performance"
            desk.record(contract, Kind.GUARANTEE, intent, contract.guarantee_tiyn, what=what)
        advance_bp = desk.section.advance_bp(lot.category)
        if advance_bp:
            yield from self._pay_advance(advance_bp)

    def _register_chain(self) -> None:
        contract, desk = self._contract, self._desk
        for link in contract.chain[1:]:
            above = contract.chain[link.parent]
            ends = desk.firm_account(above.firm), desk.firm_account(link.firm)
            what = Answer(Reason.NONE, "", link.depth, link.parent)
            desk.record(
                contract, Kind.SUBCONTRACT, link.id, link.amount_tiyn, what=what, between=ends
            )

    def _pay_advance(self, share_bp: int) -> _Course:
        contract, desk, ports = self._contract, self._desk, self._ports
        intent, asking = f"{contract.id}/advance", desk.section.asking
        amount_tiyn = mul_div(contract.price_tiyn, share_bp, BP)
        if not amount_tiyn:
            return
        yield ports.until(self._working(asking.advance_after.value))
        held = desk.examine(contract, "advance", intent, amount_tiyn)
        if held is not None:
            if held.is_upheld:
                desk.rejected[intent] = held.control
            yield ports.until(working_from(ports.calendar, held.until_us))
        buyer, firm = contract.award.lot.buyer.id, contract.award.firm
        for attempt in range(asking.advance_tries.value):
            # Whoever owes taxes pays them before it asks again.
            is_clear = firm.is_tax_clear or attempt > 0
            evidence = standing_of(firm, buyer, is_clear=is_clear)
            facts = desk.facts(contract, is_advance=True)
            answer = desk.decide_release(
                contract, intent, amount_tiyn, evidence=evidence, facts=facts
            )
            label = TrueLabel.HONEST
            if not answer.reason:
                what = Answer(Reason.NONE, answer.rule, share_bp, answer.limit)
                carried = desk.particulars(
                    contract, intent, attempt=attempt, label=label, evidence=evidence, answer=what
                )
                order = Order(f"{intent}/order-{attempt}", Kind.ADVANCE, amount_tiyn, carried)
                outcome = desk.release(contract, order)
                if outcome.status is Status.SETTLED:
                    self._take_advance(intent, amount_tiyn)
                return
            desk.refuse(
                contract,
                Kind.ADVANCE,
                intent,
                amount_tiyn,
                answer,
                attempt=attempt,
                label=label,
                evidence=evidence,
            )
            yield ports.until(self._working(asking.advance_again.value))

    def _take_advance(self, intent: str, amount_tiyn: int) -> None:
        contract, desk = self._contract, self._desk
        desk.tell(contract, intent, amount_tiyn, is_paid=True)
        contract.advance_tiyn = amount_tiyn
        contract.paid_tiyn += amount_tiyn
        contract.registered_tiyn -= amount_tiyn
        diverted_tiyn = mul_div(amount_tiyn, contract.conduct.diverted_bp, BP)
        if diverted_tiyn:
            went = self._flows.divert(contract, diverted_tiyn)
            contract.diverted_tiyn = diverted_tiyn if went else 0

    def _use_advance(self, stage: Stage) -> None:
        """Let the supplier use the part of its advance that is meant for a stage."""
        contract = self._contract
        there_tiyn = contract.advance_tiyn - contract.diverted_tiyn
        part_tiyn = spread(there_tiyn, self._stages)[stage.number] if there_tiyn else 0
        if part_tiyn:
            part = Part(f"advance-{stage.number}", part_tiyn, 0, 0, is_earned=False)
            self._flows.down(contract, 0, part)

    def _bear_interest(self, stage: Stage, days: int) -> None:
        """Let a bank pay interest on what of an ordinary advance was not yet needed."""
        contract, desk = self._contract, self._desk
        later = sum(one.weight_bp for one in self._stages if one.number > stage.number)
        left_tiyn = mul_div(contract.advance_tiyn - contract.diverted_tiyn, later, BP)
        rate_bp = desk.section.deposit_rate.value
        interest_tiyn = left_tiyn * days * rate_bp // (365 * BP)
        if not interest_tiyn or not desk.arm.earns_interest:
            return
        intent = f"{contract.id}/interest-{stage.number}"
        what = Answer(Reason.NONE, "", days, rate_bp)
        carried = desk.particulars(contract, intent, answer=what)
        desk.pay_interest(contract, Order(intent, Kind.INTEREST, interest_tiyn, carried))

    def _amend(self, stage: Stage) -> _Course:
        """Raise the price for what is left, for honest reasons or others."""
        contract, desk = self._contract, self._desk
        section, word = desk.section.amendments, further_one(contract.word, "amendment")
        growth_bp = contract.conduct.growth_bp
        if not growth_bp and not contract.is_small and chance_one(word, section.share.value):
            growth_bp = below_one(further_one(word, "growth"), section.growth.value + 1)
        added_tiyn = mul_div(contract.award.price_tiyn, growth_bp, BP)
        if not added_tiyn:
            return
        intent, old_tiyn = f"{contract.id}/amendment-1", contract.price_tiyn
        held = desk.examine(contract, "amendment", intent, added_tiyn)
        if held is not None:
            yield self._ports.until(held.until_us)
        what = Answer(Reason.NONE, "", old_tiyn, 1)
        if held is not None and held.is_upheld:
            refused = Answer(Reason.RISK_TOO_HIGH, held.control, old_tiyn, 1)
            asked_tiyn = old_tiyn + added_tiyn
            desk.refuse(
                contract,
                Kind.AMENDMENT,
                intent,
                asked_tiyn,
                refused,
                attempt=0,
                label=TrueLabel.INTERNAL,
            )
        elif desk.reserve(contract, added_tiyn):
            contract.price_tiyn += added_tiyn
            contract.registered_tiyn += added_tiyn
            desk.record(contract, Kind.AMENDMENT, intent, contract.price_tiyn, what=what)
            self._acts.grow(added_tiyn, stage)

    def _starve(self) -> _Course:
        """Stop work while acts stay unpaid for longer than the supplier can bear."""
        contract, desk = self._contract, self._desk
        stress = desk.section.stress
        months = 0
        while contract.unpaid and not contract.is_over:
            oldest_us = min(contract.unpaid.values())
            if self._ports.now() < oldest_us + stress.patience.value * DAY_US:
                return
            word = further_one(contract.word, "insolvency", months)
            if chance_one(word, stress.insolvent.value):
                close_firm(desk, contract, "insolvency")
                return
            months += 1
            yield self._ports.until(self._ports.now() + stress.spell.value * DAY_US)

    def _wait_for_acts(self) -> _Course:
        while self._acts.open and not self._contract.is_over:
            yield self._ports.until(self._ports.now() + _WEEK * DAY_US)

    def _close(self) -> _Course:
        """Close the contract when every act is answered, release what was kept, end the mark."""
        contract, desk = self._contract, self._desk
        yield from self._wait_for_acts()
        if contract.is_over:
            return
        desk.close(contract, Kind.CLOSING, "")
        self._flows.end_mark(contract)
        if contract.retained_tiyn:
            yield from self._end_warranty()

    def _end_warranty(self) -> _Course:
        """Let go what was kept once the warranty is over, or keep it for the defects."""
        contract, desk, ports = self._contract, self._desk, self._ports
        accepted_us, day = ports.now(), desk.issue_day(contract)
        evidence = 0 if self._has_defects() else Evidence.NO_DEFECTS.value
        evidence |= standing_of(contract.award.firm, contract.award.lot.buyer.id, is_clear=True)
        step, rule = Step.WAIT, ""
        while step is Step.WAIT:
            (step, at_us), rule = desk.terms.kept_until(
                day,
                ports.calendar,
                accepted_us=accepted_us,
                now_us=ports.now(),
                evidence=evidence | _AT_END,
            )
            if step is Step.WAIT:
                yield ports.until(at_us)
        if step is Step.PAY:
            self._release_retention(evidence, rule)
        else:
            self._keep_retention(evidence, rule)

    def _has_defects(self) -> bool:
        """Return whether the work shows defects in its warranty; what nobody did always does."""
        contract, desk = self._contract, self._desk
        stated = desk.section.defects
        if stated is None:
            return False
        acts = (f"{contract.id}/act-{one.number}" for one in self._stages if one.undone_bp)
        if any(act in desk.settled for act in acts):
            return True
        return chance_one(further_one(contract.word, "defects"), stated.value)

    def _keep_retention(self, evidence: int, rule: str) -> None:
        """Leave with the budget what was kept of a work that shows defects."""
        contract, desk = self._contract, self._desk
        intent, kept_tiyn = f"{contract.id}/retention", contract.retained_tiyn
        desk.refuse(
            contract,
            Kind.RETENTION,
            intent,
            kept_tiyn,
            Answer(Reason.MILESTONE_NOT_MET, rule),
            attempt=0,
            label=TrueLabel.INTERNAL,
            evidence=evidence,
        )
        desk.let_go(contract, kept_tiyn)
        contract.retained_tiyn = 0

    def _release_retention(self, evidence: int, rule: str) -> None:
        contract, desk = self._contract, self._desk
        intent = f"{contract.id}/retention"
        supplier = contract.chain[0]
        answer = Answer(Reason.NONE, rule)
        carried = desk.particulars(
            contract, intent, label=TrueLabel.HONEST, evidence=evidence, answer=answer
        )
        order = Order(f"{intent}/order", Kind.RETENTION, contract.retained_tiyn, carried)
        if desk.release(contract, order).status is Status.SETTLED:
            contract.paid_tiyn += contract.retained_tiyn
            contract.registered_tiyn -= contract.retained_tiyn
            self._flows.free(contract, supplier, "retention", contract.retained_tiyn)
            contract.retained_tiyn = 0

    def _working(self, days: int) -> int:
        """Return the hour of payments some days from now, on a business day."""
        return working_from(self._ports.calendar, self._ports.now() + days * DAY_US)
