"""Reserve: what it holds, where that came from, what may be lost, and who has looked.

Values are those of the prices in the log, holdings those of its rows, so a reserve is judged by
nothing it says about itself. Where assets came from is told at the value they had on the day they
came in, because what becomes of prices later is no merit of a source.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind, Provenance
from tengesim.metrics.assets import WORTH, Asset, Holdings, Prices, is_of_assets
from tengesim.metrics.log import Flags, Log, Whole, is_one_of
from tengesim.metrics.metric import SMALLEST_BASE, Measure, defined, undefined
from tengesim.metrics.present import SCALE, days_of, discounts
from tengesim.metrics.readings import Readings
from tengesim.money import BP

__all__ = ["ATTESTED_DAYS", "METRICS", "measure"]

ATTESTED_DAYS: Final = 90
"""An attestation speaks of a balance for so many days."""

_INDEX: Final = 10**12
_MILLION: Final = 10**6
_SLIPPAGE_MOST_BP: Final = 1_000
_VAR_DAYS, _VAR_BP = 1, 500
_SHORTFALL_DAYS, _SHORTFALL_BP = 10, 250
_NOTHING: Final = "nothing came into the reserve"
_EMPTY: Final = "the reserve was always empty"

_metric = partial(defined, group="reserve", scope="reserve")

_OF_SOURCES: Final = (
    ("provenance_public", "public money", Provenance.PUBLIC_MONEY),
    ("provenance_confiscated", "confiscations", Provenance.CONFISCATED),
    ("provenance_mined", "mining by the state", Provenance.MINED),
    ("provenance_energy", "power paid for in coins", Provenance.ENERGY),
)

METRICS: Final = (
    *(
        _metric(
            name,
            f"Share of the reserve that came from {source}",
            "share",
            question=f"Which part of what came into the reserve came from {source}?",
            formula=f"KZT of RESERVE_INFLOW rows of {source}, each at the prices of its day ÷ KZT"
            " of all RESERVE_INFLOW rows of assets.",
            text="By value on the day it came in. Currency and gold are public money too.",
        )
        for name, source, _ in _OF_SOURCES
    ),
    _metric(
        "reserve_inflow",
        "What came into the reserve",
        "KZT",
        question="How much came into the reserve, at the prices of the day it came?",
        formula="Σ units × price of the day over RESERVE_INFLOW rows of assets.",
        text="What was exchanged inside the reserve does not come in again.",
    ),
    _metric(
        "reserve_value",
        "Value of the reserve",
        "KZT",
        question="What is the reserve worth at the end?",
        formula="Σ units held × last price, over all assets of all its holders.",
        text="At mid prices; selling everything would bring less.",
    ),
    _metric(
        "reserve_liquidation",
        "Value of the reserve if it were sold",
        "KZT",
        question="What would be left of the reserve if it were sold at once?",
        formula="Value of the reserve − cost and slippage of selling each asset.",
        text="Cost and slippage are those of the fund's mandate, slippage at most 10 %.",
    ),
    _metric(
        "reserve_drawdown",
        "Greatest fall of the reserve",
        "share",
        question="How deep did prices take the reserve below its highest close?",
        formula="Greatest 1 − index ÷ highest index before it, of daily closes; the index moves"
        " with what was held the day before.",
        text="What comes in or is spent does not move the index.",
        direction="down",
    ),
    _metric(
        "reserve_value_at_risk",
        "Value at risk of one day",
        "KZT",
        question="Which loss does the reserve exceed on one day in twenty?",
        formula="The loss that 5 % of days exceed: what is held at the end, under the price changes"
        " of each day of the run.",
        text="From the days of this run alone; another seed has other days.",
        direction="down",
    ),
    _metric(
        "reserve_shortfall",
        "Expected shortfall of ten days",
        "KZT",
        question="What is lost on average in the worst fortieth of all spans of ten days?",
        formula="Mean loss of the worst 2.5 % of overlapping spans of ten days, for what is held at"
        " the end.",
        text="Spans overlap, so they are not independent.",
        direction="down",
    ),
    _metric(
        "attested",
        "Share of the reserve under an attestation",
        "share",
        question="How much of the reserve has somebody outside looked at lately, on average?",
        formula=f"Value of what the last published attestations saw, not older than {ATTESTED_DAYS}"
        " days and at most what is held ÷ value of the reserve, both summed over all closes.",
        text="The age counts from the balance that was looked at, not from publication.",
        direction="up",
    ),
    _metric(
        "disclosure_lag",
        "Age of what is known of the reserve",
        "days",
        question="How old is the newest published balance, on an average day?",
        formula="Mean over the days of the horizon of the days since the balance date of the last"
        " published attestation, since the start where there is none.",
        text="Grows by a day each day until something is published.",
        direction="down",
    ),
    _metric(
        "cash_exposure",
        "Money of the budget in the reserve",
        "KZT",
        question="How much did the budget put into the reserve and into mining for it?",
        formula="KZT of RESERVE_INFLOW rows in forms of money, appropriations and called"
        " guarantees, + KZT of MINING_COST rows, which an appropriation pays.",
        text="Zero behind a ring fence. It says nothing of what is forgone.",
        direction="down",
    ),
    _metric(
        "budget_proceeds",
        "What the budget got out of assets",
        "KZT",
        question="How much did sales and the spending rule bring the budget?",
        formula="KZT of TRADE rows in forms of money.",
        text="Coins sold at once bring money early; held ones are in the value of the reserve.",
    ),
    _metric(
        "present_value",
        "What the state has of its assets, in money of the start",
        "KZT",
        question="What are proceeds and the reserve worth together, less what the budget put in?",
        formula="Present value of TRADE rows in forms of money + present value of the reserve if it"
        " were sold at the end − present value of the budget's money in it, at the base rate,"
        " compounded by the day.",
        text="By this a reserve that holds can be laid beside one that sells. Currency and gold it"
        " began with count as worth, not as money of the budget.",
        direction="up",
    ),
    _metric(
        "reserve_cost",
        "Cost of the reserve",
        "KZT",
        question="What did trading and keeping cost the reserve?",
        formula="KZT of TRADE_COST rows, assets at the prices of the day.",
        text="Spread and slippage of trades, custody, insurance, managers and auditors.",
        direction="down",
    ),
    _metric(
        "custody_lost",
        "Lost in custody",
        "KZT",
        question="What was lost by incidents of custody?",
        formula="Σ units × price of the day over CUSTODY_LOSS rows.",
        text="Before insurance pays.",
        direction="down",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of the reserve."""
    log = readings.log
    prices, holdings = readings.prices, readings.holdings
    yield from _provenance(log, prices)
    value = holdings.values[-1] if holdings.values else 0
    yield Measure("reserve_value", value // WORTH)
    yield Measure("reserve_liquidation", (value - _sale_cost(holdings, readings)) // WORTH)
    yield from _risk(holdings)
    yield _attested(log, holdings, readings.terms.end_us)
    yield _disclosure(log, readings.terms.start_us, readings.terms.end_us)
    paid = log.is_moved & is_one_of(log.kind, (Kind.RESERVE_INFLOW, Kind.MINING_COST))
    put_in = paid & ~is_of_assets(log.form_to)
    yield Measure("cash_exposure", log.amount(put_in))
    got = log.is_moved & is_one_of(log.kind, (Kind.TRADE,)) & ~is_of_assets(log.form_to)
    yield Measure("budget_proceeds", log.amount(got))
    at_end = (value - _sale_cost(holdings, readings)) // WORTH
    yield Measure("present_value", _present(readings, got, put_in, at_end))
    for name, kind in (("reserve_cost", Kind.TRADE_COST), ("custody_lost", Kind.CUSTODY_LOSS)):
        rows = log.is_moved & is_one_of(log.kind, (kind,))
        in_assets = np.flatnonzero(rows & is_of_assets(log.form))
        in_money = log.amount(rows & ~is_of_assets(log.form))
        yield Measure(name, in_money + sum(prices.worths(log, in_assets)) // WORTH)


def _sale_cost(holdings: Holdings, readings: Readings) -> int:
    """Return what selling every asset at once would cost, in parts of a tiyn."""
    prices, terms, last = holdings.prices, readings.terms, len(holdings.values) - 1
    [dollar_tiyn] = [
        known[-1] for asset, known in prices.tiyn.items() if asset[0] == Form.US_DOLLAR
    ] or [0]
    cost = 0
    for asset, held in holdings.units.items():
        if asset[0] == Form.US_DOLLAR:
            continue
        worth = prices.worth(asset, held[-1], last)
        dollars = worth // (WORTH * dollar_tiyn) if dollar_tiyn else 0
        slippage_bp = terms.trade_slippage_bp * dollars // _MILLION
        cost += worth * (terms.trade_spread_bp + min(slippage_bp, _SLIPPAGE_MOST_BP)) // BP
    return cost


def _present(readings: Readings, got: Flags, put_in: Flags, at_end_tiyn: int) -> int:
    """Return the present value in tiyn of money got, less money put in, and of the end."""
    log, terms = readings.log, readings.terms
    factors = discounts(terms)
    total = at_end_tiyn * factors[-1]
    for flags, sign in ((got, 1), (put_in, -1)):
        rows = np.flatnonzero(flags)
        amounts = log.amount_tiyn[rows].tolist()
        for amount, day in zip(amounts, days_of(log, rows, terms), strict=True):
            total += sign * amount * factors[day]
    return total // SCALE


def _provenance(log: Log, prices: Prices) -> Iterator[Measure]:
    inflow = log.is_moved & is_one_of(log.kind, (Kind.RESERVE_INFLOW,))
    rows = np.flatnonzero(inflow & is_of_assets(log.form_to))
    worths = prices.worths(log, rows)
    sources = log.value[rows].tolist()
    everything = sum(worths)
    yield Measure("reserve_inflow", everything // WORTH)
    for name, _, source in _OF_SOURCES:
        part = sum(worth for worth, own in zip(worths, sources, strict=True) if own == source)
        yield (
            # Worth counts parts of a tiyn; whole tiyn keep both numbers within 64 bits.
            Measure(name, part // WORTH, everything // WORTH)
            if everything >= SMALLEST_BASE * WORTH
            else undefined(name, _NOTHING)
        )


def _risk(holdings: Holdings) -> Iterator[Measure]:
    """Yield the fall, and what the changes of prices so far would do to what is held now."""
    yield Measure("reserve_drawdown", _deepest(holdings), _INDEX)
    for name, days, share_bp in (
        ("reserve_value_at_risk", _VAR_DAYS, _VAR_BP),
        ("reserve_shortfall", _SHORTFALL_DAYS, _SHORTFALL_BP),
    ):
        losses = _losses(holdings, days)
        if len(losses) < SMALLEST_BASE:
            yield undefined(name, f"{len(losses)} spans of {days} days; {SMALLEST_BASE} are needed")
            continue
        worst = sorted(losses, reverse=True)
        beyond = max(len(worst) * share_bp // BP, 1)
        if name == "reserve_value_at_risk":
            yield Measure(name, worst[beyond] // WORTH)
        else:
            yield Measure(name, sum(worst[:beyond]) // (beyond * WORTH))


def _losses(holdings: Holdings, days: int) -> list[int]:
    """Return what would be lost of the last holdings by the price changes of each span."""
    prices, number = holdings.prices, len(holdings.prices.fixings_us)
    spans = max(number - days, 0)
    losses = np.zeros(spans, dtype=np.object_)
    for asset, held in holdings.units.items():
        worth = prices.worth(asset, held[-1], number - 1)
        if not worth:
            continue
        before, after = prices.tiyn[asset][:spans], prices.tiyn[asset][days:]
        is_known = before > 0
        losses[is_known] += worth - worth * after[is_known] // before[is_known]
    found: list[int] = losses.tolist()
    return found


def _deepest(holdings: Holdings) -> int:
    """Return the greatest fall of an index that moves with prices alone, in parts of 10^12."""
    index = highest = _INDEX
    deepest = 0
    for before, after in zip(holdings.values, holdings.moved, strict=False):
        if before <= 0:
            continue
        index = index * after // before
        highest = max(highest, index)
        deepest = max(deepest, _INDEX - index * _INDEX // highest)
    return deepest


def _attested(log: Log, holdings: Holdings, end_us: int) -> Measure:
    """Lay what each attestation saw over the closes from its publication until it is replaced."""
    prices, number = holdings.prices, len(holdings.values)
    value = sum(holdings.values)
    if not number or value < SMALLEST_BASE * WORTH * number:
        return undefined("attested", _EMPTY)
    closes_us = np.append(prices.fixings_us[1:], end_us)
    rows = _attestations(log)
    shown = np.searchsorted(closes_us, log.time_us[rows], side="right").tolist()
    too_old_us = log.value[rows] + ATTESTED_DAYS * DAY_US
    until = np.searchsorted(closes_us, too_old_us, side="right").tolist()
    seen = {asset: np.zeros(number, dtype=np.object_) for asset in holdings.units}
    replaced: dict[tuple[int, Asset], int] = {}
    # From the last to the first, so that each knows when the next of its kind is published.
    columns: Sequence[Whole] = (log.payer, log.form, log.keeper, log.amount_tiyn)
    listed = list(zip(shown, until, *(column[rows].tolist() for column in columns), strict=True))
    for first, old, holder, form, keeper, units in reversed(listed):
        asset = (form, keeper)
        last = min(old, replaced.get((holder, asset), number))
        replaced[holder, asset] = first
        if asset in seen and first < last:
            seen[asset][first:last] += units
    covered = sum(
        int((np.minimum(units, holdings.units[asset]) * prices.parts_of(asset)).sum())
        for asset, units in seen.items()
    )
    return Measure("attested", covered // (WORTH * number), value // (WORTH * number))


def _disclosure(log: Log, start_us: int, end_us: int) -> Measure:
    rows = _attestations(log)
    midnights = np.arange(start_us + DAY_US, end_us + 1, DAY_US)
    known = np.append(start_us, np.maximum.accumulate(log.value[rows]))
    newest = known[np.searchsorted(log.time_us[rows], midnights, side="right")]
    number = len(midnights)
    return Measure(
        "disclosure_lag",
        int((midnights - np.maximum(newest, start_us)).sum()),
        number * DAY_US,
        base=number,
        cases="days were simulated",
    )


def _attestations(log: Log) -> Whole:
    return np.flatnonzero(is_one_of(log.kind, (Kind.ATTESTATION,)))
