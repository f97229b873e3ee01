"""Paying in digital tenge online, compiled: `institutions.wallets.rail` says what it means.

The payment is decided, and everything it needs is looked at, before any money moves: what cannot
be done whole here is left to readable code untouched.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.compiled import lean
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_rails import channel, is_within, name_in
from tengesim.engine.kernel_rows import (
    ANSWERED,
    ESCAPED,
    NO_NAME,
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
from tengesim.journal.events import Rows
from tengesim.ledger.parties import DEPOSIT, FLOOR, TOP_UP, USED, WALLET
from tengesim.ledger.traits import (
    HAS_DEPOSIT,
    HAS_WALLET,
    IS_AUTOMATIC,
    IS_PERSON,
    LEVEL,
    MASKS,
    REGION,
)
from tengesim.rules.tables import AMOUNT, EVIDENCE, TOTAL, decide

__all__ = [
    "NOT_ENOUGH",
    "by_wallet",
    "can_be_counted",
    "can_cross",
    "count_used",
    "defund",
    "evidence_of",
    "fund",
    "is_swept",
    "reach_payee",
    "top_up_for",
]

Whole = NDArray[np.int64]

_PAYMENT: Final = Kind.PAYMENT.value
_FUNDING: Final = Kind.FUNDING.value
_DEFUNDING: Final = Kind.DEFUNDING.value
_WATERFALL: Final = Kind.WATERFALL.value
_SETTLED: Final = Status.SETTLED.value
_REFUSED: Final = Status.REFUSED.value
_HONEST: Final = TrueLabel.HONEST.value
_INTERNAL: Final = TrueLabel.INTERNAL.value
_IN_DEPOSIT: Final = Form.BANK_DEPOSIT.value
_IN_RESERVE: Final = Form.BANK_RESERVE.value
_DIGITAL: Final = Form.DIGITAL_TENGE.value
_UNAVAILABLE: Final = Reason.SYSTEM_UNAVAILABLE.value
_HOLDING: Final = Reason.LIMIT_HOLDING.value
_LEVEL_MASK: Final = MASKS[LEVEL]
_REGION_MASK: Final = MASKS[REGION]
_USED_BITS: Final = 48
_USED_MASK: Final = (1 << _USED_BITS) - 1
_WINDOW_MASK: Final = (1 << 16) - 1
NOT_ENOUGH: Final = -1
"""What stands for a top-up with which the wallet would still be too small."""


@lean
def _can_convert(traits: int) -> bool:
    """Return whether money may flow between wallet and deposit without asking."""
    if traits & HAS_DEPOSIT == 0:
        return False
    return traits & IS_PERSON == 0 or traits & IS_AUTOMATIC != 0


@lean
def _level(traits: int) -> int:
    return (traits >> LEVEL) & _LEVEL_MASK


@lean
def evidence_of(want: Desired, levels: Whole) -> int:
    """Return what is known of how the payment is made, and of the payer's wallet."""
    if want.payer_traits & IS_PERSON == 0 or want.payer_traits & HAS_WALLET == 0:
        return channel(want)
    return int(channel(want) | levels[_level(want.payer_traits), at.LEVEL_EVIDENCE])


@lean
def _used_today(want: Desired, rows: Whole) -> int:
    """Return the tiyn that the payer paid by wallet on the day of `want` so far."""
    used = rows[want.payer, USED]
    if (used >> _USED_BITS) & _WINDOW_MASK != want.day & _WINDOW_MASK:
        return 0
    return int(used & _USED_MASK)


@lean
def _unavailable(place: int) -> Verdict:
    return Verdict(_UNAVAILABLE, place, 0, 0)


@lean
def _none() -> Verdict:
    return Verdict(0, NO_NAME, 0, 0)


@lean
def reach_payee(want: Desired, fixed: Whole) -> Verdict:
    """Decide whether platform and till can be reached."""
    if fixed[at.PLATFORM_DOWN] != NO_NAME:
        return _unavailable(fixed[at.PLATFORM_DOWN])
    if want.unconnected:
        return _unavailable(at.NAMED_NO_CONNECTION)
    return _none()


@lean
def _reach(want: Desired, rows: Whole, fixed: Whole, banks: Whole) -> Verdict:
    """Decide whether everything the payment needs can be reached."""
    verdict = reach_payee(want, fixed)
    if verdict.reason != 0:
        return verdict
    if want.amount > rows[want.payer, WALLET] and _can_convert(want.payer_traits):
        outage = banks[want.payer_bank, at.BANK_DOWN]
        if outage != NO_NAME:
            return _unavailable(outage)
    return _none()


@lean
def _within_tier(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    rows: Whole,
    fixed: Whole,
    levels: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
) -> Verdict:
    """Decide by the limits of the payer's wallet, which read the amount and the day's sum."""
    facts[AMOUNT] = want.amount
    facts[TOTAL] = want.amount + _used_today(want, rows)
    facts[EVIDENCE] = evidence_of(want, levels)
    start = levels[_level(want.payer_traits), at.LEVEL_START]
    reason, rule, value, limit = decide(rule_rows, members, start, facts)
    if reason == 0:
        return _none()
    return Verdict(reason, fixed[at.FIRST_RULE] + rule, value, limit)


