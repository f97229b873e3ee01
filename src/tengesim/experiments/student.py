"""Student's t distribution: tail probabilities and quantiles to nine digits, without SciPy.

Few replications are the usual case, where the normal law would promise too much; the product has
no other use for a statistics library. The tail is the regularised incomplete beta function
I_x(ν/2, ½) at x = ν/(ν + t²) (Abramowitz and Stegun 1964, 26.7.1 and 26.5.8), by the modified
Lentz method for continued fractions (Thompson and Barnett 1986, doi:10.1016/0021-9991(86)90046-X).
"""

from functools import lru_cache
from math import exp, isfinite, lgamma, log, log1p
from statistics import NormalDist
from typing import Final

__all__ = ["student_quantile", "student_tail"]

_TERMS_MAX: Final = 100_000
_TINY: Final = 1e-300
_PRECISION: Final = 3e-16
_HALVINGS: Final = 200


def student_tail(t: float, degrees: int) -> float:
    """Return the probability that a Student variable with `degrees` of freedom is above `t`.

    Raises ValueError for fewer than one degree of freedom or a `t` that is no number.
    """
    if degrees < 1 or t != t:  # noqa: PLR0124 - only NaN differs from itself
        raise ValueError(f"t is {t} and degrees is {degrees}; expected a number and at least 1")
    if not isfinite(t):
        return 0.0 if t > 0 else 1.0
    square = t * t
    # The two arguments are computed apart: one minus the other would lose the digits of a tail.
    inside, outside = degrees / (degrees + square), square / (degrees + square)
    upper = _regularised_beta(inside, outside, degrees / 2, 0.5) / 2
    return upper if t >= 0 else 1 - upper


@lru_cache(maxsize=4_096)
def student_quantile(probability: float, degrees: int) -> float:
    """Return the value below which a Student variable lies with `probability`, within (0, 1)."""
    if not 0 < probability < 1:
        raise ValueError(f"probability is {probability}; expected more than 0 and less than 1")
    if probability == 0.5:
        return 0.0
    if probability < 0.5:
        return -_upper_quantile(probability, degrees)
    return _upper_quantile(1 - probability, degrees)


def _upper_quantile(tail: float, degrees: int) -> float:
    """Return the positive value above which lies `tail`, less than one half, by halving."""
    low = high = max(1.0, -NormalDist().inv_cdf(tail))
    while student_tail(high, degrees) > tail:
        high *= 2
    while student_tail(low, degrees) < tail and low > _TINY:
        low /= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if student_tail(middle, degrees) > tail:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _regularised_beta(x: float, rest: float, a: float, b: float) -> float:
    """Return I_x(a, b), where `rest` is 1 − x."""
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    log_x = log(x) if x < 0.5 else log1p(-rest)
    log_rest = log(rest) if rest < 0.5 else log1p(-x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log_x + b * log_rest)
    # The fraction converges fast on one side of the mean only; the other is its mirror.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(rest, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function."""
    numerator = 1.0
    denominator = _away_from_zero(1 - (a + b) * x / (a + 1))
    inverse = 1 / denominator
    value = inverse
    for term in range(1, _TERMS_MAX):
        even = term * (b - term) * x / ((a + 2 * term - 1) * (a + 2 * term))
        odd = -(a + term) * (a + b + term) * x / ((a + 2 * term) * (a + 2 * term + 1))
        step = 1.0
        for coefficient in (even, odd):
            inverse = 1 / _away_from_zero(1 + coefficient * inverse)
            numerator = _away_from_zero(1 + coefficient / numerator)
            step = inverse * numerator
            value *= step
        if abs(step - 1) < _PRECISION:
            return value
    raise ArithmeticError(f"the incomplete beta function did not settle at {x}, {a}, {b}")


def _away_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
