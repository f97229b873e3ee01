"""Small months of school meals for tests of metrics: many small schools, so every method occurs.

Runs are kept for the whole session, because several tests read the same ones.
"""

from functools import cache
from typing import Any, Final

import pandas as pd

import tengesim
from tengesim.metrics.compute import MetricTerms, metrics_frame

__all__ = ["ARMS", "SMALL", "exact", "judged", "month", "rows_of", "terms_of", "values"]

ARMS: Final = {
    "headcount": "school_meals_headcount",
    "social_wallet": "school_meals_social_wallet",
    "marked": "school_meals",
}

SMALL: Final = (
    "population.scale=0.002",
    "population.schools.high=6000 schools",
    "population.schools.value=6000 schools",
    "population.caterers.high=3000 caterers",
    "population.caterers.value=3000 caterers",
    "behaviour.school_meals.unserved.high=5 %",
    "behaviour.school_meals.unserved.value=2 %",
)
"""222 pupils in 12 schools of 6 caterers; many meals not served, so that every refund occurs."""


@cache
def month(arm: str, seed: int = 1, *settings: str) -> tengesim.Run:
    """Run one arm at 222 pupils, with further settings of the form path=value."""
    scenario = tengesim.load_scenario(ARMS[arm], settings=(*SMALL, *settings))
    return tengesim.simulate(scenario, seed=seed)


def terms_of(run: tengesim.Run) -> MetricTerms:
    """Return the terms under which a run is judged."""
    clock, finance = run.scenario.clock, run.scenario.finance
    return MetricTerms(
        start_us=clock.calendar().at(clock.start),
        end_us=clock.calendar().at(clock.end),
        base_rate_bp=finance.base_rate.value,
        spread_bp=finance.spread.value,
    )


def judged(run: tengesim.Run, events: pd.DataFrame, cube: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics of other tables under the terms and accounts of `run`."""
    return metrics_frame(events, cube, run.accounts, terms=terms_of(run))


def exact(frame: pd.DataFrame) -> dict[str, tuple[int | None, int | None, str]]:
    """Return numerator, denominator and reason of each metric, as plain Python values."""
    return {
        name: (
            None if pd.isna(numerator) else int(numerator),
            None if pd.isna(denominator) else int(denominator),
            why,
        )
        for name, numerator, denominator, why in zip(
            frame["metric"], frame["numerator"], frame["denominator"], frame["why"], strict=True
        )
    }


def rows_of(run: tengesim.Run) -> list[dict[str, Any]]:
    """Return the log of a run as dictionaries of plain Python values."""
    return [
        {str(column): value for column, value in row.items()}
        for row in run.events.to_dict("records")
    ]


def values(frame: pd.DataFrame, column: str = "value") -> dict[str, Any]:
    """Return one column of a table of metrics by metric."""
    return dict(zip(frame["metric"].tolist(), frame[column].tolist(), strict=True))
