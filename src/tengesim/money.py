"""Money as whole tiyn: reading, writing and splitting amounts without losing one.

Every amount is an `int` of tiyn and every rate an `int` of basis points; text is read through
`Decimal` and refused when it is not a whole number of them, because `int(1.15 * 100)` is 114.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NewType

__all__ = [
    "BP",
    "PAYMENT_MAX_TIYN",
    "SUPPLY_MAX_TIYN",
    "TIYN_PER_TENGE",
    "Tiyn",
    "check_amount",
    "format_amount",
    "mul_div",
    "parse_amount",
    "parse_count",
    "parse_dollars",
    "parse_rate_bp",
    "parse_share_bp",
    "split_exactly",
]

TIYN_PER_TENGE = 100
PAYMENT_MAX_TIYN = 10**13
SUPPLY_MAX_TIYN = 2**62 - 1
BP = 10_000

Tiyn = NewType("Tiyn", int)

_MULTIPLIERS = {"": 1, "k": 10**3, "m": 10**6, "bn": 10**9, "tn": 10**12}
_BP_PER_UNIT = {"%": 100, "bp": 1}

# ASCII digits only: Decimal would also read digits of other scripts. Bounded repetition keeps
# a hostile text from costing time. Groups of three, by comma or space, cannot be mistaken for a
# decimal comma, since no amount in tenge has three decimals.
_PLAIN = r"[0-9]{1,30}(?:\.[0-9]{1,30})?"
_GROUPED = r"[0-9]{1,3}(?:(?:,[0-9]{3}){1,9}|(?: [0-9]{3}){1,9})(?:\.[0-9]{1,30})?"
_AMOUNT = re.compile(
    rf"(?P<number>{_GROUPED}|{_PLAIN}) ?(?P<multiplier>k|m|bn|tn)? ?(?P<unit>KZT|tiyn|MCI)"
)
_RATE = re.compile(rf"(?P<number>{_PLAIN}) ?(?P<unit>%|bp)")
_SHARE = re.compile(r"0\.[0-9]{1,12}")
_COUNTED = r"[^\W\d_][^\d]{0,79}"
_COUNT = re.compile(
    rf"(?P<number>{_GROUPED}|{_PLAIN})(?: ?(?P<multiplier>k|m|bn|tn)(?![^ ]))?(?: {_COUNTED})?"
)
_DOLLARS = re.compile(rf"(?P<number>{_GROUPED}|{_PLAIN}) ?(?P<multiplier>k|m|bn|tn)? ?USD")
_CENTS_PER_DOLLAR = 100
_AMOUNT_EXPECTED = "expected a number and a unit, such as 811 KZT, 2.1 bn KZT or 3 MCI"
_SHOWN_MAX = 40


def parse_amount(text: str, mci_tiyn: int | None = None) -> int:
    """Return the tiyn that a text such as "2.1 bn KZT" means.

    `mci_tiyn` is the worth of one monthly calculation index; without it MCI is refused. What is
    read is exact: an amount finer than one tiyn raises ValueError, and so do a negative one, one
    without unit and one above the largest supply.

    >>> parse_amount("1.15 KZT")
    115
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(_why_not_an_amount(text))
    unit_tiyn = {"KZT": TIYN_PER_TENGE, "tiyn": 1, "MCI": mci_tiyn}[match["unit"]]
    if unit_tiyn is None:
        message = f"{_shown(text)} is in MCI, but the worth of one MCI is not stated"
        raise ValueError(f"{message}; expected an amount in KZT")
    if match["multiplier"] and "," in match["number"]:
        # "1,500 bn" may mean one and a half: a thousandfold mistake nobody would notice.
        message = f"{_shown(text)} has a comma next to {match['multiplier']}"
        raise ValueError(f"{message}; expected a decimal point, such as 1.5 bn KZT")
    amount_tiyn = _whole(match["number"], unit_tiyn * _MULTIPLIERS[match["multiplier"] or ""])
    if amount_tiyn is None:
        raise ValueError(f"{_shown(text)} is finer than one tiyn; expected whole tiyn")
    if amount_tiyn > SUPPLY_MAX_TIYN:
        largest = format_amount(SUPPLY_MAX_TIYN)
        raise ValueError(f"{_shown(text)} is too large; expected at most {largest}")
    return amount_tiyn


def parse_dollars(text: str) -> int:
    """Return the US cents that a text such as "350 m USD" means.

    Raises ValueError when it is negative, has no unit or is finer than one cent.

    >>> parse_dollars("1.15 USD")
    115
    """
    match = _DOLLARS.fullmatch(text.strip())
    expected = "expected an amount in dollars, such as 350 m USD"
    if match is None or (match["multiplier"] and "," in match["number"]):
        raise ValueError(f"{_shown(text)} is not an amount in dollars; {expected}")
    cents = _whole(match["number"], _CENTS_PER_DOLLAR * _MULTIPLIERS[match["multiplier"] or ""])
    if cents is None or cents > SUPPLY_MAX_TIYN:
        raise ValueError(f"{_shown(text)} is finer than one cent, or too large; {expected}")
    return cents


