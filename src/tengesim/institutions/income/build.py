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

__all__ = ["TOPIC", "WAGES", "DatedOrder", "Due", "Earners", "Income", "Payroll", "build"]

TOPIC: Final = "credit"
"""Where the orders are announced."""
WAGES: Final = "wages"
"""Programme of the rows of wages."""

_MONTHS: Final = 12
_DAYS_MAX: Final = 31

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


class Due(NamedTuple):
    """What payers owe within some time."""

    benefits_tiyn: int
    """By the Treasury."""
    wages_tiyn: NDArray[np.int64]
    """By each employer."""


class _Line(NamedTuple):
    """Everybody who is owed money of one programme, and on which day of the month."""

    kind: Kind
    programme: str
    at_us: int
    digital_bp: int
    people: NDArray[np.int64]
    amounts_tiyn: NDArray[np.int64]
    days: NDArray[np.int64]
    months: NDArray[np.int64] | None = None
    """Month of the year of each, where it is not every month."""
    employers: NDArray[np.int64] | None = None
    """Number of the employer that pays each, in order; None where the Treasury pays."""


class _Part(NamedTuple):
    """The people of a line who are paid on one date."""

    time_us: int
    date: datetime.date
    line: _Line
    chosen: NDArray[np.int64]


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
        self._treasury = treasury
        self._employer_name = society.employer_name
        self._employers = len(society.employers[0])
        lines: list[_Line] = []
        if section.wages is not None:
            lines.append(_wages(section.wages, society, streams))
        lines += [
            _benefit(programme, section, society, streams=streams) for programme in section.benefits
        ]
        self._lines = lines

    def orders(self, start: datetime.date, end: datetime.date) -> Iterator[DatedOrder]:
        """Yield the orders dated from `start` to before `end`, in the order of going out."""
        for part in self._parts(start, end):
            for source, chosen in self._payers(part):
                yield DatedOrder(part.time_us, _order(part, source, chosen))

    def due(self, start: datetime.date, end: datetime.date) -> Due:
        """Return what each payer owes by the orders from `start` to before `end`."""
        benefits_tiyn = 0
        wages_tiyn = np.zeros(self._employers, dtype=np.int64)
        for part in self._parts(start, end):
            amounts_tiyn = part.line.amounts_tiyn[part.chosen]
            if part.line.employers is None:
                benefits_tiyn += sum(amounts_tiyn.tolist())
            else:
                np.add.at(wages_tiyn, part.line.employers[part.chosen], amounts_tiyn)
        return Due(benefits_tiyn, wages_tiyn)

    def _parts(self, start: datetime.date, end: datetime.date) -> Iterator[_Part]:
        """Yield whom the orders pay, in the order of going out."""
        for month in months(start, end):
            parts = [part for line in self._lines for part in self._month(line, month, start, end)]
            yield from sorted(parts, key=lambda part: part.time_us)

    def _month(
        self, line: _Line, month: datetime.date, start: datetime.date, end: datetime.date
    ) -> Iterator[_Part]:
        if line.months is None:
            is_due = np.ones(len(line.people), dtype=np.bool_)
        else:
            is_due = line.months == month.month
        # Two days of the month may fall on one date, as the 30th and 31st do in February.
        due: dict[datetime.date, list[int]] = {}
        for day in np.flatnonzero(np.bincount(line.days[is_due])).tolist():
            date = pay_date(self._calendar, month, day, self._moving)
            if start <= date < end:
                due.setdefault(date, []).append(day)
        for date, days in due.items():
            is_paid = np.zeros(_DAYS_MAX + 1, dtype=np.bool_)
            is_paid[days] = True
            chosen = np.flatnonzero(is_paid[line.days] & is_due)
            yield _Part(self._calendar.at(date, line.at_us), date, line, chosen)

    def _payers(self, part: _Part) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield each payer and the lines of those whom it pays."""
        if part.line.employers is None:
            yield self._treasury, part.chosen
            return
        numbers, first = np.unique(part.line.employers[part.chosen], return_index=True)
        staffs = np.split(part.chosen, first[1:])
        for number, staff in zip(numbers.tolist(), staffs, strict=True):
            yield self._employer_name(number), staff


def _order(part: _Part, source: str, chosen: NDArray[np.int64]) -> CreditOrder:
    line = part.line
    whose = f"/{source}" if line.kind is Kind.WAGE else ""
    return CreditOrder(
        id=f"{line.programme}{whose}/{part.date}",
        kind=line.kind,
        programme=line.programme,
        source=source,
        people=line.people[chosen],
        amounts_tiyn=line.amounts_tiyn[chosen],
        digital_bp=line.digital_bp,
    )


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


def _wages(section: WagesSection, society: Payroll, streams: Streams) -> _Line:
    """Return what employers owe, in the order of the employers."""
    people = society.people
    shares_bp = [entry.share for entry in section.pay_days]
    numbers = np.arange(len(society.employers[0]), dtype=np.int64)
    chosen = by_quota(streams.words("income/wages/day", numbers), shares_bp)
    gross = np.asarray(people.wage_tiyn, dtype=np.int64)
    net = gross - gross * section.withheld.value // BP
    employer = np.asarray(people.employer, dtype=np.int64)
    employed = np.flatnonzero((employer >= 0) & (net > 0))
    staff = employed[np.argsort(employer[employed], kind="stable")]
    pay_days = np.array([entry.day for entry in section.pay_days], dtype=np.int64)
    return _Line(
        kind=Kind.WAGE,
        programme=WAGES,
        at_us=section.at,
        digital_bp=section.digital.value,
        people=staff,
        amounts_tiyn=net[staff],
        days=pay_days[chosen[employer[staff]]],
        employers=employer[staff],
    )


def _benefit(
    programme: str,
    section: IncomeSection,
    society: Payroll,
    *,
    streams: Streams,
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
        at_us=section.benefits_at,
        digital_bp=benefit.digital.value,
        people=members,
        amounts_tiyn=amounts,
        days=days,
        months=due_in,
    )
