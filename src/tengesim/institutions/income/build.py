"""Announces income: who gets how much is decided once, the orders go out on their dates.

Amounts and days are functions of the scenario, the seed and the person alone, so a policy that
changes how money is paid leaves untouched what is due. Carrying the orders out is the banks'.
"""

import datetime
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.codes import Kind
from tengesim.institutions.income.days import months, pay_date, tranches_of
from tengesim.institutions.income.model import IncomeSection, WagesSection
from tengesim.money import BP
from tengesim.ports import CreditOrder, Ports
from tengesim.streams import Streams, below, by_quota

__all__ = ["TOPIC", "WAGES", "DatedOrder", "Earners", "Income", "Payroll", "build"]

TOPIC: Final = "credit"
"""Where the orders are announced."""
WAGES: Final = "wages"
"""Programme of the rows of wages."""

_MONTHS: Final = 12

_Integers = NDArray[np.integer[Any]]


class Earners(Protocol):
    """Columns by person that income reads."""

    @property
    def region(self) -> _Integers:
        """Index of the region among the regions."""
        ...

    @property
    def wage_tiyn(self) -> _Integers:
        """Wage of a month before anything is withheld; 0 without work."""
        ...

    @property
    def employer(self) -> _Integers:
        """Number of the employer, −1 without one."""
        ...

    @property
    def memberships(self) -> _Integers:
        """Bits of the programmes the person is a member of."""
        ...


class Payroll(Protocol):
    """What income needs to know of a society."""

    @property
    def regions(self) -> tuple[str, ...]:
        """Codes of the regions."""
        ...

    @property
    def programmes(self) -> tuple[str, ...]:
        """Programmes in the order of the bits of memberships."""
        ...

    @property
    def people(self) -> Earners:
        """Columns by person."""
        ...

    @property
    def employers(self) -> tuple[_Integers, ...]:
        """Columns by employer."""
        ...

    def employer_name(self, number: int) -> str:
        """Return the name of an employer."""
        ...


class DatedOrder(NamedTuple):
    """An order and the moment at which it goes out."""

    time_us: int
    order: CreditOrder


class _Line(NamedTuple):
    """Everybody whom one payer owes money of one programme, and on which day of the month."""

    kind: Kind
    programme: str
    source: str
    at_us: int
    digital_bp: int
    people: NDArray[np.int64]
    amounts_tiyn: NDArray[np.int64]
    days: NDArray[np.int64]
    months: NDArray[np.int64] | None = None
    """Month of the year of each, where it is not every month."""


class Income:
    """What everybody is due, and when."""

    def __init__(
        self,
        section: IncomeSection,
        society: Payroll,
        ports: Ports,
        *,
        streams: Streams,
        treasury: str,
    ) -> None:
        """Draw amounts and days of everybody once."""
        self._moving = section.non_working_days
        self._calendar = ports.calendar
        lines: list[_Line] = []
        if section.wages is not None:
            lines += _wages(section.wages, society, streams)
        lines += [
            _benefit(programme, section, society, streams=streams, treasury=treasury)
            for programme in section.benefits
        ]
        self._lines = lines

    def orders(self, start: datetime.date, end: datetime.date) -> Iterator[DatedOrder]:
        """Yield the orders dated from `start` to before `end`, in the order of going out."""
        for month in months(start, end):
            due: list[DatedOrder] = []
            for line in self._lines:
                due += self._month(line, month, start, end)
            yield from sorted(due, key=lambda dated: dated.time_us)

    def due_tiyn(self, start: datetime.date, end: datetime.date) -> dict[str, int]:
        """Return what each payer owes by the orders from `start` to before `end`."""
        owed: dict[str, int] = {}
        for _, order in self.orders(start, end):
            owed[order.source] = owed.get(order.source, 0) + sum(order.amounts_tiyn.tolist())
        return owed

    def _month(
        self, line: _Line, month: datetime.date, start: datetime.date, end: datetime.date
    ) -> Iterator[DatedOrder]:
        if line.months is None:
            is_due = np.ones(len(line.people), dtype=np.bool_)
        else:
            is_due = line.months == month.month
        # Two days of the month may fall on one date, as the 30th and 31st do in February.
        due: dict[datetime.date, list[int]] = {}
        for day in np.unique(line.days[is_due]).tolist():
            date = pay_date(self._calendar, month, day, self._moving)
            if start <= date < end:
                due.setdefault(date, []).append(day)
        for date, days in due.items():
            chosen = np.flatnonzero(np.isin(line.days, days) & is_due)
            whose = f"/{line.source}" if line.kind is Kind.WAGE else ""
            order = CreditOrder(
                id=f"{line.programme}{whose}/{date}",
                kind=line.kind,
                programme=line.programme,
                source=line.source,
                people=line.people[chosen],
                amounts_tiyn=line.amounts_tiyn[chosen],
                digital_bp=line.digital_bp,
            )
            yield DatedOrder(self._calendar.at(date, line.at_us), order)


