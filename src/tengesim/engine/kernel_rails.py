"""Paying by deposit, in cash, and getting cash, compiled: `engine.rails` says what it means.

Nothing moves and nothing is written before it is certain that all of it can be done here; else the
want is left to readable code.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.compiled import lean
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_rows import (
    ANSWERED,
    ESCAPED,
    NO_NAME,
    NO_WAY,
    REFUSED_ONCE,
    Act,
    Desired,
    Side,
    Verdict,
    begin,
    put,
)
from tengesim.journal.events import Rows
from tengesim.ledger.parties import CASH, DEPOSIT
from tengesim.ledger.traits import HAS_CASH, HAS_DEPOSIT, HAS_WALLET, MASKS, NAME
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["by_cash", "by_deposit", "by_teller", "channel", "give_up", "is_within", "name_in"]

Whole = NDArray[np.int64]

_PAYMENT: Final = Kind.PAYMENT.value
_WITHDRAWAL: Final = Kind.CASH_WITHDRAWAL.value
_UNMET: Final = Kind.UNMET.value
_SETTLED: Final = Status.SETTLED.value
_REFUSED: Final = Status.REFUSED.value
_RECORDED: Final = Status.RECORDED.value
_HONEST: Final = TrueLabel.HONEST.value
_REMOTE: Final = Evidence.CHANNEL_REMOTE.value
_COUNTER: Final = Evidence.CHANNEL_COUNTER.value
_IN_DEPOSIT: Final = Form.BANK_DEPOSIT.value
_IN_RESERVE: Final = Form.BANK_RESERVE.value
_IN_CASH: Final = Form.CASH.value
_DIGITAL: Final = Form.DIGITAL_TENGE.value
_UNAVAILABLE: Final = Reason.SYSTEM_UNAVAILABLE.value
_SHORT: Final = Reason.INSUFFICIENT_FUNDS.value
_NAME_MASK: Final = MASKS[NAME]


@lean
def name_in(traits: int) -> int:
    """Return the name id of the party with these traits."""
    return traits & _NAME_MASK


@lean
def channel(want: Desired) -> int:
    """Return the flag of how the payment is made."""
    return _REMOTE if want.is_remote else _COUNTER


@lean
def is_within(singles: Whole, account: int, amount: int) -> bool:
    """Return whether the issuer's `account` is open and can owe `amount` more."""
    return account >= 0 and singles[account] - amount >= -SUPPLY_MAX_TIYN


@lean
def _act(want: Desired, kind: int, status: int, attempt: int) -> Act:
    return Act(
        kind,
        status,
        attempt,
        _HONEST,
        channel(want),
        want.region,
        want.programme,
        want.purpose,
    )


@lean
def _plain() -> Verdict:
    return Verdict(0, 0, 0, 0)


@lean
def _first_credit(want: Desired, banks: Whole) -> Side:
    """Return where the first move of a payment by deposit goes."""
    own = banks[want.payer_bank, at.BANK_NAME]
    if want.payer_bank == want.payee_bank:
        return Side(name_in(want.payee_traits), own, _IN_DEPOSIT, 0)
    return Side(own, own, _IN_DEPOSIT, 0)


@lean
def _refuse(  # noqa: PLR0917 - compiled code takes arrays by place
    log: Rows, cursor: Whole, want: Desired, act: Act, verdict: Verdict, banks: Whole
) -> int:
    """Write that a payment by deposit, or a withdrawal, is refused."""
    own = banks[want.payer_bank, at.BANK_NAME]
    debit = Side(name_in(want.payer_traits), own, _IN_DEPOSIT, 0)
    credit = _first_credit(want, banks)
    if act.kind == _WITHDRAWAL:
        credit = Side(own, own, _IN_DEPOSIT, 0)
    begin(cursor)
    put(log, cursor, want.time_us, want.intent, act, verdict, debit, credit, want.amount)
    return REFUSED_ONCE


