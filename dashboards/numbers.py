"""How the server writes numbers, money and dates; the browser's twin is assets/10_numbers.js.

One place per side, so that a page never shows one quantity in two ways.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from dashboards.texts import Texts

__all__ = [
    "change_text",
    "day_text",
    "large_tenge_text",
    "mean_text",
    "moment_text",
    "share_text",
    "tenge_text",
    "tiyn_text",
    "whole_text",
]

# Decimals of a mean over replications, by unit; a small value gets more, so that it is not nought.
_DECIMALS: Final[Mapping[str, int]] = {"share": 2, "KZT": 0}
_DECIMALS_MAX: Final = 8
_MILLION: Final = 10**6
# From a hundred million on, tenths of a million say nothing more.
_TENTHS_BELOW: Final = 1_000
# An amount of so many tenge is written in millions where it stands in a narrow place.
_LARGE: Final = 10**8
_MINUS: Final = "\u2212"


def whole_text(number: int) -> str:
    """Write a whole number in groups of three.

    >>> whole_text(-1234567)
    '−1,234,567'
    """
    return f"{number:,}".replace("-", "\u2212")


def tenge_text(tenge: int, t: Texts) -> str:
    """Write whole tenge with the currency after a space that does not break."""
    return t("unit.tenge", amount=whole_text(tenge))


def large_tenge_text(tenge: int, t: Texts) -> str:
    """Write whole tenge, in millions where a reader would lose count of the digits."""
    if abs(tenge) < _MILLION:
        return tenge_text(tenge, t)
    tenths = (abs(tenge) * 10 + _MILLION // 2) // _MILLION
    shown = whole_text(tenths // 10) + (f".{tenths % 10}" if tenths < _TENTHS_BELOW else "")
    return t("unit.million_tenge", amount=(_MINUS if tenge < 0 else "") + shown)


def tiyn_text(amount_tiyn: int, t: Texts) -> str:
    """Write an amount to the tiyn, without decimals when it is whole tenge."""
    tenge, tiyn = divmod(abs(amount_tiyn), 100)
    shown = whole_text(tenge) + (f".{tiyn:02d}" if tiyn else "")
    return t("unit.tenge", amount=("\u2212" if amount_tiyn < 0 else "") + shown)


def share_text(part: int, whole: int, t: Texts) -> str:
    """Write a share with one decimal, rounded half up; a dash when there is no whole."""
    if whole <= 0:
        return t("unit.none")
    tenths = (part * 2000 + whole) // (whole * 2)
    return t("unit.percent", number=f"{tenths // 10}.{tenths % 10}")


def day_text(day: dt.date, t: Texts, *, with_year: bool = True) -> str:
    """Write a date with its weekday."""
    key = "date.long" if with_year else "date.short"
    return t(
        key,
        weekday=t(f"weekday.{day.weekday()}"),
        day=day.day,
        month=t(f"month.{day.month}"),
        year=day.year,
    )


def moment_text(minutes: int) -> str:
    """Write a time of day from minutes since midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def mean_text(value: float | None, unit: str, t: Texts) -> str:
    """Write a mean of a metric in its unit; a dash when there is none."""
    if value is None:
        return t("unit.none")
    if unit == "share":
        return t("unit.percent", number=_decimal(value * 100, unit))
    if unit == "KZT" and abs(value) >= _LARGE:
        return t("unit.million", number=_decimal(value / _MILLION, unit))
    return _decimal(value, unit)


def change_text(value: float | None, unit: str, t: Texts) -> str:
    """Write a difference with its sign; that of two shares is in percentage points."""
    if value is None:
        return t("unit.none")
    if not value:
        return "0"
    if unit == "share":
        return t("unit.points", number=_signed(value * 100, unit))
    if unit == "KZT" and abs(value) >= _LARGE:
        return t("unit.million", number=_signed(value / _MILLION, unit))
    return _signed(value, unit)


def _signed(value: float, unit: str) -> str:
    shown = _decimal(value, unit)
    return shown if value < 0 else f"+{shown}"


def _decimal(value: float, unit: str) -> str:
    """Write a number with the decimals of its unit, and with more where those would say nought."""
    exact = Decimal(repr(float(value)))
    places = 0 if exact == exact.to_integral() else _DECIMALS.get(unit, 1)
    while exact and places < _DECIMALS_MAX and abs(exact) < Decimal(5).scaleb(-places):
        places += 1
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{abs(rounded):,f}" if rounded >= 0 else f"{_MINUS}{abs(rounded):,f}"
