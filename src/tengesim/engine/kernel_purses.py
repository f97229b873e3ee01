"""Paying with marked money first, compiled: `institutions.wallets.marked` says what it means.

What each purse gives is found before any money moves; so is whether the rest can be paid. What
cannot be done whole here is left to readable code untouched.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Status, TrueLabel
from tengesim.compiled import lean
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_rails import name_in
from tengesim.engine.kernel_rows import (
    ANSWERED,
    ESCAPED,
    NO_WAY,
    OVERUSED,
    REFUSED_ONCE,
    Act,
    Desired,
    Side,
    Verdict,
    begin,
    put,
)
from tengesim.engine.kernel_wallets import (
    NOT_ENOUGH,
    can_be_counted,
    can_cross,
    count_used,
    defund,
    evidence_of,
    fund,
    is_swept,
    reach_payee,
    top_up_for,
)
from tengesim.journal.events import Rows
from tengesim.ledger.parties import WALLET
from tengesim.rules.counters import add_use, used_of
from tengesim.rules.tables import (
    AMOUNT,
    CATEGORY,
    DAY,
    EVIDENCE,
    PAYEE,
    PURPOSE,
    TIME_OF_DAY,
    UNKNOWN,
    WEEKDAY,
    decide,
    part_left,
)

__all__ = ["by_purses"]

Whole = NDArray[np.int64]

_PAYMENT: Final = Kind.PAYMENT.value
_DEFUNDING: Final = Kind.DEFUNDING.value
_SETTLED: Final = Status.SETTLED.value
_REFUSED: Final = Status.REFUSED.value
_HONEST: Final = TrueLabel.HONEST.value
_DIGITAL: Final = Form.DIGITAL_TENGE.value
_NO_PURSE: Final = -1


@lean
def by_purses(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
    marked: at.Marked,
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    levels: Whole,
    regions: Whole,
    names: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Pay from purse after purse, and what is left from the plain wallet."""
    filled = _first_filled(want, marked, singles)
    if filled == _NO_PURSE:
        return NO_WAY
    evidence = evidence_of(want, levels)
    book = (rule_rows, members, facts)
    refused, verdict = filled, reach_payee(want, fixed)
    if verdict.reason != 0:
        return _refuse(want, attempt, evidence, marked, refused, verdict, fixed, names, log, cursor)
    _observe(want, evidence, marked, facts)
    left, refused, verdict = _take(want, marked, singles, fixed, *book)
    rest = _of_amount(want, left)
    top_up = top_up_for(rest, rows, fixed, banks, levels, *book) if left else 0
    if top_up == NOT_ENOUGH:
        if refused == _NO_PURSE:
            return NO_WAY
        return _refuse(want, attempt, evidence, marked, refused, verdict, fixed, names, log, cursor)
    if left == want.amount:
        return NO_WAY
    sweeps = is_swept(want, fixed, banks)
    flowing = want.amount if sweeps else 0
    if (top_up or flowing) and not can_cross(want, top_up, flowing, singles, fixed, banks, names):
        return ESCAPED
    if left and not can_be_counted(rest, rows):
        return OVERUSED
    platform = (singles, fixed, banks, regions, names, log, cursor)
    if top_up:
        fund(want, top_up, rows, *platform)
    _pay(want, attempt, evidence, marked, left, singles, fixed, log, cursor)
    rows[want.payee, WALLET] += want.amount
    if left:
        rows[want.payer, WALLET] -= left
        count_used(rest, rows)
    if sweeps:
        defund(want, _DEFUNDING, want.amount, rows, *platform)
    return ANSWERED


@lean
def _first(want: Desired, marked: at.Marked) -> int:
    """Return the purse that the payer uses first, in a number as wide as all others."""
    return np.int64(marked.first[want.payer])  # type: ignore[return-value]


@lean
def _first_filled(want: Desired, marked: at.Marked, singles: Whole) -> int:
    """Return the first purse of the payer with money in it."""
    purse = _first(want, marked)
    while purse != _NO_PURSE and singles[marked.purses[purse, at.PURSE_ACCOUNT]] == 0:
        purse = marked.purses[purse, at.PURSE_NEXT]
    return purse


@lean
def _observe(want: Desired, evidence: int, marked: at.Marked, facts: Whole) -> None:
    """Write down what rules may read and what is the same for every purse."""
    facts[DAY] = want.day
    facts[TIME_OF_DAY] = want.time_of_day_us
    # Day 0 is a Thursday.
    facts[WEEKDAY] = (want.day + 3) % 7
    facts[EVIDENCE] = evidence
    facts[CATEGORY] = facts[PAYEE] = UNKNOWN
    if want.purpose < len(marked.categories):
        facts[CATEGORY] = marked.categories[want.purpose]
    if want.payee < len(marked.payees):
        facts[PAYEE] = marked.payees[want.payee]


