"""What the limits of a rule book leave of an amount, so that a payment may take less of one purse.

Only a limit that refuses by itself leaves something: what stands in `any_of` or `not` is weighed
with other conditions and says nothing about how much less would pass. A limit on the number of
payments leaves nothing to take less of.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import AmountAtMost, AmountPerPeriodAtMost, Condition
from tengesim.rules.evaluate import Usage, window_of
from tengesim.rules.model import RuleBook
from tengesim.rules.tables import AMOUNT, LIMIT_WIDTH, TOTAL
from tengesim.rules.terms import Period

__all__ = ["LimitTables", "part_left_tiyn", "tables_of"]


class LimitTables(NamedTuple):
    """Limits of several rule books for `tables.part_left`."""

    rows: NDArray[np.int64]
    """int64[n, LIMIT_WIDTH]: fact, limit in tiyn, first day in force and first day after."""
    starts: NDArray[np.int64]
    """int64[books + 1]: where those of each book begin, and where the last end."""


def part_left_tiyn(book: RuleBook, seen: Observation, usage: Usage) -> int:
    """Return the part of the amount of `seen` that the limits of `book` leave, or 0."""
    left_tiyn = seen.amount_tiyn
    for limit, first_day, last_day in _limits(book, seen.operation):
        if not first_day <= seen.day <= last_day:
            continue
        used_tiyn = 0
        if limit.kind == "amount_per_period_at_most":
            window = window_of(limit.period, seen.day)
            used_tiyn = usage.of(seen.payer, limit.period, window).amount_tiyn
        left_tiyn = min(left_tiyn, limit.limit - used_tiyn)
    return max(0, left_tiyn)


def tables_of(books: Sequence[RuleBook]) -> LimitTables:
    """Return the limits of `books` on payments for compiled code."""
    rows: list[tuple[int, int, int, int]] = []
    starts = [0]
    for book in books:
        for limit, first_day, last_day in _limits(book, Operation.PAY):
            fact = AMOUNT
            if limit.kind == "amount_per_period_at_most":
                fact = TOTAL + list(Period).index(limit.period)
            most = np.iinfo(np.int64).max
            rows.append((fact, min(limit.limit, most), first_day, min(last_day + 1, most)))
        starts.append(len(rows))
    return LimitTables(
        np.array(rows, dtype=np.int64).reshape(-1, LIMIT_WIDTH), np.array(starts, dtype=np.int64)
    )


def _limits(
    book: RuleBook, operation: Operation
) -> Iterator[tuple[AmountAtMost | AmountPerPeriodAtMost, int, int]]:
    """Yield the limits on amounts of `operation`, with the days on which they are in force."""
    for rule in book.guards[operation]:
        for condition in _alone(rule.condition):
            if condition.kind in {"amount_at_most", "amount_per_period_at_most"}:
                yield condition, rule.first_day, rule.last_day


def _alone(condition: Condition) -> Iterator[Condition]:
    """Yield the parts that refuse by themselves."""
    if condition.kind == "all_of":
        for part in condition.conditions:
            yield from _alone(part)
    else:
        yield condition
