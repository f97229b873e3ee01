"""Every metric of the catalogue for one run, as a table.

The table holds exact numerators and denominators beside the value, so that money beyond 2^53 tiyn
keeps its digits and every value can be computed again; where a value would say nothing it is
missing, and the table says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from tengesim.codes import Form, column_text
from tengesim.errors import InvariantError
from tengesim.metrics import (
    access,
    budget,
    chain,
    confiscation,
    deposits,
    fiscal,
    harm,
    income,
    integrity,
    leakage,
    mining,
    privacy,
    procurement,
    purchases,
    reach,
    red_flags,
    reserve,
    retail,
    suppliers,
    supplies,
    supply,
    tax,
    transparency,
    vouchers,
)
from tengesim.metrics.catalogue import METRICS
from tengesim.metrics.log import Log
from tengesim.metrics.metric import Measure, Scope, undefined
from tengesim.metrics.moments import Moments
from tengesim.metrics.readings import Readings
from tengesim.metrics.supply import closing_supply
from tengesim.metrics.terms import MetricTerms

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "NEEDS_FULL", "MetricTerms", "metrics_frame", "metrics_of"]

NEEDS_FULL: Final = "needs the full log"
"""Why a metric is missing where wants were not kept."""

COLUMNS: Final = (
    "metric",
    "group",
    "unit",
    "value",
    "numerator",
    "denominator",
    "uses_truth",
    "why",
)

_INT64_MAX: Final = (1 << 63) - 1

_PARTS: Final[tuple[tuple[Scope, Callable[[Readings], Iterator[Measure]]], ...]] = (
    ("meals", reach.measure),
    ("meals", integrity.measure),
    ("meals", harm.measure),
    ("meals", transparency.measure),
    ("meals", fiscal.measure),
    ("budget", budget.measure),
    ("people", income.measure),
    ("people", retail.measure),
    ("people", access.measure),
    ("offline", access.measure_offline),
    ("reports", access.measure_reports),
    ("procurement", procurement.measure),
    ("procurement", leakage.measure),
    ("procurement", red_flags.measure),
    ("procurement", suppliers.measure),
    ("procurement", chain.measure),
    ("taxes", tax.measure),
    ("any", supply.measure),
    ("wallets", deposits.measure),
    ("vouchers", vouchers.measure),
    ("schedules", vouchers.measure_schedules),
    ("rewards", vouchers.measure_rewards),
    ("reserve", reserve.measure),
    ("confiscation", confiscation.measure),
    ("mining", mining.measure),
    ("purchases", purchases.measure),
    ("copayments", purchases.measure_shares),
    ("instalments", purchases.measure_instalments),
    ("supplies", supplies.measure),
    ("meals", privacy.measure),
)
"""Parts of the catalogue in its order, each with the worlds it applies to."""


def metrics_frame(
    events: pd.DataFrame | Log,
    cube: pd.DataFrame,
    accounts: pd.DataFrame,
    *,
    terms: MetricTerms,
    moments: Moments | None = None,
) -> pd.DataFrame:
    """Return one line per metric of the catalogue that applies to the world, in its order.

    `value` is numerator ÷ denominator in the unit of the metric, missing where `why` says so;
    amounts of money have their numerator in tiyn. Where `events` are not all rows of the run,
    `moments` were folded while all of them passed, and metrics that need every row are missing.
    Raises InvariantError when the accounts do not hold the digital tenge that the log says is
    outstanding, or a number needs more than 64 bits.
    """
    return metrics_of(Readings(events, cube, terms, moments=moments), accounts)


def metrics_of(readings: Readings, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return what `metrics_frame` returns, from tables that have been read."""
    _check_supply(readings, accounts)
    measures = {measure.metric: measure.checked() for measure in _measures(readings)}
    if not readings.is_full:
        measures |= {
            metric.name: undefined(metric.name, NEEDS_FULL)
            for metric in METRICS
            if metric.needs == "full" and metric.scope in readings.terms.scopes
        }
    return _frame(measures)


def _measures(readings: Readings) -> Iterator[Measure]:
    for scope, measure in _PARTS:
        if scope in readings.terms.scopes:
            yield from measure(readings)


def _frame(measures: dict[str, Measure]) -> pd.DataFrame:
    import pandas as pd

    listed = [metric for metric in METRICS if metric.name in measures]
    ordered = [measures[metric.name] for metric in listed]
    for measure in ordered:
        for number in (measure.numerator, measure.denominator):
            if number is not None and abs(number) > _INT64_MAX:
                raise InvariantError(
                    f"metric {measure.metric} needs {number}; at most {_INT64_MAX} fits"
                )
    values = [measure.value(metric.factor) for metric, measure in zip(listed, ordered, strict=True)]
    return pd.DataFrame(
        {
            "metric": [metric.name for metric in listed],
            "group": [str(metric.group) for metric in listed],
            "unit": [metric.unit for metric in listed],
            "value": pd.Series(values, dtype="float64"),
            "numerator": pd.array([measure.numerator for measure in ordered], dtype="Int64"),
            "denominator": pd.array([measure.denominator for measure in ordered], dtype="Int64"),
            "uses_truth": [metric.uses_truth for metric in listed],
            "why": [measure.why for measure in ordered],
        }
    )


def _check_supply(readings: Readings, accounts: pd.DataFrame) -> None:
    """Compare the digital tenge that the issuers owe with what the log says is outstanding."""
    digital = accounts["form"].astype(str) == column_text(Form.DIGITAL_TENGE)
    issuers = digital & (accounts["holder"].astype(str) == accounts["keeper"].astype(str))
    owed = -sum(accounts.loc[issuers, "closing_tiyn"].tolist())
    outstanding = closing_supply(readings)
    if owed != outstanding:
        raise InvariantError(
            f"the issuer owes {owed} tiyn in digital tenge, but by the log {outstanding} are"
            " outstanding"
        )
