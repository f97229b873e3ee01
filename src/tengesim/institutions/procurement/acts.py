"""Acts of a contract: accepted, signed, invoiced, decided, paid or refused, and handed in again.

An act is due on a day that no arm changes. Whether it is paid then is for documents and rules to
say; what was refused is tried again when something has changed, and what was never done is done.
"""

import datetime
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

import simpy

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.chain import vat_within
from tengesim.institutions.procurement.controls import OVERRIDE
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.institutions.procurement.emergencies import (
    Invoked,
    declared,
    log_yielded,
    signatures,
)
from tengesim.institutions.procurement.evidence import (
    NEVER_US,
    Papers,
    measure,
    papers_of,
    standing_of,
)
from tengesim.institutions.procurement.flows import Flows, Part
from tengesim.institutions.procurement.money import Order
from tengesim.institutions.procurement.stages import (
    PAID_AT_US,
    Stage,
    day_of,
    spread,
    term_days,
    working_from,
)
from tengesim.institutions.procurement.terms import Said
from tengesim.institutions.procurement.waiting import PAID
from tengesim.money import BP, mul_div
from tengesim.streams import chance_one, further_one

__all__ = ["Act", "Acts"]

_SIGNATURES: Final = (
    ("customer", Evidence.CUSTOMER_SIGNED.value),
    ("supervisor", Evidence.SUPERVISOR_SIGNED.value),
    ("treasurer", Evidence.TREASURER_SIGNED.value),
    ("weigh_bill", Evidence.DELIVERY_SCANNED.value),
)

_Course = Generator[simpy.Event, None, None]


@dataclass(slots=True)
class Act:
    """An act of one stage, with what is deducted from it and what is true of it."""

    intent: str
    stage: Stage
    amount_tiyn: int
    offset: Said
    retained: Said
    penalty_tiyn: int
    late_days: int
    lost_tiyn: int
    label: TrueLabel
    papers: Papers
    vat_bp: int
    undone_bp: int
    accepted_us: int = 0
    due_us: int = 0
    measures: int = 0
    attempts: int = 0
    signed: int = 0
    """Flags of the roles whose signature stands in the log."""
    emergency: int = 0
    """Flags of the roles that signed for an emergency."""

    @property
    def net_tiyn(self) -> int:
        """What is to be paid."""
        return self.amount_tiyn - self.offset.tiyn - self.retained.tiyn