@lean
def by_deposit(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    names: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Pay from bank account to bank account."""
    if want.payer_traits & want.payee_traits & HAS_DEPOSIT == 0:
        return NO_WAY
    if rows[want.payer, DEPOSIT] < want.amount:
        return NO_WAY
    obstacle = at.NAMED_NO_CONNECTION if want.unconnected else banks[want.payer_bank, at.BANK_DOWN]
    if obstacle == NO_NAME:
        obstacle = banks[want.payee_bank, at.BANK_DOWN]
    if obstacle != NO_NAME:
        if names[obstacle] == 0:
            return ESCAPED
        act = _act(want, _PAYMENT, _REFUSED, attempt)
        return _refuse(log, cursor, want, act, Verdict(_UNAVAILABLE, names[obstacle], 0, 0), banks)
    act = _act(want, _PAYMENT, _SETTLED, attempt)
    if want.payer_bank != want.payee_bank:
        return _between_banks(want, act, rows, singles, fixed, banks, log, cursor)
    rows[want.payer, DEPOSIT] -= want.amount
    rows[want.payee, DEPOSIT] += want.amount
    own = banks[want.payer_bank, at.BANK_NAME]
    debit = Side(name_in(want.payer_traits), own, _IN_DEPOSIT, 0)
    credit = Side(name_in(want.payee_traits), own, _IN_DEPOSIT, 0)
    begin(cursor)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, want.amount)
    return ANSWERED


@lean
def _between_banks(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    act: Act,
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """End a deposit at one bank, move reserves, and begin a deposit at the other."""
    amount, central = want.amount, fixed[at.CENTRAL]
    owed, reserve = (
        banks[want.payer_bank, at.BANK_OWED],
        banks[want.payer_bank, at.BANK_RESERVE],
    )
    owing, gained = (
        banks[want.payee_bank, at.BANK_OWED],
        banks[want.payee_bank, at.BANK_RESERVE],
    )
    if owed < 0 or reserve < 0 or gained < 0 or singles[reserve] < amount:
        return ESCAPED
    if not is_within(singles, owing, amount):
        return ESCAPED
    rows[want.payer, DEPOSIT] -= amount
    singles[owed] += amount
    singles[reserve] -= amount
    singles[gained] += amount
    singles[owing] -= amount
    rows[want.payee, DEPOSIT] += amount
    own = banks[want.payer_bank, at.BANK_NAME]
    other = banks[want.payee_bank, at.BANK_NAME]
    begin(cursor)
    debit = Side(name_in(want.payer_traits), own, _IN_DEPOSIT, 0)
    credit = Side(own, own, _IN_DEPOSIT, 0)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, amount)
    debit = Side(own, central, _IN_RESERVE, 0)
    credit = Side(other, central, _IN_RESERVE, 0)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, amount)
    debit = Side(other, other, _IN_DEPOSIT, 0)
    credit = Side(name_in(want.payee_traits), other, _IN_DEPOSIT, 0)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, amount)
    return ANSWERED


@lean
def by_cash(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired, attempt: int, rows: Whole, fixed: Whole, log: Rows, cursor: Whole
) -> int:
    """Pay from hand to hand."""
    if want.is_remote or want.payer_traits & want.payee_traits & HAS_CASH == 0:
        return NO_WAY
    if rows[want.payer, CASH] < want.amount:
        return NO_WAY
    rows[want.payer, CASH] -= want.amount
    rows[want.payee, CASH] += want.amount
    central = fixed[at.CENTRAL]
    debit = Side(name_in(want.payer_traits), central, _IN_CASH, 0)
    credit = Side(name_in(want.payee_traits), central, _IN_CASH, 0)
    act = _act(want, _PAYMENT, _SETTLED, attempt)
    begin(cursor)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, want.amount)
    return ANSWERED


@lean
def by_teller(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    attempt: int,
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    names: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Hand out cash for a deposit."""
    amount, central = want.amount, fixed[at.CENTRAL]
    both = HAS_DEPOSIT | HAS_CASH
    if want.payer_traits & both != both or rows[want.payer, DEPOSIT] < amount:
        return NO_WAY
    outage = banks[want.payer_bank, at.BANK_DOWN]
    if outage != NO_NAME:
        if names[outage] == 0:
            return ESCAPED
        act = _act(want, _WITHDRAWAL, _REFUSED, attempt)
        return _refuse(log, cursor, want, act, Verdict(_UNAVAILABLE, names[outage], 0, 0), banks)
    owed, reserve = (
        banks[want.payer_bank, at.BANK_OWED],
        banks[want.payer_bank, at.BANK_RESERVE],
    )
    issued, notes = fixed[at.ISSUED], fixed[at.NOTES]
    if owed < 0 or reserve < 0 or issued < 0 or singles[reserve] < amount:
        return ESCAPED
    if not is_within(singles, notes, amount):
        return ESCAPED
    rows[want.payer, DEPOSIT] -= amount
    singles[owed] += amount
    singles[reserve] -= amount
    singles[issued] += amount
    singles[notes] -= amount
    rows[want.payer, CASH] += amount
    own, name = banks[want.payer_bank, at.BANK_NAME], name_in(want.payer_traits)
    act = _act(want, _WITHDRAWAL, _SETTLED, attempt)
    begin(cursor)
    debit, credit = Side(name, own, _IN_DEPOSIT, 0), Side(own, own, _IN_DEPOSIT, 0)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, amount)
    debit, credit = Side(own, central, _IN_RESERVE, 0), Side(central, central, _IN_RESERVE, 0)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, amount)
    debit, credit = Side(central, central, _IN_CASH, 0), Side(name, central, _IN_CASH, 0)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, amount)
    return ANSWERED


@lean
def _any_side(traits: int, bank: int, central: int, banks: Whole) -> Side:
    """Return an account that stands for a party: its deposit, else its wallet, else its cash."""
    if traits & HAS_DEPOSIT:
        return Side(name_in(traits), banks[bank, at.BANK_NAME], _IN_DEPOSIT, 0)
    form = _DIGITAL if traits & HAS_WALLET else _IN_CASH
    return Side(name_in(traits), central, form, 0)


@lean
def give_up(want: Desired, fixed: Whole, banks: Whole, log: Rows, cursor: Whole) -> int:
    """Say that nothing had the means."""
    central = fixed[at.CENTRAL]
    if fixed[at.IS_REPLAYED]:
        if want.payer_traits & want.payee_traits & HAS_DEPOSIT == 0:
            return ESCAPED
        act = _act(want, _PAYMENT, _REFUSED, 0)
        _refuse(log, cursor, want, act, Verdict(_SHORT, 0, 0, 0), banks)
        return ANSWERED
    anything = HAS_DEPOSIT | HAS_WALLET | HAS_CASH
    if want.payer_traits & anything == 0 or want.payee_traits & anything == 0:
        return ESCAPED
    debit = _any_side(want.payer_traits, want.payer_bank, central, banks)
    credit = _any_side(want.payee_traits, want.payee_bank, central, banks)
    if want.payer == want.payee:
        if want.payer_traits & HAS_DEPOSIT == 0 or fixed[at.NOTES] < 0:
            return ESCAPED
        credit = Side(central, central, _IN_CASH, 0)
    act = _act(want, _UNMET, _RECORDED, 0)
    begin(cursor)
    put(log, cursor, want.time_us, want.intent, act, _plain(), debit, credit, want.amount)
    return ANSWERED
