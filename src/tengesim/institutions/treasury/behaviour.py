"""What administrators do because the year ends: bring payments forward, spend what is left.

Pure functions of dates and amounts. They state how far somebody can and will go, never when money
is spent: how much of the year falls into December follows from what would otherwise come too late.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tengesim.money import BP

__all__ = ["further_sums", "hastened", "next_working", "previous_working"]


def hastened(day: int, *, last: int, reach: int, word: int) -> int:
    """Return the day on which a payment is asked for that would come on `day`, given the lapse.

    What is in time stays; what comes later than can be made up for stays too, and lapses. What can
    be made up for is brought forward to a day between the earliest possible one and the `last`.
    """
    if day <= last or day - last > reach:
        return day
    earliest = day - reach
    return earliest + word % (last - earliest + 1)


def further_sums(unbound_tiyn: int, *, spent_bp: int, ordinary_tiyn: int) -> list[int]:
    """Return the sums of further contracts on what no contract binds, each of ordinary size.

    What is left over by dividing goes to the last; less than half an ordinary contract is let go.
    """
    total_tiyn = unbound_tiyn * spent_bp // BP
    count = (2 * total_tiyn + ordinary_tiyn) // (2 * ordinary_tiyn)
    if count <= 0:
        return []
    each = total_tiyn // count
    return [*[each] * (count - 1), total_tiyn - each * (count - 1)]


def next_working(day: int, working: Sequence[int]) -> int:
    """Return the first working day from `day` on; `working` ascends and reaches that far."""
    return working[bisect_left(working, day)]


def previous_working(day: int, working: Sequence[int]) -> int:
    """Return the last working day up to `day`, or the first of `working` before them all."""
    return working[max(0, bisect_right(working, day) - 1)]
