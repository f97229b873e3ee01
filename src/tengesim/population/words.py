"""Random words one at a time, compiled: the same as the arrays of `streams`, without the arrays."""

from typing import Final

import numpy as np

from tengesim.compiled import kernel
from tengesim.streams import GOLDEN

__all__ = ["below_word", "scrambled", "word_of"]

_HALF: Final = np.uint64(32)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_FACTOR_1, _FACTOR_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@kernel
def scrambled(word: np.uint64) -> np.uint64:
    """Scramble a word as `streams.mix` does."""
    word = word + GOLDEN
    word = (word ^ (word >> _SHIFT_1)) * _FACTOR_1
    word = (word ^ (word >> _SHIFT_2)) * _FACTOR_2
    return word ^ (word >> _SHIFT_3)


@kernel
def word_of(first: np.uint64, second: np.uint64, number: int) -> np.uint64:
    """Return the word of a number in the stream with this key, as `Streams.words` does."""
    return scrambled(scrambled(np.uint64(number) * GOLDEN ^ first) ^ second)


@kernel
def below_word(word: np.uint64, count: np.uint64) -> np.uint64:
    """Return a uniform number below a count, as `streams.below` gives it."""
    return ((word >> _HALF) * count) >> _HALF
