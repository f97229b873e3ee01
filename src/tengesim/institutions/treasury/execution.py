"""The execution of the budget: registration, acts, payment orders, arrears, the end of the year.

An obligation is registered before anything is paid on it, and never is more paid than was
registered. What is accepted and not yet paid is kept act by act, and that list is the arrears of
the budget: acceptance enters an act, payment alone takes it out.
"""

import datetime
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Final

import simpy

from tengesim.codes import Evidence, Kind, Reason, Status, TrueLabel
from tengesim.errors import InvariantError
from tengesim.institutions.treasury.accounts import BudgetAccounts
from tengesim.institutions.treasury.budget_model import BudgetSection
from tengesim.institutions.treasury.plans import LineAccount, PlanAccount
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import Ports, RedeemRequest

__all__ = ["Execution", "Obligation", "Order", "Payee"]

_OF_ACTS: Final = Evidence.ACT_ACCEPTED | Evidence.INVOICE_MATCHED


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid, and at which bank."""

    name: str
    bank: str


@dataclass(slots=True)
class Obligation:
    """A contract, or the wages and transfers of a line, as the Treasury knows it."""

    id: str
    line: LineAccount
    region: str
    payee: Payee
    is_contract: bool
    due_tiyn: int
    """What is still to be paid on it, registered or not."""
    registered_tiyn: int = 0
    """What is registered and not yet paid."""
    is_registered: bool = False
    attempts: int = 0

    @property
    def plan(self) -> PlanAccount:
        """The part of the line that the obligation binds."""
        return self.line.part(is_contract=self.is_contract)


@dataclass(slots=True)
class Order:
    """A payment order for an accepted act."""

    intent: str
    obligation: Obligation
    amount_tiyn: int
    digital_tiyn: int = 0
    """How much of it is paid in digital tenge."""
    over_billed_tiyn: int = 0
    attempts: int = 0
    is_held_back: bool = False


@dataclass(slots=True)
class _Desk:
    """Orders that wait for the next business day, and acts accepted but unpaid."""

    waiting: list[Order] = field(default_factory=list)
    unpaid: dict[str, int] = field(default_factory=dict)


class Execution:
    """Where obligations are registered and orders carried out."""

    def __init__(self, section: BudgetSection, accounts: BudgetAccounts, ports: Ports) -> None:
        """Start with nothing registered."""
        self._section = section
        self._accounts = accounts
        self._ports = ports
        self._desk = _Desk()

    @property
    def arrears_tiyn(self) -> int:
        """Return what is accepted and unpaid."""
        return sum(self._desk.unpaid.values())

    @property
    def unpaid(self) -> dict[str, int]:
        """Return the acts that are accepted and unpaid, in tiyn by intent."""
        return dict(self._desk.unpaid)

    def register(self, obligation: Obligation) -> bool:
        """Register what is due on an obligation, if the plan of obligations has room for it."""
        month = self._today().month
        room_tiyn = obligation.plan.room_to_register(month)
        amount_tiyn = obligation.due_tiyn
        obligation.attempts += 1
        posting = Posting(
            f"{obligation.id}/registration-{obligation.attempts}",
            Kind.OBLIGATION,
            (Move(self._control(obligation), self._deposit(obligation), amount_tiyn),),
            self._particulars(
                obligation,
                obligation.id,
                attempt=obligation.attempts - 1,
                rule="plan_of_obligations",
                value=amount_tiyn,
                limit=max(room_tiyn, 0),
            ),
        )
        if amount_tiyn > room_tiyn:
            self._ports.ledger.refuse(posting, Reason.APPROPRIATION_EXCEEDED)
            return False
        obligation.plan.register(amount_tiyn, month)
        obligation.registered_tiyn = amount_tiyn
        obligation.is_registered = True
        self._ports.ledger.record(posting)
        return True

    def accept(self, order: Order) -> None:
        """Record that the goods, works or hours of an act were accepted."""
        obligation = order.obligation
        evidence = _OF_ACTS if obligation.is_contract else 0
        self._ports.ledger.record(
            Posting(
                f"{order.intent}/acceptance",
                Kind.ACCEPTANCE,
                (Move(self._control(obligation), self._deposit(obligation), order.amount_tiyn),),
                self._particulars(obligation, order.intent, evidence=evidence),
            )
        )
        self._desk.unpaid[order.intent] = order.amount_tiyn

    def submit(self, order: Order) -> None:
        """Take a payment order: carried out at once before the cut-off of a business day."""
        today = self._today()
        calendar = self._ports.calendar
        cut_off_us = calendar.at(today, self._section.payments.cut_off)
        if calendar.is_business_day(today) and self._ports.now() < cut_off_us:
            self._carry_out(order)
        else:
            self._desk.waiting.append(order)

    def work_through(self) -> None:
        """Carry out what waited for this business day, in the order in which it came."""
        waiting, self._desk.waiting = self._desk.waiting, []
        for order in waiting:
            self._carry_out(order)

    def lapse(self, lines: Iterable[LineAccount], obligations: Iterable[Obligation]) -> None:
        """End the year: unspent appropriation dies, and so do registrations, unless it stays."""
        for line in lines:
            lapsed_tiyn = line.close_year(lapse=self._section.lapse)
            if lapsed_tiyn:
                self._record_lapse(line, lapsed_tiyn)
        if self._section.lapse:
            for obligation in obligations:
                obligation.registered_tiyn = 0
                obligation.is_registered = False

    def _carry_out(self, order: Order) -> None:
        obligation = order.obligation
        if not obligation.is_registered:
            # The registration died with the year, so the administrator waits for the next one.
            self._desk.waiting.append(order)
            return
        if order.over_billed_tiyn:
            self._refuse(order)
            return
        lack = self._lack(order)
        if lack[0]:
            self._hold_back(order, lack)
            return
        self._pay(order)

    def _refuse(self, order: Order) -> None:
        """Refuse what exceeds the obligation; the order comes again with the amount of the act."""
        obligation = order.obligation
        asked_tiyn = obligation.registered_tiyn + order.over_billed_tiyn
        order.over_billed_tiyn = 0
        posting = Posting(
            f"{order.intent}/order-{order.attempts}",
            Kind.BUDGET_PAYMENT,
            (Move(self._control(obligation), self._accounts.control_issuer, asked_tiyn),),
            self._particulars(
                obligation,
                order.intent,
                attempt=order.attempts,
                evidence=Evidence.OBLIGATION_REGISTERED,
                rule="registered_obligation",
                value=asked_tiyn,
                limit=obligation.registered_tiyn,
            ),
        )
        order.attempts += 1
        self._ports.ledger.refuse(posting, Reason.OBLIGATION_EXCEEDED)
        self._desk.waiting.append(order)

    def _lack(self, order: Order) -> tuple[str, int]:
        """Return what an order lacks, plan or cash, with what there is of it; nothing if none."""
        room_tiyn = order.obligation.plan.room_to_pay(self._today().month)
        if order.amount_tiyn > room_tiyn:
            return "plan_of_payments", max(room_tiyn, 0)
        cash_tiyn = self._ports.ledger.free(self._control(order.obligation))
        if order.amount_tiyn > cash_tiyn:
            return "cash", cash_tiyn
        return "", 0

    def _hold_back(self, order: Order, lack: tuple[str, int]) -> None:
        obligation = order.obligation
        self._desk.waiting.append(order)
        if order.is_held_back:
            return
        order.is_held_back = True
        self._ports.ledger.record(
            Posting(
                f"{order.intent}/arrears",
                Kind.ARREARS,
                (Move(self._control(obligation), self._deposit(obligation), order.amount_tiyn),),
                self._particulars(
                    obligation,
                    order.intent,
                    attempt=order.attempts,
                    rule=lack[0],
                    value=order.amount_tiyn,
                    limit=lack[1],
                ),
            )
        )

    def _pay(self, order: Order) -> None:
        obligation, amount_tiyn = order.obligation, order.amount_tiyn
        if amount_tiyn > obligation.registered_tiyn:
            raise InvariantError(
                f"{order.intent} pays {amount_tiyn} tiyn, registered are"
                f" {obligation.registered_tiyn}"
            )
        moves = self._accounts.pay(
            self._section.levels[obligation.line.level].account,
            payee=obligation.payee.name,
            bank=obligation.payee.bank,
            amount_tiyn=amount_tiyn,
            digital_tiyn=order.digital_tiyn,
        )
        evidence = Evidence.OBLIGATION_REGISTERED
        if obligation.is_contract:
            evidence |= _OF_ACTS
        outcome = self._ports.ledger.post(
            Posting(
                f"{order.intent}/order-{order.attempts}",
                Kind.BUDGET_PAYMENT,
                moves,
                self._particulars(
                    obligation, order.intent, attempt=order.attempts, evidence=int(evidence)
                ),
            )
        )
        if outcome.status is not Status.SETTLED:
            raise InvariantError(f"{order.intent} had plan and cash and was {outcome.reason.name}")
        obligation.plan.pay(amount_tiyn, self._today().month)
        obligation.registered_tiyn -= amount_tiyn
        obligation.due_tiyn -= amount_tiyn
        del self._desk.unpaid[order.intent]
        if order.digital_tiyn:
            self._ports.start(self._redeem(order))

    def _redeem(self, order: Order) -> Generator[simpy.Event, None, None]:
        """Let the payee turn its digital tenge into a deposit when it wants to."""
        calendar, now = self._ports.calendar, self._ports.now()
        today = calendar.date_of(now)
        delay = self._section.dt.redeem_after.value
        yield self._ports.until(calendar.after(today, delay, now - calendar.at(today)))
        payee = order.obligation.payee
        self._ports.bulletin.announce(
            "redeem",
            RedeemRequest(
                f"{order.intent}/redemption",
                order.obligation.line.id,
                payee.name,
                order.digital_tiyn,
                payee.bank,
            ),
        )

    def _record_lapse(self, line: LineAccount, amount_tiyn: int) -> None:
        name = self._ports.names.id
        intent = f"{line.id}/lapse/{self._today().year}"
        control = self._accounts.control(self._section.levels[line.level].account)
        self._ports.ledger.record(
            Posting(
                intent,
                Kind.LAPSE,
                (Move(control, self._accounts.control_issuer, amount_tiyn),),
                Particulars(intent=name(intent), programme=name(line.id)),
            )
        )

    def _particulars(
        self,
        obligation: Obligation,
        intent: str,
        *,
        attempt: int = 0,
        evidence: int = 0,
        rule: str = "",
        value: int = 0,
        limit: int = 0,
    ) -> Particulars:
        name = self._ports.names.id
        return Particulars(
            intent=name(intent),
            attempt=attempt,
            true_label=TrueLabel.HONEST,
            evidence=evidence,
            region=name(obligation.region),
            programme=name(obligation.line.id),
            rule=name(rule),
            value=value,
            limit=limit,
        )

    def _control(self, obligation: Obligation) -> AccountId:
        return self._accounts.control(self._section.levels[obligation.line.level].account)

    def _deposit(self, obligation: Obligation) -> AccountId:
        return self._accounts.deposit(obligation.payee.name, obligation.payee.bank)

    def _today(self) -> datetime.date:
        return self._ports.calendar.date_of(self._ports.now())
