"""How many, as integers: the expected number of a day, and the counts that it makes likely.

Every table is built once, with exact fractions and with Decimal, whose exponential is the same on
every machine, and read with a random word; a draw is a comparison of integers.
"""

import datetime
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.money import BP
from tengesim.retail.behaviour import EverydaySection
from tengesim.streams import Words

__all__ = ["COUNT_MAX", "CountTable", "Rates"]

_EXACT: Final = Context(prec=40)
"""Forty digits: rounding far below what a word of 64 bits can tell apart."""
_RANGE: Final = 1 << 64
COUNT_MAX: Final = (1 << 16) - 1
"""So many wants has nobody on a day, and their numbers take two bytes."""
_MONTHS_A_DAY: Final = Fraction(48, 1461)
"""A mean month has 365.25 ÷ 12 days."""


class Rates:
    """Expected number of payments of one payer on each date, for one kind of payment."""

    __slots__ = ("_days", "_months", "_per_month", "_uplift", "_weekdays")

    def __init__(self, everyday: EverydaySection, per_month: Fraction) -> None:
        """Spread `per_month` payments over the days of a mean month, pay-day peaks included."""
        self._weekdays = everyday.weekdays.weights
        self._months = everyday.months.weights
        self._days = everyday.pay_days
        self._uplift = Fraction(self._days.uplift.value, BP)
        # The month has its stated number with the peak, so without it there are fewer.
        peak = self._uplift * self._days.count * _MONTHS_A_DAY
        self._per_month = Fraction(per_month, 1 + peak)

    def base(self, day: datetime.date) -> Fraction:
        """Return what is expected without the peak."""
        weekday = Fraction(7 * self._weekdays[day.weekday()], sum(self._weekdays))
        month = Fraction(12 * self._months[day.month - 1], sum(self._months))
        return self._per_month * weekday * month * _MONTHS_A_DAY

    def peak(self, day: datetime.date) -> Fraction:
        """Return what pay day adds to it."""
        if not self._days.first <= day.day <= self._days.last:
            return Fraction(0)
        return self.base(day) * self._uplift


class CountTable:
    """Numbers of a Poisson law with a given mean, by the word that is drawn."""

    __slots__ = ("thresholds",)

    def __init__(self, mean: Fraction) -> None:
        """Build the table; the mean is at most some thousands."""
        thresholds: list[int] = []
        with localcontext(_EXACT):
            rate = _ratio(Decimal(mean.numerator), Decimal(mean.denominator))
            part = whole = (-rate).exp()
            # Words are 64 bits: what is rarer than that never happens.
            while int(whole * _RANGE) < _RANGE - 1 and len(thresholds) < COUNT_MAX:
                thresholds.append(int(whole * _RANGE))
                part = _ratio(part * rate, Decimal(len(thresholds)))
                whole += part
        self.thresholds = np.array(thresholds, dtype=np.uint64)

    def draw(self, words: Words) -> NDArray[np.int64]:
        """Return one number for each word."""
        return np.searchsorted(self.thresholds, words, side="right").astype(np.int64)


def _ratio(upper: Decimal, lower: Decimal) -> Decimal:
    """Return a quotient of forty digits; a slash would pass for one of floats."""
    return _EXACT.divide(upper, lower)
