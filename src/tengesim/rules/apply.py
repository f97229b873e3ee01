"""What effects come to: an amount in, whole parts out that add up to it, to the tiyn.

Each function is the whole meaning of one effect. Shares are rounded down in favour of whoever is
paid at once, except where a sentence says otherwise.
"""

from datetime import date
from typing import NamedTuple, TypeVar

from tengesim.money import BP, split_exactly
from tengesim.rules.effects import (
    Copays,
    Coupon,
    OffsetsAdvance,
    PaysByMeter,
    Propagates,
    Retains,
    ShedsPart,
    SplitsAmong,
    SplitsOnCap,
    SplitsTax,
)
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import PartUse

__all__ = [
    "Metered",
    "Parted",
    "copay",
    "effect_of",
    "is_marked_below",
    "meter",
    "offset_advance",
    "retain",
    "shed_part",
    "split_among",
    "split_on_cap",
    "split_tax",
    "take_off",
]

Kind = TypeVar("Kind")


class Parted(NamedTuple):
    """Two parts of an amount in tiyn, which add up to it."""

    part_tiyn: int
    rest_tiyn: int


class Metered(NamedTuple):
    """Units that were paid, and what for; `is_stopped` where there was no money for all."""

    units: int
    amount_tiyn: int
    is_stopped: bool


def effect_of(book: RuleBook, kind: type[Kind]) -> Kind | None:
    """Return the effect of a kind that `book` has, None where it has none."""
    return next((effect for effect in book.effects if isinstance(effect, kind)), None)


def split_on_cap(effect: SplitsOnCap, amount_tiyn: int) -> Parted:
    """Return what marked money pays, and what is left to the payer's own.

    >>> cap = SplitsOnCap.model_validate(
    ...     {"kind": "splits_on_cap", "id": "cap", "limit": "700 KZT",
    ...      "text": {"en": "Lunch."}, "reference": "assumption"})
    >>> split_on_cap(cap, 811_00)
    Parted(part_tiyn=70000, rest_tiyn=11100)
    """
    marked_tiyn = min(amount_tiyn, effect.limit)
    return Parted(marked_tiyn, amount_tiyn - marked_tiyn)


def offset_advance(
    effect: OffsetsAdvance, act_tiyn: int, left_tiyn: int, *, is_last: bool = False
) -> Parted:
    """Return what of an act is paid out, and what pays back the advance.

    `left_tiyn` is what of the advance is not yet paid back; the last act pays back all it can.
    """
    wanted_tiyn = left_tiyn if is_last else act_tiyn * effect.share // BP
    back_tiyn = min(wanted_tiyn, left_tiyn, act_tiyn)
    return Parted(act_tiyn - back_tiyn, back_tiyn)


def retain(effect: Retains, amount_tiyn: int) -> Parted:
    """Return what is paid now, and what is kept until the warranty is over."""
    kept_tiyn = amount_tiyn * effect.share // BP
    return Parted(amount_tiyn - kept_tiyn, kept_tiyn)


def is_marked_below(effect: Propagates, depth: int, amount_tiyn: int) -> bool:
    """Return whether a payee `depth` steps below the supplier gets marked money."""
    return depth <= effect.depth and amount_tiyn >= effect.except_below


def shed_part(
    effect: ShedsPart,
    use: PartUse,
    amount_tiyn: int,
    *,
    evidence: int,
    contract_tiyn: int,
    shed_tiyn: int,
) -> Parted:
    """Return what may be paid for `use` in unmarked money, and what has to stay marked.

    `shed_tiyn` is what was shed for it before; without its documents nothing is.
    """
    part = next((part for part in effect.parts if part.use is use), None)
    if part is None or evidence & part.flags != part.flags:
        return Parted(0, amount_tiyn)
    room_tiyn = max(0, contract_tiyn * part.share // BP - shed_tiyn)
    free_tiyn = min(amount_tiyn, room_tiyn)
    return Parted(free_tiyn, amount_tiyn - free_tiyn)


def split_tax(
    effect: SplitsTax, amount_tiyn: int, turnover: date, *, is_registered: bool
) -> Parted:
    """Return the net amount, and the tax that is in it at the rate of the turnover date.

    The tax is rounded to the nearest tiyn, halves up, as on an invoice.
    """
    if not is_registered:
        return Parted(amount_tiyn, 0)
    rate_bp = effect.rate.at(turnover)
    gross_bp = BP + rate_bp
    tax_tiyn = (2 * amount_tiyn * rate_bp + gross_bp) // (2 * gross_bp)
    return Parted(amount_tiyn - tax_tiyn, tax_tiyn)


def copay(effect: Copays, price_tiyn: int) -> Parted:
    """Return what the programme pays of a price, and what the beneficiary pays."""
    own_tiyn = price_tiyn * effect.share // BP
    return Parted(price_tiyn - own_tiyn, own_tiyn)


def take_off(effect: Coupon, price_tiyn: int) -> Parted:
    """Return what the programme pays of a basket, and what the buyer pays."""
    off_tiyn = effect.off if price_tiyn >= effect.at_least else 0
    return Parted(off_tiyn, price_tiyn - off_tiyn)


def meter(effect: PaysByMeter, units: int, funds_tiyn: int) -> Metered:
    """Return how many of the metered units the funds pay for."""
    paid = min(units, funds_tiyn // effect.rate)
    return Metered(paid, paid * effect.rate, is_stopped=paid < units)


def split_among(effect: SplitsAmong, amount_tiyn: int) -> dict[str, int]:
    """Return what each payee gets; the parts add up to the amount."""
    return split_exactly(amount_tiyn, {one.payee: one.share for one in effect.shares})
