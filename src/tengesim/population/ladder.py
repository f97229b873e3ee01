"""Which rung of an ascending table a random word stands on, for millions of words.

A binary search misses the processor's cache and branch prediction at every step. The upper bits of
a word tell its rung at once, or tell that the next rung begins within them; only where two begin
within them is searched. The answer is that of `numpy.searchsorted`, always.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.streams import Words

__all__ = ["Ladder", "ladder", "ladder_of"]

_GUIDE_BITS: Final = 14


class Ladder(NamedTuple):
    """Rungs that begin at `starts`; the first, which begins at 0, is not among them."""

    starts: Words
    guide: NDArray[np.int64]
    """Rung of the smallest word that begins with these bits."""
    following: Words
    """Where the rung after that begins, or the largest word."""
    is_crowded: NDArray[np.bool_]

    def rungs(self, words: Words) -> NDArray[np.int64]:
        """Return how many of `starts` each word has reached."""
        bits = (words >> np.uint64(64 - _GUIDE_BITS)).astype(np.int64)
        found = self.guide[bits] + (words >= self.following[bits])
        crowded = np.flatnonzero(self.is_crowded[bits])
        found[crowded] = np.searchsorted(self.starts, words[crowded], side="right")
        return found


def ladder(starts: Words) -> Ladder:
    """Return the ladder whose rungs begin at `starts`, which ascend."""
    first = np.arange(1 << _GUIDE_BITS, dtype=np.uint64) << np.uint64(64 - _GUIDE_BITS)
    last = first + np.uint64((1 << (64 - _GUIDE_BITS)) - 1)
    guide = np.searchsorted(starts, first, side="right")
    reached = np.searchsorted(starts, last, side="right")
    following = np.append(starts, np.uint64(2**64 - 1))[guide]
    # The largest word stands for no rung at all, and may be one: such bits are searched.
    is_crowded = (reached > guide + 1) | ((reached == guide) & (following <= last))
    return Ladder(starts, guide.astype(np.int64), following, is_crowded)


def ladder_of(weights: Sequence[Fraction | int]) -> Ladder:
    """Return the ladder on which each entry has the share of all words that its weight says."""
    # Where nobody is drawn any ladder will do.
    total = sum(weights) or 1
    passed = Fraction(0)
    starts = []
    for weight in weights[:-1]:
        passed += weight
        # Where only entries of weight zero follow, one word in 2**64 is theirs.
        starts.append(min(int(Fraction(passed, total) * 2**64), 2**64 - 1))
    return ladder(np.array(starts, dtype=np.uint64))