@lean
def _excess(want: Desired, rows: Whole, levels: Whole) -> int:
    """Return how much does not fit into the payee's wallet."""
    if want.payee_traits & IS_PERSON == 0:
        return 0
    limit = levels[_level(want.payee_traits), at.LEVEL_LIMIT]
    return int(max(0, rows[want.payee, WALLET] + want.amount - limit))


@lean
def _room_for(want: Desired, excess: int, levels: Whole, banks: Whole) -> Verdict:
    """Decide whether the payee can take the money."""
    if excess == 0:
        return _none()
    if _can_convert(want.payee_traits):
        outage = banks[want.payee_bank, at.BANK_DOWN]
        return _none() if outage == NO_NAME else _unavailable(outage)
    limit = levels[_level(want.payee_traits), at.LEVEL_LIMIT]
    return Verdict(_HOLDING, at.NAMED_HOLDING_LIMIT, limit + excess, limit)


@lean
def _top_up(want: Desired, rows: Whole, fixed: Whole, banks: Whole, levels: Whole) -> int:
    """Return what to fill the payer's wallet with first; `NOT_ENOUGH` where it cannot be."""
    is_person = want.payer_traits & IS_PERSON != 0
    wallet = rows[want.payer, WALLET]
    left = wallet - want.amount
    floor = rows[want.payer, FLOOR] if is_person else 0
    if left >= floor:
        return 0
    is_up = banks[want.payer_bank, at.BANK_DOWN] == NO_NAME
    if not (is_person and is_up and _can_convert(want.payer_traits)):
        return 0 if left >= 0 else NOT_ENOUGH
    room = max(0, levels[_level(want.payer_traits), at.LEVEL_LIMIT] - wallet)
    most = min(room, rows[want.payer, DEPOSIT], fixed[at.LARGEST])
    filled = min(floor + rows[want.payer, TOP_UP] - left, most)
    return int(filled) if left + filled >= 0 else NOT_ENOUGH


@lean
def top_up_for(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    rows: Whole,
    fixed: Whole,
    banks: Whole,
    levels: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
) -> int:
    """Return what a person fills the wallet with to pay from it; `NOT_ENOUGH` where it cannot."""
    if want.payer_traits & HAS_WALLET == 0 or _reach(want, rows, fixed, banks).reason != 0:
        return NOT_ENOUGH
    if _within_tier(want, rows, fixed, levels, rule_rows, members, facts).reason != 0:
        return NOT_ENOUGH
    return _top_up(want, rows, fixed, banks, levels)


@lean
def is_swept(want: Desired, fixed: Whole, banks: Whole) -> bool:
    """Return whether the payee is a merchant that keeps nothing in its wallet."""
    return bool(
        fixed[at.SWEEPS_AT_ONCE] != 0
        and want.payee_traits & IS_PERSON == 0
        and banks[want.payee_bank, at.BANK_DOWN] == NO_NAME
        and _can_convert(want.payee_traits)
    )


@lean
def can_be_counted(want: Desired, rows: Whole) -> bool:
    """Return whether what a person pays still fits into the counter of the day."""
    return bool(_used_today(want, rows) + want.amount <= _USED_MASK)


@lean
def count_used(want: Desired, rows: Whole) -> None:
    """Count what a person paid from the wallet."""
    used = _used_today(want, rows) + want.amount
    rows[want.payer, USED] = ((want.day & _WINDOW_MASK) << _USED_BITS) | used


