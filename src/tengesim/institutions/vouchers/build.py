"""Puts a voucher into the world: who gets it and when, and the office that runs it.

Who activates a voucher on which day is a function of scenario, seed, person and month alone, so
arms that pay it in other money give it to the same families on the same days.
"""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tengesim.institutions.customers import Customers, total_tiyn
from tengesim.institutions.vouchers.model import VoucherSection, VoucherTermSection
from tengesim.institutions.vouchers.office import (
    Given,
    MarkedOffice,
    Month,
    Programme,
    Tries,
    pay_out,
)
from tengesim.institutions.vouchers.rewards import Register, Rewards
from tengesim.ports import Availability, Ports
from tengesim.rules.model import MarkSection, RuleBook
from tengesim.rules.procedures import MintsReward, Schedules
from tengesim.rules.steps import procedure_of, scheduled_us
from tengesim.rules.terms import day_number
from tengesim.streams import Streams, below, chance

__all__ = ["Community", "Marked", "Offices", "months_of"]

_MONTHS: Final = 12

_Integers = NDArray[np.integer[Any]]
Whole = NDArray[np.int64]


class Members(Protocol):
    """Columns by person that vouchers read."""

    @property
    def household(self) -> _Integers:
        """Number of the household."""
        ...

    @property
    def region(self) -> _Integers:
        """Index of the region among the regions."""
        ...


class Families(Protocol):
    """Columns by household."""

    @property
    def size(self) -> _Integers:
        """How many people live in it."""
        ...


class Community(Protocol):
    """What vouchers need to know of a society."""

    @property
    def regions(self) -> tuple[str, ...]:
        """Codes of the regions."""
        ...

    @property
    def people(self) -> Members:
        """Columns by person."""
        ...

    @property
    def households(self) -> Families:
        """Columns by household."""
        ...

    def is_member(self, programme: str) -> NDArray[np.bool_]:
        """Return who receives `programme`."""
        ...


class Marked(NamedTuple):
    """Purses of one voucher: whose they are, which accounts, and the rules they pay by."""

    voucher: str
    people: Whole
    accounts: Whole
    book: RuleBook
    priority: int


class Offices:
    """Builds the offices of all vouchers of a world."""

    def __init__(
        self,
        society: Community,
        customers: Customers,
        ports: Ports,
        *,
        streams: Streams,
        treasury: str,
        end: datetime.date,
        availability: Availability,
    ) -> None:
        """Serve people of `society` up to `end`, the first day after the horizon.

        `availability` says when the platform can be reached.
        """
        self._society = society
        self._customers = customers
        self._ports = ports
        self._streams = streams
        self._treasury = treasury
        self._end = end
        self._availability = availability

    def due_tiyn(
        self, voucher: str, section: VoucherSection, rewards: MintsReward | None = None
    ) -> int:
        """Return the most that can fall due within the horizon; `rewards` says what acts earn."""
        months = len(list(months_of(section.term, self._end)))
        programme = self._programme(voucher, section)
        if section.reward is not None and rewards is not None:
            most_tiyn = min(rewards.limit, section.reward.acts.value * rewards.per_unit)
            return len(programme.people) * most_tiyn * months
        return total_tiyn(programme.amounts_tiyn) * months

    def open(
        self,
        voucher: str,
        section: VoucherSection,
        *,
        marks: Mapping[str, MarkSection],
        books: Mapping[str, RuleBook],
    ) -> Marked | None:
        """Start the office of a voucher; return its purses, None where deposits are credited."""
        programme = self._programme(voucher, section)
        if section.marked is None:
            months = self._months(programme, section, None)
            self._ports.start(pay_out(programme, months, self._ports))
            return None
        # The load makes sure that one version is in force whenever money is issued.
        book = books[marks[section.marked.mark].rule_book].edition(day_number(section.term.first))
        expiry = book.expiry()
        if expiry is None:
            raise ValueError(f"nothing says when money of {voucher!r} goes back")
        schedule = procedure_of(book, Schedules)
        months = self._months(programme, section, schedule)
        office = MarkedOffice(
            section.marked,
            programme,
            book=book,
            customers=self._customers,
            ports=self._ports,
            tries=None if schedule is None else Tries(schedule, self._availability),
            rewards=self._rewards(programme, section, book),
        )
        swap_days = self._ports.calendar.business_days(section.term.first, self._end)
        self._ports.start(office.work(months, return_at_us=expiry.at, swap_days=swap_days))
        priority = section.marked.priority
        return Marked(voucher, programme.people, office.purses, book, priority)

    def _rewards(
        self, programme: Programme, section: VoucherSection, book: RuleBook
    ) -> Rewards | None:
        procedure = procedure_of(book, MintsReward)
        if procedure is None or section.reward is None:
            return None
        register = Register(programme.id, section.reward, self._streams)
        return Rewards(procedure, register, programme.people, self._customers, self._ports)

    def _programme(self, voucher: str, section: VoucherSection) -> Programme:
        people = self._society.people
        is_recipient = self._society.is_member(section.recipients_of)
        if section.regions:
            named = [self._society.regions.index(region) for region in section.regions]
            is_recipient &= np.isin(people.region, named)
        recipients = np.flatnonzero(is_recipient)
        members = self._society.households.size[people.household[recipients]].astype(np.int64)
        each_tiyn = 0 if section.per_member is None else section.per_member.value
        return Programme(
            voucher,
            self._treasury,
            self._customers.national_bank,
            recipients,
            members * each_tiyn,
        )

    def _months(
        self, programme: Programme, section: VoucherSection, schedule: Schedules | None
    ) -> Iterator[Month]:
        """Yield the months of the term that begin within the horizon.

        Who activates a voucher when does not depend on the schedule; the load makes sure that
        nobody does so after it.
        """
        words, calendar = self._streams.words, self._ports.calendar
        for first, last in months_of(section.term, self._end):
            step = first.year * _MONTHS + first.month
            drawn = words(f"vouchers/{programme.id}/activation", programme.people, step)
            activates = np.flatnonzero(chance(drawn, section.activation.value))
            if schedule is not None:
                end = last + datetime.timedelta(days=1)
                at_us = scheduled_us(schedule, calendar, first, end)[0]
                yield Month(first, last, (Given(calendar.date_of(at_us), at_us, activates),))
                continue
            if section.given_at is None:
                raise ValueError(f"nothing says when money of {programme.id!r} is given")
            days = min(section.activated_within.value, (last - first).days + 1)
            later = words(f"vouchers/{programme.id}/day", programme.people[activates], step)
            on_day = below(later, days)
            dates = [first + datetime.timedelta(days=day) for day in range(days)]
            given = tuple(
                Given(
                    dates[day], calendar.at(dates[day], section.given_at), activates[on_day == day]
                )
                for day in np.unique(on_day).tolist()
            )
            yield Month(first, last, given)


def months_of(
    term: VoucherTermSection, end: datetime.date
) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Yield first and last day of each calendar month of `term` that begins before `end`."""
    first = term.first
    while first <= term.last and first < end:
        following = (first.replace(day=1) + datetime.timedelta(days=31)).replace(day=1)
        yield first, min(term.last, following - datetime.timedelta(days=1))
        first = following
