"""What is known of a society: columns of people, households, merchants and employers.

Apart from how they are made, because everybody reads these columns and nobody else makes them.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Employers",
    "Households",
    "Merchants",
    "People",
    "Role",
    "Society",
]


_DRAWN_FROM_ONCE: Final = (
    "is_urban",
    "is_female",
    "age",
    "role",
    "deposit_tiyn",
    "cash_tiyn",
    "weight",
)


class Role(IntEnum):
    """What a person lives on."""

    CHILD = 0
    EMPLOYED = 1
    PENSIONER = 2
    OTHER = 3


class People(NamedTuple):
    """Columns by person; `weight` is relative spending power, 1,000 on average.

    Some are empty in a world where nobody reads them: wages and employers where no wages are paid,
    and what is drawn from once, when that is done.
    """

    household: NDArray[np.int32]
    region: NDArray[np.uint8]
    is_urban: NDArray[np.bool_]
    is_female: NDArray[np.bool_]
    age: NDArray[np.uint8]
    role: NDArray[np.uint8]
    wage_tiyn: NDArray[np.int64]
    employer: NDArray[np.int32]
    bank: NDArray[np.uint8]
    memberships: NDArray[np.uint16]
    deposit_tiyn: NDArray[np.int64]
    cash_tiyn: NDArray[np.int64]
    weight: NDArray[np.int32]


class Households(NamedTuple):
    """Columns by household; its people are neighbours, adults first."""

    first: NDArray[np.int32]
    size: NDArray[np.uint8]


class Merchants(NamedTuple):
    """Columns by merchant; `weight` is relative turnover, 1,000 on average."""

    region: NDArray[np.uint8]
    is_urban: NDArray[np.bool_]
    category: NDArray[np.uint8]
    accepts_digital: NDArray[np.bool_]
    accepts_offline: NDArray[np.bool_]
    bank: NDArray[np.uint8]
    weight: NDArray[np.int32]


class Employers(NamedTuple):
    """Columns by employer."""

    region: NDArray[np.uint8]
    bank: NDArray[np.uint8]


class Society(NamedTuple):
    """Everybody of one run, with the names they bear in the log.

    Parties are numbered: people first, then merchants, then employers.
    """

    regions: tuple[str, ...]
    categories: tuple[str, ...]
    programmes: tuple[str, ...]
    people: People
    households: Households
    merchants: Merchants
    employers: Employers

    def person_name(self, number: int) -> str:
        """Return the name of person `number`, counted from 0."""
        return f"person-{number + 1:08d}"

    def merchant_name(self, number: int) -> str:
        """Return the name of merchant `number`, counted from 0."""
        return f"merchant-{number + 1:07d}"

    def employer_name(self, number: int) -> str:
        """Return the name of employer `number`, counted from 0."""
        return f"employer-{number + 1:05d}"

    def party_name(self, party: int) -> str:
        """Return the name of a party; raise IndexError for a number that nobody has."""
        people, merchants = len(self.people.household), len(self.merchants.region)
        if not 0 <= party < self.party_count():
            raise IndexError(f"there is no party {party}; expected 0 to {self.party_count() - 1}")
        if party < people:
            return self.person_name(party)
        if party < people + merchants:
            return self.merchant_name(party - people)
        return self.employer_name(party - people - merchants)

    def party_count(self) -> int:
        """Return how many parties there are."""
        return len(self.people.household) + len(self.merchants.region) + len(self.employers.region)

    def settled(self) -> "Society":
        """Return what is still asked of a society whose wants, wallets and money are drawn.

        That is where people live and bank, with whom, for whom they work and what they receive.
        """
        done = {name: getattr(self.people, name)[:0].copy() for name in _DRAWN_FROM_ONCE}
        return self._replace(people=self.people._replace(**done))

    def is_member(self, programme: str) -> NDArray[np.bool_]:
        """Return who receives `programme`; raise ValueError for one that is not there."""
        bit = self.programmes.index(programme)
        return np.asarray((self.people.memberships >> np.uint16(bit)) & np.uint16(1) == 1)
