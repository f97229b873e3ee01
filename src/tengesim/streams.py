"""Named random streams: every decision draws its own, so a policy changes only what it touches.

A stream is found by its name, never by the order of drawing. Words are counter-based: the word of
person `i` at step `k` is a function of (seed, name, i, k) alone, so one more person, programme or
institution leaves every other draw as it was. All arithmetic is on unsigned 64-bit integers and so
the same on every processor and NumPy version.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "GOLDEN",
    "Streams",
    "Words",
    "below",
    "below_one",
    "by_quota",
    "chance",
    "chance_one",
    "further",
    "further_one",
    "half_below",
    "key_of",
    "mix",
    "mix_one",
]

Words = NDArray[np.uint64]

_GOLDEN_INT: Final = 0x9E3779B97F4A7C15
GOLDEN: Final = np.uint64(_GOLDEN_INT)
"""The odd constant nearest to 2**64 over the golden ratio, which spreads numbers that follow."""
_MASK: Final = (1 << 64) - 1
_BP: Final = 10_000
_HALF_RANGE: Final = 1 << 63
_FACTOR_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_FACTOR_SECOND: Final = np.uint64(0x94D049BB133111EB)
_SHIFT_FIRST, _SHIFT_SECOND, _SHIFT_LAST = np.uint64(30), np.uint64(27), np.uint64(31)
_PIECE: Final = 1 << 14
"""Words that are mixed at a time."""


class Streams:
    """All randomness of one run, addressed by name."""

    __slots__ = ("_seed",)

    def __init__(self, seed: int) -> None:
        """Bind the streams to a non-negative integer `seed`."""
        if type(seed) is not int or seed < 0:
            message = f"a seed is a non-negative integer, not {seed!r}"
            raise ValueError(message)
        self._seed = seed

    def named(self, name: str, *key: object) -> np.random.Generator:
        """Return the generator of one decision of one institution, e.g. ("bids", contract_id)."""
        path = "/".join((name, *map(str, key)))
        words = np.frombuffer(hashlib.sha256(path.encode()).digest(), dtype="<u4")
        spawn_key = tuple(int(word) for word in words)
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(entropy=self._seed, spawn_key=spawn_key))
        )

    def words(self, name: str, ids: NDArray[np.integer], step: int = 0) -> Words:
        """Return one uniform 64-bit word per id for step `step` of the stream `name`."""
        first, second = map(np.uint64, self.key(name, step))
        words = np.array(ids, dtype=np.uint64, order="C")
        for piece in _pieces(words):
            np.multiply(piece, GOLDEN, out=piece)
            for key in (first, second):
                np.bitwise_xor(piece, key, out=piece)
                _scramble(piece)
        return words

    def key(self, name: str, step: int = 0) -> tuple[int, int]:
        """Return the two numbers that make the words of step `step` of the stream `name`.

        The word of an id is `mix(mix(id * GOLDEN ^ first) ^ second)`.
        """
        digest = hashlib.sha256(f"{self._seed}/{name}".encode()).digest()
        first, second, third = (int.from_bytes(digest[i : i + 8], "little") for i in (0, 8, 16))
        return first, second ^ int(mix_one((third + step * _GOLDEN_INT) & _MASK))


def mix(words: Words) -> Words:
    """Scramble words so that every input bit moves every output bit with probability one half.

    The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, doi:10.1145/2660193.2660195).
    """
    mixed = np.array(words, order="C")
    for piece in _pieces(mixed):
        _scramble(piece)
    return mixed


def _pieces(words: Words) -> Iterator[Words]:
    """Yield all of `words`, so many at a time that they stay in the processor's cache."""
    flat = words.reshape(-1)
    for start in range(0, len(flat), _PIECE):
        yield flat[start : start + _PIECE]


def _scramble(words: Words) -> None:
    """Mix words in place: five times as fast as with a fresh array for every step."""
    words += GOLDEN
    words ^= words >> _SHIFT_FIRST
    words *= _FACTOR_FIRST
    words ^= words >> _SHIFT_SECOND
    words *= _FACTOR_SECOND
    words ^= words >> _SHIFT_LAST


