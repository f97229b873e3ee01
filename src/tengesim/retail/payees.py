"""Who pays and who is paid: payers by region, merchants by what they sell and where.

Each is a group of which one is chosen in proportion to weight. A counter payment goes to a merchant
of town or country, where there is none to one of the region, and at last to one of anywhere.
"""

from collections.abc import Hashable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.population.columns import People, Society
from tengesim.retail.guides import END, FIRST, PARTY, Groups, Guides, tamed
from tengesim.retail.plan import AFTER, AT_HOME_MAX, BEFORE, NOBODY, WEIGHT, WEIGHT_MAX

__all__ = ["Payees", "about_payers"]

_BETWEEN_MARKS: Final = 2
"""Payers between two marks of their guide: few steps to the right one, and a guide of millions that
is half as long as they are."""


class Payees:
    """Groups of those who can be paid, each put among the `guides` when it is first asked for."""

    __slots__ = ("_guides", "_merchants", "_shops", "_society")

    def __init__(self, society: Society, guides: Guides) -> None:
        """Take the society; nobody is in a group yet."""
        self._society = society
        self._guides = guides
        self._merchants: dict[str, NDArray[np.intp]] = {}
        self._shops: dict[Hashable, int] = {}

    def local(self, payers: NDArray[np.integer]) -> int:
        """Return the group of the payers of a region, chosen from when money goes to a person."""
        weights = tamed(self._society.people.weight[payers])
        return self._guides.add(payers, weights, spans=len(payers) // _BETWEEN_MARKS)

    def first(self, group: int) -> int:
        """Return the first entry of a group, from which those of its members follow."""
        return self._guides.first(group)

    def nearby(self, category: str, region: int, *, is_urban: bool) -> int:
        """Return merchants of town or country, else of the region, else of anywhere, or NOBODY."""
        places = ((region, is_urban), (region, None))
        found = (self._group(category, *place) for place in places)
        return next((group for group in found if group != NOBODY), self.anywhere(category))

    def anywhere(self, category: str) -> int:
        """Return the group of all merchants of a category, or NOBODY."""
        return self._group(category, None, None)

    def heads(self, local: NDArray[np.integer]) -> NDArray[np.intp]:
        """Return who of `local` pays the bills of each household, as places: who spends most."""
        weight = self._society.people.weight[local].astype(np.int64)
        household = self._society.people.household[local]
        # People stand in the order of their households, so nothing has to be sorted.
        firsts = np.flatnonzero(np.diff(household, prepend=-1))
        most = np.repeat(np.maximum.reduceat(weight, firsts), np.diff(firsts, append=len(local)))
        heads = np.flatnonzero(weight == most)
        return np.asarray(heads[np.diff(household[heads], prepend=-1) != 0])

    def _group(self, category: str, region: int | None, is_urban: bool | None) -> int:  # noqa: FBT001
        key = (category, region, is_urban)
        if key not in self._shops:
            merchants, chosen = self._society.merchants, self._sellers(category)
            if region is not None:
                chosen = chosen[merchants.region[chosen] == region]
            if is_urban is not None:
                chosen = chosen[merchants.is_urban[chosen] == is_urban]
            self._shops[key] = self._added(chosen)
        return self._shops[key]

    def _sellers(self, category: str) -> NDArray[np.intp]:
        if category not in self._merchants:
            merchants, categories = self._society.merchants, self._society.categories
            number = categories.index(category) if category in categories else NOBODY
            sells = (merchants.category == number) & (merchants.weight > 0)
            self._merchants[category] = np.flatnonzero(sells)
        return self._merchants[category]

    def _added(self, merchants: NDArray[np.intp]) -> int:
        if not len(merchants):
            return NOBODY
        # Parties are numbered: people first, then merchants.
        parties = merchants + len(self._society.people.household)
        return self._guides.add(parties, tamed(self._society.merchants.weight[merchants]))


def about_payers(groups: Groups, local: Iterable[int], people: People) -> NDArray[np.uint32]:
    """Return what is known of each entry, as `Tables.about` says it.

    `local` are the groups of payers; of all other entries nothing is known.
    """
    about = np.zeros(len(groups.entries), dtype=np.uint32)
    for group in local:
        first, end = groups.rows[group, FIRST], groups.rows[group, END]
        payers = groups.entries[first:end, PARTY]
        own = people.household[payers]
        firsts = np.flatnonzero(np.diff(own, prepend=-1))
        sizes = np.diff(firsts, append=len(own))
        if sizes.max() > AT_HOME_MAX:
            raise ValueError(f"{sizes.max()} payers in a household; at most {AT_HOME_MAX} fit")
        before = np.arange(len(own)) - np.repeat(firsts, sizes)
        after = np.repeat(sizes, sizes) - 1 - before
        known = np.minimum(people.weight[payers], WEIGHT_MAX).astype(np.int64) << WEIGHT
        about[first:end] = known | before << BEFORE | after << AFTER | people.is_urban[payers]
    return about
