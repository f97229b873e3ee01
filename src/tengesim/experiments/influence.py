"""Which assumption a difference rests on: share of variance, swings, and where the sign changes.

Joint draws say which value nobody knows moves the difference most; runs with that value alone at
its low and its high end say how far, and at which value the conclusion turns. Everything works on
ranks or straight lines, because the shape of the answer is not known beforehand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, inf, isfinite, sqrt
from typing import Final, NamedTuple, Protocol

from tengesim.experiments.intervals import DRAWS_MIN, PAIRS_MIN, spread
from tengesim.experiments.student import student_tail
from tengesim.experiments.verdict import SIGNIFICANCE
from tengesim.experiments.words import step_text

__all__ = [
    "SCREENED",
    "Assumed",
    "Influence",
    "Share",
    "break_even",
    "furthest",
    "influence_of",
    "share_of_assumptions",
    "shares_of_variance",
]

SCREENED: Final = 6
"""Assumptions that are tried alone, at both ends and one seed, before one is named.

With twenty draws of thirty assumptions, one that makes 40 % of the variance is the very first in
seven campaigns of ten, and among the first six in nineteen of twenty.
"""

_HALVES: Final = 2

At = tuple[float | None, float | None, float | None]
"""Differences with one assumption at low, base and high, None where there is none."""


class Assumed(Protocol):
    """What has to be known of an assumption: its range as whole steps and as it is written."""

    @property
    def path(self) -> str:
        """Where it stands in the scenario."""

    @property
    def low(self) -> int:
        """The low end in whole steps."""

    @property
    def value(self) -> int:
        """The base value in whole steps."""

    @property
    def high(self) -> int:
        """The high end in whole steps."""

    @property
    def low_text(self) -> str:
        """The low end as written."""

    @property
    def high_text(self) -> str:
        """The high end as written."""

    def written(self, number: int) -> object:
        """Return the value of `number` steps as a scenario writes it."""


class Share(NamedTuple):
    """Share of the variance of a difference, over joint draws, that follows one assumption.

    `is_distinct` says that so much is more than chance gives the luckiest of all assumptions.
    """

    path: str
    share: float
    is_distinct: bool


@dataclass(frozen=True, slots=True)
class Influence:
    """What one assumption does to one difference; the fields are those of a campaign's manifest."""

    path: str
    share_of_variance: float | None
    break_even: str | None
    swing_low: float | None
    swing_high: float | None
    text: str


def shares_of_variance(
    drawn: Mapping[str, Sequence[float]], differences: Sequence[float | None]
) -> tuple[Share, ...]:
    """Return what each assumption explains of the differences over joint draws, the most first.

    `drawn` holds by path the value in each draw. Stepwise regression on ranks (Iman and Conover
    1979; Helton and Davis 2003, doi:10.1016/S0951-8320(03)00058-9): each assumption is credited
    with what it adds to those before it. Those that add no more than chance would follow with what
    they explain alone. Returns nothing where the differences do not vary, or draws are too few.
    Raises ValueError when an assumption has another number of draws.
    """
    for path, values in drawn.items():
        if len(values) != len(differences):
            raise ValueError(f"{path} has {len(values)} draws; expected {len(differences)}")
    kept = [
        place for place, value in enumerate(differences) if value is not None and isfinite(value)
    ]
    rest = _standardised([differences[place] or 0.0 for place in kept])
    if len(kept) < DRAWS_MIN or not rest:
        return ()
    columns = {}
    for path, values in drawn.items():
        ranks = _standardised([values[place] for place in kept])
        if ranks:
            columns[path] = ranks
    alone = {path: _product(ranks, rest) ** 2 for path, ranks in columns.items()}
    chosen: list[Share] = []
    unexplained = 1.0
    while columns:
        gains = {path: _product(ranks, rest) ** 2 for path, ranks in columns.items()}
        # Of equals the first in the order of paths, whatever the order of the mapping.
        best = min(gains, key=lambda path: (-gains[path], path))
        degrees = len(kept) - len(chosen) - 2
        if not _is_distinct(gains[best], unexplained, degrees, len(columns)):
            break
        chosen.append(Share(best, gains[best], is_distinct=True))
        unexplained -= gains[best]
        direction = columns.pop(best)
        rest = _without(rest, direction)
        columns = {
            path: unit
            for path, ranks in columns.items()
            if (unit := _unit(_without(ranks, direction)))
        }
    named = {share.path for share in chosen}
    others = [Share(path, alone[path], is_distinct=False) for path in alone if path not in named]
    return (*chosen, *sorted(others, key=lambda one: (-one.share, one.path)))


