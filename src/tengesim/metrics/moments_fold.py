"""The compiled half of running moments: levels of money followed row by row.

A running level may not leave the range of sums of money, whatever the log says. An area, money
times microseconds, is cut in four parts that never wrap.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Evidence, Form, Kind, Status
from tengesim.compiled import lean
from tengesim.journal.events import Rows
from tengesim.money import SUPPLY_MAX_TIYN

__all__ = ["AREAS", "LEVELS", "UNMET", "area_of", "fold_moments"]

LEVELS: Final = (10,)
"""Digital tenge outstanding and its peak, outflow and its peak, reserves lent and their peak, how
many wants of cash were unmet, further rows of payments from purses, and last whether the row before
paid from a purse and for which intent."""
UNMET: Final = 6
_FURTHER, _IS_OPEN, _INTENT = 7, 8, 9
AREAS: Final = (2, 4, 2)
"""Of all digital tenge and of what bears no mark, four parts, each in two halves of 32 bits."""

_SUPPLY, _OUTFLOW, _LENT = 0, 2, 4
_HALF, _LOW_HALF = 32, (1 << 32) - 1
_MONEY_BITS, _TIME_BITS = 30, 24
_MONEY_LOW, _TIME_LOW = (1 << _MONEY_BITS) - 1, (1 << _TIME_BITS) - 1
_MOST: Final = SUPPLY_MAX_TIYN
_CHANNELS = int(Evidence.CHANNEL_COUNTER | Evidence.CHANNEL_REMOTE)
_DIGITAL, _DEPOSIT = int(Form.DIGITAL_TENGE), int(Form.BANK_DEPOSIT)
_SETTLED, _POSTED = int(Status.SETTLED), int(Status.POSTED)
_FUNDING, _DEFUNDING = int(Kind.FUNDING), int(Kind.DEFUNDING)
_WATERFALL, _LIQUIDITY = int(Kind.WATERFALL), int(Kind.LIQUIDITY)
_KIND_UNMET, _PAYMENT = int(Kind.UNMET), int(Kind.PAYMENT)

Numbers = NDArray[np.int64]


def area_of(parts: Numbers) -> int:
    """Return the exact area of its four parts."""
    shifts = (0, _TIME_BITS, _MONEY_BITS, _MONEY_BITS + _TIME_BITS)
    return sum(
        ((high << _HALF) + low) << shift
        for shift, (low, high) in zip(shifts, parts.tolist(), strict=True)
    )


@lean
def _change(levels: Numbers, place: int, change: int) -> bool:
    """Move a level and its peak; return whether it stays in range."""
    now = levels[place] + change
    levels[place] = now
    levels[place + 1] = max(levels[place + 1], now)
    return bool(-_MOST <= now <= _MOST)


@lean
def _last(parts: Numbers, sign: int, amount: int, lasting: int) -> None:
    """Add money times microseconds; products of the parts stay below 2^62 for a thousand years."""
    money_low, money_high = amount & _MONEY_LOW, amount >> _MONEY_BITS
    time_low, time_high = lasting & _TIME_LOW, lasting >> _TIME_BITS
    for part in range(4):
        money = money_high if part >= 2 else money_low
        product = sign * money * (time_high if part % 2 else time_low)
        low = parts[part, 0] + (product & _LOW_HALF)
        parts[part, 0] = low & _LOW_HALF
        parts[part, 1] += (product >> _HALF) + (low >> _HALF)


@lean
def _follow_purse(rows: Rows, i: int, levels: Numbers) -> None:
    """Count the row of a payment whose row before took from a purse, and note if this one does."""
    row: Any = rows[i]
    is_paid = row["kind"] == _PAYMENT and row["status"] == _SETTLED
    if levels[_IS_OPEN] and is_paid and row["intent"] == levels[_INTENT]:
        levels[_FURTHER] += 1
    levels[_IS_OPEN] = is_paid and row["mark"] != 0 and row["mark_to"] == 0
    levels[_INTENT] = row["intent"]


@lean
def fold_moments(rows: Rows, end_us: int, levels: Numbers, areas: Numbers) -> int:
    """Follow the rows to or from issuers, and those by which a mark comes or goes.

    Returns the first by which a level leaves its range, -1 where there is none.
    """
    for i in range(len(rows)):
        row: Any = rows[i]
        is_issuer, is_issuer_to = row["payer"] == row["keeper"], row["payee"] == row["keeper_to"]
        sheds = row["mark"] != row["mark_to"]
        if sheds or levels[_IS_OPEN]:
            _follow_purse(rows, i, levels)
        if not is_issuer and not is_issuer_to and not sheds:
            continue
        kind, status = row["kind"], row["status"]
        if kind == _KIND_UNMET and is_issuer_to and row["evidence"] & _CHANNELS > 0:
            levels[UNMET] += 1
        if status not in (_SETTLED, _POSTED):
            continue
        amount, is_in_range = row["amount_tiyn"], True
        out = is_issuer and row["form"] == _DIGITAL
        back = is_issuer_to and row["form_to"] == _DIGITAL
        if out != back:
            sign = 1 if out else -1
            is_in_range = _change(levels, _SUPPLY, sign * amount)
            _last(areas[0], sign, amount, end_us - row["time_us"])
        is_left = row["form"] == _DIGITAL and row["mark"] == 0 and not is_issuer
        is_come = row["form_to"] == _DIGITAL and row["mark_to"] == 0 and not is_issuer_to
        if is_left != is_come:
            _last(areas[1], 1 if is_come else -1, amount, end_us - row["time_us"])
        if not is_issuer and not is_issuer_to:
            continue
        if kind == _FUNDING and row["form"] == _DEPOSIT:
            is_in_range &= _change(levels, _OUTFLOW, amount)
        elif kind in (_DEFUNDING, _WATERFALL) and row["form_to"] == _DEPOSIT:
            is_in_range &= _change(levels, _OUTFLOW, -amount)
        elif kind == _LIQUIDITY:
            is_in_range &= _change(levels, _LENT, amount if is_issuer else -amount)
        if not is_in_range:
            return i
    return -1
