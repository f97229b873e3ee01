"""Puts a budget year into the world: mornings at the Treasury, contracts, the end of the year.

It knows everybody who takes part in the budget; what they may do is decided elsewhere, by plans and
by the execution. With `lapse` off no administrator looks at the calendar, so nothing hurries.
"""

import datetime
from collections.abc import Generator, Iterator, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import simpy

from tengesim.clock import MINUTE_US
from tengesim.institutions.treasury.accounts import Bank, BudgetAccounts
from tengesim.institutions.treasury.behaviour import (
    further_sums,
    hastened,
    next_working,
    previous_working,
)
from tengesim.institutions.treasury.budget_model import BudgetSection
from tengesim.institutions.treasury.contracts import (
    Act,
    Contract,
    draw_contracts,
    regions_of,
    supplier_count,
    supplier_name,
)
from tengesim.institutions.treasury.execution import Execution, Obligation, Order, Payee
from tengesim.institutions.treasury.plans import MONTHS, LineAccount, by_month
from tengesim.institutions.treasury.receipts import Receipts
from tengesim.money import BP, split_exactly
from tengesim.population.model import scaled
from tengesim.ports import Ports
from tengesim.streams import Streams, below, by_quota, chance

__all__ = ["BudgetOffice", "build_budget", "contract_count"]

_YEARS_AHEAD: Final = 3
_WEEKS_TO_DELIVER: Final = 3
"""Weeks after the review before the first act of a further contract."""