def share_of_assumptions(
    chance_differences: Sequence[float], draw_differences: Sequence[float]
) -> float | None:
    """Return which share of the variance over draws is not what chance makes anyway, or None.

    Each draw is run at one seed, so its difference varies with both.
    """
    if len(chance_differences) < PAIRS_MIN or len(draw_differences) < DRAWS_MIN:
        return None
    both = spread(draw_differences).deviation ** 2
    if not both:
        return None
    return max(0.0, 1 - spread(chance_differences).deviation ** 2 / both)


def furthest(tried: Mapping[str, At]) -> str | None:
    """Return the path of the assumption that alone moves the difference furthest, if any does."""
    swings = {
        path: max(known) - min(known)
        for path, at in tried.items()
        if (known := [value for value in at if value is not None])
    }
    moving = {path: swing for path, swing in swings.items() if swing > 0}
    return min(moving, key=lambda path: (-moving[path], path), default=None)


def influence_of(
    share: Share, assumption: Assumed, at: At, unit: str, *, tried: int = 0
) -> Influence:
    """Return what an assumption does to a difference.

    `at` holds the mean paired difference with the assumption at low, base and high over the same
    seeds, None where it was not run or has no value; at an end that is the base value, the base's.
    `tried` is of how many assumptions it is the one that alone moves the difference furthest.
    """
    low, base, high = at
    turn = None
    if low is not None and base is not None and high is not None:
        turn = break_even(assumption, (low, base, high))
    told = None if turn is None else _shown(str(assumption.written(turn)))
    return Influence(
        path=assumption.path,
        share_of_variance=share.share,
        break_even=told,
        swing_low=low,
        swing_high=high,
        text=f"{_opening(share, tried)}{_ends(assumption, at, told, unit)}",
    )


def break_even(assumption: Assumed, at: tuple[float, float, float]) -> int | None:
    """Return the value, in steps, at which the difference is 0 on straight lines, or None.

    `at` are the differences at low, base and high. Of two such values the one nearer to the base.
    """
    places = (assumption.low, assumption.value, assumption.high)
    found = []
    for near, far in ((0, 1), (1, 2)):
        start, end = at[near], at[far]
        if start == 0:
            found.append(places[near])
        if end == 0:
            found.append(places[far])
        if start * end < 0:
            along = start / (start - end)
            found.append(round(places[near] + along * (places[far] - places[near])))
    return min(found, key=lambda place: (abs(place - assumption.value), place), default=None)


def _opening(share: Share, tried: int) -> str:
    percent = f"{share.share * 100:.0f} % of the variance over the draws"
    if share.is_distinct:
        return f"Most depends on {share.path}, with {percent}."
    if tried > 1:
        return f"Of {tried} assumptions tried alone, {share.path} moves it furthest ({percent})."
    return (
        f"No single assumption stands out over these draws; the nearest is {share.path}, with"
        f" {percent}, which may be chance."
    )


def _ends(assumption: Assumed, at: At, told: str | None, unit: str) -> str:
    low, _, high = at
    if low is None or high is None:
        return ""
    ends = (
        f" At {assumption.low_text} the difference is {_told(low, unit)}, at"
        f" {assumption.high_text} {_told(high, unit)}"
    )
    if told is None:
        return f"{ends}; its sign does not change in between."
    return f"{ends}; its sign changes at about {told}."


def _shown(written: str) -> str:
    """Return a value as people read it: 44.4 %, where a scenario may say 4440 bp."""
    number, _, unit = written.partition(" ")
    return f"{int(number) / 100:g} %" if unit == "bp" and number.isdecimal() else written


def _told(difference: float, unit: str) -> str:
    return step_text(difference, unit) if difference else "none"


def _standardised(values: Sequence[float]) -> list[float]:
    """Return ranks as a vector of mean 0 and length 1; empty when all values are equal."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        # Equal values share the mean of the ranks they take up.
        for place in order[start:end]:
            ranks[place] = (start + end - 1) / _HALVES
        start = end
    middle = (len(values) - 1) / _HALVES
    return _unit([rank - middle for rank in ranks])


def _unit(vector: Sequence[float]) -> list[float]:
    """Return the vector at length 1; empty when nothing but rounding is left of it."""
    length = sqrt(fsum(value * value for value in vector))
    return [value / length for value in vector] if length > 1e-9 else []


def _without(vector: Sequence[float], direction: Sequence[float]) -> list[float]:
    """Return what is left of a vector when its part along `direction` is taken away."""
    along = _product(vector, direction)
    return [value - along * part for value, part in zip(vector, direction, strict=True)]


def _product(one: Sequence[float], other: Sequence[float]) -> float:
    return fsum(a * b for a, b in zip(one, other, strict=True))


def _is_distinct(gain: float, unexplained: float, degrees: int, candidates: int) -> bool:
    """Return whether a gain is more than chance gives the best of `candidates` (Bonferroni)."""
    if degrees < 1:
        return False
    left = unexplained - gain
    t = sqrt(gain * degrees / left) if left > 0 else inf
    return 2 * student_tail(t, degrees) * candidates <= SIGNIFICANCE
