"""Which conditions on facts beyond a box follow from one another, or exclude one another.

Apart from the boxes, because what these conditions read has no bounds there: two of one kind are
compared by what they ask, which is exact for each kind by itself.
"""

from collections.abc import Collection
from itertools import combinations
from typing import Final

from tengesim.money import BP
from tengesim.rules.conditions import Condition
from tengesim.rules.contract_conditions import (
    AwardsAtMost,
    InEstimate,
    PriceWithin,
    RegisterChanged,
)
from tengesim.rules.party_conditions import OfflineAtMost, PayeeInGoodStanding, RegionIn

__all__ = ["clash", "implies"]

_AT_MOST: Final = {
    "advance_at_most": "share",
    "depth_at_most": "depth",
    "holding_at_most": "limit",
    "metered": "rate",
    "risk_at_most": "score",
    "subcontracted_at_most": "share",
}
"""Kinds that pass up to a limit, with its field: the lower one implies the higher."""
_AT_LEAST: Final = {"domestic_at_least": "share", "guarantee_at_least": "share"}


def clash(conditions: Collection[tuple[Condition, bool]]) -> bool:
    """Return whether no use of money passes and fails conditions as each is said to."""
    return any(_excludes(*one, *other) for one, other in combinations(conditions, 2))


def implies(one: Condition, other: Condition) -> bool:
    """Return whether whatever passes `one` passes `other`; only where that is certain."""
    if one == other:
        return True
    if one.kind in _AT_MOST and one.kind == other.kind:
        field = _AT_MOST[one.kind]
        return bool(getattr(one, field) <= getattr(other, field))
    if one.kind in _AT_LEAST and one.kind == other.kind:
        field = _AT_LEAST[one.kind]
        return bool(getattr(one, field) >= getattr(other, field))
    if isinstance(one, RegionIn) and isinstance(other, RegionIn):
        return set(one.regions) <= set(other.regions)
    if isinstance(one, AwardsAtMost) and isinstance(other, AwardsAtMost):
        return one.limit <= other.limit and one.days >= other.days
    if isinstance(one, PayeeInGoodStanding) and isinstance(other, PayeeInGoodStanding):
        return _stands(one, other)
    if isinstance(one, PriceWithin) and isinstance(other, PriceWithin):
        return _is_cheaper(one, other)
    if isinstance(one, OfflineAtMost) and isinstance(other, OfflineAtMost):
        return _is_shorter(one, other)
    if isinstance(one, InEstimate) and isinstance(other, InEstimate):
        return _is_inside(one, other)
    return False


def _excludes(one: Condition, is_met: bool, other: Condition, is_other_met: bool) -> bool:  # noqa: FBT001 - pairs
    if is_met and not is_other_met:
        return implies(one, other)
    if is_other_met and not is_met:
        return implies(other, one)
    if not is_met:
        return False
    # A sale is in one region, and one register shows one change.
    if isinstance(one, RegionIn) and isinstance(other, RegionIn):
        return not set(one.regions) & set(other.regions)
    if isinstance(one, RegisterChanged) and isinstance(other, RegisterChanged):
        return one.of != other.of
    return False


def _stands(one: PayeeInGoodStanding, other: PayeeInGoodStanding) -> bool:
    return one.flags & other.flags == other.flags and one.asks_freezes >= other.asks_freezes


def _is_cheaper(one: PriceWithin, other: PriceWithin) -> bool:
    if one.reference is None or other.reference is None:
        return one.reference == other.reference and one.above <= other.above
    highest, other_highest = (
        part.reference * (BP + part.above) // BP
        for part in (one, other)
        if part.reference is not None
    )
    return highest <= other_highest


def _is_shorter(one: OfflineAtMost, other: OfflineAtMost) -> bool:
    caps = (
        (one.limit, other.limit),
        (one.total, other.total),
        (one.payments, other.payments),
        (one.days, other.days),
    )
    return all(theirs is None or (mine is not None and mine <= theirs) for mine, theirs in caps)


def _is_inside(one: InEstimate, other: InEstimate) -> bool:
    return all(
        line.commodity in other.by_commodity
        and line.units <= other.by_commodity[line.commodity].units
        and line.unit_price <= other.by_commodity[line.commodity].unit_price
        for line in one.lines
    )
