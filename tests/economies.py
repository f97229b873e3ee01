"""Small worlds of people, run once per session and shared by the tests that read them."""

from functools import cache

import pandas as pd

from tengesim.engine.run import Run, simulate
from tengesim.scenario.load import load_scenario

__all__ = [
    "FEW_PEOPLE",
    "NOBODY_DIGITAL",
    "few_people",
    "intents",
    "rows_of",
    "run_of",
    "value_of",
]

FEW_PEOPLE = ("population.scale=0.00003",)
"""Some six hundred people."""
_OF_A_REGION = {
    "food_voucher": ("population.scale=0.0008",),
    "food_voucher_cash": ("population.scale=0.0008",),
    "region_year": (
        "population.scale=0.002",
        "population.people.programmes.targeted_aid.recipients.value=544000 families",
        "clock.end=2026-11-03",
        "programmes.school_meals.term.last=2026-10-30",
        "purchases.livestock.term.last=2026-10-15",
        "purchases.livestock.deals.value=21",
        "purchases.livestock.sellers.value=12",
    ),
}
"""As many of one region, where families with a voucher are some; of the year two months."""
NOBODY_DIGITAL = (
    "wallets.demand.wallet.at_parity.value=0 %",
    "wallets.demand.wallet.at_parity.low=0 %",
)
"""Nobody wants a wallet."""


def few_people(name: str) -> tuple[str, ...]:
    """Return settings that leave some hundreds of people of a shipped scenario."""
    return _OF_A_REGION.get(name, FEW_PEOPLE)


@cache
def run_of(name: str, *settings: str, seed: int = 1) -> Run:
    """Return the run of a shipped scenario with few people and these settings."""
    return simulate(load_scenario(name, settings=[*few_people(name), *settings]), seed=seed)


def rows_of(events: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows that have these values."""
    for name, value in wanted.items():
        events = events[events[name] == value]
    return events


def intents(run: Run, *kinds: str) -> set[str]:
    """Return the intents of the rows of some kinds."""
    events = run.events
    return set(events.loc[events["kind"].isin(kinds), "intent"])


def value_of(run: Run, metric: str) -> float | None:
    """Return the value of a metric; None where it has none."""
    found = run.metrics.set_index("metric")["value"][metric]
    return None if pd.isna(found) else float(found)