@lean
def by_wallet(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
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
    """Pay from wallet to wallet."""
    if want.payer_traits & want.payee_traits & HAS_WALLET == 0:
        return NO_WAY
    excess = _excess(want, rows, levels)
    verdict = _reach(want, rows, fixed, banks)
    if verdict.reason == 0 and want.payer_traits & IS_PERSON != 0:
        verdict = _within_tier(want, rows, fixed, levels, rule_rows, members, facts)
    if verdict.reason == 0:
        verdict = _room_for(want, excess, levels, banks)
    evidence = evidence_of(want, levels)
    if verdict.reason != 0:
        if names[verdict.rule] == 0:
            return ESCAPED
        verdict = Verdict(verdict.reason, names[verdict.rule], verdict.value, verdict.limit)
        _pay(want, attempt, evidence, _REFUSED, verdict, fixed, log, cursor)
        return REFUSED_ONCE
    filled = _top_up(want, rows, fixed, banks, levels)
    if filled == NOT_ENOUGH:
        return NO_WAY
    sweeps = is_swept(want, fixed, banks)
    if excess > rows[want.payee, WALLET]:
        return ESCAPED
    flowing = excess + (want.amount if sweeps else 0)
    if (filled or flowing) and not can_cross(want, filled, flowing, singles, fixed, banks, names):
        return ESCAPED
    if want.payer_traits & IS_PERSON and not can_be_counted(want, rows):
        return OVERUSED
    if filled:
        fund(want, filled, rows, singles, fixed, banks, regions, names, log, cursor)
    if excess:
        defund(want, _WATERFALL, excess, rows, singles, fixed, banks, regions, names, log, cursor)
    _pay(want, attempt, evidence, _SETTLED, Verdict(0, 0, 0, 0), fixed, log, cursor)
    rows[want.payer, WALLET] -= want.amount
    rows[want.payee, WALLET] += want.amount
    if want.payer_traits & IS_PERSON:
        count_used(want, rows)
    if sweeps:
        defund(
            want, _DEFUNDING, want.amount, rows, singles, fixed, banks, regions, names, log, cursor
        )
    return ANSWERED


@lean
def can_cross(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    filled: int,
    flowing: int,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    names: Whole,
) -> bool:
    """Return whether so much may become digital tenge, and so much a deposit, right here."""
    if names[at.NAMED_WALLETS] == 0 or fixed[at.ISSUED] < 0 or fixed[at.ISSUER] < 0:
        return False
    if filled:
        owed = banks[want.payer_bank, at.BANK_OWED]
        reserve = banks[want.payer_bank, at.BANK_RESERVE]
        if owed < 0 or reserve < 0 or singles[reserve] < filled:
            return False
        if not is_within(singles, fixed[at.ISSUER], filled):
            return False
    if flowing:
        if banks[want.payee_bank, at.BANK_RESERVE] < 0:
            return False
        if not is_within(singles, banks[want.payee_bank, at.BANK_OWED], flowing):
            return False
        return is_within(singles, fixed[at.ISSUED], flowing)
    return True


@lean
def _pay(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
    evidence: int,
    status: int,
    verdict: Verdict,
    fixed: Whole,
    log: Rows,
    cursor: Whole,
) -> None:
    """Write the row of the payment itself."""
    central = fixed[at.CENTRAL]
    act = Act(
        _PAYMENT,
        status,
        attempt,
        _HONEST,
        evidence,
        want.region,
        want.programme,
        want.purpose,
    )
    debit = Side(name_in(want.payer_traits), central, _DIGITAL, 0)
    credit = Side(name_in(want.payee_traits), central, _DIGITAL, 0)
    begin(cursor)
    put(log, cursor, want.time_us, want.intent, act, verdict, debit, credit, want.amount)


@lean
def _own_act(kind: int, traits: int, regions: Whole, names: Whole) -> Act:
    """Return what rows say about an act of the platform for a party."""
    region = regions[(traits >> REGION) & _REGION_MASK]
    return Act(kind, _SETTLED, 0, _INTERNAL, 0, region, names[at.NAMED_WALLETS], 0)


@lean
def fund(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    amount: int,
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    regions: Whole,
    names: Whole,
    log: Rows,
    cursor: Whole,
) -> None:
    """Fill the payer's wallet from the payer's deposit."""
    own, central = banks[want.payer_bank, at.BANK_NAME], fixed[at.CENTRAL]
    rows[want.payer, DEPOSIT] -= amount
    singles[banks[want.payer_bank, at.BANK_OWED]] += amount
    singles[banks[want.payer_bank, at.BANK_RESERVE]] -= amount
    singles[fixed[at.ISSUED]] += amount
    singles[fixed[at.ISSUER]] -= amount
    rows[want.payer, WALLET] += amount
    name, plain = name_in(want.payer_traits), Verdict(0, 0, 0, 0)
    act = _own_act(_FUNDING, want.payer_traits, regions, names)
    begin(cursor)
    debit, credit = Side(name, own, _IN_DEPOSIT, 0), Side(own, own, _IN_DEPOSIT, 0)
    put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, amount)
    debit, credit = Side(own, central, _IN_RESERVE, 0), Side(central, central, _IN_RESERVE, 0)
    put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, amount)
    debit, credit = Side(central, central, _DIGITAL, 0), Side(name, central, _DIGITAL, 0)
    put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, amount)


@lean
def defund(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    kind: int,
    amount: int,
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    regions: Whole,
    names: Whole,
    log: Rows,
    cursor: Whole,
) -> None:
    """Move money from the payee's wallet to the payee's deposit."""
    own, central = banks[want.payee_bank, at.BANK_NAME], fixed[at.CENTRAL]
    rows[want.payee, WALLET] -= amount
    singles[fixed[at.ISSUER]] += amount
    singles[fixed[at.ISSUED]] -= amount
    singles[banks[want.payee_bank, at.BANK_RESERVE]] += amount
    singles[banks[want.payee_bank, at.BANK_OWED]] -= amount
    rows[want.payee, DEPOSIT] += amount
    name, plain = name_in(want.payee_traits), Verdict(0, 0, 0, 0)
    act = _own_act(kind, want.payee_traits, regions, names)
    begin(cursor)
    debit, credit = Side(name, central, _DIGITAL, 0), Side(central, central, _DIGITAL, 0)
    put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, amount)
    debit, credit = Side(central, central, _IN_RESERVE, 0), Side(own, central, _IN_RESERVE, 0)
    put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, amount)
    debit, credit = Side(own, own, _IN_DEPOSIT, 0), Side(name, own, _IN_DEPOSIT, 0)
    put(log, cursor, want.time_us, want.intent, act, plain, debit, credit, amount)
