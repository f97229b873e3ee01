"""Confiscation: what was arrested, what became of it, and who bore the change of its price.

Assets stay those of their owner until a court takes them, so what is arrested and what is the
state's are never divided by each other within one span of time: arrests are followed for a fixed
time, and what is open then counts as open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Kind, Provenance
from tengesim.metrics.assets import WORTH, Asset, Prices, is_of_assets
from tengesim.metrics.log import Log, is_one_of
from tengesim.metrics.metric import SMALLEST_BASE, Measure, defined, undefined
from tengesim.metrics.present import DAYS_A_YEAR, SCALE, days_of, discounts
from tengesim.metrics.readings import Readings
from tengesim.money import BP

__all__ = ["FOLLOWED_DAYS", "METRICS", "measure"]

FOLLOWED_DAYS: Final = 730
"""How long every arrest is followed: as long as the longest way to a verdict is assumed to be."""

_ENDS: Final = (Kind.FORFEITURE, Kind.COMPENSATION, Kind.ASSET_RETURN)
_NAMES: Final = {
    Kind.FORFEITURE: "forfeited",
    Kind.COMPENSATION: "compensated",
    Kind.ASSET_RETURN: "handed_back",
}
_TITLES: Final = {
    Kind.FORFEITURE: ("forfeited to the state", "the state"),
    Kind.COMPENSATION: ("given to victims", "victims"),
    Kind.ASSET_RETURN: ("returned to owners", "owners"),
}
_GROWTH_BP_LIKELY: Final = 2_048
_GROWTH_BP_MOST: Final = 1_000_000

_metric = partial(defined, group="reserve", scope="confiscation")

METRICS: Final = (
    _metric(
        "arrested",
        "Arrested assets",
        "KZT",
        question="How much was arrested, at the prices of the day of the arrest?",
        formula="Σ units × price of the day over ARREST rows.",
        text="Arrested is not confiscated: most of it is somebody's until a court says otherwise.",
    ),
    *(
        _metric(
            _NAMES[kind],
            f"Arrested assets {_TITLES[kind][0]}",
            "KZT",
            question=f"How much of what was arrested was {_TITLES[kind][0]}?",
            formula=f"Σ units of {kind.name} rows × price on the day of their arrest.",
            text="At the value of the day of arrest, so that the ends add up to what was arrested.",
        )
        for kind in _ENDS
    ),
    _metric(
        "arrest_pending",
        "Arrested assets not yet decided",
        "KZT",
        question="How much is still arrested at the end?",
        formula="Σ units that have met no end × price on the day of their arrest.",
        text="Open counts as open, never as success.",
        direction="down",
    ),
    *(
        _metric(
            f"cohort_{_NAMES[kind]}",
            f"Share of arrests {_TITLES[kind][0]} within two years",
            "share",
            question=f"Which part of an arrest is {_TITLES[kind][0]} within two years?",
            formula=f"Value at arrest that met this end within {FOLLOWED_DAYS} days ÷ value at"
            f" arrest, of arrests at least {FOLLOWED_DAYS} days before the end of the horizon.",
            text="Later arrests are left out, because nobody knows yet what becomes of them.",
        )
        for kind in _ENDS
    ),
    *(
        _metric(
            f"price_risk_{_NAMES[kind]}",
            f"Change of price before the end, borne by {_TITLES[kind][1]}",
            "KZT",
            question=f"What did waiting for the verdict gain or cost {_TITLES[kind][1]}?",
            formula=f"Σ units of {kind.name} rows × (price on their day − price on the day of"
            " arrest).",
            text="Who gets the coins in the end bears what their price did meanwhile.",
        )
        for kind in _ENDS
    ),
    _metric(
        "economic_exposure",
        "What holding costs against selling at once",
        "KZT",
        question="What is forgone by holding forfeited assets instead of selling them at once?",
        formula="Σ over FORFEITURE rows of present value of the price of the day − present value of"
        " the last price, discounted to the start at the base rate, compounded by the day.",
        text="Negative where holding gained. One run shows one course of prices; over replications"
        " the mean and the worst twentieth tell what is at stake.",
        direction="down",
    ),
    _metric(
        "hold_break_even",
        "Yearly growth of prices at which holding pays",
        "share",
        question="How fast must prices grow for holding to be worth as much as selling at once?",
        formula="The yearly growth, compounded by the day, at which the present value of holding"
        " every forfeited asset to the end, less the costs of the reserve in proportion to what"
        " came from courts, equals that of selling it on its day.",
        text="What prices will do is known to nobody, so no winner is named.",
    ),
)


@dataclass(frozen=True, slots=True)
class _Cases:
    """Arrests and their ends, in parts of a tiyn.

    `arrested`: day and worth of each; `ends`: kind, day of arrest, day of the end, worth at arrest,
    worth at the end.
    """

    arrested: list[tuple[int, int]]
    ends: list[tuple[int, int, int, int, int]]


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of arrested assets."""
    terms = readings.terms
    cases = _read(readings.log, readings.prices)
    yield Measure("arrested", sum(worth for _, worth in cases.arrested) // WORTH)
    by_kind = {kind: [end for end in cases.ends if end[0] == kind] for kind in _ENDS}
    for kind, ends in by_kind.items():
        yield Measure(_NAMES[kind], sum(end[3] for end in ends) // WORTH)
        change = sum(end[4] - end[3] for end in ends)
        yield Measure(f"price_risk_{_NAMES[kind]}", change // WORTH)
    pending = sum(worth for _, worth in cases.arrested) - sum(end[3] for end in cases.ends)
    yield Measure("arrest_pending", pending // WORTH)
    yield from _cohort(cases, by_kind, terms.end_us - FOLLOWED_DAYS * DAY_US)
    yield from _holding(readings, readings.prices)


def _read(log: Log, prices: Prices) -> _Cases:
    rows = np.flatnonzero(log.is_moved & is_one_of(log.kind, (Kind.ARREST, *_ENDS)))
    arrested: list[tuple[int, int]] = []
    ends: list[tuple[int, int, int, int, int]] = []
    known: dict[tuple[int, Asset], tuple[int, int]] = {}
    columns = (log.kind, log.intent, log.form, log.keeper, log.amount_tiyn, log.time_us)
    for kind, intent, form, keeper, units, time_us, fixing in zip(
        *(column[rows].tolist() for column in columns),
        prices.fixings_at(log.time_us[rows]).tolist(),
        strict=True,
    ):
        asset = (form, keeper)
        worth = prices.worth(asset, units, fixing)
        if kind == Kind.ARREST:
            arrested.append((time_us, worth))
            known[intent, asset] = (time_us, fixing)
        else:
            since_us, first = known[intent, asset]
            ends.append((kind, since_us, time_us, prices.worth(asset, units, first), worth))
    return _Cases(arrested, ends)


def _cohort(
    cases: _Cases, by_kind: dict[Kind, list[tuple[int, int, int, int, int]]], before_us: int
) -> Iterator[Measure]:
    followed = [worth for time_us, worth in cases.arrested if time_us <= before_us]
    for kind, ends in by_kind.items():
        met = sum(
            worth
            for _, since_us, time_us, worth, _ in ends
            if since_us <= before_us and time_us - since_us <= FOLLOWED_DAYS * DAY_US
        )
        yield Measure(
            f"cohort_{_NAMES[kind]}",
            met // WORTH,
            sum(followed) // WORTH,
            base=len(followed),
            cases="arrests were followed",
        )


def _holding(readings: Readings, prices: Prices) -> Iterator[Measure]:
    log, terms = readings.log, readings.terms
    rows = np.flatnonzero(log.is_moved & is_one_of(log.kind, (Kind.FORFEITURE,)))
    last, present = len(prices.fixings_us) - 1, discounts(terms)
    sold: dict[int, int] = {}
    forgone = 0
    for form, keeper, units, day, fixing in zip(
        *(column[rows].tolist() for column in (log.form, log.keeper, log.amount_tiyn)),
        days_of(log, rows, terms),
        prices.fixings_at(log.time_us[rows]).tolist(),
        strict=True,
    ):
        worth = prices.worth((form, keeper), units, fixing)
        sold[day] = sold.get(day, 0) + worth
        held = prices.worth((form, keeper), units, last)
        forgone += worth * present[day] // SCALE - held * present[-1] // SCALE
    yield Measure("economic_exposure", forgone // WORTH)
    if sum(sold.values()) < SMALLEST_BASE * WORTH:
        yield undefined("hold_break_even", "nothing was forfeited")
        return
    wanted = sum(worth * present[day] // SCALE for day, worth in sold.items())
    wanted += _keeping_cost(readings, present)
    yield Measure("hold_break_even", _break_even_bp(sold, wanted, present), BP)


def _keeping_cost(readings: Readings, present: list[int]) -> int:
    """Return the present value of what keeping costs, for the part that came from courts."""
    log, prices = readings.log, readings.prices
    into = np.flatnonzero(
        log.is_moved & is_one_of(log.kind, (Kind.RESERVE_INFLOW,)) & is_of_assets(log.form_to)
    )
    worths = prices.worths(log, into)
    everything = sum(worths)
    own = sum(
        worth
        for worth, source in zip(worths, log.value[into].tolist(), strict=True)
        if source == Provenance.CONFISCATED
    )
    if not everything:
        return 0
    rows = np.flatnonzero(
        log.is_moved & is_one_of(log.kind, (Kind.TRADE_COST,)) & is_of_assets(log.form)
    )
    costs = zip(prices.worths(log, rows), days_of(log, rows, readings.terms), strict=True)
    return sum(worth * present[day] // SCALE for worth, day in costs) * own // everything


def _break_even_bp(sold: dict[int, int], wanted: int, present: list[int]) -> int:
    """Return the least yearly growth in basis points at which holding is worth `wanted`."""

    def is_enough(growth_bp: int) -> bool:
        grown = _grown(sold, growth_bp, len(present) - 1)
        return grown * present[-1] // SCALE >= wanted

    low, high = 0, _GROWTH_BP_LIKELY
    while high < _GROWTH_BP_MOST and not is_enough(high):
        low, high = high + 1, 2 * high
    while low < high:
        growth = (low + high) // 2
        if is_enough(growth):
            high = growth
        else:
            low = growth + 1
    return low


def _grown(sold: dict[int, int], growth_bp: int, days: int) -> int:
    """Return what is held at the end when prices grow by the same part every day."""
    a_day = SCALE + SCALE * growth_bp // (BP * DAYS_A_YEAR)
    total, factor = 0, SCALE
    for day in range(days, -1, -1):
        if day in sold:
            total += sold[day] * factor // SCALE
        factor = factor * a_day // SCALE
    return total
