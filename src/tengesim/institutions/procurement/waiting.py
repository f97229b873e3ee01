"""How long suppliers expect to wait for money: what terms and papers suggest, then experience.

They begin with the term of payment and the lateness that the papers of the world suggest, and let
every payment that they hear of count as much as one of so many first impressions.
"""

from typing import Final

from tengesim.institutions.procurement.works import Expectation, Lot
from tengesim.ports import Bulletin

__all__ = ["PAID", "Waiting"]

PAID: Final = "act paid"
"""Topic under which days from an act's acceptance to its payment are announced."""


class Waiting:
    """What all suppliers expect, since they hear of the same payments."""

    def __init__(self, first: Expectation, bulletin: Bulletin, *, weight: int) -> None:
        """Expect what `first` says until `weight` payments speak as loudly."""
        self._first = first
        self._weight = weight
        self._days = 0
        self._payments = 0
        bulletin.listen(PAID, self._hear)

    def expected_days(self, lot: Lot) -> int:
        """Return how many days from acceptance to money a supplier of `lot` expects."""
        first_days = self._weight * self._first(lot)
        return (first_days + self._days) // (self._weight + self._payments)

    def _hear(self, content: object) -> None:
        if not isinstance(content, int):
            raise TypeError(f"{content!r} is no number of days")
        self._days += content
        self._payments += 1
