"""What each payer has used under a mark, by day to year: the memory of periodic limits.

It is fed by settled payments only, so folding the log gives the same numbers. Windows that are
over are forgotten when the payer pays again.
"""

from typing import Protocol

from tengesim.rules.conditions import Condition
from tengesim.rules.evaluate import Usage, Used, window_of
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import Period

__all__ = ["Counters", "PeriodicUsage", "periods_of"]

_NOTHING = Used(0, 0)


class Counters(Usage, Protocol):
    """Memory of settled payments that can be fed."""

    def add(self, payer: str, day: int, amount_tiyn: int) -> None:
        """Count one settled payment of `payer` on the local day number `day`."""
        ...


class PeriodicUsage:
    """Counters of one mark or voucher control."""

    __slots__ = ("_periods", "_used")

    def __init__(self, periods: tuple[Period, ...]) -> None:
        """Count in the windows of `periods` only."""
        self._periods = periods
        self._used: dict[tuple[str, Period], tuple[int, Used]] = {}

    def of(self, payer: str, period: Period, window: int) -> Used:
        """Return what `payer` used in `window` of `period` so far."""
        at, used = self._used.get((payer, period), (window, _NOTHING))
        return used if at == window else _NOTHING

    def add(self, payer: str, day: int, amount_tiyn: int) -> None:
        """Count one settled payment of `payer` on the local day number `day`."""
        for period in self._periods:
            window = window_of(period, day)
            payments, total_tiyn = self.of(payer, period, window)
            self._used[payer, period] = (window, Used(payments + 1, total_tiyn + amount_tiyn))


def periods_of(book: RuleBook) -> tuple[Period, ...]:
    """Return the periods that limits of `book` count in, each once, in the order of `Period`."""
    found: set[Period] = set()
    editions = (book, *(version.book for version in book.versions))
    pending: list[Condition] = [rule.condition for one in editions for rule in one.rules]
    pending.extend(effect.condition for one in editions if (effect := one.shed()) is not None)
    while pending:
        condition = pending.pop()
        if condition.kind in {"amount_per_period_at_most", "count_per_period_at_most"}:
            found.add(condition.period)
        elif condition.kind in {"all_of", "any_of"}:
            pending.extend(condition.conditions)
        elif condition.kind == "not":
            pending.append(condition.condition)
    return tuple(period for period in Period if period in found)