@lean
def _take(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    marked: at.Marked,
    singles: Whole,
    fixed: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
) -> tuple[int, int, Verdict]:
    """Write down what each purse gives; return what is left, who refused first, and why."""
    left, refused, why = want.amount, _NO_PURSE, Verdict(0, 0, 0, 0)
    purse, number = _first(want, marked), 0
    while purse != _NO_PURSE:
        most = min(singles[marked.purses[purse, at.PURSE_ACCOUNT]], left)
        marked.taken[number] = 0
        if most:
            voucher = marked.vouchers[marked.purses[purse, at.PURSE_VOUCHER]]
            counters, counted, windows = _counters(want, marked, purse, fixed)
            facts[PURPOSE] = voucher[at.VOUCHER_PURPOSE]
            facts[AMOUNT] = most
            used_of(counters, counted, 0, windows, facts)
            first, end = voucher[at.VOUCHER_LIMITS], voucher[at.VOUCHER_LIMITS_END]
            part = part_left(marked.limits, first, end, facts)
            if 0 < part < most:
                facts[AMOUNT] = part
                used_of(counters, counted, 0, windows, facts)
            start = voucher[at.VOUCHER_START]
            reason, rule, value, limit = decide(rule_rows, members, start, facts)
            if reason == 0:
                marked.taken[number] = part
                left -= part
            elif refused == _NO_PURSE:
                refused, why = purse, Verdict(reason, fixed[at.FIRST_RULE] + rule, value, limit)
        purse, number = marked.purses[purse, at.PURSE_NEXT], number + 1
    return left, refused, why


@lean
def _counters(
    want: Desired, marked: at.Marked, purse: int, fixed: Whole
) -> tuple[Whole, Whole, Whole]:
    """Return the counters of a purse, their periods, and the windows of the day."""
    voucher = marked.purses[purse, at.PURSE_VOUCHER]
    count = marked.vouchers[voucher, at.VOUCHER_PERIODS]
    start = marked.purses[purse, at.PURSE_USED]
    counters = marked.used[start : start + 2 * count].reshape(1, 2 * count)
    windows = marked.windows[want.day - fixed[at.FIRST_DAY]]
    return counters, marked.periods[voucher, :count], windows


@lean
def _of_amount(want: Desired, amount: int) -> Desired:
    """Return the same want of another amount."""
    return Desired(
        want.time_us,
        want.intent,
        want.payer,
        want.payee,
        amount,
        want.purpose,
        want.is_remote,
        want.day,
        want.time_of_day_us,
        want.unconnected,
        want.region,
        want.programme,
        want.payer_traits,
        want.payee_traits,
        want.payer_bank,
        want.payee_bank,
    )


@lean
def _act(want: Desired, status: int, attempt: int, evidence: int) -> Act:
    return Act(
        _PAYMENT, status, attempt, _HONEST, evidence, want.region, want.programme, want.purpose
    )


@lean
def _pay(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
    evidence: int,
    marked: at.Marked,
    left: int,
    singles: Whole,
    fixed: Whole,
    log: Rows,
    cursor: Whole,
) -> None:
    """Write the rows of the payment, take from purses, and count what was used under them."""
    central, plain = fixed[at.CENTRAL], Verdict(0, 0, 0, 0)
    act = _act(want, _SETTLED, attempt, evidence)
    payer = name_in(want.payer_traits)
    credit = Side(name_in(want.payee_traits), central, _DIGITAL, 0)
    begin(cursor)
    purse, number = _first(want, marked), 0
    while purse != _NO_PURSE:
        part = marked.taken[number]
        if part:
            singles[marked.purses[purse, at.PURSE_ACCOUNT]] -= part
            counters, counted, windows = _counters(want, marked, purse, fixed)
            add_use(counters, counted, 0, windows, part)
            debit = Side(payer, central, _DIGITAL, marked.purses[purse, at.PURSE_MARK])
            put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, part)
        purse, number = marked.purses[purse, at.PURSE_NEXT], number + 1
    if left:
        debit = Side(payer, central, _DIGITAL, 0)
        put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, left)


@lean
def _refuse(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
    evidence: int,
    marked: at.Marked,
    purse: int,
    verdict: Verdict,
    fixed: Whole,
    names: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Write that a purse does not pay."""
    if names[verdict.rule] == 0:
        return ESCAPED
    said = Verdict(verdict.reason, names[verdict.rule], verdict.value, verdict.limit)
    central = fixed[at.CENTRAL]
    mark = marked.purses[purse, at.PURSE_MARK]
    debit = Side(name_in(want.payer_traits), central, _DIGITAL, mark)
    credit = Side(name_in(want.payee_traits), central, _DIGITAL, 0)
    act = _act(want, _REFUSED, attempt, evidence)
    begin(cursor)
    put(log, cursor, want.time_us, want.intent, act, said, debit, credit, want.amount)
    return REFUSED_ONCE
