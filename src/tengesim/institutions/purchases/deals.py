"""The deals of a section, drawn once: who sells what to whom, when, and what really becomes of it.

Nothing here depends on rules or on money, so every arm of a study has the same deals.
"""

import datetime
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np

from tengesim.codes import TrueLabel
from tengesim.institutions.purchases.model import PurchasesSection
from tengesim.money import BP
from tengesim.streams import Streams, Words, below, by_quota, chance

__all__ = ["Deal", "draw_deals"]

Bank = tuple[str, int]
"""Id of a bank and its share of accounts in basis points."""

_FATES: Final = (
    TrueLabel.NOT_DELIVERED,
    TrueLabel.LOAN_DIVERTED,
    TrueLabel.SHAM_SALE,
    TrueLabel.INTERNAL,
    TrueLabel.HONEST,
)
"""What becomes of deals, in the order of their shares; INTERNAL are those that fall through."""


class Deal(NamedTuple):
    """One sale: its parties with their banks, its price, its day, and the truth about it."""

    id: str
    buyer: str
    buyer_bank: str
    seller: str
    seller_bank: str
    price_tiyn: int
    agreed_on: datetime.date
    true_label: TrueLabel
    falls_through: bool
    """An honest seller cannot deliver in the end."""
    is_entered_late: bool
    """The register does not enter the true change of owner at first."""
    own_tiyn: int = 0
    """What the buyer has of its own beside the money of the programme."""

    @property
    def is_handed_over(self) -> bool:
        """Return whether the buyer gets the thing, if only for a day."""
        return self.true_label is TrueLabel.SHAM_SALE or (
            self.true_label is TrueLabel.HONEST and not self.falls_through
        )


def draw_deals(
    name: str,
    section: PurchasesSection,
    *,
    streams: Streams,
    days: Sequence[datetime.date],
    banks: Sequence[Bank],
) -> tuple[Deal, ...]:
    """Return the deals of the section `name`, agreed on the business days `days`, in their order.

    The deals are spread evenly over the days; parties have their banks in the banks' shares.
    """
    count, sellers = section.deals.value, section.sellers.value
    numbers = np.arange(count, dtype=np.int64)

    def words(stem: str) -> Words:
        return streams.words(f"purchases/{name}/{stem}", numbers)

    spread_bp = section.price_spread.value
    off_bp = below(words("price"), 2 * spread_bp + 1) - spread_bp
    fates = _fates(section, words("fate"))
    is_late = chance(words("register_error"), section.register_error.value)
    own_tiyn = _own_money(section, words)
    seller = below(words("seller"), sellers)
    shares = [share for _, share in banks]
    buyer_bank = by_quota(words("buyer_bank"), shares)
    seller_bank = by_quota(words("seller_bank")[:sellers], shares)
    width = len(str(count))
    return tuple(
        Deal(
            id=f"{name}/deal-{number + 1:0{width}d}",
            buyer=f"{name}-buyer-{number + 1:0{width}d}",
            buyer_bank=banks[int(buyer_bank[number])][0],
            seller=f"{name}-seller-{int(seller[number]) + 1:0{width}d}",
            seller_bank=banks[int(seller_bank[seller[number]])][0],
            price_tiyn=section.price.value * (BP + int(off_bp[number])) // BP,
            agreed_on=days[number * len(days) // count],
            true_label=TrueLabel.HONEST if fate is TrueLabel.INTERNAL else fate,
            falls_through=fate is TrueLabel.INTERNAL,
            is_entered_late=bool(is_late[number]),
            own_tiyn=own_tiyn[number],
        )
        for number, fate in enumerate(fates)
    )


def _own_money(section: PurchasesSection, words: Callable[[str], Words]) -> list[int]:
    """Return what each buyer has of its own, evenly spread around what the section says."""
    own = section.own_money
    if own is None:
        return [0] * section.deals.value
    spread_bp = own.spread.value
    parts_bp = BP + below(words("own_money"), 2 * spread_bp + 1) - spread_bp
    return [own.savings.value * part_bp // BP for part_bp in parts_bp.tolist()]


def _fates(section: PurchasesSection, words: Words) -> list[TrueLabel]:
    truth = section.truth
    shares = (truth.sellers_abscond, truth.buyers_divert, truth.sham_sales, truth.falls_through)
    ends = list(accumulate(share.value for share in shares))
    found = np.searchsorted(ends, below(words, BP), side="right")
    return [_FATES[index] for index in found.tolist()]
