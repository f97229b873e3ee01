"""Claims about single moves: which are well formed, and which kinds may make money or marks."""

import math
from decimal import Decimal

import numpy as np
import pytest

from tengesim.codes import BASE_UNITS, Form, Kind
from tengesim.ledger.chart import (
    GAINS_MARK,
    ISSUES,
    LOSES_MARK,
    PASSES_MARK_ON,
    RECORDS,
    RETAIL,
    check_amount,
    check_move,
    is_issuer,
)
from tengesim.money import PAYMENT_MAX_TIYN, SUPPLY_MAX_TIYN
from tengesim.payment import Account, AccountId, Move, NameId

BANK, OTHER_BANK, PAYER, PAYEE = NameId(1), NameId(2), NameId(3), NameId(4)
PLAIN, MEALS, ROADS = NameId(0), NameId(5), NameId(6)
DT, DEPOSIT = Form.DIGITAL_TENGE, Form.BANK_DEPOSIT

ISSUER = Account(BANK, BANK, DT, PLAIN)
FREE = Account(PAYER, BANK, DT, PLAIN)
FREE_TOO = Account(PAYEE, BANK, DT, PLAIN)
MARKED = Account(PAYER, BANK, DT, MEALS)
MARKED_TOO = Account(PAYEE, BANK, DT, MEALS)
MARKED_OTHERWISE = Account(PAYEE, BANK, DT, ROADS)
AT_OTHER_BANK = Account(PAYEE, OTHER_BANK, DT, PLAIN)
ON_DEPOSIT = Account(PAYEE, BANK, DEPOSIT, PLAIN)
BANK_ISSUES = Account(BANK, BANK, DEPOSIT, PLAIN)

FUND_IN_FULL = {Kind.OPENING, Kind.ISSUE, Kind.REDEEM, Kind.CLAIM, Kind.REFUND}
CONTRACT = {
    Kind.ADVANCE,
    Kind.CLAWBACK,
    Kind.PENALTY,
    Kind.RETENTION,
    Kind.SUBPAYMENT,
    Kind.TAX,
    Kind.TAX_REFUND,
    Kind.WAGE,
}
"""Kinds of the money of a public contract, wherever that stands."""
LOSES = {
    Kind.CLAWBACK,
    Kind.CUSTODY_LOSS,
    Kind.FORFEITURE,
    Kind.PAYMENT,
    Kind.PENALTY,
    Kind.RETURN,
    Kind.SHED,
    Kind.SUBPAYMENT,
    Kind.TAX,
    Kind.WAGE,
}
TOUCHES_ISSUER = (
    FUND_IN_FULL
    | CONTRACT
    | {
        Kind.BENEFIT,
        Kind.BUDGET_PAYMENT,
        Kind.CASH_DEPOSIT,
        Kind.CASH_WITHDRAWAL,
        Kind.DEFUNDING,
        Kind.FUNDING,
        Kind.MINING_COST,
        Kind.REVENUE,
        Kind.WATERFALL,
    }
)
"""Kinds in which digital tenge may come from its issuer or go back to it."""


def check(kind: Kind, debit: Account, credit: Account) -> None:
    """Check one move between two accounts."""
    check_move(kind, Move(AccountId(0), AccountId(1), 1), [debit, credit].__getitem__)


def allowed(debit: Account, credit: Account) -> set[Kind]:
    """Return the kinds in which money may go from `debit` to `credit`."""
    found = set()
    for kind in Kind:
        try:
            check(kind, debit, credit)
        except ValueError:
            continue
        found.add(kind)
    return found


@pytest.mark.parametrize(
    ("debit", "credit", "kinds"),
    [
        (FREE, FREE_TOO, set(Kind)),
        (MARKED, MARKED_TOO, set(Kind)),
        (ISSUER, FREE, TOUCHES_ISSUER | RECORDS),
        (FREE, ISSUER, TOUCHES_ISSUER | RECORDS),
        (ISSUER, MARKED, {Kind.ISSUE, Kind.REFUND} | RECORDS),
        (FREE, MARKED_TOO, {Kind.ISSUE, Kind.REFUND} | RECORDS),
        (MARKED, FREE_TOO, LOSES | RECORDS),
        (MARKED, FREE, LOSES | RECORDS),
        (MARKED, ISSUER, LOSES & CONTRACT | RECORDS),
        (MARKED, MARKED_OTHERWISE, {Kind.SUBPAYMENT} | RECORDS),
        (FREE, FREE, set()),
        (FREE, AT_OTHER_BANK, RECORDS),
        (FREE, ON_DEPOSIT, RECORDS),
        (ON_DEPOSIT, FREE, RECORDS),
        (
            BANK_ISSUES,
            ON_DEPOSIT,
            (TOUCHES_ISSUER | RECORDS | {Kind.PAYMENT, Kind.INTEREST}),
        ),
    ],
)
def test_a_move_is_allowed_in_these_kinds_alone(
    debit: Account, credit: Account, kinds: set[Kind]
) -> None:
    """Goal: money and marks are made in named kinds only. Method: try every kind."""
    assert allowed(debit, credit) == kinds


