"""The chart of accounts: which moves are well formed, and which kinds may create or retire money.

A move stays within one form and one keeper, so for each of them the accounts always sum to zero:
what holders have is what the issuer account owes. Changing the form (digital tenge into a deposit)
is therefore several moves of one posting, each with its own counterpart. Money gains or loses a
mark only in the kinds named here, which makes the identity of each mark a matter of counting rows.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import BASE_UNITS, Form, Kind
from tengesim.money import PAYMENT_MAX_TIYN, SUPPLY_MAX_TIYN
from tengesim.payment import Account, Batch, Move

__all__ = [
    "FREEZES",
    "GAINS_MARK",
    "ISSUES",
    "LEGS_MAX",
    "LOSES_MARK",
    "PASSES_MARK_ON",
    "RECORDS",
    "RETAIL",
    "account_order",
    "check_amount",
    "check_batch",
    "check_move",
    "check_names",
    "is_in_order",
    "is_issuer",
]

_MONEY: Final = frozenset(Form) - BASE_UNITS.keys()
_CONVERTS: Final = frozenset({Form.DIGITAL_TENGE, Form.BANK_RESERVE, Form.BANK_DEPOSIT})
_BUDGET: Final = frozenset({Form.TREASURY_SINGLE_ACCOUNT, *_CONVERTS})
# Money of a public contract may stand on an account that the Treasury controls.
_CONTRACT: Final = frozenset({Form.CASH_CONTROL_ACCOUNT, *_BUDGET})

ISSUES: Final[Mapping[Kind, frozenset[Form]]] = {
    Kind.OPENING: frozenset(Form),
    Kind.ISSUE: _MONEY,
    Kind.REDEEM: _MONEY,
    Kind.CLAIM: _MONEY,
    Kind.REFUND: _MONEY,
    # Between customers of two banks a deposit ends at one and begins at the other.
    Kind.PAYMENT: frozenset({Form.BANK_DEPOSIT}),
    Kind.INTEREST: frozenset({Form.BANK_DEPOSIT}),
    # A contractor pays wages from wherever the public money of its contract stands.
    Kind.WAGE: _CONTRACT,
    Kind.ADVANCE: _CONTRACT,
    Kind.RETENTION: _CONTRACT,
    Kind.SUBPAYMENT: _CONTRACT,
    Kind.TAX: _CONTRACT,
    Kind.TAX_REFUND: _CONTRACT,
    Kind.PENALTY: _CONTRACT,
    Kind.CLAWBACK: _CONTRACT,
    Kind.BENEFIT: _BUDGET,
    Kind.FUNDING: _CONVERTS,
    Kind.DEFUNDING: _CONVERTS,
    Kind.WATERFALL: _CONVERTS,
    Kind.CASH_WITHDRAWAL: frozenset({Form.CASH, *_CONVERTS}),
    Kind.CASH_DEPOSIT: frozenset({Form.CASH, *_CONVERTS}),
    Kind.LIQUIDITY: frozenset({Form.BANK_RESERVE}),
    Kind.BUDGET_PAYMENT: _CONTRACT,
    Kind.REVENUE: _CONTRACT,
    Kind.FINANCING: frozenset(
        {Form.NATIONAL_FUND, Form.TREASURY_SINGLE_ACCOUNT, Form.CASH_CONTROL_ACCOUNT}
    ),
    # Networks make coins by mining alone; a fund makes and retires units as they are bought and
    # sold. Between the budget and assets stands the National Bank, which changes dollars.
    Kind.MINED: frozenset({Form.BITCOIN}),
    Kind.TRADE: frozenset({Form.FUND_UNIT, Form.TREASURY_SINGLE_ACCOUNT}),
    Kind.RESERVE_INFLOW: frozenset({Form.FUND_UNIT, Form.TREASURY_SINGLE_ACCOUNT}),
    Kind.MINING_COST: _BUDGET,
}
"""Forms whose issuer a posting of a kind may touch; other kinds touch no issuer."""

LEGS_MAX: Final = 16
"""Moves that a posting of a batch may have."""

RECORDS: Final = frozenset(
    {
        Kind.OFFLINE_PAYMENT,
        Kind.UNMET,
        Kind.OBLIGATION,
        Kind.ACCEPTANCE,
        Kind.ARREARS,
        Kind.LAPSE,
        Kind.PRICE,
        Kind.ATTESTATION,
        Kind.MANDATE,
        Kind.VERDICT,
        Kind.FREEZE,
        Kind.UNFREEZE,
        Kind.PLAN,
        Kind.TENDER,
        Kind.BID,
        Kind.AWARD,
        Kind.GUARANTEE,
        Kind.AMENDMENT,
        Kind.PROGRESS,
        Kind.SUBCONTRACT,
        Kind.INVOICE,
        Kind.APPROVAL,
        Kind.DELIVERY_CHECK,
        Kind.COMPLAINT,
        Kind.REVIEW,
        Kind.FLAG,
        Kind.TERMINATION,
        Kind.CLOSING,
        Kind.LOSS,
        Kind.TRUE_COST,
        Kind.AGREEMENT,
        Kind.TAX_CLAIM,
        Kind.REVERSAL,
        Kind.STOPPAGE,
        Kind.METER_READING,
        Kind.CONNECTION,
        Kind.OWED,
        Kind.DEVICE_LOCK,
        Kind.VERIFIED,
    }
)
"""Kinds that only say that something happened; they join any two accounts and move nothing."""

FREEZES: Final = frozenset({Kind.FREEZE, Kind.UNFREEZE})
"""Kinds that say from when to when the payer's account pays nothing."""

