"""Simulated time as whole microseconds, and the calendar that turns it into local days.

Time is elapsed time since the Unix epoch in UTC, so it never runs backwards; local dates are
derived from it through offsets stated in the scenario. The time zone database of the machine is
not asked, because its version would change results.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NewType

__all__ = [
    "DAY_US",
    "HOUR_US",
    "MINUTE_US",
    "SECOND_US",
    "Calendar",
    "Duration",
    "SimTime",
    "format_time_of_day",
    "parse_date",
    "parse_duration",
    "parse_time_of_day",
]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

SimTime = NewType("SimTime", int)

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAYS_A_WEEK = 7
_DURATION_MAX_DAYS = 36_600
_FEBRUARY, _LEAP_DAY, _MONTHS = 2, 29, 12
_UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": SECOND_US,
    "second": SECOND_US,
    "min": MINUTE_US,
    "minute": MINUTE_US,
    "h": HOUR_US,
    "hour": HOUR_US,
    "day": DAY_US,
    "week": 7 * DAY_US,
}
_DURATION = re.compile(r"(?P<number>[0-9]{1,19}(?:\.[0-9]{1,19})?) ?(?P<unit>[a-z]+(?: [a-z]+)?)")
_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_TIME_OF_DAY = re.compile(
    r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
)
_DURATION_EXPECTED = "expected a duration such as 15 s, 30 min, 2 h, 3 days or 5 business days"


@dataclass(frozen=True, slots=True)
class Duration:
    """Hold a length of time, either elapsed microseconds or business days of a calendar."""

    value: int
    unit: Literal["us", "business_days"]

    def __str__(self) -> str:
        """Write the duration so that `parse_duration` reads the same again."""
        if self.unit == "business_days":
            return f"{self.value} business {'day' if self.value == 1 else 'days'}"
        for name, unit_us in (
            ("day", DAY_US),
            ("h", HOUR_US),
            ("min", MINUTE_US),
            ("s", SECOND_US),
        ):
            if self.value and self.value % unit_us == 0:
                count = self.value // unit_us
                return f"{count} {name}{'s' if name == 'day' and count != 1 else ''}"
        return f"{self.value} us"


def parse_duration(text: str) -> Duration:
    """Return the duration that a text such as "5 business days" or "2 h" means.

    Raises ValueError when it is negative, has no unit, is not whole microseconds (or whole
    business days), or is longer than a century.

    >>> parse_duration("2 h")
    Duration(value=7200000000, unit='us')
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a duration; {_DURATION_EXPECTED}")
    number = Decimal(match["number"])
    unit = match["unit"]
    if unit in ("month", "months", "year", "years"):
        message = f"{text[:40]!r} has no fixed length"
        raise ValueError(f"{message}; expected days or business days instead of {unit}")
    if unit in ("business day", "business days"):
        value, whole_unit, most = _whole(number, 1), "business days", _DURATION_MAX_DAYS
    else:
        unit_us = _UNITS_US.get(unit) or _UNITS_US.get(unit.removesuffix("s"))
        if unit_us is None or unit == "mins":
            raise ValueError(f"{text[:40]!r} has an unknown unit; {_DURATION_EXPECTED}")
        value, whole_unit, most = (
            _whole(number, unit_us),
            "microseconds",
            _DURATION_MAX_DAYS * DAY_US,
        )
    if value is None:
        raise ValueError(
            f"{text[:40]!r} is not a whole number of {whole_unit}; {_DURATION_EXPECTED}"
        )
    if value > most:
        raise ValueError(f"{text[:40]!r} is too long; expected at most {_DURATION_MAX_DAYS} days")
    return Duration(value, "business_days" if whole_unit == "business days" else "us")


