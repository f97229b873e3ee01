"""A difference in one sentence for people who never read a statistic.

The sentence says no more than the verdict: which way and whether that is better only when it is
clear, otherwise what is left open and why. Amounts carry their unit, shares are told in percentage
points, and the two kinds of doubt are named by what causes them.
"""

from dataclasses import dataclass
from typing import Final

from tengesim.experiments.intervals import DRAWS_MIN, PAIRS_MIN, ChanceInterval
from tengesim.experiments.verdict import Verdict
from tengesim.metrics.metric import Metric

__all__ = ["Effect", "amount_text", "range_text", "sentence", "step_text"]

_GREATER: Final = {"share": "higher", "times": "higher"}
_LESSER: Final = {"share": "lower", "times": "lower", "KZT": "less"}
_MULTIPLES: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One metric of one variant beside the base, with everything that is known of the difference.

    `pairs` and `draws` count what was run, `n` and `n_assumptions` where both arms had a value.
    """

    metric: Metric
    base: float | None
    value: float | None
    difference: float | None
    chance: ChanceInterval
    assumptions: tuple[float, float] | None
    pairs: int
    n: int
    draws: int
    n_assumptions: int
    p_holm: float | None
    verdict: Verdict
    bound: float | None
    has_assumptions: bool


def sentence(effect: Effect) -> str:
    """Return what is known of the difference, as one or two sentences."""
    title = effect.metric.title
    if effect.verdict == "unknown":
        return f"{title}: cannot be compared. {_why_unknown(effect)}"
    if effect.verdict == "equal":
        return f"{title}: exactly equal in {_where(effect)}."
    if effect.verdict == "clear":
        text = f"{title}: {_step(effect)}{_judged(effect)}. Clear: {_left_open(effect)}."
    elif effect.verdict == "bounded":
        most = amount_text(effect.bound or 0.0, effect.metric.unit)
        text = f"{title}: no difference larger than {most}; {_left_open(effect)}."
    else:
        either = f"{_greater(effect.metric.unit)} or {_lesser(effect.metric.unit)}"
        text = f"{title}: not clear whether {either} than in the base. {_why_not_clear(effect)}"
    if effect.n == effect.pairs:
        return text
    return f"{text} Only {effect.n} of {effect.pairs} pairs of runs have a value in both arms."


def amount_text(amount: float, unit: str) -> str:
    """Return the size of a difference with its unit, without sign.

    >>> amount_text(-0.0213, "share")
    '2.13 percentage points'
    >>> amount_text(1_240_000_000, "KZT")
    '1.24 bn KZT'
    """
    number, counted = _measured(amount, unit)
    return f"{number} {counted.removesuffix('s') if number == '1' else counted}"


def step_text(difference: float, unit: str) -> str:
    """Return a difference with its direction, e.g. `120 meals fewer`.

    >>> step_text(-120, "meals")
    '120 meals fewer'
    """
    direction = _greater(unit) if difference > 0 else _lesser(unit)
    return f"{amount_text(difference, unit)} {direction}"


def range_text(low: float, high: float, unit: str) -> str:
    """Return an interval of differences, the smaller size first where both have one sign.

    >>> range_text(-1300, -1200, "meals")
    '1,200 to 1,300 meals fewer'
    >>> range_text(-30, 40, "meals")
    'anything from 30 fewer to 40 meals more'
    """
    if low == high:
        return f"always {step_text(low, unit)}" if low else "no difference at all"
    smaller, larger = sorted((low, high), key=abs)
    if low < 0 < high:
        less, _ = _measured(low, unit)
        return f"anything from {less} {_lesser(unit)} to {step_text(high, unit)}"
    least, _ = _measured(smaller, unit)
    return f"{least} to {step_text(larger, unit)}"


def _step(effect: Effect) -> str:
    return f"{step_text(effect.difference or 0.0, effect.metric.unit)} than in the base"


def _judged(effect: Effect) -> str:
    """Return whether the direction is the better one, or nothing where neither is."""
    if effect.metric.direction == "neither" or not effect.difference:
        return ""
    is_better = (effect.difference > 0) == (effect.metric.direction == "up")
    return ", which is better" if is_better else ", which is worse"


def _left_open(effect: Effect) -> str:
    """Return both intervals in words."""
    unit = effect.metric.unit
    parts = []
    if effect.chance.low is not None and effect.chance.high is not None:
        by_chance = range_text(effect.chance.low, effect.chance.high, unit)
        parts.append(f"chance leaves {by_chance}")
    if effect.assumptions is not None:
        parts.append(f"the assumptions leave {range_text(*effect.assumptions, unit)}")
    elif not effect.has_assumptions:
        parts.append("there are no assumptions to vary")
    return "; ".join(parts)


def _why_not_clear(effect: Effect) -> str:
    left_open = _left_open(effect)
    opening = f"{left_open[:1].upper()}{left_open[1:]}."
    if effect.assumptions is None and effect.has_assumptions:
        counted = f"{effect.n_assumptions} joint draws have a value, {DRAWS_MIN} are needed"
        return f"{opening} What the assumptions leave is not known: {counted}."
    by_chance = _sign(effect.chance.low or 0.0, effect.chance.high or 0.0)
    by_draws = _sign(*effect.assumptions) if effect.assumptions is not None else by_chance
    if effect.assumptions is not None and (by_draws == 0 or by_draws * by_chance < 0):
        return f"{opening} It depends on the assumptions; more replications do not help."
    if by_chance == 0:
        return f"{opening} More replications may tell."
    return f"{opening} Among so many metrics one such difference is expected by chance alone."


def _sign(low: float, high: float) -> int:
    """Return the sign of everything in an interval, 0 where it holds more than one."""
    return (low > 0) - (high < 0)


def _why_unknown(effect: Effect) -> str:
    return (
        f"Both arms have a value in {effect.n} of {effect.pairs} pairs of runs; at least"
        f" {PAIRS_MIN} are needed."
    )


def _where(effect: Effect) -> str:
    pairs = "the one pair" if effect.n == 1 else f"all {effect.n} pairs"
    if effect.n < effect.pairs:
        return f"the {effect.n} of {effect.pairs} pairs of runs with a value"
    draws = f" and {effect.n_assumptions} joint draws of the assumptions"
    return f"{pairs} of runs{draws if effect.n_assumptions else ''}"


def _greater(unit: str) -> str:
    return _GREATER.get(unit, "higher" if " per " in unit else "more")


def _lesser(unit: str) -> str:
    return _LESSER.get(unit, "lower" if " per " in unit else "fewer")


def _measured(amount: float, unit: str) -> tuple[str, str]:
    """Return the size of an amount, with its multiple, and what it is measured in."""
    size = abs(amount)
    if unit == "share":
        return _number(size * 100), "percentage points"
    if unit == "KZT":
        for worth, name in _MULTIPLES:
            if size >= worth:
                return f"{_number(size / worth)} {name}", unit
    return _number(size), unit


def _number(size: float) -> str:
    """Return a number with three digits that count, whole from 100 on."""
    if size == 0:
        return "0"
    for least, decimals in ((100, 0), (10, 1), (1, 2), (0.1, 3), (0.01, 4)):
        if size >= least:
            text = f"{size:,.{decimals}f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{size:.2e}" if size < 1e-4 else f"{size:.3g}"
