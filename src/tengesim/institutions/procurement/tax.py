"""Tax that is split off payments (R32), and its refund to who paid it in a price (R33).

The tax within a price leaves the payee in the moment in which the price reaches it, so that nobody
holds it meanwhile. A firm whose own tax was split off so claims what it paid in prices itself.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import simpy

from tengesim.clock import DAY_US
from tengesim.codes import Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.desk import Answer, Contract, Desk
from tengesim.institutions.procurement.money import REVENUE, Order, Payee, payee_of
from tengesim.institutions.procurement.tiers import tier_at
from tengesim.institutions.procurement.works import Firm
from tengesim.payment import Posting
from tengesim.rules.apply import effect_of, split_tax
from tengesim.rules.effects import SplitsTax
from tengesim.rules.procedures import RISK_MAX, RefundsFast
from tengesim.rules.steps import procedure_of, refund_due

__all__ = ["Price", "Split", "Taxes"]

_WEEK_US = 7 * DAY_US


class Price(NamedTuple):
    """What tax is asked of: a price, on the day of its turnover, and who is paid it."""

    intent: str
    amount_tiyn: int
    """What is paid now, out of which the tax comes."""
    taxed_tiyn: int
    """What the tax is within, with what an advance paid for before."""
    turnover_us: int
    payee: Payee
    link: Link | None
    """The payee, where it is of the chain."""
    label: TrueLabel

    @property
    def is_registered(self) -> bool:
        """Return whether the payee is registered for the tax; vendors are."""
        return self.link is None or self.link.firm.is_vat_payer


class Split(NamedTuple):
    """Tax in tiyn that is split off a payment, and by which effect."""

    effect: SplitsTax
    tiyn: int


@dataclass(slots=True)
class _Open:
    """What a firm has paid in prices and not yet claimed."""

    tiyn: int = 0
    risk: int = 0


class Taxes:
    """Tax of the prices of contracts."""

    def __init__(self, desk: Desk) -> None:
        """Start with no tax paid."""
        self._desk = desk
        self._open: dict[tuple[str, int], _Open] = {}
        self._claims: dict[tuple[str, int], int] = {}
        self._employers: set[tuple[str, int]] = set()

    def splits(self, contract: Contract) -> bool:
        """Return whether tax is split off anything that is paid under a contract."""
        seams, day = self._desk.seams, self._desk.issue_day(contract)
        books = [tier.book for tier in seams.account]
        books += [] if seams.release_book is None else [seams.release_book]
        return any(effect_of(book.issued_on(day), SplitsTax) is not None for book in books)

    def of_release(self, contract: Contract, price: Price) -> Split | None:
        """Return the tax that is split off what the budget pays, None where no rule splits."""
        book = self._desk.seams.release_book
        effect = None
        if book is not None:
            effect = effect_of(book.issued_on(self._desk.issue_day(contract)), SplitsTax)
        return self._within(effect, price)

    def of_use(self, contract: Contract, payer: Link, price: Price) -> Split | None:
        """Return the tax that is split off what a firm pays out of money under rules."""
        desk = self._desk
        tier = tier_at(desk.seams.account, payer.depth)
        if tier is None or not desk.arm.controls(contract.terms, payer):
            return None
        book = tier.book.issued_on(desk.issue_day(contract))
        return self._within(effect_of(book, SplitsTax), price)

    def _within(self, effect: SplitsTax | None, price: Price) -> Split | None:
        if effect is None or not price.turnover_us:
            return None
        day = self._desk.ports.calendar.date_of(price.turnover_us)
        is_registered = price.is_registered
        parted = split_tax(effect, price.taxed_tiyn, day, is_registered=is_registered)
        return Split(effect, min(parted.rest_tiyn, price.amount_tiyn)) if is_registered else None

    def pay(self, contract: Contract, price: Price, split: Split | None, *, attempt: int) -> None:
        """Pay the tax of a price that was paid this moment, from whoever was paid."""
        desk = self._desk
        if split is None or not split.tiyn:
            return
        day = desk.ports.calendar.date_of(price.turnover_us)
        rate_bp = split.effect.rate.at(day)
        answer = Answer(Reason.NONE, split.effect.id, price.taxed_tiyn, rate_bp)
        carried = desk.particulars(
            contract, price.intent, attempt=attempt, label=price.label, answer=answer
        )
        order = Order(f"{price.intent}/split-{attempt}", Kind.TAX, split.tiyn, carried)
        if price.link is not None:
            outcome = desk.arm.tax(contract.terms, order, price.link)
        else:
            moves = desk.accounts.from_deposit(price.payee, REVENUE, split.tiyn)
            outcome = desk.accounts.post(order, moves)
        if outcome.status is not Status.SETTLED:
            raise ValueError(f"tax of {price.intent!r} did not leave who was paid: {outcome}")

    def employed(self, contract: Contract, link: Link) -> None:
        """Note that a firm has paid wages that are on the payroll register."""
        self._employers.add((contract.id, link.number))

    def bought(self, contract: Contract, payer: Link, price: Price) -> None:
        """Add the tax in a price that a firm paid to what it claims."""
        procedure, refunds = self._refunds(contract, payer), self._desk.section.refunds
        if procedure is None or refunds is None:
            return
        # Whether it was split off or not, the payee owes it: its rate is that of the turnover.
        split = self.of_use(contract, payer, price) or self.of_release(contract, price)
        if split is None or not split.tiyn:
            return
        key = contract.id, payer.number
        claim = self._open.get(key)
        if claim is None:
            claim = self._open[key] = _Open()
            self._desk.ports.start(self._claim(contract, payer, procedure))
        claim.tiyn += split.tiyn
        claim.risk = max(claim.risk, self._risk(contract, price.link))

    def _refunds(self, contract: Contract, payer: Link) -> RefundsFast | None:
        """Return how what a firm paid in prices is refunded."""
        desk = self._desk
        tier = tier_at(desk.seams.account, payer.depth)
        books = (None if tier is None else tier.book, desk.seams.release_book)
        day = desk.issue_day(contract)
        found = (procedure_of(one.issued_on(day), RefundsFast) for one in books if one is not None)
        return next((one for one in found if one is not None), None)

    def _risk(self, contract: Contract, link: Link | None) -> int:
        """Return the points of a payee, as far as registers show them."""
        section = self._desk.section.refunds
        if section is None or link is None:
            return 0
        firm: Firm = link.firm
        signs = (
            (not firm.is_tax_clear, section.owes_taxes),
            ((contract.id, link.number) not in self._employers, section.no_payroll),
            (firm.is_listed, section.listed),
        )
        return min(RISK_MAX, sum(points.value for is_seen, points in signs if is_seen))

    def _claim(
        self, contract: Contract, link: Link, procedure: RefundsFast
    ) -> Generator[simpy.Event, None, None]:
        """Claim what a firm has paid in prices, and refund it when it is due."""
        desk, ports = self._desk, self._desk.ports
        section = desk.section.refunds
        if section is None:
            return
        yield ports.until(ports.now() + section.claimed_after.value * DAY_US)
        key = contract.id, link.number
        claim = self._open.pop(key)
        number = self._claims[key] = self._claims.get(key, 0) + 1
        intent = f"{link.id}/refund-{number}"
        answer = Answer(Reason.NONE, procedure.id, claim.risk, procedure.risk)
        firm = payee_of(link)
        ends = desk.accounts.deposit(firm), desk.accounts.control(REVENUE)
        desk.record(contract, Kind.TAX_CLAIM, intent, claim.tiyn, what=answer, between=ends)
        now = ports.now()
        due_us = refund_due(procedure, ports.calendar, claimed_us=now, risk=claim.risk)
        yield ports.until(due_us)
        carried = desk.particulars(contract, intent, answer=answer)
        moves = desk.accounts.to_deposit(REVENUE, firm, claim.tiyn)
        posting = Posting(f"{intent}/paid", Kind.TAX_REFUND, moves, carried)
        while desk.accounts.free(ends[1]) < claim.tiyn:
            yield ports.until(ports.now() + _WEEK_US)
        ports.ledger.post(posting)
        if not link.depth:
            contract.own_tiyn += claim.tiyn
