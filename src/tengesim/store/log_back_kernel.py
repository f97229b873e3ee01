"""The compiled half of reading the log back: bytes of a column become its values.

It undoes what `store/log_kernel.py` does and knows no more of Parquet than that.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import kernel, long_at

__all__ = ["unpack_numbers", "unpack_places"]

_BLOCK: Final = 128
_MINIBLOCK: Final = 32
_PARTS: Final = _BLOCK // _MINIBLOCK
_WORD: Final = 64
_RUN: Final = 8
_ONE: Final = np.uint64(1)

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]


@kernel
def _get_word(content: Bytes, at: int) -> tuple[np.uint64, int]:
    """Return a number that is written seven bits a byte, and the place after it."""
    word, shift = np.uint64(0), 0
    while content[at] > 127:
        word |= np.uint64(content[at] & 127) << np.uint64(shift)
        shift += 7
        at += 1
    return word | np.uint64(content[at]) << np.uint64(shift), at + 1


@kernel
def _get_signed(content: Bytes, at: int) -> tuple[np.int64, int]:
    """Return such a number that may be negative."""
    word, at = _get_word(content, at)
    half = np.int64(word >> _ONE)
    return (-half - 1 if word & _ONE else half), at


@kernel
def unpack_places(content: Bytes, keys: Whole, into: Whole) -> None:
    """Read places in a list of values and write the values."""
    bits = int(content[0])
    mask = (_ONE << np.uint64(bits)) - _ONE
    at, done, count = 1, 0, len(into)
    while done < count:
        head, at = _get_word(content, at)
        length = int(head >> _ONE)
        if head & _ONE:
            for _ in range(length):
                word = np.uint64(long_at(content, at))
                at += bits
                for place in range(min(_RUN, count - done)):
                    into[done] = keys[np.int64((word >> np.uint64(bits * place)) & mask)]
                    done += 1
        else:
            into[done : done + length] = keys[content[at]]
            at += 1
            done += length


@kernel
def unpack_numbers(content: Bytes, into: Whole) -> None:
    """Read whole numbers that are written by their differences."""
    at, count = 0, len(into)
    for _ in range(3):
        # Lengths of blocks and parts, and how many numbers there are.
        _, at = _get_word(content, at)
    value, at = _get_signed(content, at)
    into[0] = value
    done = 1
    while done < count:
        least, at = _get_signed(content, at)
        widths = at
        at += _PARTS
        for part in range(_PARTS):
            width = int(content[widths + part])
            for place in range(min(_MINIBLOCK, count - done)):
                value += least + np.int64(_bits_at(content, at, place * width, width))
                into[done] = value
                done += 1
            at += width * (_MINIBLOCK // _RUN)


@kernel
def _bits_at(content: Bytes, at: int, first: int, width: int) -> np.uint64:
    """Return `width` bits from bit `first` on, counted from a byte on."""
    if width == 0:
        return np.uint64(0)
    at += first // _RUN
    skipped = first % _RUN
    word = np.uint64(long_at(content, at)) >> np.uint64(skipped)
    if skipped + width > _WORD:
        word |= np.uint64(content[at + _WORD // _RUN]) << np.uint64(_WORD - skipped)
    return word & (~np.uint64(0) >> np.uint64(_WORD - width))
