"""Exact totals by key for compiled folds: an open-addressing table of 64-byte rows.

A key is three 64-bit numbers, a total has 96 bits, and the table doubles before it is half full.
What a fold adds up here it may read back as Python integers, in any order.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import lean

__all__ = [
    "COUNT",
    "HIGH",
    "LOW",
    "Table",
    "Totals",
    "add",
    "find",
    "has_room",
    "join",
    "place_of",
    "scramble",
]

COUNT: Final = 3
"""Column of how many rows a key has; a row of the table without any is free. Keys stand before."""
LOW, HIGH = 4, 5
"""Columns of the two halves of a total, the lower one from 0 to 2^32 - 1."""

_WIDTH: Final = 8
_START: Final = 64
_HALF: Final = 32
_HALF_WORD: Final = np.uint64(32)
_NEXT: Final = np.uint64(1)
_LOW_HALF: Final = (1 << _HALF) - 1
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_SHIFT_FIRST: Final = np.uint64(30)
_SHIFT_SECOND: Final = np.uint64(27)
_SHIFT_LAST: Final = np.uint64(31)

Table = NDArray[np.int64]


@lean
def scramble(word: np.uint64) -> np.uint64:
    """Return a word of which every bit depends on every bit of `word`, as `streams.mix` does."""
    word = word + _GOLDEN
    word = (word ^ (word >> _SHIFT_FIRST)) * _FIRST
    word = (word ^ (word >> _SHIFT_SECOND)) * _SECOND
    return word ^ (word >> _SHIFT_LAST)


@lean
def join(high: int | np.integer, low: int | np.integer) -> np.int64:
    """Return two 32-bit numbers as one of 64 bits."""
    return (np.int64(high) << _HALF) | (np.int64(low) & _LOW_HALF)


@lean
def find(table: Table, first: np.int64, second: np.int64, third: np.int64) -> np.uint64:
    """Return the row of a key in `table`, or a free one where it has none."""
    word = np.uint64(first) * _FIRST + np.uint64(second) * _SECOND + np.uint64(third) * _GOLDEN
    word = (word ^ (word >> _HALF_WORD)) * _FIRST
    # Without a sign a place needs no look at whether it counts from the end.
    mask = np.uint64(table.shape[0] - 1)
    place: np.uint64 = (word >> _HALF_WORD) & mask
    while table[place, COUNT]:
        if table[place, 0] == first and table[place, 1] == second and table[place, 2] == third:
            return place
        place = (place + _NEXT) & mask
    return place


@lean
def place_of(
    table: Table, used: Table, first: np.int64, second: np.int64, third: np.int64
) -> np.uint64:
    """Return the row of a key in `table`, giving it a free one when it is first met.

    `used[0]` counts the rows that are not free. The caller adds to the count of the row.
    """
    place: np.uint64 = find(table, first, second, third)
    if not table[place, COUNT]:
        table[place, 0] = first
        table[place, 1] = second
        table[place, 2] = third
        used[0] += 1
    return place


@lean
def has_room(table: Table, used: Table) -> bool:
    """Return whether a row of the log, with a key or three, leaves half of the table free."""
    return bool(2 * (used[0] + 3) <= table.shape[0])


@lean
def add(table: Table, place: np.uint64, amount: np.int64) -> None:
    """Count one row at `place` and add its amount exactly."""
    low = table[place, LOW] + (amount & _LOW_HALF)
    table[place, COUNT] += 1
    table[place, LOW] = low & _LOW_HALF
    table[place, HIGH] += (amount >> _HALF) + (low >> _HALF)


@lean
def _refill(table: Table, larger: Table, used: Table) -> None:
    used[0] = 0
    for row in range(table.shape[0]):
        if table[row, COUNT]:
            place = place_of(larger, used, table[row, 0], table[row, 1], table[row, 2])
            for column in range(COUNT, table.shape[1]):
                larger[place, column] = table[row, column]


def _empty(rows: int) -> Table:
    """Return a free table whose rows are lines of the processor's cache."""
    spare = np.zeros((rows + 1) * _WIDTH, dtype=np.int64)
    skip = -spare.ctypes.data // spare.itemsize % _WIDTH
    return spare[skip : skip + rows * _WIDTH].reshape(rows, _WIDTH)


class Totals:
    """Table of totals by key that grows with its keys."""

    __slots__ = ("table", "used")

    def __init__(self) -> None:
        """Start with no key."""
        self.table = _empty(_START)
        self.used = np.zeros(1, dtype=np.int64)

    def grow(self) -> None:
        """Double the table."""
        larger = _empty(2 * len(self.table))
        with np.errstate(over="ignore"):
            _refill(self.table, larger, self.used)
        self.table = larger

    def rows(self) -> Table:
        """Return the rows of all keys, in no order that means anything."""
        return np.asarray(self.table[self.table[:, COUNT] != 0])

    @staticmethod
    def totals(rows: Table) -> list[int]:
        """Return the exact totals of some rows."""
        halves = zip(rows[:, HIGH].tolist(), rows[:, LOW].tolist(), strict=True)
        return [(high << _HALF) + low for high, low in halves]
