"""How a report writes numbers, and how each number names the file it was read from.

Every number of a report stands in an element with `data-source`, the file, and with what leads to
the value in it, so that a reader, or a test, can go back from the page to the file. Amounts are
shortened only where the table behind the figure has the whole number or the file has more digits.
"""

import math
from fractions import Fraction
from typing import Final

from tengesim.report.markup import Attribute, Children, Element, Maker

__all__ = [
    "MINUS",
    "NO_VALUE",
    "TENGE_UNIT",
    "Value",
    "citation",
    "cited",
    "decimals_text",
    "difference_text",
    "interval_text",
    "is_number",
    "value_text",
    "whole_text",
]

Value = Fraction | float | int | None

MINUS: Final = "\u2212"
NO_VALUE: Final = "\u2013"
TENGE_UNIT: Final = "KZT"
_SPACE: Final = "\u00a0"
_POINTS: Final = "pp"
_MILLION: Final = 10**6
_BILLION: Final = 10**9
_SHARE_DECIMALS: Final = 2
_DECIMALS_MAX: Final = 9

_span: Final = Maker("span")


def cited(children: Children, source: str, **keys: Attribute) -> Element:
    """Return text that was read from the file `source`, where `keys` lead to it.

    `metric="leakage"` becomes the attribute `data-metric`.
    """
    return _span(children, **{"class": "cited", **citation(source, **keys)})


def citation(source: str, **keys: Attribute) -> dict[str, Attribute]:
    """Return the attributes of an element that shows what was read from the file `source`."""
    named = {f"data-{key.replace('_', '-')}": value for key, value in keys.items()}
    return {"data-source": source, **named}


def is_number(value: object) -> bool:
    """Return whether a cell of a table holds a number: neither empty nor NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return False
    return not (isinstance(value, float) and not math.isfinite(value))


def whole_text(number: int) -> str:
    """Write a whole number in groups of three.

    >>> whole_text(-1234567)
    '−1,234,567'
    """
    return f"{number:,}".replace("-", MINUS)


def decimals_text(value: Fraction, decimals: int) -> str:
    """Write a number with so many decimals, rounded half away from zero.

    >>> decimals_text(Fraction(-5, 8), 2)
    '−0.63'
    """
    scaled = int(abs(value) * 10**decimals + Fraction(1, 2))
    whole, part = divmod(scaled, 10**decimals)
    sign = MINUS if value < 0 and scaled else ""
    return f"{sign}{whole:,}.{part:0{decimals}d}" if decimals else f"{sign}{whole:,}"


def value_text(value: Value, unit: str) -> str:
    r"""Write a value of a metric in `unit`; a dash when there is none.

    >>> value_text(0.025, "share"), value_text(16451135, "KZT"), value_text(210, "meals")
    ('2.50\xa0%', '16.45\xa0m\xa0KZT', '210\xa0meals')
    """
    if value is None or not is_number(value):
        return NO_VALUE
    exact = Fraction(value)
    if unit == "share":
        return f"{_rounded(exact * 100, _SHARE_DECIMALS)}{_SPACE}%"
    return f"{_figure(exact, unit)}{_SPACE}{unit}"


def difference_text(value: Value, unit: str, *, with_unit: bool = True) -> str:
    r"""Write a difference with its sign; of shares in percentage points.

    >>> difference_text(-0.0276, "share"), difference_text(3.5, "meals"), difference_text(0, "days")
    ('−2.76\xa0pp', '+3.50\xa0meals', '0\xa0days')
    """
    if value is None or not is_number(value):
        return NO_VALUE
    exact = Fraction(value)
    name = _POINTS if unit == "share" else unit
    if exact == 0:
        figure = "0"
    elif unit == "share":
        figure = _rounded(exact * 100, _SHARE_DECIMALS)
    else:
        figure = _figure(exact, unit)
    sign = "+" if exact > 0 else ""
    return f"{sign}{figure}{_SPACE}{name}" if with_unit else f"{sign}{figure}"


def interval_text(low: Value, high: Value, unit: str) -> str:
    """Write the ends of an interval of differences; a dash when there is none."""
    if not is_number(low) or not is_number(high):
        return NO_VALUE
    if low == high:
        return difference_text(low, unit)
    return f"{difference_text(low, unit, with_unit=False)} to {difference_text(high, unit)}"


def _figure(value: Fraction, unit: str) -> str:
    size = abs(value)
    if unit == TENGE_UNIT and size >= _BILLION:
        return f"{decimals_text(value / _BILLION, 3)}{_SPACE}bn"
    if unit == TENGE_UNIT and size >= _MILLION:
        return f"{decimals_text(value / _MILLION, 2)}{_SPACE}m"
    if value.denominator == 1 or size >= 100:
        return decimals_text(value, 0)
    return _rounded(value, 1 if size >= 10 else 2)


def _rounded(value: Fraction, decimals: int) -> str:
    """Write with so many decimals, or with two digits that count where those would all be zero."""
    if value != 0:
        while abs(value) * 10**decimals < 1 and decimals < _DECIMALS_MAX:
            decimals += 1
            if abs(value) * 10**decimals >= 1:
                decimals += 1
    return decimals_text(value, decimals)