def parse_date(text: str) -> date:
    """Return the date that a text such as "2026-02-01" means; raise ValueError otherwise."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:40]!r} is not a date; expected year-month-day, such as 2026-02-01"
        )
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if (month, day) == (_FEBRUARY, _LEAP_DAY) and not _is_leap(year):
        raise ValueError(f"{text}: {year} has no 29 February; expected a day of that year")
    try:
        return date(year, month, day)
    except ValueError:
        kind = "day" if 1 <= month <= _MONTHS else "month"
        raise ValueError(f"{text} does not exist; expected a {kind} of the calendar") from None


def parse_time_of_day(text: str) -> int:
    """Return the microseconds since local midnight of a text such as "07:30"."""
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:40]!r} is not a time of day; expected 00:00 to 23:59, such as 07:30"
        )
    hours, minutes, seconds = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    return hours * HOUR_US + minutes * MINUTE_US + seconds * SECOND_US


def format_time_of_day(time_of_day_us: int) -> str:
    """Write a time of day so that `parse_time_of_day` reads the same again."""
    if not 0 <= time_of_day_us < DAY_US or time_of_day_us % SECOND_US:
        raise ValueError(f"{time_of_day_us} us is not a whole second of a day")
    minutes, seconds = divmod(time_of_day_us // SECOND_US, 60)
    shown = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{shown}:{seconds:02d}" if seconds else shown


@dataclass(frozen=True)
class Calendar:
    """Turn simulated time into local days, and count the business days among them.

    `offsets` are pairs of a local date and the microseconds local time is ahead of UTC from the
    midnight that begins it (by the clock used until then); the first also holds before its date.
    `weekend` are weekdays with Monday 0; `working_days` are weekend days or holidays worked by
    decree. Whatever the offsets, `date_of(at(day, t)) == day`.
    """

    offsets: tuple[tuple[date, int], ...]
    holidays: frozenset[date] = frozenset()
    weekend: tuple[int, ...] = (5, 6)
    working_days: frozenset[date] = frozenset()
    _turns_us: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _turn_days: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the offsets and the weekend, and prepare the moments of change."""
        if not self.offsets:
            raise ValueError("a calendar has no offset; expected at least one (date, us) pair")
        days = [day for day, _ in self.offsets]
        if days != sorted(set(days)):
            raise ValueError("the offsets of a calendar do not ascend; expected dates in order")
        if any(type(us) is not int or not -DAY_US < us < DAY_US for _, us in self.offsets):
            raise ValueError("an offset of a calendar is not within a day; expected int us")
        if not set(self.weekend) < set(range(_DAYS_A_WEEK)):
            raise ValueError("the weekend leaves no working day; expected some of 0 to 6")
        later = self.offsets[1:]
        turns = [
            _midnight_us(day) - self.offsets[number][1] for number, (day, _) in enumerate(later)
        ]
        object.__setattr__(self, "_turns_us", tuple(turns))
        object.__setattr__(self, "_turn_days", tuple(_day_number(day) for day, _ in later))

    def at(self, day: date, time_of_day_us: int = 0) -> SimTime:
        """Return the moment at which local clocks show a time of a day.

        A time that clocks show twice is the first of the two; one they skip is the moment of
        the change.
        """
        if not 0 <= time_of_day_us < DAY_US:
            raise ValueError(f"time of day is {time_of_day_us} us; expected 0 to {DAY_US - 1}")
        number = bisect_right(self._turn_days, _day_number(day))
        moment = _midnight_us(day) + time_of_day_us - self.offsets[number][1]
        return SimTime(moment if number == 0 else max(moment, self._turns_us[number - 1]))

    def at_each(self, days: Sequence[date], time_of_day_us: int = 0) -> list[SimTime]:
        """Return the moment at which local clocks show a time of each of some days."""
        if self._turn_days:
            return [self.at(day, time_of_day_us) for day in days]
        # Where the offset never changes, the days of years take no time at all.
        ahead_us = self.at(date.fromordinal(_EPOCH_ORDINAL), time_of_day_us)
        return [SimTime(_day_number(day) * DAY_US + ahead_us) for day in days]

    def date_of(self, time_us: int) -> date:
        """Return the local date of a moment."""
        return date.fromordinal(self.day_number(time_us) + _EPOCH_ORDINAL)

    def day_number(self, time_us: int) -> int:
        """Return the local days since 1 January 1970 at a moment."""
        return (time_us + self._offset_us(time_us)) // DAY_US

    def hour_of(self, time_us: int) -> int:
        """Return the local hour, 0 to 23, at a moment."""
        return (time_us + self._offset_us(time_us)) % DAY_US // HOUR_US

    def is_business_day(self, day: date) -> bool:
        """Return whether offices work on a day."""
        if day in self.working_days:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def add_business_days(self, day: date, count: int) -> date:
        """Return the business day that is `count` business days after a day.

        Zero gives the day itself when it is a business day, else the next one.
        """
        if count < 0:
            raise ValueError(f"count is {count}; expected zero or more business days")
        while not self.is_business_day(day) and count == 0:
            day += timedelta(days=1)
        while count:
            day += timedelta(days=1)
            count -= self.is_business_day(day)
        return day

    def after(self, day: date, delay: Duration, time_of_day_us: int) -> SimTime:
        """Return the moment `delay` after a time of a day.

        Business days lead to the same time of a later business day; elapsed time is added.
        """
        if delay.unit == "business_days":
            return self.at(self.add_business_days(day, delay.value), time_of_day_us)
        return SimTime(self.at(day, time_of_day_us) + delay.value)

    def business_days(self, start: date, end_exclusive: date) -> list[date]:
        """Return the business days from a day on, up to and without the end."""
        span = range(start.toordinal(), end_exclusive.toordinal())
        return [day for day in map(date.fromordinal, span) if self.is_business_day(day)]

    def _offset_us(self, time_us: int) -> int:
        return self.offsets[bisect_right(self._turns_us, time_us)][1]


def _whole(number: Decimal, unit: int) -> int | None:
    numerator, denominator = number.as_integer_ratio()
    whole, rest = divmod(numerator * unit, denominator)
    return None if rest else whole


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _day_number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


def _midnight_us(day: date) -> int:
    return _day_number(day) * DAY_US