def mix_one(word: int) -> np.uint64:
    """Scramble a single word given as a Python integer below 2**64."""
    return np.uint64(mix(np.array([word], dtype=np.uint64))[0])


def further(spare: Words, purpose: str, attempt: int = 0) -> Words:
    """Derive fresh words from the spare words of tape rows for one `purpose` and `attempt`."""
    return mix(spare ^ np.uint64(key_of(purpose, attempt)))


def further_one(spare: int, purpose: str, attempt: int = 0) -> int:
    """Derive the fresh word of a single want; the same as `further` gives for an array of one."""
    return _mix_int(spare ^ key_of(purpose, attempt))


@cache
def key_of(purpose: str, attempt: int = 0) -> int:
    """Return the number that makes the fresh words of one `purpose` and `attempt`."""
    digest = hashlib.sha256(f"{purpose}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:8], "little")


def _mix_int(word: int) -> int:
    """Scramble one word as `mix` does; plain integers are ten times faster than arrays of one."""
    z = (word + _GOLDEN_INT) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def chance_one(word: int, rate_bp: int) -> bool:
    """Return whether an event of probability `rate_bp` / 10,000 happens, as `chance` decides."""
    return word >> 1 < half_below(rate_bp)


def half_below(rate_bp: int) -> int:
    """Return what half a word lies below with probability `rate_bp` / 10,000."""
    if not 0 <= rate_bp <= _BP:
        raise ValueError(f"a rate lies in 0..{_BP} basis points, got {rate_bp}")
    # The division truncates; a certain event must stay certain.
    return _HALF_RANGE if rate_bp == _BP else rate_bp * (_HALF_RANGE // _BP)


def below_one(word: int, count: int) -> int:
    """Return a uniform integer in [0, count) for count in 1..2**32, as `below` gives it."""
    if not 1 <= count <= 1 << 32:
        raise ValueError(f"a range lies in 1..2**32, got {count}")
    return (word >> 32) * count >> 32


def chance(words: Words, rate_bp: int | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where an event of probability `rate_bp` / 10,000 happens; exact at 0 and at 10,000."""
    rates = np.asarray(rate_bp, dtype=np.int64)
    if np.any((rates < 0) | (rates > _BP)):
        message = f"a rate lies in 0..{_BP} basis points, got {rates.min()}..{rates.max()}"
        raise ValueError(message)
    thresholds = rates.astype(np.uint64) * np.uint64(_HALF_RANGE // _BP)
    # The division above truncates; a certain event must stay certain.
    thresholds = np.where(rates == _BP, np.uint64(_HALF_RANGE), thresholds)
    return np.asarray((words >> np.uint64(1)) < thresholds)


def by_quota(words: Words, shares_bp: Sequence[int]) -> NDArray[np.int64]:
    """Divide the holders of `words` among kinds, as many to each as its share of them says.

    The words decide who, the shares how many, to the nearest whole: of a few schools or firms a
    share drawn one by one would swing with the seed and the scale. Returns the kind of each.
    """
    if any(share < 0 for share in shares_bp) or sum(shares_bp) != _BP:
        message = f"shares are parts of {_BP} basis points, not {list(shares_bp)}"
        raise ValueError(message)
    count = len(words)
    rank = np.empty(count, dtype=np.int64)
    rank[np.lexsort((np.arange(count), words))] = np.arange(count)
    ends = np.array([(2 * part * count + _BP) // (2 * _BP) for part in accumulate(shares_bp)])
    return np.asarray(np.searchsorted(ends, rank, side="right"), dtype=np.int64)


def below(words: Words, count: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return uniform integers in [0, count) for count in 1..2**32 from the words' high halves."""
    counts = np.asarray(count, dtype=np.int64)
    if np.any((counts < 1) | (counts > 1 << 32)):
        message = f"a range lies in 1..2**32, got {counts.min()}..{counts.max()}"
        raise ValueError(message)
    high = words >> np.uint64(32)
    return np.asarray((high * counts.astype(np.uint64)) >> np.uint64(32)).astype(np.int64)
