"""The compiled half of what is kept of a log: which rows, one by one."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind
from tengesim.compiled import lean
from tengesim.journal.events import Rows

__all__ = ["UNNAMED", "choose"]

UNNAMED: Final = -1
"""Party of a row that is about nobody in particular."""

_UNDOING: Final = (int(Kind.REFUND), int(Kind.RETURN))
_CONVERTING: Final = (
    int(Kind.FUNDING),
    int(Kind.DEFUNDING),
    int(Kind.WATERFALL),
    int(Kind.CASH_WITHDRAWAL),
    int(Kind.CASH_DEPOSIT),
)
"""Money of one holder changing its form: a leg between banks names nobody and is no act of one."""
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_SHIFT_FIRST: Final = np.uint64(30)
_SHIFT_SECOND: Final = np.uint64(27)
_SHIFT_LAST: Final = np.uint64(31)
_ZERO: Final = np.uint64(0)


@lean
def choose(rows: Rows, blocks: NDArray[np.int64], sample: int, chosen: NDArray[np.bool_]) -> None:
    """Say in `chosen` which rows are kept, with one in `sample` of all stories, none where it is 0.

    `blocks` has the first name of each block of parties, and the one after its last.
    """
    for i in range(len(rows)):
        row: Any = rows[i]
        intent, kind = row["intent"], row["kind"]
        is_act = (intent >= 0 or kind in _UNDOING) and kind not in _CONVERTING
        if sample == 0 and not is_act:
            chosen[i] = False
            continue
        party = _of_block(np.int64(row["payer"]), blocks)
        if party == UNNAMED:
            party = _of_block(np.int64(row["payee"]), blocks)
        is_kept = is_act and party == UNNAMED
        subject = intent if intent < 0 else party
        if sample != 0 and subject != UNNAMED:
            is_kept |= _word(subject) % np.uint64(sample) == _ZERO
        chosen[i] = is_kept


@lean
def _of_block(name: int | np.integer, blocks: NDArray[np.int64]) -> int | np.integer:
    """Return a name where it is one of the blocks."""
    for number in range(len(blocks)):
        if blocks[number, 0] <= name < blocks[number, 1]:
            return name
    return UNNAMED


@lean
def _word(subject: int | np.integer) -> np.uint64:
    """Return a number that falls evenly, the same for ever."""
    word = np.uint64(subject) * _GOLDEN
    word = (word ^ (word >> _SHIFT_FIRST)) * _FIRST
    word = (word ^ (word >> _SHIFT_SECOND)) * _SECOND
    return word ^ (word >> _SHIFT_LAST)
