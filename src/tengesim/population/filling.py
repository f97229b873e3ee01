"""Which households there are, some thousands at a time.

Each line of a chunk depends on the number of the household alone, so it does not matter where one
chunk ends and the next begins.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.population.chances import Chances, happens
from tengesim.population.composition import THIRD_ADULT_FROM
from tengesim.streams import Streams, Words

__all__ = ["Homes", "homes", "in_turns"]

_GOLDEN: Final = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio: multiples of it fall evenly, however many are taken."""


class Homes(NamedTuple):
    """Households of a chunk: where they are, how many live there, and who with whom."""

    number: NDArray[np.int64]
    size: NDArray[np.int64]
    children: NDArray[np.int64]
    is_couple: NDArray[np.bool_]
    is_lone: NDArray[np.bool_]
    stratum: NDArray[np.int64]


def in_turns(streams: Streams, name: str, numbers: NDArray[np.int64]) -> Words:
    """Return words that fall evenly among themselves, so that quotas hold for any first ones.

    Multiples of the golden ratio, modulo one, from a point that the stream decides.
    """
    start = streams.words(name, np.zeros(1, dtype=np.int64))
    return np.asarray(numbers.astype(np.uint64) * np.uint64(_GOLDEN) + start)


def homes(chances: Chances, streams: Streams, numbers: NDArray[np.int64], room: int) -> Homes:
    """Return the households `numbers`, as many as `room` people fill; the last may be cut."""
    size = chances.sizes[chances.size.rungs(streams.words("households.size", numbers))]
    before = np.cumsum(size) - size
    kept = int(np.searchsorted(before, room, side="left"))
    numbers, size, before = numbers[:kept], size[:kept], before[:kept]
    size = np.minimum(size, room - before)
    several = size > 1
    is_family = several & happens(streams.words("households.family", numbers), chances.family)
    is_lone = is_family & happens(streams.words("households.lone_parent", numbers), chances.lone)
    has_third = (
        (is_family & ~is_lone)
        & (size >= THIRD_ADULT_FROM)
        & happens(streams.words("households.third_adult", numbers), chances.third)
    )
    parents = np.where(is_lone, 1, 2)
    children = np.where(is_family, size - parents - has_third, 0)
    paired = happens(streams.words("households.couple", numbers), chances.couple)
    return Homes(
        number=numbers,
        size=size,
        children=children,
        is_couple=several & ~is_lone & (is_family | paired),
        is_lone=is_lone,
        stratum=chances.stratum.rungs(in_turns(streams, "households.place", numbers)),
    )
