"""The offices of the reserve: what comes in, what the days demand, what the budget has to do.

A day begins with what was decided earlier and is due, then what is decided on it, and ends with the
coins that are too many at hand going into the cold wallet.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

import simpy

from tengesim.clock import Duration
from tengesim.codes import BASE_UNITS, Form, Kind, Provenance
from tengesim.institutions.assets import ASSETS, KEEPERS, MARKET, Assets, Flow
from tengesim.institutions.reserve.custody import Custody, insured_cents
from tengesim.institutions.reserve.mandate import (
    Guard,
    Spending,
    breach_of,
    retreat,
    trade_to_weights,
)
from tengesim.institutions.reserve.model import ReserveSection, VehicleSection
from tengesim.institutions.reserve.quotes import Dates, Quotes
from tengesim.institutions.reserve.vehicle import COINS, Vehicle
from tengesim.money import BP
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import AssetInflow, Ports
from tengesim.streams import Streams

__all__ = ["Reserve", "Surroundings"]

_QUARTERS_A_YEAR: Final = 4


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the reserve stands in."""

    assets: Assets
    ports: Ports
    streams: Streams
    dates: Dates
    treasury: str
    national_bank: str


@dataclass(slots=True)
class _Managed:
    """A vehicle with those who look after it."""

    vehicle: Vehicle
    custody: Custody
    guard: Guard | None
    spending: Spending | None
    is_trading: bool = False
    """Whether a trade is decided and waits for its signatures."""


