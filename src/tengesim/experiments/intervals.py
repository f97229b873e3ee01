"""The two intervals of a comparison: what chance leaves open, and what the assumptions do.

Replications shrink the first and never the second, so they are computed apart and never added up.
Sums are taken exactly or element by element in one order, and resampling draws from a named
stream, so the same differences give the same interval on every machine, in whatever order they
arrive.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor, fsum, isfinite, sqrt
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.experiments.student import student_quantile, student_tail
from tengesim.streams import Streams, below

__all__ = [
    "DRAWS_MIN",
    "PAIRS_MIN",
    "ChanceInterval",
    "Method",
    "Spread",
    "chance_interval",
    "range_of_draws",
    "resampled_interval",
    "spread",
    "student_interval",
]

Method = Literal["exact", "t", "bootstrap", "none"]

PAIRS_MIN: Final = 3
"""Below three values a standard deviation says nothing (Hoad, Robinson and Davies 2010)."""

DRAWS_MIN: Final = 10
"""Nine draws leave a fifth of the distribution outside their extremes on average."""

_TAIL: Final = 0.025
_SKEWNESS_MILD: Final = 1.0
_RESAMPLES: Final = 9_999
_RESAMPLED: Final = range(10, 2_001)
"""Numbers of values that are resampled: fewer cannot be relied on, of more the mean is normal."""
_ROUNDING: Final = 1e-9
"""Resamples of values in standard deviations that are nearer than this are equal."""
_SPREAD_LEAST: Final = 0.05
"""Resamples that spread less, in standard deviations, missed what varies: their t has no end."""
_STREAM: Final = "experiments.resampling"


class ChanceInterval(NamedTuple):
    """A 95 % interval of a mean over seeds, and the p-value of the claim that the mean is 0.

    `low`, `high` and `p_value` are None with method `none`, when there are too few values.
    """

    low: float | None
    high: float | None
    p_value: float | None
    method: Method


class Spread(NamedTuple):
    """Mean, standard deviation and skewness of values; 0 for the last two of constant values."""

    mean: float
    deviation: float
    skewness: float


def spread(values: Sequence[float]) -> Spread:
    """Return mean, standard deviation (n − 1) and skewness (moments) of at least one value.

    Raises ValueError for no values, and for values that are no finite numbers.
    """
    count = len(values)
    if not count or not all(isfinite(value) for value in values):
        raise ValueError(f"{count} values were given; expected finite numbers, at least one")
    if min(values) == max(values):
        return Spread(values[0] + 0.0, 0.0, 0.0)
    mean = fsum(values) / count
    # Scaling first keeps the cubes of amounts in tenge within the range of floats.
    scale = max(abs(value - mean) for value in values)
    parts = [(value - mean) / scale for value in values]
    squares = fsum(part * part for part in parts)
    cubes = fsum(part * part * part for part in parts)
    skewness = (cubes / count) / (squares / count) ** 1.5
    return Spread(mean, scale * sqrt(squares / (count - 1)), skewness)


def chance_interval(values: Sequence[float]) -> ChanceInterval:
    """Return the 95 % interval of the mean of paired differences over seeds, by what fits them.

    Equal differences have an exact interval of no width. From three on, Student's t; where ten to
    two thousand are visibly skewed, resampling. Raises ValueError as `spread` does.
    """
    found = spread(values)
    count = len(values)
    if found.deviation == 0:
        if found.mean == 0:
            return ChanceInterval(0.0, 0.0, 1.0, "exact")
        if count >= PAIRS_MIN:
            return ChanceInterval(found.mean, found.mean, 0.0, "exact")
    if count < PAIRS_MIN:
        return ChanceInterval(None, None, None, "none")
    if count not in _RESAMPLED or abs(found.skewness) <= _SKEWNESS_MILD:
        return student_interval(values)
    return resampled_interval(values)


def student_interval(values: Sequence[float]) -> ChanceInterval:
    """Return the 95 % interval of a mean by Student's t; needs two values that differ."""
    count = len(values)
    found = spread(values)
    error = found.deviation / sqrt(count)
    if error == 0:
        raise ValueError("all values are equal; expected values that differ")
    half_width = student_quantile(1 - _TAIL, count - 1) * error
    p_value = 2 * student_tail(abs(found.mean) / error, count - 1)
    return ChanceInterval(found.mean - half_width, found.mean + half_width, p_value, "t")


def resampled_interval(values: Sequence[float]) -> ChanceInterval:
    """Return the 95 % interval of a mean by resampling; needs two values that differ.

    The wider, on each side, of the bias-corrected accelerated and the studentised bootstrap
    (Efron 1987, doi:10.1080/01621459.1987.10478410; Hall 1988, doi:10.1214/aos/1176350933): the
    first is too narrow for few skewed values, the second for few different ones.
    """
    found = spread(values)
    if found.deviation == 0:
        raise ValueError("all values are equal; expected values that differ")
    # In units of the standard deviation, and in order, so that the order of arrival is forgotten.
    parts = np.array(sorted((value - found.mean) / found.deviation for value in values))
    means, deviations = _resampled(parts)
    observed = found.mean / found.deviation
    candidates = (
        _accelerated(means, observed, found.skewness, len(values)),
        _studentised(means, deviations, observed),
    )
    return ChanceInterval(
        found.mean + found.deviation * min(low for low, _, _ in candidates),
        found.mean + found.deviation * max(high for _, high, _ in candidates),
        max(p_value for _, _, p_value in candidates),
        "bootstrap",
    )