class Acts:
    """The acts of one contract."""

    def __init__(
        self, contract: Contract, desk: Desk, flows: Flows, stages: Sequence[Stage]
    ) -> None:
        """Divide the price among the stages."""
        self._contract = contract
        self._desk = desk
        self._flows = flows
        self._ports = desk.ports
        self._stages = stages
        self._shares = spread(contract.price_tiyn, stages)
        self._growth: dict[int, int] = {}
        self._late_days = 0
        self._offset_tiyn = 0
        self.open = 0
        """Acts that are neither paid nor given up."""

    def grow(self, amount_tiyn: int, first: Stage) -> None:
        """Add to the stages from `first` on what an amendment adds to the price."""
        left = [one for one in self._stages if one.number >= first.number]
        self._growth = spread(amount_tiyn, left)

    def hand_in(self, stage: Stage) -> None:
        """Hand in the act of a stage that is over."""
        self._late_days += stage.late_days
        self.open += 1
        self._ports.start(self._settle(self._act(stage)))

    def _act(self, stage: Stage, *, redone_us: int = 0) -> Act:
        """Return the act of a stage, with its deductions and what is true of it."""
        contract, desk = self._contract, self._desk
        section = desk.section
        intent = f"{contract.id}/act-{stage.number}" + ("-again" if redone_us else "")
        growth_tiyn = self._growth.get(stage.number, 0)
        amount_tiyn = self._shares[stage.number] + growth_tiyn
        offset, retained = self._deducted(stage, amount_tiyn)
        late_bp = min(self._late_days * section.penalty.a_day.value, section.penalty.cap.value)
        penalty_tiyn = mul_div(amount_tiyn, late_bp, BP)
        undone_bp = 0 if redone_us else stage.undone_bp
        lost_tiyn, label = self._truth(stage, amount_tiyn, growth_tiyn, undone_bp)
        now = self._ports.now()
        accepted_us = now + section.supervision.inspection.value * DAY_US
        documents = section.digital if desk.money.is_digital else section.paper
        word = further_one(contract.word, "papers", stage.number + 1000 * bool(redone_us))
        papers = papers_of(
            documents,
            word,
            accepted_us,
            is_digital=desk.money.is_digital,
            owes_tax=not contract.award.firm.is_tax_clear,
        )
        day = self._ports.calendar.date_of(accepted_us)
        is_payer = contract.award.firm.is_vat_payer
        return Act(
            intent,
            stage,
            amount_tiyn,
            offset,
            retained,
            min(penalty_tiyn, amount_tiyn - offset.tiyn - retained.tiyn),
            self._late_days,
            lost_tiyn,
            label,
            papers,
            section.vat.at(day) if is_payer else 0,
            undone_bp,
        )

    def _deducted(self, stage: Stage, amount_tiyn: int) -> tuple[Said, Said]:
        """Return what of an act pays back the advance, and what is kept until the warranty ends."""
        contract, desk = self._contract, self._desk
        there_tiyn, day = contract.advance_tiyn, desk.issue_day(contract)
        offset = desk.terms.offset(
            day,
            amount_tiyn,
            left_tiyn=there_tiyn - self._offset_tiyn,
            planned_tiyn=spread(there_tiyn, self._stages)[stage.number] if there_tiyn else 0,
            is_last=stage.number == len(self._stages),
        )
        self._offset_tiyn += offset.tiyn
        is_works = contract.award.lot.category == "works" and not contract.is_small
        retained = desk.terms.retained(
            day, amount_tiyn, offset_tiyn=offset.tiyn, is_large_works=is_works
        )
        return offset, retained

    def _truth(
        self, stage: Stage, amount_tiyn: int, growth_tiyn: int, undone_bp: int
    ) -> tuple[int, TrueLabel]:
        """Return what the public loses if an act is paid, and by which typology."""
        contract, desk = self._contract, self._desk
        conduct = contract.conduct
        if undone_bp:
            lost_tiyn = mul_div(amount_tiyn, undone_bp, stage.weight_bp)
            return lost_tiyn, desk.seams.label_of(contract.id)
        if conduct.growth_bp and growth_tiyn:
            return growth_tiyn, TrueLabel.PRICE_GROWTH
        if contract.lot_label is TrueLabel.HONEST:
            return 0, TrueLabel.HONEST
        true_tiyn, price_tiyn = contract.award.lot.true_cost_tiyn, contract.award.price_tiyn
        above_tiyn = max(price_tiyn - true_tiyn, 0)
        lost_tiyn = mul_div(amount_tiyn - growth_tiyn, above_tiyn, price_tiyn)
        return lost_tiyn, contract.lot_label if lost_tiyn else TrueLabel.HONEST

    def _settle(self, act: Act) -> _Course:
        """Have an act accepted, signed and paid, as soon as rules and documents allow."""
        contract, desk, ports = self._contract, self._desk, self._ports
        yield ports.until(ports.now() + desk.section.supervision.inspection.value * DAY_US)
        if contract.is_over:
            return
        self._accept(act)
        yield ports.until(working_from(self._ports.calendar, act.due_us))
        yield from self._examined(act)
        give_up_us = act.due_us + desk.section.open_after.value * DAY_US
        while not contract.is_over:
            answer = self._ask(act)
            if answer.reason:
                answer = self._in_emergency(act, answer)
            if not answer.reason:
                self._pay(act, answer)
                break
            self._refuse(act, answer)
            if act.undone_bp and act.measures >= desk.section.supervision.insists.value:
                yield from self._do_again(act)
                return
            next_us = self._next_us(act)
            if next_us > give_up_us:
                # Whoever cheats knows that nothing comes of it; the act stays open.
                desk.tell(contract, act.intent, act.net_tiyn, is_paid=False)
                break
            yield ports.until(next_us)
        self.open -= 1

    def _accept(self, act: Act) -> None:
        """Log the papers of an act on the day on which it is accepted."""
        contract, desk, now = self._contract, self._desk, self._ports.now()
        lot = contract.award.lot
        vat_tiyn = vat_within(act.amount_tiyn, act.vat_bp)
        unit_tiyn = contract.price_tiyn // lot.units
        what = Answer(Reason.NONE, lot.commodity, vat_tiyn, unit_tiyn)
        evidence = Evidence.INVOICE_MATCHED.value if act.papers.invoice_us <= now else 0
        desk.record(
            contract, Kind.INVOICE, act.intent, act.amount_tiyn, what=what, evidence=evidence
        )
        if not contract.is_small:
            self._measure(act)
        else:
            contract.progress_bp = BP
        word = further_one(contract.word, "term", act.stage.number)
        days = term_days(desk.section.payment_term, word)
        date = self._ports.calendar.date_of(now) + datetime.timedelta(days=days)
        act.accepted_us, act.due_us = now, self._ports.calendar.at(date, PAID_AT_US)
        contract.unpaid[act.intent] = act.due_us
        due_day = day_of(date)
        what = Answer(Reason.NONE, "", act.stage.number, due_day)
        evidence = act.papers.flags(now)
        desk.record(
            contract,
            Kind.ACCEPTANCE,
            act.intent,
            act.amount_tiyn,
            what=what,
            evidence=evidence,
            label=act.label,
        )
        desk.lose(contract, act.intent, act.lost_tiyn, act.label)
        if act.lost_tiyn and not act.undone_bp:
            contract.overpriced_tiyn += act.lost_tiyn
        contract.offset_tiyn += act.offset.tiyn
        self._log_deductions(act)

    def _log_deductions(self, act: Act) -> None:
        """Log what a rule book leaves with the buyer of an act, and by which of its parts."""
        contract, desk = self._contract, self._desk
        between = desk.accounts.control(contract.award.lot.buyer.id), desk.accounts.issuer
        for kind, said in ((Kind.ADVANCE, act.offset), (Kind.RETENTION, act.retained)):
            if said.rule and said.tiyn:
                what = Answer(Reason.NONE, said.rule, said.tiyn, act.amount_tiyn)
                desk.record(contract, kind, act.intent, said.tiyn, what=what, between=between)

    def _measure(self, act: Act) -> None:
        """Have the supervisor look at a stage, or sign unseen; one who colludes never looks."""
        contract, desk = self._contract, self._desk
        section, stage = desk.section.supervision, act.stage
        documents = desk.section.digital if desk.money.is_digital else desk.section.paper
        word = further_one(contract.word, "measure", stage.number)
        claimed_bp = min(contract.progress_bp + stage.weight_bp, BP)
        is_blind = contract.conduct.colluding_supervisor or not chance_one(
            word, documents.measured.value
        )
        measured_bp = stage.weight_bp
        if not is_blind:
            drawn = further_one(word, "again", act.measures)
            done_bp = stage.weight_bp - act.undone_bp
            measured_bp = measure(section, drawn, stage_bp=stage.weight_bp, done_bp=done_bp)
        least_bp = stage.weight_bp - mul_div(stage.weight_bp, section.tolerance.value, BP)
        now = self._ports.now()
        if measured_bp >= least_bp:
            contract.progress_bp = claimed_bp
            if act.papers.supervisor_us == NEVER_US:
                act.papers.supervisor_us = now
        else:
            act.papers.supervisor_us = NEVER_US
        seen_tiyn = mul_div(act.amount_tiyn, measured_bp, stage.weight_bp)
        what = Answer(Reason.NONE, "", contract.progress_bp, stage.number)
        suffix = f"-{act.measures}"
        desk.record(contract, Kind.PROGRESS, act.intent, seen_tiyn, what=what, suffix=suffix)
        act.measures += 1

    def _ask(self, act: Act) -> Answer:
        """Ask the rules whether an act may be paid on what can be seen now."""
        contract, desk, now = self._contract, self._desk, self._ports.now()
        if act.papers.supervisor_us == NEVER_US and act.attempts:
            self._measure(act)
        self._log_papers(act, now)
        return desk.decide_release(
            contract,
            act.intent,
            act.net_tiyn,
            evidence=self._evidence(act),
            facts=desk.facts(contract),
        )

    def _evidence(self, act: Act) -> int:
        contract, now = self._contract, self._ports.now()
        firm, buyer = contract.award.firm, contract.award.lot.buyer.id
        is_clear = act.papers.register_us <= now
        papers = act.papers.flags(now) | act.emergency
        return papers | standing_of(firm, buyer, is_clear=is_clear)

    def _log_papers(self, act: Act, now: int) -> None:
        """Log the signatures and scans that have come since the last time."""
        contract, desk = self._contract, self._desk
        if contract.is_small:
            return
        flags = act.papers.flags(now)
        for role, flag in _SIGNATURES:
            if flags & flag and not act.signed & flag:
                act.signed |= flag
                kind = Kind.DELIVERY_CHECK if role == "weigh_bill" else Kind.APPROVAL
                what = Answer(Reason.NONE, role)
                desk.record(
                    contract,
                    kind,
                    act.intent,
                    act.amount_tiyn,
                    what=what,
                    suffix=f"-{role}",
                    evidence=flag,
                )

    def _in_emergency(self, act: Act, refused: Answer) -> Answer:
        """Ask again with the signatures of an emergency, where somebody invokes one."""
        contract, desk = self._contract, self._desk
        invoked = Invoked(act.intent, act.stage.number, act.net_tiyn, not act.undone_bp)
        act.emergency = signatures(desk, contract, invoked, refused)
        if not act.emergency:
            return refused
        facts = declared(desk.facts(contract), invoked)
        evidence = self._evidence(act)
        answer = desk.decide_release(
            contract, act.intent, act.net_tiyn, evidence=evidence, facts=facts
        )
        if answer.reason:
            return answer
        log_yielded(desk, contract, invoked, answer, act.emergency)
        return Answer(Reason.NONE, OVERRIDE, refused.value, refused.limit)

    def _examined(self, act: Act) -> _Course:
        """Wait while somebody looks at an act; what is upheld against it stops it for good."""
        held = self._desk.examine(self._contract, "act", act.intent, act.net_tiyn)
        if held is None:
            return
        if held.is_upheld:
            self._desk.rejected[act.intent] = held.control
        yield self._ports.until(working_from(self._ports.calendar, held.until_us))

    def _pay(self, act: Act, answer: Answer) -> None:
        """Pay an act, and let the money go its way."""
        contract, desk = self._contract, self._desk
        net_tiyn = act.net_tiyn
        carried = desk.particulars(
            contract,
            act.intent,
            attempt=act.attempts,
            label=act.label,
            evidence=self._evidence(act),
            answer=answer,
        )
        if net_tiyn:
            order = Order(
                f"{act.intent}/order-{act.attempts}", Kind.BUDGET_PAYMENT, net_tiyn, carried
            )
            outcome = desk.release(contract, order)
            if outcome.status is not Status.SETTLED:
                return
        desk.tell(contract, act.intent, net_tiyn, is_paid=True)
        waited_days = (self._ports.now() - act.accepted_us) // DAY_US
        self._ports.bulletin.announce(PAID, waited_days)
        del contract.unpaid[act.intent]
        contract.paid_tiyn += net_tiyn
        contract.registered_tiyn -= net_tiyn
        contract.retained_tiyn += act.retained.tiyn
        kept_tiyn = self._fine(act)
        stage = act.intent.removeprefix(f"{contract.id}/")
        rest_tiyn = net_tiyn - kept_tiyn
        part = Part(
            stage,
            rest_tiyn,
            act.offset.tiyn,
            act.vat_bp,
            is_earned=True,
            turnover_us=act.accepted_us,
        )
        self._flows.receive(contract, act.intent, part, label=act.label, attempt=act.attempts)

    def _fine(self, act: Act) -> int:
        """Keep the penalty for being late out of what was paid; return the tiyn."""
        contract, desk = self._contract, self._desk
        if not act.penalty_tiyn:
            return 0
        intent = f"{act.intent}/penalty"
        what = Answer(Reason.NONE, "late_delivery", act.late_days)
        carried = desk.particulars(contract, intent, label=TrueLabel.HONEST, answer=what)
        order = Order(intent, Kind.PENALTY, act.penalty_tiyn, carried)
        return desk.arm.give_back(contract.terms, order, contract.chain[0])

    def _refuse(self, act: Act, answer: Answer) -> None:
        self._desk.refuse(
            self._contract,
            Kind.BUDGET_PAYMENT,
            act.intent,
            act.net_tiyn,
            answer,
            attempt=act.attempts,
            label=act.label,
            evidence=self._evidence(act),
        )
        act.attempts += 1

    def _next_us(self, act: Act) -> int:
        """Return when an act that was refused is handed in again: when something has changed."""
        now, papers = self._ports.now(), act.papers
        coming = papers.coming_us(now)
        if papers.supervisor_us == NEVER_US and not self._contract.is_small:
            coming.append(now + self._desk.section.supervision.again_after.value * DAY_US)
        until_us = self._desk.frozen_until_us(self._contract.award.firm.id)
        if until_us:
            coming.append(until_us)
        later_us = now + self._desk.section.asking.act_again.value * DAY_US
        return working_from(self._ports.calendar, min(coming, default=later_us))

    def _do_again(self, act: Act) -> _Course:
        """Do what was missing, and hand in an act that is true."""
        contract, ports, stage = self._contract, self._ports, act.stage
        self._desk.tell(contract, act.intent, act.net_tiyn, is_paid=False)
        del contract.unpaid[act.intent]
        contract.offset_tiyn -= act.offset.tiyn
        self._offset_tiyn -= act.offset.tiyn
        days = 1 + stage.days * act.undone_bp // stage.weight_bp
        yield ports.until(ports.now() + days * DAY_US)
        yield from self._settle(self._act(stage, redone_us=ports.now()))
