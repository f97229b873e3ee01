"""Noting in compiled code which purchases come back: `retail.carry` says what it means."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.compiled import lean
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_rows import Desired
from tengesim.retail.carry import NO_PURSE

__all__ = ["comes_back", "has_room", "note", "scrambled"]

Whole = NDArray[np.int64]
Words = NDArray[np.uint64]

_ROOM: Final = at.ROOM_CARRIED
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR: Final = np.uint64(0x94D049BB133111EB)


@lean
def scrambled(word: np.uint64) -> np.uint64:
    """Return a word as `streams.mix` scrambles it."""
    z = word + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST_FACTOR
    z = (z ^ (z >> np.uint64(27))) * _SECOND_FACTOR
    return z ^ (z >> np.uint64(31))


@lean
def has_room(refunds: Words, carried: Whole, cursor: Whole) -> bool:
    """Return whether the carry list has room for what one more want may add."""
    return bool(refunds[at.BACK_BELOW] == 0 or cursor[at.CARRIED] <= len(carried) - _ROOM)


@lean
def comes_back(want: Desired, word: np.uint64, refunds: Words, fixed: Whole) -> bool:
    """Return whether a purchase is to come back once it is paid."""
    if refunds[at.BACK_BELOW] == 0 or want.payee < fixed[at.PEOPLE]:
        return False
    if want.purpose == fixed[at.BILLS]:
        return False
    return bool(scrambled(word ^ refunds[at.BACK_KEY]) >> np.uint64(1) < refunds[at.BACK_BELOW])


@lean
def note(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    form: int,
    word: np.uint64,
    refunds: Words,
    carried: Whole,
    fixed: Whole,
    cursor: Whole,
) -> None:
    """Add a purchase that was paid in `form` to the carry list, where it is to come back."""
    if not comes_back(want, word, refunds, fixed):
        return
    half = scrambled(word ^ refunds[at.BACK_DELAY_KEY]) >> np.uint64(32)
    hours = refunds[at.BACK_SOONEST] + (half * refunds[at.BACK_SPAN] >> np.uint64(32))
    row = carried[cursor[at.CARRIED]]
    row[0] = want.time_us + np.int64(hours) * HOUR_US
    row[1] = want.time_us
    row[2] = want.intent
    row[3] = want.payer
    row[4] = want.payee
    row[5] = want.amount
    row[6] = want.purpose
    row[7] = want.is_remote
    row[8] = form
    row[9] = NO_PURSE
    row[10] = 0
    cursor[at.CARRIED] += 1
