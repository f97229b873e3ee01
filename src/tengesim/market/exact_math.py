"""Exponential and logarithm rounded correctly, so that every processor finds the same digits.

Those of NumPy and of the C library differ in the last digit from one processor to the next. Here
only sums, products and shifts are used, which IEEE 754 fixes; each result is found with ten digits
to spare, and where even these cannot say how it rounds, Decimal arithmetic does. A result is thus
the double nearest to the true value, whoever computes it.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXP_MAX", "Doubles", "exp", "log", "nearest"]

Doubles = NDArray[np.float64]
"""Numbers of 53 bits, one for each element."""

EXP_MAX: Final = 700.0
"""Largest exponent, either way: beyond it doubles end."""

_DIGITS: Final = 60
_SPLITTER: Final = 134_217_729.0
"""2**27 + 1 cuts a double into two halves of 26 bits (Veltkamp 1968)."""
_LN2: Final = Decimal("0.69314718055994530941723212145817656807550013436025525412068001")
_STEPS: Final = 64
_CELLS: Final = 256
_EXP_DOUBT: Final = 2.0**-62
_LOG_DOUBT: Final = 2.0**-64
_MANTISSA_BITS: Final = 52
_BIAS: Final = 1023
_ROOT_HALF_BITS: Final = 0x3FE6A09E667F3BCD
"""Bits of the square root of one half: mantissas lie from it to below its double."""
_ONE_BITS: Final = 0x3FF0000000000000


def nearest(value: Decimal) -> float:
    """Return the double nearest to a decimal number, which the language promises."""
    return float(value)


def _bits(value: Decimal, bits: int) -> tuple[float, Decimal]:
    """Return a number cut after so many bits behind the point, and what was cut off."""
    head = (value * 2**bits).to_integral_value() / Decimal(2**bits)
    return nearest(head), value - head


def _pair(value: Decimal) -> tuple[float, float]:
    """Return a number as a double and the rest as another."""
    high = nearest(value)
    return high, nearest(value - Decimal(high))


with localcontext() as _context:
    _context.prec = _DIGITS
    _STEP: Final = _LN2 / _STEPS
    _STEP_1, _rest = _bits(_STEP, 38)
    _STEP_2, _rest = _bits(_rest, 70)
    _STEP_3: Final = nearest(_rest)
    _PER_STEP: Final = nearest(1 / _STEP)
    _POWERS: Final = [_pair((_STEP * number).exp()) for number in range(_STEPS)]
    _LN2_1, _rest = _bits(_LN2, 42)
    _LN2_2: Final = nearest(_rest)
    # Reciprocals of mantissas from one root of two to the other.
    _FIRST_CELL: Final = 180
    _LOGS: Final = [
        _pair(-(Decimal(cell) / _CELLS).ln()) for cell in range(_FIRST_CELL, 2 * _FIRST_CELL + 4)
    ]
_POWER_HIGH: Final = np.array([high for high, _ in _POWERS])
_POWER_LOW: Final = np.array([low for _, low in _POWERS])
_LOG_HIGH: Final = np.array([high for high, _ in _LOGS])
_LOG_LOW: Final = np.array([low for _, low in _LOGS])


def exp(exponents: Doubles) -> Doubles:
    """Return the exponential of each number from -EXP_MAX to EXP_MAX, rounded to nearest.

    Raises ValueError beyond.
    """
    x = np.ascontiguousarray(exponents, dtype=np.float64)
    if x.size and not (np.abs(x) <= EXP_MAX).all():
        raise ValueError(f"exponents lie in ±{EXP_MAX:g}")
    steps = np.rint(x * _PER_STEP)
    rest, below = _two_sum(x - steps * _STEP_1, -(steps * _STEP_2))
    below -= steps * _STEP_3
    curve = rest * (1 / 6 + rest * (1 / 24 + rest * (1 / 120 + rest * (1 / 720 + rest / 5040))))
    curve = rest * rest * (0.5 + curve) + below
    whole = steps.astype(np.int64)
    place, power = whole % _STEPS, whole // _STEPS
    high, low = _POWER_HIGH[place], _POWER_LOW[place]
    rise, rise_low = _two_product(high, rest)
    top, top_low = _two_sum(high, rise)
    found, sure = _rounded(
        top, top_low + (rise_low + (high * curve + (low + low * rest))), _EXP_DOUBT
    )
    scale = ((power + _BIAS) << _MANTISSA_BITS).view(np.float64)
    return _settled(np.asarray(found * scale), sure, x, Decimal.exp)


def log(numbers: Doubles) -> Doubles:
    """Return the natural logarithm of each positive number, rounded to nearest.

    Raises ValueError for one that is not positive, infinite or too small to be a normal double.
    """
    x = np.ascontiguousarray(numbers, dtype=np.float64)
    if x.size and not ((x >= np.finfo(np.float64).tiny) & np.isfinite(x)).all():
        raise ValueError("a logarithm is that of a positive finite number")
    bits = x.view(np.int64)
    power = (bits - _ROOT_HALF_BITS) >> _MANTISSA_BITS
    mantissa = (bits - (power << _MANTISSA_BITS)).view(np.float64)
    cell = np.rint(_CELLS / mantissa)
    near, near_low = _two_product(mantissa, cell / _CELLS)
    rest, rest_low = _two_sum(near - 1.0, near_low)
    square, square_low = _two_product(rest, rest)
    cube = rest * square
    tail = 1 / 5 - rest * (1 / 6 - rest * (1 / 7 - rest * (1 / 8 - rest / 9)))
    curve = cube * (1 / 3 - rest * (1 / 4 - rest * tail))
    place = cell.astype(np.int64) - _FIRST_CELL
    twos = power.astype(np.float64)
    base, base_low = _two_sum(twos * _LN2_1, _LOG_HIGH[place])
    line, line_low = _two_sum(rest, -0.5 * square)
    top, top_low = _two_sum(base, line)
    small = curve + (rest_low - 0.5 * square_low - rest * rest_low)
    small = small + (_LOG_LOW[place] + twos * _LN2_2)
    found, sure = _rounded(top, top_low + ((base_low + line_low) + small), _LOG_DOUBT)
    return _settled(found, sure, x, Decimal.ln)


def _two_sum(a: Doubles, b: Doubles) -> tuple[Doubles, Doubles]:
    """Return a sum and exactly what its rounding lost (Knuth 1969)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Doubles, b: Doubles) -> tuple[Doubles, Doubles]:
    """Return a product and exactly what its rounding lost (Dekker 1971)."""
    product = a * b
    a_high = a * _SPLITTER - (a * _SPLITTER - a)
    b_high = b * _SPLITTER - (b * _SPLITTER - b)
    a_low, b_low = a - a_high, b - b_high
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, lost


def _rounded(top: Doubles, low: Doubles, doubt: float) -> tuple[Doubles, NDArray[np.bool_]]:
    """Return the sum of two parts, and where it rounds so whatever the doubt (Ziv 1991)."""
    found, lost = _two_sum(top, low)
    margin = np.abs(found) * doubt
    return found, np.asarray(
        (found + (lost + margin) == found) & (found + (lost - margin) == found)
    )


def _settled(
    found: Doubles,
    sure: NDArray[np.bool_],
    x: Doubles,
    exact: Callable[[Decimal], Decimal],
) -> Doubles:
    """Replace what is in doubt by what Decimal arithmetic finds."""
    for place in np.flatnonzero(~sure).tolist():
        with localcontext() as context:
            context.prec = _DIGITS
            found.flat[place] = nearest(exact(Decimal(float(x.flat[place]))))
    return found