def parse_rate_bp(text: str) -> int:
    """Return the basis points that a text such as "8 %" or "80 bp" means.

    Raises ValueError when the rate is negative, has no unit or is finer than one basis point.

    >>> parse_rate_bp("0.5 %")
    50
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        message = f"{_shown(text)} is not a rate; expected a number and a unit"
        raise ValueError(f"{message}, such as 8 %, 0.5 % or 80 bp")
    rate_bp = _whole(match["number"], _BP_PER_UNIT[match["unit"]])
    if rate_bp is None:
        message = f"{_shown(text)} is finer than one basis point"
        raise ValueError(f"{message}; expected at most two decimals of a per cent")
    return rate_bp


def parse_share_bp(text: str) -> int:
    """Return the basis points of a rate, or of a share below 1 as statistics write it.

    Raises ValueError as `parse_rate_bp` does.

    >>> parse_share_bp("0.05"), parse_share_bp("5 %")
    (500, 500)
    """
    plain = text.strip()
    if not _SHARE.fullmatch(plain):
        return parse_rate_bp(text)
    share_bp = _whole(plain, BP)
    if share_bp is None:
        raise ValueError(f"{_shown(text)} is finer than one basis point; expected four decimals")
    return share_bp


def parse_count(text: str) -> int:
    """Return the whole number of a text such as "111000 pupils" or "1.2 m people".

    Raises ValueError when the number is negative, not whole, or not followed by a word.

    >>> parse_count("1.2 m people")
    1200000
    """
    match = _COUNT.fullmatch(text.strip())
    expected = "expected a whole number, such as 111000 pupils or 1.2 m people"
    if match is None or (match["multiplier"] and "," in match["number"]):
        raise ValueError(f"{_shown(text)} is not a count; {expected}")
    count = _whole(match["number"], _MULTIPLIERS[match["multiplier"] or ""])
    if count is None:
        raise ValueError(f"{_shown(text)} is not whole; {expected}")
    if count > SUPPLY_MAX_TIYN:
        raise ValueError(f"{_shown(text)} is too large; expected less than 2^62")
    return count


def format_amount(amount_tiyn: int, *, digits: int | None = None) -> str:
    """Write an amount in tenge with groups of three.

    `digits` is the number of decimals, 0 to 2; without it tiyn are shown only when there are any.
    Halves are rounded away from zero, for display alone.

    >>> format_amount(123456750)
    '1,234,567.50 KZT'
    """
    if digits is None:
        digits = 2 if amount_tiyn % TIYN_PER_TENGE else 0
    if digits not in (0, 1, 2):
        raise ValueError(f"digits is {digits}; expected 0, 1 or 2")
    step = 10 ** (2 - digits)
    magnitude = (abs(amount_tiyn) + step // 2) // step
    whole, part = divmod(magnitude, 10**digits)
    sign = "-" if amount_tiyn < 0 and magnitude else ""
    decimals = f".{part:0{digits}d}" if digits else ""
    return f"{sign}{whole:,}{decimals} KZT"


def split_exactly(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split a total by weights so that the parts sum to it, each within one of its exact share.

    The largest remainders get what rounding down leaves over, ties by key; so the result does
    not depend on the order of `weights`. Raises ValueError when there is nobody to give to, or
    a weight or the total is negative.

    >>> split_exactly(100, {"a": 1, "b": 1, "c": 1})
    {'a': 34, 'b': 33, 'c': 33}
    """
    if type(total) is not int or total < 0:
        raise ValueError(f"total is {total!r}; expected a non-negative int")
    for key, weight in weights.items():
        if type(weight) is not int or weight < 0:
            raise ValueError(f"the weight of {key!r} is {weight!r}; expected a non-negative int")
    weight_sum = sum(weights.values())
    if weight_sum == 0:
        raise ValueError("there is nobody to split among; expected a positive weight")
    keys = sorted(weights)
    parts = {key: total * weights[key] // weight_sum for key in keys}
    left_over = total - sum(parts.values())
    by_remainder = sorted(keys, key=lambda key: (-(total * weights[key] % weight_sum), key))
    for key in by_remainder[:left_over]:
        parts[key] += 1
    return parts


def mul_div(a: int, b: int, c: int) -> int:
    """Return a · b / c rounded down, for non-negative ints; exact, since ints do not overflow."""
    if a < 0 or b < 0 or c <= 0:
        raise ValueError(
            f"mul_div({a}, {b}, {c}): expected non-negative ints and a positive divisor"
        )
    return a * b // c


def check_amount(value: object) -> int:
    """Return the amount of a payment in tiyn if it is one.

    Raises TypeError for anything but an exact `int` (a bool is an `int` in Python, and is not
    an amount), ValueError outside 1 to `PAYMENT_MAX_TIYN`.
    """
    if type(value) is not int:
        raise TypeError(f"amount is {type(value).__name__}; expected int tiyn")
    if not 1 <= value <= PAYMENT_MAX_TIYN:
        shown = value if abs(value) < 10**30 else "too large"
        raise ValueError(f"amount is {shown} tiyn; expected 1 to {PAYMENT_MAX_TIYN}")
    return value


def _whole(number: str, unit: int) -> int | None:
    """Return number · unit when it is whole, computed on digits, never on a float."""
    plain = number.replace(",", "").replace(" ", "")
    # The numerator and denominator are exact whatever the precision of the Decimal context.
    numerator, denominator = Decimal(plain).as_integer_ratio()
    whole, rest = divmod(numerator * unit, denominator)
    return None if rest else whole


def _why_not_an_amount(text: str) -> str:
    shown = _shown(text)
    stripped = text.strip()
    if stripped.startswith(("-", "−")):
        return f"{shown} is negative; expected zero or more, such as 811 KZT"
    if re.fullmatch(rf"(?:{_GROUPED}|{_PLAIN}) ?(?:k|m|bn|tn)?", stripped):
        return f"{shown} has no unit; {_AMOUNT_EXPECTED}"
    return f"{shown} is not an amount; {_AMOUNT_EXPECTED}"


def _shown(text: str) -> str:
    """Quote a text for a message, short enough for one line."""
    return repr(text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…")