def build(
    section: IncomeSection,
    society: Payroll,
    ports: Ports,
    *,
    streams: Streams,
    treasury: str,
    start: datetime.date,
    end: datetime.date,
) -> Income:
    """Put income into the world: orders from `start` to before `end` are announced when due.

    Raises ValueError when a benefit names no programme of the society.
    """
    income = Income(section, society, ports, streams=streams, treasury=treasury)
    ports.start(_announce(income.orders(start, end), ports))
    return income


def _announce(orders: Iterator[DatedOrder], ports: Ports) -> Generator[simpy.Event, None, None]:
    announce: Callable[[str, object], None] = ports.bulletin.announce
    for time_us, order in orders:
        if time_us > ports.now():
            yield ports.until(time_us)
        announce(TOPIC, order)


def _wages(section: WagesSection, society: Payroll, streams: Streams) -> Iterator[_Line]:
    """Yield one line per employer that owes a wage."""
    people = society.people
    shares_bp = [entry.share for entry in section.pay_days]
    numbers = np.arange(len(society.employers[0]), dtype=np.int64)
    chosen = by_quota(streams.words("income/wages/day", numbers), shares_bp)
    gross = np.asarray(people.wage_tiyn, dtype=np.int64)
    net = gross - gross * section.withheld.value // BP
    employer = np.asarray(people.employer, dtype=np.int64)
    employed = np.flatnonzero((employer >= 0) & (net > 0))
    ordered = employed[np.argsort(employer[employed], kind="stable")]
    firms, first = np.unique(employer[ordered], return_index=True)
    staffs = np.split(ordered, first[1:])
    for number, staff in zip(firms.tolist(), staffs[: len(firms)], strict=True):
        day = section.pay_days[int(chosen[number])].day
        yield _Line(
            kind=Kind.WAGE,
            programme=WAGES,
            source=society.employer_name(number),
            at_us=section.at,
            digital_bp=section.digital.value,
            people=staff,
            amounts_tiyn=net[staff],
            days=np.full(len(staff), day, dtype=np.int64),
        )


def _benefit(
    programme: str,
    section: IncomeSection,
    society: Payroll,
    *,
    streams: Streams,
    treasury: str,
) -> _Line:
    benefit = section.benefits[programme]
    if programme not in society.programmes:
        known = ", ".join(society.programmes) or "none"
        raise ValueError(f"benefit {programme!r} is no programme of the population; known: {known}")
    bit = 1 << society.programmes.index(programme)
    members = np.flatnonzero(np.asarray(society.people.memberships, dtype=np.int64) & bit)
    mean_tiyn = benefit.amount.value
    half_width = mean_tiyn * benefit.spread.value // BP
    drawn = below(streams.words(f"income/{programme}/amount", members), 2 * half_width + 1)
    # Nobody is on the list for nothing: with a spread of 100 % the lowest amount is one tiyn.
    amounts = np.maximum(mean_tiyn - half_width + drawn, 1)
    regions = np.asarray(society.people.region, dtype=np.int64)[members]
    words = streams.words(f"income/{programme}/day", members)
    days = tranches_of(benefit.tranches or section.tranches, regions, words, society.regions)
    due_in = None
    if benefit.paid == "once_a_year":
        drawn_month = below(streams.words(f"income/{programme}/month", members), _MONTHS)
        due_in = 1 + drawn_month
    return _Line(
        kind=Kind.BENEFIT,
        programme=programme,
        source=treasury,
        at_us=section.benefits_at,
        digital_bp=benefit.digital.value,
        people=members,
        amounts_tiyn=amounts,
        days=days,
        months=due_in,
    )
