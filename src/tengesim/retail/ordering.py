"""Drawn wants into the order of the tape, compiled: by time, stratum, payer and spare word.

A part of an hour is sorted by the first digits of its times, which needs no comparison; the few
wants that are nearer to one another are compared after that.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.compiled import kernel, lean, prefetch
from tengesim.retail.plan import NOBODY, Drawn, Piece
from tengesim.retail.tape import Window

__all__ = ["Bench", "lay_out", "pack", "put_in_order"]

_DIGIT_BITS: Final = 11
_DIGITS: Final = 1 << _DIGIT_BITS
_FEW: Final = 48
"""So few are sorted faster by inserting one after another."""
_AHEAD: Final = 16
"""So many wants ahead memory is asked for."""
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


class Bench(NamedTuple):
    """Room for the wants of a part while they are sorted, and what their strata are to the tape.

    A key is the time within the hour and the wants' row. A row is payer and payee, amount, spare
    word, stratum and whether the want is remote.
    """

    keys: NDArray[np.uint64]
    other: NDArray[np.uint64]
    wants: NDArray[np.uint64]
    ranks: NDArray[np.int32]
    """Place of each stratum on the tape; below zero where it is not there."""
    purposes: NDArray[np.int32]
    numbers: NDArray[np.int64]
    """How many wants of the hour each stratum has so far."""


@lean
def pack(  # noqa: PLR0917 - compiled code takes arrays by place
    piece: Piece, stratum: int, drawn: Drawn, count: int, bench: Bench, used: int
) -> int:
    """Put wants of a stratum on the bench, behind those `used`; return how many there are then."""
    since_us, keys, wants = piece.day.start_us - piece.hour * HOUR_US, bench.keys, bench.wants
    person, spare, low = drawn.person, drawn.spare, np.uint64(stratum)
    payee, flags, moment_us = drawn.payee, drawn.flags, drawn.moment_us
    amount_tiyn = drawn.amount_tiyn
    for i in range(count):
        if payee[i] == NOBODY:
            # Whoever finds nobody to pay wants nothing.
            continue
        keys[used] = np.uint64(since_us + moment_us[i]) << _HALF | np.uint64(used)
        wants[used, 0] = np.uint64(person[i]) | np.uint64(payee[i]) << _HALF
        wants[used, 1] = np.uint64(amount_tiyn[i])
        wants[used, 2] = spare[i]
        wants[used, 3] = low | np.uint64(flags[i]) << _HALF
        used += 1
    return used


@kernel
def put_in_order(bench: Bench, used: int) -> None:
    """Sort the wants on a bench by time, rank of the stratum, payer and spare word."""
    keys, wants, ranks = bench.keys[:used], bench.wants, bench.ranks
    if used > _FEW:
        _sort(keys, bench.other[:used])
    # Most are in order by now, and none is far from its place.
    for i in range(1, used):
        key, at = keys[i], i
        while at > 0 and _is_before(key, keys[at - 1], wants, ranks):
            keys[at] = keys[at - 1]
            at -= 1
        keys[at] = key


@lean
def _is_before(
    key: np.uint64, other: np.uint64, wants: NDArray[np.uint64], ranks: NDArray[np.int32]
) -> bool:
    if key >> _HALF != other >> _HALF:
        return bool(key < other)
    row, second = np.int64(key & _LOW), np.int64(other & _LOW)
    rank, rank_2 = ranks[np.int64(wants[row, 3] & _LOW)], ranks[np.int64(wants[second, 3] & _LOW)]
    if rank != rank_2:
        return bool(rank < rank_2)
    if wants[row, 0] & _LOW != wants[second, 0] & _LOW:
        return bool(wants[row, 0] & _LOW < wants[second, 0] & _LOW)
    return bool(wants[row, 2] < wants[second, 2])


@kernel
def _sort(keys: NDArray[np.uint64], other: NDArray[np.uint64]) -> None:
    """Sort keys by the first digits of their upper half in which they differ.

    They stand almost in order then; what the digits leave out is a fraction of the time between two
    wants.
    """
    differing, mask = np.uint64(0), np.uint64(_DIGITS - 1)
    for i in range(len(keys)):
        differing |= keys[i] ^ keys[0]
    lowest = 32
    while lowest < 64 - 2 * _DIGIT_BITS and differing >> np.uint64(lowest + 2 * _DIGIT_BITS):
        lowest += 1
    for shift in range(lowest, lowest + 2 * _DIGIT_BITS, _DIGIT_BITS):
        place, low = np.zeros(_DIGITS + 1, dtype=np.int64), np.uint64(shift)
        for i in range(len(keys)):
            place[np.int64(keys[i] >> low & mask) + 1] += 1
        for digit in range(1, _DIGITS):
            place[digit] += place[digit - 1]
        for i in range(len(keys)):
            at = np.int64(keys[i] >> low & mask)
            other[place[at]] = keys[i]
            place[at] += 1
        # After two digits both arrays are what they were.
        keys, other = other, keys


@lean
def lay_out(bench: Bench, used: int, hour: int, window: Window, first: int) -> None:
    """Write the sorted wants on a bench into a window, and number them by stratum."""
    keys, wants, ranks, purposes, numbers = (
        bench.keys,
        bench.wants,
        bench.ranks,
        bench.purposes,
        bench.numbers,
    )
    times, rank, number, payer = window.time_us, window.rank, window.number, window.payer
    payee, amount_tiyn, word = window.payee, window.amount_tiyn, window.word
    flags, purpose = window.flags, window.purpose
    start_us = hour * HOUR_US
    for i in range(used):
        prefetch(wants, int(keys[min(i + _AHEAD, used - 1)] & _LOW))
        row, at = np.int64(keys[i] & _LOW), first + i
        stratum = np.int64(wants[row, 3] & _LOW)
        times[at] = start_us + np.int64(keys[i] >> _HALF)
        rank[at] = ranks[stratum]
        number[at] = numbers[stratum]
        payer[at] = np.int64(wants[row, 0] & _LOW)
        payee[at] = np.int64(wants[row, 0] >> _HALF)
        amount_tiyn[at] = np.int64(wants[row, 1])
        word[at] = wants[row, 2]
        flags[at] = np.uint8(wants[row, 3] >> _HALF)
        purpose[at] = purposes[stratum]
        numbers[stratum] += 1
