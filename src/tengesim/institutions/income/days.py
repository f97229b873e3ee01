"""Days of pay: from a day of the month to a date, and which day is whose.

Pure functions of calendar and columns: a date never leaves its month, so what is due on a day of
every month is paid exactly once in each.
"""

import datetime
from calendar import monthrange
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import Calendar
from tengesim.institutions.income.model import TrancheSection
from tengesim.money import BP
from tengesim.streams import Words, by_quota

__all__ = ["months", "pay_date", "tranche_days", "tranches_of"]

_DECEMBER = 12


def months(start: datetime.date, end: datetime.date) -> Iterator[datetime.date]:
    """Yield the first day of every month that has a day from `start` to before `end`."""
    month = start.replace(day=1)
    while month < end:
        yield month
        month = (
            month.replace(year=month.year + 1, month=1)
            if month.month == _DECEMBER
            else month.replace(month=month.month + 1)
        )


def pay_date(
    calendar: Calendar,
    month: datetime.date,
    day: int,
    moving: Literal["paid", "before", "after"],
) -> datetime.date:
    """Return the date in `month` on which what is due on `day` of the month is paid.

    A day beyond the end of the month is its last. A month without any working day, which only an
    invented calendar has, is paid on the day itself.
    """
    last = monthrange(month.year, month.month)[1]
    due = month.replace(day=min(day, last))
    if moving == "paid" or calendar.is_business_day(due):
        return due
    before = [month.replace(day=number) for number in range(due.day - 1, 0, -1)]
    after = [month.replace(day=number) for number in range(due.day + 1, last + 1)]
    tried = before + after if moving == "before" else after + before
    return next((one for one in tried if calendar.is_business_day(one)), due)


def tranche_days(section: TrancheSection, region_count: int) -> tuple[list[int], list[int]]:
    """Return the early and the late day of each region, by its index."""
    first, early, last = (
        section.first_day.value,
        section.early_until.value,
        section.last_day.value,
    )
    return (
        [first + index * (early - first + 1) // region_count for index in range(region_count)],
        [early + 1 + index * (last - early) // region_count for index in range(region_count)],
    )


def tranches_of(
    section: TrancheSection, regions: NDArray[np.int64], words: Words, region_codes: Sequence[str]
) -> NDArray[np.int64]:
    """Return the day of the month of each person, given the index of its region and a word.

    In every region the early share of the people is met to the nearest person.
    """
    early, late = tranche_days(section, len(region_codes))
    share_bp = section.early_share.value
    days = np.zeros(len(regions), dtype=np.int64)
    for index in range(len(region_codes)):
        there = np.flatnonzero(regions == index)
        is_late = by_quota(words[there], (share_bp, BP - share_bp))
        days[there] = np.where(is_late == 1, late[index], early[index])
    return days
