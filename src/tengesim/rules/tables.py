"""Rule books as rows of numbers, and the compiled function that decides by them.

It shares nothing with the readable evaluator but the codes and the written precedence, so that
their agreement proves something. A program is a walk over rows: each row asks one question about
one fact and names the row to go to after yes and after no, or how the walk ends. Whoever lays the
rows puts those with the lowest reason first, so the first refusal met is the one that decides; and
since what stands inside `any_of` and `not` only passes or fails, no stack is needed at any depth.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import kernel

__all__ = [
    "ALLOW",
    "AMOUNT",
    "ANY_FLAG",
    "AT_MOST",
    "CATEGORY",
    "COUNT",
    "DAY",
    "ENOUGH_FLAGS",
    "EVIDENCE",
    "FACTS",
    "LIMIT_WIDTH",
    "MEMBER",
    "NO_PART_PASSED",
    "OWN_ANSWER",
    "PART_PASSED",
    "PAYEE",
    "PURPOSE",
    "ROW_WIDTH",
    "TIME_OF_DAY",
    "TOTAL",
    "UNKNOWN",
    "WEEKDAY",
    "WEEKDAYS",
    "WITHIN",
    "decide",
    "part_left",
]

AMOUNT: Final = 0
"""Place among the facts of the tiyn to be paid."""
TOTAL: Final = 1
"""Place of the tiyn used in the running day, this payment included; then week, month, year."""
COUNT: Final = 5
"""Place of the payments in the running day, this one included; then week, month, year."""
DAY: Final = 9
"""Place of the local day number since the epoch."""
TIME_OF_DAY: Final = 10
"""Place of the us since local midnight."""
WEEKDAY: Final = 11
"""Place of the weekday, Monday 0."""
EVIDENCE: Final = 12
"""Place of the union of `codes.Evidence`."""
PURPOSE: Final = 13
"""Place of the code of the purpose in the tables, or `UNKNOWN`."""
CATEGORY: Final = 14
"""Place of the code of the merchant category, or `UNKNOWN`."""
PAYEE: Final = 15
"""Place of the code of the payee, or `UNKNOWN`."""
FACTS: Final = 16
"""How many facts a program may read."""
UNKNOWN: Final = -1
"""Code of a text that no book names."""

# Columns of a row. Eight numbers are one line of the processor's cache.
_KIND: Final = 0
_FACT: Final = 1
_FIRST: Final = 2
_SECOND: Final = 3
_IF_PASSED: Final = 4
_IF_FAILED: Final = 5
_RULE: Final = 6
_REASON: Final = 7
ROW_WIDTH: Final = 8
"""Kind, place of the fact, two constants, where to go on yes and on no, rule index, reason."""

# Kinds of questions about a fact; the first stands first because most payments meet nothing else.
AT_MOST: Final = 0
"""Is it at most the first constant?"""
WITHIN: Final = 1
"""Is it from the first constant to before the second?"""
MEMBER: Final = 2
"""Is this code in the set whose words begin at the first constant?"""
WEEKDAYS: Final = 3
"""Is the bit of this weekday set in the first constant? The second counts the bits."""
ANY_FLAG: Final = 4
"""Is any flag of the first constant set?"""
ENOUGH_FLAGS: Final = 5
"""Are at least so many flags of the first constant set as the second says?"""

# Columns of a limit on amounts.
_LIMIT_FACT: Final = 0
_LIMIT: Final = 1
_LIMIT_FIRST: Final = 2
_LIMIT_END: Final = 3
LIMIT_WIDTH: Final = 4
"""Place of the fact, limit in tiyn, first local day in force and first day after."""

# Where a walk ends; every other place to go to is a row further on.
ALLOW: Final = -1
"""Nothing refuses."""
OWN_ANSWER: Final = -2
"""The row refuses with the values it compared."""
PART_PASSED: Final = -3
"""A `not` refuses."""
NO_PART_PASSED: Final = -4
"""An `any_of` refuses: none passed, one has to."""


@kernel
def decide(
    rows: NDArray[np.int64], members: NDArray[np.int64], start: int, facts: NDArray[np.int64]
) -> tuple[int, int, int, int]:
    """Return reason, rule index, value and limit of the walk from `start`; 0, -1, 0, 0 allows.

    Args:
        rows: `RuleTables.rows`.
        members: `RuleTables.members`.
        start: `RuleTables.starts[book, operation]`.
        facts: int64[FACTS], the payment and what its payer used. A fact that no rule of the book
            reads may hold anything.
    """
    at = start
    while at != ALLOW:
        kind, first, second = rows[at, _KIND], rows[at, _FIRST], rows[at, _SECOND]
        fact = facts[rows[at, _FACT]]
        value, limit = 0, 0
        if kind == AT_MOST:
            is_met = fact <= first
            value, limit = fact, first
        elif kind == WITHIN:
            is_met = first <= fact < second
            value, limit = fact, first if fact < first else second
        elif kind == MEMBER:
            is_met = fact >= 0 and (members[first + (fact >> 6)] >> (fact & 63)) & 1 != 0
        elif kind == WEEKDAYS:
            is_met = (first >> fact) & 1 != 0
            value, limit = fact + 1, second
        elif kind == ANY_FLAG:
            is_met = fact & first != 0
        else:
            value, limit = _ones(fact & first), second
            is_met = value >= limit
        target = rows[at, _IF_PASSED] if is_met else rows[at, _IF_FAILED]
        if target < ALLOW:
            if target != OWN_ANSWER:
                value, limit = 0, 1 if target == NO_PART_PASSED else 0
            return rows[at, _REASON], rows[at, _RULE], value, limit
        at = target
    return 0, -1, 0, 0


@kernel
def part_left(limits: NDArray[np.int64], first: int, end: int, facts: NDArray[np.int64]) -> int:
    """Return the part of the amount of `facts` that the limits from `first` to `end` leave, or 0.

    Args:
        limits: `LimitTables.rows`.
        first: `LimitTables.starts[book]`.
        end: `LimitTables.starts[book + 1]`.
        facts: As in `decide`; sums of periods with the amount in them.
    """
    left = facts[AMOUNT]
    for place in range(first, end):
        if limits[place, _LIMIT_FIRST] <= facts[DAY] < limits[place, _LIMIT_END]:
            used = facts[limits[place, _LIMIT_FACT]] - facts[AMOUNT]
            left = min(left, limits[place, _LIMIT] - used)
    return int(max(0, left))


@kernel
def _ones(flags: int) -> int:
    """Return how many bits are set in a number that is not negative."""
    count = 0
    left = flags
    while left != 0:
        left &= left - 1
        count += 1
    return count
