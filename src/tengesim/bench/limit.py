"""The machine's own limit: two random rows of 64 bytes changed for each payment, nothing else.

Rows are fetched ahead as the engine does it, and whom a payment concerns is known beforehand, so
what remains is what memory allows. No engine that keeps a row for each wallet can be faster.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import kernel, prefetch
from tengesim.streams import Streams, below

__all__ = ["aligned_rows", "move", "pairs"]

AHEAD: Final = 32
"""How many payments ahead rows are fetched."""
_WORDS: Final = 8
_LINE: Final = 64


def aligned_rows(count: int) -> NDArray[np.int64]:
    """Return zeroed rows of eight numbers, each within one line of the cache."""
    # Touched here, so that no page is first met while time is taken.
    whole = np.ones(count * _WORDS + _WORDS, dtype=np.int64)
    first = -whole.ctypes.data % _LINE // whole.itemsize
    rows = whole[first : first + count * _WORDS].reshape(count, _WORDS)
    rows[:] = 0
    return rows


def pairs(count: int, rows: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return payers and payees of `count` payments, each row as likely as any other."""
    streams, numbers = Streams(seed), np.arange(count)
    return (
        below(streams.words("bench.payer", numbers), rows),
        below(streams.words("bench.payee", numbers), rows),
    )


@kernel
def move(rows: NDArray[np.int64], payer: NDArray[np.int64], payee: NDArray[np.int64]) -> int:
    """Move one tiyn from row to row for each payment; return how many payments there were."""
    count = len(payer)
    for i in range(count):
        if i + AHEAD < count:
            prefetch(rows, payer[i + AHEAD])
            prefetch(rows, payee[i + AHEAD])
        rows[payer[i], 0] -= 1
        rows[payer[i], 4] += 1
        rows[payee[i], 0] += 1
    return count
