"""Which rules are asked about the money of each tier of a chain, and how deep its mark goes.

The supplier's money has the book of the contract's mark. A mark that is passed on has the same book
below, or a narrower one, which then says itself whether money is passed on any further.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.contract_model import SCOPE_DEPTH, MoneySection
from tengesim.ports import Control
from tengesim.rules.apply import effect_of, is_marked_below
from tengesim.rules.effects import Propagates
from tengesim.rules.model import RuleBook

__all__ = ["Tier", "depth_of", "is_passed_on", "tier_at", "tiers_of"]


class Tier(NamedTuple):
    """Who is asked about money at one depth of a chain, and the book that is behind it."""

    control: Control
    book: RuleBook


def tiers_of(
    name: str, books: Mapping[str, RuleBook], control_of: Callable[[RuleBook], Control]
) -> tuple[Tier, ...]:
    """Return the tiers that money under the book `name` reaches, the supplier's first.

    Where its book does not say how deep, the last tier stands for all below.
    """
    book = books[name]
    tiers = [Tier(control_of(book), book)]
    while (chain := effect_of(book, Propagates)) is not None and len(tiers) <= chain.depth:
        below = book if chain.rule_book is None else books[chain.rule_book]
        tiers.append(tiers[-1] if below is book else Tier(control_of(below), below))
        book = below
    return tuple(tiers)


def tier_at(tiers: Sequence[Tier], depth: int) -> Tier | None:
    """Return what is asked at a depth of a chain, None where nobody is."""
    return tiers[min(depth, len(tiers) - 1)] if tiers else None


def depth_of(money: MoneySection, tiers: Sequence[Tier]) -> int:
    """Return how many firms in a row hold marked money."""
    return len(tiers) if money.mark_scope == "propagated" else SCOPE_DEPTH[money.mark_scope]


def is_passed_on(tiers: Sequence[Tier], payer: Link, payee: Link, amount_tiyn: int) -> bool:
    """Return whether the book of the payer's money lets its mark go on with a payment.

    Where no book says how far, the scope of the mark does.
    """
    tier = tier_at(tiers, payer.depth)
    chain = None if tier is None else effect_of(tier.book, Propagates)
    return chain is None or is_marked_below(chain, payee.depth, amount_tiyn)
