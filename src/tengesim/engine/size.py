"""Refusal of runs that would not fit, before anything large is built."""

from decimal import ROUND_DOWN, Decimal
from typing import Final

from tengesim.errors import SizeError
from tengesim.institutions.treasury.budget import contract_count
from tengesim.money import BP
from tengesim.population.model import scaled
from tengesim.population.society import person_count
from tengesim.retail.strata import wants_per_thousand
from tengesim.scenario.model import Scenario

__all__ = ["MEMORY_LIMIT_BYTES", "check_size", "estimate_bytes"]

MEMORY_LIMIT_BYTES: Final = 16 * 2**30
_BYTES_PER_PUPIL: Final = 1_500
"""Account, name, counters and columns of one pupil; measured, see docs/benchmarks.md."""
_BYTES_PER_ROW: Final = 600
"""A packed row, its text in tables, and what metrics make of it; see docs/benchmarks.md."""
_ROWS_PER_PUPIL_DAY: Final = 2
_BASE_BYTES: Final = 150_000_000
_BYTES_PER_PAYMENT: Final = 60
"""One row of an imported table, in columns and in the hour that is being paid."""


_BYTES_PER_PERSON: Final = 4_000
"""Columns, names and the accounts of a person and of the firms that serve one."""
_ROWS_PER_PERSON: Final = 8
"""Opening money, income, and what a wallet does by itself in a month."""
_ROWS_PER_WANT: Final = 2
_DAYS_PER_MONTH: Final = 30

_BYTES_PER_CONTRACT: Final = 4_000 + 10 * _BYTES_PER_ROW
"""A contract with its acts, and the ten rows that its registration, acts and payments take."""


def estimate_bytes(scenario: Scenario) -> int:
    """Return about how much memory a run of `scenario` needs."""
    pupils = scaled(scenario.population.pupils.value, scenario.population.scale)
    calendar = scenario.clock.calendar()
    days = sum(
        len(calendar.business_days(section.term.first, section.term.last))
        for section in scenario.programmes.values()
    )
    per_pupil = _BYTES_PER_PUPIL + _BYTES_PER_ROW * _ROWS_PER_PUPIL_DAY * days
    return (
        _BASE_BYTES
        + pupils * per_pupil
        + _people_bytes(scenario)
        + _contracts(scenario) * _BYTES_PER_CONTRACT
        + _table_bytes(scenario)
    )


def _people(scenario: Scenario) -> int:
    """Return how many people live in the world of a scenario, pupils of programmes apart."""
    section = scenario.population.people
    return 0 if section is None else person_count(section, scenario.population.scale)


def _people_bytes(scenario: Scenario) -> int:
    """Return about how much people, their accounts and the rows of their payments need."""
    rows_per_person = _ROWS_PER_PERSON
    everyday = scenario.retail.everyday if scenario.retail is not None else None
    if everyday is not None:
        wants = wants_per_thousand(everyday) + everyday.withdrawals.number.value
        days = (scenario.clock.end - scenario.clock.start).days
        rows_per_person += int(wants * _ROWS_PER_WANT * days / (1_000 * _DAYS_PER_MONTH))
    return _people(scenario) * (_BYTES_PER_PERSON + rows_per_person * _BYTES_PER_ROW)


def _contracts(scenario: Scenario) -> int:
    """Return about how many contracts the budget of a scenario has."""
    budget = scenario.treasury.budget
    return 0 if budget is None else contract_count(budget, scenario.population.scale)


def _table_bytes(scenario: Scenario) -> int:
    """Return about how much an imported table needs, with the rows that its payments take."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    if imported is None or imported.table is None:
        return 0
    table = imported.table
    squares = sum(bank.share.value**2 for bank in scenario.banks.second_tier)
    # A payment is one row within a bank and three between two.
    rows = len(table.row) * (3 * BP**2 - 2 * squares) // BP**2
    parties = len(table.parties) * _BYTES_PER_PUPIL
    return len(table.row) * _BYTES_PER_PAYMENT + rows * _BYTES_PER_ROW + parties


def check_size(scenario: Scenario) -> None:
    """Raise SizeError when a run of `scenario` would need more memory than the limit."""
    needed = estimate_bytes(scenario)
    if _BASE_BYTES + _table_bytes(scenario) > MEMORY_LIMIT_BYTES:
        raise SizeError(
            f"{scenario.name}: the imported table needs about {needed / 2**30:,.0f} GiB; the limit "
            f"is {MEMORY_LIMIT_BYTES / 2**30:.0f} GiB; import a shorter period"
        )
    if needed > MEMORY_LIMIT_BYTES:
        pupils = scaled(scenario.population.pupils.value, scenario.population.scale)
        share = Decimal(MEMORY_LIMIT_BYTES - _BASE_BYTES) / (needed - _BASE_BYTES)
        fitting = scenario.population.scale * share
        # Two digits, rounded down: what is proposed must fit.
        fitting = fitting.quantize(Decimal(1).scaleb(fitting.adjusted() - 1), ROUND_DOWN)
        contracts, people = _contracts(scenario), _people(scenario)
        counted = [f"{people:,} people"] if people else []
        counted += [f"{pupils:,} pupils"] if pupils or not (contracts or people) else []
        counted += [f"{contracts:,} contracts"] if contracts else []
        raise SizeError(
            f"{scenario.name}: {' and '.join(counted)} need about {needed / 2**30:,.0f} GiB; "
            f"the limit is {MEMORY_LIMIT_BYTES / 2**30:.0f} GiB; lower population.scale to "
            f"{fitting.normalize():f} or less"
        )
