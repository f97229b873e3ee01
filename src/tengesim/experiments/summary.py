"""The summary of a campaign: each metric of each variant beside the base, and what may be said.

It is a function of the table of pairs alone; the order of its lines decides only which variant
comes first. Means
are taken over the pairs in which both arms have a value, so the difference of the two means is the
mean of the differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import fsum, nan
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tengesim.experiments.intervals import (
    PAIRS_MIN,
    ChanceInterval,
    chance_interval,
    range_of_draws,
    spread,
)
from tengesim.experiments.verdict import holm, judge
from tengesim.experiments.words import Effect, sentence
from tengesim.metrics.catalogue import METRICS
from tengesim.metrics.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUMMARY_COLUMNS", "summarise"]

SUMMARY_COLUMNS: Final = (
    "variant",
    "metric",
    "unit",
    "direction",
    "base",
    "value",
    "difference",
    "chance_low",
    "chance_high",
    "assumptions_low",
    "assumptions_high",
    "n",
    "n_assumptions",
    "method",
    "p_value",
    "p_holm",
    "verdict",
    "bound",
    "correlation",
    "variance_ratio",
    "words",
)

_NO_INTERVAL: Final = ChanceInterval(None, None, None, "none")
_KINDS: Final = ("chance", "assumption")


class _Pairs(NamedTuple):
    """Pairs of one kind in which both arms have a value, and how many there are at all."""

    base: list[float]
    value: list[float]
    difference: list[float]
    total: int


def summarise(
    pairs: pd.DataFrame, metrics: Iterable[Metric] = METRICS, *, has_assumptions: bool = True
) -> pd.DataFrame:
    """Return one line per variant and metric with the columns of `SUMMARY_COLUMNS`.

    `pairs` has the columns variant, metric, kind (`chance` or `assumption`), draw, seed, base,
    value and difference; a number is missing where an arm has no value. `has_assumptions` says
    whether the scenarios hold any value that has no source. Raises ValueError for a metric that is
    not in `metrics`, or another kind.
    """
    import pandas as pd

    known = {metric.name: metric for metric in metrics}
    cells = _cells(pairs, known)
    lines: list[dict[str, object]] = []
    for variant in dict.fromkeys(variant for variant, _ in cells):
        chosen = {name: cells[variant, name] for name in known if (variant, name) in cells}
        effects = _effects(known, chosen, has_assumptions=has_assumptions)
        lines += [_line(variant, effect, chosen[effect.metric.name]) for effect in effects]
    return pd.DataFrame(lines, columns=list(SUMMARY_COLUMNS))


def _cells(
    pairs: pd.DataFrame, known: Mapping[str, Metric]
) -> dict[tuple[str, str], dict[str, _Pairs]]:
    """Return the pairs of each variant and metric by kind."""
    for column, allowed in (("metric", known), ("kind", _KINDS)):
        strange = sorted(set(pairs[column].astype(str)) - set(allowed))
        if strange:
            raise ValueError(
                f"{column} {strange[0]!r} cannot be summarised; expected one of those"
                f" known, such as {next(iter(allowed))!r}"
            )
    keys = [pairs[name].astype(str) for name in ("variant", "metric", "kind")]
    cells: dict[tuple[str, str], dict[str, _Pairs]] = {}
    for key, lines in pairs.groupby(keys, sort=False):
        variant, metric, kind = map(str, key)
        cells.setdefault((variant, metric), {})[kind] = _pairs(lines)
    return cells


def _pairs(lines: pd.DataFrame) -> _Pairs:
    columns = lines[["base", "value", "difference"]].to_numpy(dtype="float64", na_value=nan)
    defined = columns[np.isfinite(columns).all(axis=1)]
    base, value, difference = defined.T.tolist()
    return _Pairs(base, value, difference, len(lines))


def _effects(
    known: Mapping[str, Metric],
    chosen: Mapping[str, Mapping[str, _Pairs]],
    *,
    has_assumptions: bool,
) -> list[Effect]:
    """Return the effects on all metrics of one variant, judged together."""
    nothing = _Pairs([], [], [], 0)
    chances = [
        chance_interval(cell["chance"].difference)
        if "chance" in cell and cell["chance"].difference
        else _NO_INTERVAL
        for cell in chosen.values()
    ]
    adjusted = holm([chance.p_value for chance in chances])
    effects = []
    for name, chance, p_holm in zip(chosen, chances, adjusted, strict=True):
        by_chance = chosen[name].get("chance", nothing)
        by_draws = chosen[name].get("assumption", nothing)
        base, value = _mean(by_chance.base), _mean(by_chance.value)
        assumptions = range_of_draws(by_draws.difference)
        judged = judge(
            chance,
            assumptions,
            p_holm=p_holm,
            larger_arm=max(abs(base or 0.0), abs(value or 0.0)),
            has_assumptions=has_assumptions,
        )
        effects.append(
            Effect(
                metric=known[name],
                base=base,
                value=value,
                difference=_mean(by_chance.difference),
                chance=chance,
                assumptions=assumptions,
                pairs=by_chance.total,
                n=len(by_chance.difference),
                draws=by_draws.total,
                n_assumptions=len(by_draws.difference),
                p_holm=p_holm,
                verdict=judged.verdict,
                bound=judged.bound,
                has_assumptions=has_assumptions,
            )
        )
    return effects


def _line(variant: str, effect: Effect, cell: Mapping[str, _Pairs]) -> dict[str, object]:
    low, high = effect.assumptions or (None, None)
    correlation, variance_ratio = _pairing(cell.get("chance"))
    return {
        "variant": variant,
        "metric": effect.metric.name,
        "unit": effect.metric.unit,
        "direction": effect.metric.direction,
        "base": _number(effect.base),
        "value": _number(effect.value),
        "difference": _number(effect.difference),
        "chance_low": _number(effect.chance.low),
        "chance_high": _number(effect.chance.high),
        "assumptions_low": _number(low),
        "assumptions_high": _number(high),
        "n": effect.n,
        "n_assumptions": effect.n_assumptions,
        "method": effect.chance.method,
        "p_value": _number(effect.chance.p_value),
        "p_holm": _number(effect.p_holm),
        "verdict": effect.verdict,
        "bound": _number(effect.bound),
        "correlation": _number(correlation),
        "variance_ratio": _number(variance_ratio),
        "words": sentence(effect),
    }


def _pairing(pairs: _Pairs | None) -> tuple[float | None, float | None]:
    """Return the correlation of the arms over seeds, and what pairing gained.

    The gain is the variance of the difference of independent runs over that of paired ones. Either
    is None where a variance is 0.
    """
    if pairs is None or len(pairs.base) < PAIRS_MIN:
        return None, None
    base, value, difference = (
        spread(values) for values in (pairs.base, pairs.value, pairs.difference)
    )
    correlation = None
    if base.deviation and value.deviation:
        products = fsum(
            (one - base.mean) / base.deviation * ((other - value.mean) / value.deviation)
            for one, other in zip(pairs.base, pairs.value, strict=True)
        )
        correlation = max(-1.0, min(1.0, products / (len(pairs.base) - 1)))
    if not difference.deviation:
        return correlation, None
    return correlation, (base.deviation**2 + value.deviation**2) / difference.deviation**2


def _mean(values: list[float]) -> float | None:
    return spread(values).mean if values else None


def _number(value: float | None) -> float:
    return nan if value is None else value
