"""Supplies by the meter: read at intervals, each unit paid at the rate, until the money ends.

A meter that shows more than there is money for ends the supply: whole units are paid as far as the
money goes, and what was delivered beyond is the supplier's loss. What a rule does not let pass is
due again at the next reading. The office sees what the meter shows and never what was used.
"""

from collections.abc import Generator
from dataclasses import dataclass

import simpy

from tengesim.codes import Kind, Status, TrueLabel
from tengesim.institutions.purchases.books import Portion
from tengesim.institutions.purchases.connections import Connection
from tengesim.institutions.purchases.deals import Deal
from tengesim.institutions.purchases.desk import Desk
from tengesim.institutions.purchases.supply_model import SuppliesSection
from tengesim.payment import Operation, Posting
from tengesim.rules.apply import meter
from tengesim.rules.effects import PaysByMeter
from tengesim.rules.usage import PeriodicUsage, periods_of

__all__ = ["Meters"]


@dataclass(slots=True)
class _Account:
    """How a connection stands: money that is left, units that are due, and what was paid."""

    left_tiyn: int
    usage: PeriodicUsage
    due: int = 0
    paid: int = 0
    used: int = 0


@dataclass(frozen=True, slots=True)
class Meters:
    """Where supplies of one section are read and paid."""

    desk: Desk
    terms: SuppliesSection

    def live(
        self, connection: Connection, effect: PaysByMeter
    ) -> Generator[simpy.Event, None, None]:
        """Follow a connection from its agreement to its last reading."""
        desk, until, deal = self.desk, self.desk.ports.until, connection.deal
        yield until(desk.agreed_us(deal))
        desk.agree(deal, Kind.CONNECTION)
        can_divert = deal.true_label is TrueLabel.LOAN_DIVERTED and desk.payments.buyer_has_money
        if can_divert and desk.spend_elsewhere(deal, "diversion") is Status.SETTLED:
            return
        account = _Account(deal.price_tiyn, PeriodicUsage(periods_of(desk.books.book)))
        days = self.terms.every.value.value
        readings = zip(connection.used, connection.shown, strict=True)
        for number, (used, shown) in enumerate(readings, 1):
            yield until(desk.later_us(deal, number * days, self.terms.read_at))
            account.used += used
            account.due += shown
            self._read(deal, effect, shown, number)
            if account.due and not self._pay(deal, effect, account, number):
                break
        self._close(deal, effect, account)

    def _read(self, deal: Deal, effect: PaysByMeter, shown: int, number: int) -> None:
        """Write down what the meter shows."""
        self.desk.record(
            deal,
            Kind.METER_READING,
            f"reading-{number}",
            deal.true_label,
            amount_tiyn=shown * effect.rate,
            rule=self.terms.meter,
            value=shown,
        )

    def _pay(self, deal: Deal, effect: PaysByMeter, account: _Account, number: int) -> bool:
        """Pay what is due as far as the money goes; return whether the supply goes on."""
        desk, ledger = self.desk, self.desk.ports.ledger
        account.left_tiyn = desk.payments.left(deal, account.left_tiyn)
        metered = meter(effect, account.due, account.left_tiyn)
        if not metered.units:
            return False
        amount_tiyn = metered.amount_tiyn
        portion = Portion(amount_tiyn, suffix=f"-{number}")
        price = desk.payments.price(deal, portion, is_held=True)
        decision = desk.decide(
            Operation.PAY, deal, amount_tiyn, units=metered.units, usage=account.usage
        )
        if not decision.reason:
            decision = decision._replace(rule=effect.id, value=metered.units, limit=account.due)
        name, particulars = f"{deal.id}/reading-{number}/paid", desk.decided(deal, decision)
        posting = Posting(name, price.kind, price.moves, particulars)
        if decision.reason:
            ledger.refuse(posting, decision.reason)
            return True
        if ledger.post(posting).status is Status.SETTLED:
            desk.payments.paid(deal, portion)
            day = desk.ports.calendar.day_number(desk.ports.now())
            account.usage.add(deal.buyer, day, amount_tiyn)
            account.left_tiyn -= amount_tiyn
            account.due -= metered.units
            account.paid += metered.units
        return not metered.is_stopped

    def _close(self, deal: Deal, effect: PaysByMeter, account: _Account) -> None:
        """Say what stays unpaid and what was true, and send back what is left of the money."""
        desk, label, rate = self.desk, deal.true_label, effect.rate
        unpaid_tiyn = account.due * rate
        desk.record(deal, Kind.STOPPAGE, "stop", label, amount_tiyn=unpaid_tiyn, rule=effect.id)
        used_tiyn, name = account.used * rate, self.terms.meter
        desk.record(deal, Kind.TRUE_COST, "use", label, amount_tiyn=used_tiyn, rule=name)
        if label is TrueLabel.METER_TAMPERED:
            over_tiyn = max(account.paid - account.used, 0) * rate
            desk.record(deal, Kind.LOSS, "loss", label, amount_tiyn=over_tiyn)
        desk.payments.give_back(deal, account.left_tiyn)