def range_of_draws(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the central 95 % of differences over joint draws, or None below `DRAWS_MIN` of them.

    Ends are order statistics at the places 0.025 and 0.975 of n + 1 (type 6 of Hyndman and
    Fan 1996, doi:10.1080/00031305.1996.10473566), which for fewer than 39 draws are the extremes:
    a quantile that nobody has seen is not made up.
    """
    count = len(values)
    if count < DRAWS_MIN:
        return None
    ordered = sorted(values)
    if not (isfinite(ordered[0]) and isfinite(ordered[-1])):
        raise ValueError("a difference is not finite; expected finite numbers")
    place = max(1.0, _TAIL * (count + 1))
    mirrored = [-value for value in reversed(ordered)]
    # Adding 0 turns the negative zero of floats, which is shown as -0, into plain 0.
    return _between(ordered, place) + 0.0, 0.0 - _between(mirrored, place)


def _between(ordered: Sequence[float], place: float) -> float:
    """Return the value at a 1-based `place` of ordered values, straight between neighbours."""
    below_it, above_it = ordered[floor(place) - 1], ordered[ceil(place) - 1]
    return below_it + (place - floor(place)) * (above_it - below_it)


def _resampled(parts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation (n − 1) of each resample."""
    count = len(parts)
    sums = np.zeros(_RESAMPLES)
    squares = np.zeros(_RESAMPLES)
    # One value of every resample at a time: NumPy's own sums depend on the processor.
    for chosen in _choices(count):
        part = parts[chosen]
        sums += part
        squares += part * part
    means = sums / count
    variances = np.maximum(squares - sums * means, 0.0) / (count - 1)
    return means, np.sqrt(variances)


@lru_cache(maxsize=4)
def _choices(count: int) -> NDArray[np.uint16]:
    """Return which of `count` values each resample takes, one line per place in the resample."""
    streams, resamples = Streams(0), np.arange(_RESAMPLES)
    table = np.empty((count, _RESAMPLES), dtype=np.uint16)
    for place in range(count):
        table[place] = below(streams.words(_STREAM, resamples, place), count)
    table.setflags(write=False)
    return table


def _accelerated(
    means: NDArray[np.float64], observed: float, skewness: float, count: int
) -> tuple[float, float, float]:
    """Return both ends, about the mean and in standard deviations, and the p-value (BCa)."""
    normal = NormalDist()
    bias = normal.inv_cdf(_inside(_share_below(means, 0.0)))
    # The acceleration of a mean is a sixth of the skewness of its values over the root of n.
    acceleration = skewness / (6 * sqrt(count))

    def place(tail: float) -> float:
        z = bias + normal.inv_cdf(tail)
        return normal.cdf(bias + z / (1 - acceleration * z))

    low, high = np.quantile(means, [place(_TAIL), place(1 - _TAIL)]).tolist()
    # The level at which an end would lie on 0, which is `-observed` from the mean.
    z = normal.inv_cdf(_inside(_share_below(means, -observed))) - bias
    level = normal.cdf(z / (1 + acceleration * z) - bias)
    return low, high, 2 * min(level, 1 - level)


def _studentised(
    means: NDArray[np.float64], deviations: NDArray[np.float64], observed: float
) -> tuple[float, float, float]:
    """Return both ends, about the mean and in standard deviations, and the p-value (bootstrap-t).

    Resamples of one repeated value, or nearly so, have no t and are left out.
    """
    usable = deviations > _SPREAD_LEAST
    ratios = means[usable] / deviations[usable]
    low, high = np.quantile(ratios, [_TAIL, 1 - _TAIL]).tolist()
    above = (1 + int((ratios >= observed - _ROUNDING).sum())) / (len(ratios) + 1)
    beneath = (1 + int((ratios <= observed + _ROUNDING).sum())) / (len(ratios) + 1)
    return -high, -low, min(1.0, 2 * min(above, beneath))


def _share_below(means: NDArray[np.float64], bound: float) -> float:
    """Return the share of means below `bound`, those equal to it counted by half."""
    lower = int((means < bound - _ROUNDING).sum())
    equal = int((np.abs(means - bound) <= _ROUNDING).sum())
    return (lower + equal / 2) / len(means)


def _inside(share: float) -> float:
    """Return a share that is neither 0 nor 1: nobody has seen what lies beyond all resamples."""
    least = 1 / (len(_choices(2)[0]) + 1)
    return min(1 - least, max(least, share))
