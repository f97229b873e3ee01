"""The desk of purchases: what is written down of a deal, when things happen, what the rules say.

Every way of paying for deals asks here, so that a rule and a row mean the same in all of them.
"""

from dataclasses import dataclass

from tengesim.clock import Duration
from tengesim.codes import Evidence, Kind, Status, TrueLabel
from tengesim.institutions.purchases.books import Books, Portion
from tengesim.institutions.purchases.deals import Deal
from tengesim.institutions.purchases.model import PurchasesSection, Trade
from tengesim.institutions.purchases.payments import Payments
from tengesim.payment import AccountId, Facts, Move, Observation, Operation, Particulars, Posting
from tengesim.ports import Ports
from tengesim.rules.evaluate import ALLOWED, Decision, Usage, decide
from tengesim.rules.usage import PeriodicUsage, periods_of

__all__ = ["Desk", "PropertyDesk", "of_share"]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where deals of one section are written down and decided about."""

    section: Trade
    books: Books
    payments: Payments
    ports: Ports

    @property
    def register(self) -> str:
        """Register that is asked of what is bought, "" where none is."""
        return ""

    def agree(self, deal: Deal, kind: Kind = Kind.AGREEMENT) -> None:
        """Register the sale, and put the money where the buyer may use it."""
        label = deal.true_label
        self.record(deal, kind, "agreement", label)
        # What a meter takes too much is known when it has been read for the last time.
        if label not in {TrueLabel.HONEST, TrueLabel.METER_TAMPERED}:
            self.record(deal, Kind.LOSS, "loss", label, amount_tiyn=self._loss_tiyn(deal))
        self.payments.start(deal)

    def spend_elsewhere(self, deal: Deal, what: str) -> Status:
        """Spend the loan on something else, unless a rule or the ledger refuses."""
        tried = self.decide(Operation.CONVERT, deal, deal.price_tiyn, evidence=0)
        price = self.payments.other_use(deal)
        if not price.moves:
            return Status.REFUSED
        particulars = self.decided(deal, tried)
        if price.kind is Kind.SHED and tried.reason:
            asked = Posting(f"{deal.id}/diversion", Kind.REDEEM, price.moves, particulars)
            self.ports.ledger.refuse(asked, tried.reason)
            return Status.HELD
        spent = Posting(f"{deal.id}/{what}", price.kind, price.moves, particulars)
        return self.ports.ledger.post(spent).status

    def decide(
        self,
        operation: Operation,
        deal: Deal,
        amount_tiyn: int,
        *,
        evidence: int = 0,
        units: int = 0,
        usage: Usage | None = None,
    ) -> Decision:
        """Return what the rules say of a use of the money of `deal`."""
        book = self.books.book
        used = PeriodicUsage(periods_of(book)) if usage is None else usage
        seen = self.seen(operation, deal, amount_tiyn, evidence=evidence, units=units)
        return decide(book, seen, used)

    def seen(
        self,
        operation: Operation,
        deal: Deal,
        amount_tiyn: int,
        *,
        evidence: int = 0,
        units: int = 0,
    ) -> Observation:
        """Return what can be seen of a use of the money of `deal`, now."""
        calendar, now = self.ports.calendar, self.ports.now()
        return Observation(
            operation=operation,
            time_us=now,
            day=calendar.day_number(now),
            time_of_day_us=now - calendar.at(calendar.date_of(now)),
            payer=deal.buyer,
            payee=deal.seller,
            purpose=self.books.name,
            category=self.section.category,
            amount_tiyn=amount_tiyn,
            evidence=evidence,
            facts=Facts(
                region=self.section.region,
                units=units,
                register=self.register if evidence else "",
                issue_day=self.books.issue_day(deal),
            ),
        )

    def decided(self, deal: Deal, decision: Decision, *, evidence: int = 0) -> Particulars:
        """Return the columns of a row about `deal` that a decision stands behind."""
        return self.books.particulars(deal, deal.true_label, evidence=evidence)._replace(
            rule=self.ports.names.id(decision.rule),
            value=decision.value,
            limit=decision.limit,
        )

    def record(
        self,
        deal: Deal,
        kind: Kind,
        what: str,
        label: TrueLabel,
        *,
        evidence: int = 0,
        amount_tiyn: int | None = None,
        rule: str = "",
        value: int = 0,
    ) -> None:
        """Write down something about `deal` that moves no money, about its price if not said."""
        told_tiyn = deal.price_tiyn if amount_tiyn is None else amount_tiyn
        if not told_tiyn:
            return
        particulars = self.books.particulars(deal, label, evidence=evidence)
        if kind is Kind.AGREEMENT and (whole := self.books.whole(deal)).rule:
            particulars = self.decided(deal, of_share(whole))
        elif rule:
            particulars = particulars._replace(rule=self.ports.names.id(rule), value=value)
        move = Move(self._deposit_of_buyer(deal), self._deposit_of_seller(deal), told_tiyn)
        self.ports.ledger.record(Posting(f"{deal.id}/{what}", kind, (move,), particulars))

    def later_us(self, deal: Deal, days: int, time_of_day_us: int) -> int:
        """Return a time of day so many business days after the agreement."""
        delay = Duration(days, "business_days")
        return self.ports.calendar.after(deal.agreed_on, delay, time_of_day_us)

    def agreed_us(self, deal: Deal) -> int:
        """Return when `deal` is agreed upon."""
        return self.ports.calendar.at(deal.agreed_on, self.section.agreed_at)

    def _loss_tiyn(self, deal: Deal) -> int:
        """Return what is lost in a deal that goes as somebody means it to."""
        # Whoever diverts a loan spends no own money on what was agreed.
        is_diverted = deal.true_label is TrueLabel.LOAN_DIVERTED
        return self.books.whole(deal).amount_tiyn if is_diverted else deal.price_tiyn

    def _deposit_of_buyer(self, deal: Deal) -> AccountId:
        return self.books.deposit(deal.buyer, deal.buyer_bank)

    def _deposit_of_seller(self, deal: Deal) -> AccountId:
        return self.books.deposit(deal.seller, deal.seller_bank)


@dataclass(frozen=True, slots=True)
class PropertyDesk(Desk):
    """The desk of things that stand in a register of owners."""

    section: PurchasesSection

    @property
    def register(self) -> str:
        """Register of what is bought."""
        return self.section.thing.value

    def enter(self, deal: Deal) -> int:
        """Let the register show the new owner, and return that evidence."""
        evidence = int(Evidence.REGISTER_CHANGED)
        kind, label, register = Kind.DELIVERY_CHECK, deal.true_label, self.register
        self.record(deal, kind, "register", label, evidence=evidence, rule=register)
        return evidence

    def handed_us(self, deal: Deal) -> int:
        """Return when the thing is handed over, where it is."""
        return self.later_us(deal, self.section.handover.value.value, self.section.agreed_at)

    def entered_us(self, deal: Deal, *, later_days: int = 0) -> int:
        """Return when the register shows the change of owner, or so many business days later."""
        section = self.section
        days = section.handover.value.value + section.registration.value.value + later_days
        if deal.is_entered_late:
            days += section.correction.value.value
        return self.later_us(deal, days, section.registers_at)


def of_share(portion: Portion) -> Decision:
    """Return what a row says of a price that is shared: the programme's part, and all of it."""
    paid_tiyn = portion.amount_tiyn
    return ALLOWED._replace(rule=portion.rule, value=paid_tiyn, limit=paid_tiyn + portion.own_tiyn)
