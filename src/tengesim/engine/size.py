"""Refusal of runs that would not fit, before anything large is built."""

from decimal import ROUND_DOWN, Decimal
from typing import Final

from tengesim.errors import SizeError
from tengesim.institutions.treasury.budget import contract_count
from tengesim.journal.events import ROW
from tengesim.money import BP
from tengesim.population.model import scaled
from tengesim.population.society import person_count
from tengesim.retail.behaviour import wants_per_thousand
from tengesim.scenario.model import Scenario

__all__ = ["MEMORY_LIMIT_BYTES", "check_size", "estimate_bytes"]

MEMORY_LIMIT_BYTES: Final = 16 * 2**30
_BASE_BYTES: Final = 350_000_000
"""The program with its libraries and its compiled code."""
_BYTES_PER_PUPIL: Final = 1_500
"""Account, name, counters and columns of one pupil; measured, see docs/benchmarks.md."""
_BYTES_PER_PERSON: Final = 220
"""Columns of a person, a row of accounts, the watch, and what wants are drawn from."""
_BYTES_PER_CONTRACT: Final = 10_000
"""A contract with its acts, and the ten rows that its registration, acts and payments take."""
_BYTES_PER_PAYMENT: Final = 60
"""One row of an imported table, in columns and in the hour that is being paid."""
_BYTES_PER_ROW: Final = 220
"""A packed row that is kept, once more while the log is put together or read by metrics."""
_BUFFERED_ROWS_MAX: Final = 1 << 18
"""Rows on their way to those who read them, in any log mode."""

_ROWS_PER_PUPIL_DAY: Final = 2
_ROWS_PER_PERSON: Final = 4
"""Opening money, and what fills a wallet the first time."""
_ROWS_PER_WANT: Final = 3
"""Half of all payments cross from one bank to another, and take three rows."""
_DAYS_PER_MONTH: Final = 30
_THOUSAND: Final = 1_000


def estimate_bytes(scenario: Scenario) -> int:
    """Return about how much memory a run of `scenario` needs."""
    rows = _pupil_rows(scenario) + _people_rows(scenario) + _table_rows(scenario)
    return (
        _BASE_BYTES
        + min(rows, _BUFFERED_ROWS_MAX) * ROW.itemsize
        + _kept(rows, scenario) * _BYTES_PER_ROW
        + _pupils(scenario) * _BYTES_PER_PUPIL
        + _people(scenario) * _BYTES_PER_PERSON
        + _contracts(scenario) * _BYTES_PER_CONTRACT
        + _table_bytes(scenario)
    )


def _kept(rows: int, scenario: Scenario) -> int:
    """Return about how many of `rows` of a log stay in memory."""
    if scenario.run.log == "summary":
        return 0
    return rows // scenario.run.sample if scenario.run.log == "sampled" else rows


def _pupils(scenario: Scenario) -> int:
    return scaled(scenario.population.pupils.value, scenario.population.scale)


def _pupil_rows(scenario: Scenario) -> int:
    """Return about how many rows the meals of pupils take."""
    calendar = scenario.clock.calendar()
    days = sum(len(section.served(calendar)) for section in scenario.programmes.values())
    return _pupils(scenario) * _ROWS_PER_PUPIL_DAY * days


def _people(scenario: Scenario) -> int:
    """Return how many people live in the world of a scenario, pupils of programmes apart."""
    section = scenario.population.people
    return 0 if section is None else person_count(section, scenario.population.scale)


def _people_rows(scenario: Scenario) -> int:
    """Return about how many rows the payments of people take."""
    per_thousand = _ROWS_PER_PERSON * _THOUSAND
    everyday = scenario.retail.everyday if scenario.retail is not None else None
    if everyday is not None:
        wants = wants_per_thousand(everyday) + everyday.withdrawals.number.value
        days = (scenario.clock.end - scenario.clock.start).days
        per_thousand += int(wants * _ROWS_PER_WANT * days / _DAYS_PER_MONTH)
    return _people(scenario) * per_thousand // _THOUSAND


def _contracts(scenario: Scenario) -> int:
    """Return about how many contracts the budget of a scenario has."""
    budget = scenario.treasury.budget
    return 0 if budget is None else contract_count(budget, scenario.population.scale)


def _table_rows(scenario: Scenario) -> int:
    """Return about how many rows the payments of an imported table take."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    if imported is None or imported.table is None:
        return 0
    squares = sum(bank.share.value**2 for bank in scenario.banks.second_tier)
    # A payment is one row within a bank and three between two.
    return len(imported.table.row) * (3 * BP**2 - 2 * squares) // BP**2


def _table_bytes(scenario: Scenario) -> int:
    """Return about how much an imported table needs, with its parties and without its log."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    if imported is None or imported.table is None:
        return 0
    table = imported.table
    return len(table.row) * _BYTES_PER_PAYMENT + len(table.parties) * _BYTES_PER_PUPIL


def check_size(scenario: Scenario) -> None:
    """Raise SizeError when a run of `scenario` would need more memory than the limit."""
    needed = estimate_bytes(scenario)
    own_bytes = _kept(_table_rows(scenario), scenario) * _BYTES_PER_ROW + _table_bytes(scenario)
    if needed > MEMORY_LIMIT_BYTES and 2 * own_bytes > needed - _BASE_BYTES:
        # Most of it is the table, which no scale makes smaller.
        raise SizeError(
            f"{scenario.name}: the imported table needs about {needed / 2**30:,.0f} GiB; the limit "
            f"is {MEMORY_LIMIT_BYTES / 2**30:.0f} GiB; import a shorter period"
        )
    if needed > MEMORY_LIMIT_BYTES:
        pupils = _pupils(scenario)
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