def test_each_mistake_is_named() -> None:
    """Goal: the message says which requirement is violated. Method: one move per guard."""
    cases = [
        (Kind.PAYMENT, FREE, FREE, "different"),
        (Kind.PAYMENT, FREE, ON_DEPOSIT, "one form and keeper"),
        (Kind.PAYMENT, FREE, AT_OTHER_BANK, "one form and keeper"),
        (Kind.PAYMENT, ISSUER, FREE, "issues and retires nothing"),
        (Kind.PAYMENT, FREE, MARKED_TOO, "attaches no mark"),
        (Kind.DELIVERY, MARKED, FREE_TOO, "sheds no mark"),
        (Kind.REFUND, MARKED, MARKED_OTHERWISE, "shed before another"),
        (
            Kind.ISSUE,
            ON_DEPOSIT,
            ON_DEPOSIT._replace(mark=MEALS),
            "only digital tenge carries a mark",
        ),
    ]
    for kind, debit, credit, fragment in cases:
        with pytest.raises(ValueError, match=fragment):
            check(kind, debit, credit)


@pytest.mark.parametrize(
    "amount_tiyn",
    [
        0,
        -1,
        -(2**63),
        PAYMENT_MAX_TIYN + 1,
        2**53 + 1,
        2**63 - 1,
        2**63,
        10**30,
        1.0,
        1.5,
        math.nan,
        math.inf,
        True,
        "1",
        None,
        Decimal(1),
        np.int64(1),
    ],
    ids=repr,
)
def test_an_amount_is_an_int_within_its_limits_and_nothing_else(amount_tiyn: object) -> None:
    """Goal: R-05. Method: all that Python or NumPy would take for a number, and bounds."""
    with pytest.raises(ValueError, match="as int"):
        check_amount(Kind.PAYMENT, amount_tiyn)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_the_largest_amount_is_that_of_its_kind(kind: Kind) -> None:
    """Goal: R-07, bounds are exact. Method: the largest amount and one more."""
    retail = {
        Kind.PAYMENT,
        Kind.DELIVERY,
        Kind.OFFLINE_PAYMENT,
        Kind.OFFLINE_SETTLEMENT,
        Kind.OFFLINE_COVER,
        Kind.UNMET,
    }
    most = PAYMENT_MAX_TIYN if kind in retail else SUPPLY_MAX_TIYN
    # An account may be frozen with nothing in it.
    least = 0 if kind in {Kind.FREEZE, Kind.UNFREEZE} else 1
    check_amount(kind, least)
    check_amount(kind, most)
    with pytest.raises(ValueError, match=f"{least}..{most} tiyn as int, not {most + 1}"):
        check_amount(kind, most + 1)


def test_the_issuer_is_who_keeps_its_own_account() -> None:
    """Goal: credit-normal accounts are told by holder and keeper. Method: one of each."""
    assert is_issuer(ISSUER)
    assert not is_issuer(FREE)


def test_no_kind_both_gains_and_loses_a_mark() -> None:
    """Goal: the terms of a mark's identity are apart. Method: intersect the sets."""
    assert frozenset() == GAINS_MARK & LOSES_MARK
    assert frozenset() == PASSES_MARK_ON & GAINS_MARK
    money = set(Form) - BASE_UNITS.keys()
    assert {kind for kind, forms in ISSUES.items() if money <= forms} == FUND_IN_FULL
    assert RETAIL & ISSUES.keys() == {Kind.PAYMENT}
    assert not RECORDS & ISSUES.keys()


@pytest.mark.parametrize("form", sorted(BASE_UNITS))
def test_units_of_an_asset_come_from_its_keeper_in_named_kinds_alone(form: Form) -> None:
    """Goal: nobody makes coins. Method: try every kind between the keeper and a holder."""
    made = {Form.BITCOIN: {Kind.MINED}, Form.FUND_UNIT: {Kind.TRADE, Kind.RESERVE_INFLOW}}
    expected = {Kind.OPENING} | made.get(form, set())
    source, holder = Account(BANK, BANK, form, PLAIN), Account(PAYER, BANK, form, PLAIN)
    assert allowed(source, holder) == expected | RECORDS
    assert allowed(holder, source) == expected | RECORDS
    assert allowed(holder, Account(PAYEE, BANK, form, PLAIN)) == set(Kind)
    assert allowed(holder, FREE_TOO) == RECORDS
