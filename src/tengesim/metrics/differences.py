"""What evidence does and what marking does: differences between arms on the same people and days.

The study has three arms: reported, proven with ordinary money, proven with marked money. The step
from the first to the second is the effect of evidence, from the second to the third that of
marking; their sum alone would credit marking with what evidence does. Differences are taken of
exact fractions, so equal arms differ by exactly zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

from tengesim.clock import HOUR_US
from tengesim.metrics.catalogue import METRICS_BY_NAME, PAIRED_METRICS
from tengesim.metrics.contracts import Contracts
from tengesim.metrics.log import UNDUE, Log, is_one_of
from tengesim.metrics.metric import Measure
from tengesim.metrics.obligations import Intents
from tengesim.metrics.terms import MetricTerms
from tengesim.metrics.wants import Accepted, Refunds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["contracts_stopped", "effects", "stopped"]

_ARMS: Final = 3
_HOURS_A_DAY: Final = 24
_DELAY_HOURS_MAX: Final = 180 * _HOURS_A_DAY
_PAIRED: Final = {metric.name: metric for metric in PAIRED_METRICS}


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
    the paired metrics of meals with value, numerator, denominator and why.
    """
    tried, paid = _undue(base)
    _, still_paid = _undue(variant)
    gone = [amount_tiyn for intent, amount_tiyn in paid.items() if intent not in still_paid]
    cases = "undue intents were tried in the base arm"
    measures = (
        Measure("stopped", len(gone)),
        Measure("stopped_amount", sum(gone)),
        Measure("recall_of_base", len(tried - still_paid.keys()), len(tried), cases=cases),
    )
    return _paired_frame(measures)


def contracts_stopped(
    base: pd.DataFrame, variant: pd.DataFrame, *, terms: MetricTerms
) -> pd.DataFrame:
    """Return what a variant stops of what contracts lose in the base arm, and what delay it adds.

    Both are events of runs with one seed and one horizon, whose `terms` are given. The table is
    that of `stopped`, with the paired metrics of contracts.
    """
    ours, theirs = _Arm.of(base, terms), _Arm.of(variant, terms)
    still = theirs.cheated
    gone = [text for text in ours.cheated if text not in still]
    tried = [text for text, lost in ours.lost_tiyn.items() if lost]
    met = sum(text not in still for text in tried)
    both = [text for text in ours.waits if text in theirs.waits]
    added = sum(
        ours.waits[text][0] * (theirs.waits[text][1] - ours.waits[text][1]) for text in both
    )
    weight = sum(ours.waits[text][0] for text in both) * _HOURS_A_DAY
    return _paired_frame(
        (
            Measure("contract_stopped", len(gone)),
            Measure("contract_stopped_amount", sum(ours.lost_tiyn[text] for text in gone)),
            Measure(
                "contract_recall_of_base",
                met,
                len(tried),
                cases="dishonest intents were tried in the base arm",
            ),
            Measure("contract_added_delay", added, weight, cases="tiyn of acts are in both arms"),
        )
    )


class _Arm(NamedTuple):
    """Intents of contracts in one arm, by their text."""

    lost_tiyn: dict[str, int]
    paid: set[str]
    """Those paid within the patience of whoever waits."""
    waits: dict[str, tuple[int, int]]
    """Weight in tiyn and hours of each honest act."""

    @property
    def cheated(self) -> dict[str, None]:
        """Return the dishonest intents that were paid, in order."""
        return {text: None for text, lost in self.lost_tiyn.items() if lost and text in self.paid}

    @classmethod
    def of(cls, events: pd.DataFrame, terms: MetricTerms) -> Self:
        """Read the events of an arm."""
        import pandas as pd

        intents = Intents.of(Contracts.of(Log.of(events), terms))
        texts = pd.unique(events["intent"].to_numpy(dtype=object))[intents.intent]
        amounts = np.where(intents.released_tiyn > 0, intents.released_tiyn, intents.amount_tiyn)
        ended_us = np.where(intents.paid_us >= 0, intents.paid_us, terms.end_us)
        hours = np.clip((ended_us - intents.start_us) // HOUR_US, 0, _DELAY_HOURS_MAX)
        acts = np.flatnonzero(intents.is_act & ~intents.is_dishonest)
        waits = zip(amounts[acts].tolist(), hours[acts].tolist(), strict=True)
        return cls(
            lost_tiyn=dict(zip(texts, intents.loss_tiyn.tolist(), strict=True)),
            paid=set(texts[~intents.is_unpaid]),
            waits=dict(zip(texts[acts], waits, strict=True)),
        )


def _paired_frame(measures: Sequence[Measure]) -> pd.DataFrame:
    import pandas as pd

    checked = [measure.checked() for measure in measures]
    metrics = [_PAIRED[one.metric] for one in measures]
    values = [one.value(metric.factor) for one, metric in zip(checked, metrics, strict=True)]
    return pd.DataFrame(
        {
            "metric": [metric.name for metric in metrics],
            "unit": [metric.unit for metric in metrics],
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
