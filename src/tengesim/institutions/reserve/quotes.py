"""What assets are worth to the reserve, day by day: prices of the market, and of its fund units.

A fund unit makes a part of what the asset it follows does, less a fee, and is dealt in at that
value. What the funds state, and the reserve's books show, is an older one.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final

from tengesim.clock import DAY_US, Calendar, Duration
from tengesim.codes import BASE_UNITS, Form
from tengesim.institutions.assets import ASSETS, worth_tiyn
from tengesim.institutions.reserve.model import CadenceName, FundUnitSection
from tengesim.money import BP
from tengesim.ports import Prices

__all__ = ["Dates", "Quotes"]

_MONTHS: Final[dict[CadenceName, int]] = {"month": 1, "quarter": 3, "year": 12}
_DAYS_A_YEAR: Final = 365
_NAV: Final = 10**9
"""The value of a fund unit is kept in this part of a dollar; it begins with one dollar."""


class Dates:
    """The days of the horizon by number, and what lies between them."""

    __slots__ = ("_beginning", "_calendar", "days")

    def __init__(self, days: Sequence[datetime.date], calendar: Calendar) -> None:
        """Take the days of the horizon, which follow one another."""
        self.days = days
        self._calendar = calendar
        firsts = [(number, day.month - 1) for number, day in enumerate(days) if day.day == 1]
        self._beginning = {
            every: frozenset(number for number, month in firsts if month % months == 0)
            for every, months in _MONTHS.items()
        }

    def begins(self, number: int, every: CadenceName) -> bool:
        """Return whether day `number` is the first of its month, quarter or year."""
        return number in self._beginning[every]

    def after(self, number: int, delay: Duration) -> int:
        """Return the number of the day on which `delay` is over; parts of a day count whole."""
        if delay.unit == "us":
            return number + -(-delay.value // DAY_US)
        day = self.days[number]
        return number + (self._calendar.add_business_days(day, delay.value) - day).days


class Quotes:
    """What a whole unit of each asset is worth, in tiyn and in cents."""

    __slots__ = ("_daily", "_values")

    def __init__(self, prices: Prices, section: FundUnitSection | None, dates: Dates) -> None:
        """Value the fund units, where there are any, on each day of the horizon."""
        self._values: Sequence[int] = ()
        self._daily = {asset: prices.daily(asset) for asset in prices.assets}
        if section is not None:
            self._values = _values(section, self._daily, len(dates.days))
            stated = _stated(section, self._values, dates)
            dollars = self._daily[Form.US_DOLLAR]
            self._daily[Form.FUND_UNIT] = [
                max(1, value * dollar_tiyn // _NAV)
                for value, dollar_tiyn in zip(stated, dollars, strict=False)
            ]

    @property
    def assets(self) -> tuple[Form, ...]:
        """Return what is worth something, fund units last."""
        return tuple(self._daily)

    def daily(self, asset: Form) -> Sequence[int]:
        """Return what the books say that a whole unit is worth on every day."""
        return self._daily[asset]

    def tiyn(self, asset: Form, day: int) -> int:
        """Return what the books say that a whole unit is worth."""
        return self._daily[asset][day]

    def worth(self, form: Form, units: int, day: int) -> int:
        """Return what the books say that `units` base units are worth, in tiyn."""
        return worth_tiyn(form, units, self._daily[form][day])

    def total(self, held: Mapping[Form, int], day: int) -> int:
        """Return what the books say that base units of several assets are worth, in tiyn."""
        daily = self._daily
        return sum([units * daily[form][day] // BASE_UNITS[form] for form, units in held.items()])

    def cents(self, form: Form, units: int, day: int) -> int:
        """Return the cents that `units` base units bring, before costs, rounded down."""
        top, bottom = self._cents_a_unit(form, day)
        return units * top // bottom

    def units(self, form: Form, cents: int, day: int) -> int:
        """Return the base units that `cents` buy, before costs, rounded down."""
        top, bottom = self._cents_a_unit(form, day)
        return cents * bottom // top

    def _cents_a_unit(self, form: Form, day: int) -> tuple[int, int]:
        """Return the cents of a base unit as a fraction; a fund's value is one in dollars."""
        cents = BASE_UNITS[Form.US_DOLLAR]
        if form is Form.FUND_UNIT:
            return cents * self._values[day], BASE_UNITS[form] * _NAV
        dollar_tiyn = self._daily[Form.US_DOLLAR][day]
        return cents * self._daily[form][day], BASE_UNITS[form] * dollar_tiyn


def _values(section: FundUnitSection, daily: Mapping[Form, Sequence[int]], days: int) -> list[int]:
    """Return the value of a fund unit on each day."""
    beta_bp, fee_bp = section.beta.value, section.fee.value
    followed, dollars = daily[ASSETS[section.follows]], daily[Form.US_DOLLAR]
    value, values = _NAV, [_NAV]
    for day in range(1, days):
        # Both prices are in tiyn; what the funds follow is the one in dollars.
        now = followed[day] * dollars[day - 1]
        before = followed[day - 1] * dollars[day]
        value += value * beta_bp * (now - before) // (BP * before)
        value -= value * fee_bp // (BP * _DAYS_A_YEAR)
        values.append(max(1, value))
    return values


def _stated(section: FundUnitSection, values: Sequence[int], dates: Dates) -> list[int]:
    """Return the value that was stated last, which was some time old when it was stated."""
    lag = -(-section.lag.value.value // DAY_US)
    last, stated = values[0], []
    for day in range(len(values)):
        if dates.begins(day, section.every) and day >= lag:
            last = values[day - lag]
        stated.append(last)
    return stated