class BudgetOffice:
    """The Treasury and the administrators of one budget year."""

    def __init__(
        self,
        section: BudgetSection,
        ports: Ports,
        *,
        treasury: str,
        national_bank: str,
        banks: Sequence[Bank],
        streams: Streams,
        scale: Decimal,
    ) -> None:
        """Draw the contracts and open the accounts."""
        self.section = section
        self.lines = {
            line_id: LineAccount(
                line_id, line, section.plans, scaled(line.appropriation.value, scale)
            )
            for line_id, line in section.lines.items()
        }
        self._ports = ports
        self._streams = streams
        after = datetime.date(section.year + _YEARS_AHEAD, 1, 1)
        self._days = ports.calendar.business_days(section.first_day(), after)
        self._working = [day.toordinal() for day in self._days]
        self._last = previous_working(section.next_year().toordinal() - 1, self._working)
        accounts = BudgetAccounts(
            ports.ledger, treasury=treasury, national_bank=national_bank, banks=banks
        )
        self.execution = Execution(section, accounts, ports)
        self.receipts = Receipts(section, accounts, ports, scale=scale, days=self._days)
        numbers = np.arange(supplier_count(section, scale), dtype=np.int64)
        banked = by_quota(streams.words("budget/suppliers/bank", numbers), [bp for _, bp in banks])
        self._suppliers = [
            Payee(supplier_name(number), banks[bank][0])
            for number, bank in enumerate(banked.tolist())
        ]
        self._bank = banks[0][0]
        self.contracts = draw_contracts(
            section,
            tuple(self.lines.values()),
            streams=streams,
            scale=scale,
            working=self._working,
        )
        self._obligations: list[Obligation] = []
        self._regular: list[tuple[Obligation, list[int]]] = []

    def start(self) -> None:
        """Open the year and let everybody wait for their time."""
        self.receipts.open()
        self._ports.start(self._mornings())
        self._ports.start(self._close_year())
        for contract in self.contracts:
            self._ports.start(self._contract(contract))
        if self.section.lapse:
            self._ports.start(self._review())

    def _mornings(self) -> Generator[simpy.Event, None, None]:
        """Open each business day: receipts first, then what waited, then wages and transfers."""
        month = year = 0
        # The year after has the same plans and no end of its own, so it is the last one played.
        last = self.section.next_year().year
        for day in (day for day in self._days if day.year <= last):
            yield self._at(day, self.section.payments.opens)
            self.receipts.take_in(day)
            if day.year != year:
                year = day.year
                self._open_year(year)
            if day.month != month:
                month = day.month
                self._bind_again()
            self.execution.work_through()
            if day == self._regular_day(day):
                self._pay_regular(day)

    def _open_year(self, year: int) -> None:
        """Register wages and transfers for the year, those of local lines region by region."""
        self._regular = []
        for line in self.lines.values():
            for region, months in self._by_region(line).items():
                name = f"{line.id}/{region}" if region else line.id
                obligation = Obligation(
                    id=f"{name}/regular/{year}",
                    line=line,
                    region=region,
                    # Everybody who is paid wages and transfers stands as one payee.
                    payee=Payee(f"recipients-{name.replace('/', '-')}", self._bank),
                    is_contract=False,
                    due_tiyn=sum(months),
                )
                if not obligation.due_tiyn:
                    continue
                self._regular.append((obligation, months))
                self._obligations.append(obligation)
                self.execution.register(obligation)

    def _by_region(self, line: LineAccount) -> dict[str, list[int]]:
        """Return what a line pays as wages and transfers by region and month.

        Each month is divided by itself, so that the regions together are what the plan has.
        """
        months = by_month(line.regular_tiyn, (1,) * MONTHS)
        if line.level == "republican":
            return {"": months}
        people = {code: entry.value for code, entry in self.section.regions.items()}
        divided = [split_exactly(month_tiyn, people) for month_tiyn in months]
        return {code: [month[code] for month in divided] for code in people}

    def _bind_again(self) -> None:
        """Register anew, as plans allow, what lost its registration with the year."""
        for obligation in self._obligations:
            if not obligation.is_registered and obligation.due_tiyn:
                self.execution.register(obligation)

    def _regular_day(self, day: datetime.date) -> datetime.date:
        due = day.replace(day=self.section.payments.regular_day)
        return self._ports.calendar.add_business_days(due, 0)

    def _pay_regular(self, day: datetime.date) -> None:
        """Accept and pay a month's wages and transfers of every line."""
        for obligation, parts in self._regular:
            amount_tiyn = parts[day.month - 1]
            if amount_tiyn:
                # A line's wages and transfers are many payments, so the share holds of the sum.
                order = Order(
                    f"{obligation.id}/{day.month:02d}",
                    obligation,
                    amount_tiyn,
                    digital_tiyn=amount_tiyn * self.section.dt.budget_share.value // BP,
                )
                self.execution.accept(order)
                self.execution.submit(order)

    def _close_year(self) -> Generator[simpy.Event, None, None]:
        """Close the year when the last business day of it does."""
        last = datetime.date.fromordinal(self._last)
        yield self._at(last, self.section.payments.closes)
        self.execution.lapse(self.lines.values(), self._obligations)

    def _contract(self, contract: Contract) -> Generator[simpy.Event, None, None]:
        """Sign and register a contract, next month again if refused; then let its acts come."""
        obligation = Obligation(
            id=contract.id,
            line=self.lines[contract.line],
            region=contract.region,
            payee=self._suppliers[contract.supplier],
            is_contract=True,
            due_tiyn=contract.amount_tiyn,
        )
        day = datetime.date.fromordinal(contract.signed_on)
        yield self._at(day, self.section.payments.opens + MINUTE_US)
        self._obligations.append(obligation)
        registered = self.execution.register(obligation)
        while not registered:
            # The mornings of each month try again for all that is not registered.
            day = self._ports.calendar.add_business_days(_next_month(day), 0)
            yield self._at(day, self.section.payments.cut_off)
            registered = obligation.is_registered
        for act in contract.acts:
            self._ports.start(self._act(act, obligation, day.toordinal()))

    def _act(
        self, act: Act, obligation: Obligation, signed: int
    ) -> Generator[simpy.Event, None, None]:
        """Let an act be accepted and its payment be ordered."""
        dated = self._dated(act, signed)
        order = Order(
            act.intent,
            obligation,
            act.amount_tiyn,
            digital_tiyn=act.amount_tiyn if act.is_digital else 0,
            over_billed_tiyn=act.over_billed_tiyn,
        )
        yield self._at(datetime.date.fromordinal(dated.accepted_on), dated.accepted_at)
        self.execution.accept(order)
        yield self._at(datetime.date.fromordinal(dated.ordered_on), dated.ordered_at)
        self.execution.submit(order)

    def _dated(self, act: Act, signed: int) -> Act:
        """Return the act with the days on which it really goes, hurried where the year ends."""
        hours = self.section.payments
        accepted = next_working(max(act.accepted_on, signed + 1), self._working)
        ordered = max(act.ordered_on, accepted)
        accepted_at, ordered_at = act.accepted_at, act.ordered_at
        wanted = ordered
        if self.section.lapse:
            wanted = hastened(ordered, last=self._last, reach=act.reach, word=act.word)
        if wanted < ordered:
            ordered = max(previous_working(wanted, self._working), signed + 1)
            ordered = next_working(ordered, self._working)
            accepted = min(accepted, ordered)
            # Whoever hurries is at the counter before the cut-off.
            ordered_at = min(ordered_at, hours.cut_off - 1_000_000)
        if accepted == ordered:
            accepted_at = min(accepted_at, ordered_at)
        return act._replace(
            accepted_on=accepted, accepted_at=accepted_at, ordered_on=ordered, ordered_at=ordered_at
        )

    def _review(self) -> Generator[simpy.Event, None, None]:
        """Count what no contract binds before the year ends, and spend a part of it."""
        first = datetime.date(self.section.year, self.section.behaviour.review_month, 1)
        day = self._ports.calendar.add_business_days(first, 0)
        yield self._at(day, self.section.payments.opens)
        bound: dict[str, int] = {}
        for contract in self.contracts:
            bound[contract.line] = bound.get(contract.line, 0) + contract.amount_tiyn
        for line in self.lines.values():
            unbound_tiyn = line.contracted_tiyn - bound.get(line.id, 0)
            for contract in self._further(line, unbound_tiyn, day):
                self._ports.start(self._contract(contract))

    def _further(
        self, line: LineAccount, unbound_tiyn: int, day: datetime.date
    ) -> Iterator[Contract]:
        """Yield contracts on what is left, delivered and paid before the year ends."""
        sums = further_sums(
            max(unbound_tiyn, 0),
            spent_bp=self.section.behaviour.spend_savings.value,
            ordinary_tiyn=min(size.amount for size in self.section.contracts.sizes),
        )
        earliest = day.toordinal() + 7 * _WEEKS_TO_DELIVER
        open_days = [one for one in self._working if earliest <= one <= self._last]
        if not sums or not open_days:
            return
        numbers = np.arange(len(sums), dtype=np.int64)
        stem = f"budget/{line.id}/further"
        paid_on = below(self._streams.words(f"{stem}/day", numbers), len(open_days)).tolist()
        supplied = below(self._streams.words(f"{stem}/supplier", numbers), len(self._suppliers))
        digital = chance(
            self._streams.words(f"{stem}/digital", numbers), self.section.dt.budget_share.value
        )
        regions = regions_of(line, self.section, self._streams.words(f"{stem}/region", numbers))
        hours = self.section.payments
        for number, amount_tiyn in enumerate(sums):
            contract_id = f"{line.id}/further-{number + 1:06d}"
            ordered = open_days[paid_on[number]]
            accepted = previous_working(ordered - hours.shortest_wait.value, self._working)
            act = Act(
                intent=f"{contract_id}/act-1",
                amount_tiyn=amount_tiyn,
                accepted_on=accepted,
                accepted_at=hours.opens,
                ordered_on=ordered,
                ordered_at=hours.cut_off - 1_000_000,
                reach=0,
                word=0,
                over_billed_tiyn=0,
                is_digital=bool(digital[number]),
            )
            yield Contract(
                id=contract_id,
                line=line.id,
                region=regions[number],
                supplier=int(supplied[number]),
                amount_tiyn=amount_tiyn,
                signed_on=next_working(day.toordinal() + 1, self._working),
                acts=(act,),
            )

    def _at(self, day: datetime.date, time_of_day_us: int) -> simpy.Event:
        """Return the event of a moment, or of now where the moment is over."""
        moment = self._ports.calendar.at(day, time_of_day_us)
        return self._ports.until(max(moment, self._ports.now()))


def _next_month(day: datetime.date) -> datetime.date:
    return (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)


def contract_count(section: BudgetSection, scale: Decimal) -> int:
    """Return about how many contracts a year has at a scale, for estimates of size."""
    sizes = section.contracts.sizes
    contracted_tiyn = sum(
        line.appropriation.value * line.contracted.value for line in section.lines.values()
    )
    return scaled(contracted_tiyn // sum(size.amount * size.share for size in sizes), scale)


def build_budget(
    section: BudgetSection,
    ports: Ports,
    *,
    treasury: str,
    national_bank: str,
    banks: Sequence[Bank],
    streams: Streams,
    scale: Decimal,
) -> BudgetOffice:
    """Put a budget year into the world, whose clock stands at or before the year's first day.

    `banks` are the second tier with their shares in basis points, which add up to 10,000. Raises
    ValueError when the year has begun already.
    """
    if ports.now() > ports.calendar.at(section.first_day()):
        raise ValueError(f"the budget year {section.year} has begun before the world does")
    office = BudgetOffice(
        section,
        ports,
        treasury=treasury,
        national_bank=national_bank,
        banks=banks,
        streams=streams,
        scale=scale,
    )
    office.start()
    return office