RETAIL: Final = frozenset(
    {
        Kind.PAYMENT,
        Kind.DELIVERY,
        Kind.OFFLINE_PAYMENT,
        Kind.OFFLINE_SETTLEMENT,
        Kind.OFFLINE_COVER,
        Kind.UNMET,
    }
)
"""Kinds whose single amounts stay far below what arithmetic can hold; all others are bulk acts."""

GAINS_MARK: Final = frozenset({Kind.ISSUE, Kind.REFUND})
"""Kinds in which unmarked money becomes marked: *issued* and *restored* of the mark's identity."""

LOSES_MARK: Final = frozenset(
    {
        Kind.SHED,
        Kind.PAYMENT,
        Kind.WAGE,
        Kind.SUBPAYMENT,
        Kind.TAX,
        Kind.RETURN,
        Kind.PENALTY,
        Kind.CLAWBACK,
        Kind.FORFEITURE,
        Kind.CUSTODY_LOSS,
    }
)
"""Kinds in which marked money becomes unmarked.

The first four are *shed* of the mark's identity: a payment may pass the mark on, or shed it where
the payee's account bears none. Then *split to tax*, *returned* to the owner of the funds (what is
unspent, and penalties), *confiscated* by decision, and *lost*.
"""

PASSES_MARK_ON: Final = frozenset({Kind.SUBPAYMENT})
"""Kinds in which money under one mark comes under another, its child: *out* of one, *in* to it."""


def is_issuer(account: Account) -> bool:
    """Return whether `account` is the issuer's own side of a liability, which may be negative."""
    return account.holder == account.keeper


def check_names(holder: str, keeper: str, form: Form, mark: str) -> None:
    """Raise ValueError unless there may be an account of `holder` at `keeper` like this."""
    if not holder or not keeper:
        raise ValueError(f"an account has a holder and a keeper: {holder!r}, {keeper!r}")
    if mark and form is not Form.DIGITAL_TENGE:
        raise ValueError(f"only digital tenge carries a mark, not {form.name}")
    if mark and holder == keeper:
        raise ValueError(f"what {keeper!r} owes as an issuer carries no mark: {mark!r}")


def check_amount(kind: Kind, amount_tiyn: object) -> None:
    """Raise ValueError unless `amount_tiyn` is an int that a move of `kind` may carry."""
    limit = PAYMENT_MAX_TIYN if kind in RETAIL else SUPPLY_MAX_TIYN
    # A frozen account may be empty, and its row says how much is there.
    least = 0 if kind in FREEZES else 1
    if type(amount_tiyn) is not int or not least <= amount_tiyn <= limit:
        raise ValueError(
            f"a {kind.name} move carries {least}..{limit} tiyn as int, not {amount_tiyn!r}"
        )


def check_batch(batch: Batch) -> None:
    """Raise ValueError unless the columns of `batch` speak of all of its postings.

    What a column says of one posting, an account that is unknown or an amount that is too large,
    is another matter; see `check_amount` and `check_move`.
    """
    columns = [batch.amount_tiyn, *(column for leg in batch.legs for column in leg)]
    if batch.region is not None:
        columns.append(batch.region)
    if any(getattr(column, "dtype", None) != np.int64 for column in columns):
        raise ValueError(f"batch {batch.id!r} carries tiyn and ids as int, in columns of 64 bits")
    if not 1 <= len(batch.legs) <= LEGS_MAX:
        raise ValueError(f"batch {batch.id!r} has {len(batch.legs)} legs; expected 1..{LEGS_MAX}")
    if any(column.shape != (len(columns[0]),) for column in columns):
        raise ValueError(f"batch {batch.id!r} has not as many accounts or regions as amounts")


def account_order(batch: Batch) -> NDArray[np.int64]:
    """Return the places of the postings by first debit, first credit and place in the batch."""
    debit, credit = batch.legs[0]
    return np.arange(len(debit)) if is_in_order(batch) else np.lexsort((credit, debit))


def is_in_order(batch: Batch) -> bool:
    """Return whether the postings of `batch` stand in account order already."""
    debit, credit = batch.legs[0]
    follows = credit[1:] >= credit[:-1]
    if debit.strides == (0,):
        # One account pays all of them.
        return bool(follows.all())
    return bool(((debit[1:] > debit[:-1]) | (debit[1:] == debit[:-1]) & follows).all())


def check_move(kind: Kind, move: Move, account_of: Callable[[int], Account]) -> None:
    """Raise ValueError naming the requirement that `move` between known accounts violates."""
    debit, credit = account_of(move.debit), account_of(move.credit)
    if debit == credit:
        raise ValueError(f"payer and payee accounts must be different: {debit}")
    if kind in RECORDS:
        return
    if (debit.form, debit.keeper) != (credit.form, credit.keeper):
        raise ValueError(f"a move stays within one form and keeper: {debit} to {credit}")
    touches_issuer = is_issuer(debit) or is_issuer(credit)
    if touches_issuer and debit.form not in ISSUES.get(kind, frozenset()):
        raise ValueError(f"a {kind.name} posting issues and retires nothing: {debit}, {credit}")
    if debit.mark != credit.mark:
        _check_mark_change(kind, debit, credit)


def _check_mark_change(kind: Kind, debit: Account, credit: Account) -> None:
    if debit.form is not Form.DIGITAL_TENGE:
        raise ValueError(f"only digital tenge carries a mark, not {debit.form.name}")
    if debit.mark and credit.mark:
        if kind in PASSES_MARK_ON:
            return
        raise ValueError(f"a mark is shed before another is attached: {debit} to {credit}")
    if credit.mark and kind not in GAINS_MARK:
        raise ValueError(f"a {kind.name} posting attaches no mark: {debit} to {credit}")
    if debit.mark and kind not in LOSES_MARK:
        raise ValueError(f"a {kind.name} posting sheds no mark: {debit} to {credit}")
