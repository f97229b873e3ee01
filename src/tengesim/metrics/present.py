"""Present values: what money on a later day is worth at the start of a run.

Discounted at the base rate, compounded by the day, on whole numbers of a fixed scale.
"""

from typing import Final

from tengesim.clock import DAY_US
from tengesim.metrics.log import Log, Whole
from tengesim.metrics.terms import MetricTerms
from tengesim.money import BP

__all__ = ["DAYS_A_YEAR", "SCALE", "days_of", "discounts"]

DAYS_A_YEAR: Final = 365
SCALE: Final = 10**15
"""Parts of one in which discounts are counted."""


def discounts(terms: MetricTerms) -> list[int]:
    """Return what one is worth at the start on each day, and at the end of the last."""
    year = BP * DAYS_A_YEAR
    factors = [SCALE]
    for _ in range((terms.end_us - terms.start_us) // DAY_US):
        factors.append(factors[-1] * year // (year + terms.base_rate_bp))
    return factors


def days_of(log: Log, rows: Whole, terms: MetricTerms) -> list[int]:
    """Return the day of each of some rows, counted from the start."""
    days: list[int] = ((log.time_us[rows] - terms.start_us) // DAY_US).tolist()
    return days
