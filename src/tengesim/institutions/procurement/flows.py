"""What the firms of a chain do with the money of a contract, and who is asked about it.

Each tier pays the next after it was paid itself. Registers are late or wrong for the honest too:
what a rule does not pass for that reason is asked again when the register is right. What is not
honest stays with the payer.
"""

from collections.abc import Generator

import simpy

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.chain import Link, divide, vat_within
from tengesim.institutions.procurement.contract_model import MarkTermsSection
from tengesim.institutions.procurement.desk import FROZEN, PASSED, Answer, Contract, Desk
from tengesim.institutions.procurement.evidence import standing_of
from tengesim.institutions.procurement.freezing import until_let_go, waits
from tengesim.institutions.procurement.money import Order, Payee, payee_of
from tengesim.institutions.procurement.paid_back import Corrections
from tengesim.institutions.procurement.parts import Parts
from tengesim.institutions.procurement.tax import Price, Split, Taxes
from tengesim.institutions.procurement.tiers import is_passed_on
from tengesim.institutions.procurement.uses import (
    MATCHED,
    OF_ACT,
    OF_WORK,
    Part,
    Use,
    papers_of_arm,
    uses_of,
    wait_days_of,
)
from tengesim.money import BP, mul_div
from tengesim.payment import Operation
from tengesim.rules.terms import PartUse
from tengesim.streams import below_one, chance_one, further_one

__all__ = ["Flows", "Part"]


