"""A month of a thousand households against the figures that were put in, and those left out.

An input comes back within its sampling error, which stands beside it; a figure that was left out
shows how far the model is from what nobody put into it. What people want is the input; what they
then pay is an outcome, since some lack the means.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from tengesim.engine.run import Run, simulate
from tengesim.population.columns import Society
from tengesim.population.society import build
from tengesim.population.society_model import ADULT_AGE
from tengesim.retail.behaviour import TRANSFER, WITHDRAWAL, EverydaySection, wants_per_thousand
from tengesim.retail.profile import Rates
from tengesim.scenario.load import load_scenario
from tengesim.streams import Streams

__all__ = ["Figure", "household_run", "inputs", "left_out"]

_STATISTICS: Final = "https://nationalbank.kz/en/news/statistika-po-platezhnym-instrumentam/17871"
_ADVISER: Final = (
    "https://dhirubhai.net/pulse/national-digital-financial-infrastructure-kazakhstan-binur-"
    "zhalenov-hsm3f"
)
_BY_CITY: Final = "https://toshkent24.com/en/news/almatyi-gorod-lider-po-snyatiyu-nalich-1"
_LIVING: Final = (
    "https://finratings.kz/news/11635-infliatsiia-rastiot-limity-na-sniatie-nalichnykh-net-"
    "kazakhstantsy-chashche-platiat-bankam-komissiiu/amp"
)
_WANTS: Final = ("payment", "unmet", "offline_payment")
_TENGE: Final = 100
NONE: Final = float("nan")
"""Standard error of a figure that nobody put in."""


class Figure(NamedTuple):
    """One figure: what was stated or published, what the run has, and the run's standard error."""

    name: str
    unit: str
    stated: float
    simulated: float
    standard_error: float
    source: str

    @property
    def deviation(self) -> float:
        """How many standard errors the run is away."""
        return (self.simulated - self.stated) / self.standard_error


@cache
def household_run(seed: int = 1, *settings: str) -> Run:
    """Return the shipped month."""
    return simulate(load_scenario("household_month", settings=list(settings)), seed=seed)


def inputs(run: Run) -> Iterator[Figure]:
    """Yield the monthly aggregates that the scenario states."""
    everyday, people = _everyday(run), _people(run)
    wants = _wants(run.events)
    is_bill = wants["intent"].str.contains("/bill/", regex=False)
    every = wants[~is_bill & (wants["place"] != WITHDRAWAL)]
    number = _expected(run, wants_per_thousand(everyday) * people / 1_000)
    yield _count("wants to pay", number, len(every), everyday.number.source)
    for purpose, section in everyday.purposes.items():
        found = every[every["place"] == purpose]
        part = number * section.share.value / 10_000
        name = "transfers" if purpose == TRANSFER else f"category {purpose}"
        yield _count(f"wants to pay, {name}", part, len(found), section.share.source)
    cash = everyday.withdrawals
    number = _expected(run, Fraction(cash.number.value * people, 1_000))
    found = wants[wants["place"] == WITHDRAWAL]
    yield _count("wants of cash", number, len(found), cash.number.source)
    yield from _amounts(run, every, found)
    yield from _income(run)


def left_out(run: Run) -> Iterator[Figure]:
    """Yield published figures that no parameter states, with what the run has of them."""
    metrics = run.metrics.set_index("metric")["value"]
    events = run.events
    for name, unit, published, metric in (
        ("cashless payments made, a head and month", "payments", 58.78, "payments_per_person"),
        ("mean cashless payment made", "KZT", 13_482, "mean_ticket"),
        ("withdrawals made, a head and month", "withdrawals", 0.986, "withdrawals_per_person"),
        ("mean withdrawal made", "KZT", 122_230, "mean_withdrawal"),
    ):
        yield Figure(name, unit, published, float(metrics[metric]), NONE, _STATISTICS)
    made = (events["status"] == "settled") & (events["programme"] == "retail")
    bought = events[made & events["place"].str.fullmatch(r"[0-9]{4}")]
    bought = bought[bought["payee"].str.startswith("merchant-")]
    cashless = bought.loc[bought["form"] != "cash", "amount_tiyn"].sum()
    share = 100 * cashless / bought["amount_tiyn"].sum()
    yield Figure("cashless share of what shops take", "%", 88, share, NONE, _ADVISER)
    taken = events[(events["kind"] == "cash_withdrawal") & (events["form"] == "cash")]
    almaty = 100 * (taken["region"] == "KZ-75").mean()
    yield Figure("share of withdrawals in Almaty", "%", 21, almaty, NONE, _BY_CITY)
    adults = float((_society(run).people.age >= ADULT_AGE).sum())
    spent = bought["amount_tiyn"].sum() / _TENGE / adults
    yield Figure("what an adult spends in shops", "KZT", 450_000, spent, NONE, _LIVING)


