"""The compiled reading of packed rows on their way into a file: column by column, each value once.

A column with few different values is told as their list and one byte a row, any other as numbers.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import int_at, kernel, long_at
from tengesim.journal.events import COLUMNS, ROW

__all__ = ["DIFFERENT_MAX", "SLOTS", "scan"]

DIFFERENT_MAX: Final = 256
"""Different values of a column that is told by their list, so that their places are bytes."""
SLOTS: Final = 2 * DIFFERENT_MAX

_PIECE_ROWS: Final = 256
"""Rows that are read for all columns before the next ones: they stay in the processor's cache."""
_ROW_BYTES: Final = ROW.itemsize
_OFFSETS: Final = np.array([ROW.fields[name][1] for name in COLUMNS] if ROW.fields else [])
_WIDTHS: Final = np.array([ROW[name].itemsize for name in COLUMNS])
_LONG, _INT = 8, 4
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_UPPER: Final = np.uint64(32)

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]
Slots = NDArray[np.int16]


@kernel
def _value(content: Bytes, row: int, column: int) -> np.int64:
    at = row * _ROW_BYTES + _OFFSETS[column]
    if _WIDTHS[column] == _LONG:
        return long_at(content, at)
    if _WIDTHS[column] == _INT:
        return int_at(content, at)
    return np.int64(content[at])


@kernel
def _slot_of(value: np.int64, keys: Whole, slots: Slots) -> int:
    """Return the slot of a value among those met before, or the free one where it would stand."""
    slot = np.int64((np.uint64(value) * _GOLDEN) >> _UPPER) & (SLOTS - 1)
    while slots[slot] != 0 and keys[slots[slot] - 1] != value:
        slot = (slot + 1) & (SLOTS - 1)
    return int(slot)


@kernel
def scan(  # noqa: PLR0917 - compiled code takes arrays by place
    content: Bytes,
    at: int,
    counts: Whole,
    keys: NDArray[np.int64],
    slots: NDArray[np.int16],
    places: NDArray[np.uint8],
    values: NDArray[np.int64],
) -> None:
    """Read packed rows, given as bytes, into place `at` and the next ones of every column.

    `counts` says how many different values of a column were met, -1 where they are too many. Until
    then `keys` lists them in the order in which they came, `slots` finds them, and `places` says of
    each row which it has; afterwards `values` has the numbers themselves.
    """
    count = len(content) // _ROW_BYTES
    for start in range(0, count, _PIECE_ROWS):
        stop = min(count, start + _PIECE_ROWS)
        for column in range(len(counts)):
            done = start
            if counts[column] >= 0:
                done = _listed(
                    content,
                    column,
                    start,
                    stop,
                    at,
                    counts,
                    keys[column],
                    slots[column],
                    places[column],
                )
                if done < stop:
                    for place in range(at + done):
                        values[column, place] = keys[column, places[column, place]]
            into = values[column]
            if done == stop:
                continue
            offset = _OFFSETS[column]
            if _WIDTHS[column] == _LONG:
                for row in range(done, stop):
                    into[at + row] = long_at(content, row * _ROW_BYTES + offset)
            else:
                # A column of bytes has no more values than its list has room for.
                for row in range(done, stop):
                    into[at + row] = int_at(content, row * _ROW_BYTES + offset)


@kernel
def _listed(  # noqa: PLR0917 - compiled code takes arrays by place
    content: Bytes,
    column: int,
    start: int,
    stop: int,
    at: int,
    counts: Whole,
    keys: Whole,
    slots: Slots,
    places: Bytes,
) -> int:
    """Tell rows of a column by the list of its values; return how many rows fit."""
    count = counts[column]
    place = np.int64(places[at + start - 1]) if at + start else np.int64(0)
    row = start
    if count:
        # Most columns stay as they are for long; where one does not, every value is looked up,
        # which takes less than to foresee which are like the last one.
        known = keys[place]
        while row < stop and _value(content, row, column) == known:
            places[at + row] = place
            row += 1
    while row < stop:
        value = _value(content, row, column)
        slot = _slot_of(value, keys, slots)
        if slots[slot] == 0:
            if count == DIFFERENT_MAX:
                counts[column] = -1
                return row
            keys[count] = value
            count += 1
            slots[slot] = count
        places[at + row] = slots[slot] - 1
        row += 1
    counts[column] = count
    return stop
