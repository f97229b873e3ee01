"""What evidence does and what marking does: differences between arms on the same people and days.

The study has three arms: reported, proven with ordinary money, proven with marked money. The step
from the first to the second is the effect of evidence, from the second to the third that of
marking; their sum alone would credit marking with what evidence does. Differences are taken of
exact fractions, so equal arms differ by exactly zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tengesim.metrics.catalogue import METRICS_BY_NAME, PAIRED_METRICS
from tengesim.metrics.log import UNDUE, Log, is_one_of
from tengesim.metrics.metric import Measure
from tengesim.metrics.wants import Accepted, Refunds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["effects", "stopped"]

_ARMS: Final = 3


def effects(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return each metric in each arm, the effects of evidence and of marking, and their sum.

    `frames` are tables of `metrics_frame` by arm, in the order reported, proven, marked. A
    difference is missing where one of its two values is. Raises ValueError for another number of
    arms or for tables of different metrics.
    """
    import pandas as pd

    if len(frames) != _ARMS:
        raise ValueError(f"{len(frames)} arms were given; expected {_ARMS}, in the study's order")
    arms = {arm: _exact_values(frame) for arm, frame in frames.items()}
    first, second, third = arms.values()
    if not first.keys() == second.keys() == third.keys():
        raise ValueError("the arms were judged by different metrics; compute them again")
    columns: dict[str, list[Fraction | None]] = {
        **{arm: list(values.values()) for arm, values in arms.items()},
        "evidence": [_difference(second[name], first[name]) for name in first],
        "marking": [_difference(third[name], second[name]) for name in first],
        "total": [_difference(third[name], first[name]) for name in first],
    }
    return pd.DataFrame(
        {
            "metric": list(first),
            **{
                column: pd.Series(_floats(values), dtype="float64")
                for column, values in columns.items()
            },
        }
    )


def stopped(base: pd.DataFrame, variant: pd.DataFrame) -> pd.DataFrame:
    """Return what a variant stops of what was paid without being due in the base arm.

    Both are events of runs with one seed, so an intent has the same text in both. The table has
    the metrics of PAIRED_METRICS with value, numerator, denominator and why.
    """
    import pandas as pd

    tried, paid = _undue(base)
    _, still_paid = _undue(variant)
    gone = [amount_tiyn for intent, amount_tiyn in paid.items() if intent not in still_paid]
    cases = "undue intents were tried in the base arm"
    measures = (
        Measure("stopped", len(gone)),
        Measure("stopped_amount", sum(gone)),
        Measure("recall_of_base", len(tried - still_paid.keys()), len(tried), cases=cases),
    )
    checked = [measure.checked() for measure in measures]
    factors = [metric.factor for metric in PAIRED_METRICS]
    values = [one.value(factor) for one, factor in zip(checked, factors, strict=True)]
    return pd.DataFrame(
        {
            "metric": [metric.name for metric in PAIRED_METRICS],
            "unit": [metric.unit for metric in PAIRED_METRICS],
            "value": pd.Series(values, dtype="float64"),
            "numerator": pd.array([one.numerator for one in checked], dtype="Int64"),
            "denominator": pd.array([one.denominator for one in checked], dtype="Int64"),
            "why": [one.why for one in checked],
        }
    )


def _undue(events: pd.DataFrame) -> tuple[set[str], dict[str, int]]:
    """Return the undue intents that were tried, and the tiyn of those that were paid and kept."""
    log = Log.of(events)
    accepted = Accepted.of(log, Refunds.of(log))
    texts = events["intent"].to_numpy(dtype=object)
    kept = accepted.is_kept & is_one_of(accepted.true_label, UNDUE)
    paid = zip(texts[accepted.row[kept]], accepted.amount_tiyn[kept].tolist(), strict=True)
    return set(texts[log.is_want & is_one_of(log.true_label, UNDUE)]), dict(paid)


def _exact_values(frame: pd.DataFrame) -> dict[str, Fraction | None]:
    values: dict[str, Fraction | None] = {}
    for name, numerator, denominator in zip(
        frame["metric"].tolist(),
        frame["numerator"].astype(object).tolist(),
        frame["denominator"].astype(object).tolist(),
        strict=True,
    ):
        if not isinstance(numerator, int):
            values[name] = None
            continue
        divisor = denominator if isinstance(denominator, int) else 1
        values[name] = Fraction(numerator, divisor) * METRICS_BY_NAME[name].factor
    return values


def _difference(value: Fraction | None, base: Fraction | None) -> Fraction | None:
    return None if value is None or base is None else value - base


def _floats(values: list[Fraction | None]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]
