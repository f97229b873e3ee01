"""The luck of a pool: which of the network's blocks it finds, one draw for each block.

A block belongs to the pool with the chance of its share of the hash rate. The draw hangs on the
height alone, so a larger fleet or another price leaves the luck of every other block as it was.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from tengesim.streams import Streams

__all__ = ["Stretch", "found"]

_STREAM: Final = "mining.pool"
_WORDS: Final = 1 << 64


class Stretch(NamedTuple):
    """Blocks from a height on, and the hash rate of the pool among that of all."""

    first_block: int
    blocks: int
    pool_ths: int
    network_ths: int


def found(streams: Streams, stretches: Sequence[Stretch]) -> list[int]:
    """Return how many blocks of each stretch the pool finds."""
    counts = [stretch.blocks for stretch in stretches]
    heights = np.concatenate(
        [np.arange(one.first_block, one.first_block + one.blocks) for one in stretches]
    )
    # A pool that is the whole network finds every block; no word is as large as that limit.
    limits = [min(_WORDS * one.pool_ths // one.network_ths, _WORDS - 1) for one in stretches]
    wins = streams.words(_STREAM, heights) < np.repeat(np.array(limits, dtype=np.uint64), counts)
    ends = np.cumsum(counts)
    running = np.concatenate([[0], np.cumsum(wins)])
    return [
        int(running[end] - running[end - count]) for end, count in zip(ends, counts, strict=True)
    ]