def _wants(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row per want of the tape: its first."""
    is_want = events["kind"].isin([*_WANTS, "cash_withdrawal"]) & (events["programme"] == "retail")
    return events[is_want].drop_duplicates("intent")


def _everyday(run: Run) -> EverydaySection:
    retail = run.scenario.retail
    if retail is None or retail.everyday is None:
        raise ValueError(f"{run.scenario.name} is no month of households")
    return retail.everyday


@cache
def _society_of(name: str, seed: int, settings: tuple[str, ...]) -> Society:
    scenario = load_scenario(name, settings=list(settings))
    section = scenario.population.people
    if section is None:
        raise ValueError(f"{name} has no people")
    shares = [bank.share.value for bank in scenario.banks.second_tier]
    return build(section, scenario.population.scale, shares, Streams(seed))


def _society(run: Run) -> Society:
    scale = f"population.scale={run.scenario.population.scale}"
    return _society_of(run.scenario.name, run.seed, (scale,))


def _people(run: Run) -> int:
    return len(_society(run).people.age)


def _expected(run: Run, per_month: Fraction) -> float:
    rates = Rates(_everyday(run), per_month)
    days = run.scenario.clock.days()
    return float(sum((rates.base(day) + rates.peak(day) for day in days), Fraction()))


def _count(name: str, stated: float, found: int, source: str) -> Figure:
    return Figure(name, "wants", stated, found, sqrt(stated), source)


def _amounts(run: Run, every: pd.DataFrame, taken: pd.DataFrame) -> Iterator[Figure]:
    """Yield mean amounts of what people want: cashless wants together, and cash."""
    everyday = _everyday(run)
    # The stated ticket is of cashless payments; what is meant to be paid in cash is smaller.
    ticket_tiyn = sum(
        purpose.share.value * everyday.ticket_of(name) / 10_000
        for name, purpose in everyday.purposes.items()
    )
    parts = (
        ("mean withdrawal wanted", taken, everyday.withdrawals.amount.value),
        ("mean want to pay", every, ticket_tiyn),
    )
    # People spend by their weight, so payments of one person are not independent of one another.
    for name, rows, stated_tiyn in parts:
        by_payer = rows.groupby("payer", observed=True)["amount_tiyn"].agg(["sum", "size"])
        mean = by_payer["sum"].sum() / by_payer["size"].sum()
        residual = by_payer["sum"] - mean * by_payer["size"]
        error = sqrt(float((residual**2).sum())) / by_payer["size"].sum()
        yield Figure(name, "KZT", stated_tiyn / _TENGE, mean / _TENGE, error / _TENGE, _STATISTICS)


def _income(run: Run) -> Iterator[Figure]:
    income, section = run.scenario.income, run.scenario.population.people
    if income is None or income.wages is None or section is None:
        raise ValueError(f"{run.scenario.name} pays no wages")
    events = run.events
    credited = (events["status"] == "settled") & (events["true_label"] == "honest")
    kept = 1 - income.wages.withheld.value / 10_000
    wages = section.wages.mean
    pension = income.benefits["pension"].amount
    for name, kind, programme, stated, source in (
        ("mean wage credited", "wage", "wages", wages.value * kept, wages.source),
        ("mean pension credited", "benefit", "pension", pension.value, pension.source),
    ):
        chosen = credited & (events["kind"] == kind) & (events["programme"] == programme)
        amounts = events.loc[chosen, "amount_tiyn"].to_numpy(dtype=np.float64)
        error = float(amounts.std(ddof=1)) / sqrt(len(amounts))
        yield Figure(name, "KZT", stated / _TENGE, amounts.mean() / _TENGE, error / _TENGE, source)
