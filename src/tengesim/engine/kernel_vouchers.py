"""Wants under the rules of a programme, compiled: `engine.settlement` says what it means.

Truth is copied into the row and read by nothing else; the decision is made from facts alone.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Reason, Status
from tengesim.compiled import lean
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_rows import (
    ANSWERED,
    ESCAPED,
    REFUSED_ONCE,
    Act,
    Presented,
    Side,
    Verdict,
    begin,
    put,
)
from tengesim.journal.events import Rows
from tengesim.rules.counters import add_use, used_of
from tengesim.rules.tables import (
    AMOUNT,
    CATEGORY,
    DAY,
    EVIDENCE,
    PAYEE,
    PURPOSE,
    TIME_OF_DAY,
    WEEKDAY,
    decide,
)

__all__ = ["by_voucher"]

Whole = NDArray[np.int64]

_DELIVERY: Final = Kind.DELIVERY.value
_SETTLED: Final = Status.SETTLED.value
_REFUSED: Final = Status.REFUSED.value
_RECORDED: Final = Status.RECORDED.value
_CURABLE: Final = Reason.PRESENCE_NOT_PROVEN.value
_SHORT: Final = Reason.INSUFFICIENT_FUNDS.value
_ATTEMPTS: Final = 3
_ATTEMPT_BITS: Final = 20
_NO_ATTEMPT: Final = (1 << _ATTEMPT_BITS) - 1


@lean
def by_voucher(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Presented,
    debit: Side,
    credit: Side,
    singles: Whole,
    names: Whole,
    first_rule: int,
    strata: Whole,
    controls: Whole,
    periods: Whole,
    windows: Whole,
    used: Whole,
    slots: Whole,
    payee_codes: Whole,
    takings: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Make the attempts of a want until one is accepted or none can help any more."""
    if want.payer >= len(slots) or want.payee >= len(payee_codes) or slots[want.payer] < 0:
        return ESCAPED
    control, slot = strata[want.rank, 0], slots[want.payer]
    start, kind = controls[control, at.CONTROL_START], controls[control, at.CONTROL_KIND]
    width = 2 * controls[control, at.CONTROL_PERIODS]
    first = controls[control, at.CONTROL_USED]
    counters = used[first + slot * width : first + (slot + 1) * width].reshape(1, width)
    counted = periods[control, : controls[control, at.CONTROL_PERIODS]]
    facts[AMOUNT] = want.amount
    facts[DAY] = want.day
    facts[TIME_OF_DAY] = want.time_of_day_us
    # Day 0 is a Thursday.
    facts[WEEKDAY] = (want.day + 3) % 7
    facts[PURPOSE] = controls[control, at.CONTROL_PURPOSE]
    facts[CATEGORY] = strata[want.rank, 1]
    facts[PAYEE] = payee_codes[want.payee]
    used_of(counters, counted, 0, windows, facts)
    for attempt in range(_ATTEMPTS):
        evidence = (want.evidence >> (_ATTEMPT_BITS * attempt)) & _NO_ATTEMPT
        if evidence == _NO_ATTEMPT:
            break
        facts[EVIDENCE] = evidence
        reason, rule, value, limit = decide(rule_rows, members, start, facts)
        verdict = Verdict(reason, 0, value, limit)
        if reason != 0:
            if names[first_rule + rule] == 0:
                return ESCAPED
            verdict = Verdict(reason, names[first_rule + rule], value, limit)
        elif kind != _DELIVERY and singles[want.payer] < want.amount:
            verdict = Verdict(_SHORT, 0, 0, 0)
        status = _RECORDED if kind == _DELIVERY else _SETTLED
        if verdict.reason != 0:
            status = _REFUSED
        act = Act(
            kind,
            status,
            attempt,
            want.label,
            evidence,
            controls[control, at.CONTROL_REGION],
            controls[control, at.CONTROL_PROGRAMME],
            want.place,
        )
        begin(cursor)
        put(log, cursor, want.time_us, want.intent, act, verdict, debit, credit, want.amount)
        if verdict.reason == 0:
            if kind != _DELIVERY:
                singles[want.payer] -= want.amount
                singles[want.payee] += want.amount
            add_use(counters, counted, 0, windows, want.amount)
            takings[want.rank] += want.amount
            return ANSWERED
        if reason != _CURABLE:
            break
    return REFUSED_ONCE
