"""Refusal of runs that would not fit, before anything large is built."""

from typing import Final

from tengesim.errors import SizeError
from tengesim.population.model import scaled
from tengesim.scenario.model import Scenario

__all__ = ["MEMORY_LIMIT_BYTES", "check_size", "estimate_bytes"]

MEMORY_LIMIT_BYTES: Final = 16 * 2**30
_BYTES_PER_PUPIL: Final = 1_500
"""Account, name, counters and columns of one pupil; measured, see docs/benchmarks.md."""
_BYTES_PER_ROW: Final = 260
"""A packed row and its share of tables; measured, see docs/benchmarks.md."""
_ROWS_PER_PUPIL_DAY: Final = 2
_BASE_BYTES: Final = 150_000_000


def estimate_bytes(scenario: Scenario) -> int:
    """Return about how much memory a run of `scenario` needs."""
    pupils = scaled(scenario.population.pupils.value, scenario.population.scale)
    calendar = scenario.clock.calendar()
    days = sum(
        len(calendar.business_days(section.term.first, section.term.last))
        for section in scenario.programmes.values()
    )
    per_pupil = _BYTES_PER_PUPIL + _BYTES_PER_ROW * _ROWS_PER_PUPIL_DAY * days
    return _BASE_BYTES + pupils * per_pupil


def check_size(scenario: Scenario) -> None:
    """Raise SizeError when a run of `scenario` would need more memory than the limit."""
    needed = estimate_bytes(scenario)
    if needed > MEMORY_LIMIT_BYTES:
        pupils = scaled(scenario.population.pupils.value, scenario.population.scale)
        share = MEMORY_LIMIT_BYTES / needed
        raise SizeError(
            f"{scenario.name}: {pupils:,} pupils need about {needed / 2**30:,.0f} GiB; the limit "
            f"is {MEMORY_LIMIT_BYTES / 2**30:.0f} GiB; lower population.scale to "
            f"{float(scenario.population.scale) * share:.2g} or less"
        )
