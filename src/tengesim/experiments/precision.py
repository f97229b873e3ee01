"""How many replications a stated precision takes: add runs until the interval stays narrow.

The rule is that of Hoad, Robinson and Davies (2010, doi:10.1057/jors.2009.121): after at least
three runs, stop where the half-width is within the target, but look ahead first, because an early
interval may be narrow by luck. It is a function of the values in the order of their seeds, so
asking in rounds of any size gives one answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, inf, sqrt
from typing import Final, NamedTuple

from tengesim.experiments.intervals import PAIRS_MIN
from tengesim.experiments.student import student_quantile

__all__ = [
    "LOOK_AHEAD",
    "REPLICATIONS_MAX",
    "Needed",
    "half_widths",
    "look_ahead",
    "replications_needed",
    "replications_needed_of_all",
]

LOOK_AHEAD: Final = 5
"""Runs to look ahead (kLimit) up to 100 runs; a twentieth of them beyond."""

REPLICATIONS_MAX: Final = 1_000
"""Runs after which the precision is given up and the one that was reached is told."""

_SCALED_FROM: Final = 100
_BP: Final = 10_000
_CONFIDENCE: Final = 0.975


class Needed(NamedTuple):
    """Whether the precision is reached, and otherwise how many runs there should be before asking.

    `replications` is the number at which the interval became narrow enough and stayed so, None as
    long as it has not; `runs` is how many there should be in all, those at hand when it is enough.
    `half_width` and `target` are in the unit of the values, at all values at hand.
    """

    replications: int | None
    runs: int
    half_width: float | None
    target: float
    is_given_up: bool = False

    @property
    def is_reached(self) -> bool:
        """Return whether no further run is needed for the precision."""
        return self.replications is not None


def replications_needed(
    values: Sequence[float],
    *,
    precision_bp: int = 500,
    reference: Sequence[float] | None = None,
    at_most: int = REPLICATIONS_MAX,
) -> Needed:
    """Return how many replications give the mean of `values` the precision, or how many to run.

    `values` stand in the order of their seeds. The half-width of the 95 % interval has to be within
    `precision_bp` of the mean of `reference`, which for paired differences is what the arms have
    themselves (a difference may be near 0, and no number of runs is within 5 % of nothing);
    without one, of the mean of `values`. Raises ValueError for a reference of another length.
    """
    levels = values if reference is None else reference
    if len(levels) != len(values) or precision_bp <= 0:
        raise ValueError(
            f"{len(levels)} reference values for {len(values)} values at {precision_bp} bp;"
            " expected as many, and a positive precision"
        )
    widths = half_widths(values)
    targets = [abs(mean) * precision_bp / _BP for mean in _running_means(levels)]
    is_narrow = [width <= target for width, target in zip(widths, targets, strict=True)]
    width, target = (widths[-1], targets[-1]) if values else (inf, 0.0)
    shown = None if width == inf else width
    count = len(values)
    since = count
    while since > 0 and is_narrow[since - 1]:
        since -= 1
    # The first stretch of narrow intervals that is long enough decides, even if wide ones follow.
    for number in _starts(is_narrow):
        ahead = number + look_ahead(number)
        if ahead <= count and all(is_narrow[number - 1 : ahead]):
            return Needed(number, count, shown, target)
    if count >= at_most:
        return Needed(None, count, shown, target, is_given_up=True)
    if since < count:
        return Needed(None, min(at_most, since + 1 + look_ahead(since + 1)), shown, target)
    return Needed(None, min(at_most, _guess(count, width, target)), shown, target)


def replications_needed_of_all(
    columns: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    precision_bp: int = 500,
    at_most: int = REPLICATIONS_MAX,
) -> dict[str, Needed]:
    """Return what each metric needs; `columns` holds its differences and reference values."""
    return {
        name: replications_needed(
            differences, precision_bp=precision_bp, reference=reference, at_most=at_most
        )
        for name, (differences, reference) in columns.items()
    }


def look_ahead(replications: int) -> int:
    """Return over how many further runs the interval must stay narrow."""
    return LOOK_AHEAD * max(replications, _SCALED_FROM) // _SCALED_FROM


def half_widths(values: Iterable[float]) -> list[float]:
    """Return the half-width of the 95 % interval after each value; infinite before the third."""
    widths = []
    mean = squares = 0.0
    for count, value in enumerate(values, start=1):
        # Welford 1962: a running sum of squares would lose the digits of large amounts.
        step = value - mean
        mean += step / count
        squares += step * (value - mean)
        if count < PAIRS_MIN:
            widths.append(inf)
            continue
        error = sqrt(max(0.0, squares) / (count - 1) / count)
        widths.append(student_quantile(_CONFIDENCE, count - 1) * error)
    return widths


def _running_means(values: Sequence[float]) -> list[float]:
    means, mean = [], 0.0
    for count, value in enumerate(values, start=1):
        mean += (value - mean) / count
        means.append(mean)
    return means


def _starts(is_narrow: Sequence[bool]) -> Iterable[int]:
    """Yield the number of runs at which each stretch of narrow intervals begins."""
    for place, narrow in enumerate(is_narrow):
        if narrow and (place == 0 or not is_narrow[place - 1]):
            yield place + 1


def _guess(count: int, width: float, target: float) -> int:
    """Return how many runs to have next: as the root of n promises, at most twice as many."""
    least = max(PAIRS_MIN + LOOK_AHEAD, count + LOOK_AHEAD)
    if width == inf:
        return least
    twice = 2 * count
    by_root = twice if target <= 0 else ceil(min(twice, count * (width / target) ** 2))
    return max(least, min(twice, by_root + LOOK_AHEAD))
