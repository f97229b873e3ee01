"""Who is paid: a merchant nearby or anywhere, somebody at home, somebody of the same region.

Every choice reads one word of the want and tables made once, so a million wants need no loop.
"""

from collections.abc import Hashable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.population.columns import Society
from tengesim.streams import Words, below

__all__ = ["NOBODY", "Payees"]

NOBODY: Final = -1
_TOTAL_MAX: Final = 1 << 32
"""Uniform draws below a bound use 32 bits."""


class _Group(NamedTuple):
    """Merchants among whom one is chosen in proportion to weight."""

    merchants: NDArray[np.int64]
    ends: NDArray[np.int64]


class Payees:
    """Everybody who can be paid, by what they are paid for."""

    __slots__ = ("_first", "_groups", "_payers", "_size", "_society")

    def __init__(self, society: Society, payers: NDArray[np.int64]) -> None:
        """Index the merchants by category and place, and the `payers` by household."""
        self._society = society
        self._payers = payers
        self._groups: dict[Hashable, _Group | None] = {}
        households = society.people.household[payers]
        # People of a household are neighbours, so its payers are too.
        firsts = np.flatnonzero(np.diff(households, prepend=households[:1] - 1))
        sizes = np.diff(firsts, append=len(payers))
        self._first = np.repeat(firsts, sizes)
        self._size = np.repeat(sizes, sizes)

    def nearby(
        self, category: str, region: int, payer: NDArray[np.int64], words: Words
    ) -> NDArray[np.int64]:
        """Return a merchant of `category` for each payer: of town or country, else of anywhere."""
        is_urban = self._society.people.is_urban[payer]
        found = np.full(len(payer), NOBODY, dtype=np.int64)
        for place in (False, True):
            chosen = np.flatnonzero(is_urban == place)
            group = (
                self._group(category, region, is_urban=place)
                or self._group(category, region)
                or self._group(category)
            )
            if group is not None:
                found[chosen] = _pick(group, words[chosen])
        return found

    def anywhere(self, category: str, words: Words) -> NDArray[np.int64]:
        """Return a merchant of `category` for each word."""
        group = self._group(category)
        if group is None:
            return np.full(len(words), NOBODY, dtype=np.int64)
        return _pick(group, words)

    def at_home(self, payer: NDArray[np.int64], words: Words) -> NDArray[np.int64]:
        """Return another payer of the same household, or nobody."""
        place = np.searchsorted(self._payers, payer)
        others = self._size[place] - 1
        chosen = self._first[place] + below(words, np.maximum(others, 1))
        chosen += chosen >= place
        # Of a household of one the choice may lie beyond the end; nobody is taken anyway.
        chosen = np.minimum(chosen, len(self._payers) - 1)
        return np.where(others > 0, self._payers[chosen], NOBODY)

    def others(
        self, payer: NDArray[np.int64], local: NDArray[np.int64], words: Words
    ) -> NDArray[np.int64]:
        """Return one of the `local` payers outside the payer's household, or nobody.

        Whoever spends more is paid more, so that transfers by themselves make nobody poor.
        """
        ends = np.cumsum(_tamed(self._society.people.weight[local].astype(np.int64)))
        place = np.searchsorted(self._payers, payer)
        first = np.searchsorted(local, self._payers[self._first[place]])
        before = np.where(first > 0, ends[np.maximum(first, 1) - 1], 0)
        own = ends[first + self._size[place] - 1] - before
        strangers = ends[-1] - own
        mass = below(words, np.maximum(strangers, 1))
        # Beyond whoever lives at home the others go on.
        mass += np.where(mass >= before, own, 0)
        chosen = np.minimum(np.searchsorted(ends, mass, side="right"), len(local) - 1)
        return np.where(strangers > 0, local[chosen], NOBODY)

    def heads(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return who pays the bills of each household among `local`: who spends most."""
        weight = self._society.people.weight[local].astype(np.int64)
        household = self._society.people.household[local]
        order = np.lexsort((local, -weight, household))
        _, firsts = np.unique(household[order], return_index=True)
        return np.sort(local[order[firsts]])

    def _group(
        self, category: str, region: int | None = None, *, is_urban: bool | None = None
    ) -> _Group | None:
        key = (category, region, is_urban)
        if key not in self._groups:
            self._groups[key] = self._made(category, region, is_urban)
        return self._groups[key]

    def _made(self, category: str, region: int | None, is_urban: bool | None) -> _Group | None:  # noqa: FBT001
        society = self._society
        if category not in society.categories:
            return None
        merchants = society.merchants
        chosen = (merchants.category == society.categories.index(category)) & (merchants.weight > 0)
        if region is not None:
            chosen &= merchants.region == region
        if is_urban is not None:
            chosen &= merchants.is_urban == is_urban
        numbers = np.flatnonzero(chosen)
        if not len(numbers):
            return None
        weights = _tamed(merchants.weight[numbers].astype(np.int64))
        return _Group(numbers + len(society.people.age), np.cumsum(weights))


def _tamed(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return weights whose sum can be drawn below.

    Nobody is left out where the weights are many; the law is as good with coarser ones.
    """
    return np.maximum(weights // (int(weights.sum()) // _TOTAL_MAX + 1), 1)


def _pick(group: _Group, words: Words) -> NDArray[np.int64]:
    """Return a merchant for each word, in proportion to weight."""
    mass = below(words, int(group.ends[-1]))
    return group.merchants[np.searchsorted(group.ends, mass, side="right")]
