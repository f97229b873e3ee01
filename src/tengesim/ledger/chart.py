"""The chart of accounts: which moves are well formed, and which kinds may create or retire money.

A move stays within one form and one keeper, so for each of them the accounts always sum to zero:
what holders have is what the issuer account owes. Changing the form (digital tenge into a deposit)
is therefore several moves of one posting, each with its own counterpart. Money gains or loses a
mark only in the kinds named here, which makes the identity of each mark a matter of counting rows.
"""

from collections.abc import Callable
from typing import Final

from tengesim.codes import Form, Kind
from tengesim.money import PAYMENT_MAX_TIYN, SUPPLY_MAX_TIYN
from tengesim.payment import Account, Move

__all__ = [
    "GAINS_MARK",
    "ISSUES",
    "LOSES_MARK",
    "RETAIL",
    "check_amount",
    "check_move",
    "is_issuer",
]

ISSUES: Final = frozenset({Kind.OPENING, Kind.ISSUE, Kind.REDEEM, Kind.CLAIM, Kind.REFUND})
"""Kinds of posting that may touch an issuer account."""

RETAIL: Final = frozenset({Kind.PAYMENT, Kind.DELIVERY})
"""Kinds whose single amounts stay far below what arithmetic can hold; all others are bulk acts."""

GAINS_MARK: Final = frozenset({Kind.ISSUE, Kind.REFUND})
"""Kinds in which unmarked money becomes marked: *issued* and *restored* of the mark's identity."""

LOSES_MARK: Final = frozenset({Kind.SHED, Kind.RETURN})
"""Kinds in which marked money becomes unmarked: *shed* and *returned* of the mark's identity."""


def is_issuer(account: Account) -> bool:
    """Return whether `account` is the issuer's own side of a liability, which may be negative."""
    return account.holder == account.keeper


def check_amount(kind: Kind, amount_tiyn: object) -> None:
    """Raise ValueError unless `amount_tiyn` is an int that a move of `kind` may carry."""
    limit = PAYMENT_MAX_TIYN if kind in RETAIL else SUPPLY_MAX_TIYN
    if type(amount_tiyn) is not int or not 1 <= amount_tiyn <= limit:
        raise ValueError(f"a {kind.name} move carries 1..{limit} tiyn as int, not {amount_tiyn!r}")


def check_move(kind: Kind, move: Move, account_of: Callable[[int], Account]) -> None:
    """Raise ValueError naming the requirement that `move` between known accounts violates."""
    debit, credit = account_of(move.debit), account_of(move.credit)
    if debit == credit:
        raise ValueError(f"payer and payee accounts must be different: {debit}")
    if (debit.form, debit.keeper) != (credit.form, credit.keeper):
        raise ValueError(f"a move stays within one form and keeper: {debit} to {credit}")
    if (is_issuer(debit) or is_issuer(credit)) and kind not in ISSUES:
        raise ValueError(f"a {kind.name} posting issues and retires nothing: {debit}, {credit}")
    if debit.mark != credit.mark:
        _check_mark_change(kind, debit, credit)


def _check_mark_change(kind: Kind, debit: Account, credit: Account) -> None:
    if debit.form is not Form.DIGITAL_TENGE:
        raise ValueError(f"only digital tenge carries a mark, not {debit.form.name}")
    if debit.mark and credit.mark:
        raise ValueError(f"a mark is shed before another is attached: {debit} to {credit}")
    if credit.mark and kind not in GAINS_MARK:
        raise ValueError(f"a {kind.name} posting attaches no mark: {debit} to {credit}")
    if debit.mark and kind not in LOSES_MARK:
        raise ValueError(f"a {kind.name} posting sheds no mark: {debit} to {credit}")