class Reserve:
    """The vehicles of the reserve and what happens to them."""

    def __init__(self, section: ReserveSection, around: Surroundings, quotes: Quotes) -> None:
        """Listen for what comes in; nothing is held before the first day."""
        self._section = section
        self._around = around
        self._quotes = quotes
        self._due: dict[int, list[Callable[[int], None]]] = {}
        self._managed = [self._manage(vehicle) for vehicle in section.vehicles()]
        around.ports.bulletin.listen("inflow", self._take_in)

    def _manage(self, section: VehicleSection) -> _Managed:
        around, mandate = self._around, section.mandate
        vehicle = Vehicle(section, around.assets, self._quotes, around.ports.names)
        custody = Custody(
            self._section.custody,
            vehicle,
            self._quotes,
            streams=around.streams,
            days=len(around.dates.days),
        )
        guard = None if mandate.guard is None else Guard(mandate.guard)
        spending = None if mandate.spending is None else Spending(mandate.spending)
        return _Managed(vehicle, custody, guard, spending)

    def open(self) -> None:
        """Give the National Bank what it holds, and the Treasury what it may spend on this."""
        around, budget = self._around, self._section.budget
        for name, worth in self._section.foreign_reserves.items():
            form = ASSETS[name]
            if units := self._quotes.units(form, worth.value, 0):
                flow = Flow(form, KEEPERS[form], around.national_bank, units)
                around.assets.move(Kind.OPENING, flow)
        if not self._section.ring_fence and budget.ceiling.value:
            moves = (Move(*self._single(), budget.ceiling.value),)
            around.ports.ledger.post(Posting("reserve/opening", Kind.OPENING, moves))

    def live(self, opens_us: int) -> Generator[simpy.Event, None, None]:
        """Work on every day of the horizon, from a time of day on."""
        around = self._around
        moments = around.ports.calendar.at_each(around.dates.days, opens_us)
        for number, moment_us in enumerate(moments):
            yield around.ports.until(moment_us)
            self._work(number)

    def _work(self, day: int) -> None:
        if not day:
            for managed in self._managed:
                self._capitalise(managed)
        for act in self._due.pop(day, ()):
            act(day)
        if day:
            self._keep_quarter(day)
        for managed in self._managed:
            self._look_after(managed, day)
        if self._around.dates.begins(day, self._section.attestation.every):
            self._let_see(day)

    def _later(self, day: int, delay: Duration, act: Callable[[int], None]) -> None:
        """Act when `delay` is over; at once where there is none, never after the horizon."""
        due = self._around.dates.after(day, delay)
        if due <= day:
            act(day)
        else:
            self._due.setdefault(due, []).append(act)

    def _capitalise(self, managed: _Managed) -> None:
        """Bring in what a vehicle begins with, from the bank where it has that, else bought."""
        for name, worth in managed.vehicle.section.capital.items():
            form = ASSETS[name]
            units = self._quotes.units(form, worth.value, 0)
            if not units:
                continue
            source = KEEPERS[form] if form is Form.FUND_UNIT else MARKET
            if name in self._section.foreign_reserves:
                source = self._around.national_bank
            flow = Flow(form, source, managed.vehicle.main, units)
            about = Particulars(value=Provenance.PUBLIC_MONEY)
            managed.vehicle.take(flow, about, rule="capital")

    def _take_in(self, notice: object) -> None:
        """Take over what belongs to the state; some of it is to become dollars soon."""
        if not isinstance(notice, AssetInflow):
            raise TypeError(f"an inflow is an AssetInflow, not {notice!r}")
        managed, form, units = self._managed[0], notice.form, notice.units
        flow = Flow(form, notice.holder, managed.vehicle.main, units)
        about = Particulars(value=notice.provenance, intent=notice.intent)
        managed.vehicle.take(flow, about, rule=notice.provenance.name.lower())
        conversion = self._section.conversion
        if conversion is None or notice.provenance is not Provenance.CONFISCATED:
            return
        if form in map(ASSETS.__getitem__, conversion.assets):
            kept = managed.vehicle.kept
            kept[form] = kept.get(form, 0) + units
            around = self._around
            today = around.ports.calendar.date_of(around.ports.now())
            day = (today - around.dates.days[0]).days
            self._later(day, conversion.after.value, lambda at: self._convert(form, units, at))

    def _convert(self, form: Form, units: int, day: int) -> None:
        """Change confiscated units into dollars, as far as an incident has left them."""
        managed = self._managed[0]
        kept = managed.vehicle.kept
        units = min(units, kept[form], managed.vehicle.units(form))
        kept[form] -= units
        if units:
            managed.vehicle.say("convert", day)
            managed.vehicle.sell(form, units, day, "convert")

    def _look_after(self, managed: _Managed, day: int) -> None:
        """Let a vehicle suffer its incidents and follow its mandate."""
        if day in managed.custody.incidents:
            self._bear(managed, managed.custody.lose(day), day)
        self._guard(managed, day)
        mandate = managed.vehicle.mandate
        is_free = managed.guard is None or not managed.guard.is_shut
        is_time = self._around.dates.begins(day, mandate.every) or not day
        breach_bp = 0
        if is_time and is_free and not managed.is_trading:
            breach_bp = breach_of(managed.vehicle, self._quotes, day)
        if breach_bp:
            managed.vehicle.say("band", day, breach_bp)
            self._decide(managed, day, lambda at: self._rebalance(managed, at))
        managed.custody.sweep()

    def _decide(self, managed: _Managed, day: int, act: Callable[[int], None]) -> None:
        """Trade as soon as the signatures are there, which only cold coins need."""
        managed.is_trading = True

        def trade(at: int) -> None:
            managed.is_trading = False
            act(at)
            managed.custody.sweep()

        has_cold = any(managed.vehicle.in_wallet(form, is_hot=False) for form in COINS)
        delay = self._section.custody.delay.value
        self._later(day, delay if has_cold else Duration(0, "us"), trade)

    def _rebalance(self, managed: _Managed, day: int) -> None:
        if managed.guard is not None and managed.guard.is_shut:
            return
        managed.vehicle.say("rebalance", day)
        units = self._section.fund_unit
        free_on = day if units is None else self._around.dates.after(day, units.lock_up.value)
        trade_to_weights(managed.vehicle, self._quotes, day, free_on=free_on)

    def _guard(self, managed: _Managed, day: int) -> None:
        guard = managed.guard
        if guard is None or not guard.look(managed.vehicle, self._quotes, day):
            return
        managed.vehicle.say("guard" if guard.is_shut else "release", day, guard.fall_bp())
        if guard.is_shut:
            part_bp = guard.section.part.value

            def act(at: int) -> None:
                retreat(managed.vehicle, at, part_bp)

            self._decide(managed, day, act)

    def _bear(self, managed: _Managed, lost_cents: int, day: int) -> None:
        """Divide a loss among insurers, the budget and the reserve itself."""
        if not lost_cents:
            return
        insurance = self._section.custody.insurance
        insured = insured_cents(insurance, lost_cents)
        if insurance is not None and insured:
            self._later(
                day,
                insurance.pays_after.value,
                lambda _: managed.custody.pay_out(insured, "insurance"),
            )
        if not self._section.ring_fence:
            called = (lost_cents - insured) * self._section.budget.guarantee.value // BP
            self._let_budget_pay(managed, called, day, "guarantee")

    def _keep_quarter(self, day: int) -> None:
        """Settle what falls due with each quarter: costs, appropriations, spending."""
        if not self._around.dates.begins(day, "quarter"):
            return
        fund = self._managed[0]
        if not self._section.ring_fence:
            dollar_tiyn = self._quotes.tiyn(Form.US_DOLLAR, day)
            part_tiyn = self._section.budget.purchases.value // _QUARTERS_A_YEAR
            cents = part_tiyn * BASE_UNITS[Form.US_DOLLAR] // dollar_tiyn
            self._let_budget_pay(fund, cents, day, "appropriation")
        self._pay_costs(fund, self._section.running.value // _QUARTERS_A_YEAR, day, "running")
        for managed in self._managed:
            self._pay_custody(managed, day)
            self._spend(managed, day)

    def _pay_custody(self, managed: _Managed, day: int) -> None:
        held, custody = managed.vehicle.held(), self._section.custody
        coins = sum(
            self._quotes.cents(form, units, day) for form, units in held.items() if form in COINS
        )
        rates = {"custody": custody.fee.value}
        if custody.insurance is not None:
            rates["premium"] = custody.insurance.premium.value
        for rule, rate_bp in rates.items():
            self._pay_costs(managed, coins * rate_bp // (BP * _QUARTERS_A_YEAR), day, rule)

    def _pay_costs(self, managed: _Managed, cents: int, day: int, rule: str) -> None:
        """Pay costs: from the budget where it stands behind the reserve, else from the reserve."""
        if not self._section.ring_fence:
            self._let_budget_pay(managed, cents, day, rule)
        if paid := managed.vehicle.raise_dollars(cents, day, rule):
            managed.vehicle.give(Kind.TRADE_COST, Form.US_DOLLAR, MARKET, paid, rule)

    def _let_budget_pay(self, managed: _Managed, cents: int, day: int, rule: str) -> None:
        """Let the Treasury buy dollars of the National Bank, while its money for it lasts."""
        issuer, single = self._single()
        tiyn = -(-cents * self._quotes.tiyn(Form.US_DOLLAR, day) // BASE_UNITS[Form.US_DOLLAR])
        around = self._around
        has_money = around.ports.ledger.free(single) >= tiyn
        bank = around.national_bank
        if not cents or not has_money or around.assets.units(bank, Form.US_DOLLAR) < cents:
            return
        flow = Flow(Form.US_DOLLAR, bank, managed.vehicle.main, cents)
        about = Particulars(value=Provenance.PUBLIC_MONEY)
        managed.vehicle.take(flow, about, Move(single, issuer, tiyn), rule=rule)

    def _spend(self, managed: _Managed, day: int) -> None:
        """Pay the budget what the spending rule says."""
        mandate = managed.vehicle.mandate
        if managed.spending is None or mandate.spending is None:
            return
        due_tiyn = managed.spending.due_tiyn(managed.vehicle.worth(day))
        if day < self._around.dates.after(0, mandate.spending.waits.value):
            return
        dollar_tiyn = self._quotes.tiyn(Form.US_DOLLAR, day)
        cents = due_tiyn * BASE_UNITS[Form.US_DOLLAR] // dollar_tiyn
        cents = managed.vehicle.raise_dollars(cents, day, "spend")
        tiyn = cents * dollar_tiyn // BASE_UNITS[Form.US_DOLLAR]
        if tiyn:
            managed.vehicle.say("spend", day, tiyn)
            bank, paid = self._around.national_bank, Move(*self._single(), tiyn)
            managed.vehicle.give(Kind.TRADE, Form.US_DOLLAR, bank, cents, "spend", paid)

    def _let_see(self, day: int) -> None:
        """Let an auditor see the balances of a day, which it will attest to later."""
        attestation = self._section.attestation
        seen = [
            (managed, form, units * attestation.coverage.value // BP)
            for managed in self._managed
            for form, units in managed.vehicle.held().items()
        ]
        balance_us = self._around.ports.now()

        def attest(_: int) -> None:
            about = Particulars(value=balance_us)
            for managed, form, units in seen:
                if units:
                    flow = Flow(form, managed.vehicle.main, KEEPERS[form], units)
                    self._around.assets.record(Kind.ATTESTATION, flow, about)

        self._later(day, attestation.lag.value, attest)

    def _single(self) -> tuple[AccountId, AccountId]:
        """Return the issuer's and the Treasury's side of the single account."""
        opened, bank = self._around.ports.ledger.open, self._around.national_bank
        form = Form.TREASURY_SINGLE_ACCOUNT
        return opened(bank, bank, form), opened(self._around.treasury, bank, form)
