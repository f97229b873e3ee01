"""The deals of a section, drawn once: who sells what to whom, when, and what really becomes of it.

Nothing here depends on rules or on money, so every arm of a study has the same deals.
"""

import datetime
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import TrueLabel
from tengesim.institutions.purchases.model import PurchasesSection, Trade
from tengesim.money import BP
from tengesim.streams import Streams, Words, below, by_quota, chance

__all__ = ["Deal", "Draw", "agree", "draw_deals", "fates_of"]

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
    is_entered_late: bool = False
    """The register does not enter the true change of owner at first."""
    own_tiyn: int = 0
    """What the buyer has of its own beside the money of the programme."""

    @property
    def is_handed_over(self) -> bool:
        """Return whether the buyer gets the thing, if only for a day."""
        return self.true_label is TrueLabel.SHAM_SALE or (
            self.true_label is TrueLabel.HONEST and not self.falls_through
        )


class Draw(NamedTuple):
    """Where the chances of a section come from: a stream for each thing, a word for each deal."""

    name: str
    streams: Streams
    numbers: NDArray[np.int64]

    def words(self, stem: str) -> Words:
        """Return the words of one thing, deal by deal."""
        return self.streams.words(f"purchases/{self.name}/{stem}", self.numbers)


def draw_deals(
    name: str,
    section: PurchasesSection,
    *,
    streams: Streams,
    days: Sequence[datetime.date],
    banks: Sequence[Bank],
) -> tuple[Deal, ...]:
    """Return the deals of the section `name` in their order, agreed on the business days `days`."""
    draw = Draw(name, streams, np.arange(section.deals.value, dtype=np.int64))
    truth = section.truth
    chances = (truth.sellers_abscond, truth.buyers_divert, truth.sham_sales, truth.falls_through)
    is_late = chance(draw.words("register_error"), section.register_error.value)
    own_tiyn = _own_money(section, draw)
    fates = fates_of(draw, _FATES, [one.value for one in chances])
    return tuple(
        deal._replace(is_entered_late=bool(late), own_tiyn=own)
        for deal, late, own in zip(
            agree(section, draw, fates, days=days, banks=banks), is_late, own_tiyn, strict=True
        )
    )


def agree(
    section: Trade,
    draw: Draw,
    fates: Sequence[TrueLabel],
    *,
    days: Sequence[datetime.date],
    banks: Sequence[Bank],
) -> Iterator[Deal]:
    """Yield the deals of a section, spread evenly over the days, each with its fate.

    Parties have their banks in the banks' shares. INTERNAL is the fate of honest deals that fall
    through.
    """
    count, sellers = section.deals.value, section.sellers.value
    spread_bp = section.price_spread.value
    off_bp = below(draw.words("price"), 2 * spread_bp + 1) - spread_bp
    seller = below(draw.words("seller"), sellers)
    shares = [share for _, share in banks]
    buyer_bank = by_quota(draw.words("buyer_bank"), shares)
    seller_bank = by_quota(draw.words("seller_bank")[:sellers], shares)
    width, name = len(str(count)), draw.name
    for number, fate in enumerate(fates):
        yield Deal(
            id=f"{name}/deal-{number + 1:0{width}d}",
            buyer=f"{name}-buyer-{number + 1:0{width}d}",
            buyer_bank=banks[int(buyer_bank[number])][0],
            seller=f"{name}-seller-{int(seller[number]) + 1:0{width}d}",
            seller_bank=banks[int(seller_bank[seller[number]])][0],
            price_tiyn=section.price.value * (BP + int(off_bp[number])) // BP,
            agreed_on=days[number * len(days) // count],
            true_label=TrueLabel.HONEST if fate is TrueLabel.INTERNAL else fate,
            falls_through=fate is TrueLabel.INTERNAL,
        )


def fates_of(draw: Draw, fates: Sequence[TrueLabel], shares_bp: Sequence[int]) -> list[TrueLabel]:
    """Return the fate of each deal: those of `fates` in their shares, the last of them the rest."""
    found = np.searchsorted(
        list(accumulate(shares_bp)), below(draw.words("fate"), BP), side="right"
    )
    return [fates[index] for index in found.tolist()]


def _own_money(section: PurchasesSection, draw: Draw) -> list[int]:
    """Return what each buyer has of its own, evenly spread around what the section says."""
    own = section.own_money
    if own is None:
        return [0] * section.deals.value
    spread_bp = own.spread.value
    parts_bp = BP + below(draw.words("own_money"), 2 * spread_bp + 1) - spread_bp
    return [own.savings.value * part_bp // BP for part_bp in parts_bp.tolist()]
