"""Tables in which a random number finds its entry at once: who of many is chosen, by weight.

Weights are cumulated, and whoever's share of the sum holds the number is chosen: the inverse of the
cumulative distribution. A search of a long table misses the processor's cache at every step, so
beside the table stands a guide: for each span of numbers the first entry that any of them can
mean. From there it is a step or two to the right one, which is always that of a binary search.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "END",
    "FIRST",
    "GUIDE",
    "PARTY",
    "REACHES",
    "SHIFT",
    "TOTAL",
    "Groups",
    "Guides",
    "tamed",
]

FIRST, END, GUIDE, SHIFT, TOTAL = range(5)
"""Columns of a group: its entries from the first up to the end, where its guide begins, by how many
bits a number is cut to find its place in the guide, and the sum of its weights."""
REACHES, PARTY = range(2)
"""Columns of an entry."""
_TOTAL_MAX: Final = 1 << 32
"""Uniform draws below a bound use 32 bits."""


class Groups(NamedTuple):
    """Groups of which one entry is chosen in proportion to weight, one after another."""

    rows: NDArray[np.int64]
    """A row for each group."""
    entries: NDArray[np.uint32]
    """Of each entry the weights of its group up to its own, and whom it stands for."""
    guide: NDArray[np.int32]
    """First entry, counted from the group's own first, that a span of numbers can mean."""


class Guides:
    """Groups as they are collected."""

    __slots__ = ("_ends", "_guide", "_guided", "_party", "_rows", "_used")

    def __init__(self) -> None:
        """Start without a group."""
        self._rows: list[tuple[int, ...]] = []
        self._party: list[NDArray[np.int32]] = []
        self._ends: list[NDArray[np.uint32]] = []
        self._guide: list[NDArray[np.int32]] = []
        self._used = self._guided = 0

    def add(
        self, party: NDArray[np.integer], weights: NDArray[np.int64], *, spans: int | None = None
    ) -> int:
        """Return the number of a group of `party` with these weights, whose sum is above zero.

        The guide has at most `spans` spans, as many as there are entries where nothing is said.
        """
        ends = np.cumsum(weights)
        total = int(ends[-1])
        if not 0 < total < _TOTAL_MAX:
            raise ValueError(f"weights add up to {total}, not to 1..2**32 - 1")
        most = max(1, len(ends) if spans is None else spans)
        shift = max(0, ((total - 1) // most).bit_length())
        starts = np.arange(((total - 1) >> shift) + 1, dtype=np.int64) << shift
        guide = np.searchsorted(ends, starts, side="right").astype(np.int32)
        row = (self._used, self._used + len(ends), self._guided, shift, total)
        self._rows.append(row)
        self._party.append(party.astype(np.int32))
        self._ends.append(ends.astype(np.uint32))
        self._guide.append(guide)
        self._used += len(ends)
        self._guided += len(guide)
        return len(self._rows) - 1

    def first(self, group: int) -> int:
        """Return the first entry of a group."""
        return self._rows[group][FIRST]

    def groups(self) -> Groups:
        """Return what was collected."""
        return Groups(
            np.array(self._rows, dtype=np.int64).reshape(len(self._rows), TOTAL + 1),
            self._entries(),
            np.concatenate([np.empty(0, np.int32), *self._guide]),
        )

    def _entries(self) -> NDArray[np.uint32]:
        # Side by side, as whoever finds an entry wants to know both.
        entries = np.empty((self._used, PARTY + 1), dtype=np.uint32)
        place = 0
        for ends, party in zip(self._ends, self._party, strict=True):
            entries[place : place + len(ends), REACHES] = ends
            entries[place : place + len(ends), PARTY] = party
            place += len(ends)
        return entries


def tamed(weights: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return weights whose sum can be drawn below.

    Nobody is left out where the weights are many; the law is as good with coarser ones.
    """
    whole = weights.astype(np.int64)
    return np.maximum(whole // (int(whole.sum()) // _TOTAL_MAX + 1), 1)
