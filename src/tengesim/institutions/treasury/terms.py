"""What metrics of a budget need to know of the scenario: the parts of the year and its size."""

import datetime
from decimal import Decimal
from typing import Final

from tengesim.clock import Calendar
from tengesim.institutions.treasury.budget_model import BudgetSection
from tengesim.metrics.terms import BudgetTerms
from tengesim.population.model import scaled

__all__ = ["budget_terms"]

_JULY: Final = 7
_DECEMBER: Final = 12


def budget_terms(section: BudgetSection, calendar: Calendar, scale: Decimal) -> BudgetTerms:
    """Return the terms under which a budget year is measured."""
    ordinary = datetime.date(section.year, _JULY, 1)
    december = datetime.date(section.year, _DECEMBER, 1)
    after = section.next_year()
    return BudgetTerms(
        year_start_us=calendar.at(section.first_day()),
        ordinary_start_us=calendar.at(ordinary),
        december_us=calendar.at(december),
        year_end_us=calendar.at(after),
        ordinary_days=len(calendar.business_days(ordinary, december)),
        december_days=len(calendar.business_days(december, after)),
        due_after_us=section.payments.due_after.value.value,
        appropriation_tiyn=sum(
            scaled(line.appropriation.value, scale) for line in section.lines.values()
        ),
    )