class Flows:
    """The money of contracts below the budget."""

    def __init__(self, desk: Desk) -> None:
        """Start with nothing that firms have not yet made free."""
        self._desk = desk
        self._parts = Parts(desk)
        self._taxes = Taxes(desk)
        self._corrections = Corrections(desk, self.free)
        self._resting: dict[tuple[str, int, bool, str], int] = {}

    def receive(
        self, contract: Contract, intent: str, part: Part, *, label: TrueLabel, attempt: int
    ) -> None:
        """Use what the budget paid for an act, less the tax in it where rules split that off."""
        supplier = contract.chain[0]
        price = Price(
            intent,
            part.amount_tiyn,
            part.amount_tiyn + part.offset_tiyn,
            part.turnover_us,
            payee_of(supplier),
            supplier,
            label,
        )
        split = self._taxes.of_release(contract, price)
        self._taxes.pay(contract, price, split, attempt=attempt)
        part = _less(part, split)
        if contract.is_small and len(contract.chain) == 1:
            self.free(contract, supplier, part.stage, part.amount_tiyn - part.split_tiyn)
        elif part.amount_tiyn:
            self.down(contract, 0, part)

    def down(self, contract: Contract, number: int, part: Part) -> None:
        """Spend what a firm was paid; the tiers below are paid later."""
        link = contract.chain[number]._replace(is_unmarked=part.is_unmarked)
        if waits(self._desk, link, lambda: self.down(contract, number, part)):
            return
        division = divide(
            contract.chain,
            number,
            part.amount_tiyn,
            contract.costs,
            vat_bp=0 if part.is_split else part.vat_bp,
            offset_tiyn=part.offset_tiyn,
        )
        own_tiyn = division.rest_tiyn - part.split_tiyn
        for use in uses_of(self._parts, contract, link, part, division):
            if use.kind is Kind.SUBPAYMENT:
                self._invoice(contract, link, use, part.vat_bp)
            rest = self._in_part(contract, link, use)
            if rest is None or self._make(contract, link, rest):
                continue
            if rest.missing:
                self._desk.ports.start(self._make_later(contract, link, rest, part))
            else:
                own_tiyn += rest.amount_tiyn
        for child, tiyn in division.passed_on:
            offset_tiyn = mul_div(part.offset_tiyn, contract.chain[child].share_bp, BP)
            below = part._replace(amount_tiyn=tiyn, offset_tiyn=offset_tiyn)
            self._desk.ports.start(self._pay_next(contract, link, child, below))
        # Where tax leaves an act for its part of the advance too, that part has to be there still.
        stage = part.stage.split("-")[1] if self._taxes.splits(contract) else ""
        key = contract.id, number, part.is_unmarked, stage
        own_tiyn += self._resting.pop(key, 0)
        # Tax may leave a firm less than it needs, until what it paid itself comes back.
        if part.is_earned and own_tiyn > 0:
            self.free(contract, link, part.stage, own_tiyn)
        else:
            self._resting[key] = own_tiyn

    def _make_later(
        self, contract: Contract, link: Link, use: Use, part: Part
    ) -> Generator[simpy.Event, None, None]:
        """Ask again once the register is right; what is refused then stays with the firm."""
        ports = self._desk.ports
        yield ports.until(ports.now() + use.wait_days * DAY_US)
        yield from until_let_go(self._desk, link)
        rest = self._in_part(contract, link, use, attempt=1)
        if rest is None or self._make(contract, link, rest, attempt=1) or not part.is_earned:
            return
        stage = rest.intent.removeprefix(f"{link.id}/")
        self.free(contract, link, f"{stage}/kept", rest.amount_tiyn)

    def _in_part(self, contract: Contract, link: Link, use: Use, *, attempt: int = 0) -> Use | None:
        """Pay what of a use is free for it; return what is left of it, None for nothing."""
        if use.part is None:
            return use
        effect, evidence = self._parts.effect(contract, link), use.evidence
        if not attempt:
            evidence &= ~use.missing
        freed_tiyn, rest_tiyn = self._parts.of(
            contract, link, use.part, use.amount_tiyn, evidence=evidence
        )
        if effect is None or not freed_tiyn:
            return use
        freed = use._replace(amount_tiyn=freed_tiyn, is_exempt=True, rule=effect.id)
        if not self._make(contract, link, freed, attempt=attempt):
            return use
        self._parts.add(contract, link, use.part, freed_tiyn)
        if not rest_tiyn:
            return None
        return use._replace(amount_tiyn=rest_tiyn, intent=f"{use.intent}/above")

    def _free_later(
        self, contract: Contract, link: Link, stage: str, amount_tiyn: int, *, wait_days: int
    ) -> Generator[simpy.Event, None, None]:
        """Ask for a firm's own money again once its payroll is on the register."""
        ports = self._desk.ports
        yield ports.until(ports.now() + wait_days * DAY_US)
        self.free(contract, link, stage, amount_tiyn, attempt=1)

    def free(
        self, contract: Contract, link: Link, stage: str, amount_tiyn: int, *, attempt: int = 0
    ) -> None:
        """Make own money of a firm spendable, as far as it has evidence of its work."""
        desk = self._desk
        if not amount_tiyn or waits(
            desk, link, lambda: self.free(contract, link, stage, amount_tiyn, attempt=attempt)
        ):
            return
        if not desk.arm.controls(contract.terms, link):
            self._own(contract, link, amount_tiyn)
            return
        intent = f"{link.id}/{stage}"
        evidence = OF_ACT if link.is_shell else OF_WORK
        label = TrueLabel.SHELL_SUBCONTRACTOR if link.is_shell else TrueLabel.HONEST
        wait_days = 0
        if not link.is_shell and not attempt:
            wait_days = wait_days_of(
                self._desk,
                contract,
                f"{intent}/payroll",
                papers_of_arm(self._desk).register_error.value,
            )
        if wait_days:
            evidence &= ~Evidence.PAYROLL_MATCHED.value
        if not attempt:
            seen = Use(Kind.SHED, intent, amount_tiyn, payee_of(link), evidence, label)
            amount_tiyn -= self._free_overhead(contract, link, seen)
        if not amount_tiyn:
            return
        is_marked = desk.money.is_marked
        answer = desk.decide_use(
            contract,
            link,
            link.firm.id,
            amount_tiyn,
            evidence=evidence,
            facts=desk.facts(contract),
            operation=Operation.SHED if is_marked else Operation.PAY,
        )
        carried = desk.particulars(contract, intent, label=label, evidence=evidence, answer=answer)
        order = Order(f"{intent}/free", Kind.SHED, amount_tiyn, carried)
        if not answer.reason:
            desk.arm.free(contract.terms, order, link)
            self._own(contract, link, amount_tiyn)
            return
        kind = Kind.SHED if is_marked else Kind.REDEEM
        use = Use(kind, intent, amount_tiyn, payee_of(link), evidence, label)
        self._refuse(contract, use, answer, (payee_of(link), payee_of(link)), attempt=attempt)
        if wait_days:
            later = self._free_later(contract, link, stage, amount_tiyn, wait_days=wait_days)
            desk.ports.start(later)
        elif is_marked:
            self._try_to_convert(contract, link, use)

    def _free_overhead(self, contract: Contract, link: Link, use: Use) -> int:
        """Make spendable what of a firm's own money is free as overhead; return the tiyn."""
        desk, effect = self._desk, self._parts.effect(contract, link)
        freed_tiyn, _ = self._parts.of(
            contract, link, PartUse.OVERHEAD, use.amount_tiyn, evidence=use.evidence
        )
        if effect is None or not freed_tiyn:
            return 0
        answer = Answer(Reason.NONE, effect.id)
        carried = desk.particulars(
            contract, use.intent, label=use.label, evidence=use.evidence, answer=answer
        )
        order = Order(f"{use.intent}/overhead/free", use.kind, freed_tiyn, carried)
        desk.arm.free(contract.terms, order, link)
        self._own(contract, link, freed_tiyn)
        self._parts.add(contract, link, PartUse.OVERHEAD, freed_tiyn)
        return freed_tiyn

    def _own(self, contract: Contract, link: Link, amount_tiyn: int) -> None:
        if not link.depth:
            contract.own_tiyn += amount_tiyn

    def _try_to_convert(self, contract: Contract, link: Link, use: Use) -> None:
        """Ask for a deposit all the same, as whoever has nothing to show would."""
        answer = self._desk.decide_use(
            contract,
            link,
            link.firm.id,
            use.amount_tiyn,
            evidence=0,
            facts=self._desk.facts(contract, depth=link.depth),
            operation=Operation.CONVERT,
        )
        if answer.reason:
            asked = use._replace(kind=Kind.REDEEM, evidence=0)
            self._refuse(contract, asked, answer, (payee_of(link), use.payee), attempt=0)
            return
        carried = self._desk.particulars(contract, use.intent, label=use.label)
        order = Order(f"{use.intent}/free", Kind.SHED, use.amount_tiyn, carried)
        self._desk.arm.free(contract.terms, order, link)
        self._own(contract, link, use.amount_tiyn)

    def divert(self, contract: Contract, amount_tiyn: int) -> bool:
        """Pay part of an advance to somebody outside the contract; return whether it went."""
        supplier = contract.chain[0]
        outside = Payee(f"{supplier.firm.id}-outside", supplier.firm.bank)
        use = Use(
            Kind.SUBPAYMENT,
            f"{contract.id}/outside",
            amount_tiyn,
            outside,
            0,
            TrueLabel.DIVERTED_ADVANCE,
        )
        self._desk.lose(contract, use.intent, amount_tiyn, use.label)
        is_paid = self._make(contract, supplier, use)
        self._desk.tell(contract, use.intent, amount_tiyn, is_paid=is_paid)
        return is_paid

    def bribe(self, contract: Contract, amount_tiyn: int) -> None:
        """Pay the customer's official out of what is the supplier's own by now."""
        desk, supplier = self._desk, contract.chain[0]
        payer = payee_of(supplier)
        free_tiyn = desk.accounts.free(desk.accounts.deposit(payer))
        there_tiyn = min(amount_tiyn, contract.own_tiyn, free_tiyn)
        if not there_tiyn or desk.frozen_until_us(supplier.firm.id):
            return
        intent, label = f"{contract.id}/kickback", TrueLabel.KICKBACK
        desk.lose(contract, intent, max(there_tiyn - contract.overpriced_tiyn, 0), label)
        official = Payee(f"official-{contract.award.lot.buyer.id}", supplier.firm.bank)
        carried = desk.particulars(contract, intent, label=label)
        order = Order(intent, Kind.SUBPAYMENT, there_tiyn, carried)
        desk.accounts.post(order, desk.accounts.between(payer, official, there_tiyn))
        desk.tell(contract, intent, there_tiyn, is_paid=True)

    def end_mark(self, contract: Contract) -> None:
        """Have what is left under the mark of a contract returned when the mark expires."""
        if contract.terms.is_propagated and self._desk.money.mark is not None:
            self._desk.ports.start(self._expire(contract, self._desk.money.mark))

    def _expire(
        self, contract: Contract, mark: MarkTermsSection
    ) -> Generator[simpy.Event, None, None]:
        desk, ports = self._desk, self._desk.ports
        days = contract.last_day + mark.valid_after.value - ports.calendar.day_number(ports.now())
        yield ports.until(ports.now() + max(days, 0) * DAY_US)
        contract.is_expired = True
        # From the last tier to the first: what is returned was paid by the tier above.
        for link in reversed(contract.chain):
            yield from until_let_go(desk, link)
            left_tiyn = desk.arm.left(contract.terms, link)
            if left_tiyn:
                intent = f"{link.id}/expiry"
                carried = desk.particulars(
                    contract, intent, answer=Answer(Reason.NONE, "mark_expired")
                )
                order = Order(intent, Kind.RETURN, left_tiyn, carried)
                desk.arm.give_back(contract.terms, order, link)

    def _pay_next(
        self, contract: Contract, link: Link, child: int, part: Part
    ) -> Generator[simpy.Event, None, None]:
        """Pay the next tier some days after; ask again where a register was wrong."""
        desk = self._desk
        ports, section = desk.ports, desk.section
        intent = f"{contract.chain[child].id}/{part.stage}"
        yield ports.until(ports.now() + section.chain.lag.value * DAY_US)
        # Both ends have to be able to pay: tax leaves the payee in the payment.
        for end in (link, contract.chain[child]):
            yield from until_let_go(desk, end)
        if not contract.chain[child].is_shell:
            link = self._with_means(contract, link, part.amount_tiyn)
        below = self._below(link, contract.chain[child], part.amount_tiyn)
        error_bp = papers_of_arm(self._desk).register_error.value
        word = further_one(contract.word, intent)
        # Debts are paid when money is to come; a shell company has nothing to pay them from.
        is_clear = below.firm.is_tax_clear and not chance_one(word, error_bp)
        wait_days = wait_days_of(self._desk, contract, f"{intent}/registered", error_bp)
        if not is_clear and not wait_days:
            wait_days = 1 + below_one(
                further_one(word, "wait"), papers_of_arm(self._desk).longest_wait.value
            )
        label = TrueLabel.SHELL_SUBCONTRACTOR if below.is_shell else TrueLabel.HONEST
        use = Use(
            Kind.SUBPAYMENT,
            intent,
            part.amount_tiyn,
            payee_of(below),
            self._seen_of(contract, below, is_clear=is_clear),
            label,
            below,
            missing=Evidence.SUBCONTRACT_REGISTERED.value if wait_days and is_clear else 0,
            taxed_tiyn=part.amount_tiyn + part.offset_tiyn,
            turnover_us=part.turnover_us,
            is_credited=part.is_split,
        )
        split = self._taxes.of_use(contract, link, use.price)
        if below.is_shell:
            # What leaves it as tax is not lost.
            kept_tiyn = part.amount_tiyn - (0 if split is None else split.tiyn)
            desk.lose(contract, intent, kept_tiyn, label)
        if part.is_earned:
            self._invoice(contract, link, use, part.vat_bp)
        is_paid = self._make(contract, link, use)
        if not is_paid and wait_days and not below.is_shell:
            yield ports.until(ports.now() + wait_days * DAY_US)
            use = use._replace(evidence=self._seen_of(contract, below, is_clear=True))
            is_paid = self._make(contract, link, use, attempt=1)
        if below.is_shell:
            desk.tell(contract, intent, part.amount_tiyn, is_paid=is_paid)
        if is_paid and part.is_earned:
            self._corrections.begin(contract, link, below, part.stage, part.amount_tiyn)
        if is_paid:
            self.down(contract, child, _less(part._replace(is_unmarked=below.is_unmarked), split))
        elif part.is_earned:
            self._keep(contract, link, f"{part.stage}/kept-{child}", part.amount_tiyn)

    def _keep(self, contract: Contract, link: Link, stage: str, amount_tiyn: int) -> None:
        """Let a firm have what it could not pay on, as far as it is there."""
        arm = self._desk.arm
        if arm.controls(contract.terms, link) and self._taxes.splits(contract):
            amount_tiyn = min(amount_tiyn, arm.left(contract.terms, link))
        self.free(contract, link, stage, amount_tiyn)

    def _with_means(self, contract: Contract, link: Link, amount_tiyn: int) -> Link:
        """Return the purse that a firm pays from: its own money where tax left too little."""
        desk = self._desk
        if not (desk.arm.controls(contract.terms, link) and self._taxes.splits(contract)):
            return link
        own_tiyn = desk.accounts.free(desk.accounts.deposit(payee_of(link)))
        if desk.arm.left(contract.terms, link) < amount_tiyn <= own_tiyn:
            return link._replace(is_unmarked=True)
        return link

    def _below(self, link: Link, child: Link, amount_tiyn: int) -> Link:
        """Return the next tier, whose money bears no mark where that is not passed on."""
        tiers = self._desk.seams.account
        is_marked = not link.is_unmarked and is_passed_on(tiers, link, child, amount_tiyn)
        return child._replace(is_unmarked=not is_marked)

    def _seen_of(self, contract: Contract, below: Link, *, is_clear: bool) -> int:
        standing = standing_of(below.firm, contract.award.lot.buyer.id, is_clear=is_clear)
        return MATCHED | Evidence.SUBCONTRACT_REGISTERED.value | standing

    def _make(self, contract: Contract, payer: Link, use: Use, *, attempt: int = 0) -> bool:
        """Pay if the rules of the payer's money pass it; return whether it was paid."""
        desk = self._desk
        depth = payer.depth + (use.child is not None)
        answer, evidence = PASSED._replace(rule=use.rule), use.evidence
        if not attempt and desk.arm.controls(contract.terms, payer):
            evidence &= ~use.missing
        below = desk.money.exempt.below
        if not use.is_exempt and not (below is not None and use.amount_tiyn < below.value):
            child = use.child
            facts = desk.facts(contract, depth=0 if child is None else child.depth)._replace(
                is_payee_frozen=child is not None and desk.frozen_until_us(child.firm.id) > 0,
                parent_tiyn=payer.amount_tiyn,
                subcontracted_tiyn=contract.passed_tiyn.get(payer.number, 0),
            )
            answer = desk.decide_use(
                contract,
                payer,
                use.payee.name,
                use.amount_tiyn,
                evidence=evidence,
                facts=facts,
            )
        if desk.frozen_until_us(payer.firm.id):
            answer = Answer(Reason.ACCOUNT_FROZEN, FROZEN)
        if answer.reason:
            ends = (payee_of(payer), use.payee)
            seen = use._replace(evidence=evidence)
            self._refuse(contract, seen, answer, ends, attempt=attempt)
            return False
        carried = desk.particulars(
            contract,
            use.intent,
            attempt=attempt,
            label=use.label,
            evidence=use.evidence,
            answer=Answer(Reason.NONE, answer.rule, answer.value, depth),
        )
        order = Order(f"{use.intent}/paid-{attempt}", use.kind, use.amount_tiyn, carried)
        if use.kind is Kind.TAX:
            outcome = desk.arm.tax(contract.terms, order, payer)
        else:
            outcome = desk.arm.pass_on(contract.terms, order, payer, use.payee, use.child)
        if outcome.status is not Status.SETTLED:
            return False
        if use.kind is Kind.WAGE:
            self._taxes.employed(contract, payer)
        price = use.price
        self._taxes.pay(
            contract, price, self._taxes.of_use(contract, payer, price), attempt=attempt
        )
        if use.is_credited:
            self._taxes.bought(contract, payer, price)
        if use.child is not None:
            passed_tiyn = contract.passed_tiyn.get(payer.number, 0) + use.amount_tiyn
            contract.passed_tiyn[payer.number] = passed_tiyn
        return True

    def _refuse(
        self,
        contract: Contract,
        use: Use,
        answer: Answer,
        ends: tuple[Payee, Payee],
        *,
        attempt: int,
    ) -> None:
        debit, credit = map(self._desk.accounts.deposit, ends)
        self._desk.refuse(
            contract,
            use.kind,
            use.intent,
            use.amount_tiyn,
            answer,
            attempt=attempt,
            label=use.label,
            evidence=use.evidence,
            between=(debit, credit),
        )

    def _invoice(self, contract: Contract, payer: Link, use: Use, vat_bp: int) -> None:
        accounts = self._desk.accounts
        is_child_payer = use.child is None or use.child.firm.is_vat_payer
        vat_tiyn = vat_within(use.amount_tiyn, vat_bp) if is_child_payer else 0
        commodity = "materials" if use.child is None else contract.award.lot.commodity
        self._desk.record(
            contract,
            Kind.INVOICE,
            use.intent,
            use.amount_tiyn,
            what=Answer(Reason.NONE, commodity, vat_tiyn),
            evidence=Evidence.INVOICE_MATCHED.value,
            between=(accounts.deposit(payee_of(payer)), accounts.deposit(use.payee)),
        )


def _less(part: Part, split: Split | None) -> Part:
    """Return what a firm was paid, and what of it left it as tax in the payment."""
    if split is None:
        return part._replace(is_split=False, split_tiyn=0)
    return part._replace(is_split=True, split_tiyn=split.tiyn)
